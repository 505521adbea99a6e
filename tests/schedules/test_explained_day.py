"""What `explain --date` says about a day is what planner and supervisor are asked: leave and closed days included."""

import datetime as dt

import pytest

from schedules.actions.unit_rules import set_rule
from schedules.explaining import explain
from schedules.models import UnitRule
from tests import factories

from .conftest import WEEK

WEDNESDAY = dt.date(2026, 12, 2)
pytestmark = pytest.mark.django_db


def codes(planned):
    return explain(planned.sari, WEEK, viewer=planned.sari_user, date=WEDNESDAY).reasons


def test_a_day_one_has_may_be_had(planned):
    assert codes(planned) == []


def test_leave_and_a_closed_day_are_named(planned, at):
    factories.leave(planned.sari, WEDNESDAY, WEDNESDAY)
    set_rule(
        by=planned.dewi_user,
        agency=planned.agency,
        unit=planned.general,
        kind=UnitRule.Kind.BLACKOUT,
        since=WEDNESDAY,
        last=WEDNESDAY,
        date=WEDNESDAY,
        reason="Audit",
        at=at,
    )
    assert codes(planned) == ["R-CUTI", "R-HARI-DITUTUP"]
    assert explain(planned.sari, WEEK, viewer=planned.sari_user).reasons == []
