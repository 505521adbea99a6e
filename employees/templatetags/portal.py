"""How pages write numbers of people, spans of days and moments (domain.md §10)."""

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from employees.identity import grouped
from employees.models.organisation import ZONES

register = template.Library()
ZONE_NAMES = dict(ZONES)


@register.filter
def nip(number: str) -> str:
    """An 18-digit number grouped 8-6-1-3."""
    return grouped(number)


@register.filter
def span(days) -> str:
    """First to last of a week's days (rows with a `date`): 23–27 November 2026, 30 November – 4 December 2026."""
    first, last = days[0].date, days[-1].date
    end = date_format(last, "j F Y")
    if first.year != last.year:
        return f"{date_format(first, 'j F Y')} – {end}"
    if first.month != last.month:
        return f"{date_format(first, 'j F')} – {end}"
    return f"{first.day}–{end}"


@register.filter
def moment(at: dt.datetime) -> str:
    """An instant in the reader's zone, with its name: 12 November 2026, 07.30 WIB."""
    zone = timezone.get_current_timezone()
    local = timezone.localtime(at, zone)
    return f"{date_format(local, 'DATETIME_FORMAT')} {ZONE_NAMES.get(str(zone), local.tzname())}"


@register.filter
def on_day(at: dt.datetime) -> str:
    """The date of an instant in the reader's zone: 12 November 2026."""
    return date_format(timezone.localtime(at, timezone.get_current_timezone()), "j F Y")


@register.filter
def by_when(at: dt.datetime) -> str:
    """A closing time in the reader's zone, by its weekday: Tuesday, 24 November, 15.00 WIB."""
    zone = timezone.get_current_timezone()
    local = timezone.localtime(at, zone)
    time = date_format(local, "TIME_FORMAT")
    return f"{date_format(local, 'l, j F')}, {time} {ZONE_NAMES.get(str(zone), local.tzname())}"
