"""Corrections about days: planned days whose date became a day off or that lie after the person left, and days that a
day off had taken which no longer is one.

The machine proposes, an authorised person applies or dismisses with a reason (`schedules.actions.corrections`); until
then what was published stays.
"""

import datetime as dt
import logging
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from eligibility import queries as decisions
from eligibility.models import Correction
from eligibility.rules import Weekday
from employees.calendar import monday_of
from employees.models import Agency, AgencyInputs, Holiday
from employees.queries import holidays
from ledger.models import Event, JobChunk, JobRun
from ledger.trail import record
from schedules.models import Plan
from schedules.queries import day_rules

KIND = "DAY_CORRECTIONS"
log = logging.getLogger(__name__)


def propose_days_due(*, at: dt.datetime) -> int:
    """Look at the days ahead of every agency where anything changed since the last look, or where a proposal waits;
    how many proposals were made, changed or became needless. Doing it twice changes nothing."""
    agencies = {run.agency_id: run.agency for run in decisions.open_runs(at)}
    waiting = Correction.objects.about_days().filter(state=Correction.State.PROPOSED)
    asked = set(waiting.values_list("agency", flat=True).distinct())
    agencies |= {one.pk: one for one in Agency.objects.filter(pk__in=asked - set(agencies))}
    seen = {int(key): counts["inputs"] for key, counts in _looks()}
    changes = dict(AgencyInputs.objects.filter(agency__in=agencies).values_list("pk", "changes"))
    due = [one for pk, one in sorted(agencies.items()) if pk in asked or changes.get(pk, 0) != seen.get(pk)]
    return sum(_looked_at(agency, at) for agency in due)


def _looks():
    return JobChunk.objects.filter(job__kind=KIND).values_list("job__key", "counts")


def _looked_at(agency: Agency, at: dt.datetime) -> int:
    try:
        return propose_days(agency=agency, at=at)
    except DatabaseError:
        log.exception("looking at the days of agency %s failed", agency.pk)  # the others are looked at all the same
        return 0


@transaction.atomic
def propose_days(*, agency: Agency, at: dt.datetime) -> int:
    """Propose a correction for each person, week and cause with active days, from today on, that cannot be any more,
    or without a day that they earn since a day off had taken it, which is none by now.

    An open proposal follows the newest difference and becomes needless with it; what was dismissed is not proposed
    again while it says the same. A constant number of statements. Returns how many rows changed.
    """
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)  # two looks stand in line, and so does a repair
    inputs = AgencyInputs.objects.filter(agency=agency).values_list("changes", flat=True).first() or 0
    names: dict[str, Any] = {"agency": agency.pk, "today": at.astimezone(agency.zone).date(), "at": at}
    counts = {}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE fallen ON COMMIT DROP AS " + _FALLEN, names)
        if again := _reopened(agency, at):
            cursor.execute(_GIVEN_BACK, names | again)
        cursor.execute("ANALYZE fallen")
        for name, sql in (("needless", _NEEDLESS), ("changed", _CHANGED), ("new", _NEW)):
            cursor.execute(sql, names)
            counts[name] = cursor.rowcount
        cursor.execute("DROP TABLE fallen")
    _remember(agency, inputs, counts, at)
    if any(counts.values()):
        record(verb="corrections.propose", subject=agency, by=None, at=at, agency_id=agency.pk, after=counts)
    return sum(counts.values())


def _reopened(agency: Agency, at: dt.datetime) -> dict[str, list]:
    """Dates ahead that were a day off until after their week's plan was published, each with the runs whose policy
    gives that weekday: `runs`, `dates` and `names` side by side; empty where there is none."""
    today = at.astimezone(agency.zone).date()
    events = Event.objects.filter(
        Q(agency_id=None) | Q(agency_id=agency.pk),
        subject_type=Holiday._meta.label_lower,
        verb__in=("holiday.move", "holiday.withdraw"),
    )
    gone = {dt.date.fromisoformat(one.before["date"]): one for one in events.order_by("pk")}
    ahead = {date: one for date, one in gone.items() if date > today}
    if not ahead:
        return {}
    off = holidays(agency.pk, min(ahead), max(ahead))
    first = Plan.objects.filter(agency=agency, revision=1, week__in={monday_of(date) for date in ahead})
    published = dict(first.values_list("week", "published_at"))
    found = [
        (run.pk, date, one.before["name"])
        for date, one in sorted(ahead.items())
        if date not in off and (since := published.get(monday_of(date))) and since <= one.at
        for run in decisions.published_runs(agency.pk, monday_of(date))
        if all(date.isoweekday() in rule.days for rule in day_rules(run.computed_under) if isinstance(rule, Weekday))
    ]
    return dict(zip(("runs", "dates", "names"), map(list, zip(*found, strict=True)), strict=True)) if found else {}


def _remember(agency: Agency, inputs: int, counts: dict[str, int], at: dt.datetime) -> None:
    state = {"agency_id": agency.pk, "state": JobRun.State.DONE, "started_at": at, "finished_at": at}
    job, _new = JobRun.objects.update_or_create(kind=KIND, key=str(agency.pk), defaults=state)
    look = {"hi": 1, "state": JobChunk.State.DONE, "counts": counts | {"inputs": inputs}}
    JobChunk.objects.update_or_create(job=job, lo=0, defaults=look)


# A day belongs to the run that allowed it; where its track has none (any more), to another of that week.
_FALLEN = """
WITH off AS (
  SELECT DISTINCT ON (date) date, name FROM employees_holiday
  WHERE date >= %(today)s AND (agency_id IS NULL OR agency_id = %(agency)s) ORDER BY date, agency_id NULLS LAST
), gone AS (
  SELECT w.id, w.employee_id, w.date, w.slot, w.track, off.name, NOT EXISTS (
    SELECT FROM employees_placement p
    WHERE p.employee_id = w.employee_id AND p.agency_id = w.agency_id AND p.valid @> w.date) AS has_left
  FROM schedules_wfhday w LEFT JOIN off ON off.date = w.date
  WHERE w.agency_id = %(agency)s AND w.state = 'ACTIVE' AND w.date >= %(today)s
)
SELECT r.id AS run_id, g.employee_id, CASE WHEN has_left THEN 'LEFT' ELSE 'CALENDAR' END AS cause,
  jsonb_agg(jsonb_build_object('date', g.date, 'slot', g.slot, 'name', CASE WHEN has_left THEN '' ELSE g.name END)
    ORDER BY g.date, g.slot) AS days
FROM gone g CROSS JOIN LATERAL (
  SELECT id FROM eligibility_run WHERE agency_id = %(agency)s AND state = 'PUBLISHED'
    AND week = date_trunc('week', g.date)::date ORDER BY track <> g.track, id LIMIT 1) r
WHERE has_left OR g.name IS NOT NULL
GROUP BY 1, 2, 3
"""
# Whoever earned more whole days in the week than they had, gave back or were called from, since the date had taken one
# (or the plan could not give it), and who could be at home on it.
_GIVEN_BACK = """
INSERT INTO fallen
WITH again AS (
  SELECT g.run_id, r.week, r.track, r.number, g.date, g.name
  FROM unnest(%(runs)s::bigint[], %(dates)s::date[], %(names)s::text[]) AS g(run_id, date, name)
  JOIN eligibility_run r ON r.id = g.run_id
), earned AS (
  SELECT a.employee_id, a.week, a.track, 2 * sum(a.earned) AS halves, sum(a.earned) > sum(cardinality(a.dates)) AS short
  FROM schedules_allotment a JOIN schedules_plan p ON p.id = a.plan_id AND p.state <> 'DRAFT'
  WHERE a.agency_id = %(agency)s AND a.week IN (SELECT week FROM again) GROUP BY 1, 2, 3
), had AS (
  SELECT w.employee_id, date_trunc('week', w.date)::date AS week,
    sum(CASE WHEN slot = 'FULL' THEN 2 ELSE 1 END) FILTER (WHERE state IN ('ACTIVE', 'RETURNED', 'RECALLED')) AS halves,
    array_agg(date) FILTER (WHERE state = 'LOST') AS lost, array_agg(date) FILTER (WHERE state = 'ACTIVE') AS active
  FROM schedules_wfhday w WHERE w.agency_id = %(agency)s
    AND w.date BETWEEN (SELECT min(week) FROM again) AND (SELECT max(week) + 6 FROM again) GROUP BY 1, 2
)
SELECT g.run_id, e.employee_id, 'REOPENED',
  jsonb_agg(jsonb_build_object('date', g.date, 'slot', 'FULL', 'name', g.name) ORDER BY g.date)
FROM earned e JOIN again g ON g.week = e.week AND g.track = e.track
LEFT JOIN had h ON h.employee_id = e.employee_id AND h.week = e.week
JOIN eligibility_decision d ON d.employee_id = e.employee_id AND d.agency_id = %(agency)s AND d.track = g.track
  AND d.from_run <= g.number AND (d.until_run IS NULL OR d.until_run > g.number)
LEFT JOIN LATERAL (SELECT c.after_eligible FROM eligibility_correction c
  WHERE c.run_id = g.run_id AND c.employee_id = e.employee_id AND c.state = 'APPLIED' AND c.after_eligible IS NOT NULL
  ORDER BY c.decided_at DESC, c.id DESC LIMIT 1) c ON true
WHERE coalesce(c.after_eligible, d.eligible) AND e.halves - coalesce(h.halves, 0) >= 2
  AND (e.short OR g.date = ANY(h.lost)) AND g.date <> ALL(coalesce(h.active, '{}'))
  AND EXISTS (SELECT FROM employees_placement p
    WHERE p.employee_id = e.employee_id AND p.agency_id = %(agency)s AND p.valid @> g.date)
  AND NOT EXISTS (SELECT FROM employees_leave l WHERE l.employee_id = e.employee_id AND l.valid @> g.date)
GROUP BY 1, 2
"""
_NEEDLESS = """
UPDATE eligibility_correction c SET state = 'OBSOLETE', version = version + 1
WHERE c.agency_id = %(agency)s AND c.state = 'PROPOSED' AND c.cause IN ('CALENDAR', 'REOPENED', 'LEFT')
  AND NOT EXISTS (SELECT FROM fallen f
    WHERE f.run_id = c.run_id AND f.employee_id = c.employee_id AND f.cause = c.cause)
"""
_CHANGED = """
UPDATE eligibility_correction c SET days = f.days, proposed_at = %(at)s, version = version + 1
FROM fallen f WHERE f.run_id = c.run_id AND f.employee_id = c.employee_id AND f.cause = c.cause
  AND c.state = 'PROPOSED' AND c.days <> f.days
"""
_NEW = """
INSERT INTO eligibility_correction (run_id, agency_id, employee_id, state, cause, before_reasons, after_reasons,
  evidence, changed_facts, days, proposed_at, reason, version)
SELECT f.run_id, %(agency)s, f.employee_id, 'PROPOSED', f.cause, '{}', '{}', '{}', '{}', f.days, %(at)s, '', 1
FROM fallen f
WHERE (SELECT (c.state = 'DISMISSED' OR c.state = 'APPLIED' AND c.cause = 'REOPENED')
         AND jsonb_path_query_array(c.days, '$[*] ? (exists(@.date))') = f.days FROM eligibility_correction c
       WHERE c.run_id = f.run_id AND c.employee_id = f.employee_id AND c.cause = f.cause
       ORDER BY c.id DESC LIMIT 1) IS NOT TRUE
ON CONFLICT DO NOTHING
"""
