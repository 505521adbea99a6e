"""Whoever moves to another unit within a week: each date is as it is in the unit of that date."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg2.extras import DateRange

from employees.models import Holiday, Placement, Unit
from schedules.actions.requests import approve_request, send_request
from schedules.models import UnitRule, WfhDay
from schedules.queries import inbox, my_weeks, offers
from tests import factories
from tests.worlds import world

from .pages import asked, given
from .weeks import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK, refusal

SATURDAY = FRIDAY + dt.timedelta(days=1)


@world
def mover(planned):
    """Sari has Wednesday in Budi's unit; from Thursday on she is in Eko's, two hours further east, with a Saturday."""
    Unit.objects.filter(pk=planned.planning.pk).update(time_zone="Asia/Jayapura", working_days=6)
    move(planned, planned.planning, planned.eko)
    planned.day = WfhDay.objects.get(employee=planned.sari)
    return planned


def move(cast, unit, boss, since=THURSDAY):
    Placement.objects.filter(employee=cast.sari).update(valid=DateRange(dt.date(2019, 1, 1), since))
    Placement.objects.create(
        employee=cast.sari,
        agency=unit.agency,
        unit=unit,
        supervisor=boss,
        direct_service=False,
        valid=DateRange(since, None),
    )


def closed(cast, unit, weekday, reason):
    UnitRule.objects.create(
        agency=cast.agency, unit=unit, kind="BLACKOUT", weekday=weekday, reason=reason, valid=factories.ALWAYS
    )


def test_offers_are_judged_in_the_unit_of_each_date(mover, at):
    closed(mover, mover.general, 2, "Audit Biro Umum")
    closed(mover, mover.general, 5, "Jumat di Biro Umum")  # no longer hers
    closed(mover, mover.planning, 4, "Audit Perencanaan")
    closed(mover, mover.planning, 1, "Senin di Perencanaan")  # not yet hers
    found = {one.date: one for one in offers(mover.sari, WEEK, at=at, gives_up=mover.day.pk)}
    assert {date: one.fits for date, one in found.items()} == {
        MONDAY: True,
        TUESDAY: False,
        THURSDAY: False,
        FRIDAY: True,
        SATURDAY: True,
    }
    assert "Audit Biro Umum" in found[TUESDAY].reason
    assert "Audit Perencanaan" in found[THURSDAY].reason
    hours = {date: one.closes.utcoffset() // dt.timedelta(hours=1) for date, one in found.items()}
    assert hours == {MONDAY: 7, TUESDAY: 7, THURSDAY: 9, FRIDAY: 9, SATURDAY: 9}


def test_places_are_counted_in_the_unit_of_each_date(mover, at):
    given(mover, mover.team[0], FRIDAY)
    given(mover, mover.budi, FRIDAY)
    given(mover, mover.budi, TUESDAY)
    used = {one.date: one.used for one in offers(mover.sari, WEEK, at=at, gives_up=mover.day.pk)}
    assert (used[TUESDAY], used[THURSDAY], used[FRIDAY]) == (1, 0, 1)


def test_what_is_offered_is_what_can_be_sent_and_is_approved_by_the_supervisor_of_that_date(mover, at):
    closed(mover, mover.planning, 4, "Audit Perencanaan")
    ask = dict(by=mover.sari_user, gives_up_id=mover.day.pk, reason="", at=at)
    assert refusal(send_request, date=THURSDAY, **ask) == "R-HARI-DITUTUP"
    sent = send_request(date=FRIDAY, **ask)
    assert sent.holder == mover.eko
    assert refusal(approve_request, by=mover.budi_user, request_id=sent.pk, version=1, at=at) == "NOT_YOURS"
    approve_request(by=mover.eko_user, request_id=sent.pk, version=1, at=at)
    new = WfhDay.objects.active().get(employee=mover.sari)
    assert (new.date, new.unit) == (FRIDAY, mover.planning)


def test_the_best_other_day_is_looked_for_in_both_units(mover, at):
    closed(mover, mover.planning, 4, "Audit Perencanaan")
    closed(mover, mover.planning, 5, "Audit Perencanaan")
    closed(mover, mover.planning, 6, "Audit Perencanaan")
    closed(mover, mover.general, 1, "Apel")
    asked(mover, mover.sari, THURSDAY, at, gives_up=mover.day, supervisor=mover.eko)
    (line,) = inbox(mover.eko_user, at=at, limit=1)
    assert (line.fits, line.best) == (False, TUESDAY)


def test_my_week_shows_the_days_of_each_unit(mover, at):
    Holiday.objects.create(date=TUESDAY, name="Hari Uji", source="uji", agency=mover.agency)
    (week,) = my_weeks(mover.sari, [WEEK], today=at.date())
    by_date = {day.date: day for day in week.days}
    assert list(by_date) == [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY]
    assert [day.status for day in week.days] == ["OFFICE", "HOLIDAY", "WFH", "OFFICE", "OFFICE", "OFFICE"]
    assert week.eligible
    (later,) = my_weeks(mover.sari, [WEEK + dt.timedelta(weeks=1)], today=at.date())
    assert len(later.days) == 6


def test_who_leaves_or_joins_within_a_week_has_no_unit_on_the_other_days(planned, at):
    Placement.objects.filter(employee=planned.sari).update(valid=DateRange(dt.date(2019, 1, 1), THURSDAY))
    this, following = my_weeks(planned.sari, [WEEK, WEEK + dt.timedelta(weeks=1)], today=at.date())
    assert [day.status for day in this.days] == ["OFFICE", "OFFICE", "WFH", "OFF", "OFF"]
    assert (following.eligible, following.can_ask, len(following.days)) == (None, False, 5)
    day = WfhDay.objects.get(employee=planned.sari)
    assert [one.date for one in offers(planned.sari, WEEK, at=at, gives_up=day.pk)] == [MONDAY, TUESDAY]


def test_a_move_to_another_agency_asks_for_nothing_there(planned, at):
    move(planned, planned.theirs, planned.ratna)
    day = WfhDay.objects.get(employee=planned.sari)
    found = {one.date: one.fits for one in offers(planned.sari, WEEK, at=at, gives_up=day.pk)}
    assert found == {MONDAY: True, TUESDAY: True, THURSDAY: False, FRIDAY: False}  # no run of theirs is published
    (week,) = my_weeks(planned.sari, [WEEK], today=at.date())
    assert len(week.days) == 5


@pytest.mark.parametrize("weeks", [1, 4])
def test_the_number_of_queries_does_not_grow_with_a_move(planned, at, weeks):
    mondays = [WEEK + n * dt.timedelta(weeks=1) for n in range(weeks)]
    counts = []
    for moved in (False, True):
        if moved:
            move(planned, planned.planning, planned.eko)
        with CaptureQueriesContext(connection) as ran:
            my_weeks(planned.sari, mondays, today=at.date())
        counts.append(len(ran))
    assert counts[0] == counts[1]
