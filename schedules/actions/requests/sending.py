"""Asking: for another day, an extra one, half a day, or the same weekday every week."""

import dataclasses
import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from eligibility.rules import RegisteredHome
from employees.calendar import local_date, monday_of
from employees.models import Placement, User
from employees.queries import placement_on
from ledger.trail import record
from schedules import queries, states, wording
from schedules.actions.refused import Refused
from schedules.models import Request, UnitRule, WfhDay
from schedules.permissions import Denied
from schedules.queries.approvers import holder_for, line_above, stand_ins_of
from schedules.queries.cover import Cover
from schedules.queries.terms import answer_term

from .clock import next_look
from .writing import check_version, one_locked, tell_deciders

Kind = Request.Kind
WEEK = dt.timedelta(days=7)
SERIES_WEEKS = 12  # how far ahead a fixed weekday may begin
LONGEST = dt.timedelta(weeks=26)  # of a fixed weekday: then it is asked for again


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is asked for, before it is checked."""

    kind: str
    date: dt.date
    slot: str
    given_up: WfhDay | None
    reason: str
    until: dt.date | None = None
    registered_home: bool | None = None  # what the person states; no address is asked for or kept


def send_request(
    *,
    by: User,
    date: dt.date,
    gives_up_id: int | None,
    reason: str,
    at: dt.datetime,
    slot: str = WfhDay.Slot.FULL,
    registered_home: bool | None = None,
) -> Request:
    """Ask for a date (or half of it) in place of a WFH day of the same week (`gives_up_id`), or as an extra day.

    `registered_home`: whether the day is spent at the home registered in the personnel data, as the person states
    (PermenPANRB 4/2025 art. 11); None: not asked. What is stated stands in the event.

    Raises `Refused`: NO_PERSON, NO_PLACEMENT, PAST, TOO_FAR, NOT_PLANNED, CLOSED, NOT_YOURS, OTHER_WEEK, NOT_ELIGIBLE,
    a day rule's code, or ALREADY_WAITING.
    """
    placement, cover, wish = _wish(by, date, gives_up_id, reason, slot, at, registered_home)
    _check_fits(cover, placement, wish, at)
    return _store(by, placement, cover, wish, at, Request.State.SENT)


def save_draft(
    *,
    by: User,
    date: dt.date,
    gives_up_id: int | None,
    reason: str,
    at: dt.datetime,
    slot: str = WfhDay.Slot.FULL,
    registered_home: bool | None = None,
) -> Request:
    """Keep a request for later without sending it; what fits is checked when it is sent. It too ends in time."""
    placement, cover, wish = _wish(by, date, gives_up_id, reason, slot, at, registered_home)
    return _store(by, placement, cover, wish, at, Request.State.DRAFT)


def send_again(
    *,
    by: User,
    request_id: int,
    version: int,
    at: dt.datetime,
    date: dt.date | None = None,
    reason: str | None = None,
    registered_home: bool | None = None,
) -> Request:
    """Send a draft, or a request that was sent back, perhaps changed; everything is checked as for a new one."""
    try:
        with transaction.atomic():
            request = one_locked(request_id)
            if request.employee_id != by.reach.me:
                raise Denied("NOT_YOURS", _("Only the person who asked can send a request again."))
            state = states.move(request, "send")
            check_version(request, version)
            if request.kind not in (Kind.MOVE, Kind.EXTRA):
                text = _("A request of this kind is not changed: withdraw it and send a new one.")
                raise Refused("NOT_POSSIBLE", text)
            wanted = reason if reason is not None else request.reason
            placement, cover, wish = _wish(
                by, date or request.date, request.gives_up_id, wanted, request.slot, at, registered_home
            )
            _check_fits(cover, placement, wish, at)
            return _resend(by, request, placement, cover, wish, state, at)
    except IntegrityError as error:
        raise _already_waiting() from error


def _wish(
    by: User, date, gives_up_id, reason: str, slot: str, at, registered_home: bool | None
) -> tuple[Placement, Cover, Wish]:
    """Everything about a wish but whether it fits: whose, when, instead of what."""
    placement = _placement(by, date)
    _check_reckonable(date, at)
    cover = Cover(
        placement.unit.agency, [monday_of(date) + dt.timedelta(days=n) for n in range(7)], [placement.unit_id]
    )
    today = cover.today(placement.unit_id, at)
    _check_date(date, today)
    given_up = _given_up(by, gives_up_id, date, today)
    _check_open(cover, placement, date, at)
    kind = Kind.MOVE if given_up else Kind.EXTRA
    return placement, cover, Wish(kind, date, slot, given_up, reason.strip(), registered_home=registered_home)


def _placement(by: User, date: dt.date) -> Placement:
    if by.employee_id is None:
        raise Refused("NO_PERSON", _("This account belongs to no civil servant, so it has no days to ask for."))
    placement = placement_on(by.reach.me, date)
    if placement is None:
        raise Refused("NO_PLACEMENT", _("There is no placement in a unit on that day. HR can record it."))
    return placement


def _check_date(date: dt.date, today: dt.date) -> None:
    if date <= today:
        raise Refused("PAST", _("That day is today or past; only days ahead can be asked for."))
    if monday_of(date) > monday_of(today) + dt.timedelta(weeks=queries.HORIZON_WEEKS):
        raise _too_far()


def _check_reckonable(date: dt.date, at: dt.datetime) -> None:
    """Before a week is made of the date: the last days that a calendar has are followed by none."""
    if date.year > at.year + 1:
        raise _too_far()


def _too_far() -> Refused:
    named = {"weeks": queries.HORIZON_WEEKS}
    return Refused("TOO_FAR", _("Days can be asked for up to %(weeks)s weeks ahead.") % named)


def _check_open(cover: Cover, placement: Placement, date: dt.date, at: dt.datetime) -> None:
    if not queries.allowing(placement, monday_of(date)):
        if date in cover.off or not cover.working(placement.unit_id, date):
            raise Refused("R-HARI-LIBUR", _("That day is not a working day."))
        raise Refused("NOT_ELIGIBLE", _("The conditions for a WFH day are not met in that week; “Why?” names them."))
    if queries.planned(placement.agency_id, monday_of(date)) is None:
        raise Refused("NOT_PLANNED", _("That week's plan is not published yet. Name your wished weekdays instead."))
    closes = cover.cutoff(placement.unit_id, date)
    if at >= closes:
        named = {"when": closes.strftime("%d-%m-%Y %H.%M")}
        raise Refused("CLOSED", _("Requests for that day closed on %(when)s.") % named)


def _given_up(by: User, day_id: int | None, date: dt.date, today: dt.date) -> WfhDay | None:
    if day_id is None:
        return None
    day = WfhDay.objects.active().select_related("plan").filter(pk=day_id, employee=by.employee_id).first()
    if day is None:
        raise Refused("NOT_YOURS", _("The day to give up is not one of your own WFH days any more."))
    if monday_of(day.date) != monday_of(date):
        raise Refused("OTHER_WEEK", _("A day can be moved within its week only."))
    if day.date <= today:
        raise Refused("PAST", _("The day to give up is today or past; it can no longer be moved."))
    return day


def _check_fits(cover: Cover, placement: Placement, wish: Wish, at: dt.datetime) -> None:
    """Every day rule, with the same check as the planner's and the supervisor's. A refusal names a day that fits."""
    gives_up = wish.given_up.pk if wish.given_up else None
    person = queries.person_at(placement, wish.date, wish.date).without(gives_up)
    facts = cover.facts(placement.unit_id, wish.date, person, slot=wish.slot, on_request=True)
    if wish.registered_home is not None:
        facts = dataclasses.replace(facts, registered_home=wish.registered_home)
    code, rule, _cap = queries.judge(queries.allowing(placement, monday_of(wish.date)), facts)
    if code and isinstance(rule, RegisteredHome):  # of no other day either
        raise Refused(code, rule.sentence(code, dataclasses.asdict(facts)))
    if code and rule:
        offers = queries.offers(placement.employee, monday_of(wish.date), at=at, gives_up=gives_up, slot=wish.slot)
        fitting = [one.date for one in offers if one.fits]
        said = rule.sentence(code, dataclasses.asdict(facts))
        raise Refused(code, wording.and_instead(said, code, wish.date, fitting))


def _store(by: User, placement: Placement, cover: Cover, wish: Wish, at, state: str) -> Request:
    try:
        with transaction.atomic():
            request = Request(employee_id=placement.employee_id, agency_id=placement.agency_id, state=state)
            _fill(request, placement, cover, wish, at)
            request.save()
            sent = state == Request.State.SENT
            _record(request, by, at, "request.send" if sent else "request.draft", wish.registered_home)
            if sent:
                tell_deciders("request-sent", request, at)
            return request
    except IntegrityError as error:
        raise _already_waiting() from error


def _resend(by: User, request: Request, placement, cover, wish: Wish, state: str, at) -> Request:
    request.state = state
    request.decided_by = request.decided_for = request.decided_at = request.endorsed_by = None
    request.reminded_at = request.escalated_at = None
    request.stage = 1
    _fill(request, placement, cover, wish, at)
    request.version += 1
    request.save()
    _record(request, by, at, "request.send", wish.registered_home)
    tell_deciders("request-sent", request, at)
    return request


def _fill(request: Request, placement: Placement, cover: Cover, wish: Wish, at: dt.datetime) -> None:
    """What is asked for, who decides it, and by when."""
    line = line_above(placement.employee_id, wish.date)
    unit_id = placement.unit_id
    request.kind, request.week, request.date, request.slot = wish.kind, monday_of(wish.date), wish.date, wish.slot
    request.gives_up, request.reason, request.until = wish.given_up, wish.reason, wish.until
    today = cover.today(unit_id, at)
    request.supervisor_id = None if line.circular else line.direct
    request.holder_id = holder_for(
        line, today, never={placement.employee_id} | stand_ins_of(placement.employee_id, today)
    )
    request.stages = cover.rules.number(unit_id, UnitRule.Kind.STAGES, wish.date, 1)
    request.sent_at, request.due_at = at, cover.cutoff(unit_id, wish.date)
    if wish.given_up:  # a day that has begun can no longer be moved
        request.due_at = min(request.due_at, cover.opens(unit_id, wish.given_up.date))
    term = answer_term(request, cover.settings[unit_id], at) if request.state == Request.State.SENT else None
    if term and term.rule.ends:
        request.due_at = min(request.due_at, term.due)
    request.next_at = next_look(request, cover.settings[unit_id], cover.off, at, term)


def _record(request: Request, by: User, at, verb: str, registered_home: bool | None) -> None:
    after: dict[str, Any] = {
        "kind": request.kind,
        "date": request.date.isoformat(),
        "slot": request.slot,
        "gives_up": request.gives_up.date.isoformat() if request.gives_up else None,
    }
    if registered_home is not None:
        after["registered_home"] = registered_home
    record(verb=verb, subject=request, by=by, at=at, agency_id=request.agency_id, after=after)


def _already_waiting() -> Refused:
    message = _("A request for this week is already waiting; withdraw it first to ask for another day.")
    return Refused("ALREADY_WAITING", message)


# --- the same weekday every week ----------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Skipped:
    """A date of a series on which it would not hold, as far as is known today."""

    date: dt.date
    reason: str


def preview_series(*, by: User, date: dt.date, until: dt.date, at: dt.datetime) -> list[Skipped]:
    """Which dates of a fixed weekday would be skipped, and why, before it is sent. Writes nothing. Raises `Refused`."""
    placement, cover = _series(by, date, until, at)
    person = queries.person_at(placement, date, until)
    found = []
    for day in cover.dates:
        facts = cover.facts(placement.unit_id, day, person, on_request=True)
        reason = _skips(facts)
        if reason:
            found.append(Skipped(day, reason))
    return found


def _skips(facts) -> str:
    """What keeps a date out of a series whatever the plan gives: a day off, leave, a closed or an anchor day."""
    if not facts.working_day:
        return facts.holiday or _("Not a working day")
    return facts.on_leave or facts.closed or facts.anchor


def send_series(*, by: User, date: dt.date, until: dt.date, reason: str, at: dt.datetime) -> Request:
    """Ask for the weekday of `date` every week until a date. Once approved, each weekly plan tries that weekday first;
    limits and fairness still decide. Raises `Refused`: PAST, TOO_FAR, TOO_LONG, NEVER, ALREADY_WAITING, NO_PERSON,
    NO_PLACEMENT."""
    placement, cover = _series(by, date, until, at)
    if len(preview_series(by=by, date=date, until=until, at=at)) == len(cover.dates):
        raise Refused("NEVER", _("No date of this series is possible. Choose another weekday."))
    wish = Wish(Kind.RECUR, date, WfhDay.Slot.FULL, None, reason.strip(), until)
    return _store(by, placement, cover, wish, at, Request.State.SENT)


def _series(by: User, date: dt.date, until: dt.date, at) -> tuple[Placement, Cover]:
    placement = _placement(by, date)
    if until < date:
        raise Refused("PAST", _("The last day lies before the first."))
    if until - date > LONGEST:
        raise Refused("TOO_LONG", _("A fixed weekday can be asked for up to 26 weeks; ask again afterwards."))
    _check_begins(date, local_date(at, placement.unit.agency.zone))
    dates = [date + n * WEEK for n in range((until - date).days // 7 + 1)]
    cover = Cover(placement.unit.agency, dates, [placement.unit_id])
    if date <= cover.today(placement.unit_id, at):
        raise Refused("PAST", _("That day is today or past; only days ahead can be asked for."))
    return placement, cover


def _check_begins(date: dt.date, today: dt.date) -> None:
    if date - today > SERIES_WEEKS * WEEK:
        named = {"weeks": SERIES_WEEKS}
        raise Refused("TOO_FAR", _("A fixed weekday begins at most %(weeks)s weeks ahead; ask again later.") % named)
