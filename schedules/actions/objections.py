"""Objections and suspensions together with what is told about them: the person and HR hear of each step once."""

import datetime as dt
import logging

from django.db import transaction

from eligibility import actions, queries
from eligibility.models import Objection, Suspension
from employees.calendar import local_date
from employees.models import Employee, RoleGrant, User
from employees.permissions import HR
from schedules.notices import tell, tell_many

log = logging.getLogger(__name__)


@transaction.atomic
def file_objection(*, run_id: int, text: str, by: User, at: dt.datetime) -> Objection:
    """See `eligibility.actions.file_objection`; HR of the agency is told."""
    made = actions.file_objection(run_id=run_id, text=text, by=by, at=at)
    _tell_hr("objection-filed", made, at)
    return made


@transaction.atomic
def answer_objection(
    *, objection_id: int, upheld: bool, answer: str, version: int, by: User, at: dt.datetime
) -> Objection:
    """See `eligibility.actions.answer_objection`; the person is told the answer."""
    done = actions.answer_objection(
        objection_id=objection_id, upheld=upheld, answer=answer, version=version, by=by, at=at
    )
    tell("objection-answered", done, done.employee_id, at, facts={"by": by.pk, "reason": done.answer})
    return done


def grant_overdue(*, at: dt.datetime) -> int:
    """Record what silence has granted by now (UU 30/2014 art. 77), each by itself; person and HR are told.

    Returns how many. Run again or twice at once it does nothing more.
    """
    granted = 0
    for pk in queries.silent(at):
        try:
            granted += _grant(pk, at)
        except Exception:
            log.exception("objection %s could not be granted by silence", pk)  # the others are all the same
    return granted


@transaction.atomic
def _grant(pk: int, at: dt.datetime) -> bool:
    done = actions.grant_by_silence(objection_id=pk, at=at)
    if done is None:
        return False
    tell("objection-granted", done, done.employee_id, at)
    _tell_hr("objection-silent", done, at)
    return True


@transaction.atomic
def suspend(*, by: User, at: dt.datetime) -> Suspension:
    """See `eligibility.actions.suspend`; HR of the agency is told, since people decide there now."""
    made = actions.suspend(by=by, at=at)
    _tell_hr("suspension-asked", made, at)
    return made


def _tell_hr(kind: str, subject: Objection | Suspension, at: dt.datetime) -> None:
    officers = officers_of(subject.agency_id, subject.employee_id, at)
    tell_many([(kind, subject, pk, f"{pk}") for pk in officers], at=at)


def officers_of(agency_id: int, employee_id: int, at: dt.datetime) -> list[int]:
    """Everybody who is HR of the whole agency on that day (ids of people), but never the person it is about."""
    person = Employee.objects.select_related("agency").get(pk=employee_id)
    today = local_date(at, person.agency.zone)
    grants = RoleGrant.objects.filter(role__in=HR, agency=agency_id, unit=None, valid__contains=today)
    held = grants.filter(user__is_active=True, user__employee__isnull=False).exclude(user__employee=person)
    return sorted(set(held.values_list("user__employee", flat=True)))
