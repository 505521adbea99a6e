"""Asking for another day, and deciding on it."""

import dataclasses
import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from employees.calendar import local_date, monday_of
from employees.models import Placement, Unit, User
from employees.queries import placement_on
from ledger import outbox
from ledger.models import Outbox
from ledger.trail import record
from schedules import queries, states
from schedules.models import Request, WfhDay
from schedules.permissions import Denied, check_may_decide

from .refused import Refused


def send_request(*, by: User, date: dt.date, gives_up_id: int | None, reason: str, at: dt.datetime) -> Request:
    """Ask for a date, in place of a WFH day of the same week (`gives_up_id`) or as the week's day.

    Raises `Refused`: NO_PERSON, PAST, TOO_FAR, NOT_YOURS, OTHER_WEEK, NOT_ELIGIBLE, a day rule's code, or
    ALREADY_WAITING.
    """
    if by.employee_id is None:
        raise Refused("NO_PERSON", _("This account belongs to no civil servant, so it has no days to ask for."))
    placement = _placement(by, date)
    today = local_date(at, placement.agency.zone)
    _check_date(date, today)
    given_up = _given_up(by, gives_up_id, date, today)
    _check_fits(placement, date, given_up)
    try:
        with transaction.atomic():
            return _send(by, placement, date, given_up, reason, at)
    except IntegrityError as error:
        message = _("A request for this week is already waiting; withdraw it first to ask for another day.")
        raise Refused("ALREADY_WAITING", message) from error


def _placement(by: User, date: dt.date) -> Placement:
    placement = placement_on(by.reach.me, date)
    if placement is None:
        raise Refused("NO_PLACEMENT", _("There is no placement in a unit on that day. HR can record it."))
    return placement


def _check_date(date: dt.date, today: dt.date) -> None:
    if date <= today:
        raise Refused("PAST", _("That day is today or past; only days ahead can be asked for."))
    if monday_of(date) > monday_of(today) + dt.timedelta(weeks=queries.HORIZON_WEEKS):
        raise Refused(
            "TOO_FAR", _("Days can be asked for up to %(weeks)s weeks ahead.") % {"weeks": queries.HORIZON_WEEKS}
        )


def _given_up(by: User, day_id: int | None, date: dt.date, today: dt.date) -> WfhDay | None:
    if day_id is None:
        return None
    day = WfhDay.objects.active().filter(pk=day_id, employee=by.employee_id).first()
    if day is None:
        raise Refused("NOT_YOURS", _("The day to give up is not one of your own WFH days any more."))
    if monday_of(day.date) != monday_of(date):
        raise Refused("OTHER_WEEK", _("A day can be moved within its week only."))
    if day.date <= today:
        raise Refused("PAST", _("The day to give up is today or past; it can no longer be moved."))
    return day


def _check_fits(placement: Placement, date: dt.date, given_up: WfhDay | None) -> str:
    """Every day rule, with the same check as the planner's. Returns the track that allows the day."""
    facts = queries.day_facts(placement, [date], on_request=True, without=given_up.pk if given_up else None)[date]
    policies = queries.allowing(placement, monday_of(date))
    code, rule, _cap = queries.judge(policies, facts)
    if code and rule:
        raise Refused(code, rule.sentence(code, dataclasses.asdict(facts)))
    if not policies:
        if facts.holiday or not facts.working_day:
            raise Refused("R-HARI-LIBUR", _("That day is not a working day."))
        raise Refused("NOT_ELIGIBLE", _("The conditions for a WFH day are not met in that week; “Why?” names them."))
    return policies[0].track


def _send(by: User, placement: Placement, date, given_up, reason: str, at) -> Request:
    request = Request.objects.create(
        employee_id=placement.employee_id,
        agency_id=placement.agency_id,
        week=monday_of(date),
        gives_up=given_up,
        date=date,
        reason=reason.strip(),
        supervisor_id=placement.supervisor_id,
        sent_at=at,
    )
    after = {"date": date.isoformat(), "gives_up": given_up and given_up.date.isoformat()}
    record(verb="request.send", subject=request, by=by, at=at, agency_id=request.agency_id, after=after)
    _notify("request-sent", request, at)
    return request


@transaction.atomic
def withdraw_request(*, by: User, request_id: int, at: dt.datetime) -> Request:
    """Take back one's own request while it waits."""
    request = _locked(request_id)
    if request.employee_id != by.reach.me:
        raise Denied("NOT_YOURS", _("Only the person who asked can withdraw a request."))
    return _close(request, "withdraw", by, at)


@transaction.atomic
def reject_request(*, by: User, request_id: int, version: int, reason: str, at: dt.datetime) -> Request:
    """Refuse a request, with a reason that the person reads."""
    request = _locked(request_id)
    check_may_decide(by, request)
    if not reason.strip():
        raise Refused("REASON_MISSING", _("Give a reason: the person reads it and it stays on record."))
    states.move(request, "reject")
    _check_version(request, version)
    request = _close(request, "reject", by, at, reason.strip())
    _notify("request-rejected", request, at)
    return request


@transaction.atomic
def approve_request(*, by: User, request_id: int, version: int, at: dt.datetime) -> Request:
    """Give the asked day: under the unit's lock every day rule is checked again, then the day moves.

    Raises `Denied`, `states.Impossible` (already decided), or `Refused` (PAST, STALE, a day rule's code).
    """
    request = _locked(request_id)
    check_may_decide(by, request)
    states.move(request, "approve")
    _check_version(request, version)
    placement = placement_on(request.employee_id, request.date)
    if placement is None:
        raise Refused("NO_PLACEMENT", _("The person has no placement in a unit on that day any more."))
    if request.date <= local_date(at, placement.agency.zone):
        raise Refused("PAST", _("That day is today or past; the request can no longer be approved."))
    # Two supervisors never fill one unit's last place at once: deciding on a unit's days stands in line here.
    Unit.objects.select_for_update(no_key=True).get(pk=placement.unit_id)
    given_up = _still_there(request, at, placement)
    track = _check_fits(placement, request.date, given_up)
    _move_day(request, placement, given_up, track)
    request = _close(request, "approve", by, at)
    _notify("request-approved", request, at)
    return request


def _locked(request_id: int) -> Request:
    rows = Request.objects.select_for_update(of=("self",))
    return rows.select_related("agency", "decided_by__employee", "employee").get(pk=request_id)


def _check_version(request: Request, version: int) -> None:
    if request.version != version:
        raise Refused("STALE", _("This request has changed since the page was opened. Load the page again."))


def _still_there(request: Request, at, placement: Placement) -> WfhDay | None:
    if request.gives_up_id is None:
        return None
    day = WfhDay.objects.active().select_for_update().filter(pk=request.gives_up_id).first()
    if day is None or day.date <= local_date(at, placement.agency.zone):
        raise Refused("PAST", _("The day to be given up is today, past, or no longer there."))
    return day


def _move_day(request: Request, placement: Placement, given_up: WfhDay | None, track: str) -> None:
    """End one row and add one; neither is edited into the other (rulings.md 9)."""
    if given_up:
        WfhDay.objects.filter(pk=given_up.pk).update(state=WfhDay.State.REPLACED)
    WfhDay.objects.create(
        employee_id=request.employee_id,
        agency_id=request.agency_id,
        unit_id=placement.unit_id,
        date=request.date,
        slot=request.slot,
        origin=WfhDay.Origin.REQUEST,
        track=track,
        replaces=given_up,
        plan=given_up.plan if given_up else None,
    )


def _close(request: Request, change: str, by: User, at, reason: str = "") -> Request:
    before = {"state": request.state}
    request.state = states.move(request, change)
    request.decided_by, request.decided_at, request.decision_reason = by, at, reason
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
    )
    return request


def _notify(notice: str, request: Request, at) -> None:
    """One mail per transition and person; the worker renders it in the receiver's language."""
    payload = {"notice": notice, "request": request.pk}
    outbox.put(kind=Outbox.Kind.MAIL, key=f"{notice}:{request.pk}", at=at, payload=payload, agency_id=request.agency_id)
