"""Verdicts: a policy's rules over the facts of everybody in scope."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.apps.registry import Apps
from django.contrib.postgres.fields import ArrayField
from django.db import DataError, models, transaction
from django.db.models import CharField, Func, QuerySet, Value
from django.db.models.expressions import RawSQL

from eligibility.models import Policy
from eligibility.rules import BROKEN, Context, Rule, WeekRule, flat, read
from eligibility.rules.appraised import HIGHEST
from eligibility.rules.top_share import TopShare
from employees.models import Agency, Employee

from .facts import FIELDS, KEY, Scope, context_of, execute, facts_sql, fields_of, filled, names_of, own_of, tight

FACTS = (*KEY, *(name for name in FIELDS if name not in KEY))
CODES = ArrayField(CharField(max_length=32))


class Facts(models.Model):
    """The facts of a statement's `WITH facts AS (…)`: rules compile against it, wherever the facts come from."""

    employee_id = models.BigIntegerField(primary_key=True)

    class Meta:
        apps = Apps()  # a name in SQL only, no table of ours
        app_label = "eligibility"
        managed = False
        db_table = "facts"

    def __str__(self) -> str:
        return str(self.employee_id)


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """Rows of everybody in scope: `employee_id`, `reasons` (empty: eligible), and the facts behind them."""

    facts: str  # SQL
    verdict: str  # SQL over `facts`
    columns: tuple[str, ...]  # what the verdict selects
    chosen: tuple[str, ...] = ()
    is_flat: bool = False

    def values_list(self, *names: str, flat: bool = False) -> "Verdicts":
        """Only these columns; `pk` is the employee."""
        chosen = tuple("employee_id" if name == "pk" else name for name in names)
        return dataclasses.replace(self, chosen=chosen, is_flat=flat)

    @property
    def sql(self) -> str:
        """One statement without parameters, to be executed or put inside another."""
        named = ", ".join(f'verdict."{name}"' for name in self.chosen or self.columns)
        return f"WITH {self.relations}, verdict AS ({self.verdict}) SELECT {named} FROM verdict"  # noqa: S608  our own parts

    @property
    def relations(self) -> str:
        """The facts as a relation for the verdict. OFFSET 0: each is looked up once and not again by every rule that
        names it, which the planner would do (the one who has no appraisal was asked about twice). In order, so that
        the open decisions, which lie in that order too, are merged with them and not hashed (a tenth of the floor)."""
        return f"facts AS ({self.facts} ORDER BY employee_id OFFSET 0)"

    def __iter__(self) -> Iterator[Any]:
        rows = execute(self.sql, rows=True)
        return iter([row[0] for row in rows] if self.is_flat else rows)


def week_rules(policy: Policy) -> list[WeekRule]:
    return [rule for rule in read(policy.rules) if isinstance(rule, WeekRule)]


def facts_of(policy: Policy) -> list[str]:
    """The names of the facts that decisions under this policy rest on, the agency's own last."""
    rules = read(policy.rules)
    return names_of(rules) + [fact.name for fact in own_of(rules)]


def verdicts(policy: Policy, scope: Scope) -> Verdicts:
    """Everybody in scope judged. Where a rule ranks people, `prepare` the scope first."""
    rules, scope = read(policy.rules), tight(scope)
    context = context_of(scope.as_of, scope.cutoff, rules)
    names, own = names_of(rules), own_of(rules)
    level = Agency.objects.values_list("scope", flat=True).get(pk=scope.agency_id) if "level" in names else ""
    facts = facts_sql(names, own, scope, context, level)
    return Verdicts(facts, *verdict_sql(rules, context, fields_of(names, own)))


def verdict_sql(rules: list[Rule], context: Context, fields: dict[str, models.Field]) -> tuple[str, tuple[str, ...]]:
    """SQL over a relation `facts` with these fields: each row with the codes of the week rules it fails."""
    named: dict[str, Any] = {
        name: RawSQL(f'"facts"."{name}"', [], field)  # noqa: S611  our own names  # nosec B611 - our own names
        for name, field in fields.items()
    }
    found: QuerySet = Facts._default_manager.annotate(**named)
    found = found.annotate(reasons=reasons([rule for rule in rules if isinstance(rule, WeekRule)], context))
    columns = ("employee_id", "reasons", *fields)
    query = found.order_by().values_list(*columns).query
    return _named(filled(*query.sql_with_params()), columns), columns


def _named(sql: str, columns: tuple[str, ...]) -> str:
    """The same rows with the columns called by name."""
    return f"SELECT * FROM ({sql}) AS v({', '.join(columns)})"  # noqa: S608  our own parts


def reasons(rules: list[WeekRule], context: Context):
    """All rules together as one array of failing codes, in the rules' canonical order, each once."""
    cases: list[Any] = []
    for rule in rules:
        cases += rule.unless_excused(context)
        if rule.reports_absence:
            context = dataclasses.replace(context, absence_reported=True)
    if not cases:
        return Value([], output_field=CODES)
    array = Func(*cases, template="ARRAY[%(expressions)s]::varchar[]", output_field=CODES)
    without = Func(array, Value(None), function="array_remove", output_field=CODES)
    if any(rule.repeatable or rule.excused_by for rule in rules):  # these can give a code that another gives too
        once = (
            "ARRAY(SELECT code FROM unnest(%(expressions)s) WITH ORDINALITY AS c(code, n) "
            "GROUP BY code ORDER BY min(n))"
        )
        return Func(without, template=once, output_field=CODES)
    return without


def prepare(policy: Policy, scope: Scope, *, unit_id: int | None = None) -> Scope:
    """What has to be known of everybody before one can be judged: who stands where in the unit or agency.

    Call it once in the transaction in which a whole scope is judged, and go on with the scope it gives back. Without a
    rule that ranks people nothing happens. `unit_id`: one person of that unit is judged, so ranks in it are enough.
    """
    ranking = next((rule for rule in flat(read(policy.rules)) if isinstance(rule, TopShare)), None)
    if ranking is None:
        return scope
    sql = standings(policy, scope, unit_id=unit_id if ranking.among == "UNIT" else None)
    execute("DROP TABLE IF EXISTS standing")
    execute(f"CREATE TEMP TABLE standing ON COMMIT DROP AS {sql}")
    execute("ANALYZE standing")
    return dataclasses.replace(scope, standings="standing")


def standings(policy: Policy, scope: Scope, *, unit_id: int | None = None) -> str:
    """SQL: employee_id, position and size of their group, of everybody with an appraisal that counts. The size counts
    everybody placed there; equal rating and score are put in order by a lot drawn anew each quarter."""
    ranking = next(rule for rule in flat(read(policy.rules)) if isinstance(rule, TopShare))
    rules = read(policy.rules)
    everybody = tight(dataclasses.replace(scope, lo=0, hi=2**62))
    context = context_of(scope.as_of, scope.cutoff, rules)
    inner = facts_sql(["unit_id", "rating", "score"], [], everybody, context)
    counted = f"CASE WHEN score IS NULL OR score BETWEEN 0 AND {HIGHEST} THEN rating END"  # impossible: takes no place
    group = "unit_id" if ranking.among == "UNIT" else "0"
    lot = filled("%s", [f"{scope.as_of.year}-{(scope.as_of.month + 2) // 3}-"])
    only = f"WHERE unit_id = {int(unit_id)}" if unit_id else ""
    return f"""SELECT employee_id, position, size FROM (
      SELECT f.employee_id, f.rating, count(*) OVER (PARTITION BY {group}) AS size,
        row_number() OVER (PARTITION BY {group} ORDER BY f.rating DESC NULLS LAST, f.score DESC NULLS LAST,
          md5({lot} || e.public_id), f.employee_id) AS position
      FROM (SELECT employee_id, unit_id, score, {counted} AS rating FROM ({inner}) all_of_them {only}) f
      JOIN employees_employee e ON e.id = f.employee_id
    ) ranked WHERE rating IS NOT NULL"""  # noqa: S608  built from our own constants


def one(policy: Policy, employee: Employee, *, as_of: dt.date, at: dt.datetime) -> dict | None:
    """What the verdict for one person would be at `at`: the same SELECT with a range of one; None if out of scope."""
    scope = Scope(employee.agency_id, as_of, at, employee.pk - 1, employee.pk)
    with transaction.atomic():
        placed = employee.placements.filter(valid__contains=as_of).values_list("unit_id", flat=True).first()
        found = verdicts(policy, prepare(policy, scope, unit_id=placed))
        try:
            with transaction.atomic():
                row = next(iter(found), None)
        except DataError:
            row = (employee.pk, [BROKEN], *(None for _name in found.columns[2:]))
    return dict(zip(found.columns, row, strict=True)) if row else None
