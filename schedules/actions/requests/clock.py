"""No request gets stuck: reminded once a day, handed on, and ended with a stated outcome at its deadline.

Level-triggered: each look asks what is due now, so a clock that stood still for a week makes it all good at once.
"""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from eligibility.rules.terms import APPROVE, ESCALATE, REMIND
from employees.calendar import add_office_time
from employees.models import Employee, Leave, Placement
from employees.models.people import today_of_agency
from employees.queries import UnitSettings, holidays, placement_on, settings_of
from ledger.trail import record
from schedules import states
from schedules.models import Delegation, Request
from schedules.notices import tell
from schedules.queries.approvers import holder_for, line_above, next_after, stand_ins_of
from schedules.queries.terms import AnswerTerm, answer_term

from .deciding import grant_by_silence
from .writing import close, lock_units_of, one_locked, tell_deciders

log = logging.getLogger(__name__)
REMIND_AFTER = dt.timedelta(hours=8, minutes=30)  # a day of office time; again after each further one
ESCALATE_AFTER = dt.timedelta(hours=17)  # two days of office time with the same person
AHEAD = dt.timedelta(days=60)
AT_ONCE = 500  # requests a look


def next_look(
    request: Request, unit: UnitSettings, off, at: dt.datetime, term: AnswerTerm | None = None
) -> dt.datetime:
    """When the clock looks at a request again: at the next reminder or hand-over, at its deadline at the latest."""
    if request.state != Request.State.SENT or request.kind == Request.Kind.SWAP:
        return request.due_at
    since = request.reminded_at or request.escalated_at or request.sent_at
    remind = add_office_time(since, REMIND_AFTER, unit.zone, off, unit.working_days)
    if term and term.rule.silence == ESCALATE and request.holder_id and term.due > at:
        remind = min(remind, term.due)
    return min(request.due_at, max(remind, at + dt.timedelta(minutes=1)))


def _hands_on_at(request: Request, unit: UnitSettings, off, term: AnswerTerm | None) -> dt.datetime | None:
    """When a request that nobody answers goes to the next in the line: at the policy's own term where silence hands it
    on, never where it only reminds, else after two days of office time."""
    if term and term.rule.silence == REMIND:
        return None
    if term and term.rule.silence == ESCALATE:
        return term.due
    since = request.escalated_at or request.sent_at
    return add_office_time(since, ESCALATE_AFTER, unit.zone, off, unit.working_days)


def run_clock(*, at: dt.datetime) -> dict[str, int]:
    """Look at every request that is due for a look; counts by what was done. Two clocks at once do it once."""
    done = {"expired": 0, "reminded": 0, "escalated": 0, "granted": 0}
    waiting = Request.objects.filter(state__in=states.OPEN)
    due = waiting.filter(Q(next_at__lte=at) | Q(next_at__isnull=True, due_at__lte=at)).order_by("due_at", "pk")
    looks = [(pk, "") for pk in due.values_list("pk", flat=True)[:AT_ONCE]]
    looks += [(pk, "leave") for pk in _held_by_the_absent(at)[:AT_ONCE]]
    looks += [(pk, "line") for pk in _held_outside_the_line()[:AT_ONCE]]
    for pk, why in looks:
        try:
            what = _hand_on_if_held(pk, at, why) if why else _look(pk, at)
        except Exception:
            log.exception("the clock failed at request %s", pk)  # one request never stops the others
            continue
        if what:
            done[what] += 1
    return done


@transaction.atomic
def _look(pk: int, at: dt.datetime) -> str:
    if Request.objects.filter(pk=pk, state=Request.State.SENT, due_at__lte=at).exists():
        lock_units_of([pk])  # silence may grant it: units first, then the request
    request = one_locked(pk)
    if request.state not in states.OPEN or (request.next_at and request.next_at > at and request.due_at > at):
        return ""
    if at >= request.due_at:
        return _end(request, at)
    if request.state != Request.State.SENT or request.kind == Request.Kind.SWAP:
        return ""
    unit, off = _unit(request)
    term = answer_term(request, unit, request.escalated_at or request.sent_at)
    hands_on = _hands_on_at(request, unit, off, term)
    if request.holder_id and hands_on and at >= hands_on:
        return _hand_on(request, at, "late")
    request.reminded_at = at
    request.next_at = next_look(request, unit, off, at, term)
    request.save(update_fields=["reminded_at", "next_at"])
    record(verb="request.remind", subject=request, by=None, at=at, agency_id=request.agency_id)
    day = at.astimezone(unit.zone).date().isoformat()
    tell_deciders("request-reminder", request, at, key=day)
    return "reminded"


def _end(request: Request, at: dt.datetime) -> str:
    """The stated outcome at the deadline: granted where the policy says that silence grants and the day still fits;
    else nothing changes, and the plan's day stays as it is."""
    was_sent = request.state == Request.State.SENT
    reason = ""
    if was_sent and request.kind != Request.Kind.SWAP:
        term = answer_term(request, _unit(request)[0], request.sent_at)
        if term and term.rule.silence == APPROVE and at >= term.due:  # never by a cut-off before the term is over
            refusal = grant_by_silence(request, track=term.track, at=at)
            if refusal is None:
                return "granted"
            reason = str(refusal)
    close(request, "expire", by=None, at=at, reason=reason)
    tell("request-expired", request, request.employee_id, at)
    if was_sent and request.holder_id:
        tell("request-missed", request, request.holder_id, at)
    return "expired"


def _hand_on(request: Request, at: dt.datetime, why: str) -> str:
    """To the next in the line, at last to HR."""
    unit, off = _unit(request)
    line = line_above(request.employee_id, request.date)
    endorser = request.endorsed_by.employee_id if request.endorsed_by else None
    today = at.astimezone(unit.zone).date()
    never = {request.employee_id, endorser or 0, request.endorsed_for_id or 0} | stand_ins_of(
        request.employee_id, today
    )
    before = request.holder_id
    if why == "line":  # the person reports to somebody else now: laid before them as if just sent
        request.supervisor_id = None if line.circular else line.direct
        request.holder_id = holder_for(line, today, never=never)
    else:
        request.holder_id = next_after(line, before, today, never=never)
    request.escalated_at, request.reminded_at = at, None
    request.next_at = next_look(request, unit, off, at, answer_term(request, unit, at))
    request.save(update_fields=["holder", "supervisor", "escalated_at", "reminded_at", "next_at"])
    record(
        verb="request.escalate",
        subject=request,
        by=None,
        at=at,
        agency_id=request.agency_id,
        reason=why,
        before={"holder": before},
        after={"holder": request.holder_id},
    )
    tell_deciders("request-escalated", request, at, key=f"{request.version}:{request.holder_id or 'hr'}")
    return "escalated"


def _held_by_the_absent(at: dt.datetime):
    """Requests whose holder has left, or is on leave today with nobody standing in who may decide them."""
    today = today_of_agency(at=at)
    away = Leave.objects.filter(employee=OuterRef("holder"), valid__contains=OuterRef("today"))
    stand_in = Delegation.objects.standing().filter(delegator=OuterRef("holder"), valid__contains=OuterRef("today"))
    stand_in = stand_in.exclude(delegate=OuterRef("employee"))  # nobody decides their own
    rows = Request.objects.waiting().exclude(kind=Request.Kind.SWAP).filter(holder__isnull=False).alias(today=today)
    left = ~Q(holder__legal_status__in=Employee.SERVING)
    return rows.filter(left | Exists(away) & ~Exists(stand_in)).order_by("pk").values_list("pk", flat=True)


def _held_outside_the_line():
    """Requests laid before a supervisor to whom the person no longer reports on that day."""
    reports = Placement.objects.filter(
        employee=OuterRef("employee"), valid__contains=OuterRef("date"), supervisor=OuterRef("supervisor")
    )
    rows = Request.objects.waiting().exclude(kind=Request.Kind.SWAP).filter(stage=1, holder=F("supervisor"))
    return rows.filter(~Exists(reports)).order_by("pk").values_list("pk", flat=True)


@transaction.atomic
def _hand_on_if_held(pk: int, at: dt.datetime, why: str) -> str:
    request = one_locked(pk)
    held = _held_outside_the_line() if why == "line" else _held_by_the_absent(at)
    if not held.filter(pk=pk).exists():  # another clock was faster, or it was decided
        return ""
    return _hand_on(request, at, why)


def _unit(request: Request):
    place = placement_on(request.employee_id, request.date) or _any_place(request)
    off = holidays(request.agency_id, request.sent_at.date() - AHEAD, request.date + AHEAD)
    return settings_of(place.unit), off


def _any_place(request: Request) -> Placement:
    rows = Placement.objects.filter(employee=request.employee_id).select_related("unit__agency")
    return rows.order_by("-valid")[0]
