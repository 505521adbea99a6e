"""Answers kept for repeats: claimed once, kept by whoever claimed, taken over from the crashed, gone after a day."""

import datetime as dt

import pytest

from ledger import replies
from ledger.models import Reply

NAMED = {"user_id": 1, "key": "k", "digest": "d" * 64}


def later(at, **by):
    return at + dt.timedelta(**by)


def test_claimed_kept_and_found_again(db, at):
    mine = replies.claim(**NAMED, at=at)
    assert mine.status is None
    assert replies.keep(mine, status=201, body='{"b": 1, "a": 2}', etag='"1"')
    found = replies.claim(**NAMED, at=later(at, hours=23))
    assert (found.status, found.body, found.etag) == (201, '{"b": 1, "a": 2}', '"1"')


def test_another_request_under_the_key_is_refused_even_where_the_first_crashed(db, at):
    replies.claim(**NAMED, at=at)
    with pytest.raises(replies.Reused):
        replies.claim(**NAMED | {"digest": "e" * 64}, at=later(at, hours=1))


def test_keys_are_each_users_own(db, at):
    replies.claim(**NAMED, at=at)
    assert replies.claim(**NAMED | {"user_id": 2, "digest": "e" * 64}, at=at).status is None


def test_the_crashed_are_taken_over_after_a_minute_and_can_no_longer_answer(db, at):
    first = replies.claim(**NAMED, at=at)
    with pytest.raises(replies.Busy):
        replies.claim(**NAMED, at=later(at, seconds=60))
    second = replies.claim(**NAMED, at=later(at, seconds=61))
    assert second.pk == first.pk
    assert not replies.keep(first, status=200, body="{}")
    replies.release(first)
    assert replies.keep(second, status=409, body="{}")
    assert Reply.objects.get().status == 409


def test_what_was_let_go_is_free_again(db, at):
    replies.release(replies.claim(**NAMED, at=at))
    assert replies.claim(**NAMED | {"digest": "e" * 64}, at=at).status is None


def test_purged_after_a_day(db, at):
    for hours, key in ((0, "old"), (2, "new")):
        replies.keep(replies.claim(**NAMED | {"key": key}, at=later(at, hours=hours)), status=200, body="{}")
    assert replies.purge(at=later(at, hours=25)) == 1
    assert Reply.objects.get().key == "new"
