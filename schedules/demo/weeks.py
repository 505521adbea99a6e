"""The demo's weeks: the last ones published, requests about them, and the draft that waits for the HR head."""

import datetime as dt

from eligibility.actions import publish_run, put_in_force
from eligibility.models import PolicyInForce, Run
from employees.calendar import instant, monday_of, week_of
from employees.models import Agency, User
from employees.staging import MANY, analyze
from schedules.actions.plans import plan_week
from schedules.actions.weekly import run_week

from .asking import ask, stand_ins
from .people import AgencySpec, cast_of

WEEK = dt.timedelta(days=7)
WEEKS = 4  # published: the current one and those before it


def publish_weeks(spec: AgencySpec, at: dt.datetime) -> bool:
    """Publish the last weeks, oldest first, each on the agency's day of the week before, and draft the one after the
    last. Whether anything was done."""
    agency = Agency.objects.get(code=spec.code)
    head = User.objects.get(employee__nip=cast_of(spec.code)["hr_head"].nip)
    current = week_of(at, agency.zone)
    track = _track(agency, spec, head, current, at)
    published = set(Run.objects.published().filter(agency=agency).values_list("week", flat=True))
    weeks = (current - n * WEEK for n in reversed(range(WEEKS)))
    missing = [week for week in weeks if week > max(published, default=current - WEEKS * WEEK)]
    for week in missing:
        due = instant(week - WEEK, agency.run_weekday, agency.run_hour, agency.zone)
        run_week(agency=agency, track=track, week=week, by=head, at=min(due, at), publish=True)
        analyze("eligibility_decision", "schedules_wfhday", "schedules_allotment", rows=MANY)
    if not missing:
        return False
    stand_ins(spec, agency, at)
    following = current + WEEK
    if not ask(spec, agency, at):  # too late in the week: the next one is due about now anyway
        run_week(agency=agency, track=track, week=following, by=head, at=at, publish=True)
        ask(spec, agency, at)
        following += WEEK
    _draft(agency, track, following, head, at)
    return True


def _track(agency: Agency, spec: AgencySpec, head: User, current: dt.date, at: dt.datetime) -> str:
    """The track of the policy in force; an agency that has one keeps it."""
    there = PolicyInForce.objects.filter(agency=agency, valid__contains=current).first()
    since = monday_of(current - 26 * WEEK)
    row = there or put_in_force(agency=agency, policy_code=spec.policy, since=since, by=head, at=at)
    return row.track


def _draft(agency: Agency, track: str, week: dt.date, head: User, at: dt.datetime) -> None:
    """Decisions published, the plan a draft."""
    run = run_week(agency=agency, track=track, week=week, by=head, at=at)
    publish_run(run_id=run.pk, by=head, at=at, version=run.version)
    plan_week(agency=agency, week=week, by=None, at=at)
