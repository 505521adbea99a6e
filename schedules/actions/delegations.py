"""A supervisor's stand-in: named by themself or HR, from–until; it ends by itself."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from employees.calendar import local_date
from employees.models import Employee, Placement, User
from ledger.trail import record
from schedules.models import Delegation
from schedules.notices import tell, tell_many
from schedules.permissions import check_may_delegate

from .refused import Refused

LONGEST = dt.timedelta(days=366)


def delegate(
    *,
    by: User,
    delegator_id: int,
    delegate_id: int,
    first: dt.date,
    last: dt.date | None,
    at: dt.datetime,
    on_leave_only: bool = False,
) -> Delegation:
    """Name a stand-in from `first` to `last`, both included. With `on_leave_only` it counts on days of known leave and
    may stay open-ended; without it an end within a year is needed.

    Raises `Denied`, or `Refused`: UNKNOWN, NO_SUPERVISOR, NO_ACCOUNT, PAST, NO_END, BACKWARDS, OVERLAP.
    """
    check_may_delegate(by, delegator_id)
    boss = Employee.objects.select_related("agency").get(pk=delegator_id)
    stand_in = Employee.objects.filter(pk=delegate_id, agency=boss.agency).exclude(pk=boss.pk).first()
    if stand_in is None:
        raise Refused("UNKNOWN", _("Choose another civil servant of the same agency as the stand-in."))
    _check(boss, stand_in, first, last, on_leave_only, local_date(at, boss.agency.zone))
    try:
        with transaction.atomic():
            made = Delegation.objects.create(
                agency=boss.agency,
                delegator=boss,
                delegate=stand_in,
                valid=DateRange(first, last + dt.timedelta(days=1) if last else None),
                on_leave_only=on_leave_only,
                created_at=at,
                created_by=by,
            )
            after = {"delegator": boss.pk, "delegate": delegate_id, "first": first.isoformat()}
            after["last"] = last.isoformat() if last else None
            record(verb="delegation.give", subject=made, by=by, at=at, agency_id=boss.agency_id, after=after)
            tell("delegation-given", made, delegate_id, at)
            return made
    except IntegrityError as error:
        message = _("There is a stand-in in that time already; end that one first.")
        raise Refused("OVERLAP", message) from error


def _check(boss: Employee, stand_in: Employee, first, last, on_leave_only: bool, today: dt.date) -> None:
    if not Placement.objects.on(max(first, today)).filter(supervisor=boss).exists():
        raise Refused("NO_SUPERVISOR", _("Nobody reports to this person, so there is nothing to stand in for."))
    if not User.objects.filter(employee=stand_in, is_active=True).exists():
        raise Refused("NO_ACCOUNT", _("The stand-in has no working account in the portal yet."))
    if first < today:
        raise Refused("PAST", _("A stand-in is named from today on at the earliest."))
    if last is None and not on_leave_only:
        raise Refused("NO_END", _("Say until when; it then ends by itself."))
    if last is not None and last < first:
        raise Refused("BACKWARDS", _("The last day lies before the first."))
    if last is not None and last - first > LONGEST:
        raise Refused("NO_END", _("A stand-in is named for a year at most."))


@transaction.atomic
def end_delegation(*, by: User, delegation_id: int, at: dt.datetime) -> Delegation:
    """End a stand-in before its time; from the next click on it counts no more. Both people are told."""
    one = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation_id)
    if by.reach.me not in (one.delegator_id, one.delegate_id):
        check_may_delegate(by, one.delegator_id)
    if one.ended_at is not None:
        raise Refused("ENDED", _("This stand-in has ended already."))
    one.ended_at = at
    one.version += 1
    one.save(update_fields=["ended_at", "version"])
    record(verb="delegation.end", subject=one, by=by, at=at, agency_id=one.agency_id)
    both = [("delegation-ended", one, pk, f"{one.version}:{pk}") for pk in (one.delegator_id, one.delegate_id)]
    tell_many(both, at=at, facts={"by": by.pk})
    return one
