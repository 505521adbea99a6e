"""Stored decisions judged again from their own evidence: the same rules over the facts that were kept."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Field

from eligibility.models import Run
from eligibility.rules import BROKEN, WeekRule, flat, read

from .facts import SQL_TYPES, context_of, execute, fields_of, filled, names_of, own_of
from .judging import verdict_sql


def misjudged(runs=None) -> Iterator[tuple[int, int]]:
    """(run id, decision id) of every stored decision that its own evidence does not give. `runs`: a queryset, default
    every run that was computed. A decision is judged by the policy and the week of the run that opened it."""
    everything = Run.objects.exclude(state=Run.State.MISSED) if runs is None else runs
    for run in everything.select_related("policy").order_by("pk"):
        for (pk,) in execute(misjudged_sql(run), rows=True):
            yield run.pk, pk


def misjudged_sql(run: Run) -> str:
    """SQL: the ids of the decisions that this run opened and that their evidence does not give."""
    rules = read(run.computed_under.rules)
    fields = _fields(rules)
    stored = _kept("d.evidence", fields)
    where = filled(
        "d.agency_id = %s AND d.track = %s AND d.from_run = %s AND NOT %s = ANY(d.reasons)",
        [run.agency_id, run.track, run.number, BROKEN],
    )
    facts = f"SELECT d.id AS employee_id, {stored} FROM eligibility_decision d WHERE {where}"  # noqa: S608  our own parts
    verdict, _columns = verdict_sql(rules, context_of(run.week, run.cutoff_at, rules), fields)
    return f"""WITH facts AS ({facts}), v AS ({verdict})
      SELECT d.id FROM eligibility_decision d JOIN v ON v.employee_id = d.id
      WHERE {where} AND (d.reasons IS DISTINCT FROM v.reasons OR d.eligible <> (cardinality(v.reasons) = 0))
      ORDER BY d.id"""  # noqa: S608  built from our own constants


def codes_by_rule(rules: list[WeekRule], week: dt.date, evidence: Mapping[str, Any]) -> dict[int, list[str]]:
    """What each rule, and each that it is put together from, says by itself to the facts of one decision: its codes, by
    the rule's `id`. Two rules may share a code, so the decision's codes alone do not tell whose they are."""
    parts = [rule for rule in flat(rules) if isinstance(rule, WeekRule)]
    context = context_of(week, dt.datetime.max.replace(tzinfo=dt.UTC), rules)
    kept = f"SELECT 0::bigint AS employee_id, {_kept('e', _fields(rules))} FROM (SELECT %s::jsonb AS e) kept"  # noqa: S608  our own parts
    facts = filled(kept, [json.dumps(evidence, default=str)])
    each = (f"(SELECT reasons FROM ({verdict_sql([part], context, _fields([part]))[0]}) v)" for part in parts)  # noqa: S608  our own parts
    (row,) = execute(f"WITH facts AS ({facts}) SELECT {', '.join(each)}", rows=True)
    return {id(rule): list(codes) for rule, codes in zip(parts, row, strict=True)}


def _fields(rules) -> dict[str, Field]:
    return fields_of(names_of(rules), own_of(rules))


def _kept(evidence: str, fields: Mapping[str, Field]) -> str:
    """SQL: the facts out of kept evidence, each of its type."""
    return ", ".join(f"({evidence} ->> '{name}')::{SQL_TYPES[field]} AS {name}" for name, field in fields.items())
