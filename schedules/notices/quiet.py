"""When somebody is told: not in their quiet hours or on days off, and the digest at 16.00. Pure: no clock, no database.

Every time of day is meant on the clock of the place where the person works (rulings.md 21).
"""

import dataclasses
import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

from employees.calendar import is_working_day, local_date

DIGEST = dt.time(16)
# What is told in the last minutes before the digest goes into the next one: a transition that began before 16.00 may be
# written after the digest has left.
CLOSING = dt.timedelta(minutes=15)
DAY = dt.timedelta(days=1)
AHEAD = 60  # days looked at, so that a calendar of nothing but days off ends


@dataclasses.dataclass(frozen=True)
class Place:
    """The clock and the working days where a person works."""

    zone: ZoneInfo
    working_days: int = 5
    off: Collection[dt.date] = frozenset()

    def works(self, date: dt.date) -> bool:
        return is_working_day(date, self.off, self.working_days)

    def next_working_day(self, date: dt.date) -> dt.date:
        """The first working day after a date."""
        return next((day for n in range(1, AHEAD) if self.works(day := date + n * DAY)), date + DAY)

    def hour(self, date: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(date, time, tzinfo=self.zone)


@dataclasses.dataclass(frozen=True)
class Quiet:
    """When a person wants to hear nothing: daily from–until (the same: never), and whole days off."""

    starts: dt.time = dt.time(18)
    ends: dt.time = dt.time(7)
    days_off: bool = True

    def covers(self, time: dt.time) -> bool:
        if self.starts <= self.ends:
            return self.starts <= time < self.ends
        return time >= self.starts or time < self.ends


def loud_at(at: dt.datetime, quiet: Quiet, place: Place) -> dt.datetime:
    """The first instant from `at` on at which the person may be told: `at` itself outside the quiet time."""
    when = at.astimezone(place.zone)
    for _step in range(2 * AHEAD):
        if quiet.days_off and not place.works(when.date()):
            when = place.hour(when.date() + DAY, dt.time())
        elif quiet.covers(when.time()):
            over = when.date() if when.time() < quiet.ends else when.date() + DAY
            when = place.hour(over, quiet.ends)
        else:
            return when
    return at


def digest_at(at: dt.datetime, place: Place) -> dt.datetime:
    """The digest that takes what is told at an instant: 16.00 of this working day, else of the next."""
    today = local_date(at, place.zone)
    if place.works(today) and at < place.hour(today, DIGEST) - CLOSING:
        return place.hour(today, DIGEST)
    return place.hour(place.next_working_day(today), DIGEST)


def presses(days: Collection[dt.date], at: dt.datetime, place: Place) -> bool:
    """Whether one of these days is today or the next working day."""
    today = local_date(at, place.zone)
    return any(today <= day <= place.next_working_day(today) for day in days)
