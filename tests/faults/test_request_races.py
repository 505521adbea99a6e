"""Clicks at the same moment: a request is decided once, and the last place of a unit is given once."""

import datetime as dt
import time

import pytest
from django.utils import timezone

from eligibility.actions import load_policies, propose_by_hand, put_in_force
from eligibility.queries import published_runs
from employees.calendar import week_of
from employees.models import Unit
from ledger.models import Event
from schedules.actions import corrections, repair, weekly
from schedules.actions.refused import Refused
from schedules.actions.repair import propose_repair, repair_week
from schedules.actions.requests import (
    approve_many,
    approve_request,
    ask_to_swap,
    deciding,
    give_back,
    recall_day,
    reject_request,
    run_clock,
    send_request,
    withdraw_request,
)
from schedules.models import Notice, Request, UnitRule, WfhDay
from schedules.permissions import Denied
from tests import factories
from tests.at_once import together
from tests.schedules.pages import asked

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def planned(transactional_db):
    """Next week planned for the cast, everybody of Eko's unit on Wednesday."""
    cast, now = factories.cast(), timezone.now()
    cast.monday = week_of(now, cast.agency.zone) + dt.timedelta(days=7)
    load_policies(by=None, at=now)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=cast.monday, by=None, at=now)
    for person in (cast.sari, *cast.team):
        factories.appraisal(person, year=cast.monday.year - 1, at=now)
    weekly.run_week(agency=cast.agency, track="REWARD", week=cast.monday, by=None, at=now, publish=True)
    return cast


def ask(cast, person, user, days):
    own = WfhDay.objects.active().get(employee=person)
    date = cast.monday + dt.timedelta(days=days)
    return send_request(by=user, date=date, gives_up_id=own.pk, reason="", at=timezone.now())


def approve(cast, user, request):
    return lambda: approve_request(by=user, request_id=request.pk, version=1, at=timezone.now())


def test_one_request_is_decided_once(planned):
    request = ask(planned, planned.sari, planned.sari_user, 3)
    outcomes = together(*[approve(planned, planned.budi_user, request)] * 6)
    assert outcomes == ["ALREADY_DECIDED"] * 5 + [None]
    assert WfhDay.objects.active().filter(employee=planned.sari).count() == 1
    assert Event.objects.filter(verb="request.approve").count() == 1


def test_the_last_place_is_given_once(planned):
    Unit.objects.filter(pk=planned.planning.pk).update(wfh_quota_percent=25)  # one of four
    users = [factories.account(person) for person in planned.team]
    requests = [ask(planned, p, u, 3) for p, u in zip(planned.team, users, strict=True)]
    outcomes = together(*[approve(planned, planned.eko_user, request) for request in requests])
    assert outcomes == [None, "R-KUOTA-UNIT", "R-KUOTA-UNIT"]
    thursday = planned.monday + dt.timedelta(days=3)
    assert WfhDay.objects.active().filter(unit=planned.planning, date=thursday).count() == 1
    assert Request.objects.waiting().count() == 2


def test_without_the_units_lock_the_place_is_given_twice(planned):
    """The twin: count, then insert, without standing in line. The rig does see the race."""
    thursday = planned.monday + dt.timedelta(days=3)
    mine = WfhDay.objects.active().filter(unit=planned.planning, date=thursday)

    def naive(person):
        if mine.count() + 1 <= 1:
            time.sleep(0.05)
            WfhDay.objects.create(
                employee=person, agency=planned.agency, unit=planned.planning, date=thursday, track="REWARD"
            )

    together(*[lambda person=person: naive(person) for person in planned.team])
    assert mine.count() > 1


# --- days that are changed from two sides at once -------------------------------------------------


@pytest.fixture
def slowly(monkeypatch):
    """Whoever approves thinks for a while between reading the situation and writing."""
    read = deciding.situation

    def situation(requests):
        found = read(requests)
        time.sleep(0.25)
        return found

    monkeypatch.setattr(deciding, "situation", situation)


def swapped(cast):
    """Two of Eko's team on different days; the first has asked the second to swap."""
    first, second = cast.team[:2]
    users = [factories.account(person) for person in (first, second)]
    WfhDay.objects.filter(employee=second).update(date=cast.monday + dt.timedelta(days=4), origin="REQUEST")
    mine, theirs = (WfhDay.objects.active().get(employee=person) for person in (first, second))
    ask_for = dict(day_id=mine.pk, for_day_id=theirs.pk, reason="", at=timezone.now())
    return users, mine, theirs, ask_to_swap(by=users[0], **ask_for)


@pytest.mark.parametrize("whose", [0, 1])
def test_a_swap_is_agreed_to_while_one_of_its_days_is_given_back(planned, whose):
    users, mine, theirs, request = swapped(planned)
    day = (mine, theirs)[whose]
    if whose == 0:  # the asker's own day hangs on the open swap
        Request.objects.filter(pk=request.pk).update(gives_up=mine)
    outcomes = together(
        approve(planned, users[1], request),
        lambda: give_back(by=users[whose], day_id=day.pk, at=timezone.now()),
    )
    assert len(outcomes) == 2
    assert outcomes in ([None, "NOT_YOURS"], [None, "PAST"], [None, "WAITING"])
    left = WfhDay.objects.active().filter(employee__in=planned.team[:2])
    made = Request.objects.get().state == "APPROVED"
    assert left.count() == (2 if made else 1)
    assert WfhDay.objects.filter(state="RETURNED").count() == (0 if made else 1)


@pytest.mark.parametrize("locked", [True, False])
def test_two_bulk_approvals_that_overlap_decide_each_request_once(planned, slowly, monkeypatch, locked):
    """The last place is given once; without the units' lock (the twin) twice."""
    Unit.objects.filter(pk=planned.planning.pk).update(wfh_quota_percent=25)  # one of four
    users = [factories.account(person) for person in planned.team]
    requests = [ask(planned, p, u, 3) for p, u in zip(planned.team, users, strict=True)]
    if not locked:
        monkeypatch.setattr(deciding, "lock_units_of", lambda ids: None)
    halves = [requests[:2], requests[2:]] if not locked else [requests, requests[::-1]]
    made = []

    def bulk(some):
        chosen = [(request.pk, 1) for request in some]
        made.extend(approve_many(by=planned.eko_user, chosen=chosen, at=timezone.now()))

    assert together(*[lambda some=some: bulk(some) for some in halves]) == [None, None]
    thursday = planned.monday + dt.timedelta(days=3)
    given = WfhDay.objects.active().filter(unit=planned.planning, date=thursday).count()
    approved = Request.objects.filter(state="APPROVED").count()
    assert given == approved == (1 if locked else 2)
    assert Event.objects.filter(verb="request.approve").count() == approved
    assert sum(outcome.done for outcome in made) == approved


@pytest.mark.parametrize("how", ["approve", "reject", "withdraw"])
def test_a_day_is_recalled_while_the_request_to_move_it_is_decided(planned, slowly, how):
    now = timezone.now()
    for _n in range(3):
        request = ask(planned, planned.sari, planned.sari_user, 3)
        day, no = request.gives_up, dict(by=planned.budi_user, version=1, reason="Rapat", at=now)
        decide = {
            "approve": approve(planned, planned.budi_user, request),
            "reject": lambda r=request, no=no: reject_request(request_id=r.pk, **no),
            "withdraw": lambda r=request: withdraw_request(by=planned.sari_user, request_id=r.pk, at=now),
        }[how]
        recall = dict(by=planned.budi_user, day_id=day.pk, reason="Tamu", at=now)
        outcomes = together(decide, lambda recall=recall: recall_day(**recall))
        assert len(outcomes) == 2
        request.refresh_from_db()
        ends = Event.objects.filter(subject_type="schedules.request", subject_id=request.pk).exclude(
            verb="request.send"
        )
        assert ends.count() == 1  # decided or ended once, never one over the other
        day.refresh_from_db()
        if request.state == "APPROVED":
            assert outcomes == ["GONE", None]  # sorted
        else:
            assert day.state == "RECALLED"
        WfhDay.objects.filter(employee=planned.sari).exclude(pk=day.pk).update(state="CANCELLED", replaces=None)
        WfhDay.objects.filter(pk=day.pk).update(state="ACTIVE")


@pytest.mark.parametrize("locked", [True, False])
def test_a_week_is_repaired_while_a_day_on_the_closed_date_is_approved(planned, slowly, monkeypatch, locked):
    """Without the lock (the twin) the day is given on a date that was closed meanwhile."""
    request = ask(planned, planned.sari, planned.sari_user, 3)
    closed = request.date
    digest = propose_repair(agency=planned.agency, dates=[closed], unit=planned.general, at=timezone.now()).digest
    if not locked:
        monkeypatch.setattr(repair, "lock_units", lambda ids: None)
        monkeypatch.setattr(repair, "_end_requests", lambda *args: None)  # it would stand in line there
    ask_for = dict(by=planned.hadi_user, agency=planned.agency, dates=[closed], unit=planned.general, digest=digest)

    def mend():
        time.sleep(0.1)  # the approval has begun
        repair_week(**ask_for, reason="Listrik padam", at=timezone.now())

    outcomes = together(approve(planned, planned.budi_user, request), mend)
    on_it = WfhDay.objects.active().filter(date=closed, unit=planned.general).exists()
    repaired = UnitRule.objects.filter(kind="BLACKOUT").exists()
    if locked:
        assert set(outcomes) in ({None, "CHANGED"}, {None, "R-HARI-DITUTUP"}, {None, "ALREADY_DECIDED"})
        assert not (on_it and repaired)
    else:
        assert on_it
        assert repaired


def test_a_decision_is_corrected_while_the_only_day_is_approved(planned, slowly):
    """Also of somebody without a day yet, correcting stands in their unit's line: no day stays that it forbids."""
    WfhDay.objects.all().delete()
    now = timezone.now()
    request = asked(planned, planned.sari, planned.monday + dt.timedelta(days=3), now)
    (run,) = published_runs(planned.agency.pk, planned.monday)
    one = propose_by_hand(
        run_id=run.pk, employee_id=planned.sari.pk, eligible=False, reasons=["R-PREDIKAT"], by=planned.dewi_user,
        at=now, reason="SK",
    )  # fmt: skip

    def correct():
        time.sleep(0.1)  # the approval has begun
        corrections.apply(correction_id=one.pk, by=planned.hadi_user, at=now, reason="SK", version=one.version)

    assert together(approve(planned, planned.budi_user, request), correct) == [None, None]
    assert Request.objects.get().state == "APPROVED"
    assert not WfhDay.objects.active().filter(employee=planned.sari).exists()


def test_a_first_stage_is_endorsed_once(planned):
    UnitRule.objects.create(
        agency=planned.agency, unit=planned.general, kind="STAGES", number=2, valid=factories.ALWAYS
    )
    request = ask(planned, planned.sari, planned.sari_user, 3)
    outcomes = together(*[approve_as(planned.budi_user, request)] * 4)
    assert outcomes.count(None) == 1
    assert set(outcomes[:-1] + outcomes[1:]) - {None} <= {"SAME_PERSON", "STALE"}
    request.refresh_from_db()
    assert (request.state, request.stage, request.version) == ("SENT", 2, 2)
    assert Event.objects.filter(verb="request.endorse").count() == 1


def approve_as(user, request):
    def call():
        try:
            approve_request(by=user, request_id=request.pk, version=1, at=timezone.now())
        except Denied as denied:
            raise Refused(denied.code, str(denied)) from denied

    return call


def test_two_clocks_and_a_decision_at_the_deadline_end_it_once(planned):
    request = ask(planned, planned.sari, planned.sari_user, 3)
    due = request.due_at
    decide = dict(by=planned.budi_user, request_id=request.pk, version=1)
    outcomes = together(
        lambda: run_clock(at=due),
        lambda: run_clock(at=due),
        lambda: approve_request(**decide, at=due - dt.timedelta(seconds=1)),
    )
    assert len(outcomes) == 3
    request.refresh_from_db()
    assert request.state in ("APPROVED", "EXPIRED")
    assert Event.objects.filter(subject_id=request.pk, verb__in=["request.approve", "request.expire"]).count() == 1
    assert Notice.objects.filter(kind__in=["request-expired", "request-approved"], receiver=planned.sari).count() == 1
