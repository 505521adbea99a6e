"""Writing history stays linear in the rows of a bulk update (see schedules/migrations/0003)."""

import pytest
from django.db import connection

SLOW = """
SELECT proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%JOIN new_values%'
  AND NOT coalesce(proconfig @> '{enable_nestloop=off}', false)
"""


@pytest.mark.django_db
def test_no_history_of_updates_is_joined_by_a_nested_loop():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proconfig @> '{enable_nestloop=off}'")
        assert cursor.fetchone()[0] >= 10
        cursor.execute(SLOW)
        slow = [name for (name,) in cursor.fetchall()]
    assert not slow, "a migration made these functions anew: repeat the step of schedules/migrations/0003 after it"
