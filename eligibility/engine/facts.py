"""Everything a week rule may look at, by name: where it comes from and of what type. The only place that joins the
floors below. A policy reads only the facts that its rules name, so one without a performance condition never touches
appraisals."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    Field,
    IntegerField,
    Max,
    Min,
)

from eligibility.rules import Context, Rule, flat
from eligibility.rules.base import OwnFact
from eligibility.rules.minimum_rating import MinimumRating
from eligibility.rules.periodic import PeriodicRating, last_closed_quarter
from employees.models import Employee

FAR = 10**9  # a range of more ids than that has an open end
TEXT, YES, WHOLE, DAY = CharField(), BooleanField(), IntegerField(), DateField()
NUMBER, WHEN = DecimalField(max_digits=20, decimal_places=4), DateTimeField()
SQL_TYPES = {TEXT: "varchar", YES: "boolean", WHOLE: "bigint", DAY: "date", NUMBER: "numeric", WHEN: "timestamptz"}

# Facts that a decision stores in columns of its own: a difference in one of them is a change (rulings.md 5).
KEY = ("placement_id", "appraisal_id", "rating", "score", "kind", "legal_status", "direct_service")
# Known with one of the above, or too restless to be a change of their own (a place in a ranking).
DERIVED = ("unit_id", "number_type", "regime", "appraisal_year", "appraisal_number", "approved_by", "approved_at")
RESTLESS = ("position", "group_size", "appraisal_pending", "appraisal_elsewhere", "year", "quarter", "quarter_of")


@dataclasses.dataclass(frozen=True)
class Scope:
    """Whom and when: the people of an agency with ids in (lo, hi], at a week, by scores approved until the cut-off."""

    agency_id: int
    as_of: dt.date
    cutoff: dt.datetime
    lo: int = 0
    hi: int = 2**62
    standings: str = ""  # SQL: where `engine.prepare` put who stands where


@dataclasses.dataclass(frozen=True)
class Source:
    """A relation, with the facts that it gives. `%(name)s` are the scope's values."""

    columns: dict[str, tuple[str, Field]]
    join: str = ""


PLACED = Source(
    {
        "placement_id": ("p.id", WHOLE),
        "unit_id": ("p.unit_id", WHOLE),
        "kind": ("e.kind", TEXT),
        "legal_status": ("e.legal_status", TEXT),
        "direct_service": ("coalesce(p.direct_service, u.serves_public)", YES),
        "number_type": ("CASE WHEN substr(e.nip, 13, 2) BETWEEN '21' AND '29' THEN 'PPPK' ELSE 'PNS' END", TEXT),
        "job_group": ("nullif(p.job_group, '')", TEXT),
        "in_post_since": ("p.in_post_since", DAY),
        "level": ("%(level)s::varchar", TEXT),
        "duty_outside_office": ("e.duty_outside_office", YES),
        "duty_no_special_room": ("e.duty_no_special_room", YES),
        "duty_uses_ict": ("e.duty_uses_ict", YES),
        "duty_little_face_to_face": ("e.duty_little_face_to_face", YES),
        "duty_no_constant_supervision": ("e.duty_no_constant_supervision", YES),
        "special": ("coalesce(e.special_until >= %(as_of)s::date, false)", YES),
        "special_until": ("e.special_until", DAY),
        "special_verified_by": ("e.special_verified_by_id", WHOLE),
    }
)
IN_FORCE = """{a}.state = 'APPROVED' AND {a}.decided_at <= %(cutoff)s
  AND ({a}.superseded_at IS NULL OR {a}.superseded_at > %(cutoff)s)
  AND {a}.employee_id > %(lo)s AND {a}.employee_id <= %(hi)s"""
THIS_YEAR = f"""
LEFT JOIN performance_appraisal a ON a.employee_id = e.id AND a.kind = 'TAHUNAN' AND a.year = %(year)s
  AND {IN_FORCE.format(a="a")}"""
EITHER_YEAR = f"""
LEFT JOIN LATERAL (
  SELECT a.* FROM performance_appraisal a WHERE a.employee_id = e.id AND a.kind = 'TAHUNAN'
  AND a.year IN (%(year)s, %(fallback_year)s) AND {IN_FORCE.format(a="a")} ORDER BY a.year DESC LIMIT 1
) a ON true"""  # noqa: S608  early in the year only, and only where the policy says so
# Scalar subqueries: an EXISTS may be hashed over the whole table, once for every chunk (seen).
UNDECIDED = """coalesce((SELECT true FROM performance_appraisal w WHERE w.employee_id = e.id AND w.kind = 'TAHUNAN'
  AND w.year IN (%(year)s, %(fallback_year)s) AND (w.state IN ('DRAFT', 'SUBMITTED', 'RETURNED', 'OBJECTED')
  AND w.superseded_at IS NULL OR w.state = 'APPROVED' AND w.decided_at > %(cutoff)s) LIMIT 1), false)"""
ELSEWHERE = """coalesce((SELECT true FROM performance_appraisal w WHERE w.employee_id = e.id AND w.kind = 'TAHUNAN'
  AND w.year NOT IN (%(year)s, %(fallback_year)s) LIMIT 1), false)"""
ANNUAL = Source(
    {
        "appraisal_id": ("a.id", WHOLE),
        "rating": ("a.rating", WHOLE),
        "score": ("a.score", NUMBER),
        "regime": ("a.regime", TEXT),
        "appraisal_year": ("a.year", WHOLE),
        "appraisal_number": ("a.number", WHOLE),
        "approved_by": ("a.decided_by_id", WHOLE),
        "approved_at": ("a.decided_at", WHEN),
        # asked only of those without one in force
        "appraisal_pending": (f"CASE WHEN a.id IS NULL THEN {UNDECIDED} END", YES),
        "appraisal_elsewhere": (f"CASE WHEN a.id IS NULL THEN {ELSEWHERE} END", YES),
        "year": ("%(year)s::integer", WHOLE),
    },
    THIS_YEAR,
)
QUARTER = Source(
    {
        "quarter_appraisal_id": ("q.id", WHOLE),
        "quarter_rating": ("q.rating", WHOLE),
        "quarter_approved_by": ("q.decided_by_id", WHOLE),
        "quarter": ("%(quarter)s::integer", WHOLE),
        "quarter_of": ("%(quarter_of)s::integer", WHOLE),
    },
    f"""
LEFT JOIN performance_appraisal q ON q.employee_id = e.id AND q.kind = 'TRIWULAN' AND q.year = %(quarter_of)s
  AND q.period = %(quarter)s AND {IN_FORCE.format(a="q")}""",
)
DISCIPLINE = Source(
    {
        "discipline_serving": ("d.serving", WHOLE),
        "discipline_serving_until": ("d.serving_until", DAY),
        "discipline_in_process": ("d.in_process", WHOLE),
        "discipline_imposed_on": ("d.imposed_on", DAY),
    },
    """
LEFT JOIN (
  SELECT employee_id,
    max(id) FILTER (WHERE status = 'DIJATUHKAN' AND "end" >= %(as_of)s) AS serving,
    max("end") FILTER (WHERE status = 'DIJATUHKAN' AND "end" >= %(as_of)s) AS serving_until,
    max(id) FILTER (WHERE status = 'DALAM_PROSES' AND ("end" IS NULL OR "end" >= %(as_of)s)) AS in_process,
    max(start) FILTER (WHERE status = 'DIJATUHKAN') AS imposed_on
  FROM employees_discipline WHERE start <= %(as_of)s AND status <> 'DIBATALKAN' AND agency_id = %(agency)s
    AND employee_id > %(lo)s AND employee_id <= %(hi)s GROUP BY employee_id
) d ON d.employee_id = e.id""",
)
ABSENCES = Source(
    {"absences": ("coalesce(ab.days, 0)", WHOLE)},
    """
LEFT JOIN (
  SELECT employee_id, count(*) AS days FROM employees_absence
  WHERE kind = 'ALPA' AND date >= date_trunc('year', %(as_of)s::date)::date AND date <= %(as_of)s
    AND agency_id = %(agency)s AND employee_id > %(lo)s AND employee_id <= %(hi)s GROUP BY employee_id
) ab ON ab.employee_id = e.id""",
)
STANDING = Source({"position": ("s.position", WHOLE), "group_size": ("s.size", WHOLE)})
SOURCES = (PLACED, ANNUAL, QUARTER, DISCIPLINE, ABSENCES, STANDING)
FIELDS: dict[str, Field] = {name: field for source in SOURCES for name, (_sql, field) in source.columns.items()}
OWN_FIELDS: dict[str, Field] = {"number": NUMBER, "flag": YES, "day": DAY, "text": TEXT}
BASE = """
FROM employees_employee e
JOIN employees_placement p ON p.employee_id = e.id AND p.employee_id > %(lo)s AND p.employee_id <= %(hi)s
  AND lower(p.valid) <= %(as_of)s AND (upper(p.valid) > %(as_of)s OR upper(p.valid) IS NULL)
JOIN employees_unit u ON u.id = p.unit_id"""
# Whoever asked not to be judged by a machine is left out (UU 27/2022 art. 10).
ASKED_OUT = """
WHERE e.agency_id = %(agency)s AND e.id > %(lo)s AND e.id <= %(hi)s AND NOT EXISTS (
  SELECT FROM eligibility_suspension out WHERE out.employee_id = e.id AND out.agency_id = %(agency)s
  AND out.valid @> %(as_of)s::date)"""


def context_of(as_of: dt.date, cutoff: dt.datetime, rules: Iterable[Rule]) -> Context:
    """Which appraisals count: last year's (early in the year also the one before, where the policy says so), and of the
    quarters the last one that closed long enough ago (rulings.md 14)."""
    rules = list(flat(rules))
    found = periods(as_of, rules)
    year = found["year"]
    until = next((r.previous_year_counts_until for r in rules if isinstance(r, MinimumRating)), None)
    early = until is not None and f"{as_of:%m-%d}" <= until
    return Context(
        as_of=as_of,
        year=year,
        fallback_year=year - 1 if early else None,
        cutoff=cutoff,
        quarter=(found["quarter_of"], found["quarter"]),
    )


def periods(as_of: dt.date, rules: Iterable[Rule]) -> dict[str, int]:
    """The appraisal year and the quarter that count at a week, by the names that they have as facts."""
    grace = next((r.grace_days for r in flat(rules) if isinstance(r, PeriodicRating)), 0)
    quarter_of, quarter = last_closed_quarter(as_of, grace)
    return {"year": as_of.year - 1, "quarter": quarter, "quarter_of": quarter_of}


def names_of(rules: Iterable[Rule]) -> list[str]:
    """The named facts that a decision under these rules rests on, the key first."""
    wanted = {name for rule in flat(rules) for name in rule.facts}
    known = [*KEY[:1], "kind", "legal_status", "direct_service", "unit_id"]
    ordered = [name for name in (*KEY, *DERIVED, *FIELDS) if name in wanted or name in known]
    return list(dict.fromkeys(ordered))


def own_of(rules: Iterable[Rule]) -> list[OwnFact]:
    """The agency's own facts that the rules ask for, each once."""
    return list(dict.fromkeys(fact for rule in flat(rules) for fact in rule.own_facts))


def fields_of(names: Sequence[str], own: Sequence[OwnFact]) -> dict[str, Field]:
    return {name: FIELDS[name] for name in names} | {fact.name: OWN_FIELDS[fact.column] for fact in own}


def facts_sql(names: Sequence[str], own: Sequence[OwnFact], scope: Scope, context: Context, level: str = "") -> str:
    """SQL, complete with its values: everybody in scope with these facts, a row each."""
    columns, joins = ["e.id AS employee_id"], []
    for source in SOURCES:
        mine = [name for name in names if name in source.columns]
        if not mine:
            continue
        columns += [f"{source.columns[name][0]} AS {name}" for name in mine]
        if source is STANDING:
            joins.append(f"\nLEFT JOIN {scope.standings} s ON s.employee_id = e.id" if scope.standings else NOWHERE)
        else:
            joins.append(EITHER_YEAR if source is ANNUAL and context.fallback_year else source.join)
    for fact in own:
        columns.append(f"{fact.name}.value AS {fact.name}")
        joins.append(fact.join())
    quarter_of, quarter = context.quarter
    values = {
        "agency": scope.agency_id,
        "as_of": scope.as_of,
        "cutoff": scope.cutoff,
        "lo": scope.lo,
        "hi": scope.hi,
        "level": level,
        "year": context.year,
        "fallback_year": context.fallback_year or context.year,
        "quarter": quarter,
        "quarter_of": quarter_of,
    }
    for fact in own:
        values |= fact.values()
    return filled(f"SELECT {', '.join(columns)} {BASE}{''.join(joins)}{ASKED_OUT}", values)


NOWHERE = " CROSS JOIN (SELECT NULL::integer AS position, NULL::integer AS size) s"


def tight(scope: Scope) -> Scope:
    """The scope with the agency's own ids as its ends: tables without an agency are then read by range."""
    if scope.hi - scope.lo < FAR:
        return scope
    ids = Employee.objects.filter(agency_id=scope.agency_id).aggregate(first=Min("pk"), last=Max("pk"))
    if ids["first"] is None:
        return scope
    return dataclasses.replace(scope, lo=max(scope.lo, ids["first"] - 1), hi=min(scope.hi, ids["last"]))


def execute(sql: str, *, rows: bool = False) -> list[tuple]:
    """One complete statement, as it is; with `rows`, what it answers. Not through the history of a web request, which
    adds parameters of its own, so that a percent sign in a text would be taken for one."""
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.execute(sql)
        return cursor.cursor.fetchall() if rows else []


def filled(sql: str, values) -> str:
    """SQL with its values in it, quoted by the driver, so that it can stand inside another statement."""
    with connection.cursor() as cursor:
        return cursor.mogrify(sql, values).decode()
