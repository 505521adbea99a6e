"""Facts → verdicts → changes, as SQL. The same SELECT serves five million people or one, so the weekly run, "why?" and
"what would it be now?" cannot drift apart (architecture.md, "The engine")."""

import dataclasses
import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Case, CharField, F, FilteredRelation, Func, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from employees.models import Employee
from performance.models import Appraisal

from .models import Policy
from .rules import Context, WeekRule, read
from .rules.minimum_rating import MinimumRating

# Facts that a decision stores in columns of its own: a difference in one of them is a change (rulings.md 5).
KEY = ("placement_id", "appraisal_id", "rating", "score", "kind", "legal_status", "direct_service")
FACTS = (*KEY, "unit_id", "number_type", "regime", "appraisal_year", "appraisal_number", "approved_by", "approved_at")


@dataclasses.dataclass(frozen=True)
class Scope:
    """Whom and when: the people of an agency with ids in (lo, hi], at a week, by scores approved until the cut-off."""

    agency_id: int
    as_of: dt.date
    cutoff: dt.datetime
    lo: int = 0
    hi: int = 2**62


def context_of(scope: Scope, rules: list[WeekRule]) -> Context:
    """Which appraisal year counts: last year's; early in the year also the one before, where the policy says so."""
    year = scope.as_of.year - 1
    until = next((r.previous_year_counts_until for r in rules if isinstance(r, MinimumRating)), None)
    early = until is not None and f"{scope.as_of:%m-%d}" <= until
    return Context(as_of=scope.as_of, year=year, fallback_year=year - 1 if early else None, cutoff=scope.cutoff)


def week_rules(policy: Policy) -> list[WeekRule]:
    return [rule for rule in read(policy.rules) if isinstance(rule, WeekRule)]


def facts(scope: Scope, context: Context) -> QuerySet[Employee]:
    """The people in scope with everything a week rule may look at. The only place that joins the floors below."""
    inside = {"id__gt": scope.lo, "id__lte": scope.hi}
    people = Employee.objects.filter(agency_id=scope.agency_id, **inside).annotate(
        placement=FilteredRelation(
            "placements",
            condition=Q(placements__valid__contains=scope.as_of) & _range("placements", scope),
        ),
        this_year=_in_force("this_year", context.year, scope),
    )
    people = people.filter(placement__isnull=False)
    if context.fallback_year:
        people = people.annotate(year_before=_in_force("year_before", context.fallback_year, scope))
    chosen = _chooser(bool(context.fallback_year))
    return people.annotate(
        placement_pk=F("placement__id"),
        unit_id=F("placement__unit_id"),
        direct_service=Coalesce("placement__direct_service", "placement__unit__serves_public"),
        number_type=Case(
            When(nip__regex=r"^.{12}2[1-9]", then=Value("PPPK")), default=Value("PNS"), output_field=CharField()
        ),
        appraisal=chosen("id"),
        rating=chosen("rating"),
        score=chosen("score"),
        regime=chosen("regime"),
        appraisal_year=chosen("year"),
        appraisal_number=chosen("number"),
        approved_by=chosen("decided_by_id"),
        approved_at=chosen("decided_at"),
    )


def _range(relation: str, scope: Scope) -> Q:
    """The chunk's range repeated inside every join, else chunking is quadratic (measured)."""
    return Q(**{f"{relation}__employee_id__gt": scope.lo, f"{relation}__employee_id__lte": scope.hi})


def _in_force(_name: str, year: int, scope: Scope) -> FilteredRelation:
    approved = Q(
        appraisals__kind=Appraisal.Kind.ANNUAL,
        appraisals__year=year,
        appraisals__state=Appraisal.State.APPROVED,
        appraisals__decided_at__lte=scope.cutoff,
    )
    not_replaced = Q(appraisals__superseded_at__isnull=True) | Q(appraisals__superseded_at__gt=scope.cutoff)
    return FilteredRelation("appraisals", condition=approved & not_replaced & _range("appraisals", scope))


def _chooser(with_fallback: bool):
    def chosen(field: str):
        if not with_fallback:
            return F(f"this_year__{field}")
        return Case(When(this_year__isnull=False, then=F(f"this_year__{field}")), default=F(f"year_before__{field}"))

    return chosen


def reasons(rules: list[WeekRule], context: Context):
    """All rules together as one array of failing codes, in the rules' canonical order."""
    cases, reported = [], False
    for rule in rules:
        cases.append(rule.code_expression(dataclasses.replace(context, absence_reported=reported)))
        reported = reported or "R-PENILAIAN-TIDAK-ADA" in rule.codes
    codes = Func(*cases, template="ARRAY[%(expressions)s]::varchar[]", output_field=ArrayField(CharField()))
    return Func(codes, Value(None), function="array_remove", output_field=ArrayField(CharField(max_length=32)))


def prepare(policy: Policy, scope: Scope) -> Scope:
    """What has to be known of everybody before one can be judged (who stands where in the unit), for the transaction.
    Call it once before `verdicts` where the whole of a scope is judged; the scope to go on with."""
    return scope


def verdicts(policy: Policy, scope: Scope) -> QuerySet:
    """Rows (employee, reasons, then `FACTS`) for everybody in scope. Empty reasons mean eligible."""
    rules = week_rules(policy)
    context = context_of(scope, rules)
    found = facts(scope, context).annotate(reasons=reasons(rules, context)).order_by()
    columns = {"placement_id": "placement_pk", "appraisal_id": "appraisal"}
    return found.values_list("pk", "reasons", *(columns.get(name, name) for name in FACTS))


def compute(run, lo: int, hi: int) -> dict[str, int]:
    """Write what changed for the ids in (lo, hi]; call inside a transaction. Returns the chunk's counts."""
    scope = Scope(run.agency_id, run.week, run.cutoff_at, lo, hi)
    sql, params = verdicts(run.computed_under, scope).query.sql_with_params()
    names = {"agency": run.agency_id, "track": run.track, "number": run.number, "lo": lo, "hi": hi}
    with connection.cursor() as cursor:
        cursor.execute(_VERDICT_TABLE)
        cursor.execute(f"INSERT INTO verdict (employee_id, reasons, {', '.join(FACTS)}) {sql}", params)
        cursor.execute("ANALYZE verdict (employee_id)")  # the join needs no more; all columns cost a fifth of the chunk
        cursor.execute(_CHANGED, names)
        cursor.execute("ANALYZE changed")
        cursor.execute(_CLOSE, names)
        cursor.execute(_OPEN, names)
        cursor.execute(_COUNTS)
        found = cursor.fetchone()
        cursor.execute("DROP TABLE verdict, changed")
    return dict(zip(("in_scope", "eligible", "changed", "gained", "lost"), found, strict=True))


_VERDICT_TABLE = """
CREATE TEMP TABLE verdict (
  employee_id bigint NOT NULL, reasons varchar[] NOT NULL, placement_id bigint, appraisal_id bigint, rating smallint,
  score numeric(5, 2), kind varchar, legal_status varchar, direct_service boolean, unit_id bigint, number_type varchar,
  regime varchar, appraisal_year smallint, appraisal_number integer, approved_by bigint, approved_at timestamptz
) ON COMMIT DROP
"""
_SAME = " AND ".join(f"d.{name} IS NOT DISTINCT FROM v.{name}" for name in KEY)
# Differences first, then write: NOT EXISTS over the table being written did not end in ten minutes (measured).
_CHANGED = f"""
CREATE TEMP TABLE changed ON COMMIT DROP AS
SELECT coalesce(v.employee_id, d.employee_id) AS employee_id, d.id AS old_id, d.eligible AS was,
       v.employee_id IS NOT NULL AS stays, cardinality(v.reasons) = 0 AS eligible
FROM (SELECT * FROM verdict) v FULL JOIN (
  SELECT * FROM eligibility_decision WHERE agency_id = %(agency)s AND track = %(track)s AND until_run IS NULL
  AND employee_id > %(lo)s AND employee_id <= %(hi)s
) d ON d.employee_id = v.employee_id
WHERE d.id IS NULL OR v.employee_id IS NULL OR d.reasons IS DISTINCT FROM v.reasons OR NOT ({_SAME})
"""  # noqa: S608  built from our own constants
_CLOSE = "UPDATE eligibility_decision d SET until_run = %(number)s FROM changed WHERE d.id = changed.old_id"
_OPEN = f"""
INSERT INTO eligibility_decision
  (agency_id, track, employee_id, from_run, eligible, reasons, {", ".join(KEY)}, evidence)
SELECT %(agency)s, %(track)s, v.employee_id, %(number)s, cardinality(v.reasons) = 0, v.reasons,
  {", ".join(f"v.{name}" for name in KEY)}, to_jsonb(v) - 'employee_id' - 'reasons'
FROM verdict v JOIN changed ON changed.employee_id = v.employee_id WHERE changed.stays
"""  # noqa: S608  built from our own constants
_COUNTS = """
SELECT (SELECT count(*) FROM verdict), (SELECT count(*) FROM verdict WHERE cardinality(reasons) = 0), count(*),
  count(*) FILTER (WHERE was IS FALSE AND eligible), count(*) FILTER (WHERE was AND (NOT stays OR NOT eligible))
FROM changed
"""


def withdraw(run) -> None:
    """Undo an unpublished run by its number: what it opened goes, what it closed is open again."""
    names = {"agency": run.agency_id, "track": run.track, "number": run.number}
    scope = "agency_id = %(agency)s AND track = %(track)s"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM eligibility_decision WHERE {scope} AND from_run = %(number)s", names)  # noqa: S608
        cursor.execute(
            f"UPDATE eligibility_decision SET until_run = NULL WHERE {scope} AND until_run = %(number)s",  # noqa: S608
            names,
        )


def one(policy: Policy, employee: Employee, *, as_of: dt.date, at: dt.datetime) -> dict | None:
    """What the verdict for one person would be at `at`: the same SELECT with a range of one; None if out of scope."""
    scope = Scope(employee.agency_id, as_of, at, employee.pk - 1, employee.pk)
    row = verdicts(policy, scope).first()
    return dict(zip(("employee_id", "reasons", *FACTS), row, strict=True)) if row else None
