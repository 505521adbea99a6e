"""Every kind of notice has words, in both languages, for every kind of request; and nothing gets into a header."""

import datetime as dt
import itertools
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from psycopg2.extras import DateRange

from eligibility.models import Correction, Objection, Policy, Run, Suspension
from employees.calendar import monday_of
from employees.models import DataRequest
from schedules.models import Allotment, Delegation, Notice, Plan, Request, WfhDay
from schedules.notices import PAGES, deliver, spoken, tell
from tests import factories

WEDNESDAY, THURSDAY = dt.date(2026, 12, 2), dt.date(2026, 12, 3)
KINDS = [*Request.Kind.values, "HALF"]
EVIL = "Rapat\r\nBcc: semua@contoh.test\n\nSubject: palsu <b>&amp; {{ x }} %(day)s"
EVIL_LINE = EVIL.splitlines()[-1]
TEMPLATES = Path(settings.BASE_DIR) / "templates" / "notices"


def wfh_day(person, cast, date, **fields):
    return WfhDay.objects.create(
        employee=person, agency=cast.agency, unit=cast.general, date=date, track="REWARD", **fields
    )


@pytest.fixture
def ask(cast, at):
    """Make a request of a kind, as it stands in a state; Sari's, decided by Budi in Dewi's name where it is decided."""

    def made(kind="MOVE", state="SENT", reason="Mengantar orang tua", **fields):
        half = kind == "HALF"
        swap = kind == "SWAP"
        moves = kind not in ("EXTRA", "RECUR")
        mine = wfh_day(cast.sari, cast, WEDNESDAY) if moves else None
        decided = state not in ("SENT", "DRAFT")
        return Request.objects.create(
            employee=cast.sari,
            agency=cast.agency,
            kind="MOVE" if half else kind,
            week=monday_of(THURSDAY),
            gives_up=mine,
            date=WEDNESDAY if kind == "RETURN" else THURSDAY,
            slot="AM" if half else "FULL",
            until=dt.date(2027, 1, 28) if kind == "RECUR" else None,
            colleague=cast.budi if swap else None,
            takes=wfh_day(cast.budi, cast, THURSDAY) if swap else None,
            reason=reason,
            state=state,
            supervisor=cast.budi,
            holder=cast.budi,
            sent_at=at,
            due_at=at + dt.timedelta(days=8),
            decided_by=cast.budi_user if decided else None,
            decided_for=cast.dewi if decided else None,
            decided_at=at if decided else None,
            decision_reason="Loket penuh" if decided else "",
            **fields,
        )

    return made


def objection(cast, at, state="FILED"):
    policy = Policy.objects.create(code="UJI", track="REWARD", version=1, rules=[])
    run = Run.objects.create(
        agency=cast.agency, track="REWARD", week=monday_of(WEDNESDAY), number=1, policy=policy, cutoff_at=at
    )
    return Objection.objects.create(
        employee=cast.sari, agency=cast.agency, run=run, procedure="UU30", text="Keliru", state=state, filed_at=at,
        file_until=WEDNESDAY, answer_due=THURSDAY, effect_due=THURSDAY, answer="" if state == "FILED" else "Tidak",
    )  # fmt: skip


STATES = {
    "request-withdrawn": "WITHDRAWN",
    "request-approved": "APPROVED",
    "request-rejected": "REJECTED",
    "request-returned": "RETURNED",
    "request-expired": "EXPIRED",
    "request-ended": "EXPIRED",
    "request-dropped": "EXPIRED",
    "request-missed": "EXPIRED",
    "swap-agreed": "APPROVED",
}


def about(kind, request_kind, cast, ask, at):
    """What a notice of this kind is about, and its facts."""
    if kind.startswith(("request-", "swap-")):
        return ask(request_kind, STATES.get(kind, "SENT")), {}
    if kind.startswith("day-"):
        facts = {"reason": EVIL, "by": cast.budi_user.pk, "for": cast.dewi.pk}
        if kind == "day-recalled":
            facts["hours"] = 41
        if kind == "day-repaired":
            facts["to"] = "2026-12-04"
        return wfh_day(cast.sari, cast, WEDNESDAY), facts
    if kind == "plan-published":
        plan = Plan.objects.create(agency=cast.agency, week=monday_of(THURSDAY), created_at=at)
        Allotment.objects.create(
            plan=plan,
            agency_id=cast.agency.pk,
            employee=cast.sari,
            unit=cast.general,
            week=plan.week,
            track="REWARD",
            earned=1,
            dates=[THURSDAY],
            why="CHOICE",
            rank=2,
            place=1,
            wanted=WEDNESDAY,
            code="R-KUOTA-UNIT",
            used=5,
            cap=5,
        )
        return plan, {}
    if kind.startswith("objection-"):
        facts = {"by": cast.dewi_user.pk, "reason": EVIL} if kind == "objection-answered" else {}
        return objection(cast, at, state="REJECTED" if facts else "FILED"), facts
    if kind.startswith("decision-"):
        facts = {"by": cast.hadi_user.pk, "reason": EVIL, "days": [WEDNESDAY.isoformat()]}
        fields = {"after_eligible": False, "after_reasons": ["R-PREDIKAT"], "proposed_at": at}
        run = objection(cast, at, state="FILED").run
        return Correction.objects.create(run=run, agency=cast.agency, employee=cast.sari, **fields), facts
    if kind.startswith("suspension-"):
        valid = DateRange(WEDNESDAY, None)
        fields = {"agency": cast.agency, "asked_by": cast.sari_user, "asked_at": at}
        return Suspension.objects.create(employee=cast.sari, valid=valid, **fields), {}
    if kind.startswith("data-"):
        facts = {"by": cast.dewi_user.pk, "reason": EVIL} if kind == "data-answered" else {}
        texts = {"about": "OTHER", "wrong": EVIL, "wanted": EVIL, "asked_at": at, "due_at": at}
        return DataRequest.objects.create(employee=cast.sari, agency=cast.agency, **texts), facts
    return (
        Delegation.objects.create(
            agency=cast.agency,
            delegator=cast.budi,
            delegate=cast.sari,
            valid=DateRange(WEDNESDAY, dt.date(2026, 12, 12)),
            on_leave_only=True,
            created_at=at,
            created_by=cast.budi_user,
        ),
        {},
    )


CASES = [
    (kind, request_kind)
    for kind in PAGES
    for request_kind in (KINDS if kind.startswith("request-") else ["SWAP"] if kind.startswith("swap-") else ["-"])
]


def speak(notice, language):
    with translation.override(language):
        (one,) = spoken([notice])
    return one


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(("kind", "request_kind"), CASES)
def test_every_kind_has_its_words(cast, ask, at, kind, request_kind, language):
    subject, facts = about(kind, request_kind, cast, ask, at)
    tell(kind, subject, cast.sari.pk, at, facts=facts)
    one = speak(Notice.objects.select_related("receiver").get(), language)
    assert one.line
    assert one.said
    assert not re.search(r"\{\{|\{%|%\(|None|&(amp|lt|quot|#)", f"{one.line} {one.said}".replace(EVIL_LINE, ""))
    assert len(one.line) <= 100
    assert "\n" not in one.line
    assert one.path.startswith("/")
    sent = []
    cast.sari_user.language = language
    cast.sari_user.save(update_fields=["language"])
    assert deliver(payload={"notice": Notice.objects.get().key}, key="k", at=at, send=sent.append)
    (mail,) = sent
    assert mail.subject == one.line
    assert one.said in mail.body
    assert settings.PUBLIC_URL + one.path in mail.body
    assert "Sari Rahmawati" in mail.body.splitlines()[0]


def test_there_is_no_template_without_a_kind_and_no_kind_without_templates():
    found = {path.name for path in TEMPLATES.glob("*.txt")} - {"letter.txt", "_asks.txt", "_cause.txt"}
    wanted = {f"{kind}.{part}.txt" for kind, part in itertools.product([*PAGES, "digest"], ["subject", "body"])}
    assert found == wanted


def test_every_tell_names_a_kind_that_exists():
    told = {"plan-published"}  # by SQL
    kind = re.compile(r'"((?:request|swap|day|plan|delegation|objection|suspension|decision|data)-[a-z]+)"')
    for path in Path(settings.BASE_DIR).glob("schedules/actions/**/*.py"):
        told |= set(kind.findall(path.read_text()))
    assert told == set(PAGES)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    ("kind", "request_kind"), [case for case in CASES if case[0] in ("request-sent", "request-approved", "swap-asked")]
)
def test_a_name_cannot_write_headers(cast, ask, at, kind, request_kind, language, mailoutbox):
    for person in (cast.sari, cast.budi):
        person.name = f"Sari\r\nBcc: semua@contoh.test {'panjang ' * 15}"
        person.save()
    subject, facts = about(kind, request_kind, cast, ask, at)
    tell(kind, subject, cast.sari.pk, at, facts=facts)
    from schedules.tasks import _mail

    deliver(payload={"notice": Notice.objects.get().key}, key="a:1", at=at, send=_mail)
    (mail,) = mailoutbox
    assert len(mail.subject) <= 100
    message = mail.message()
    assert message["Bcc"] is None
    assert mail.to == ["sari.rahmawati@contoh.test"]


def test_a_reason_stays_in_the_body(cast, ask, at, mailoutbox):
    from schedules.tasks import _mail

    tell("day-lost", wfh_day(cast.sari, cast, WEDNESDAY), cast.sari.pk, at, facts={"reason": EVIL})
    deliver(payload={"notice": Notice.objects.get().key}, key="a:1", at=at, send=_mail)
    (mail,) = mailoutbox
    message = mail.message()
    assert "palsu" not in str(message["Subject"])
    assert message["Bcc"] is None
    assert "<b>&amp; {{ x }} %(day)s" in mail.body  # as it was written: nothing is interpreted, nothing escaped


# --- what is said ---------------------------------------------------------------------------------


def said(kind, subject, receiver, at, facts=None):
    tell(kind, subject, receiver.pk, at, facts=facts, key=f"{receiver.pk}")
    notice = Notice.objects.select_related("receiver").get(receiver=receiver, kind=kind)
    one = speak(notice, "en")
    return f"{one.line}\n{one.said}"


def test_both_names_where_somebody_decided_on_behalf(cast, ask, at):
    text = said("request-approved", ask("MOVE", "APPROVED"), cast.sari, at)
    assert "Budi Santoso (on behalf of Dewi Lestari) approved" in text
    assert "Wednesday, 2 December 2026 is at the office" in text


def test_half_a_day_says_which_half(cast, ask, at):
    assert "Thursday, 3 December 2026 (morning)" in said("request-sent", ask("HALF"), cast.budi, at)


def test_of_a_swap_each_reads_their_own_day(cast, ask, at):
    swap = ask("SWAP", "APPROVED")
    assert "now Thursday, 3 December 2026" in said("request-approved", swap, cast.sari, at)
    assert "now Wednesday, 2 December 2026" in said("request-approved", swap, cast.budi, at)


def test_who_is_asked_to_swap_reads_what_they_would_get(cast, ask, at):
    text = said("swap-asked", ask("SWAP"), cast.budi, at)
    assert "the WFH day on Wednesday, 2 December 2026 for the one on" not in text
    assert "the WFH day on Thursday, 3 December 2026 for the one on Wednesday, 2 December 2026" in text


def test_an_end_without_a_decision_states_the_outcome(cast, ask, at):
    request = ask("MOVE", "EXPIRED")
    assert "The WFH day on Wednesday, 2 December 2026 stays as planned." in said(
        "request-expired", request, cast.sari, at
    )
    WfhDay.objects.filter(pk=request.gives_up_id).update(state="RECALLED")
    request.gives_up.refresh_from_db()
    assert "is no longer a WFH day" in said("request-expired", request, cast.budi, at)


def test_a_recall_says_who_why_how_long_before_and_that_the_day_is_owed(cast, at):
    facts = {"reason": "Rapat pimpinan", "by": cast.budi_user.pk, "for": None, "hours": 41}
    text = said("day-recalled", wfh_day(cast.sari, cast, WEDNESDAY), cast.sari, at, facts)
    for part in ("Budi Santoso calls", "Rapat pimpinan", "41 hours", "owed", "Wednesday, 2 December 2026"):
        assert part in text


def test_a_repair_says_from_where_to_where(cast, at):
    facts = {"reason": "Banjir", "by": cast.dewi_user.pk, "to": "2026-12-04"}
    text = said("day-repaired", wfh_day(cast.sari, cast, WEDNESDAY), cast.sari, at, facts)
    assert "Wednesday, 2 December 2026 is moved to Friday, 4 December 2026" in text
    assert "Banjir" in text


def test_the_plan_says_the_day_and_why(cast, ask, at):
    plan, _facts = about("plan-published", "-", cast, ask, at)
    text = said("plan-published", plan, cast.sari, at)
    assert "WFH in week 2026-W49: Thursday, 3 December 2026" in text
    assert "Wednesday is full (5 of 5). Thursday: choice number 2 of your wishes." in text


def test_words_read_later_are_those_of_their_moment(cast, ask, at):
    """A request sent back in the evening is changed by night; the morning's mail still says what was sent back, and by
    whom."""
    request = ask("MOVE", "RETURNED")
    tell("request-returned", request, cast.sari.pk, at)
    Request.objects.filter(pk=request.pk).update(
        state="SENT", decided_by=None, decided_for=None, decided_at=None, decision_reason="", date=dt.date(2026, 12, 4)
    )
    one = speak(Notice.objects.select_related("receiver").get(), "en")
    for part in ("Budi Santoso", "Dewi Lestari", "Loket penuh", "Thursday, 3 December 2026"):
        assert part in one.said


# --- the page -------------------------------------------------------------------------------------


def test_the_page_shows_mine_newest_first_and_changes_nothing(cast, ask, at, client):
    request = ask("MOVE", "APPROVED")
    tell("request-sent", request, cast.budi.pk, at)
    tell("request-approved", request, cast.sari.pk, at)
    tell("day-lost", request.gives_up, cast.sari.pk, at + dt.timedelta(hours=1), facts={"reason": "<script>x</script>"})
    client.force_login(cast.sari_user)
    client.cookies["language"] = "en"
    page = client.get("/notices/").content.decode()
    assert page.index("No WFH day on") < page.index("Approved: WFH day on")
    assert "asks for" not in page  # that is Budi's
    assert "<script>x" not in page
    assert Notice.objects.filter(mailed_at__isnull=False).count() == 0
    assert client.post("/notices/").status_code == 405


@pytest.mark.parametrize("who", ["eko_user", "ratna_user", "dewi_user"])
def test_what_others_were_told_is_nobodys_to_read(cast, ask, at, client, who):
    tell("request-approved", ask("MOVE", "APPROVED"), cast.sari.pk, at)
    user = getattr(cast, who)
    assert not Notice.objects.visible_to(user).exists()
    client.force_login(user)
    assert "Sari" not in client.get("/notices/").content.decode()


def test_older_ones_stand_on_further_pages(cast, at, client):
    day = wfh_day(cast.sari, cast, WEDNESDAY)
    for n in range(31):
        tell("day-lost", day, cast.sari.pk, at + dt.timedelta(minutes=n), key=str(n), facts={"reason": f"alasan-{n}."})
    client.force_login(cast.sari_user)
    first, second = (client.get(f"/notices/?page={n}").content.decode() for n in (1, 2))
    assert "alasan-30." in first
    assert "alasan-0." not in first
    assert "alasan-0." in second
    assert client.get("/notices/?page=x").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_for_words(cast, ask, at, django_assert_num_queries, count):
    request = ask("MOVE", "APPROVED")
    plan, _facts = about("plan-published", "-", cast, ask, at)
    facts = {"reason": "x", "by": cast.budi_user.pk, "for": cast.dewi.pk}
    for n in range(count):
        tell("request-approved", request, cast.sari.pk, at, key=str(n))
        tell("day-lost", request.gives_up, cast.sari.pk, at, key=str(n), facts=facts)
        tell("plan-published", plan, cast.sari.pk, at, key=str(n))
    notices = list(Notice.objects.select_related("receiver"))
    with django_assert_num_queries(7):
        assert len(spoken(notices)) == 3 * count


def test_an_account_without_a_civil_servant_is_told_so(cast, client):
    client.force_login(factories.account(username="mesin"))
    assert client.get("/notices/").status_code == 200
