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
    assert len(replay.replays()) >= 15


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
