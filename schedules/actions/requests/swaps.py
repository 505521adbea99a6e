"""Swaps: a colleague of the same unit gives their day for mine; both agree, every rule is checked again for both."""

import dataclasses
import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from employees.calendar import monday_of
from employees.models import Placement, User
from employees.queries import placement_on
from ledger.trail import record
from schedules import queries, wording
from schedules.actions.refused import Refused
from schedules.models import Request, WfhDay
from schedules.notices import tell
from schedules.queries.cover import Cover
from schedules.queries.inbox import Situation

Kind = Request.Kind
Counted = tuple[int, dt.date, str, int, str]  # what `Cover.move` was told


def ask_to_swap(*, by: User, day_id: int, for_day_id: int, reason: str, at: dt.datetime) -> Request:
    """Ask the colleague who has `for_day_id` to swap it for one's own `day_id`: same unit, same week, whole or equal
    halves. Raises `Refused`: NOT_YOURS, OTHER_UNIT, OTHER_WEEK, CLOSED, ALREADY_WAITING, a day rule's code."""
    mine = WfhDay.objects.active().select_related("unit__agency").filter(pk=day_id, employee=by.reach.me).first()
    theirs = (
        WfhDay.objects.active().select_related("employee").filter(pk=for_day_id).exclude(employee=by.reach.me).first()
    )
    if mine is None:
        raise Refused("NOT_YOURS", _("The day to give up is not one of your own WFH days any more."))
    if theirs is None or theirs.unit_id != mine.unit_id:
        raise Refused("OTHER_UNIT", _("Days are swapped within one unit; that colleague's day is not there any more."))
    if monday_of(mine.date) != monday_of(theirs.date):
        raise Refused("OTHER_WEEK", _("A day can be moved within its week only."))
    if mine.date == theirs.date or mine.slot != theirs.slot:
        raise Refused("SAME_DAY", _("Swap days of the same length on different dates."))
    cover = Cover(mine.unit.agency, [mine.date, theirs.date], [mine.unit_id])
    closes = min(cover.cutoff(mine.unit_id, mine.date), cover.cutoff(mine.unit_id, theirs.date))
    if at >= closes:
        raise Refused(
            "CLOSED", _("Swaps of these days closed on %(when)s.") % {"when": closes.strftime("%d-%m-%Y %H.%M")}
        )
    place = placement_on(by.reach.me, mine.date)
    try:
        with transaction.atomic():
            request = Request.objects.create(
                employee_id=by.reach.me,
                agency_id=mine.agency_id,
                kind=Kind.SWAP,
                week=monday_of(mine.date),
                gives_up=mine,
                takes=theirs,
                colleague=theirs.employee,
                date=theirs.date,
                slot=theirs.slot,
                reason=reason.strip(),
                supervisor_id=place.supervisor_id if place else None,
                holder=theirs.employee,
                sent_at=at,
                due_at=closes,
                next_at=closes,
            )
            after = {"kind": Kind.SWAP, "gives_up": mine.date.isoformat(), "date": theirs.date.isoformat()}
            record(verb="request.send", subject=request, by=by, at=at, agency_id=request.agency_id, after=after)
            tell("swap-asked", request, theirs.employee_id, at)
            return request
    except IntegrityError as error:
        message = _("A request for this week is already waiting; withdraw it first to ask for another day.")
        raise Refused("ALREADY_WAITING", message) from error


def swap_days(request: Request, now: Situation, gone: set[int]) -> list[WfhDay]:
    """The two new days, checked for both people with both old days out of the way. Raises `Refused`."""
    mine, theirs = request.gives_up, request.takes
    if mine is None or theirs is None or {mine.pk, theirs.pk} & gone:
        raise Refused("PAST", _("One of the two days is no longer there; the swap cannot be made."))
    counted: list[Counted] = []
    try:
        made = _checked(request, mine, theirs, now, counted)
    except Refused:
        for unit_id, date, slot, change, post in counted:  # others decided in the same go are not to see it
            now.covers[request.agency_id].move(unit_id, date, slot, -change, post)
        raise
    gone |= {mine.pk, theirs.pk}
    return made


def _checked(request: Request, mine: WfhDay, theirs: WfhDay, now: Situation, counted: list[Counted]) -> list[WfhDay]:
    cover, unit_id = now.covers[request.agency_id], mine.unit_id
    people = queries.people([request.employee_id, theirs.employee_id], mine.date, theirs.date)
    pairs = [(request.employee_id, mine, theirs.date), (theirs.employee_id, theirs, mine.date)]
    places = [_place(pk, date, unit_id) for pk, _old, date in pairs]

    def count(place: Placement, date: dt.date, slot: str, change: int) -> None:
        if date not in people[place.employee_id].leave:  # whoever is on leave is not counted as at home
            counted.append((unit_id, date, slot, change, place.job_title))
            cover.move(*counted[-1])

    for place, (_pk, old, _date) in zip(places, pairs, strict=True):
        count(place, old.date, old.slot, -1)
    made = []
    for place, (pk, old, date) in zip(places, pairs, strict=True):
        person = people[pk].without(old.pk)
        person.post, person.job_group = place.job_title, place.job_group
        facts = cover.facts(unit_id, date, person, slot=old.slot, on_request=True)
        policies = queries.allowing(place, request.week)
        code, rule, _cap = queries.judge(policies, facts)
        if code and rule:
            raise Refused(code, wording.against(code, rule, dataclasses.asdict(facts)))
        if not policies:
            raise Refused("NOT_ELIGIBLE", _("One of the two does not meet the conditions for a WFH day in that week."))
        made.append(_day(pk, old, date, policies[0].track))
        count(place, date, old.slot, 1)
    return made


def _place(employee_id: int, date: dt.date, unit_id: int) -> Placement:
    place = placement_on(employee_id, date)
    if place is None or place.unit_id != unit_id:
        raise Refused("OTHER_UNIT", _("One of the two is no longer in this unit; the swap cannot be made."))
    return place


def _day(pk: int, old: WfhDay, date: dt.date, track: str) -> WfhDay:
    return WfhDay(
        employee_id=pk,
        agency_id=old.agency_id,
        unit_id=old.unit_id,
        date=date,
        slot=old.slot,
        origin=WfhDay.Origin.SWAP,
        track=track,
        replaces=old,
        plan_id=old.plan_id,
    )
