"""Clicks on a policy at the same moment: one winner, and whoever comes second is told."""

import datetime as dt
import threading
import time

import pytest
from django.utils import timezone

from eligibility.actions import approve_policy, change_draft, put_in_force, submit_policy, take_back_plan
from eligibility.actions import policies as room
from eligibility.models import Policy, PolicyInForce
from employees.models import Role
from ledger.models import Event
from tests import factories
from tests.at_once import together

from .test_policies import approved, content, drafted

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(transactional_db):
    """The cast, with a second HR head."""
    cast = factories.cast()
    factories.grant(cast.eko_user, Role.HR_HEAD, cast.agency)
    return cast


def test_two_heads_approve_at_once_and_one_of_them_did(house):
    policy = drafted(house, timezone.now())
    submit_policy(policy_id=policy.pk, by=house.dewi_user, at=timezone.now(), edition=1)

    def approve(user):
        return lambda: approve_policy(policy_id=policy.pk, by=user, at=timezone.now(), edition=2)

    outcomes = together(*[approve(house.hadi_user), approve(house.eko_user)] * 3)
    assert outcomes == ["ALREADY_DECIDED"] * 5 + [None]
    (event,) = Event.objects.filter(verb="policy.approve")
    policy.refresh_from_db()
    assert policy.approved_by_id == event.actor_id


def test_two_changes_of_one_edition_at_once_and_one_counts(house):
    policy = drafted(house, timezone.now())

    def change(user, name):
        said = content(name_en=name)
        return lambda: change_draft(policy_id=policy.pk, content=said, by=user, at=timezone.now(), edition=1)

    assert together(change(house.dewi_user, "A"), change(house.hadi_user, "B")) == [None, "STALE"]
    policy.refresh_from_db()
    assert policy.edition == 2


def test_without_the_rows_lock_a_change_is_lost(house):
    """The twin: read, then write, without standing in line. The rig does see the race."""
    policy = drafted(house, timezone.now())

    def naive(name):
        read = Policy.objects.get(pk=policy.pk)
        if read.edition == 1:
            time.sleep(0.05)
            Policy.objects.filter(pk=policy.pk).update(name_en=name, edition=read.edition + 1)

    assert together(lambda: naive("A"), lambda: naive("B")) == [None, None]
    policy.refresh_from_db()
    assert policy.edition == 2  # two changes, one edition: one of them is gone unsaid


def test_the_next_version_is_drafted_once(house):
    first = approved(house, timezone.now())
    users = [house.dewi_user, house.hadi_user] * 2
    outcomes = together(*[lambda u=user: drafted(house, timezone.now(), by=u, before=first) for user in users])
    assert outcomes == [None, "OPEN_DRAFT", "OPEN_DRAFT", "OPEN_DRAFT"]
    assert Policy.objects.filter(version=2).count() == 1


def test_two_policies_put_in_force_on_one_day_and_one_is(house):
    at = timezone.now()
    since = at.date() + dt.timedelta(days=14)
    both = [approved(house, at), approved(house, at, code="DUA")]

    def put(policy):
        return lambda: put_in_force(
            agency=house.agency, policy=policy, since=since, by=house.hadi_user, at=timezone.now()
        )

    assert together(*[put(policy) for policy in both]) == [None, "SAME_DAY"]
    assert PolicyInForce.objects.count() == 1


def test_taking_a_plan_back_while_another_is_put_in_force(house, monkeypatch):
    """Both touch the policy that applies now and the one planned: they stand in line instead of waiting in a circle."""
    at = timezone.now()
    today = at.date()
    now, later, other = (approved(house, at, code=code) for code in ("SATU", "DUA", "TIGA"))
    put = {"agency": house.agency, "by": house.hadi_user, "at": at}
    put_in_force(policy=now, since=today, **put)
    planned = put_in_force(policy=later, since=today + dt.timedelta(days=28), **put)
    check, holding = room._check_date, threading.Event()

    def slowly(*args):  # has the row of what applies now
        holding.set()
        time.sleep(0.3)
        check(*args)

    def back():
        assert holding.wait(5)
        take_back_plan(in_force_id=planned.pk, by=house.hadi_user, at=at)

    monkeypatch.setattr(room, "_check_date", slowly)
    outcomes = together(lambda: put_in_force(policy=other, since=today + dt.timedelta(days=14), **put), back)
    assert outcomes == [None, "OVERLAP"]
    assert list(PolicyInForce.objects.values_list("policy", flat=True)) == [now.pk]
