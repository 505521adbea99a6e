"""What a calendar programme reads at a person's secret address."""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict

from django.db.models import Q

from employees.models import CalendarAddress, Employee, User
from schedules.models import Plan, WfhDay

BACK, AHEAD = dt.timedelta(weeks=8), dt.timedelta(weeks=26)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One WFH day of a calendar. A day that fell away stays as cancelled, so that programmes take it out."""

    uid: str  # the same for a person, date and half of the day, whatever becomes of it
    date: dt.date
    slot: str
    sequence: int  # grows with everything that becomes of it
    cancelled: bool
    stamp: dt.datetime


def owner_of(digest: str) -> User | None:
    """The account whose calendar address has this digest; nobody once the account is closed (F41)."""
    found = CalendarAddress.objects.filter(digest=digest, user__is_active=True).select_related("user").first()
    return found.user if found and found.user.employee_id else None


def entries(person: Employee, today: dt.date) -> list[Entry]:
    """The person's own WFH days from eight weeks ago on, by date. One query."""
    shown = Q(plan=None) | ~Q(plan__state=Plan.State.DRAFT)
    rows = WfhDay.objects.filter(shown, employee=person, date__range=(today - BACK, today + AHEAD))
    days: dict[tuple[dt.date, str], list[WfhDay]] = defaultdict(list)
    for row in rows.select_related("plan").order_by("date", "slot", "pk"):
        days[row.date, row.slot].append(row)
    return [_entry(person, date, slot, given) for (date, slot), given in days.items()]


def _entry(person: Employee, date: dt.date, slot: str, given: list[WfhDay]) -> Entry:
    active = any(day.state == WfhDay.State.ACTIVE for day in given)
    published = given[-1].plan.published_at if given[-1].plan else None
    return Entry(
        uid=str(uuid.uuid5(person.public_id, f"{date}:{slot}")),
        date=date,
        slot=slot,
        # given: 0, fallen away: 1, given again: 2 …
        sequence=2 * len(given) - (2 if active else 1),
        cancelled=not active,
        # of the plan, not of the reading: the same days are the same bytes
        stamp=published or dt.datetime.combine(date - dt.timedelta(days=date.weekday()), dt.time(), dt.UTC),
    )
