"""The week from end to end: what is due is started, a run is worked on, a published run is planned."""

import datetime as dt

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from eligibility import queries as decisions
from eligibility.actions import Refused, publish_run, record_missed, start_run, work_run
from eligibility.models import PolicyInForce, Run
from employees.calendar import instant, monday_of, week_name, week_of
from employees.models import Agency
from schedules.models import Plan

from .plans import is_over, plan_week

WEEK = dt.timedelta(days=7)


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
    gone = Q(state=Run.State.WITHDRAWN) & ~Q(hold=Run.Hold.BY_HAND)  # not those that a person took back
    runs = Run.objects.filter(agency=agency, track=track, week__gte=week).exclude(gone)
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
    """Compute a week in this process, by hand. With `publish`: publish whatever the brake says, and plan the week
    while it has a day ahead."""
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
        if not is_over(agency, week, at):
            plan_week(agency=agency, week=week, by=by, at=at, publish=True)
    return run


def run_by_hand(*, agency: Agency, track: str, week: dt.date, by, at: dt.datetime, publish: bool = False) -> Run:
    """`run_week`, refused (TOO_EARLY) beyond next week: publishing it would freeze the weeks before."""
    last = week_of(at, agency.zone) + WEEK
    if week > last:
        text = _("%(week)s lies too far ahead: publishing it would freeze the weeks before. Compute %(last)s first.")
        raise Refused("TOO_EARLY", text % {"week": week_name(week), "last": week_name(last)})
    return run_week(agency=agency, track=track, week=week, by=by, at=at, publish=publish)


def plans_owed(*, at: dt.datetime) -> list[tuple[Agency, dt.date]]:
    """Weeks from now on with a published run but neither plan nor draft: what the tick makes good."""
    recent = Run.objects.published().filter(week__gte=monday_of(at.date()) - WEEK).select_related("agency")
    pairs = {(run.agency, run.week) for run in recent if run.week >= week_of(at, run.agency.zone)}
    planned = set(Plan.objects.exclude(state=Plan.State.SUPERSEDED).values_list("agency_id", "week"))
    return sorted((p for p in pairs if (p[0].pk, p[1]) not in planned), key=lambda p: (p[0].pk, p[1]))
