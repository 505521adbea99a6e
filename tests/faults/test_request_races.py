"""Clicks at the same moment: a request is decided once, and the last place of a unit is given once."""

import datetime as dt
import threading
import time

import pytest
from django.db import connections
from django.utils import timezone

from eligibility.actions import load_policies, put_in_force
from employees.calendar import week_of
from employees.models import Unit
from ledger.models import Event
from schedules.actions import weekly
from schedules.actions.refused import Refused
from schedules.actions.requests import approve_request, send_request
from schedules.models import Request, WfhDay
from schedules.states import Impossible
from tests import factories

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


def together(*calls):
    """Run calls at the same moment in threads of their own; their outcomes: None or the refusal's code."""
    gate, outcomes = threading.Barrier(len(calls)), []

    def one(call):
        gate.wait()
        try:
            call()
            outcomes.append(None)
        except (Refused, Impossible) as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes, key=str)


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
