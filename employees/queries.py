"""What the floors above ask about places, units and days off."""

import dataclasses
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q

from .models import Agency, DataRequest, Holiday, Placement, Unit
from .permissions import HR


@dataclasses.dataclass(frozen=True)
class UnitSettings:
    """A unit's rules after inheritance down the tree: its own, else the nearest unit's above, else the agency's."""

    unit_id: int
    parent_id: int | None
    percent: int | None
    working_days: int
    zone: ZoneInfo


def holidays(agency_id: int, first: dt.date, last: dt.date) -> dict[dt.date, str]:
    """Days off from first to last, everybody's and the agency's own, with their names."""
    rows = Holiday.objects.filter(Q(agency__isnull=True) | Q(agency_id=agency_id), date__range=(first, last))
    return dict(rows.values_list("date", "name"))


def unit_settings(agency: Agency, units=None) -> dict[int, UnitSettings]:
    """Settings by unit id; for the whole agency, or for some units together with those above them."""
    rows = units if units is not None else Unit.objects.filter(agency=agency)
    known: dict[int, UnitSettings] = {}
    for unit in sorted(rows, key=lambda u: u.path.count(".")):
        above = known.get(unit.parent_id)
        percent = unit.wfh_quota_percent
        known[unit.pk] = UnitSettings(
            unit_id=unit.pk,
            parent_id=unit.parent_id,
            percent=percent if percent is not None else (above.percent if above else None),
            working_days=unit.working_days or (above.working_days if above else agency.working_days),
            zone=ZoneInfo(unit.time_zone) if unit.time_zone else (above.zone if above else agency.zone),
        )
    return known


def settings_of(unit: Unit) -> UnitSettings:
    """One unit's settings, by one query over the units on its path."""
    line = Unit.objects.filter(pk__in=unit.path.split("."))
    return unit_settings(unit.agency, line)[unit.pk]


def placement_on(employee_id: int, date: dt.date) -> Placement | None:
    """Where a person is placed on a date, with unit, agency and supervisor."""
    rows = Placement.objects.on(date).filter(employee_id=employee_id)
    return rows.select_related("unit__agency", "supervisor", "employee").first()


def people_in_units(agency_id: int, unit_ids: list[int] | None, dates: list[dt.date]) -> dict[tuple[int, dt.date], int]:
    """How many active placements each unit of an agency (all, or these) has on each date; one query.

    Nearly everybody stays for the whole span: they are counted once, and only who comes or goes within it by the date.
    """
    names: dict[str, Any] = {"agency": agency_id, "units": unit_ids, "dates": dates}
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, names | {"first": min(dates), "last": max(dates)})
        rows = cursor.fetchall()
    found: dict[tuple[int, dt.date], int] = {}
    for unit_id, date, count in rows:
        for day in [date] if date else dates:
            found[unit_id, day] = found.get((unit_id, day), 0) + count
    return found


_PEOPLE = """
SELECT unit_id, NULL::date, count(*) FROM employees_placement
WHERE agency_id = %(agency)s AND (%(units)s::bigint[] IS NULL OR unit_id = ANY(%(units)s))
  AND valid @> daterange(%(first)s, %(last)s, '[]') GROUP BY 1
UNION ALL
SELECT p.unit_id, d.date, count(*) FROM employees_placement p
JOIN unnest(%(dates)s::date[]) AS d(date) ON p.valid @> d.date
WHERE p.agency_id = %(agency)s AND (%(units)s::bigint[] IS NULL OR p.unit_id = ANY(%(units)s))
  AND p.valid && daterange(%(first)s, %(last)s, '[]') AND NOT p.valid @> daterange(%(first)s, %(last)s, '[]')
GROUP BY 1, 2
"""


def data_requests_waiting(user, at: dt.datetime) -> dict[str, int]:
    """How many requests to correct data wait for the HR of the user's agencies, one's own left out; how many late."""
    rows = DataRequest.objects.filter(state=DataRequest.State.OPEN, agency__in=user.reach.whole_agencies(HR))
    rows = rows.exclude(employee=user.reach.me)
    return rows.aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=at)))
