"""Leave that comes after the plan frees the day, once, and nothing is owed for it."""

import datetime as dt

from ledger.models import Event
from schedules import queries
from schedules.actions.leave import free_days_on_leave
from schedules.models import WfhDay
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


def test_what_is_today_or_past_and_what_is_no_leave_stays(planned, at):
    factories.leave(planned.sari, WEEK, WEEK)  # Monday only
    factories.leave(planned.eko, WEDNESDAY, WEDNESDAY)
    on_the_day = dt.datetime(2026, 12, 2, 7, tzinfo=planned.agency.zone)
    assert free_days_on_leave(at=on_the_day) == 0
    assert WfhDay.objects.active().filter(employee__in=[planned.sari, planned.eko]).count() == 2
