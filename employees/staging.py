"""Many rows into the database at once: COPY into a temporary table, from which one INSERT or UPDATE follows.

Never COPY into a table that keeps its history: that would bypass the history's context (rulings.md 12).
"""

import contextlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
MANY = 1_000  # rows, from which statistics are taken anew
LONG_STATEMENT = "10min"  # instead of the 30 s that pages get


@contextlib.contextmanager
def staged(name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> Iterator[None]:
    """Inside the block the temporary table `name` (column → SQL type) holds the rows. Needs a transaction.

    `name`, columns and types are our own words, never a user's.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{LONG_STATEMENT}'")
        body = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({body}) ON COMMIT DROP")
        copy(cursor, name, columns, rows)
        cursor.execute(f"ANALYZE {name}")  # without it the planner takes it for an empty table
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")


def copy(cursor, table: str, columns: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """COPY rows into a table without history; None is NULL, dicts and lists are JSON."""
    text = io.StringIO("".join("\t".join(map(_field, row)) + "\n" for row in rows))
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", text)


def execute(sql: str, params: Mapping[str, Any] | None = None) -> int:
    """Run one statement over staged rows; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def analyze(*tables: str, rows: int) -> None:
    """Let the planner know what was just filled, if that was much: autovacuum would come too late for the next step."""
    if rows >= MANY:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ANALYZE {table}")


def next_ids(table: str, count: int) -> list[int]:
    """So many fresh ids from the table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [pk for (pk,) in cursor.fetchall()]


def only_import(agency_id: int) -> bool:
    """Whether this transaction may import for the agency: no other import of it is under way (0: of agencies)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(1146703951, %s)", [agency_id])
        return cursor.fetchone()[0]


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return str(value).translate(ESCAPES)
