"""Weekdays a person would like best; the planner honours them after fairness."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from employees.models import User
from ledger.trail import record
from schedules.models import Preference

from .refused import Refused


@transaction.atomic
def save_wishes(*, by: User, weekdays: list[int], at: dt.datetime) -> Preference | None:
    """Keep one's own ranked weekdays (1 = Monday … 6, the most wished for first); an empty list forgets them.

    Raises `Refused`: NO_PERSON, BAD_WEEKDAYS.
    """
    subject = by.employee
    if subject is None:
        raise Refused("NO_PERSON", _("This account belongs to no civil servant, so it has no days to wish for."))
    if len(set(weekdays)) != len(weekdays) or not set(weekdays) <= set(range(1, 7)):
        raise Refused("BAD_WEEKDAYS", _("Name each weekday once, the most wished for first."))
    old = Preference.objects.select_for_update().filter(employee=subject).first()
    before = {"weekdays": old.weekdays if old else []}
    if before["weekdays"] == weekdays:
        return old
    if weekdays:
        made, _created = Preference.objects.update_or_create(
            employee=subject, defaults={"weekdays": weekdays, "updated_at": at}
        )
    else:
        Preference.objects.filter(employee=subject).delete()
        made = None
    record(
        verb="preference.set",
        subject=subject,
        by=by,
        at=at,
        agency_id=subject.agency_id,
        before=before,
        after={"weekdays": weekdays},
    )
    return made
