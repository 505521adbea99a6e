"""Who stands in for whom, and who could. Constant queries."""

import dataclasses
import datetime as dt

from django.db.models import Q

from employees.leave import days_of
from employees.models import Employee, Leave, Placement
from schedules.models import Delegation

ENOUGH = 3  # letters of a name before anybody is looked for
OFFERED = 40


@dataclasses.dataclass(frozen=True)
class StandIn:
    """One delegation as it is read: first and last day, and whether it counts now, later or no more."""

    delegation: Delegation
    first: dt.date
    last: dt.date | None
    state: str  # NOW, AHEAD, PAST

    @property
    def open(self) -> bool:
        return self.state != "PAST"


@dataclasses.dataclass(frozen=True)
class StandIns:
    given: list[StandIn]  # who stands in for me
    taken: list[StandIn]  # for whom I stand in


@dataclasses.dataclass(frozen=True)
class Candidate:
    employee: Employee
    unit: str
    near: bool  # reports to me, supervises me, or works in my unit


def stand_ins(user, today: dt.date, limit: int = 20) -> StandIns:
    """What one gave and was given, the newest first."""
    me = user.reach.me
    rows = Delegation.objects.visible_to(user).filter(Q(delegator=me) | Q(delegate=me))
    found = [_read(row, today) for row in rows.select_related("delegator", "delegate")[: 2 * limit]]
    return StandIns(
        [one for one in found if one.delegation.delegator_id == me][:limit],
        [one for one in found if one.delegation.delegate_id == me][:limit],
    )


def _read(row: Delegation, today: dt.date) -> StandIn:
    first, upper = row.valid.lower, row.valid.upper
    assert first is not None
    last = upper - dt.timedelta(days=1) if upper else None
    if row.ended_at is not None or (last is not None and last < today):
        state = "PAST"
    else:
        state = "AHEAD" if first > today else "NOW"
    return StandIn(row, first, last, state)


def candidates(person: Employee, today: dt.date, text: str = "") -> list[Candidate]:
    """Who could stand in: without a text the people around one; with one, people of the agency by name.

    Only civil servants of the same agency who are placed today and have a working account; name and unit are shown.
    """
    rows = Placement.objects.on(today).filter(agency=person.agency_id, employee__user__is_active=True)
    rows = rows.exclude(employee=person.pk).select_related("employee", "unit").order_by("employee__name", "pk")
    if len(text) >= ENOUGH:
        found = rows.filter(employee__name__icontains=text)[:OFFERED]
        return [Candidate(row.employee, row.unit.name, False) for row in found]
    if text:
        return []
    mine = Placement.objects.on(today).filter(employee=person.pk).first()
    near = Q(supervisor=person.pk)
    if mine:
        near |= Q(unit=mine.unit_id)
        near |= Q(employee=mine.supervisor_id or 0)
    return [Candidate(row.employee, row.unit.name, True) for row in rows.filter(near)[:OFFERED]]


def next_leave(person: Employee, today: dt.date) -> tuple[dt.date, dt.date] | None:
    """First and last day of the person's next leave that is known: what a stand-in is most likely for."""
    leave = Leave.objects.filter(employee=person.pk, valid__endswith__gt=today).order_by("valid").first()
    return days_of(leave.valid) if leave else None
