"""Mending a published week: a holiday declared later, or a unit's emergency. One look, one click, each told once.

Whoever had a WFH day on the date gets another day of the week where one is possible under cover, the owed first; where
none is, the day is lost and owed. It is a new revision of the plan, with its reason.
"""

import dataclasses
import datetime as dt
import hashlib
from collections import Counter
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from eligibility import permissions
from eligibility import queries as decisions
from eligibility.rules import DayRule
from employees.actions import declare_holiday
from employees.calendar import days_of_week, monday_of
from employees.models import Agency, Employee, Holiday, Placement, Unit, User
from ledger.trail import record
from schedules import queries, states
from schedules.models import Plan, Request, UnitRule, WfhDay
from schedules.notices import tell_each
from schedules.planning import Candidate, allocate
from schedules.queries.cover import Cover
from schedules.queries.fairness import owed_by
from schedules.queries.limits import limits, working_dates

from .refused import Refused
from .requests.writing import end_early, lock_units, one_locked
from .revising import revise
from .unit_rules import set_rule

MOST = 20_000  # days in one repair; more is a new plan


@dataclasses.dataclass(frozen=True)
class Mended:
    """One affected person: the day that cannot be, and the day instead (None: lost, and owed)."""

    day: WfhDay
    employee: Employee
    date: dt.date | None


@dataclasses.dataclass(frozen=True)
class Proposal:
    """What a repair would do. `digest` is of all of it: what was looked at is what is done."""

    agency: Agency
    dates: list[dt.date]
    unit: Unit | None
    lines: list[Mended]
    employee_id: int | None = None  # of one person only

    @property
    def digest(self) -> str:
        text = ";".join(f"{line.day.pk}:{line.date}" for line in self.lines)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def lost(self) -> int:
        return sum(1 for line in self.lines if line.date is None)


def propose_repair(
    *, agency: Agency, dates: list[dt.date], unit: Unit | None, at: dt.datetime, employee_id: int | None = None
) -> Proposal:
    """Who is affected when these dates of one week fall away in an agency, in a unit and everything below it or for one
    person, and which other day each would get; writes nothing.

    Raises `Refused`: NO_DATES, TWO_WEEKS, PAST, TOO_MANY."""
    if not dates:
        raise Refused("NO_DATES", _("Choose at least one date."))
    week = monday_of(min(dates))
    if monday_of(max(dates)) != week:
        raise Refused("TWO_WEEKS", _("Repair one week at a time."))
    affected = _affected(agency, dates, unit, employee_id)
    if len(affected) > MOST:
        raise Refused("TOO_MANY", _("More than 20,000 days are affected; repair unit by unit."))
    cover = Cover(agency, days_of_week(week, 6))
    if min(dates) < at.astimezone(agency.zone).date():
        raise Refused("PAST", _("That date is past; what has been, stays."))
    lines: list[Mended] = []
    by_group: dict[tuple[int, str], list[WfhDay]] = {}
    for day in affected:
        by_group.setdefault((day.unit_id, day.track), []).append(day)
        cover.move(day.unit_id, day.date, day.slot, -1)
    known = _known(agency, affected, week)
    for (unit_id, track), days in sorted(by_group.items()):
        lines += _mend(cover, known, unit_id, track, days, set(dates), at)
    return Proposal(agency, sorted(dates), unit, lines, employee_id)


def _affected(agency: Agency, dates: list[dt.date], unit: Unit | None, employee_id: int | None) -> list[WfhDay]:
    rows = WfhDay.objects.active().filter(agency=agency, date__in=dates)
    if employee_id is not None:
        rows = rows.filter(employee=employee_id)
    if unit is not None:
        rows = rows.filter(unit__path__within=unit.path)
    return list(rows.select_related("employee", "plan").order_by("unit_id", "employee_id", "date")[: MOST + 1])


@dataclasses.dataclass
class _Known:
    """What mending asks of the affected people and of their week, read once for all of them."""

    tracks: dict[str, tuple[list[DayRule], set[int]]]  # the rules of the track's published run; who is eligible at it
    people: dict[int, queries.Person]
    owed: dict[int, int]
    places: dict[int, list[tuple[int, str, DateRange]]]  # unit, post and time, the earlier first

    def elsewhere(self, pk: int, unit_id: int, dates: list[dt.date]) -> set[dt.date]:
        """The dates on which somebody is not placed in a unit."""
        spans = [valid for unit, _post, valid in self.places.get(pk, ()) if unit == unit_id]
        return {date for date in dates if not any(date in span for span in spans)}

    def post(self, pk: int, unit_id: int) -> str:
        return next((post for unit, post, _v in reversed(self.places.get(pk, ())) if unit == unit_id), "")


def _known(agency: Agency, affected: list[WfhDay], week: dt.date) -> _Known:
    ids = sorted({day.employee_id for day in affected})
    tracks = {
        run.track: (queries.day_rules(run.computed_under), decisions.eligible_at(run, ids))
        for run in decisions.published_runs(agency.pk, week)
    }
    rows = Placement.objects.filter(employee__in=ids, valid__overlap=DateRange(week, week + dt.timedelta(days=7)))
    places: dict[int, list[tuple[int, str, DateRange]]] = {}
    for pk, unit_id, post, valid in rows.order_by("valid").values_list("employee_id", "unit_id", "job_title", "valid"):
        places.setdefault(pk, []).append((unit_id, post, valid))
    return _Known(tracks, queries.people(ids, week, week), owed_by(agency.pk, ids, week), places)


def _mend(
    cover: Cover, known: _Known, unit_id: int, track: str, days: list[WfhDay], closed: set[dt.date], at
) -> list[Mended]:
    """The planner's own choice among the days that are left, for everybody of one unit with days by one track. Whoever
    is not eligible under the track's policy (any more), or whose track decided nothing for the week, gets no other."""
    today = cover.today(unit_id, at)
    dates = [d for d in working_dates(cover, unit_id) if d not in closed and d > today]
    rules, eligible = known.tracks.get(track, ([], set()))
    # A fixed weekday that falls away may move as it does on request: the repair is HR's consent to it.
    bounds = limits(cover, unit_id, dates, rules, on_request=True)
    earned = Counter(day.employee_id for day in days if day.employee_id in eligible)
    candidates = [
        Candidate(
            pk,
            pk,
            earned=earned[pk],
            owed=known.owed.get(pk, 0),
            away=frozenset(known.people[pk].leave)
            | {date for _i, date, _s, _o in known.people[pk].days}
            | known.elsewhere(pk, unit_id, dates),
            post=known.post(pk, unit_id),
        )
        for pk in sorted({day.employee_id for day in days})
    ]
    given = {one.employee_id: list(one.dates) for one in allocate(candidates, dates, bounds)}
    found = []
    for day in days:
        left = given[day.employee_id]
        found.append(Mended(day, day.employee, left.pop(0) if left else None))
    for line in found:
        if line.date:  # taken for whoever is mended next, by another track
            cover.move(unit_id, line.date, line.day.slot, 1, known.post(line.employee.pk, unit_id))
            known.people[line.employee.pk].days.append((0, line.date, line.day.slot, WfhDay.Origin.REPAIR))
    return found


@transaction.atomic
def repair_week(
    *,
    by: User,
    agency: Agency,
    dates: list[dt.date],
    unit: Unit | None,
    reason: str,
    at: dt.datetime,
    digest: str,
    kind: str = "EMERGENCY",
) -> Plan:
    """Do what `propose_repair` showed. `kind`: EMERGENCY closes the dates to WFH in the unit (a black-out), HOLIDAY
    declares them a day off of the agency, CALENDAR only mends after a holiday that is declared already.

    Raises `eligibility.permissions.Denied`, or `Refused`: REASON_MISSING, NO_PLAN, CHANGED, and those of the proposal.
    """
    permissions.check_may_publish(by, agency.pk)
    if not reason.strip():
        raise Refused("REASON_MISSING", _("Give a reason: everybody affected reads it and it stays on record."))
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    lock_units(_within(agency, unit).values_list("pk", flat=True))  # nobody gives a day while these are looked at
    _close_dates(by, agency, dates, unit, reason.strip(), at, kind)
    proposal = propose_repair(agency=agency, dates=dates, unit=unit, at=at)
    if proposal.digest != digest:
        raise Refused("CHANGED", _("Days, leave or unit rules changed since this list was made. Look at it again."))
    return _mended(proposal, kind, by, reason.strip(), at)


def repair_person(
    *, by: User, agency: Agency, employee_id: int, dates: list[dt.date], reason: str, at: dt.datetime
) -> list[Mended]:
    """Mend one person's days of a week on dates that are days off already. The caller has asked whether `by` may, and
    holds the agency and its units. Raises `Refused`: NO_PLAN, and those of the proposal."""
    proposal = propose_repair(agency=agency, dates=dates, unit=None, at=at, employee_id=employee_id)
    _mended(proposal, "CALENDAR", by, reason, at)
    return proposal.lines


def _mended(proposal: Proposal, kind: str, by: User, reason: str, at) -> Plan:
    """Write what was proposed: a new revision, its days, the requests that end with them."""
    plan = revise(by, proposal.agency, monday_of(min(proposal.dates)), reason, at)
    _write(plan, proposal, by, reason, at)
    _end_requests(proposal, kind, by, reason, at)
    after: dict[str, Any] = {
        "revision": plan.revision,
        "moved": len(proposal.lines) - proposal.lost,
        "lost": proposal.lost,
    }
    after["dates"] = [date.isoformat() for date in proposal.dates]
    record(verb="plan.revise", subject=plan, by=by, at=at, agency_id=plan.agency_id, reason=reason, after=after)
    return plan


def _within(agency: Agency, unit: Unit | None):
    """The unit and all below it; without one, every unit of the agency."""
    rows = Unit.objects.filter(agency=agency)
    return rows.filter(path__within=unit.path) if unit is not None else rows


def _close_dates(by: User, agency: Agency, dates, unit: Unit | None, reason: str, at, kind: str) -> None:
    """The dates are closed first, so that the other days are found with them closed and no request asks for them."""
    for date in dates:
        if kind == "HOLIDAY" and unit is None:
            declare_holiday(
                agency=agency, date=date, name=reason[:200], kind=Holiday.Kind.NATIONAL, source="", by=by, at=at
            )
        elif kind == "EMERGENCY":
            set_rule(
                by=by,
                agency=agency,
                unit=unit,
                kind=UnitRule.Kind.BLACKOUT,
                since=date,
                last=date,
                date=date,
                reason=reason[:200],
                at=at,
            )


def _write(plan: Plan, proposal: Proposal, by: User, reason: str, at) -> None:
    moved = [line for line in proposal.lines if line.date]
    lost = [line for line in proposal.lines if not line.date]
    WfhDay.objects.filter(pk__in=[line.day.pk for line in moved]).update(state=WfhDay.State.REPLACED)
    WfhDay.objects.filter(pk__in=[line.day.pk for line in lost]).update(state=WfhDay.State.LOST)
    WfhDay.objects.bulk_create([_instead(plan, line.day, line.date) for line in moved if line.date], batch_size=2_000)
    planned = sum(1 for line in lost if line.day.plan_id)  # a day given on request was never among those of the plan
    Plan.objects.filter(pk=plan.pk).update(given=plan.given - planned, version=F("version") + 1)
    plan.refresh_from_db()
    common = {"reason": reason, "by": by.pk}
    for line in moved:
        line.day.plan_id = plan.pk
    tell_each(
        [
            (
                "day-repaired" if line.date else "day-lost",
                line.day,
                line.day.employee_id,
                str(plan.pk),
                common | ({"to": line.date.isoformat()} if line.date else {}),
            )
            for line in proposal.lines
        ],
        at=at,
    )


def _instead(plan: Plan, day: WfhDay, date: dt.date) -> WfhDay:
    return WfhDay(
        employee_id=day.employee_id,
        agency_id=day.agency_id,
        unit_id=day.unit_id,
        date=date,
        slot=day.slot,
        origin=WfhDay.Origin.REPAIR,
        track=day.track,
        plan=plan,
        replaces=day,
    )


def _end_requests(proposal: Proposal, kind: str, by: User, reason: str, at) -> None:
    """Open requests for the closed dates, or giving up a day that is gone, can no longer be met: they end now. A fixed
    weekday that begins on one of them goes on."""
    days = {line.day.pk for line in proposal.lines}
    rows = Request.objects.filter(state__in=states.OPEN, agency=proposal.agency).exclude(kind=Request.Kind.RECUR)
    asking = Q(date__in=proposal.dates)
    if proposal.employee_id is not None:
        asking &= Q(employee=proposal.employee_id)
    hanging = rows.filter(asking | Q(gives_up__in=days) | Q(takes__in=days)).order_by("pk")
    for found in list(hanging):
        if not {found.gives_up_id, found.takes_id} & days and not queries.placed_within(found, proposal.unit):
            continue
        request = one_locked(found.pk)
        if request.state in states.OPEN:  # not decided while this stood in line
            cause = "EMERGENCY" if kind == "EMERGENCY" else "HOLIDAY"
            end_early(request, cause, _closed(request, proposal.dates), by=by, at=at, reason=reason)


def _closed(request: Request, dates: list[dt.date]) -> dt.date:
    """Which of the closed dates a request can no longer be met for: the one asked for, else a day given up or taken."""
    days = [day.date for day in (request.gives_up, request.takes) if day]
    return next(date for date in [request.date, *days] if date in dates)
