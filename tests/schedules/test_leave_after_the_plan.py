"""Leave that comes after the plan frees the day, once, and nothing is owed for it; the person is told."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from ledger.models import Event, Outbox
from schedules import queries
from schedules.actions.leave import free_days_on_leave
from schedules.models import Notice, WfhDay
from schedules.notices import spoken
from tests import factories

from .conftest import WEEK

WEDNESDAY = dt.date(2026, 12, 2)


def test_the_day_is_free_again_and_nothing_is_owed(planned, at):
    factories.leave(planned.sari, WEEK, WEDNESDAY)
    assert free_days_on_leave(at=at) == 1
    assert free_days_on_leave(at=at) == 0
    assert WfhDay.objects.get(employee=planned.sari).state == "RETURNED"
    assert queries.balance_of(planned.sari, WEEK).owed == 0
    assert Event.objects.filter(verb="day.leave").count() == 1


def test_only_the_person_is_told_once_and_not_what_kind_of_leave(planned, at):
    factories.leave(planned.sari, WEEK, WEDNESDAY, kind="Cuti sakit")
    free_days_on_leave(at=at)
    free_days_on_leave(at=at + dt.timedelta(minutes=1))
    notice = Notice.objects.select_related("receiver").get()
    assert (notice.kind, notice.receiver) == ("day-freed", planned.sari)
    assert Outbox.objects.filter(key=notice.key).count() == 1
    with translation.override("en"):
        (one,) = spoken([notice])
    assert one.line == "On leave: no WFH day on Wednesday, 2 December 2026"
    assert "nothing is owed" in one.said
    assert "sakit" not in one.line + one.said
    assert one.path == "/"


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_statements_does_not_grow(planned, at, count):
    for person in [planned.sari, planned.eko, *planned.team][:count]:
        factories.leave(person, WEEK, WEDNESDAY)
    with CaptureQueriesContext(connection) as found:
        assert free_days_on_leave(at=at) == count
    assert len(found) == 14


def test_what_is_today_or_past_and_what_is_no_leave_stays(planned, at):
    factories.leave(planned.sari, WEEK, WEEK)  # Monday only
    factories.leave(planned.eko, WEDNESDAY, WEDNESDAY)
    on_the_day = dt.datetime(2026, 12, 2, 7, tzinfo=planned.agency.zone)
    assert free_days_on_leave(at=on_the_day) == 0
    assert WfhDay.objects.active().filter(employee__in=[planned.sari, planned.eko]).count() == 2
    assert not Notice.objects.exists()
