"""Who decides: the line of supervisors above a person on a date, and who of them can be reached."""

import dataclasses
import datetime as dt

from django.db import connection

from employees.models import Leave, RoleGrant, User
from schedules.models import Delegation, Request
from schedules.permissions import HR

DEEPEST = 10  # steps up a line; deeper or circular lines end with HR (reliability.md F7)

_LINE = """
WITH RECURSIVE line(step, id, seen) AS (
  SELECT 1, p.supervisor_id, ARRAY[p.employee_id] FROM employees_placement p
  WHERE p.employee_id = %(employee)s AND p.valid @> %(date)s::date AND p.supervisor_id IS NOT NULL
  UNION ALL
  SELECT step + 1, p.supervisor_id, seen || line.id FROM line
  JOIN employees_placement p ON p.employee_id = line.id AND p.valid @> %(date)s::date AND p.supervisor_id IS NOT NULL
  WHERE step < %(deepest)s AND NOT line.id = ANY(seen)
)
SELECT id, id = ANY(seen) FROM line ORDER BY step
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
    with connection.cursor() as cursor:
        cursor.execute(_LINE, {"employee": employee_id, "date": date, "deepest": DEEPEST})
        rows = cursor.fetchall()
    return Line([pk for pk, again in rows if not again], any(again for _pk, again in rows))


def away_today(ids: list[int], today: dt.date) -> set[int]:
    """Who of these is on leave today."""
    return set(Leave.objects.on(today).filter(employee__in=ids).values_list("employee_id", flat=True))


def reachable(ids: list[int], today: dt.date, *, never: set[int]) -> list[int]:
    """Those of these who can decide today: not ruled out, with a working account, and not on leave unless somebody
    stands in who is not ruled out either."""
    ids = [pk for pk in ids if pk not in never]
    accounts = User.objects.filter(employee__in=ids, is_active=True).values_list("employee_id", flat=True)
    lent = Delegation.objects.standing().filter(delegator__in=ids, valid__contains=today).exclude(delegate__in=never)
    covered, away, known = set(lent.values_list("delegator_id", flat=True)), away_today(ids, today), set(accounts)
    return [pk for pk in ids if pk in known and (pk not in away or pk in covered)]


def holder_for(line: Line, today: dt.date, *, never: set[int]) -> int | None:
    """The first in the line who can decide today and is not ruled out; None: HR."""
    if line.circular:
        return None
    return next(iter(reachable(line.ids, today, never=never)), None)


def stand_ins_of(employee_id: int, today: dt.date) -> set[int]:
    """Who stands in for a person: they decide nothing that the person asks for."""
    lent = Delegation.objects.standing().filter(delegator=employee_id, valid__contains=today)
    return set(lent.values_list("delegate", flat=True))


def deciders(request: Request, today: dt.date) -> list[int]:
    """Whom to tell that a request waits: its holder and whoever stands in for them today; of nobody: HR."""
    if request.holder_id is None:
        hr = RoleGrant.objects.filter(
            role__in=HR, agency=request.agency_id, unit__isnull=True, valid__contains=today, user__is_active=True
        )
        found = list(hr.exclude(user__employee=None).values_list("user__employee", flat=True))
    else:
        lent = Delegation.objects.standing().filter(delegator=request.holder_id, valid__contains=today)
        if not away_today([request.holder_id], today):
            lent = lent.filter(on_leave_only=False)
        found = [request.holder_id, *lent.values_list("delegate", flat=True)]
    return [pk for pk in dict.fromkeys(found) if pk != request.employee_id]


def next_after(line: Line, holder_id: int | None, today: dt.date, *, never: set[int]) -> int | None:
    """Who comes after the present holder; None: HR."""
    if line.circular or holder_id not in line.ids:
        return None
    above = line.ids[line.ids.index(holder_id) + 1 :]
    return next(iter(reachable(above, today, never=never)), None)
