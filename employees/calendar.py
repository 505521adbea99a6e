"""Weeks, zones and working days. Pure: no clock, no database (the holidays come in as a set of dates).

A week is an ISO week, named ``2026-W48`` and stored as its Monday; which week an instant falls in depends on the zone
of the unit (WIB, WITA, WIT).
"""

import datetime as dt
import re
from collections.abc import Collection
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

WEEK = re.compile(r"^(\d{4})-W(\d{2})$", re.ASCII)


class BadWeek(ValueError):
    """The text does not name an ISO week."""


def parse_week(text: str) -> dt.date:
    """The Monday of an ISO week such as ``2026-W48``. Raises `BadWeek` with a sentence that says what to type."""
    match = WEEK.match(text.strip())
    try:
        if match:
            return dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        pass
    message = _(
        "“%(text)s” is not a week. Write year and week number, for example 2026-W48; years have 52 or 53 weeks."
    )
    raise BadWeek(message % {"text": text[:20]})


def week_name(monday: dt.date) -> str:
    """``2026-W48`` for the Monday (or any day) of that week."""
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(date: dt.date) -> dt.date:
    return date - dt.timedelta(days=date.weekday())


def local_date(at: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The date of an aware instant in a zone."""
    return at.astimezone(zone).date()


def week_of(at: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The Monday of the week an aware instant falls in, in a zone."""
    return monday_of(local_date(at, zone))


def days_of_week(monday: dt.date, working_days: int = 5) -> list[dt.date]:
    """The dates of a working week of five or six days."""
    return [monday + dt.timedelta(days=n) for n in range(working_days)]


def is_working_day(date: dt.date, holidays: Collection[dt.date], working_days: int = 5) -> bool:
    return date.isoweekday() <= working_days and date not in holidays


def instant(monday: dt.date, weekday: int, hour: int, zone: ZoneInfo) -> dt.datetime:
    """The instant of an hour on an ISO weekday (1 = Monday) of a week, in a zone."""
    day = monday + dt.timedelta(days=weekday - 1)
    return dt.datetime.combine(day, dt.time(hour), tzinfo=zone)


# Perpres 21/2023: 37 h 30 min a week from 07.30, an hour's break Monday to Thursday, one and a half on Friday. The
# clock over requests runs through breaks: deadlines are hours of the office, not hours of work.
OPENS = dt.time(7, 30)
CLOSES = dt.time(16, 0)
CLOSES_FRIDAY = dt.time(16, 30)


def office_hours(date: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """When the office opens and closes on a date, in its zone."""
    closes = CLOSES_FRIDAY if date.isoweekday() == 5 else CLOSES
    return dt.datetime.combine(date, OPENS, tzinfo=zone), dt.datetime.combine(date, closes, tzinfo=zone)


def add_office_time(
    start: dt.datetime, length: dt.timedelta, zone: ZoneInfo, holidays: Collection[dt.date], working_days: int = 5
) -> dt.datetime:
    """The instant at which so much office time has passed since `start`; nights, weekends and days off do not count.

    Looks 60 days ahead at most, so that a calendar of nothing but holidays ends.
    """
    date, left = local_date(start, zone), length
    for _day in range(60):
        if is_working_day(date, holidays, working_days):
            opens, closes = office_hours(date, zone)
            opens = max(opens, start)
            if closes - opens >= left:
                return opens + left
            left -= max(closes - opens, dt.timedelta())
        date += dt.timedelta(days=1)
    return dt.datetime.combine(date, OPENS, tzinfo=zone)


def working_day_before(date: dt.date, holidays: Collection[dt.date], working_days: int = 5) -> dt.date:
    """The last working day before a date (looks back 30 days at most)."""
    for back in range(1, 31):
        day = date - dt.timedelta(days=back)
        if is_working_day(day, holidays, working_days):
            return day
    return date - dt.timedelta(days=1)


FURTHEST = 400  # days ahead that a term of working days is looked for


def add_working_days(delivered: dt.date, count: int, holidays: Collection[dt.date], working_days: int = 5) -> dt.date:
    """The last day of a term of so many working days (one at least): day 1 is the first working day after delivery.

    `holidays` must reach as far as the term does. Looks `FURTHEST` days ahead at most, so that a calendar of nothing
    but holidays ends.
    """
    day = delivered
    for _day in range(FURTHEST):
        day += dt.timedelta(days=1)
        count -= is_working_day(day, holidays, working_days)
        if count <= 0:
            break
    return day


def working_days_between(after: dt.date, until: dt.date, holidays: Collection[dt.date], working_days: int = 5) -> int:
    """How many working days follow a date up to another, which counts; below zero where that other lies behind."""
    first, last, sign = (after, until, 1) if until >= after else (until, after, -1)
    days = (first + dt.timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sign * sum(is_working_day(day, holidays, working_days) for day in days)
