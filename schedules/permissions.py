"""May this person decide, recall, set rules? (May this request be decided now? asks `states`.)"""

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext as _

from employees.models import Employee, Placement, Role, Unit
from employees.models.people import today_of_agency

from .models import Delegation, Request


class Denied(Exception):
    """This person may see the thing, but not do this to it."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


HR = frozenset({Role.HR_OFFICER, Role.HR_HEAD})
DECIDES_ORPHANS = HR


def is_supervisor(user, today: dt.date) -> bool:
    """Whether anybody's placement names this person as supervisor today."""
    return serves(user) and Placement.objects.on(today).filter(supervisor=user.reach.me).exists()


def serves(user) -> bool:
    """Whether the user is a civil servant at work here: one who has left decides about nobody."""
    return user.employee is not None and user.employee.legal_status in Employee.SERVING


def stands_in_for(employee_id: int, at: dt.datetime | None = None, *, lock: bool = False) -> dict[int, Employee]:
    """The supervisors for whom a person may decide today (or at an instant), by id. No chains: what one is lent cannot
    be lent on. `lock`: none of them ends before this transaction does, so that nothing is decided after an end."""
    today = today_of_agency(at=at)
    counts = Q(on_leave_only=False) | Q(delegator__leaves__valid__contains=today)
    here = Q(delegate__legal_status__in=Employee.SERVING, delegator__legal_status__in=Employee.SERVING)
    rows = Delegation.objects.standing().filter(counts, here, delegate=employee_id, valid__contains=today)
    if lock:
        rows = rows.select_for_update(of=("self",)).order_by("pk")
    return {row.delegator_id: row.delegator for row in rows.select_related("delegator")}


def acting_for(user, request: Request, lenders: dict[int, Employee] | None = None) -> Employee | None:
    """In whose name the user decides a request: None for their own, else the supervisor they stand in for.

    Raises `Denied`: OWN_REQUEST, LENDERS_REQUEST (of whoever made them the stand-in), SAME_PERSON (the second stage is
    another's), NOT_YOURS. `lenders`: `stands_in_for`, where it is known already.
    """
    me = user.reach.me
    if me and request.employee_id == me:
        raise Denied("OWN_REQUEST", _("Nobody decides their own request."))
    if request.kind == Request.Kind.SWAP:
        if me and request.colleague_id == me:
            return None
        raise Denied("NOT_YOURS", _("Only the colleague who was asked can agree to a swap."))
    if request.endorsed_by_id == user.pk or (me and request.endorsed_for_id == me):
        raise Denied("SAME_PERSON", _("You endorsed this request already; the second stage is somebody else's."))
    lenders = stands_in_for(me) if lenders is None else lenders
    if request.employee_id in lenders:
        raise Denied("LENDERS_REQUEST", _("You stand in for this person, so somebody else decides their request."))
    if me and me in _deciders(request) and serves(user):
        return None
    for lender in _deciders(request):
        if lender in lenders and lender != request.endorsed_for_id:
            return lenders[lender]
    if request.holder_id is None and request.agency_id in user.reach.whole_agencies(HR):
        return None
    if request.holder_id is None:
        raise Denied("NOT_YOURS", _("This request has no supervisor to decide it; HR decides."))
    raise Denied("NOT_YOURS", _("Only the supervisor this request was laid before decides it."))


def _deciders(request: Request) -> list[int]:
    """Whom it waits for; after an escalation the supervisor may still decide the first stage."""
    found = [request.holder_id]
    if request.stage == 1:
        found.append(request.supervisor_id)
    return [pk for pk in found if pk]


def may_decide(user, request: Request) -> bool:
    """`acting_for` as yes or no."""
    try:
        acting_for(user, request)
    except Denied:
        return False
    return True


def check_may_recall(user, employee_id: int, on: dt.date, at: dt.datetime | None = None) -> Employee | None:
    """The supervisor on that date, or who stands in for them; never one's own day. In whose name, as `acting_for`."""
    me = user.reach.me
    if employee_id == me:
        raise Denied("OWN_DAY", _("Nobody recalls their own day; give it back instead."))
    place = Placement.objects.on(on).filter(employee=employee_id).first()
    boss = place.supervisor_id if place else None
    if me and boss == me and serves(user):
        return None
    lenders = stands_in_for(me, at, lock=at is not None)
    if boss in lenders and employee_id not in lenders:
        return lenders[boss]
    raise Denied("NOT_YOURS", _("Only this person's supervisor can recall a day."))


def check_may_delegate(user, delegator_id: int) -> None:
    """Oneself, or HR of the person's agency."""
    if delegator_id == user.reach.me:
        return
    person = Employee.objects.filter(pk=delegator_id, agency_id__in=user.reach.whole_agencies(HR)).first()
    if person is None:
        raise Denied("NOT_YOURS", _("Only the supervisor themself or HR names a stand-in."))


def covers(user, agency_id: int, unit: Unit | None) -> bool:
    """Whether the user is HR over a unit (by the whole agency or a sub-tree), or over the whole agency (unit None)."""
    if agency_id in user.reach.whole_agencies(HR):
        return True
    return unit is not None and any(
        unit.path == path or unit.path.startswith(f"{path}.") for path in user.reach.paths(HR)
    )


def may_draft(user, agency_id: int) -> bool:
    """HR of the whole agency has drafts made; publishing them is the HR head's (`eligibility.permissions`)."""
    return agency_id in user.reach.whole_agencies(HR)


def check_may_draft(user, agency_id: int) -> None:
    if not may_draft(user, agency_id):
        raise Denied("NOT_YOURS", _("Drafts are made by HR of the whole agency."))


def check_may_rule(user, agency_id: int, unit: Unit | None) -> None:
    """HR sets a unit's rules; a sub-tree's HR those of its units."""
    if not covers(user, agency_id, unit):
        raise Denied("NOT_YOURS", _("Unit rules are set by HR of that unit."))
