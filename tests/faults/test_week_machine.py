"""People, supervisors, HR and the clock do whatever comes to their minds; after every step the invariants hold.

Invariants are SQL that returns no rows (reliability.md 3): caps, minimum, one day a slot, the states' own table, nobody
decides their own, one event a transition, nothing outlives its deadline.
"""

import datetime as dt
import itertools
import uuid

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from eligibility.actions import Refused as NotCorrected
from eligibility.actions import propose_by_hand
from eligibility.models import Correction
from eligibility.permissions import Denied as MayNotPublish
from eligibility.queries import published_runs
from employees import actions as calendar
from employees.models import Employee, Holiday, Leave, Placement, Unit
from performance.rating import Rating
from schedules import states
from schedules.actions.corrections import apply as apply_correction
from schedules.actions.day_corrections import propose_days_due
from schedules.actions.delegations import delegate, end_delegation
from schedules.actions.refused import Refused
from schedules.actions.repair import propose_repair, repair_week
from schedules.actions.requests import (
    approve_many,
    approve_request,
    ask_to_swap,
    give_back,
    recall_day,
    reject_request,
    return_request,
    run_clock,
    save_draft,
    send_again,
    send_request,
    send_series,
    withdraw_request,
)
from schedules.actions.unit_rules import set_rule
from schedules.invariants import NEVER as OF_SCHEDULES
from schedules.models import Delegation, Plan, Request, UnitRule, WfhDay
from schedules.permissions import Denied
from schedules.queries import Cover
from schedules.queries.person import HALVES
from tests import factories
from tests.schedules.weeks import WEEK, in_force, planned
from tests.worlds import JAKARTA

pytestmark = pytest.mark.slow
AT = dt.datetime(2026, 11, 27, 9, tzinfo=JAKARTA)  # the Friday before the week
SAID_NO = (Refused, Denied, states.Impossible, calendar.Refused, MayNotPublish, NotCorrected)
DATES = [WEEK + dt.timedelta(days=n) for n in range(5)]
any_one, any_day = st.integers(0, 11), st.sampled_from(DATES)

# Beside what holds for everybody: this house's own policy and clock.
HERE = {
    "more days a week than the policy allows": """
        SELECT employee_id FROM schedules_wfhday WHERE state = 'ACTIVE' GROUP BY employee_id
        HAVING sum(CASE WHEN slot = 'FULL' THEN 2 ELSE 1 END) > 4""",
    "decided by whoever stands in for the person who asked": """
        SELECT e.id FROM ledger_event e JOIN schedules_request r ON r.id = e.subject_id
          JOIN employees_user u ON u.id = e.actor_id
          JOIN schedules_delegation d ON d.delegate_id = u.employee_id AND d.delegator_id = r.employee_id
        WHERE e.subject_type = 'schedules.request' AND e.verb IN ('request.approve', 'request.endorse')
          AND r.kind <> 'SWAP' AND EXISTS (SELECT FROM ledger_event g WHERE g.verb = 'delegation.give'
            AND g.subject_id = d.id AND g.id < e.id)
          AND NOT EXISTS (SELECT FROM ledger_event g WHERE g.verb = 'delegation.end'
            AND g.subject_id = d.id AND g.id < e.id)""",  # by the order of events: much happens in one instant
    "a request that outlived its deadline": """
        SELECT id FROM schedules_request WHERE state IN ('DRAFT', 'SENT', 'RETURNED') AND due_at <= %(now)s""",
    "an end told twice or never": """
        SELECT r.id FROM schedules_request r LEFT JOIN schedules_notice n ON n.subject_id = r.id
          AND n.kind IN ('request-expired', 'request-ended')
        WHERE r.state = 'EXPIRED' GROUP BY r.id HAVING count(n.id) <> 1""",
}
NEVER = OF_SCHEDULES | HERE
# Each change of state that the rows' own history shows: (before, after)
EDGES = """
SELECT DISTINCT before, state FROM (
  SELECT state, lag(state) OVER (PARTITION BY pgh_obj_id ORDER BY pgh_id) AS before FROM schedules_requestevent) e
"""


class Week(RuleBasedStateMachine):
    """A unit of six under one supervisor, whose own supervisor has a unit of four; both plan BERJENJANG-2026."""

    @initialize()
    def house(self):
        cast = self.cast = factories.cast()
        Unit.objects.filter(pk=cast.root.pk).update(wfh_quota_percent=34)  # two of six, one of four
        in_force(cast.agency, AT, "BERJENJANG-2026")
        Placement.objects.filter(employee=cast.budi).update(supervisor=cast.eko)
        more = [factories.employee(cast.general, f"Orang {n}", cast.budi) for n in range(4)]
        self.people = [cast.sari, cast.budi, *more, cast.eko, *cast.team]
        known = {cast.sari: cast.sari_user, cast.budi: cast.budi_user, cast.eko: cast.eko_user}
        self.users = [known.get(one) or factories.account(one) for one in self.people]
        self.deciders = [cast.budi_user, cast.eko_user, cast.dewi_user, cast.ratna_user, *self.users[:3]]
        for n, person in enumerate(self.people):
            Employee.objects.filter(pk=person.pk).update(public_id=uuid.UUID(int=n + 1))  # the lot: the same each time
            factories.appraisal(person, rating=Rating.GOOD if n % 3 else Rating.VERY_GOOD)
        planned(cast.agency, AT, WEEK)
        self.now, self.given = AT, set()

    # --- what people do ---

    def attempt(self, action, **fields):
        """An action that is refused changes nothing."""
        before = self.counts()
        try:
            with transaction.atomic():
                return action(at=self.now, **fields)
        except SAID_NO as no:
            said = str(no)
        assert said
        assert self.counts() == before, action
        return None

    def counts(self):
        tables = ("schedules_request", "schedules_wfhday", "ledger_event", "schedules_notice")
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
            return cursor.fetchone()

    def pick(self, rows, n):
        found = list(rows.order_by("pk"))
        return found[n % len(found)] if found else None

    def user_of(self, person_id):
        return next((u for u in self.users if u.employee_id == person_id), self.cast.dewi_user)

    @rule(n=any_one, date=any_day, extra=st.booleans(), draft=st.booleans(), slot=st.sampled_from(["FULL", "AM", "PM"]))
    def ask(self, n, date, extra, draft, slot):
        user = self.users[n % len(self.users)]
        day = None if extra else self.pick(WfhDay.objects.active().filter(employee=user.employee), n)
        ask_for = dict(by=user, date=date, gives_up_id=day and day.pk, reason="", slot=slot)
        self.attempt(save_draft if draft else send_request, **ask_for)

    @rule(n=any_one, date=any_day)
    def ask_for_another_day(self, n, date):
        day = self.pick(WfhDay.objects.active(), n)
        if day:
            by = self.user_of(day.employee_id)
            self.attempt(send_request, by=by, date=date, gives_up_id=day.pk, reason="")

    @rule(date=any_day)
    def rush(self, date):
        """Everybody wants the same day, and their supervisors say yes to all."""
        for n in range(6):
            self.ask_for_another_day(n, date)
        self.approve_what_waits(0)
        self.approve_what_waits(1)

    @rule(n=any_one, date=any_day)
    def ask_and_be_given(self, n, date):
        self.ask_for_another_day(n, date)
        self.approve_as_the_holder(n)

    @rule(n=any_one, date=st.one_of(st.none(), any_day))
    def send_it_again(self, n, date):
        request = self.pick(Request.objects.filter(state__in=["DRAFT", "RETURNED", "APPROVED"]), n)
        if request:
            user = self.user_of(request.employee_id)
            self.attempt(send_again, by=user, request_id=request.pk, version=request.version, date=date)

    @rule(n=any_one, m=any_one)
    def approve(self, n, m):
        request = self.pick(Request.objects.exclude(state="DRAFT"), n)
        if request:
            user = self.deciders[m % len(self.deciders)]
            self.attempt(approve_request, by=user, request_id=request.pk, version=request.version)
            self.check_cover()

    @rule(m=st.integers(0, 1))
    def approve_what_waits(self, m):
        chosen = list(Request.objects.waiting().values_list("pk", "version"))
        self.attempt(approve_many, by=self.deciders[m % len(self.deciders)], chosen=chosen)
        self.check_cover()

    @rule(n=any_one)
    def approve_as_the_holder(self, n):
        request = self.pick(Request.objects.waiting(), n)
        if request:
            holder = self.user_of(request.holder_id) if request.holder_id else self.cast.dewi_user
            self.attempt(approve_request, by=holder, request_id=request.pk, version=request.version)
            self.check_cover()

    @rule(n=any_one, m=any_one, back=st.booleans(), reason=st.sampled_from(["Rapat", ""]))
    def refuse(self, n, m, back, reason):
        request = self.pick(Request.objects.all(), n)
        if request:
            decide = dict(request_id=request.pk, version=request.version, reason=reason)
            by = self.deciders[m % len(self.deciders)]
            self.attempt(return_request if back else reject_request, by=by, **decide)

    @rule(n=any_one, own=st.booleans())
    def withdraw(self, n, own):
        request = self.pick(Request.objects.all(), n)
        if request:
            by = self.user_of(request.employee_id) if own else self.cast.budi_user
            self.attempt(withdraw_request, by=by, request_id=request.pk)
            self.check_cover()

    @rule(n=any_one, slot=st.sampled_from(["FULL", "AM", "PM"]))
    def give_a_day_back(self, n, slot):
        day = self.pick(WfhDay.objects.active(), n)
        if day and WfhDay.objects.filter(state="RETURNED").count() < 3:
            self.attempt(give_back, by=self.user_of(day.employee_id), day_id=day.pk, reason="Rapat", slot=slot)

    @rule(n=any_one, m=any_one)
    def recall(self, n, m):
        day = self.pick(WfhDay.objects.all(), n)
        if day:
            self.attempt(recall_day, by=self.deciders[m % len(self.deciders)], day_id=day.pk, reason="Tamu")

    @rule(n=any_one, m=any_one)
    def swap(self, n, m):
        mine, theirs = self.pick(WfhDay.objects.active(), n), self.pick(WfhDay.objects.active(), m)
        if mine and theirs:
            by = self.user_of(mine.employee_id)
            self.attempt(ask_to_swap, by=by, day_id=mine.pk, for_day_id=theirs.pk, reason="")

    @rule(n=any_one)
    def agree_to_a_swap(self, n):
        request = self.pick(Request.objects.waiting().filter(kind="SWAP"), n)
        if request:
            by = self.user_of(request.colleague_id)
            self.attempt(approve_request, by=by, request_id=request.pk, version=request.version)
            self.check_cover()

    @rule(n=any_one, date=any_day)
    def fixed_weekday(self, n, date):
        self.attempt(send_series, by=self.users[n % 10], date=date, until=date + dt.timedelta(weeks=3), reason="")

    # --- what supervisors and HR do ---

    @rule(n=any_one, m=any_one)
    def lend(self, n, m):
        boss, other = [self.cast.budi, self.cast.eko][n % 2], self.people[m % len(self.people)]
        today = self.now.date()
        self.attempt(
            delegate,
            by=self.user_of(boss.pk),
            delegator_id=boss.pk,
            delegate_id=other.pk,
            first=today,
            last=today + dt.timedelta(days=9),
        )

    @rule(n=any_one)
    def take_back_what_was_lent(self, n):
        one = self.pick(Delegation.objects.standing(), n)
        if one:
            self.attempt(end_delegation, by=self.user_of(one.delegator_id), delegation_id=one.pk)

    @rule(date=any_day, kind=st.sampled_from(["MIN_PRESENT", "MAX_REMOTE", "BLACKOUT", "STAGES"]), n=st.integers(0, 3))
    def set_a_rule(self, date, kind, n):
        if UnitRule.objects.count() >= 3:
            return
        fields = {
            "MIN_PRESENT": {"number": n + 1},
            "MAX_REMOTE": {"percent": 20 + 20 * n},
            "BLACKOUT": {"reason": "Audit"},
            "STAGES": {"number": 2 - n % 2},
        }[kind]
        unit = [self.cast.general, self.cast.planning, self.cast.root][n % 3]
        where = dict(by=self.cast.dewi_user, agency=self.cast.agency, unit=unit, since=self.now.date())
        self.attempt(set_rule, kind=kind, date=date, **where, **fields)

    @rule(n=any_one, date=any_day)
    def leave(self, n, date):
        if Leave.objects.count() >= 3:
            return
        person = self.people[n % len(self.people)]
        by = dict(kind="Cuti", source="", by=self.cast.dewi_user)
        self.attempt(calendar.record_leave, employee=person, first=date, last=date, **by)

    @rule(date=any_day, kind=st.sampled_from(["EMERGENCY", "HOLIDAY"]), whole=st.booleans())
    def repair(self, date, kind, whole):
        if Plan.objects.count() > 2 or (Holiday.objects.exists() and kind == "HOLIDAY"):
            return
        unit = None if whole or kind == "HOLIDAY" else self.cast.general
        look = self.attempt(propose_repair, agency=self.cast.agency, dates=[date], unit=unit)
        if look:
            where = dict(agency=self.cast.agency, dates=[date], unit=unit, kind=kind, reason="Padam")
            self.attempt(repair_week, by=self.cast.hadi_user, digest=look.digest, **where)
            self.check_cover()

    @rule(n=any_one, eligible=st.booleans())
    def correct(self, n, eligible):
        """A published decision is corrected, and the day that goes or comes with it."""
        if Correction.objects.count() > 6:
            return
        (run,) = published_runs(self.cast.agency.pk, WEEK)
        outcome = dict(eligible=eligible, reasons=[] if eligible else ["R-PREDIKAT"], reason="SK")
        person = self.people[n % len(self.people)]
        hand = dict(run_id=run.pk, employee_id=person.pk, by=self.cast.dewi_user)
        if one := self.attempt(propose_by_hand, **hand, **outcome):
            self.apply(one)

    @rule(date=any_day, withdrawn=st.booleans())
    def change_the_calendar(self, date, withdrawn):
        """A day off is declared or withdrawn; HR applies what follows for each person."""
        one = Holiday.objects.first()
        if one and withdrawn:
            gone = dict(holiday_id=one.pk, version=one.version, reason="Keppres")
            self.attempt(calendar.withdraw_holiday, by=self.cast.hadi_user, **gone)
        elif one is None:
            known = dict(agency=self.cast.agency, name="Libur", kind="LIBUR_NASIONAL", source="")
            self.attempt(calendar.declare_holiday, date=date, by=self.cast.dewi_user, **known)
        propose_days_due(at=self.now)
        for one in Correction.objects.filter(state="PROPOSED").order_by("pk"):
            self.apply(one)
        propose_days_due(at=self.now)

    def apply(self, one):
        known = dict(correction_id=one.pk, by=self.cast.hadi_user, reason="SK", version=one.version)
        self.attempt(apply_correction, **known)
        self.check_cover()

    @rule(hours=st.sampled_from([1, 2, 5, 18]))
    def time_passes(self, hours):
        self.now += dt.timedelta(hours=hours)
        run_clock(at=self.now)
        run_clock(at=self.now)

    # --- what holds ---

    def check_cover(self):
        """What was decided just now fits; what no longer fits for another reason (leave, a rule) was there before."""
        cover = Cover(self.cast.agency, DATES)
        planned_first = {"origin": "PLAN", "plan__revision": 1}
        fresh = set(WfhDay.objects.active().exclude(**planned_first).values_list("pk", flat=True)) - self.given
        for day in WfhDay.objects.active().filter(pk__in=fresh).select_related("unit"):
            size = cover.sizes[day.unit_id, day.date]
            for half in HALVES:
                if day.slot not in ("FULL", ("AM", "PM")[half]):
                    continue
                share = cover.percent(day.unit_id, day.date, half) or 0
                assert cover.home[day.unit_id, day.date][half] <= max(1, share * size // 100), day
                assert cover.present(day.unit_id, day.date, half) >= cover.minimum(day.unit_id, day.date, half), day
                assert cover.working(day.unit_id, day.date)
        self.given |= fresh

    @invariant()
    def nothing_that_must_never_be(self):
        if not hasattr(self, "now"):
            return
        with connection.cursor() as cursor:
            for title, sql in NEVER.items():
                if title == "a request that outlived its deadline":
                    run_clock(at=self.now)
                cursor.execute(sql, {"now": self.now})
                assert cursor.fetchall() == [], title
            cursor.execute(EDGES)
            edges = cursor.fetchall()
        allowed = set(itertools.chain(*([(a, b) for b in to.values()] for a, to in states.TRANSITIONS.items())))
        allowed |= {(None, state) for state in states.START}
        same = {(state, state) for state in Request.State.values}  # reminders and the like
        assert set(edges) <= allowed | same


def test_whatever_people_do_the_week_stays_sound(db):
    """Each run of the machine is undone as a whole: the next begins with an empty house."""

    class Undone(Week):
        def __init__(self):
            super().__init__()
            self.outer = transaction.atomic()
            self.outer.__enter__()

        def teardown(self):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    run_state_machine_as_test(
        Undone,
        settings=settings(
            max_examples=15,
            stateful_step_count=60,
            deadline=None,
            phases=[Phase.generate],  # the steps are printed as they are: shrinking them takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
