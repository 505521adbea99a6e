"""Tries are counted atomically, in a window that the first one opens; nobody's name is stored."""

import datetime as dt
import hashlib

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from ledger import limits
from ledger.models import Limit
from tests.at_once import together

KEY = {"limit": 3, "seconds": 60}


def tries(number, key="api:1", **named):
    return [limits.hit(key, **KEY | named) for _ in range(number)]


def test_so_many_pass_and_the_next_is_told_how_long(db):
    *passed, refused = tries(4)
    assert passed == [None] * 3
    assert 58 <= refused <= 60


def test_a_refused_try_makes_nobody_wait_longer(db):
    tries(4)
    before = Limit.objects.values_list("until", flat=True).get()
    tries(5)
    assert Limit.objects.values_list("until", "count").get() == (before, 4)


def test_after_the_window_everything_begins_anew(db):
    tries(4)
    Limit.objects.update(until=F("until") - dt.timedelta(seconds=61))
    assert tries(4)[:3] == [None] * 3
    assert Limit.objects.get().until > timezone.now()


def test_one_does_not_use_up_anothers(db):
    tries(4)
    assert tries(1, key="api:2") == [None]


def test_one_statement_a_try(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        limits.hit("api:1", **KEY)


def test_asking_counts_nothing(db):
    tries(2)
    assert limits.waiting("api:1", limit=3) is None
    tries(1)
    assert [58 <= limits.waiting("api:1", limit=3) <= 60 for _ in range(5)] == [True] * 5
    assert limits.waiting("api:2", limit=3) is None


def test_forgotten(db):
    tries(4)
    limits.forget("api:1")
    assert limits.waiting("api:1", limit=3) is None
    assert tries(1) == [None]


def test_only_a_digest_is_stored_and_not_in_the_log_of_the_database(db):
    limits.hit("login:199001012020121001", **KEY)
    assert Limit.objects.get().key == hashlib.sha256(b"login:199001012020121001").hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE oid = 'ledger_limit'::regclass")
        assert cursor.fetchone() == ("u",)


def test_purged_when_the_window_is_over(db):
    tries(1)
    tries(1, key="api:2", seconds=7200)
    assert limits.purge(at=timezone.now() + dt.timedelta(hours=1)) == 1
    assert Limit.objects.count() == 1


def _passed(hit):
    passed = []

    def call():
        for _ in range(10):
            if hit("api:1", limit=50, seconds=600) is None:
                passed.append(1)

    together(*[call] * 20)
    return len(passed)


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_at_once_exactly_the_limit_passes():
    assert _passed(limits.hit) == 50


@pytest.mark.django_db(transaction=True)
def test_the_twin_that_reads_before_it_writes_lets_too_many_pass():
    def racing(key, *, limit, seconds):
        count = Limit.objects.filter(key=key).values_list("count", flat=True).first()
        if count is None:
            Limit.objects.bulk_create([Limit(key=key, count=1, until=timezone.now())], ignore_conflicts=True)
        elif count < limit:
            Limit.objects.filter(key=key).update(count=count + 1)
        return limit if (count or 0) >= limit else None

    assert _passed(racing) > 52
