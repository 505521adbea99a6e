"""Two agencies with a row of everything about Sari, her colleague, somebody of the sibling unit and a foreign person.

Built once; every request of the matrix is rolled back, so that success and refusal meet the same rows.
"""

import datetime as dt
import time
import uuid

from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from knox.models import AuthToken
from psycopg2.extras import DateRange

from eligibility.actions import draft_policy, load_policies, publish_run, put_in_force, start_run, work_run
from eligibility.models import Correction, Objection, Policy, PolicyInForce, Run, Suspension
from employees.actions.accounts import create_token
from employees.actions.connections import renew_calendar
from employees.models import DataRequest, Employee, Feed, Holiday, RoleGrant, User
from ledger import outbox
from ledger.models import Event, Outbox, ReadLog
from ledger.reading import seen
from ledger.trail import record
from performance.models import Appraisal, ImportBatch, ImportRow
from performance.rating import Rating
from schedules.actions import plans
from schedules.actions.repair import propose_repair
from schedules.models import Delegation, Plan, PushSubscription, Request, UnitRule, WfhDay
from tests import factories

PROVED, PROVED_WHO = "account_authentication_methods", "account_authentication_methods_user"  # allauth's names
AT = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)  # Monday of 2026-W48, 09:00 in Jakarta
MONDAY = dt.date(2026, 11, 23)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + dt.timedelta(days=n) for n in (1, 2, 3, 4))
WEEK = dt.timedelta(days=7)
ONGOING = DateRange(dt.date(2022, 1, 1), dt.date(2120, 1, 1))
AHEAD = DateRange(dt.date(2110, 1, 1), dt.date(2120, 1, 1))
OVER = DateRange(dt.date(2020, 1, 1), dt.date(2021, 1, 1))

# Whose the row is: Sari's own, her colleague's in the same unit, the sibling unit's, another agency's, nobody's.
RELATIONS = ("own", "colleague", "sibling", "foreign", "random")
CANARY, SIBLING = "KENARI-B", "KENARI-S"  # in every name of the other agency, and of the sibling unit
NOBODY = 999_999_999  # a number that no row has
# Scores of Sari and of Tono (`part`) that nobody has approved: not theirs to see.
UNAPPROVED, UNAPPROVED_OF_PART = ("85.41", "85.42", "85.43"), ("84.41", "84.42", "84.43")
PUSH = "https://updates.push.services.mozilla.com/wpush/v2/"  # where a browser is told
MODELS = {"request": Request, "returned": Request, "run": Run, "run_waiting": Run, "plan_draft": Plan, "plan": Plan}
VISITORS = ("anonymous", "deactivated")
SIGNED_IN = (
    "employee",  # Sari
    "loner",  # an employee whose unit has no supervisor
    "supervisor",  # Budi, Sari's
    "eko",  # supervisor of the sibling unit
    "delegate",  # stands in for Budi
    "lapsed",  # stood in for Budi once
    "officer",  # HR officer of the agency
    "head",  # HR head of the agency
    "part",  # HR officer of Sari's unit only
    "auditor",
    "inspector",  # auditor of all agencies
    "accounts",  # agency administrator
    "branch",  # administrator of Sari's unit only
    "platform",  # platform administrator
    "ratna",  # both HR roles of the other agency
    "flag",  # Django's superuser flag and nothing else
)
NO_GRANT = ("employee", "loner", "supervisor", "eko", "delegate", "lapsed", "flag")  # turned away from the admin
SEES_BOTH = ("ratna", "platform", "inspector")  # to whom the other agency's names are no secret
TOKEN = "token"  # the auditor's, for the API; a page knows no token
ROLES = (*SIGNED_IN, TOKEN, *VISITORS)


class World:
    """The rows by kind and relation (`ids`), and a client for each role (`client`)."""

    def __init__(self):
        self.cast = factories.cast()
        self.ids: dict[str, dict[str, int | str]] = {}
        self._people()
        self._accounts()
        self._weeks()
        self._rows()
        self._house()
        self._ahead()
        self._token = create_token(user=self.users["auditor"], by=None, at=AT, scopes=["write"])
        self.clients = {role: self._client(role) for role in ROLES}
        self.cookies = {role: {k: m.value for k, m in one.cookies.items()} for role, one in self.clients.items()}
        User.objects.filter(pk=self.users["deactivated"].pk).update(is_active=False)

    def row(self, kind: str, relation: str) -> int:
        """The number of the row of this kind; one that no row has where there is none."""
        return self.ids[kind].get(relation, NOBODY)

    def house(self, kind: str, relation: str) -> int:
        """The row of this kind that belongs to the agency of whoever stands in this relation."""
        return self.row(kind, "own" if relation in ("colleague", "sibling") else relation)

    def version(self, kind: str, relation: str) -> int:
        """The version that somebody has seen who saw the row."""
        found = MODELS[kind].objects.filter(pk=self.row(kind, relation)).values_list("version", flat=True)
        return found.first() or 1

    def nip(self, relation: str) -> str:
        return self.owners[relation].nip if relation in self.owners else "199001012020011999"

    def public_id(self, relation: str) -> str:
        return str(self.owners[relation].public_id if relation in self.owners else uuid.UUID(int=1))

    def newcomer(self, relation: str) -> str:
        """The number of somebody who has no account yet."""
        return self.newcomers.get(relation, "199001012020011999")

    def unit_code(self, relation: str) -> str:
        return {"own": "UMUM", "sibling": "REN", "foreign": "PUSAT"}.get(relation, "TIDAK-ADA")

    def file(self) -> SimpleUploadedFile:
        """A file of scores with one good row."""
        row = f"{self.owners['own'].nip};TAHUNAN;2022;P6;ATAS;SESUAI"
        text = f"nip;jenis;tahun;rezim;hasil_kerja;perilaku_kerja\n{row}\n"
        return SimpleUploadedFile("nilai.csv", text.encode(), "text/csv")

    def digest(self, relation: str) -> str:
        """What the page of the repair showed, and its button sends back."""
        agency = self.agencies["foreign" if relation == "foreign" else "own"]
        return propose_repair(agency=agency, dates=[THURSDAY], unit=None, at=AT).digest

    def client(self, role: str) -> Client:
        """The role's browser, with the cookies it came with."""
        client = self.clients[role]
        client.cookies.clear()
        for name, value in self.cookies[role].items():
            client.cookies[name] = value
        return client

    # --- building ---

    def _people(self):
        cast = self.cast
        cast.wati = factories.employee(cast.general, "Wati Utami", cast.budi)
        cast.lia = factories.employee(cast.general, "Lia Kartika", cast.budi)
        cast.joko = factories.employee(cast.general, "Joko Susilo", cast.budi)
        cast.tono = factories.employee(cast.root, "Tono Hartono")
        newcomers = {"own": cast.general, "sibling": cast.planning, "foreign": cast.theirs}
        self.newcomers = {one: factories.employee(unit, f"Baru {one}").nip for one, unit in newcomers.items()}
        self.ids["newcomer"] = dict.fromkeys(newcomers, 0)  # named by their number, see `newcomer`
        cast.gone = [factories.employee(unit, f"Tutup {one}") for one, unit in newcomers.items()]
        alone = factories.unit(cast.agency, "TU", "Tata Usaha", cast.root)
        cast.loner = factories.employee(alone, "Sri Sendiri")
        self._marked()
        self.owners = {"own": cast.sari, "colleague": cast.wati, "sibling": cast.team[0], "foreign": cast.stranger}
        self.bosses = {"own": cast.budi, "colleague": cast.budi, "sibling": cast.eko, "foreign": cast.ratna}
        self.agencies = {"own": cast.agency, "foreign": cast.other}
        self.heads = {"own": cast.hadi_user, "foreign": cast.ratna_user}

    def _marked(self):
        """Names that nobody mistakes: one of the other agency on a page of Sari's is a leak."""
        cast = self.cast
        theirs = Employee.objects.filter(agency=cast.other)
        beside = Employee.objects.filter(placements__unit=cast.planning)
        for mark, rows in ((CANARY, [cast.other, cast.theirs, *theirs]), (SIBLING, [cast.planning, *beside])):
            for row in rows:
                type(row).objects.filter(pk=row.pk).update(name=f"{mark} {row.name}")
        for row in (cast.other, cast.theirs, cast.ratna, cast.stranger, cast.planning, cast.eko, *cast.team):
            row.refresh_from_db()

    def _accounts(self):
        cast = self.cast
        named = {"employee": cast.sari_user, "supervisor": cast.budi_user, "eko": cast.eko_user}
        named |= {"officer": cast.dewi_user, "head": cast.hadi_user, "ratna": cast.ratna_user}
        people = {"loner": cast.loner, "delegate": cast.lia, "lapsed": cast.joko, "part": cast.tono}
        people |= {
            role: factories.employee(cast.root, role.title()) for role in ("auditor", "inspector", "accounts", "branch")
        }
        for role, person in people.items():
            named[role] = factories.account(person)
        for role in ("platform", "deactivated"):
            named[role] = factories.account(username=role)
        named["flag"] = factories.account(username="flag", is_superuser=True)
        factories.grant(named["part"], "HR_OFFICER", cast.agency, cast.general)
        factories.grant(named["auditor"], "AUDITOR", cast.agency)
        factories.grant(named["inspector"], "AUDITOR")
        factories.grant(named["accounts"], "AGENCY_ADMIN", cast.agency)
        factories.grant(named["branch"], "AGENCY_ADMIN", cast.agency, cast.general)
        factories.grant(named["platform"], "PLATFORM_ADMIN")
        factories.grant(named["deactivated"], "HR_OFFICER", cast.agency)
        owned = [factories.account(one) for one in (cast.wati, cast.team[0], cast.stranger)]
        self.users = named
        self._keep("user", cast.sari_user, *owned)
        self.ids["holder"] = {"own": cast.dewi_user.pk, "foreign": cast.ratna_user.pk}
        closed = [factories.account(person, is_active=False) for person in cast.gone]
        self._keep("user_closed", closed[0], None, *closed[1:])
        about = [RoleGrant.objects.get(user=named[who]) for who in ("officer", "part")]
        theirs = RoleGrant.objects.filter(user=cast.ratna_user).first()
        self.ids["rolegrant"] = {"own": about[0].pk, "colleague": about[1].pk, "foreign": theirs.pk}

    def _weeks(self):
        """W48 to W50 published and planned; the same in both agencies."""
        load_policies(by=None, at=AT)
        for kind in ("run", "run_waiting", "plan", "plan_draft", "appraisal", "appraisal_approved"):
            self.ids[kind] = {}
        for person in Employee.objects.exclude(pk=self.cast.loner.pk):
            scores = {self.cast.stranger.pk: "87.13", self.cast.wati.pk: "86.27"}  # that nobody mistakes either
            if score := scores.get(person.pk):
                factories.numeric(person, score, Rating.VERY_GOOD)
            else:
                factories.appraisal(person, year=2025, rating=Rating.VERY_GOOD)
        for relation, agency in self.agencies.items():
            put_in_force(agency=agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=AT)
            self.ids["run"][relation] = self._run(agency, MONDAY, publish=True).pk
            self.ids["plan"][relation] = plans.plan_week(agency=agency, week=MONDAY, by=None, at=AT, publish=True).pk
            for week in (MONDAY + WEEK, MONDAY + 2 * WEEK):
                self._run(agency, week, publish=True)
                plans.plan_week(agency=agency, week=week, by=None, at=AT, publish=True)
        for relation, person in self.owners.items():
            self.ids["appraisal_approved"][relation] = Appraisal.objects.get(employee=person, year=2025).pk
            note = self.marked("", relation)
            waiting = factories.appraisal(person, year=2024, state=Appraisal.State.SUBMITTED, note=note)
            self.ids["appraisal"][relation] = waiting.pk
        for person, scores in ((self.cast.sari, UNAPPROVED), (self.cast.tono, UNAPPROVED_OF_PART)):
            for year, state, score in zip((2026, 2021, 2020), ("SUBMITTED", "RETURNED", "DRAFT"), scores, strict=True):
                factories.numeric(person, score, Rating.GOOD, year=year, state=state, decision_reason="Periksa lagi")

    @staticmethod
    def _run(agency, week, *, publish) -> Run:
        made = start_run(agency=agency, track="REWARD", week=week, by=None, at=AT, by_hand=True)
        made = work_run(job_id=made.job_id, at=AT)
        return publish_run(run_id=made.pk, by=None, at=AT, version=made.version) if publish else made

    def _rows(self):
        """One of everything about each of the four people."""
        for kind, make in PERSONAL.items():
            self.ids[kind] = {relation: make(self, person, relation).pk for relation, person in self.owners.items()}
        self.ids["employee"] = {relation: person.pk for relation, person in self.owners.items()}
        users = {relation: User.objects.get(employee=person) for relation, person in self.owners.items()}
        self.ids["token"] = {relation: AuthToken.objects.create(user=one)[0].digest for relation, one in users.items()}
        self.ids["factor"] = {
            relation: Authenticator.objects.create(user=one, type="totp", data={}).pk for relation, one in users.items()
        }
        self.ids["browser"] = {relation: self._browser(one, relation) for relation, one in users.items()}
        self.ids["calendar"] = {relation: renew_calendar(by=one, at=AT) for relation, one in users.items()}
        for person in self.owners.values():
            seen(by=self.users["auditor"], people=[(person.pk, person.agency_id)], what="employees.employee", at=AT)
        self.ids["readlog"] = {
            relation: ReadLog.objects.get(employee_id=person.pk).pk for relation, person in self.owners.items()
        }
        cast = self.cast
        for delegate, valid in ((cast.lia, ONGOING), (cast.joko, OVER)):
            self.lend(cast.budi, delegate, valid)

    def _house(self):
        """What belongs to a unit or an agency."""
        cast = self.cast
        self._keep("unit", cast.general, None, cast.planning, cast.theirs)
        for kind, make in HOUSE.items():
            self.ids[kind] = {relation: make(self, agency, relation).pk for relation, agency in self.agencies.items()}
        self.ids["agency"] = {relation: agency.pk for relation, agency in self.agencies.items()}
        self.ids["plan_of_unit"] = self.ids["plan"] | {"sibling": self.ids["plan"]["own"]}
        self.ids["unitrule"]["sibling"] = self.rule(cast.agency, cast.planning).pk

    def _ahead(self):
        """Made last, so that nothing has changed since: the draft of W51 and the waiting run of W52."""
        for relation, agency in self.agencies.items():
            third, fourth = MONDAY + 3 * WEEK, MONDAY + 4 * WEEK
            self._run(agency, third, publish=True)
            self.ids["plan_draft"][relation] = plans.plan_week(agency=agency, week=third, by=None, at=AT).pk
            self.ids["run_waiting"][relation] = self._run(agency, fourth, publish=False).pk

    def _keep(self, kind, *rows):
        pairs = zip(RELATIONS, rows, strict=False)
        self.ids[kind] = {relation: row.pk for relation, row in pairs if row is not None}

    @staticmethod
    def marked(text: str, relation: str) -> str:
        return f"{text} {CANARY}" if relation == "foreign" else text

    @staticmethod
    def _browser(user, relation) -> str:
        """Its address: a browser is named by it."""
        PushSubscription.objects.create(user=user, endpoint=PUSH + relation, p256dh="p", auth="a", created_at=AT)
        return PUSH + relation

    def lend(self, boss, delegate, valid) -> Delegation:
        return Delegation.objects.create(
            agency=boss.agency, delegator=boss, delegate=delegate, valid=valid, created_at=AT,
            created_by=self.heads["foreign" if boss.agency == self.cast.other else "own"],
        )  # fmt: skip

    def rule(self, agency, unit) -> UnitRule:
        return UnitRule.objects.create(agency=agency, unit=unit, kind="MIN_PRESENT", number=1, valid=factories.ALWAYS)

    def _client(self, role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role == TOKEN:
            client.defaults["HTTP_AUTHORIZATION"] = f"Token {self._token}"
        elif role != "anonymous":
            client.force_login(self.users[role])
            session = client.session  # the password was given just now: nothing is to be confirmed first
            given = {"at": time.time() + 36_000, "reauthenticated": True}
            session[PROVED] = [{"method": "password"} | given, {"method": "mfa", "type": "totp"} | given]
            session[PROVED_WHO] = str(self.users[role].pk)
            session.save()
        return client


# --- one row about a person ---


def _day(world, person, relation) -> WfhDay:
    """Their day of W48, late in the week so that its requests have all of it before them; the colleague's is another,
    so that two may swap."""
    WfhDay.objects.filter(employee=person, date__lt=MONDAY + WEEK).delete()
    free = WfhDay.objects.get(employee=person, date__gte=MONDAY + 2 * WEEK)
    world.ids.setdefault("wfhday_free", {})[relation] = free.pk
    if relation == "colleague":
        WfhDay.objects.filter(pk=free.pk).update(date=MONDAY + 2 * WEEK + (FRIDAY - MONDAY))
    return WfhDay.objects.create(
        employee=person, agency=person.agency, unit=person.placements.get().unit,
        date=FRIDAY if relation == "colleague" else THURSDAY,
        track="REWARD",
        plan_id=world.ids["plan"]["foreign" if relation == "foreign" else "own"],
    )  # fmt: skip


def _asked(world, person, relation, week=MONDAY, **fields) -> Request:
    boss, due = world.bosses[relation], AT + dt.timedelta(days=1)
    defaults = {"kind": Request.Kind.EXTRA, "supervisor": boss, "holder": boss, "sent_at": AT, "due_at": due}
    defaults |= {
        "next_at": due,
        "reason": world.marked("Keluarga", relation),
        "week": week,
        "date": week + dt.timedelta(days=2),
    }
    return Request.objects.create(employee=person, agency=person.agency, **defaults | fields)


def _request(world, person, relation) -> Request:
    gives_up = WfhDay.objects.get(employee=person, date__lt=MONDAY + WEEK)
    date = WEDNESDAY if relation == "colleague" else FRIDAY
    return _asked(world, person, relation, kind=Request.Kind.MOVE, gives_up=gives_up, date=date)


def _returned(world, person, relation) -> Request:
    boss = User.objects.get(employee=world.bosses[relation])
    gives_up = WfhDay.objects.filter(
        employee=person, date__range=(MONDAY + WEEK, MONDAY + WEEK + (FRIDAY - MONDAY))
    ).get()
    return _asked(
        world, person, relation, week=MONDAY + WEEK, state=Request.State.RETURNED, kind=Request.Kind.MOVE,
        gives_up=gives_up, date=MONDAY + WEEK + dt.timedelta(days=1),
        decided_by=boss, decided_at=AT, decision_reason="Hari lain", due_at=AT + WEEK,
    )  # fmt: skip


def _delegation(world, person, relation) -> Delegation:
    """To be lent one day by this person to their supervisor: it names nobody of another relation."""
    return world.lend(person, world.bosses[relation], AHEAD)


def _correction(world, person, relation) -> Correction:
    run = world.ids["run"]["foreign" if relation == "foreign" else "own"]
    return Correction.objects.create(
        run_id=run, agency=person.agency, employee=person, cause="BY_HAND",
        before_eligible=True, after_eligible=False, after_reasons=["R-PREDIKAT"], proposed_at=AT,
    )  # fmt: skip


def _objection(world, person, relation) -> Objection:
    run = world.ids["run"]["foreign" if relation == "foreign" else "own"]
    return Objection.objects.create(
        employee=person, agency=person.agency, run_id=run, procedure="PP79",
        text=world.marked("Nilai saya keliru", relation), filed_at=AT,
        file_until=MONDAY + 2 * WEEK, answer_due=MONDAY + 2 * WEEK,
    )  # fmt: skip


def _suspension(world, person, relation) -> Suspension:
    user = User.objects.get(employee=person)
    return Suspension.objects.create(
        employee=person, agency=person.agency, valid=DateRange(dt.date(2027, 3, 1), None), asked_at=AT, asked_by=user
    )


def _data_request(world, person, relation) -> DataRequest:
    return DataRequest.objects.create(
        employee=person, agency=person.agency, about="OTHER", wrong=world.marked("Alamat", relation), wanted="Jakarta",
        asked_at=AT, due_at=AT + DataRequest.TERM,
    )  # fmt: skip


def _event(world, person, relation) -> Event:
    return record(verb="employee.change", subject=person, by=None, at=AT, agency_id=person.agency_id)


PERSONAL = {
    "leave": lambda world, person, relation: factories.leave(person, dt.date(2026, 12, 28), dt.date(2026, 12, 30)),
    "discipline": lambda world, person, relation: factories.discipline(
        person, dt.date(2026, 12, 1), decree=world.marked("SK-1", relation)
    ),
    "absence": lambda world, person, relation: factories.absence(person, dt.date(2026, 10, 5)),
    "fact": lambda world, person, relation: factories.fact(person, "PELATIHAN", "1"),
    "wfhday": _day,
    "request": _request,
    "returned": _returned,
    "delegation": _delegation,
    "correction": _correction,
    "objection": _objection,
    "suspension": _suspension,
    "datarequest": _data_request,
    "event": _event,
}


# --- one row of an agency ---


def _policy(world, agency, relation, state="DRAFT") -> Policy:
    """A draft, or one that waits for approval, or an approved one; each of its own code."""
    codes = {"DRAFT": "REWARD-2019", "SUBMITTED": "NILAI-2026", "APPROVED": "BERJENJANG-2026"}
    before = Policy.objects.get(code=codes[state], version=1)
    content = {
        name: getattr(before, name) for name in ("name_id", "name_en", "basis", "track", "brake_percent", "rules")
    }
    officer = world.cast.ratna_user if relation == "foreign" else world.cast.dewi_user
    made = draft_policy(agency=agency, code="", content=content, before=before, by=officer, at=AT)
    approval = {"approved_by": world.heads[relation], "approved_at": AT, "drafted_by": None}
    if state != "DRAFT":
        Policy.objects.filter(pk=made.pk).update(state=state, **(approval if state == "APPROVED" else {}))
    return made


def _batch(world, agency, relation) -> ImportBatch:
    batch = ImportBatch.objects.create(
        agency=agency, uploaded_by=world.heads[relation], uploaded_at=AT,
        file_name=world.marked("nilai.csv", relation), digest="0" * 64,
        counts={"new": 1, "changed": 0, "same": 0, "bad": 1},
    )  # fmt: skip
    ImportRow.objects.create(
        batch=batch, line=2, verdict="BAD", column="nip", reason=world.marked("=1+1", relation), data={"nip": "1"}
    )
    row = {"nip": world.owners[relation].nip, "jenis": "TAHUNAN", "tahun": "2023", "rezim": "P6"}
    row |= {"hasil_kerja": "ATAS", "perilaku_kerja": "SESUAI"}
    ImportRow.objects.create(batch=batch, line=3, verdict="NEW", data=row)
    return batch


def _ahead(world, agency, relation) -> PolicyInForce:
    """A policy planned for a later day, which its head can take back."""
    return put_in_force(agency=agency, policy_code="JUMAT-2026", since=dt.date(2027, 6, 1), by=None, at=AT)


def _outbox(world, agency, relation) -> Outbox:
    outbox.put(kind="MAIL", key=f"matrix-{relation}", agency_id=agency.pk, at=AT)
    return Outbox.objects.get(key=f"matrix-{relation}")


HOUSE = {
    "policy": _policy,
    "policy_submitted": lambda world, agency, relation: _policy(world, agency, relation, "SUBMITTED"),
    "policy_approved": lambda world, agency, relation: _policy(world, agency, relation, "APPROVED"),
    "policyinforce": _ahead,
    "importbatch": _batch,
    "unitrule": lambda world, agency, relation: world.rule(
        agency, world.cast.theirs if relation == "foreign" else world.cast.general
    ),
    "feed": lambda world, agency, relation: Feed.objects.create(
        agency=agency, kind="ABSENCE", complete_until=MONDAY - WEEK
    ),
    "holiday": lambda world, agency, relation: Holiday.objects.create(
        agency=agency, date=dt.date(2027, 8, 2), name=world.marked("Hari jadi", relation), kind="LIBUR_NASIONAL"
    ),
    "outbox": _outbox,
}
