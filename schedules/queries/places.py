"""Where people are placed over some weeks: whoever moves within a week has each date in its own unit."""

import datetime as dt
from collections.abc import Iterable, Sequence

from psycopg2.extras import DateRange

from employees.calendar import monday_of
from employees.models import Placement

from .cover import Cover


def places_of(employee_ids: Iterable[int], first: dt.date, last: dt.date) -> dict[int, list[Placement]]:
    """The placements of people, the earlier first, in the whole weeks of two dates; with unit and agency. One query."""
    weeks = DateRange(monday_of(first), monday_of(last) + dt.timedelta(days=7))
    rows = Placement.objects.filter(employee__in=employee_ids, valid__overlap=weeks)
    found: dict[int, list[Placement]] = {}
    for row in rows.select_related("unit__agency").order_by("valid"):
        found.setdefault(row.employee_id, []).append(row)
    return found


def placed_on(places: Sequence[Placement], date: dt.date) -> Placement | None:
    """The one of a person's placements that holds on a date."""
    for place in places:
        if (place.valid.lower or date) <= date and (place.valid.upper is None or date < place.valid.upper):
            return place
    return None


class Moves:
    """One person on some dates: where they are placed on each, with the cover of every unit on the way."""

    def __init__(self, employee_id: int, dates: list[dt.date]):
        self.places = places_of([employee_id], min(dates), max(dates)).get(employee_id, [])
        units: dict[int, list[Placement]] = {}
        for place in self.places:
            units.setdefault(place.agency_id, []).append(place)
        self._covers = {
            agency_id: Cover(rows[0].unit.agency, dates, {row.unit_id for row in rows})
            for agency_id, rows in units.items()
        }

    def on(self, date: dt.date) -> tuple[Placement, Cover] | None:
        """The placement that holds on a date, and the cover of its agency's units; None where there is none."""
        place = placed_on(self.places, date)
        return (place, self._covers[place.agency_id]) if place else None

    def in_week(self, monday: dt.date) -> list[tuple[Placement, Cover]]:
        """The placements of a week, the earlier first."""
        found = [self.on(monday + dt.timedelta(days=n)) for n in range(7)]
        return list({one[0].pk: one for one in found if one}.values())
