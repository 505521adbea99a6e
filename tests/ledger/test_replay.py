"""Replaying the history gives the rows; a change behind its back is found, each kind of it."""

import pytest
from django.db import connection

from ledger import replay

pytestmark = pytest.mark.django_db


def behind_its_back(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE employees_rolegrant DISABLE TRIGGER USER")
        cursor.execute(sql, params)
        cursor.execute("ALTER TABLE employees_rolegrant ENABLE TRIGGER USER")


def test_a_sound_house_is_what_its_history_gives(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert replay.diverged() == []


def test_every_table_with_a_history_is_replayed(cast):
    """Asked of the database: wherever versions are written, they are compared."""
    asked = "\n".join(replay.replays())
    kept = set(versions_of())
    assert len(kept) >= 25
    assert [table for table in sorted(kept) if f"FROM {table} now_" not in asked] == []


def versions_of():
    """Tables whose changes a trigger writes into a history."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
               WHERE NOT t.tgisinternal AND f.prosrc LIKE '%_pgh_attach_context%'"""
        )
        return [table for (table,) in cursor.fetchall()]


@pytest.mark.parametrize("table", ["performance_appraisal", "schedules_request", "mfa_authenticator"])
def test_a_table_left_out_is_found(cast, monkeypatch, table):
    """The twin: the replay forgets one table."""
    every = replay.replays()
    monkeypatch.setattr(replay, "replays", lambda: [sql for sql in every if f"FROM {table} now_" not in sql])
    with pytest.raises(AssertionError, match=table):
        test_every_table_with_a_history_is_replayed(cast)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE employees_rolegrant SET role = 'HR_HEAD' WHERE id = %s",
        "DELETE FROM employees_rolegrant WHERE id = %s",
        "DELETE FROM employees_rolegrantevent WHERE pgh_obj_id = %s",
    ],
    ids=["changed", "deleted", "without its history"],
)
def test_each_harm_is_found(cast, harm):
    grant = cast.dewi_user.grants.get()
    behind_its_back("ALTER TABLE employees_rolegrantevent DISABLE TRIGGER USER")
    behind_its_back(harm, grant.pk)
    assert replay.diverged() == [f"employees_rolegrant {grant.pk}"]
