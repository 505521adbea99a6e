"""One person's whole record in time order: every version of every row about them, their decisions, and what happened.

One query whatever there is of it. What the reader's agencies do not own is not in it.
"""

import dataclasses
import datetime as dt
import json
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from employees.about import Kept, kept, known, subjects_sql
from employees.models import Employee, Role, User

EVENT, DECISION = "event", "eligibility.decision"
NOISE = {"id", "agency_id", "version", "public_id"}

# Of a version: the one before it, who and by what from its context, why from an event of the same request.
_VERSIONS = """
SELECT '{label}' AS kind, h.pgh_id::bigint AS id, h.pgh_obj_id::bigint AS subject, h.pgh_created_at AS at,
       h.pgh_label AS what, {agency} AS agency_id, (c.metadata ->> 'user')::bigint AS actor,
       coalesce(c.metadata ->> 'command', c.metadata ->> 'job', '') AS by_what, c.metadata ->> 'operator' AS operator,
       (SELECT string_agg(DISTINCT e.reason, ' · ') FROM happened e
        WHERE e.request_id = c.metadata ->> 'request' AND e.request_id <> '' AND e.reason <> '') AS why,
       lag(to_jsonb(h)) OVER (PARTITION BY h.pgh_obj_id ORDER BY h.pgh_id) AS before, to_jsonb(h) AS after
FROM {table} h LEFT JOIN pghistory_context c ON c.id = h.pgh_context_id WHERE {theirs}
"""
_DECISIONS = """
SELECT 'eligibility.decision', d.id, d.id, r.published_at, 'published', d.agency_id, r.published_by_id, '', NULL, NULL,
       lag(d.shown) OVER (PARTITION BY d.agency_id, d.track ORDER BY d.from_run), d.shown
FROM (SELECT id, agency_id, track, from_run,
        jsonb_build_object('track', track, 'eligible', eligible, 'reasons', reasons, 'from_run', from_run) AS shown
      FROM eligibility_decision WHERE employee_id = %(person)s
        AND agency_id IN (SELECT agency_id FROM employees_placement WHERE employee_id = %(person)s)) d
JOIN eligibility_run r ON r.agency_id = d.agency_id AND r.track = d.track AND r.number = d.from_run
  AND r.state = 'PUBLISHED'
"""
_EVENTS = """
SELECT 'event', id, subject_id, at, verb, agency_id, actor_id, '', NULL, reason, before, after FROM happened
"""
_RECORD = """
WITH subject (type, id) AS ({subjects}),
happened AS (
  SELECT e.* FROM subject s JOIN ledger_event e ON e.subject_type = s.type AND e.subject_id = s.id
),
line AS ({lines})
SELECT *, count(*) OVER () FROM line
WHERE (%(everywhere)s OR agency_id = ANY(%(agencies)s))
  AND (%(kind)s = '' OR kind = %(kind)s) AND at >= %(since)s AND at < %(until)s
ORDER BY at DESC, kind, id DESC LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclasses.dataclass(frozen=True)
class Change:
    """One column of a row: its name as people know it, and what stood in it before and after."""

    name: str
    before: Any
    after: Any


@dataclasses.dataclass(frozen=True)
class Line:
    """One thing in the record. `by`: who, or the command, job or operator that did it."""

    at: dt.datetime
    kind: str
    subject: int
    what: str
    by: str
    why: str
    changes: tuple[Change, ...]


@dataclasses.dataclass(frozen=True)
class Record:
    lines: tuple[Line, ...]
    count: int  # of all pages


def kinds() -> list[tuple[str, str]]:
    """What the record may be narrowed to: (kind, name)."""
    rows = [(one.label, capfirst(str(one.model._meta.verbose_name))) for one in kept()]
    return [(EVENT, _("Event")), (DECISION, _("Decision")), *rows]


def _agency(one: Kept) -> str:
    """0 where the rows belong to the person and to no agency: whoever may read the record reads them."""
    return "h.agency_id" if one.has_agency else "0::bigint"


def sql() -> str:
    """The whole query; asked by the test that looks at its plan, too."""
    versions = [
        _VERSIONS.format(label=one.label, table=one.table, theirs=one.theirs, agency=_agency(one)) for one in kept()
    ]
    lines = " UNION ALL ".join(f"({part})" for part in [*versions, _DECISIONS, _EVENTS])
    return _RECORD.format(subjects=subjects_sql(), lines=lines)


def names(employee: Employee, user, *, kind: str, since, until, limit: int, start: int = 0) -> dict[str, Any]:
    """What the query asks for: whose record, who reads it, and the part that is wanted."""
    grants = user.reach.having({Role.AUDITOR})
    return known(employee) | {
        "everywhere": user.reach.everywhere({Role.AUDITOR}),
        "agencies": [0, *sorted({grant.agency_id for grant in grants if grant.agency_id})],
        "kind": kind,
        "since": since,
        "until": until,
        "limit": limit,
        "offset": start,
    }


def record_of(employee: Employee, user, **wanted) -> Record:
    """A part of the record, the newest first, as this auditor may read it; arguments as for `names`. Three queries."""
    with connection.cursor() as cursor:
        cursor.execute(sql(), names(employee, user, **wanted))
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    accounts = User.objects.select_related("employee").in_bulk({row["actor"] for row in rows if row["actor"]})
    lines = tuple(
        Line(
            row["at"],
            row["kind"],
            row["subject"],
            row["what"],
            _by(row, accounts),
            row["why"] or "",
            _changes(row["kind"], row["what"], _json(row["before"]), _json(row["after"])),
        )
        for row in rows
    )
    return Record(lines, rows[0]["count"] if rows else 0)


def _by(row: dict, accounts: dict[int, User]) -> str:
    who = str(accounts[row["actor"]]) if row["actor"] in accounts else ""
    tool = f"{row['by_what']} ({row['operator']})" if row["operator"] else row["by_what"]
    return " · ".join(part for part in (who, tool) if part) or _("the system")


def _changes(kind: str, what: str, before: dict, after: dict) -> tuple[Change, ...]:
    """What differs; all of it for a first version, a deletion, or an event."""
    if what == "delete":
        before, after = after, {}
    elif kind not in (EVENT, DECISION) and what == "insert":
        before = {}
    labels = _labels(kind)
    columns = [one for one in {**before, **after} if not one.startswith("pgh_") and one not in NOISE]
    changes = (Change(labels.get(one, one), _said(before.get(one)), _said(after.get(one))) for one in columns)
    return tuple(change for change in changes if change.before != change.after)


def _labels(kind: str) -> dict[str, str]:
    if kind == EVENT:
        return {}
    if kind == DECISION:
        return {"track": _("Track"), "eligible": _("Eligible"), "reasons": _("Reasons"), "from_run": _("From run")}
    return {field.column: capfirst(str(_called(field))) for field in apps.get_model(kind)._meta.concrete_fields}


def _called(field):
    """What a column is called; a reference that has no name of its own is called by what it refers to."""
    of = field.related_model if isinstance(field.verbose_name, str) and field.is_relation else None
    return of._meta.verbose_name if of else field.verbose_name


def _said(value) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _json(value) -> dict:
    return json.loads(value) if isinstance(value, str) else value or {}
