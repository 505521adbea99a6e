"""What the tests of the fair week share: a policy in force, decided and planned weeks, a refusal's code."""

import datetime as dt

import pytest

from eligibility import permissions as publishing
from eligibility.actions import load_policies, publish_run, put_in_force, start_run, work_run
from employees import actions as calendar
from schedules.actions import weekly
from schedules.actions.refused import Refused
from schedules.models import WfhDay
from schedules.permissions import Denied
from schedules.states import Impossible

WEEK = dt.date(2026, 11, 30)  # 2026-W49, the week after `at`
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (WEEK + dt.timedelta(days=n) for n in range(5))


def in_force(agency, at, code="REWARD-2019"):
    load_policies(by=None, at=at)
    put_in_force(agency=agency, policy_code=code, since=dt.date(2026, 1, 1), by=None, at=at)


def decided(agency, at, week=WEEK):
    """The run of a week, computed and published; its plan is not made."""
    run = start_run(agency=agency, track="REWARD", week=week, by=None, at=at, by_hand=True)
    work_run(job_id=run.job_id, at=at)
    run.refresh_from_db()
    return publish_run(run_id=run.pk, by=None, at=at, version=run.version)


def planned(agency, at, week=WEEK):
    """A week decided, planned and published."""
    return weekly.run_week(agency=agency, track="REWARD", week=week, by=None, at=at, publish=True)


def day_of(person, week=WEEK):
    return WfhDay.objects.active().get(employee=person, date__range=(week, week + dt.timedelta(days=6)))


def refusal(call, *args, **kwargs):
    """The code of a refusal; whatever it is, it says something."""
    with pytest.raises((Refused, Denied, Impossible, publishing.Denied, calendar.Refused)) as refused:
        call(*args, **kwargs)
    assert str(refused.value)
    return refused.value.code
