"""How complete an agency's records are, and special circumstances (*keadaan khusus*) of a person.

Of the latter only "yes, verified by, until" is kept, never what they are (UU 27/2022 art. 4).
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from employees import feeds
from employees.calendar import local_date
from employees.leave import LATEST
from employees.models import Agency, AgencyInputs, Employee, Feed
from employees.permissions import is_hr, people_of
from ledger.trail import record

from .refused import Refused


@transaction.atomic
def set_complete_until(
    *, agency: Agency, kind: str, until: dt.date, by, at: dt.datetime, earlier: bool = False
) -> Feed:
    """Say that the agency's records of a kind (`Feed.Kind`) are complete until a day, itself included; `by` is its HR.

    `earlier` says that a day before the present one is meant. Raises `Refused` with the codes NOT_YOURS, BAD_KIND,
    FUTURE, BAD_YEAR and BACKWARDS. The same day again changes nothing.
    """
    if not is_hr(by, agency.pk):
        raise Refused("NOT_YOURS", _("Only HR of the whole agency says how complete its records are."))
    if kind not in Feed.Kind.values:
        raise Refused("BAD_KIND", _("Choose discipline, absences or facts."))
    before = feeds.complete_until(agency, kind)
    problem = feeds.misfit(before, feeds.Completeness(until, earlier), agency, at)
    if problem:
        raise Refused(*problem)
    return feeds.write(agency, kind, until, before=before, by=by, at=at)


@transaction.atomic
def verify_special(*, employee: Employee, until: dt.date, by, at: dt.datetime) -> Employee:
    """Confirm that a person is in special circumstances until a day, itself included; again: until another day.

    `by` is their HR, never themselves. Raises `Refused` with the codes NOT_YOURS, OWN, PAST and BAD_YEAR.
    """
    person = _locked(employee, by)
    if until < local_date(at, person.agency.zone):
        raise Refused("PAST", _("This day has passed. Choose the last day on which the circumstances hold."))
    if until > LATEST:
        raise Refused("BAD_YEAR", _("Check the year: the day lies between 2000 and 2100."))
    if person.special_until != until:
        _becomes(person, "special.verify", by, at, until=until, verified_by=by, verified_at=at)
    return person


@transaction.atomic
def end_special(*, employee: Employee, by, at: dt.datetime) -> Employee:
    """The special circumstances are over, or were confirmed by mistake. Raises `Refused` with NOT_YOURS and OWN."""
    person = _locked(employee, by)
    if person.special_until is not None:
        _becomes(person, "special.end", by, at, until=None, verified_by=None, verified_at=None)
    return person


def _locked(employee: Employee, by) -> Employee:
    rows = Employee.objects.filter(people_of(by)).select_related("agency").select_for_update(of=("self",))
    person = rows.filter(pk=employee.pk).first()
    if person is None:
        raise Refused("NOT_YOURS", _("This person does not exist, or you are not their HR officer."))
    if person.pk == by.employee_id:
        raise Refused("OWN", _("Nobody verifies their own circumstances. Ask a colleague of HR."))
    return person


def _becomes(person: Employee, verb: str, by, at, *, until, verified_by, verified_at) -> None:
    before = person.special_until
    person.special_until, person.special_verified_by, person.special_verified_at = until, verified_by, verified_at
    person.version += 1
    Employee.objects.filter(pk=person.pk).update(
        special_until=until, special_verified_by=verified_by, special_verified_at=verified_at, version=person.version
    )
    AgencyInputs.objects.filter(agency=person.agency_id).changed()
    record(
        verb=verb,
        subject=person,
        by=by,
        at=at,
        agency_id=person.agency_id,
        before={"until": before and before.isoformat()},
        after={"until": until and until.isoformat()},
    )
