"""What a person asks about their own: requests, one WFH day, wished weekdays, and whose day they could swap for."""

import dataclasses
import datetime as dt

from employees.calendar import monday_of
from employees.models import Employee
from schedules.models import Preference, Request, WfhDay

from .cover import Cover
from .person import people

TO_SUNDAY = dt.timedelta(days=6)


@dataclasses.dataclass(frozen=True)
class OwnDay:
    """One's own WFH day: freely moved, swapped or given back until `closes`, with consent until `opens`."""

    day: WfhDay
    closes: dt.datetime
    opens: dt.datetime


@dataclasses.dataclass(frozen=True)
class Swappable:
    """The days of colleagues on one date, which close at the earlier of both days' closing times."""

    date: dt.date
    days: list[WfhDay]
    closes: dt.datetime


def requests_of(employee: Employee):
    """Everything a person has asked for, drafts too, the newest first, with all that a list shows of it."""
    rows = Request.objects.filter(employee=employee)
    return rows.select_related(
        "agency",
        "supervisor",
        "holder",
        "colleague",
        "gives_up",
        "takes",
        "endorsed_by__employee",
        "decided_by__employee",
        "decided_for",
    )


def own_day(employee: Employee, day_id: int) -> OwnDay | None:
    """One's own WFH day with its closing times; None where it is not one's own or no longer there."""
    rows = WfhDay.objects.active().select_related("unit__agency")
    day = rows.filter(pk=day_id, employee=employee).first()
    if day is None:
        return None
    cover = Cover(day.unit.agency, [day.date], [day.unit_id])
    return OwnDay(day, cover.cutoff(day.unit_id, day.date), cover.opens(day.unit_id, day.date))


def swappable(own: OwnDay, *, at: dt.datetime) -> list[Swappable]:
    """Colleagues' days of the same unit, week and length that one's own could be swapped for now, by date.

    Left out: dates that have closed, on which one of the two is on leave, or has a day already. The cover of the unit
    stays the same by a swap; the rest is checked when the colleague agrees.
    """
    day, monday = own.day, monday_of(own.day.date)
    rows = WfhDay.objects.active().filter(unit=day.unit_id, date__range=(monday, monday + TO_SUNDAY), slot=day.slot)
    others = list(rows.exclude(date=day.date).exclude(employee=day.employee_id).select_related("employee"))
    if not others or at >= own.closes:
        return []
    dates = {other.date for other in others}
    cover = Cover(day.unit.agency, [day.date, *dates], [day.unit_id])
    persons = people({day.employee_id, *(other.employee_id for other in others)}, monday, monday + TO_SUNDAY)
    free = {date for date in dates if _free(persons[day.employee_id], date) and at < cover.cutoff(day.unit_id, date)}
    found: dict[dt.date, list[WfhDay]] = {}
    for other in sorted(others, key=lambda o: (o.date, o.employee.name, o.pk)):
        if other.date in free and _free(persons[other.employee_id], day.date):
            found.setdefault(other.date, []).append(other)
    return [
        Swappable(date, days, min(own.closes, cover.cutoff(day.unit_id, date))) for date, days in sorted(found.items())
    ]


def _free(person, date: dt.date) -> bool:
    return date not in person.leave and all(taken != date for _pk, taken, _slot, _origin in person.days)


def wishes_of(employee: Employee) -> list[int]:
    """The weekdays a person wishes for (1 = Monday … 6), the most wished for first."""
    row = Preference.objects.filter(employee=employee).first()
    return list(row.weekdays) if row else []
