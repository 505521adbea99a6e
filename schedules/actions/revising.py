"""A published plan is frozen: what changes in its week makes the next revision, with its reason."""

import datetime as dt

from django.utils.translation import gettext as _

from employees.models import Agency, User
from schedules.models import Plan

from .refused import Refused


def revise(by: User | None, agency: Agency, week: dt.date, reason: str, at: dt.datetime) -> Plan:
    """The next revision of a published week; the one before is kept as replaced."""
    old = Plan.objects.select_for_update().filter(agency=agency, week=week, state=Plan.State.PUBLISHED).first()
    if old is None:
        raise Refused("NO_PLAN", _("That week has no published plan; draft it anew instead."))
    old.state = Plan.State.SUPERSEDED
    old.version += 1
    old.save(update_fields=["state", "version"])
    return Plan.objects.create(
        agency=agency,
        week=week,
        revision=old.revision + 1,
        state=Plan.State.PUBLISHED,
        reason=reason,
        run_ids=old.run_ids,
        digest=old.digest,
        created_at=at,
        created_by=by,
        published_at=at,
        published_by=by,
        earned=old.earned,
        given=old.given,
        without=old.without,
        first_choices=old.first_choices,
        exceptions=old.exceptions,
    )
