"""Taking back: a request withdrawn, a day given back, a day recalled by the supervisor."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from employees.calendar import monday_of
from employees.models import User
from employees.queries import placement_on
from ledger.trail import record
from schedules import queries, states
from schedules.actions.refused import Refused
from schedules.models import Request, WfhDay
from schedules.notices import tell
from schedules.permissions import Denied, check_may_recall
from schedules.queries.approvers import holder_for, line_above, stand_ins_of
from schedules.queries.cover import Cover

from .clock import next_look
from .writing import (
    OTHER_HALF,
    account_of,
    check_reason,
    check_version,
    close,
    end_day,
    end_early,
    given_back,
    halves,
    lock_units,
    lock_units_of,
    one_locked,
    tell_deciders,
)

State = WfhDay.State


@transaction.atomic
def withdraw_request(*, by: User, request_id: int, at: dt.datetime, version: int | None = None) -> Request:
    """Take back one's own request: while it is open, freely; once approved, freely until the cut-off of its day.

    An approved request that is taken back restores the day it moved where that day still fits, else the day counts as
    given back; an extra day is as if it had never been. After the cut-off the day is given back with the supervisor's
    consent (`give_back`): CLOSED.
    """
    lock_units_of([request_id])
    request = one_locked(request_id)
    if request.employee_id != by.reach.me:
        raise Denied("NOT_YOURS", _("Only the person who asked can withdraw a request."))
    approved = request.state == Request.State.APPROVED
    states.move(request, "withdraw")
    if version is not None:
        check_version(request, version)
    if approved:
        _undo(request, at)
    holder = request.holder_id if request.state == Request.State.SENT else None
    request = close(request, "withdraw", by=by, at=at)
    if approved and request.supervisor_id:
        tell("request-withdrawn", request, request.supervisor_id, at)
    elif holder:
        tell("request-withdrawn", request, holder, at)
    return request


def _undo(request: Request, at: dt.datetime) -> None:
    if request.kind in (Request.Kind.RETURN, Request.Kind.SWAP):
        raise Refused("DONE", _("This has been carried out and concerns others too; ask for another day instead."))
    if request.kind == Request.Kind.RECUR:
        return  # the plans from now on no longer try that weekday
    rows = WfhDay.objects.active().select_for_update().select_related("unit__agency")
    day = rows.filter(employee=request.employee_id, date=request.date, slot=request.slot).first()
    if day is None:
        raise Refused("PAST", _("The day of this request is no longer there."))
    cover = Cover(day.unit.agency, [request.week + dt.timedelta(days=n) for n in range(6)], [day.unit_id])
    _check_before_cutoff(cover, day, at)
    old = request.gives_up
    end_day(day, State.REPLACED if old and _fits_again(day, old, cover, at) else given_back(day))
    if day.state == State.REPLACED and old:
        _take_back_half(day, old)
        WfhDay.objects.create(
            employee_id=day.employee_id,
            agency_id=day.agency_id,
            unit_id=day.unit_id,
            date=old.date,
            slot=old.slot,
            origin=old.origin,
            track=old.track,
            plan_id=old.plan_id,
            replaces=day,
        )


def _take_back_half(day: WfhDay, old: WfhDay) -> None:
    """The half that was given back when a whole day became half of one: with the whole day it is there again."""
    if old.slot != WfhDay.Slot.FULL or day.slot not in OTHER_HALF:
        return
    rows = WfhDay.objects.filter(employee=old.employee_id, date=old.date, slot=OTHER_HALF[day.slot])
    half = rows.filter(plan=old.plan_id, state=given_back(old), pk__gt=old.pk).order_by("pk").last()
    if half:
        end_day(half, State.REPLACED)


def _fits_again(day: WfhDay, old: WfhDay, cover: Cover, at: dt.datetime) -> bool:
    place = placement_on(day.employee_id, old.date)
    if place is None or place.unit_id != day.unit_id or at >= cover.cutoff(day.unit_id, old.date):
        return False
    person = queries.person_at(place, old.date, old.date).without(day.pk)
    facts = cover.facts(day.unit_id, old.date, person, slot=old.slot, on_request=True)
    policies = queries.allowing(place, monday_of(old.date))
    return bool(policies) and queries.judge(policies, facts)[0] is None


def _check_before_cutoff(cover: Cover, day: WfhDay, at: dt.datetime) -> None:
    closes = cover.cutoff(day.unit_id, day.date)
    if at >= closes:
        text = _("This day could be changed freely until %(when)s. Now it can be given back if the supervisor agrees.")
        raise Refused("CLOSED", text % {"when": closes.strftime("%d-%m-%Y %H.%M")})


def give_back(*, by: User, day_id: int, at: dt.datetime, reason: str = "", slot: str = WfhDay.Slot.FULL):
    """Give one's own WFH day (or half of it) back. Until the cut-off it is free for others at once; afterwards, until
    the day begins, it needs the supervisor's consent: then a request is sent and returned instead of the day.

    Of half a day only that half can be given. Raises `Refused`: NOT_YOURS, WRONG_HALF, PAST, WAITING, ALREADY_WAITING.
    """
    try:
        with transaction.atomic():
            return _give_back(by, day_id, at, reason, slot)
    except IntegrityError as error:
        message = _("A request for this week is already waiting; withdraw it first to give a day back.")
        raise Refused("ALREADY_WAITING", message) from error


def _give_back(by: User, day_id: int, at: dt.datetime, reason: str, slot: str) -> WfhDay | Request:
    rows = WfhDay.objects.active().select_for_update(of=("self",)).select_related("unit__agency", "agency")
    day = rows.filter(pk=day_id, employee=by.reach.me).first()
    if day is None:
        raise Refused("NOT_YOURS", _("The day to give back is not one of your own WFH days any more."))
    if slot in OTHER_HALF and day.slot not in (WfhDay.Slot.FULL, slot):
        raise Refused("WRONG_HALF", _("Only the other half of that day is yours. Choose that half to give it back."))
    given = slot if day.slot == WfhDay.Slot.FULL and slot in OTHER_HALF else day.slot
    cover = Cover(day.unit.agency, [day.date], [day.unit_id])
    if at >= cover.opens(day.unit_id, day.date):
        raise Refused("PAST", _("The day has begun or is past; it can no longer be given back."))
    if Request.objects.filter(state__in=states.OPEN, gives_up=day).exclude(state=Request.State.DRAFT).exists():
        raise Refused("WAITING", _("A request to change this day is still open; withdraw it first."))
    if at >= cover.cutoff(day.unit_id, day.date):
        return _ask_consent(by, day, given, cover, reason, at)
    if given != day.slot:
        _keep_half(day, given)
    else:
        end_day(day, given_back(day))
    after = {"date": day.date.isoformat(), "slot": given}
    record(verb="day.return", subject=day, by=by, at=at, agency_id=day.agency_id, reason=reason, after=after)
    return day


def _keep_half(day: WfhDay, given: str) -> None:
    """End the whole day; one half stays, the other is written down as given back."""
    end_day(day, State.REPLACED)
    WfhDay.objects.bulk_create(halves(day, given))


def _ask_consent(by: User, day: WfhDay, given: str, cover: Cover, reason: str, at) -> Request:
    line, today = line_above(day.employee_id, day.date), cover.today(day.unit_id, at)
    request = Request(
        employee_id=day.employee_id,
        agency_id=day.agency_id,
        kind=Request.Kind.RETURN,
        week=monday_of(day.date),
        gives_up=day,
        date=day.date,
        slot=given,
        reason=reason.strip(),
        supervisor_id=None if line.circular else line.direct,
        holder_id=holder_for(line, today, never={day.employee_id} | stand_ins_of(day.employee_id, today)),
        sent_at=at,
        due_at=cover.opens(day.unit_id, day.date),
    )
    request.next_at = next_look(request, cover.settings[day.unit_id], cover.off, at)
    request.save()
    after = {"kind": request.kind, "date": day.date.isoformat(), "slot": given}
    record(verb="request.send", subject=request, by=by, at=at, agency_id=request.agency_id, after=after)
    tell_deciders("request-sent", request, at)
    return request


@transaction.atomic
def recall_day(*, by: User, day_id: int, reason: str, at: dt.datetime) -> WfhDay:
    """Call somebody to the office on their WFH day: with a reason, and no later than the cut-off of the day, so that
    the notice is never shorter than that. The day is owed to the person; the fairness ledger counts it as recalled.

    Raises `Denied`, or `Refused`: GONE, REASON_MISSING, CLOSED.
    """
    found = WfhDay.objects.filter(pk=day_id).first()
    if found:
        lock_units([found.unit_id])
    rows = WfhDay.objects.active().select_for_update(of=("self",)).select_related("unit__agency", "employee")
    day = rows.filter(pk=day_id).first()
    if day is None:
        raise Refused("GONE", _("This day is not a WFH day any more."))
    for_whom = check_may_recall(by, day.employee_id, day.date, at)
    said = check_reason(reason)
    cover = Cover(day.unit.agency, [day.date], [day.unit_id])
    closes = cover.cutoff(day.unit_id, day.date)
    if at >= closes:
        text = _("A day is recalled until %(when)s. In an emergency HR can repair the unit's week.")
        raise Refused("CLOSED", text % {"when": closes.strftime("%d-%m-%Y %H.%M")})
    end_day(day, State.RECALLED)
    hours = int((cover.opens(day.unit_id, day.date) - at).total_seconds() // 3600)
    after = {"date": day.date.isoformat(), "notice_hours": hours}
    record(
        verb="day.recall",
        subject=day,
        by=by,
        at=at,
        agency_id=day.agency_id,
        reason=said,
        before={"state": State.ACTIVE},
        after=after,
        on_behalf_of=account_of(for_whom),
    )
    _recall_request(day, by, for_whom, said, at)
    facts = {"reason": said, "by": by.pk, "for": for_whom.pk if for_whom else None, "hours": hours}
    tell("day-recalled", day, day.employee_id, at, facts=facts)
    return day


def _recall_request(day: WfhDay, by: User, for_whom, reason: str, at) -> None:
    """The request that had given the day is recalled with it."""
    rows = Request.objects.select_for_update(of=("self",)).select_related("agency", "decided_by__employee")
    asked = rows.filter(employee=day.employee_id, date=day.date, slot=day.slot, state=Request.State.APPROVED)
    one = asked.exclude(kind__in=[Request.Kind.RETURN, Request.Kind.RECUR, Request.Kind.SWAP]).first()
    if one:
        close(one, "recall", by=by, at=at, reason=reason, for_whom=for_whom)
    hanging = Request.objects.filter(Q(gives_up=day) | Q(takes=day), state=Request.State.SENT)
    for pk in hanging.order_by("pk").values_list("pk", flat=True):
        waiting = one_locked(pk)
        if waiting.state == Request.State.SENT:  # not decided while this stood in line
            said = reason if waiting.employee_id == day.employee_id else ""  # a colleague reads no one else's reason
            end_early(waiting, "RECALL", day.date, by=by, for_whom=for_whom, at=at, reason=said)
