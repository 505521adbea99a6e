"""A person's own leave and WFH days, and the parts of a day that they take."""

import dataclasses
import datetime as dt
from calendar import monthrange
from collections.abc import Iterable
from decimal import Decimal

from psycopg2.extras import DateRange

from employees.calendar import monday_of
from employees.models import Leave
from schedules.models import WfhDay

HALVES = (0, 1)  # morning, afternoon
OF_SLOT = {"FULL": HALVES, "AM": (0,), "PM": (1,)}
LENGTH = {"FULL": Decimal(1), "AM": Decimal("0.5"), "PM": Decimal("0.5")}


@dataclasses.dataclass
class Person:
    """One employee over some weeks: their post, leave and WFH days as they are now."""

    employee_id: int
    post: str = ""
    job_group: str = ""
    leave: dict[dt.date, str] = dataclasses.field(default_factory=dict)
    days: list[tuple[int, dt.date, str, str]] = dataclasses.field(default_factory=list)  # id, date, slot, origin
    given_up: list[tuple[int, dt.date, str, str]] = dataclasses.field(default_factory=list)  # still in the counts

    def without(self, day_id: int | None) -> "Person":
        left = [day for day in self.days if day[0] != day_id]
        return dataclasses.replace(self, days=left, given_up=[day for day in self.days if day[0] == day_id])

    def at_home(self, date: dt.date, half: int) -> bool:
        return date not in self.leave and any(d == date and half in OF_SLOT[slot] for _i, d, slot, _o in self.days)

    def counted(self, date: dt.date, half: int) -> bool:
        """Whether the cover counts the person as at home, be it by the day that they would give up."""
        own = self.days + self.given_up
        return date not in self.leave and any(d == date and half in OF_SLOT[slot] for _i, d, slot, _o in own)


def people(employee_ids: Iterable[int], first: dt.date, last: dt.date) -> dict[int, Person]:
    """Leave and WFH days of some people over the weeks and months of two dates; posts come from their placements. Two
    queries."""
    first, last = monday_of(first).replace(day=1), monday_of(last) + dt.timedelta(days=6)
    last = last.replace(day=monthrange(last.year, last.month)[1])
    found = {pk: Person(pk) for pk in set(employee_ids)}
    own = WfhDay.objects.active().filter(employee__in=list(found), date__range=(first, last))
    for pk, day_id, date, slot, origin in own.values_list("employee_id", "pk", "date", "slot", "origin"):
        found[pk].days.append((day_id, date, slot, origin))
    rows = Leave.objects.filter(employee__in=list(found), valid__overlap=DateRange(first, last, "[]"))
    for leave in rows:
        for date in dates_of(leave.valid, first, last):
            found[leave.employee_id].leave[date] = leave.kind or str(Leave._meta.verbose_name)
    return found


def dates_of(valid: DateRange, first: dt.date, last: dt.date) -> list[dt.date]:
    """The dates of a half-open range between two dates, both included."""
    begin = max(valid.lower or first, first)
    end = min(valid.upper - dt.timedelta(days=1), last) if valid.upper else last
    return [begin + dt.timedelta(days=n) for n in range((end - begin).days + 1)]
