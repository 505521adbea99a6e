"""Where people are placed over some weeks: whoever moves within a week has each date in its own unit."""

import datetime as dt
from collections.abc import Iterable, Sequence

from psycopg2.extras import DateRange

from employees.calendar import monday_of
from employees.models import Placement


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
