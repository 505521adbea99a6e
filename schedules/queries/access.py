"""Who may decide what in an agency: by role, by reporting line, as a stand-in; and for whom nobody can. Constant
queries."""

import dataclasses
import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Subquery

from employees.models import Agency, Employee, Placement, Role, RoleGrant, User
from ledger.models import ReadLog
from schedules.models import Delegation

from .approvers import Desk, agency_hr, lines_above

SOON = dt.timedelta(days=30)
LOOKED_BACK = dt.timedelta(days=365)  # for the last use

# The kinds of authority under which events are written; one's own account, requests and tastes are none, and what was
# refused was no use of anything.
_LAST_USED = """
SELECT actor_id, on_behalf_of_id, verb = ANY(%(line)s), max(at) FROM ledger_event
WHERE agency_id = %(agency)s AND actor_id = ANY(%(actors)s) AND at > %(since)s AND NOT verb = ANY(%(own)s)
  AND NOT (subject_type = 'employees.user' AND subject_id = actor_id)
GROUP BY 1, 2, 3
"""
LINE_VERBS = ["request.approve", "request.reject", "request.return", "request.endorse", "day.recall"]
OWN_VERBS = [
    *("denied", "request.send", "request.withdraw", "day.return", "preference.set"),
    *("objection.file", "objection.withdraw", "suspension.ask", "suspension.end", "push.on", "push.off"),
    *("data.copy", "data.correction-asked", "data.correction-withdrawn", "LANGUAGE_CHOSEN"),
]


@dataclasses.dataclass(frozen=True)
class Authority:
    """One right of one account. `kind`: ROLE, LINE (a supervisor) or STAND_IN; `code` is the role's."""

    kind: str
    user_id: int | None
    employee_id: int | None
    person: str
    code: str
    where: str  # the agency's or unit's name, whose stand-in, how many people
    since: dt.date | None
    until: dt.date | None  # the last day
    last_used: dt.datetime | None
    soon: bool  # ends within thirty days
    closed: bool  # no working account: the right cannot be used


@dataclasses.dataclass(frozen=True)
class Undecided:
    """Somebody whose requests reach no supervisor. `by_hr`: HR decides them; else nobody may."""

    employee: Employee
    unit: str
    why: str  # NONE, CIRCLE, OUT_OF_REACH
    by_hr: bool


def authorities(agency: Agency, today: dt.date, at: dt.datetime) -> list[Authority]:
    """Every right in force today: roles first, then supervisors, then stand-ins, each by name."""
    found = [*_roles(agency, today), *_lines(agency, today), *_stand_ins(agency, today)]
    used = _used(agency, [row["user_id"] for row in found if row["user_id"]], at)
    read = _read(agency, {row["user_id"] for row in found if row["code"] == Role.AUDITOR}, at)
    rows = []
    for row in found:
        key = row.pop("key")
        last = row["until"]
        soon = last is not None and last - today < SOON
        uses = [used.get(key), read.get(key[0]) if row["code"] == Role.AUDITOR else None]
        rows.append(Authority(**row, last_used=max(filter(None, uses), default=None), soon=soon))
    return rows


def _roles(agency: Agency, today: dt.date):
    rows = RoleGrant.objects.filter(agency=agency, valid__contains=today).select_related("user__employee", "unit")
    for grant in rows.order_by("role", "user__employee__name", "pk"):
        where = grant.unit.name if grant.unit else agency.name
        row = _row("ROLE", grant.user, str(grant.user), grant.role, where, grant.valid, (grant.user_id, None, False))
        yield row | {"employee_id": grant.user.employee_id}


def _lines(agency: Agency, today: dt.date):
    """Supervisors with the number of people who report to them."""
    places = Placement.objects.on(today).filter(agency=agency, supervisor__isnull=False)
    since: dict[int, dt.date] = {}
    count: dict[int, int] = {}
    for boss, valid in places.values_list("supervisor", "valid"):
        since[boss] = min(since.get(boss, valid.lower), valid.lower)
        count[boss] = count.get(boss, 0) + 1
    for boss in Employee.objects.filter(pk__in=count).select_related("user").order_by("name", "pk"):
        user = getattr(boss, "user", None)
        row = _row("LINE", user, boss.full_name, "", str(count[boss.pk]), None, (user.pk if user else 0, None, True))
        left = boss.legal_status not in Employee.SERVING
        yield row | {"since": since[boss.pk], "employee_id": boss.pk, "closed": row["closed"] or left}


def _stand_ins(agency: Agency, today: dt.date):
    rows = Delegation.objects.standing().filter(agency=agency, valid__contains=today)
    for one in rows.select_related("delegate__user", "delegator__user").order_by("delegate__name", "pk"):
        user, lender = getattr(one.delegate, "user", None), getattr(one.delegator, "user", None)
        key = (user.pk if user else 0, lender.pk if lender else 0, True)
        row = _row("STAND_IN", user, one.delegate.full_name, "", one.delegator.full_name, one.valid, key)
        yield row | {"employee_id": one.delegate_id}


def _row(kind, user, person, code, where, valid, key) -> dict:
    upper = valid.upper if valid else None
    return {
        "kind": kind,
        "user_id": user.pk if user else None,
        "person": person,
        "code": code,
        "where": where,
        "since": valid.lower if valid else None,
        "until": upper - dt.timedelta(days=1) if upper else None,
        "closed": user is None or not user.is_active,
        "key": key,
    }


def _used(agency: Agency, actors: list[int], at: dt.datetime) -> dict[tuple, dt.datetime]:
    """When each account last acted in the agency, by in whose name and whether as a line's supervisor decides."""
    names: dict[str, Any] = {"agency": agency.pk, "actors": actors, "since": at - LOOKED_BACK, "line": LINE_VERBS}
    names["own"] = OWN_VERBS
    with connection.cursor() as cursor:
        cursor.execute(_LAST_USED, names)
        rows = cursor.fetchall()
    return {(actor, behalf, line): last for actor, behalf, line, last in rows}


def _read(agency: Agency, auditors: set[int], at: dt.datetime) -> dict[int, dt.datetime]:
    """When each auditor last opened a record of the agency: reading is what the role is for."""
    opened = ReadLog.objects.filter(actor_id=OuterRef("pk"), agency_id=agency.pk, at__gt=at - LOOKED_BACK)
    rows = User.objects.filter(pk__in=auditors).annotate(last=Subquery(opened.order_by("-at").values("at")[:1]))
    return dict(rows.values_list("pk", "last"))


def undecided(agency: Agency, today: dt.date) -> list[Undecided]:
    """The people placed today whose requests reach no supervisor, as `approvers.holder_for` finds none; those for whom
    not even HR can decide first."""
    places = Placement.objects.on(today).filter(agency=agency, employee__legal_status=Employee.Legal.ACTIVE)
    rows = list(places.select_related("employee", "unit").order_by("employee__name", "employee_id"))
    lines = lines_above((row.employee_id, today) for row in rows)
    desk = Desk({pk for line in lines.values() for pk in line.ids} | {row.employee_id for row in rows}, today)
    hr = set(agency_hr({agency.pk}, today).get(agency.pk, []))
    found = []
    for row in rows:
        line, never = lines[row.employee_id, today], {row.employee_id} | desk.stand_ins(row.employee_id)
        if not line.circular and desk.reachable(line.ids, never=never):
            continue
        why = "CIRCLE" if line.circular else ("OUT_OF_REACH" if line.ids else "NONE")
        found.append(Undecided(row.employee, row.unit.name, why, bool(hr - never)))
    return sorted(found, key=lambda one: one.by_hr)
