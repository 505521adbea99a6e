"""What must follow a change: put once, done once, given up visibly, and gone with the change that is rolled back."""

import datetime as dt

import pytest
from django.db import transaction

from ledger import outbox
from ledger.models import Outbox

pytestmark = pytest.mark.django_db


def put(at, key="a:1"):
    outbox.put(kind="MAIL", key=key, at=at, payload={"request": 1})


def test_the_same_thing_is_put_once_and_done_once(at):
    put(at), put(at)
    seen = []
    assert outbox.drain(kind="MAIL", handle=lambda entry: seen.append(entry.key), at=at) == 1
    assert outbox.drain(kind="MAIL", handle=lambda entry: seen.append(entry.key), at=at) == 0
    assert seen == ["a:1"]


def test_what_is_not_due_or_of_another_kind_waits(at):
    put(at + dt.timedelta(minutes=1))
    assert outbox.drain(kind="MAIL", handle=lambda entry: None, at=at) == 0
    assert outbox.drain(kind="PLAN", handle=lambda entry: None, at=at + dt.timedelta(hours=1)) == 0


def test_a_failure_waits_longer_each_time_and_is_given_up(at):
    put(at), put(at, "b:1")

    def broken(entry):
        if entry.key == "a:1":
            raise ValueError("no")

    assert outbox.drain(kind="MAIL", handle=broken, at=at) == 2  # the one behind it is done
    entry = Outbox.objects.get(key="a:1")
    assert (entry.attempts, entry.error, entry.due_at) == (1, "ValueError", at + dt.timedelta(minutes=1))
    for _attempt in range(outbox.GIVE_UP_AFTER):
        at += dt.timedelta(hours=5)
        outbox.drain(kind="MAIL", handle=broken, at=at)
    entry.refresh_from_db()
    assert (entry.attempts, entry.done_at) == (outbox.GIVE_UP_AFTER, None)
    assert entry.dead_at
    assert Outbox.objects.get(key="b:1").done_at


def test_a_rolled_back_change_leaves_nothing_to_follow(at):
    with transaction.atomic():
        put(at)
        transaction.set_rollback(True)
    assert not Outbox.objects.exists()
