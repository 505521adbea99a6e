"""Deciding: one way for one request and for a thousand, for page, bulk and API. What fits is given; the rest stays."""

import dataclasses
import datetime as dt
from collections import defaultdict
from itertools import groupby

from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from employees.models import Employee, User
from ledger.trail import record_each
from schedules import states, wording
from schedules.actions.refused import Refused
from schedules.models import Request, WfhDay
from schedules.notices import tell, tell_many
from schedules.permissions import Denied, acting_for, stands_in_for
from schedules.queries.approvers import Desk, Line, line_above, lines_above
from schedules.queries.inbox import Situation, situation

from .swaps import swap_days
from .writing import (
    account_of,
    by_today,
    check_reason,
    check_version,
    close,
    close_many,
    given_back,
    half_left,
    lock_units_of,
    locked,
    new_day,
    one_locked,
    tell_deciders_of_many,
)

Kind = Request.Kind
REFUSALS = (Refused, Denied, states.Impossible)


@dataclasses.dataclass
class Outcome:
    """What became of one request; `refusal` carries code and sentence where it stays as it was."""

    request: Request
    refusal: Refused | Denied | states.Impossible | None = None
    for_whom: Employee | None = None

    @property
    def done(self) -> bool:
        return self.refusal is None


def approve_request(*, by: User, request_id: int, version: int, at: dt.datetime) -> Request:
    """Give what was asked for: under the unit's lock every day rule is checked again, then the day moves. The first of
    two stages endorses instead. Raises `Denied`, `states.Impossible` (already decided), or `Refused`."""
    (outcome,) = approve_many(by=by, chosen=[(request_id, version)], at=at)
    if outcome.refusal:
        raise outcome.refusal
    return outcome.request


@transaction.atomic
def approve_many(*, by: User, chosen: list[tuple[int, int]], at: dt.datetime) -> list[Outcome]:
    """Approve requests given as (id, version), each checked like a single one, the earlier sent first.

    Those that may not be decided by this person, have been decided, changed, or no longer fit stay as they are and say
    why; the others are decided. All in one transaction and a constant number of statements.
    """
    versions = dict(chosen)
    lock_units_of(versions)
    outcomes = [Outcome(request) for request in locked(versions)]
    lenders = stands_in_for(by.reach.me, at, lock=True) if by.reach.me else {}
    lines = _lines(by, outcomes, lenders)
    for outcome in outcomes:
        _try(outcome, lambda o=outcome: _may(by, o, versions[o.request.pk], lenders, lines))
    open_ones = [outcome for outcome in outcomes if outcome.done]
    now = situation([outcome.request for outcome in open_ones])  # nobody else can change it now
    by_sent = sorted(open_ones, key=lambda o: (o.request.sent_at, o.request.pk))
    gone = _gone([outcome.request for outcome in by_sent])
    days: list[WfhDay] = []
    for outcome in by_sent:
        _try(outcome, lambda o=outcome: _give(o.request, now, gone, days, at))
    for outcome in by_sent:
        _name_another(outcome, now, at)
    _write(by, [outcome for outcome in by_sent if outcome.done], days, at)
    return outcomes


def grant_by_silence(request: Request, *, track: str, at: dt.datetime) -> Exception | None:
    """Give what nobody answered in time, where the policy of `track` says that silence grants. The system decides, in
    nobody's name; every day rule is checked as for a person. What stands against it is given back, and nothing changed.
    The unit and the request are locked already."""
    outcome = Outcome(request)
    days: list[WfhDay] = []
    now, stage = situation([request]), request.stage
    request.stage = request.stages  # whoever is silent at the first of two stages is silent for both
    if request.kind != Kind.RECUR and not any(one.track == track for one in now.allowing(request)):
        outcome.refusal = Refused("NOT_ELIGIBLE", _("The conditions for a WFH day are not met in that week."))
    else:
        _try(outcome, lambda: _give(request, now, _gone([request]), days, at, in_time=True))
    if outcome.refusal:
        request.stage = stage
        return outcome.refusal
    _write(None, [outcome], days, at)
    return None


def _try(outcome: Outcome, step) -> None:
    try:
        step()
    except REFUSALS as refusal:
        outcome.refusal = refusal


def _name_another(outcome: Outcome, now: Situation, at: dt.datetime) -> None:
    """A day that does not fit is refused with the next one that does, after everything else has been given."""
    request, refusal = outcome.request, outcome.refusal
    if request.kind not in (Kind.MOVE, Kind.EXTRA) or not isinstance(refusal, Refused) or refusal.code[:2] != "R-":
        return
    fitting = [date for _room, date in now.others(request, at)]
    outcome.refusal = Refused(refusal.code, wording.and_instead(str(refusal), refusal.code, request.date, fitting))


def _lines(by: User, outcomes: list[Outcome], lenders) -> dict[tuple[int, dt.date], Line]:
    """The lines of those who report directly neither to the user nor to whom they stand in for: handed on, or laid
    before the second stage."""
    near = {by.reach.me, *lenders}
    far = [o.request for o in outcomes if o.request.kind != Kind.SWAP and _supervisor_now(o.request) not in near]
    return lines_above((request.employee_id, request.date) for request in far)


def _supervisor_now(request: Request) -> int | None:
    return getattr(request, "supervisor_now", None)


def _may(by: User, outcome: Outcome, version: int, lenders, lines) -> None:
    request = outcome.request
    outcome.for_whom = acting_for(by, request, lenders)
    _check_line(by, request, outcome.for_whom, lines)
    states.move(request, "approve")
    check_version(request, version)


def _check_line(by: User, request: Request, for_whom: Employee | None, lines: dict[tuple[int, dt.date], Line]) -> None:
    """The person must still report, on that day, to whoever decides; HR's part and a colleague's have no line."""
    decider = for_whom.pk if for_whom else by.reach.me
    if request.kind == Kind.SWAP or decider not in (request.holder_id, request.supervisor_id):
        return
    if _supervisor_now(request) == decider:
        return
    line = lines.get((request.employee_id, request.date)) or line_above(request.employee_id, request.date)
    if decider not in line.ids:
        raise Denied("NOT_YOURS", _("This person reports to somebody else by now, who decides instead."))


def _gone(requests: list[Request]) -> set[int]:
    """The given-up days that are no longer there, under their locks."""
    wanted = {request.gives_up_id for request in requests if request.gives_up_id}
    wanted |= {request.takes_id for request in requests if request.takes_id}
    rows = WfhDay.objects.active().select_for_update().filter(pk__in=wanted).order_by("pk")
    return wanted - set(rows.values_list("pk", flat=True))


def _give(request: Request, now: Situation, gone: set[int], days: list[WfhDay], at, *, in_time: bool = False) -> None:
    """Check one request against everything given so far, and count it in. A first stage only checks. `in_time`: it is
    the deadline itself that decides."""
    place = now.placement(request)
    if place is None:
        raise Refused("NO_PLACEMENT", _("The person has no placement in a unit on that day any more."))
    if at >= request.due_at and not in_time:
        raise Refused("PAST", _("The time to decide this request is over."))
    today = now.today(request, at)
    if request.gives_up_id in gone or (request.gives_up and now.begun(request, request.gives_up.date, at)):
        raise Refused("PAST", _("The day to be given up is past or no longer there."))
    if request.kind == Kind.RECUR or request.kind == Kind.RETURN:
        return
    if request.date <= today:
        raise Refused("PAST", _("That day is today or past; the request can no longer be approved."))
    if request.kind == Kind.SWAP:
        days += swap_days(request, now, gone)
        return
    track = _check_fits(request, now)
    if request.stage == request.stages:
        now.moved(request)
        gone.add(request.gives_up_id or 0)
        days.append(new_day(request, place.unit_id, track))


def _check_fits(request: Request, now: Situation) -> str:
    """Every day rule again. Returns the track that allows the day."""
    policies, facts = now.allowing(request), now.facts(request)
    code, rule, _cap = now.judge(request)
    if code and rule:
        raise Refused(code, wording.against(code, rule, dataclasses.asdict(facts)))
    if not policies:
        raise Refused("NOT_ELIGIBLE", _("The conditions for a WFH day are not met in that week."))
    return policies[0].track


def _write(by: User | None, outcomes: list[Outcome], days: list[WfhDay], at) -> None:
    final = [outcome for outcome in outcomes if outcome.request.stage == outcome.request.stages]
    left = {o.request.pk: half_left(o.request) for o in final}
    back = {o.request.pk for o in final if o.request.kind == Kind.RETURN and not left[o.request.pk]}  # all of it
    ended = [o.request.gives_up_id for o in final if o.request.gives_up_id and o.request.pk not in back]
    ended += [o.request.takes_id for o in final if o.request.takes_id]
    returned = [o.request.gives_up for o in final if o.request.gives_up and o.request.pk in back]
    WfhDay.objects.filter(pk__in=ended).update(state=WfhDay.State.REPLACED)
    for state, some in groupby(sorted(returned, key=given_back), key=given_back):
        WfhDay.objects.filter(pk__in=[day.pk for day in some]).update(state=state)
    WfhDay.objects.bulk_create([*days, *(half for halves in left.values() for half in halves)])
    groups: dict[tuple[int | None, str], list[Outcome]] = defaultdict(list)
    for outcome in final:
        groups[outcome.for_whom.pk if outcome.for_whom else None, outcome.request.state].append(outcome)
    for group in groups.values():
        close_many([o.request for o in group], "approve", by=by, at=at, for_whom=group[0].for_whom)
    tell_many([one for outcome in final for one in _told(outcome.request)], at=at)
    if by is not None:
        _endorse_many(by, [o for o in outcomes if o.request.stage < o.request.stages], at)


def _told(request: Request) -> list[tuple]:
    """Who hears of an approval: whoever asked; of a swap the colleague too, and the supervisor, who did not decide."""
    told: list[tuple] = [("request-approved", request, request.employee_id, "")]
    if request.kind == Kind.SWAP:
        told.append(("request-approved", request, request.colleague_id, f"{request.version}:colleague"))
        if request.supervisor_id and request.supervisor_id != request.colleague_id:
            told.append(("swap-agreed", request, request.supervisor_id, ""))
    return told


def _endorse_many(by: User, outcomes: list[Outcome], at: dt.datetime) -> None:
    """The first of two stages: each goes on to the next in its line, who is somebody else. As many statements for a
    hundred as for one that goes to the same person."""
    by_request = {outcome.request.pk: outcome for outcome in outcomes}
    lines = lines_above((o.request.employee_id, o.request.date) for o in outcomes)
    groups: dict[tuple[int | None, int | None], list[Outcome]] = defaultdict(list)
    for today, some in by_today((o.request for o in outcomes), at).items():
        desk = Desk({pk for r in some.values() for pk in (r.employee_id, *lines[r.employee_id, r.date].ids)}, today)
        for request in some.values():
            outcome = by_request[request.pk]
            for_whom = outcome.for_whom.pk if outcome.for_whom else None
            never = {request.employee_id, by.reach.me, for_whom or by.reach.me} | desk.stand_ins(request.employee_id)
            line = lines[request.employee_id, request.date]
            holder = request.holder_id if request.holder_id in line.ids else line.direct
            groups[for_whom, desk.next_after(line, holder, never=never)].append(outcome)
    for (_for_whom, holder_id), group in groups.items():
        _hand_up(by, group, holder_id, at)
    tell_deciders_of_many("request-sent", [outcome.request for outcome in outcomes], at)


def _hand_up(by: User, group: list[Outcome], holder_id: int | None, at: dt.datetime) -> None:
    """Lay requests endorsed in one name before the same person of the second stage (None: HR)."""
    for_whom, tomorrow = group[0].for_whom, at + dt.timedelta(hours=24)
    rows = Request.objects.filter(pk__in=[outcome.request.pk for outcome in group])
    fields = {"stage": 2, "endorsed_by": by, "endorsed_for": for_whom, "holder_id": holder_id}
    fields |= {"reminded_at": None, "escalated_at": at, "state": states.move(group[0].request, "endorse")}
    look = F("due_at") if holder_id is None else Least("due_at", Value(tomorrow, DateTimeField()))
    rows.update(**fields, next_at=look, version=F("version") + 1)
    record_each(
        verb="request.endorse",
        subjects=rows,
        by=by,
        at=at,
        after={"stage": 2, "holder": holder_id},
        on_behalf_of=account_of(for_whom),
    )
    for request in (outcome.request for outcome in group):
        for name, value in fields.items():
            setattr(request, name, value)
        request.next_at = request.due_at if holder_id is None else min(request.due_at, tomorrow)
        request.version += 1


@transaction.atomic
def reject_request(*, by: User, request_id: int, version: int, reason: str, at: dt.datetime) -> Request:
    """Refuse a request, with a reason that the person reads."""
    return _refuse("reject", "request-rejected", by, request_id, version, reason, at)


@transaction.atomic
def return_request(*, by: User, request_id: int, version: int, reason: str, at: dt.datetime) -> Request:
    """Send a request back to be changed and sent again before its deadline, with a reason that the person reads."""
    return _refuse("return", "request-returned", by, request_id, version, reason, at)


def _refuse(change: str, notice: str, by: User, request_id: int, version: int, reason: str, at) -> Request:
    request = one_locked(request_id)
    for_whom = acting_for(by, request, stands_in_for(by.reach.me, at, lock=True))
    _check_line(by, request, for_whom, {})
    said = check_reason(reason)
    states.move(request, change)
    check_version(request, version)
    if change == "return" and request.kind in (Kind.SWAP, Kind.RETURN):
        raise Refused("NOT_POSSIBLE", _("This is agreed to or refused; there is nothing to change about it."))
    request = close(request, change, by=by, at=at, reason=said, for_whom=for_whom)
    tell(notice, request, request.employee_id, at)
    return request
