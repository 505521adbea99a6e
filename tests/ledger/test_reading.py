"""Who read what: append-only, never one's own, and answered by an index however many readings there are."""

import datetime as dt
import time

import pytest
from django.db import DatabaseError, connection, transaction

from ledger import reading
from ledger.models import ReadLog

MANY = """
INSERT INTO ledger_readlog (at, actor_id, employee_id, agency_id, what, request_id)
SELECT timestamptz '2026-01-01' + n * interval '30 seconds', 1 + n %% 500, 1 + n %% 7919, 1, 'test', ''
FROM generate_series(1, %s) n
"""


def of_account(actor_id, since, until):
    return ReadLog.objects.filter(actor_id=actor_id, at__gte=since, at__lt=until)


@pytest.mark.django_db
def test_what_somebody_else_opened_is_written_and_ones_own_is_not(cast, at):
    people = [(one.pk, one.agency_id) for one in (cast.sari, cast.budi, cast.sari, cast.dewi)]
    assert reading.seen(by=cast.dewi_user, people=people, what="test", at=at) == 2
    assert set(ReadLog.objects.values_list("employee_id", "agency_id")) == {
        (cast.sari.pk, cast.agency.pk),
        (cast.budi.pk, cast.agency.pk),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("change", [lambda rows: rows.update(actor_id=1), lambda rows: rows.delete()])
def test_nobody_changes_who_read_what(cast, at, change):
    reading.seen(by=cast.dewi_user, people=[(cast.sari.pk, None)], what="test", at=at)
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        change(ReadLog.objects.all())


@pytest.mark.django_db
def test_the_question_is_an_index_scan(at):
    with connection.cursor() as cursor:
        cursor.execute(MANY, [20_000])
        cursor.execute("ANALYZE ledger_readlog")
    assert "readlog_actor" in of_account(7, at - dt.timedelta(days=330), at).explain()
    assert "readlog_person" in ReadLog.objects.filter(employee_id=7).explain()


@pytest.mark.slow
@pytest.mark.django_db
def test_a_million_readings_are_answered_within_a_second(at):
    with connection.cursor() as cursor:
        cursor.execute(MANY, [1_000_000])
        cursor.execute("ANALYZE ledger_readlog")
    since = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    until = since + dt.timedelta(days=90)
    began = time.monotonic()
    found = list(of_account(7, since, until).order_by("at").values_list("employee_id", flat=True))
    took = time.monotonic() - began
    assert 518 <= len(found) <= 519  # 90 days of one reading in 30 seconds by 500 accounts
    assert took < 1
