"""Who is where: a supervisor's team, or a unit, over some weeks. Constant queries; why somebody is away is not said."""

import dataclasses
import datetime as dt

from django.db.models import Exists, OuterRef, Q
from psycopg2.extras import DateRange

from employees.calendar import days_of_week, week_name
from employees.models import Agency, Employee, Placement, Unit
from schedules.models import Plan, WfhDay
from schedules.permissions import serves, stands_in_for

from .cover import Cover
from .heatmap import Cell, Heatmap, HeatRow, heatmap, of_cover
from .person import Person, people

__all__ = ["Cell", "HeatRow", "Heatmap", "heatmap"]

SHOWN = 100  # people on one page


@dataclasses.dataclass(frozen=True)
class Bosses:
    """In whose name a user looks at a team: their own, and those for whom they stand in today."""

    me: int
    lenders: dict[int, Employee]

    @property
    def ids(self) -> set[int]:
        return {self.me, *self.lenders} - {0}


@dataclasses.dataclass(frozen=True)
class Where:
    """Where one person is on one date; `recall` is the WFH day that the reader may still call back."""

    date: dt.date
    status: str  # WFH, OFFICE, AWAY, HOLIDAY, OFF, NONE (not placed there on that date)
    slot: str = "FULL"
    recall: int | None = None


@dataclasses.dataclass(frozen=True)
class Member:
    employee: Employee
    unit: Unit
    days: list[Where]


@dataclasses.dataclass(frozen=True)
class TeamDay:
    """One date of a team: who is where, and how each of its units stands."""

    date: dt.date
    today: bool
    units: list[tuple[Unit, Cell]]
    people: list[tuple[Member, Where]]

    def _of(self, *statuses: str) -> list[tuple[Member, Where]]:
        return [(member, where) for member, where in self.people if where.status in statuses]

    @property
    def home(self) -> list[tuple[Member, Where]]:
        return self._of("WFH")

    @property
    def office(self) -> list[tuple[Member, Where]]:
        return self._of("OFFICE")

    @property
    def away(self) -> list[tuple[Member, Where]]:
        return self._of("AWAY")

    @property
    def closed(self) -> list[tuple[Member, Where]]:
        return self._of("HOLIDAY", "OFF")


@dataclasses.dataclass(frozen=True)
class TeamWeek:
    monday: dt.date
    name: str
    planned: bool
    days: list[TeamDay]
    members: list[Member]
    heat: Heatmap


def bosses(user) -> Bosses:
    """The supervisors whose team a user sees and may call back."""
    me = user.reach.me
    return Bosses(me if serves(user) else 0, stands_in_for(me) if me else {})


def placed(agency: Agency, first: dt.date, last: dt.date, *, unit: Unit | None, of: Bosses):
    """Placements between two dates, both included: of a unit, or without one of the people of these supervisors."""
    rows = Placement.objects.filter(agency=agency, valid__overlap=DateRange(first, last, "[]"))
    whose = Q(unit=unit) if unit else Q(supervisor__in=of.ids)
    return rows.filter(whose).select_related("employee", "unit").order_by("employee__name", "employee_id", "valid")


def team(
    agency: Agency,
    mondays: list[dt.date],
    *,
    of: Bosses,
    at: dt.datetime,
    unit: Unit | None = None,
    start: int = 0,
) -> tuple[list[TeamWeek], int]:
    """The weeks of a team (or of a unit) and how many people it has; at most `SHOWN` of them from `start` on.

    The counts of the units are those of everybody there, also of those not shown.
    """
    dates = sorted(date for monday in mondays for date in days_of_week(monday, 6))
    rows = list(placed(agency, dates[0], dates[-1], unit=unit, of=of))
    order = list(dict.fromkeys(row.employee_id for row in rows))
    shown = set(order[start : start + SHOWN])
    units = {row.unit_id: row.unit for row in rows} if unit is None else {unit.pk: unit}
    if not units:
        return [], 0
    cover = Cover(agency, dates, units)
    persons = people(shown, dates[0], dates[-1])
    by_person: dict[int, list[Placement]] = {}
    for row in rows:
        if row.employee_id in shown:
            by_person.setdefault(row.employee_id, []).append(row)
    heat = of_cover(cover, sorted(units.values(), key=lambda u: u.path))
    published = Plan.objects.filter(agency=agency, week__in=mondays, state=Plan.State.PUBLISHED)
    plans = set(published.values_list("week", flat=True))
    span = max([5, *(cover.settings[pk].working_days for pk in units)])
    weeks = []
    for monday in mondays:
        days = days_of_week(monday, span)
        members = [
            Member(
                places[0].employee,
                places[-1].unit,
                [_where(cover, of, persons[pk], _on(places, date), date, at) for date in days],
            )
            for pk, places in by_person.items()
        ]
        weeks.append(_week(monday, days, members, heat, monday in plans, local_today(agency, at)))
    return weeks, len(order)


def local_today(agency: Agency, at: dt.datetime) -> dt.date:
    return at.astimezone(agency.zone).date()


def _week(monday, days, members: list[Member], heat: Heatmap, planned: bool, today: dt.date) -> TeamWeek:
    made = [
        TeamDay(date, date == today, heat.on(date), [(member, member.days[n]) for member in members])
        for n, date in enumerate(days)
    ]
    part = Heatmap(days, [HeatRow(row.unit, [c for c in row.cells if c.date in days]) for row in heat.rows])
    return TeamWeek(monday, week_name(monday), planned, made, members, part)


def _on(places: list[Placement], date: dt.date) -> Placement | None:
    for place in places:
        if (place.valid.lower or date) <= date and (place.valid.upper is None or date < place.valid.upper):
            return place
    return None


def _where(cover: Cover, of: Bosses, person: Person, place: Placement | None, date: dt.date, at) -> Where:
    if place is None:
        return Where(date, "NONE")
    if date in cover.off:
        return Where(date, "HOLIDAY")
    if not cover.working(place.unit_id, date):
        return Where(date, "OFF")
    if date in person.leave:
        return Where(date, "AWAY")
    mine = [(pk, slot) for pk, d, slot, _origin in person.days if d == date]
    if not mine:
        return Where(date, "OFFICE")
    pk, slot = mine[0]
    theirs = place.supervisor_id in of.ids and place.employee_id not in {of.me, *of.lenders}
    in_time = at < cover.cutoff(place.unit_id, date)
    return Where(date, "WFH", "FULL" if len(mine) > 1 else slot, pk if theirs and in_time else None)


@dataclasses.dataclass(frozen=True)
class Recallable:
    """A WFH day about to be recalled: until when that is possible, and how much notice the person would get."""

    day: WfhDay
    closes: dt.datetime
    hours: int  # until the office opens on that day
    there: bool  # it is still a WFH day
    open: bool


def day_seen(user, day_id: int, *, at: dt.datetime) -> Recallable | None:
    """A day that this user may see: of their team on that date or of one they stand in for, their own, or of those
    their grants cover. Whether they may recall it is asked apart (`permissions.check_may_recall`)."""
    theirs = Placement.objects.filter(
        employee=OuterRef("employee"), supervisor__in=bosses(user).ids, valid__contains=OuterRef("date")
    )
    visible = Q(Exists(theirs)) | Q(employee__in=Employee.objects.visible_to(user))
    day = WfhDay.objects.filter(visible, pk=day_id).select_related("employee", "unit__agency").first()
    if day is None:
        return None
    cover = Cover(day.unit.agency, [day.date], [day.unit_id])
    closes = cover.cutoff(day.unit_id, day.date)
    hours = int((cover.opens(day.unit_id, day.date) - at).total_seconds() // 3600)
    return Recallable(day, closes, hours, day.state == WfhDay.State.ACTIVE, at < closes)


def oversees(user) -> bool:
    """Whether the user's grants cover any unit; nothing is asked of those without grants."""
    return bool(user.reach.grants) and Unit.objects.visible_to(user).exists()


def units_found(user, text: str, limit: int = 20) -> list[Unit]:
    """Units that the user's grants cover, by a part of the name or the code."""
    rows = Unit.objects.visible_to(user).select_related("agency")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(code__iexact=text))
    return list(rows.order_by("path")[:limit])
