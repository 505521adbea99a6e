"""Whether the history of rows gives the rows: the last version of each is what stands in its table (invariant 21).

The SQL is made from the models, so a table that gets a history is replayed from then on without being named here.
"""

import pghistory
from django.apps import apps
from django.db import connection

DIVERGED = """
SELECT '{table} ' || coalesce(now_.{key}, last_.pgh_obj_id)
FROM {table} now_
FULL JOIN (SELECT DISTINCT ON (pgh_obj_id) * FROM {history} ORDER BY pgh_obj_id, pgh_id DESC) last_
  ON last_.pgh_obj_id = now_.{key}
WHERE CASE WHEN now_.{key} IS NULL THEN last_.pgh_label <> 'delete'
           WHEN last_.pgh_obj_id IS NULL THEN {from_the_start}
           ELSE last_.pgh_label = 'delete' OR ({now}) IS DISTINCT FROM ({last}) END
"""


def diverged() -> list[str]:
    """Rows (`table id`) that their history does not give: changed, made or deleted behind its back."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"({sql})" for sql in replays()))
        return sorted(row for (row,) in cursor.fetchall())


def replays() -> list[str]:
    """One query for each table with a history; it returns what the history does not give."""
    return [_replay(model) for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]


def _replay(history) -> str:
    quoted = connection.ops.quote_name
    tracked = history.pgh_tracked_model
    columns = [quoted(f.column) for f in history._meta.concrete_fields if not f.name.startswith("pgh_")]
    # Of a table whose insertions are not kept (planned days), an unchanged row has no version.
    from_the_start = any(isinstance(tracker, pghistory.InsertEvent) for tracker in history.pgh_trackers)
    return DIVERGED.format(
        table=quoted(tracked._meta.db_table).strip('"'),
        history=quoted(history._meta.db_table),
        key=quoted(tracked._meta.pk.column),
        from_the_start=str(from_the_start).lower(),
        now=", ".join(f"now_.{column}" for column in columns),
        last=", ".join(f"last_.{column}" for column in columns),
    )
