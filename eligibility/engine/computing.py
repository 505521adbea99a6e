"""A run's work on a range of people: judge them, and write only what changed."""

import dataclasses
import re
import zlib
from typing import Any

from django.db import DataError, connection, transaction
from django.db.models import Exists, OuterRef

from eligibility.models import Decision, Run, RunProblem, Standing, Suspension
from eligibility.models.decisions import TOLD
from eligibility.queries.runs import HASHES, SAID
from eligibility.rules import BROKEN, flat, read
from eligibility.rules.top_share import TopShare
from employees.models import Employee, Placement

from .facts import DERIVED, FIELDS, KEY, RESTLESS, WHOLE, YES, Scope, execute
from .judging import Verdicts, standings, verdicts

LENGTH = re.compile(r"\([\d,]+\)")  # of a type; a cast to it would cut each value to its length
LOCK_SPACE = 7202  # first key of our advisory locks on the ranks of a run


def compute(run: Run, lo: int, hi: int) -> dict[str, int]:
    """Write what changed for the ids in (lo, hi]; call inside a transaction. Returns the chunk's counts.

    A person whose data break a rule is found by halving the range: they get a decision of their own and a line on the
    run's list of problems, and everybody else is decided as if they were not there.
    """
    scope = Scope(run.agency_id, run.week, run.cutoff_at, lo, hi, _ranks(run))
    return _written(run, scope) | {"left_out": _left_out(run, scope)}


def _written(run: Run, scope: Scope) -> dict[str, int]:
    try:
        with transaction.atomic():
            return _write(run, scope, verdicts(run.computed_under, scope))
    except DataError as error:
        inside = Employee.objects.filter(agency_id=run.agency_id, pk__gt=scope.lo, pk__lte=scope.hi)
        ids = list(inside.order_by("pk").values_list("pk", flat=True))
        if len(ids) > 1:
            middle = ids[len(ids) // 2 - 1]
            one, other = dataclasses.replace(scope, hi=middle), dataclasses.replace(scope, lo=middle)
            return _added(_written(run, one), _written(run, other))
        RunProblem.objects.update_or_create(run=run, employee_id=ids[0], defaults={"what": str(error)[:300]})
        return _added(_write(run, scope, _broken(scope)), {"problems": 1})


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def _broken(scope: Scope) -> Verdicts:
    """The verdict about one person whose data cannot be judged: not eligible, because of that."""
    facts = f"""SELECT e.id AS employee_id, e.kind, e.legal_status, p.id AS placement_id, p.unit_id
      FROM employees_employee e JOIN employees_placement p ON p.employee_id = e.id AND p.valid @> '{scope.as_of}'::date
      WHERE e.agency_id = {int(scope.agency_id)} AND e.id > {int(scope.lo)} AND e.id <= {int(scope.hi)}"""  # noqa: S608  our own parts
    columns = ("employee_id", "reasons", "kind", "legal_status", "placement_id", "unit_id")
    verdict = f"""SELECT employee_id, ARRAY['{BROKEN}']::varchar[] AS reasons, kind, legal_status, placement_id, unit_id
      FROM facts"""  # noqa: S608  built from our own constants
    return Verdicts(facts, verdict, columns)


def _write(run: Run, scope: Scope, found: Verdicts) -> dict[str, int]:
    """Compare with what holds, close what no longer does, open what is new."""
    names: dict[str, Any] = {"agency": run.agency_id, "track": run.track, "number": run.number}
    names |= {"lo": scope.lo, "hi": scope.hi}
    with connection.cursor() as cursor:
        # Workers share the chunks, not one statement; a chunk's joins fit into memory, and so do most pages: at the
        # default costs the open decisions are not read out of their index once a few of them have changed.
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL random_page_cost = 1.1")
        # Differences first, then write: NOT EXISTS over the table being written did not end in ten minutes (measured).
        execute("CREATE TEMP TABLE changed ON COMMIT DROP AS " + _changed_sql(found, names))
        cursor.execute("ANALYZE changed (old_id)")
        cursor.execute(_COUNTS)
        counts = dict(zip(COUNTED, cursor.fetchone(), strict=True))
        cursor.execute(_CLOSE, names)
        closed = cursor.fetchone()
        cursor.execute(_open_sql(found), names)
        opened = cursor.fetchone()
        cursor.execute("DROP TABLE changed")
    return counts | {"first": int(opened[0] - closed[0]), "second": int(opened[1] - closed[1])}


def _further(found: Verdicts) -> list[str]:
    """Facts whose change is a change of the decision, beside those with a column of their own."""
    return [name for name in found.columns[2:] if name not in (*KEY, *DERIVED, *RESTLESS)]


def _changed_sql(found: Verdicts, names: dict) -> str:
    further = _further(found)
    # The names are in it too: under another policy an equal value may be one of another fact.
    seed = zlib.crc32(" ".join(further).encode())
    hashed = f"hash_record_extended(ROW({', '.join(f'v.{n}' for n in further)}), {seed})" if further else "0"
    columns = ", ".join(f"v.{name}" for name in found.columns[1:])
    return f"""
      WITH {found.relations}, v AS ({found.verdict})
      SELECT coalesce(v.employee_id, d.employee_id) AS employee_id, {columns}, d.id AS old_id, d.eligible AS was,
        v.employee_id IS NOT NULL AS stays, {hashed} AS facts_key
      FROM v FULL JOIN (
        SELECT id, employee_id, eligible, told_key FROM eligibility_decision
        WHERE agency_id = {int(names["agency"])} AND track = '{names["track"]}'
        AND until_run IS NULL AND employee_id > {int(names["lo"])} AND employee_id <= {int(names["hi"])}
      ) d ON d.employee_id = v.employee_id
      WHERE d.id IS NULL OR v.employee_id IS NULL OR d.told_key <> {_told_key(found, hashed)}"""  # noqa: S608  our own parts


def _told_key(found: Verdicts, hashed: str) -> str:
    """SQL: the key that the verdict's decision would have (`Decision.told_key`), of the same types as the columns."""
    values = {"facts_key": f"{hashed}::bigint"}
    for name in TOLD:
        type_of = LENGTH.sub("", Decision._meta.get_field(name).db_type(connection) or "")
        values.setdefault(name, f"v.{name}::{type_of}" if name in found.columns else f"NULL::{type_of}")
    return f"hash_record_extended(ROW({', '.join(values[name] for name in TOLD)}), 0)"


def _open_sql(found: Verdicts) -> str:
    key = [name for name in KEY if name in found.columns]
    return f"""
      WITH opened AS (INSERT INTO eligibility_decision AS d
        (agency_id, track, employee_id, from_run, eligible, reasons, facts_key, {", ".join(key)}, evidence)
      SELECT %(agency)s, %(track)s, employee_id, %(number)s, cardinality(reasons) = 0, reasons, facts_key,
        {", ".join(key)}, {_evidence(found)}
      FROM changed WHERE stays RETURNING {SAID}) SELECT {HASHES} FROM opened"""  # noqa: S608  built from our own constants


def _evidence(found: Verdicts) -> str:
    """SQL: the facts that are known, as JSON. Written as text: `jsonb_build_object` looks up each value's type anew,
    which took half of the whole insert (measured)."""

    def pair(name: str) -> str:
        plain = FIELDS.get(name) in (WHOLE, YES)  # their text is their JSON
        return f"""'"{name}":' || {name if plain else f"to_json({name})"}"""  # null where the fact is not known

    return f"('{{' || concat_ws(',', {', '.join(map(pair, found.columns[2:]))}) || '}}')::jsonb"


_CLOSE = f"""
WITH closed AS (UPDATE eligibility_decision d SET until_run = %(number)s FROM changed WHERE d.id = changed.old_id
RETURNING {SAID}) SELECT {HASHES} FROM closed"""  # noqa: S608  built from our own constants
COUNTED = ("changed", "gained", "lost", "entered", "left", "more_eligible")
_COUNTS = """
SELECT count(*), count(*) FILTER (WHERE was IS FALSE AND stays AND cardinality(reasons) = 0),
  count(*) FILTER (WHERE was AND (NOT stays OR cardinality(reasons) > 0)),
  count(*) FILTER (WHERE was IS NULL AND stays), count(*) FILTER (WHERE NOT stays),
  count(*) FILTER (WHERE stays AND cardinality(reasons) = 0) - count(*) FILTER (WHERE was)
FROM changed
"""


def _left_out(run: Run, scope: Scope) -> int:
    """How many of the people placed in the range asked not to be judged by a machine."""
    rows = Suspension.objects.filter(agency=run.agency_id, valid__contains=run.week)
    placed = Placement.objects.filter(employee=OuterRef("employee"), agency=run.agency_id, valid__contains=run.week)
    return rows.filter(Exists(placed), employee__gt=scope.lo, employee__lte=scope.hi).count()


def _ranks(run: Run) -> str:
    """SQL: who stands where, computed once a run by whichever worker comes first; "" where no rule ranks people."""
    policy = run.computed_under
    if not any(isinstance(rule, TopShare) for rule in flat(read(policy.rules))):
        return ""
    standing = Standing.objects.filter(run_id=run.pk)
    if not standing.exists():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, run.pk])
            if not standing.exists():  # nobody was faster
                ranked = standings(policy, Scope(run.agency_id, run.week, run.cutoff_at))
                execute(
                    f"""INSERT INTO eligibility_standing (run_id, employee_id, position, size)
                        SELECT {int(run.pk)}, employee_id, position, size FROM ({ranked}) ranked"""  # noqa: S608  our own parts
                )
                cursor.execute("ANALYZE eligibility_standing")
    return f"(SELECT employee_id, position, size FROM eligibility_standing WHERE run_id = {int(run.pk)})"  # noqa: S608  our own parts


def tidy(run: Run) -> None:
    """Forget who stood where: what counted is in the evidence."""
    Standing.objects.filter(run_id=run.pk).delete()


def withdraw(run: Run) -> None:
    """Undo an unpublished run by its number: what it opened goes, what it closed is open again."""
    names: dict[str, Any] = {"agency": run.agency_id, "track": run.track, "number": run.number}
    scope = "agency_id = %(agency)s AND track = %(track)s"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM eligibility_decision WHERE {scope} AND from_run = %(number)s", names)  # noqa: S608  our own parts
        cursor.execute(
            f"UPDATE eligibility_decision SET until_run = NULL WHERE {scope} AND until_run = %(number)s",  # noqa: S608  our own parts
            names,
        )
