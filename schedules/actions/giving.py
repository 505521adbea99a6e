"""Days given to one person of a published week afterwards, by the planner's own rules: a new revision of the plan."""

import datetime as dt

from django.db.models import F, Sum

from eligibility.models import Run
from employees.calendar import days_of_week
from employees.models import Placement, User
from ledger.trail import record
from schedules import queries
from schedules.models import Allotment, Plan, UnitPlan, WfhDay
from schedules.planning import Given, allocate
from schedules.queries import fairness
from schedules.queries.cover import Cover
from schedules.queries.limits import is_fixed, limits, working_dates

from .plans import room_text
from .revising import revise

WEEK = dt.timedelta(days=7)
LENGTHS = {"FULL": 2, "AM": 1, "PM": 1}  # in half-days
# Why there was nothing to plan, as sentences are made of it (`wording`); the planner's own answers: `Allotment.Why`.
NO_PLAN, OVER, NOT_PLACED, NOTHING_EARNED = "NO_PLAN", "OVER", "NOT_PLACED", "NOTHING_EARNED"


def give_days(
    *, run: Run, employee_id: int, by: User | None, reason: str, at: dt.datetime, most: int = 7
) -> Allotment | str:
    """Plan somebody who is eligible at a published run the days of that week that their rating earns and that they do
    not have, `most` at most, under the limits as they are now. The caller holds the agency and the person's units.

    Returns what the planner gave and why, be it no day, or a code for why there was nothing to plan. Nobody else's day
    is moved for it.
    """
    plan = Plan.objects.filter(agency=run.agency_id, week=run.week, state=Plan.State.PUBLISHED).first()
    units = Placement.objects.filter(
        employee=employee_id, agency=run.agency_id, valid__overlap=(run.week, run.week + WEEK)
    ).values_list("unit_id", flat=True)
    if not units:
        return NOT_PLACED
    cover = Cover(run.agency, days_of_week(run.week, 6), units)
    rules = queries.day_rules(run.computed_under)
    found = next(iter(fairness.candidates(run, run.week, rules, cover, only=employee_id)), None)
    if found is None:
        return NOT_PLACED
    unit_id, (person,) = found
    dates = [date for date in working_dates(cover, unit_id) if date > cover.today(unit_id, at)]
    if not dates:
        return OVER
    if plan is None:
        return NO_PLAN
    person.earned = min(person.earned, most)
    if not person.earned:
        return NOTHING_EARNED
    bounds = limits(cover, unit_id, dates, rules)
    (given,) = allocate([person], dates, bounds, fixed=is_fixed(rules))
    one = _allotment(run, employee_id, unit_id, given)
    if one.dates or one.earned:
        _write(plan, one, {run.track: room_text(bounds, dates)}, by, reason, at)
    return one


def _allotment(run: Run, employee_id: int, unit_id: int, given: Given) -> Allotment:
    """What the planner gave one person alone, as the plan of the week keeps it; not saved."""
    return Allotment(
        agency_id=run.agency_id,
        employee_id=employee_id,
        unit_id=unit_id,
        week=run.week,
        track=run.track,
        earned=max(given.earned - _owed_of_week(employee_id, run.week), 0),
        dates=given.dates,
        why=given.why,
        rank=given.rank,
        place=0,  # alone: there was no order
        owed=max(min(given.owed / 2, 99.0), -99.0),
        wanted=given.wanted,
        code=given.code,
        used=given.used,
        cap=given.cap,
    )


def _owed_of_week(employee_id: int, week: dt.date) -> int:
    """Whole days that published plans of the week have counted as earned and that were neither had nor given back:
    they are not earned a second time."""
    rows = Allotment.objects.filter(employee=employee_id, week=week).exclude(plan__state=Plan.State.DRAFT)
    earned = rows.aggregate(days=Sum("earned"))["days"] or 0
    ended = [WfhDay.State.ACTIVE, WfhDay.State.RETURNED]
    days = WfhDay.objects.filter(employee=employee_id, date__gte=week, date__lt=week + WEEK, state__in=ended)
    had = sum(LENGTHS[slot] for slot in days.values_list("slot", flat=True))
    return max(earned - had // 2, 0)


def _write(old: Plan, one: Allotment, room: dict, by: User | None, reason: str, at: dt.datetime) -> None:
    plan = revise(by, old.agency, old.week, reason, at)
    one.plan = plan
    one.save(force_insert=True)
    line = UnitPlan(plan=plan, unit_id=one.unit_id, people=1, earned=one.earned, given=len(one.dates), room=room)
    line.save(force_insert=True)
    WfhDay.objects.bulk_create(
        WfhDay(
            employee_id=one.employee_id,
            agency_id=one.agency_id,
            unit_id=one.unit_id,
            date=date,
            track=one.track,
            plan=plan,
            origin=WfhDay.Origin.PLAN,
        )
        for date in one.dates
    )
    Plan.objects.filter(pk=plan.pk).update(
        earned=F("earned") + one.earned, given=F("given") + len(one.dates), version=F("version") + 1
    )
    after = {"revision": plan.revision, "given": len(one.dates), "dates": [date.isoformat() for date in one.dates]}
    record(verb="plan.revise", subject=plan, by=by, at=at, agency_id=plan.agency_id, reason=reason, after=after)
