"""What a record of discipline, an absence or a fact may be, and how it is said. Pure; files and forms ask the same.

A problem is (the field it lies in, a stable code, a sentence).
"""

import datetime as dt
import re

from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from employees.leave import EARLIEST, LATEST
from employees.models import Discipline

ABSENCE_KIND = re.compile(r"[A-Z][A-Z_]{0,19}")
UNEXCUSED = "ALPA"  # the kind that counts; others are kept so that an absence excused later stays visible

Problem = tuple[str, str, str]


def discipline_misfit(*, level: str, first: dt.date, last: dt.date | None, status: str) -> Problem | None:
    """What is wrong with a punishment or a case in process (PP 94/2021; domain.md §4.4)."""
    imposed = status == Discipline.Status.IMPOSED
    if problem := period_misfit(first, last):
        return problem
    if imposed and not level:
        return "level", "NO_LEVEL", _("A punishment that was imposed has a level: light, medium or severe.")
    if imposed and level == Discipline.Level.MEDIUM and last is None:
        return "last", "NO_END", _("A medium punishment lasts a number of months: write its last day.")
    return None


def absence_misfit(*, date: dt.date, kind: str, today: dt.date) -> Problem | None:
    """What is wrong with a day of absence; `today` is the date in the agency's zone."""
    if date < EARLIEST:
        return "date", "BAD_YEAR", _("Check the year: an absence lies after 2000.")
    if date > today:
        return "date", "FUTURE", _("An absence that is still to come cannot be recorded. Check the date.")
    if not ABSENCE_KIND.fullmatch(kind):
        return "kind", "BAD_KIND", _("Write the kind in capital letters, at most 20: for example ALPA.")
    return None


def period_misfit(first: dt.date | None, last: dt.date | None) -> Problem | None:
    """What is wrong with a first and a last day, both included; either may be missing."""
    for field, date in (("first", first), ("last", last)):
        if date is not None and not EARLIEST <= date <= LATEST:
            return field, "BAD_YEAR", _("Check the year: the day lies between 2000 and 2100.")
    if first and last and last < first:
        return "last", "LAST_BEFORE_FIRST", _("The last day lies before the first. Exchange or correct them.")
    return None


def period(first: dt.date | None, last: dt.date | None) -> DateRange:
    """From the first to the last day, both included, as it is stored: half-open; without a day: open on that side."""
    return DateRange(first, last and last + dt.timedelta(days=1))


def days_between(valid: DateRange) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last day of a stored period; None where it is open."""
    return valid.lower, valid.upper and valid.upper - dt.timedelta(days=1)
