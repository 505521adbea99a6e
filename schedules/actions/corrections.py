"""What an applied correction means for the days of its week: past and today's stay, what lies ahead is given up."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from eligibility import actions as eligibility
from eligibility import permissions
from eligibility.models import Correction, Run
from eligibility.queries import proposed_by
from employees.models import Agency, Placement, Unit, User
from employees.queries import holidays
from ledger.trail import record
from schedules import states
from schedules.models import Request, WfhDay
from schedules.notices import tell
from schedules.queries.days import allowing_many

from .giving import NOT_PLACED, NOTHING_EARNED, OVER, give_days
from .refused import Refused
from .repair import repair_person
from .requests.writing import end_day, end_early, given_back, lock_units, one_locked

TO_SUNDAY = dt.timedelta(days=6)
WEEK = dt.timedelta(days=7)


@dataclasses.dataclass(frozen=True)
class RowOutcome:
    """What became of one correction in a bulk decision; `refused`: why nothing did."""

    correction_id: int
    refused: str = ""


@transaction.atomic
def apply(*, correction_id: int, by: User, at: dt.datetime, reason: str, version: int) -> Correction:
    """Apply a correction. Whoever is no longer eligible loses the days of that track from tomorrow on, and open
    requests that lean on them end; the places are free. Whoever becomes eligible is planned the days of that week that
    the limits allow, or is told why none. The person is told once. Raises as
    `eligibility.actions.apply_correction`.
    """
    one = Correction.objects.select_related("run", "agency").get(pk=correction_id)
    _hold(one.agency_id)
    if one.is_of_days:
        return _apply_to_days(one, by, at, reason, version)
    ahead = WfhDay.objects.active().filter(
        employee=one.employee_id,
        track=one.run.track,
        date__gt=at.astimezone(one.agency.zone).date(),
        date__range=(one.run.week, one.run.week + TO_SUNDAY),
    )
    # units first, then requests and days; their own too, where a day may be given just now
    lock_units([*ahead.values_list("unit_id", flat=True), *_own_units(one)])
    one = eligibility.apply_correction(correction_id=correction_id, by=by, at=at, reason=reason, version=version)
    ended = [] if one.after_eligible else list(ahead.select_for_update().order_by("date", "pk"))
    _end_days(one, ended, by, at)
    if not one.after_eligible:
        _end_requests(one, ended, by, at)
    elif not one.before_eligible:
        _give(one, by, at)
    facts = {"by": by.pk, "reason": one.reason, "days": sorted({day.date.isoformat() for day in ended})}
    tell("decision-corrected", one, one.employee_id, at, facts=facts)
    return one


def _hold(agency_id: int) -> None:
    """Stand in line with whoever plans, repairs or corrects weeks of the agency; before any other lock."""
    Agency.objects.select_for_update(no_key=True).get(pk=agency_id)


def _own_units(one: Correction) -> list[int]:
    """The units in which the person is placed in that week."""
    own = Placement.objects.filter(employee=one.employee_id, valid__overlap=(one.run.week, one.run.week + WEEK))
    return list(own.values_list("unit_id", flat=True))


def _give(one: Correction, by: User, at: dt.datetime, most: int = 7) -> list[dict]:
    """Give the person days of that week and keep with the correction which ones, or why none."""
    run = Run.objects.select_related("policy", "agency").get(pk=one.run_id)
    found = give_days(run=run, employee_id=one.employee_id, by=by, reason=one.reason, at=at, most=most)
    results: list[dict]
    if isinstance(found, str):
        results = [{"to": None, "why": found}]
    elif found.dates:
        results = [{"to": date.isoformat()} for date in found.dates]
    else:
        stood = {"wanted": found.wanted and found.wanted.isoformat(), "used": found.used, "cap": found.cap}
        results = [{"to": None, "why": found.why, "code": found.code} | stood]
    one.days = [*one.days, *results]
    one.save(update_fields=["days"])
    return results


def _end_days(one: Correction, ended: list[WfhDay], by: User, at: dt.datetime) -> None:
    for day in ended:
        state = given_back(day)  # nobody is owed a day of a week in which they were not eligible, or had left
        end_day(day, state)
        record(
            verb="day.corrected",
            subject=day,
            by=by,
            at=at,
            agency_id=day.agency_id,
            before={"state": WfhDay.State.ACTIVE},
            after={"state": state, "correction": one.pk},
        )


def _apply_to_days(one: Correction, by: User, at: dt.datetime, reason: str, version: int) -> Correction:
    """What falls away: for a day off the repair of the week, for this person alone; for whoever left, the days end.
    What is given back: a day by the planner. The agency is held already; its units follow, as by any other repair."""
    reopened = one.cause == Correction.Cause.REOPENED
    every = Unit.objects.filter(agency=one.agency_id).values_list("pk", flat=True)
    lock_units(_own_units(one) if reopened else every)
    one = eligibility.apply_correction(correction_id=one.pk, by=by, at=at, reason=reason, version=version)
    today = at.astimezone(one.agency.zone).date()
    named = [date for day in one.days if (date := dt.date.fromisoformat(day["date"])) >= today]
    off = holidays(one.agency_id, one.run.week, one.run.week + TO_SUNDAY)
    if reopened:
        return _give_back(one, [date for date in named if date not in off], by, at)
    if one.cause == Correction.Cause.CALENDAR:
        named = [date for date in named if date in off]
    rows = WfhDay.objects.active().filter(employee=one.employee_id, agency=one.agency_id, date__in=named)
    days = list(rows.select_for_update().order_by("date", "pk"))
    if not days:
        raise _needless()
    dates = sorted({day.date for day in days})
    if one.cause == Correction.Cause.CALENDAR:
        found = repair_person(
            by=by, agency=one.agency, employee_id=one.employee_id, dates=dates, reason=one.reason, at=at
        )
        to = {(line.day.date.isoformat(), line.day.slot): line.date for line in found}
        moved = [to.get((day["date"], day["slot"])) for day in one.days]
        one.days = [day | {"to": date and date.isoformat()} for day, date in zip(one.days, moved, strict=True)]
        one.save(update_fields=["days"])
        return one  # the repair tells
    _end_days(one, days, by, at)
    _end_of_days(one, days, dates, by, at)
    facts = {"by": by.pk, "reason": one.reason, "days": [date.isoformat() for date in dates]}
    tell("decision-corrected", one, one.employee_id, at, facts=facts)
    return one


def _give_back(one: Correction, dates: list[dt.date], by: User, at: dt.datetime) -> Correction:
    """A day for each date that is no day off any more; nothing where the person lacks none by now."""
    results = _give(one, by, at, most=len(dates)) if dates else []
    if not results or results[0].get("why") in (OVER, NOT_PLACED, NOTHING_EARNED):
        raise _needless()
    tell("decision-corrected", one, one.employee_id, at, facts={"by": by.pk, "reason": one.reason})
    return one


def _needless() -> eligibility.Refused:
    text = _("These days are over, or what they needed has been done already; there is nothing to do.")
    return eligibility.Refused("NEEDLESS", text)


@transaction.atomic
def dismiss(*, correction_id: int, by: User, at: dt.datetime, reason: str, version: int) -> Correction:
    """Dismiss a correction: what was published stays. Whoever proposed it learns why; so does the person where they
    had been told that their objection is upheld. Raises as `eligibility.actions.dismiss_correction`."""
    one = eligibility.dismiss_correction(correction_id=correction_id, by=by, at=at, reason=reason, version=version)
    facts = {"by": by.pk, "reason": one.reason}
    if one.cause == Correction.Cause.OBJECTION:
        tell("decision-dismissed", one, one.employee_id, at, facts=facts)
    proposer = _proposer(one)
    if proposer is not None and proposer not in (one.employee_id, by.employee_id):
        tell("decision-unapplied", one, proposer, at, key="proposer", facts=facts)
    return one


def _proposer(one: Correction) -> int | None:
    """Who proposed a correction last, as a person; None: the machine, or an account of nobody."""
    last = proposed_by(one)
    return User.objects.filter(pk=last).values_list("employee_id", flat=True).first() if last else None


def _end_requests(one: Correction, ended: list[WfhDay], by: User, at: dt.datetime) -> None:
    """Requests that lean on an ended day; and where no track allows the week any more, all of the person for days
    ahead of it. Their readers learn that the decision was corrected, never why (rulings.md 22)."""
    today = at.astimezone(one.agency.zone).date()
    days = [day.pk for day in ended]
    leaning = Q(gives_up__in=days) | Q(takes__in=days)
    if not allowing_many(one.agency_id, one.run.week, [one.employee_id]):
        last = one.run.week + TO_SUNDAY
        leaning |= Q(employee=one.employee_id, date__gt=today, date__range=(one.run.week, last))
    _end(leaning, by, at)


def _end_of_days(one: Correction, ended: list[WfhDay], dates: list[dt.date], by: User, at: dt.datetime) -> None:
    days = [day.pk for day in ended]
    _end(Q(gives_up__in=days) | Q(takes__in=days) | Q(employee=one.employee_id, date__in=dates), by, at)


def _end(leaning: Q, by: User, at: dt.datetime) -> None:
    rows = Request.objects.filter(leaning, state__in=states.OPEN).exclude(kind=Request.Kind.RECUR)
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        request = one_locked(pk)
        if request.state in states.OPEN:  # not decided while this stood in line
            end_early(request, "CORRECTION", request.date, by=by, at=at)


def decide_many(
    *, versions: dict[int, int], apply_them: bool, by: User, at: dt.datetime, reason: str
) -> list[RowOutcome]:
    """Apply or dismiss several corrections (id → version looked at) with one reason, each for itself: one that is
    refused keeps no other back."""
    decide = apply if apply_them else dismiss
    outcomes = []
    for pk in _known(versions):
        try:
            decide(correction_id=pk, by=by, at=at, reason=reason, version=versions[pk])
            outcomes.append(RowOutcome(pk))
        except (eligibility.Refused, Refused, permissions.Denied) as refused:
            outcomes.append(RowOutcome(pk, str(refused)))
    found = {one.correction_id for one in outcomes}
    return outcomes + [RowOutcome(pk, _("There is no such correction.")) for pk in versions if pk not in found]


def _known(versions: Iterable[int]) -> list[int]:
    return list(Correction.objects.filter(pk__in=list(versions)).order_by("pk").values_list("pk", flat=True))
