"""Which days a leave may have, and how they are said. Pure; files and forms ask the same questions."""

import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
LONGEST = 5 * 366  # days; leave outside state responsibility, the longest kind, ends after four years


def span(first: dt.date, last: dt.date) -> DateRange:
    """From the first to the last day of leave, both included, as it is stored: half-open."""
    return DateRange(first, last + dt.timedelta(days=1))


def days_of(valid: DateRange) -> tuple[dt.date, dt.date]:
    """The first and the last day of a stored leave, which always has both ends."""
    assert valid.lower is not None
    assert valid.upper is not None
    return valid.lower, valid.upper - dt.timedelta(days=1)


def misfit(first: dt.date, last: dt.date) -> tuple[str, str, str] | None:
    """What is wrong with these days: whether with the "first" or the "last", a stable code, a sentence. None: nothing.

    Protects mainly against mistyped years: a leave until 2062 would keep a person away for a career.
    """
    for which, date in (("first", first), ("last", last)):
        if not EARLIEST <= date <= LATEST:
            return which, "BAD_YEAR", _("Check the year: a day of leave lies between 2000 and 2100.")
    if last < first:
        return "last", "LAST_BEFORE_FIRST", _("The last day of leave lies before the first. Exchange or correct them.")
    if (last - first).days >= LONGEST:
        return "last", "TOO_LONG", _("This leave would last more than five years. Check the year of the last day.")
    return None


def said(valid: DateRange) -> str:
    """From–until of a stored leave in the reader's language, the last day included."""
    first, last = days_of(valid)
    if first == last:
        return date_format(first, "SHORT_DATE_FORMAT")
    return f"{date_format(first, 'SHORT_DATE_FORMAT')} – {date_format(last, 'SHORT_DATE_FORMAT')}"


def overlap_sentence(valid: DateRange) -> str:
    """Why a leave is refused that shares days with one already recorded."""
    message = _("Leave is already recorded for this person on %(days)s. Enter only the days that are missing.")
    return message % {"days": said(valid)}
