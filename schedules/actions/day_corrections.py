"""Corrections about days: planned days whose date became a day off, or that lie after the person left.

The machine proposes, an authorised person applies or dismisses with a reason (`schedules.actions.corrections`); until
then what was published stays.
"""

import datetime as dt
import logging
from typing import Any

from django.db import DatabaseError, connection, transaction

from eligibility import queries as decisions
from eligibility.models import Correction
from employees.models import Agency, AgencyInputs
from ledger.models import JobChunk, JobRun
from ledger.trail import record

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
    """Propose a correction for each person, week and cause with active days, from today on, that cannot be any more.

    An open proposal follows the newest difference and becomes needless with it; what was dismissed is not proposed
    again while it says the same. A constant number of statements. Returns how many rows changed.
    """
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)  # two looks stand in line, and so does a repair
    inputs = AgencyInputs.objects.filter(agency=agency).values_list("changes", flat=True).first() or 0
    names: dict[str, Any] = {"agency": agency.pk, "today": at.astimezone(agency.zone).date(), "at": at}
    counts = {}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE fallen ON COMMIT DROP AS " + _FALLEN, names)
        cursor.execute("ANALYZE fallen")
        for name, sql in (("needless", _NEEDLESS), ("changed", _CHANGED), ("new", _NEW)):
            cursor.execute(sql, names)
            counts[name] = cursor.rowcount
        cursor.execute("DROP TABLE fallen")
    _remember(agency, inputs, counts, at)
    if any(counts.values()):
        record(verb="corrections.propose", subject=agency, by=None, at=at, agency_id=agency.pk, after=counts)
    return sum(counts.values())


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
_NEEDLESS = """
UPDATE eligibility_correction c SET state = 'OBSOLETE', version = version + 1
WHERE c.agency_id = %(agency)s AND c.state = 'PROPOSED' AND c.cause IN ('CALENDAR', 'LEFT')
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
WHERE (SELECT c.state = 'DISMISSED' AND c.days = f.days FROM eligibility_correction c
       WHERE c.run_id = f.run_id AND c.employee_id = f.employee_id AND c.cause = f.cause
       ORDER BY c.id DESC LIMIT 1) IS NOT TRUE
ON CONFLICT DO NOTHING
"""
