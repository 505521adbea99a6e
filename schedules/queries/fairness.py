"""The ledger of fairness: days earned, had, given back, lost, recalled and owed; and what the planner reads of it."""

import dataclasses
import datetime as dt
import functools
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection
from psycopg2.extras import DateRange

from eligibility.models import Run
from eligibility.rules import DayRule, MonthlyMaximum, WeeklyMaximum
from employees.models import Employee, Leave
from schedules.models import Request, UnitRule, WfhDay
from schedules.planning import PERIOD_WEEKS, Candidate, period_of

from .cover import Cover
from .person import LENGTH, dates_of

WEEK = dt.timedelta(days=7)
HALF = Decimal(2)  # half-days in a day
FETCH = 20_000  # rows at a time


@dataclasses.dataclass(frozen=True)
class Balance:
    """One person's ledger over twelve weeks, in days."""

    earned: Decimal
    had: Decimal
    returned: Decimal
    lost: Decimal
    recalled: Decimal
    weekdays: tuple[int, ...]  # days had on Monday … Saturday

    @property
    def owed(self) -> Decimal:
        """Earned, and neither had nor given back."""
        return self.earned - self.had - self.returned


def candidates(
    run: Run, week: dt.date, rules: list[DayRule], cover: Cover, *, only: int | None = None
) -> Iterator[tuple[int, list[Candidate]]]:
    """Eligible people without a day this week, unit by unit, with what the planner must know of each. Streamed.

    A unit's people are those placed there for most of the week's days; who moves within the week is away on the days
    spent elsewhere. Reads one query, and three small ones for leave, fixed weekdays and posts. `only`: one person, who
    may have days already; those are neither earned nor free again.
    """
    last = week + dt.timedelta(days=5)
    away = leave_in(run.agency_id, week, last)
    series = _series(run.agency_id, week, last)
    digits = functools.cache(lambda text: tuple(map(int, text)))  # few different texts, many people
    earning = next((rule for rule in rules if isinstance(rule, WeeklyMaximum)), WeeklyMaximum())
    earned = functools.cache(earning.days_earned)
    left_of = _left_in_month(run.agency_id, rules, week)
    dates = cover.dates
    own = days_in_week(only, week) if only is not None else {}
    taken = math.ceil(sum(own.values(), Decimal(0)))
    for unit_id, rows in groupby(_stream(run, week, last, only), key=lambda row: row[0]):
        people = []
        for _unit, pk, lot, rating, before, owed, carried, latest, wishes, had, lower, upper, post in rows:
            gone = away.get(pk, frozenset()) | own.keys()
            if lower is not None or upper is not None:
                gone |= {d for d in dates if (lower and d < lower) or (upper and d >= upper)}
            people.append(
                Candidate(
                    pk,
                    lot,
                    max(min(earned(rating) - taken, left_of(pk)), 0),
                    before,
                    owed,
                    carried,
                    latest,
                    digits(wishes) if wishes else (),
                    series.get(pk, 0),
                    digits(had) if had else (),
                    gone,
                    post,
                )
            )
        yield unit_id, people


def days_in_week(employee_id: int, week: dt.date) -> dict[dt.date, Decimal]:
    """How much of which dates of a week a person is at home."""
    rows = WfhDay.objects.active().filter(employee=employee_id, date__gte=week, date__lt=week + WEEK)
    found: dict[dt.date, Decimal] = {}
    for date, slot in rows.values_list("date", "slot"):
        found[date] = found.get(date, Decimal(0)) + LENGTH[slot]
    return found


def _stream(run: Run, week: dt.date, last: dt.date, only: int | None) -> Iterator[tuple]:
    with connection.cursor() as cursor:
        # All rows are read: without this a cursor is planned for the first few (nested loops over everything).
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
    with connection.chunked_cursor() as cursor:
        names = names_of(run, week, last)
        cursor.execute(*((CANDIDATES, names) if only is None else (CANDIDATE, names | {"only": only})))
        while rows := cursor.fetchmany(FETCH):
            yield from rows


def names_of(run: Run, week: dt.date, last: dt.date) -> dict[str, Any]:
    """What `CANDIDATES` leans on."""
    period = period_of(week)
    return {
        "agency": run.agency_id,
        "track": run.track,
        "number": run.number,
        "run": run.pk,
        "since": period - PERIOD_WEEKS * WEEK,
        "period": period,
        "week": week,
        "last": last,
        "end": week + WEEK,
        "seed": week.isoformat(),
        "posts": UnitRule.objects.filter(agency=run.agency_id, kind=UnitRule.Kind.STAFFED_POST).exists(),
    }


# Whoever was decided about later, by a correction alone, has no decision but is considered all the same.
_CONSIDERED = """
WITH applied AS (
  SELECT DISTINCT ON (employee_id) employee_id, after_eligible, (evidence ->> 'rating')::smallint AS rating
  FROM eligibility_correction WHERE run_id = %(run)s AND state = 'APPLIED' AND after_eligible IS NOT NULL
  ORDER BY employee_id, decided_at DESC, id DESC
), earned AS (
  SELECT a.employee_id, 2 * coalesce(sum(a.earned) FILTER (WHERE a.week >= %(period)s), 0)::int AS now,
    2 * coalesce(sum(a.earned) FILTER (WHERE a.week < %(period)s), 0)::int AS before
  FROM schedules_allotment a JOIN schedules_plan p ON p.id = a.plan_id AND p.state <> 'DRAFT'
  WHERE a.agency_id = %(agency)s AND a.week >= %(since)s AND a.week < %(week)s GROUP BY 1
), had AS (
  SELECT w.employee_id,
    coalesce(sum(w.halves) FILTER (WHERE w.date >= %(period)s), 0)::int AS now,
    coalesce(sum(w.halves) FILTER (WHERE w.date < %(period)s), 0)::int AS before,
    coalesce(max(w.date) FILTER (WHERE w.state = 'ACTIVE') - date '0001-01-01', 0) AS last,
    concat(least(9, count(*) FILTER (WHERE w.weekday = 1)), least(9, count(*) FILTER (WHERE w.weekday = 2)),
           least(9, count(*) FILTER (WHERE w.weekday = 3)), least(9, count(*) FILTER (WHERE w.weekday = 4)),
           least(9, count(*) FILTER (WHERE w.weekday = 5)), least(9, count(*) FILTER (WHERE w.weekday = 6)),
           0) AS weekdays
  FROM (SELECT employee_id, date, state, CASE WHEN slot = 'FULL' THEN 2 ELSE 1 END AS halves,
               extract(isodow FROM date) AS weekday
        FROM schedules_wfhday
        WHERE agency_id = %(agency)s AND date >= %(since)s AND date < %(week)s AND state IN ('ACTIVE', 'RETURNED')) w
  GROUP BY 1
), placed AS (
  SELECT employee_id, unit_id, job_title, NULL::date AS lower, NULL::date AS upper FROM employees_placement
  WHERE agency_id = %(agency)s AND valid @> daterange(%(week)s, %(last)s, '[]')
  UNION ALL
  (SELECT DISTINCT ON (employee_id) employee_id, unit_id, job_title, lower(valid), upper(valid)
   FROM employees_placement
   WHERE agency_id = %(agency)s AND valid && daterange(%(week)s, %(last)s, '[]')
     AND NOT valid @> daterange(%(week)s, %(last)s, '[]')
   ORDER BY employee_id,
     least(coalesce(upper(valid), %(last)s + 1), %(last)s + 1) - greatest(lower(valid), %(week)s) DESC, lower(valid))
)
SELECT p.unit_id, d.employee_id, ('x' || substr(md5(%(seed)s || e.public_id::text), 1, 15))::bit(60)::bigint,
  d.rating, coalesce(a.now, 0), coalesce(a.now, 0) - coalesce(h.now, 0), coalesce(a.before, 0) - coalesce(h.before, 0),
  coalesce(h.last, 0), array_to_string(f.weekdays, ''), h.weekdays, p.lower, p.upper,
  CASE WHEN %(posts)s THEN p.job_title ELSE '' END
FROM (
  SELECT d.employee_id, coalesce(c.rating, d.rating) AS rating
  FROM eligibility_decision d LEFT JOIN applied c ON c.employee_id = d.employee_id
  WHERE d.agency_id = %(agency)s AND d.track = %(track)s AND coalesce(c.after_eligible, d.eligible)
    AND d.from_run <= %(number)s AND (d.until_run IS NULL OR d.until_run > %(number)s)
  UNION ALL
  SELECT c.employee_id, c.rating FROM applied c WHERE c.after_eligible AND NOT EXISTS (
    SELECT FROM eligibility_decision d WHERE d.employee_id = c.employee_id AND d.agency_id = %(agency)s
      AND d.track = %(track)s AND d.from_run <= %(number)s AND (d.until_run IS NULL OR d.until_run > %(number)s))
) d
JOIN placed p ON p.employee_id = d.employee_id
JOIN employees_employee e ON e.id = d.employee_id
LEFT JOIN earned a ON a.employee_id = d.employee_id
LEFT JOIN had h ON h.employee_id = d.employee_id
LEFT JOIN schedules_preference f ON f.employee_id = d.employee_id
WHERE -- whom
ORDER BY p.unit_id, d.employee_id
"""
CANDIDATES = _CONSIDERED.replace(
    "-- whom",
    """NOT EXISTS (SELECT FROM schedules_wfhday w WHERE w.employee_id = d.employee_id AND w.state = 'ACTIVE'
                  AND w.date >= %(week)s AND w.date < %(end)s)""",
)
CANDIDATE = _CONSIDERED.replace("-- whom", "d.employee_id = %(only)s")


def leave_in(agency_id: int, first: dt.date, last: dt.date) -> dict[int, frozenset[dt.date]]:
    """The dates on which people of an agency are on leave, from first to last, by person. One query."""
    rows = Leave.objects.filter(agency=agency_id, valid__overlap=DateRange(first, last, "[]"))
    found: dict[int, frozenset[dt.date]] = {}
    for pk, valid in rows.values_list("employee_id", "valid"):
        found[pk] = found.get(pk, frozenset()) | frozenset(dates_of(valid, first, last))
    return found


def _series(agency_id: int, first: dt.date, last: dt.date) -> dict[int, int]:
    """The weekday a supervisor has approved for every week, by person; of two the later approval counts."""
    rows = Request.objects.filter(
        agency=agency_id, kind=Request.Kind.RECUR, state=Request.State.APPROVED, date__lte=last, until__gte=first
    )
    return {pk: date.isoweekday() for pk, date in rows.order_by("decided_at").values_list("employee_id", "date")}


def _left_in_month(agency_id: int, rules: list[DayRule], week: dt.date) -> Callable[[int], int]:
    """How many whole days a person may still have in the month (of a week over two months: in the fuller one)."""
    monthly = next((rule for rule in rules if isinstance(rule, MonthlyMaximum)), None)
    if monthly is None:
        return lambda pk: 7
    first, last = week.replace(day=1), week + dt.timedelta(days=6)
    rows = WfhDay.objects.active().filter(agency=agency_id, date__gte=first, date__lt=_next_month(last))
    used: dict[int, dict[int, Decimal]] = {}
    for pk, date, slot in rows.values_list("employee_id", "date", "slot"):
        months = used.setdefault(pk, {})
        months[date.month] = months.get(date.month, Decimal(0)) + LENGTH[slot]
    inside = {first.month, last.month}
    return lambda pk: max(0, int(min(monthly.days - used.get(pk, {}).get(month, Decimal(0)) for month in inside)))


def _next_month(date: dt.date) -> dt.date:
    return (date.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


_BALANCE = """
SELECT
  (SELECT coalesce(sum(a.earned), 0) FROM schedules_allotment a JOIN schedules_plan p ON p.id = a.plan_id
   WHERE a.employee_id = %(employee)s AND p.state <> 'DRAFT' AND a.week >= %(since)s AND a.week < %(until)s),
  coalesce(sum(d.halves) FILTER (WHERE d.state = 'ACTIVE'), 0),
  coalesce(sum(d.halves) FILTER (WHERE d.state = 'RETURNED'), 0),
  coalesce(sum(d.halves) FILTER (WHERE d.state = 'LOST'), 0),
  coalesce(sum(d.halves) FILTER (WHERE d.state = 'RECALLED'), 0),
  array(SELECT (SELECT count(*)::int FROM schedules_wfhday w WHERE w.employee_id = %(employee)s AND w.state = 'ACTIVE'
                AND w.date >= %(since)s AND w.date < %(until)s AND extract(isodow FROM w.date) = n)
        FROM generate_series(1, 6) n)
FROM (SELECT state, CASE WHEN slot = 'FULL' THEN 2 ELSE 1 END AS halves FROM schedules_wfhday
      WHERE employee_id = %(employee)s AND date >= %(since)s AND date < %(until)s) d
"""


def balance_of(employee: Employee, week: dt.date) -> Balance:
    """A person's ledger over the twelve weeks that end with a week (its Monday). One query."""
    names: dict[str, Any] = {"employee": employee.pk, "since": week - (PERIOD_WEEKS - 1) * WEEK, "until": week + WEEK}
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE, names)
        earned, had, returned, lost, recalled, weekdays = cursor.fetchone()
    return Balance(
        earned=Decimal(earned),
        had=Decimal(had) / HALF,
        returned=Decimal(returned) / HALF,
        lost=Decimal(lost) / HALF,
        recalled=Decimal(recalled) / HALF,
        weekdays=tuple(weekdays),
    )


_OWED = """
SELECT e.id,
  2 * coalesce((SELECT sum(a.earned) FROM schedules_allotment a JOIN schedules_plan p ON p.id = a.plan_id
                WHERE a.employee_id = e.id AND p.state <> 'DRAFT' AND a.week >= %(since)s AND a.week < %(until)s), 0)
  - coalesce((SELECT sum(CASE WHEN w.slot = 'FULL' THEN 2 ELSE 1 END) FROM schedules_wfhday w
              WHERE w.employee_id = e.id AND w.state IN ('ACTIVE', 'RETURNED')
                AND w.date >= %(since)s AND w.date < %(until)s), 0)
FROM employees_employee e WHERE e.id = ANY(%(ids)s) AND e.agency_id = %(agency)s
"""


def owed_by(agency_id: int, employee_ids: list[int], week: dt.date) -> dict[int, int]:
    """Half-days owed to some people since the fairness period of a week began, that week included. One query."""
    names: dict[str, Any] = {"ids": employee_ids, "agency": agency_id, "since": period_of(week), "until": week + WEEK}
    with connection.cursor() as cursor:
        cursor.execute(_OWED, names)
        return {pk: int(owed) for pk, owed in cursor.fetchall()}
