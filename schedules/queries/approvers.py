"""Who decides: the line of supervisors above a person on a date, and who of them can be reached."""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db import connection

from employees.models import Employee, Leave, RoleGrant, User
from schedules.models import Delegation, Request
from schedules.permissions import HR

DEEPEST = 10  # steps up a line; deeper or circular lines end with HR (reliability.md F7)

_LINES = """
WITH RECURSIVE line(employee, date, step, id, seen) AS (
  SELECT asked.employee, asked.date, 1, p.supervisor_id, ARRAY[p.employee_id]
  FROM unnest(%(employees)s::bigint[], %(dates)s::date[]) AS asked (employee, date)
  JOIN employees_placement p
    ON p.employee_id = asked.employee AND p.valid @> asked.date AND p.supervisor_id IS NOT NULL
  UNION ALL
  SELECT line.employee, line.date, step + 1, p.supervisor_id, seen || line.id FROM line
  JOIN employees_placement p ON p.employee_id = line.id AND p.valid @> line.date AND p.supervisor_id IS NOT NULL
  WHERE step < %(deepest)s AND NOT line.id = ANY(seen)
)
SELECT employee, date, id, id = ANY(seen) FROM line ORDER BY employee, date, step
"""


@dataclasses.dataclass(frozen=True)
class Line:
    """The supervisors above a person, the direct one first."""

    ids: list[int]
    circular: bool  # the line comes back to somebody in it: then HR decides

    @property
    def direct(self) -> int | None:
        return self.ids[0] if self.ids else None


def line_above(employee_id: int, date: dt.date) -> Line:
    return lines_above([(employee_id, date)])[employee_id, date]


def lines_above(asked: Iterable[tuple[int, dt.date]]) -> dict[tuple[int, dt.date], Line]:
    """The lines above people, each on a date; one query for all."""
    pairs = sorted(set(asked))
    found = {pair: Line([], False) for pair in pairs}
    if not pairs:
        return found
    people, dates = [pk for pk, _date in pairs], [date for _pk, date in pairs]
    names: dict[str, Any] = {"employees": people, "dates": dates, "deepest": DEEPEST}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, names)
        rows = cursor.fetchall()
    for employee_id, date, pk, again in rows:
        line = found[employee_id, date]
        if again:
            found[employee_id, date] = dataclasses.replace(line, circular=True)
        else:
            line.ids.append(pk)
    return found


class Desk:
    """Who of some people can decide on a date, and who stands in for them: each question read once for all of them."""

    def __init__(self, ids: Iterable[int], today: dt.date):
        self.ids, self.today = set(ids), today

    @cached_property
    def accounts(self) -> set[int]:
        """Who has a working account and has not left."""
        rows = User.objects.filter(employee__in=self.ids, is_active=True, employee__legal_status__in=Employee.SERVING)
        return set(rows.values_list("employee_id", flat=True))

    @cached_property
    def away(self) -> set[int]:
        """Who is on leave."""
        return set(Leave.objects.on(self.today).filter(employee__in=self.ids).values_list("employee_id", flat=True))

    @cached_property
    def lent(self) -> dict[int, list[Delegation]]:
        """What each has lent to others."""
        found: dict[int, list[Delegation]] = {}
        for row in Delegation.objects.standing().filter(delegator__in=self.ids, valid__contains=self.today):
            found.setdefault(row.delegator_id, []).append(row)
        return found

    def stand_ins(self, pk: int) -> set[int]:
        """Everybody who stands in for a person, whether it counts that day or on leave only."""
        return {row.delegate_id for row in self.lent.get(pk, ())}

    def acting(self, pk: int) -> list[int]:
        """Who stands in for a person that day."""
        return [row.delegate_id for row in self.lent.get(pk, ()) if pk in self.away or not row.on_leave_only]

    def reachable(self, ids: list[int], *, never: set[int]) -> list[int]:
        """Those of these who can decide: not ruled out, with a working account, and not on leave unless somebody stands
        in who is not ruled out either."""
        able = [pk for pk in ids if pk not in never and pk in self.accounts]
        return [pk for pk in able if pk not in self.away or self.stand_ins(pk) - never]

    def next_after(self, line: Line, holder_id: int | None, *, never: set[int]) -> int | None:
        """Who comes after the present holder; None: HR."""
        if line.circular or holder_id not in line.ids:
            return None
        above = line.ids[line.ids.index(holder_id) + 1 :]
        return next(iter(self.reachable(above, never=never)), None)


def holder_for(line: Line, today: dt.date, *, never: set[int]) -> int | None:
    """The first in the line who can decide today and is not ruled out; None: HR."""
    if line.circular:
        return None
    return next(iter(Desk(line.ids, today).reachable(line.ids, never=never)), None)


def next_after(line: Line, holder_id: int | None, today: dt.date, *, never: set[int]) -> int | None:
    """Who comes after the present holder; None: HR."""
    return Desk(line.ids, today).next_after(line, holder_id, never=never)


def stand_ins_of(employee_id: int, today: dt.date) -> set[int]:
    """Who stands in for a person: they decide nothing that the person asks for."""
    return Desk([employee_id], today).stand_ins(employee_id)


def deciders_of(requests: list[Request], today: dt.date) -> dict[int, list[int]]:
    """Whom to tell that requests wait, by request: the holder and whoever stands in for them today; of nobody: HR."""
    desk = Desk({request.holder_id for request in requests if request.holder_id}, today)
    hr = agency_hr({request.agency_id for request in requests if request.holder_id is None}, today)
    found = {}
    for request in requests:
        holder = request.holder_id
        whom = [holder, *desk.acting(holder)] if holder else hr.get(request.agency_id, [])
        found[request.pk] = [pk for pk in dict.fromkeys(whom) if pk != request.employee_id]
    return found


def agency_hr(agencies: set[int], today: dt.date) -> dict[int, list[int]]:
    """The HR of whole agencies."""
    if not agencies:
        return {}
    rows = RoleGrant.objects.filter(
        role__in=HR, agency__in=agencies, unit__isnull=True, valid__contains=today, user__is_active=True
    )
    found: dict[int, list[int]] = {}
    for agency_id, pk in rows.exclude(user__employee=None).values_list("agency", "user__employee"):
        found.setdefault(agency_id, []).append(pk)
    return found
