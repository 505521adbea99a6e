"""What the actions on requests share: locks, checks of the version, closing, and the rows of days."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from employees.models import Employee, Placement, Unit, User
from ledger.trail import record, record_each
from schedules import states
from schedules.actions.refused import Refused
from schedules.models import Request, WfhDay
from schedules.notices import tell, tell_many
from schedules.queries.approvers import deciders_of

RELATED = ("agency", "decided_by__employee", "employee", "gives_up", "colleague", "takes", "supervisor", "holder")

OTHER_HALF = {"AM": "PM", "PM": "AM"}


def locked(ids: Iterable[int]) -> list[Request]:
    """Requests under their row locks, in the order of their numbers so that nobody waits in a circle."""
    return list(_rows().filter(pk__in=list(ids)).order_by("pk"))


def one_locked(request_id: int) -> Request:
    return _rows().get(pk=request_id)


def _rows():
    """Requests for change, each with `supervisor_now`: to whom the person reports on the day asked for."""
    placed = Placement.objects.filter(employee=OuterRef("employee"), valid__contains=OuterRef("date"))
    rows = Request.objects.select_for_update(of=("self",)).select_related(*RELATED)
    return rows.annotate(supervisor_now=Subquery(placed.values("supervisor")[:1]))


def lock_units(ids: Iterable[int]) -> None:
    """Two deciders never fill one unit's last place at once: changing a unit's days stands in line here.

    Whoever locks more than one thing locks in one order, so that nobody waits in a circle: units first, then requests
    and days.
    """
    list(Unit.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk").values_list("pk"))


def lock_units_of(request_ids: Iterable[int]) -> None:
    """The units whose days these requests would change: where each person is placed on the day asked for, and where
    the days lie that are given up or taken."""
    asked = Request.objects.filter(pk__in=list(request_ids))
    placed = Placement.objects.filter(
        Exists(asked.filter(employee=OuterRef("employee"), date__contained_by=OuterRef("valid")))
    )
    days = WfhDay.objects.filter(Q(pk__in=asked.values("gives_up")) | Q(pk__in=asked.values("takes")))
    lock_units([*placed.values_list("unit_id", flat=True), *days.values_list("unit_id", flat=True)])


def check_version(request: Request, version: int) -> None:
    if request.version != version:
        raise Refused("STALE", _("This request has changed since the page was opened. Load the page again."))


def check_reason(reason: str) -> str:
    if not reason.strip():
        raise Refused("REASON_MISSING", _("Give a reason: the person reads it and it stays on record."))
    return reason.strip()


def close(
    request: Request,
    change: str,
    *,
    by: User | None,
    at: dt.datetime,
    reason: str = "",
    for_whom: Employee | None = None,
) -> Request:
    """Move one request to the state after `change`, and record it."""
    before = {"state": request.state}
    request.state = states.move(request, change)
    request.decided_by, request.decided_for, request.decided_at = by, for_whom, at
    request.decision_reason = reason
    request.next_at = request.due_at if request.state == Request.State.RETURNED else None
    request.version += 1
    request.save()
    record(
        verb=f"request.{change}",
        subject=request,
        by=by,
        at=at,
        agency_id=request.agency_id,
        reason=reason,
        before=before,
        after={"state": request.state},
        on_behalf_of=account_of(for_whom),
    )
    return request


def close_many(
    requests: list[Request], change: str, *, by: User | None, at: dt.datetime, for_whom: Employee | None
) -> None:
    """As `close`, for many requests of one state decided in one name: a constant number of statements."""
    if not requests:
        return
    rows = Request.objects.filter(pk__in=[request.pk for request in requests])
    before, after = requests[0].state, states.move(requests[0], change)
    rows.update(state=after, decided_by=by, decided_for=for_whom, decided_at=at, next_at=None, version=F("version") + 1)
    record_each(
        verb=f"request.{change}",
        subjects=rows,
        by=by,
        at=at,
        before={"state": before},
        after={"state": after},
        on_behalf_of=account_of(for_whom),
    )
    for request in requests:
        request.state, request.decided_by, request.decided_for, request.decided_at = after, by, for_whom, at
        request.version += 1


def account_of(person: Employee | None) -> User | None:
    return User.objects.filter(employee=person).first() if person else None


def end_day(day: WfhDay, state: str) -> None:
    """A day ends; it is never edited into another (rulings.md 9)."""
    WfhDay.objects.filter(pk=day.pk).update(state=state)
    day.state = state


def given_back(day: WfhDay) -> str:
    """What a day becomes that its person does not want: given back where a plan had given it, so that it is not owed;
    a day given beyond the plan is as if it had never been, or it would count against them."""
    return WfhDay.State.RETURNED if day.plan_id else WfhDay.State.CANCELLED


def halves(day: WfhDay, given: str) -> list[WfhDay]:
    """Of a whole day the half that stays, in its place, and the half given back; not yet saved."""
    kept = _half(day, OTHER_HALF[given], WfhDay.State.ACTIVE)
    kept.replaces = day
    return [kept, _half(day, given, given_back(day))]


def half_left(request: Request) -> list[WfhDay]:
    """What an approved request leaves of the whole day that it gives up for half of one; not yet saved. Without the
    half given back, whoever moves a whole day to half of one would be owed the rest."""
    day = request.gives_up
    if day is None or day.slot != WfhDay.Slot.FULL or request.slot not in OTHER_HALF:
        return []
    if request.kind == Request.Kind.RETURN:
        return halves(day, request.slot)
    return [_half(day, OTHER_HALF[request.slot], given_back(day))]


def _half(day: WfhDay, slot: str, state: str) -> WfhDay:
    return WfhDay(
        employee_id=day.employee_id,
        agency_id=day.agency_id,
        unit_id=day.unit_id,
        date=day.date,
        slot=slot,
        state=state,
        origin=day.origin,
        track=day.track,
        plan_id=day.plan_id,
    )


def new_day(request: Request, unit_id: int, track: str, *, origin=WfhDay.Origin.REQUEST) -> WfhDay:
    """The day that a request asks for, not yet saved."""
    return WfhDay(
        employee_id=request.employee_id,
        agency_id=request.agency_id,
        unit_id=unit_id,
        date=request.date,
        slot=request.slot,
        origin=origin,
        track=track,
        replaces=request.gives_up,
        plan_id=request.gives_up.plan_id if request.gives_up else None,
    )


def tell_deciders(kind: str, request: Request, at: dt.datetime, *, key: str = "", facts: dict | None = None) -> None:
    """Tell everybody who may decide a request now; one key for each, so that nobody is told twice."""
    tell_deciders_of_many(kind, [request], at, key=key, facts=facts)


def tell_deciders_of_many(
    kind: str, requests: list[Request], at: dt.datetime, *, key: str = "", facts: dict | None = None
) -> None:
    """As `tell_deciders`, for many requests in a constant number of statements."""
    told = []
    for today, some in by_today(requests, at).items():
        for pk, whom in deciders_of(list(some.values()), today).items():
            said = key or str(some[pk].version)
            told += [(kind, some[pk], one, said if one == some[pk].holder_id else f"{said}:{one}") for one in whom]
    tell_many(told, at=at, facts=facts)


def by_today(requests: Iterable[Request], at: dt.datetime) -> dict[dt.date, dict[int, Request]]:
    """Requests by number, apart by which date it is in their agency's zone."""
    found: dict[dt.date, dict[int, Request]] = {}
    for request in requests:
        found.setdefault(at.astimezone(request.agency.zone).date(), {})[request.pk] = request
    return found


def end_early(
    request: Request,
    cause: str,
    closed: dt.date,
    *,
    by: User,
    at: dt.datetime,
    reason: str = "",
    for_whom: Employee | None = None,
) -> None:
    """End an open request that can no longer be met, long before its deadline: whoever asked reads why, and whoever had
    it to decide that it is gone. `cause`: HOLIDAY, EMERGENCY or RECALL, of the date `closed`."""
    was_sent = request.state == Request.State.SENT
    close(request, "expire", by=None, at=at, reason=reason)
    facts: dict[str, Any] = {"cause": cause, "closed": closed.isoformat(), "reason": reason}
    facts |= {"by": by.pk, "for": for_whom.pk if for_whom else None}
    tell("request-ended", request, request.employee_id, at, facts=facts)
    if not was_sent:
        return
    if request.kind == Request.Kind.SWAP:  # a colleague's own affair: nobody stands in for it
        tell("request-dropped", request, request.colleague_id, at, facts=facts)
    else:
        tell_deciders("request-dropped", request, at, facts=facts)
