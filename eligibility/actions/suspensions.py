"""A person's wish that no machine decides about them (UU 27/2022 art. 10): asked for and taken back by themselves."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from eligibility.models import Suspension
from employees.calendar import local_date
from employees.models import AgencyInputs, Employee
from ledger.trail import record

from .refused import Refused

DAY = dt.timedelta(days=1)


def suspend(*, by, at: dt.datetime) -> Suspension:
    """From today on, and from the next computed week, no run decides about the asking person; HR does, by hand.

    Raises `Refused`: UNKNOWN (an account without a civil servant), SUSPENDED.
    """
    person = Employee.objects.select_related("agency").filter(pk=by.reach.me).first()
    if person is None:
        raise Refused("UNKNOWN", _("This account belongs to no civil servant."))
    try:
        with transaction.atomic():
            made = Suspension.objects.create(
                employee=person,
                agency=person.agency,
                valid=DateRange(local_date(at, person.agency.zone), None),
                asked_at=at,
                asked_by=by,
            )
            _noted("suspension.ask", made, by, at)
            return made
    except IntegrityError as error:
        raise Refused("SUSPENDED", _("Automatic decisions about you are suspended already.")) from error


@transaction.atomic
def resume(*, by, at: dt.datetime) -> Suspension:
    """Take the wish back: the next computed week decides about the person again. Raises `Refused`: NOT_SUSPENDED."""
    rows = Suspension.objects.select_related("agency").select_for_update(of=("self",))
    one = rows.filter(employee=by.reach.me, valid__upper_inf=True).first()
    if one is None:
        raise Refused("NOT_SUSPENDED", _("Automatic decisions about you are not suspended."))
    today = local_date(at, one.agency.zone)
    since = one.valid.lower or today
    one.valid = DateRange(since, max(today, since + DAY))  # an empty range would forget that it was asked
    one.save(update_fields=["valid"])
    _noted("suspension.end", one, by, at)
    return one


def _noted(verb: str, one: Suspension, by, at: dt.datetime) -> None:
    """Recorded, and counted as a change of what the agency's runs read."""
    AgencyInputs.objects.filter(agency=one.agency_id).changed()
    since, until = (day.isoformat() if day else None for day in (one.valid.lower, one.valid.upper))
    after = {"since": since, "until": until}
    record(verb=verb, subject=one, by=by, at=at, agency_id=one.agency_id, after=after)
