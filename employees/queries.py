"""What the floors above ask about places, units and days off."""

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from .models import Agency, Holiday, Placement, Unit


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


def people_in_units(unit_ids: list[int], dates: list[dt.date]) -> dict[tuple[int, dt.date], int]:
    """How many active placements each unit has on each date; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.unit_id, d.date, count(*) FROM unnest(%s::date[]) AS d(date)
               JOIN employees_placement p ON p.valid @> d.date AND p.unit_id = ANY(%s) GROUP BY 1, 2""",
            [dates, unit_ids],
        )
        return {(unit_id, date): count for unit_id, date, count in cursor.fetchall()}
