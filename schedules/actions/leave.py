"""Leave that comes after a day was given: nobody is on leave and at work from home at once, and the place is free."""

import datetime as dt

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from employees.models import Leave
from employees.models.people import today_of_agency
from ledger.trail import record_each
from schedules.models import WfhDay
from schedules.notices import tell_many

from .requests.writing import lock_units

AT_ONCE = 2_000  # days a look


@transaction.atomic
def free_days_on_leave(*, at: dt.datetime) -> int:
    """Give back WFH days ahead on which the person turns out to be on leave; how many. They count as given back, so
    nothing is owed: on leave nothing is earned. Each person is told. Called by the tick; doing it twice changes
    nothing."""
    away = Leave.objects.filter(employee=OuterRef("employee"), valid__contains=OuterRef("date"))
    ahead = WfhDay.objects.active().alias(today=today_of_agency(at=at)).filter(date__gt=F("today"))
    found = list(ahead.filter(Exists(away)).order_by("pk").values_list("pk", "unit_id")[:AT_ONCE])
    if not found:
        return 0
    lock_units(unit_id for _pk, unit_id in found)
    rows = WfhDay.objects.active().select_for_update().filter(pk__in=[pk for pk, _unit in found])
    freed = list(rows.order_by("pk"))
    days = WfhDay.objects.filter(pk__in=[day.pk for day in freed])
    record_each(
        verb="day.leave",
        subjects=days,
        by=None,
        at=at,
        before={"state": WfhDay.State.ACTIVE},
        after={"state": WfhDay.State.RETURNED},
    )
    days.update(state=WfhDay.State.RETURNED)
    tell_many([("day-freed", day, day.employee_id, "leave") for day in freed], at=at)
    return len(freed)
