"""HR has a week's draft made anew by hand, after leave, unit rules or placements changed."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from employees.models import User
from schedules.models import Plan
from schedules.permissions import check_may_draft

from .plans import draft_plan
from .refused import Refused


@transaction.atomic
def draft_anew(*, plan_id: int, by: User, at: dt.datetime) -> Plan:
    """Make the draft of a plan's week once more. Raises `Denied`, or `Refused`: ALREADY_PUBLISHED, NO_RUN."""
    plan = Plan.objects.select_related("agency").get(pk=plan_id)
    check_may_draft(by, plan.agency_id)
    made = draft_plan(agency=plan.agency, week=plan.week, by=by, at=at)
    if made is None:
        raise Refused("NO_RUN", _("The week's decisions are not published any more. Compute the week first."))
    if made.state != Plan.State.DRAFT:
        raise Refused("ALREADY_PUBLISHED", _("This week is published already; its plan stays as it is."))
    return made
