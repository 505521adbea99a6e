"""The week from end to end: what is due is started, a run is worked on, a published run is planned."""

import dataclasses
import datetime as dt

from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange, execute_values

from eligibility import engine
from eligibility import queries as decisions
from eligibility.actions import Refused, publish_run, record_missed, start_run, work_run
from eligibility.models import PolicyInForce, Run
from eligibility.rules import DayFacts
from employees.calendar import days_of_week, instant, is_working_day, monday_of, week_name, week_of
from employees.models import Agency
from employees.queries import holidays, people_in_units, unit_settings
from ledger.trail import record
from schedules import queries
from schedules.models import Plan, WfhDay
from schedules.planning import Candidate, allocate

WEEK = dt.timedelta(days=7)
FAIR_OVER = dt.timedelta(weeks=12)  # how far back days had count for fairness


def due(*, at: dt.datetime) -> list[tuple[Agency, str, dt.date]]:
    """What must be computed now: (agency, track, week). The next week from the agency's own weekday and hour on, and
    the current week where it was never computed. A late start finds the same answer (rulings.md 7)."""
    found = []
    near = DateRange(at.date() - WEEK, at.date() + 2 * WEEK)
    rows = PolicyInForce.objects.filter(valid__overlap=near).select_related("agency")
    for agency, track in sorted({(row.agency, row.track) for row in rows}, key=lambda r: (r[0].pk, r[1])):
        for week in _weeks_due(agency, at):
            covered = decisions.policy_of(agency.pk, track, week) is not None
            if covered and not _settled(agency, track, week, week_of(at, agency.zone) + WEEK):
                found.append((agency, track, week))
    return found


def _settled(agency: Agency, track: str, week: dt.date, following: dt.date) -> bool:
    """Whether nothing is left to start for a week: it, or the week after, has been tried, or a later one is published.

    A run made by hand for weeks ahead that merely waits does not keep this one from starting.
    """
    runs = Run.objects.filter(agency=agency, track=track, week__gte=week).exclude(state=Run.State.WITHDRAWN)
    return runs.filter(Q(week__lte=following) | Q(state=Run.State.PUBLISHED)).exists()


def _weeks_due(agency: Agency, at: dt.datetime) -> list[dt.date]:
    current = week_of(at, agency.zone)
    ready = at >= instant(current, agency.run_weekday, agency.run_hour, agency.zone)
    return [current, current + WEEK] if ready else [current]


def start_due(*, at: dt.datetime) -> list[Run]:
    """Start what is due. Two beats, or five starts by hand at once, make one run: the others are refused quietly."""
    started = []
    for agency, track, week in due(at=at):
        _note_missed(agency, track, week, at)
        try:
            started.append(start_run(agency=agency, track=track, week=week, by=None, at=at))
        except Refused:
            continue
    return started


def _note_missed(agency: Agency, track: str, week: dt.date, at) -> None:
    """Weeks between the newest run and this one were missed; they are recorded, never made up for."""
    newest = Run.objects.filter(agency=agency, track=track).aggregate(week=Max("week"))["week"]
    missed = newest + WEEK if newest else week
    while missed < min(week, week_of(at, agency.zone)):
        record_missed(agency=agency, track=track, week=missed, at=at)
        missed += WEEK


def run_week(*, agency: Agency, track: str, week: dt.date, by, at: dt.datetime, publish: bool = False) -> Run:
    """Compute a week in this process, by hand. With `publish`: publish whatever the brake says, and plan the week."""
    try:
        run = start_run(agency=agency, track=track, week=week, by=by, at=at, by_hand=True)
        work_run(job_id=run.job_id, at=at)
        run.refresh_from_db()
    except Refused as refused:
        if refused.code != "WAITING" or not publish:
            raise
        run = Run.objects.get(agency=agency, track=track, week=week, state=Run.State.WAITING)
    if publish:
        run = publish_run(run_id=run.pk, by=by, at=at, version=run.version)
        plan_week(agency=agency, week=week, by=by, at=at)
    return run


@dataclasses.dataclass(frozen=True)
class Draft:
    """A plan not yet written: rows (employee, unit, date, track), and who is eligible without a day."""

    rows: list[tuple[int, int, dt.date, str]]
    without: list[int]
    run_ids: list[int]


def draft_week(*, agency: Agency, week: dt.date) -> Draft:
    """The plan as it would be now, from the runs published for the week; writes nothing."""
    runs = decisions.published_runs(agency.pk, week)
    dates = days_of_week(week, 6)
    units = unit_settings(agency)
    off = holidays(agency.pk, week, week + dt.timedelta(days=6))
    sizes = people_in_units(list(units), dates)
    rows: list[tuple[int, int, dt.date, str]] = []
    without: set[int] = set()
    served: set[int] = set()
    for run in runs:
        home = _home(agency, dates, rows)
        rules = queries.day_rules(run.computed_under)
        for unit_id, people in _candidates(run, week).items():
            free = [person for person in people if person.employee_id not in served]
            days = [_base(units[unit_id], date, off, home, sizes) for date in dates]
            given, left = allocate(free, days, rules, week)
            rows += [(person, unit_id, date, run.track) for person, date in given]
            served |= {person for person, _date in given}
            without |= set(left)
    return Draft(rows, sorted(without - served), [run.pk for run in runs])


def _home(agency: Agency, dates, planned) -> dict[tuple[int, dt.date], int]:
    taken = WfhDay.objects.active().filter(agency=agency, date__in=dates).values_list("unit_id", "date")
    home = {(unit, date): n for unit, date, n in taken.annotate(n=Count("employee", distinct=True))}
    for _person, unit_id, date, _track in planned:
        home[unit_id, date] = home.get((unit_id, date), 0) + 1
    return home


def _base(unit, date, off, home, sizes) -> DayFacts:
    return DayFacts(
        date=date,
        working_day=is_working_day(date, off, unit.working_days),
        holiday=off.get(date, ""),
        at_home=home.get((unit.unit_id, date), 0),
        unit_size=sizes.get((unit.unit_id, date), 0),
        unit_percent=unit.percent,
    )


def _candidates(run: Run, week: dt.date) -> dict[int, list[Candidate]]:
    """Eligible people without a day this week, by unit, with what they had in the last twelve weeks. One query."""
    names: dict = {
        "agency": run.agency_id,
        "track": run.track,
        "number": run.number,
        "since": week - FAIR_OVER,
        "week": week,
        "end": week + WEEK,
    }
    found: dict[int, list[Candidate]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, names)
        for unit_id, employee_id, public_id, given, last in cursor.fetchall():
            found.setdefault(unit_id, []).append(Candidate(employee_id, str(public_id), given, last))
    return found


_CANDIDATES = """
SELECT p.unit_id, d.employee_id, e.public_id, coalesce(h.given, 0), h.last
FROM eligibility_decision d
JOIN employees_placement p ON p.id = d.placement_id
JOIN employees_employee e ON e.id = d.employee_id
LEFT JOIN (
  SELECT employee_id, count(*) AS given, max(date) AS last FROM schedules_wfhday
  WHERE agency_id = %(agency)s AND state = 'ACTIVE' AND date >= %(since)s AND date < %(week)s GROUP BY 1
) h ON h.employee_id = d.employee_id
WHERE d.agency_id = %(agency)s AND d.track = %(track)s AND d.eligible
  AND d.from_run <= %(number)s AND (d.until_run IS NULL OR d.until_run > %(number)s)
  AND NOT EXISTS (SELECT FROM schedules_wfhday w WHERE w.employee_id = d.employee_id AND w.state = 'ACTIVE'
                  AND w.date >= %(week)s AND w.date < %(end)s)
ORDER BY p.unit_id, d.employee_id
"""


@transaction.atomic
def plan_week(*, agency: Agency, week: dt.date, by, at: dt.datetime) -> Plan | None:
    """Plan and publish a week once all its tracks' runs are published; None while one is missing.

    A week that is planned stays as it is: planning it again changes nothing and returns the same plan.
    """
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)  # two planners stand in line
    standing = Plan.objects.filter(agency=agency, week=week, state=Plan.State.PUBLISHED).first()
    if standing:
        return standing
    tracks = {row.track for row in decisions.in_force(agency.pk, week)}
    if not tracks or tracks - {run.track for run in decisions.published_runs(agency.pk, week)}:
        return None
    draft = draft_week(agency=agency, week=week)
    plan = Plan.objects.create(
        agency=agency,
        week=week,
        state=Plan.State.PUBLISHED,
        run_ids=draft.run_ids,
        created_at=at,
        created_by=by,
        published_at=at,
        given=len(draft.rows),
        without=len(draft.without),
    )
    _write_days(plan, draft)
    after = {"week": week_name(week), "given": plan.given, "without": plan.without}
    record(verb="plan.publish", subject=plan, by=by, at=at, agency_id=agency.pk, after=after)
    return plan


def _write_days(plan: Plan, draft: Draft) -> None:
    rows = [(e, plan.agency_id, unit, date, track, plan.pk) for e, unit, date, track in draft.rows]
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            """INSERT INTO schedules_wfhday (employee_id, agency_id, unit_id, date, track, plan_id, slot, state, origin)
               VALUES %s""",
            rows,
            template="(%s, %s, %s, %s, %s, %s, 'FULL', 'ACTIVE', 'PLAN')",
            page_size=5_000,
        )


def plans_owed(*, at: dt.datetime) -> list[tuple[Agency, dt.date]]:
    """Weeks from now on with a published run but no plan yet: what the tick makes good if a message was lost."""
    recent = Run.objects.published().filter(week__gte=monday_of(at.date()) - WEEK).select_related("agency")
    pairs = {(run.agency, run.week) for run in recent if run.week >= week_of(at, run.agency.zone)}
    planned = set(Plan.objects.filter(state=Plan.State.PUBLISHED).values_list("agency_id", "week"))
    return sorted((p for p in pairs if (p[0].pk, p[1]) not in planned), key=lambda p: (p[0].pk, p[1]))


def preview(*, agency: Agency, track: str, week: dt.date, at: dt.datetime) -> str:
    """What a run of this week would count now; writes nothing."""
    policy = decisions.policy_of(agency.pk, track, week)
    if policy is None:
        raise Refused("NO_POLICY", _("No policy of this track is in force in that week."))
    rows = engine.verdicts(policy, engine.Scope(agency.pk, week, at)).values_list("reasons", flat=True)
    reasons = [tuple(row) for row in rows]
    return f"{len(reasons)} people, {sum(1 for row in reasons if not row)} eligible"
