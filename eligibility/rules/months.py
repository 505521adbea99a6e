"""Months as the law counts them: a day that the target month lacks is held to its last; the anniversary counts."""

import calendar
import datetime as dt

from django.utils.formats import date_format


def after_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later (or earlier): 31 August + 6 months is the last of February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def latest_reaching(as_of: dt.date, months: int) -> dt.date:
    """The latest day from which so many months have passed at `as_of`."""
    day = after_months(as_of, -months) + dt.timedelta(days=4)
    while after_months(day, months) > as_of:
        day -= dt.timedelta(days=1)
    return day


def as_date(value) -> dt.date:
    """A date fact, also as it comes back from stored evidence."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def said(value) -> str:
    """A date fact in the reader's words."""
    return date_format(as_date(value), "DATE_FORMAT") if value else "–"
