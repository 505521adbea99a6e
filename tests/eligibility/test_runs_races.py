"""Clicks on a run at the same moment as the timetable: they stand in line, and whoever comes second is told."""

import datetime as dt
import threading
import time

import pytest
from django.utils import timezone

from eligibility.actions import load_policies, put_in_force, recompute, start_run, work_run
from eligibility.actions import runs as room
from eligibility.models import Run
from employees.calendar import week_of
from tests import factories
from tests.at_once import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WEEK = dt.timedelta(days=7)


def test_computing_again_while_the_next_week_is_started(transactional_db, monkeypatch):
    cast, at = factories.cast(), timezone.now()
    monday = week_of(at, cast.agency.zone)
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=monday, by=None, at=at)
    waiting = start_run(agency=cast.agency, track="REWARD", week=monday, by=None, at=at)
    waiting = work_run(job_id=waiting.job_id, at=at)
    check, holding = room._check_start, threading.Event()

    def slowly(*args):  # is first in the agency's line
        holding.set()
        time.sleep(0.3)
        check(*args)

    def again():
        assert holding.wait(5)
        recompute(run_id=waiting.pk, by=cast.hadi_user, at=at)

    monkeypatch.setattr(room, "_check_start", slowly)
    following = {"agency": cast.agency, "track": "REWARD", "week": monday + WEEK, "by": None, "at": at}
    assert together(lambda: start_run(**following), again) == [None, "STALE"]
    states = list(Run.objects.order_by("number").values_list("week", "state"))
    assert states == [(monday, Run.State.WITHDRAWN), (monday + WEEK, Run.State.COMPUTING)]
