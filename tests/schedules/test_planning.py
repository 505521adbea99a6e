"""The week's plan: the fixed weekday, under each unit's cap, least served first, never on a holiday."""

import datetime as dt

from eligibility.actions import load_policies, put_in_force
from eligibility.models import Run
from employees.models import Holiday, Unit
from schedules.actions import plans, weekly
from schedules.models import Plan, WfhDay
from tests import factories

from .conftest import WEEK

WEDNESDAY = dt.date(2026, 12, 2)


def test_everybody_eligible_gets_the_wednesday(planned):
    days = WfhDay.objects.active()
    assert {day.employee for day in days} == {planned.sari, planned.budi, planned.eko, *planned.team}
    assert {day.date for day in days} == {WEDNESDAY}


def test_planning_again_changes_nothing(planned, at):
    before = list(WfhDay.objects.values_list("pk", "date"))
    plan = plans.plan_week(agency=planned.agency, week=WEEK, by=None, at=at)
    assert Plan.objects.get() == plan
    assert list(WfhDay.objects.values_list("pk", "date")) == before


def test_the_cap_rotates_over_the_weeks(cast, at):
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    Unit.objects.filter(pk=cast.root.pk).update(wfh_quota_percent=25)  # inherited: one of four in Eko's unit
    people = {cast.eko, *cast.team}
    for person in people:
        factories.appraisal(person)
    for week in range(4):
        monday = WEEK + dt.timedelta(weeks=week)
        weekly.run_week(agency=cast.agency, track="REWARD", week=monday, by=None, at=at, publish=True)
    days = WfhDay.objects.active().filter(employee__in=people)
    assert days.count() == 4
    assert {day.employee for day in days} == people


def test_a_holiday_gives_no_day(cast, at):
    Holiday.objects.create(date=WEDNESDAY, name="Hari Uji")
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    factories.appraisal(cast.sari)
    weekly.run_week(agency=cast.agency, track="REWARD", week=WEEK, by=None, at=at, publish=True)
    assert not WfhDay.objects.exists()
    assert Plan.objects.get().without == 1


def test_due_finds_the_next_week_at_the_agencys_own_hour(cast, at):
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    friday = dt.datetime(2026, 11, 27, 15, tzinfo=cast.agency.zone)
    assert [week for _a, _t, week in weekly.due(at=friday - dt.timedelta(seconds=1))] == [dt.date(2026, 11, 23)]
    assert [week for _a, _t, week in weekly.due(at=friday)] == [dt.date(2026, 11, 23), WEEK]


def test_two_ticks_make_one_run_and_missed_weeks_are_noted(planned, at):
    late = at + dt.timedelta(weeks=4)  # nobody computed for weeks
    first, second = weekly.start_due(at=late), weekly.start_due(at=late)
    assert [run.week for run in first] == [dt.date(2026, 12, 21)]
    assert second == []
    missed = Run.objects.filter(state=Run.State.MISSED).order_by("week").values_list("week", flat=True)
    assert list(missed) == [dt.date(2026, 12, 7), dt.date(2026, 12, 14)]


def test_a_run_by_hand_for_weeks_ahead_does_not_stop_the_weekly_one(planned, at):
    ahead = WEEK + dt.timedelta(weeks=2)
    by_hand = weekly.run_week(agency=planned.agency, track="REWARD", week=ahead, by=None, at=at)
    assert by_hand.state == Run.State.WAITING
    friday = dt.datetime(2026, 12, 4, 15, tzinfo=planned.agency.zone)
    due = dt.date(2026, 12, 7)
    assert [week for _a, _t, week in weekly.due(at=friday)] == [due]
    assert [run.week for run in weekly.start_due(at=friday)] == [due]
    by_hand.refresh_from_db()
    assert by_hand.state == Run.State.WITHDRAWN  # with an event; it can be made again once its own week comes
    assert weekly.due(at=friday) == []
