"""Decisions as lists read them: those of a published week about the people whose reasons a reader may see."""

import datetime as dt

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from eligibility.models import Correction, Decision, Run
from employees.models import Employee, Placement
from employees.models.access import READS_SCORES


def published_decisions(user, week: dt.date, unit_code: str | None = None) -> QuerySet[Decision]:
    """The decisions that hold in a published week (its Monday), by name; of one unit where its code is given.

    `now_eligible` and `now_reasons` are what counts, with the correction applied last; `corrected`: if there is one.
    """
    seen = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id", agency="employee__agency_id")
    run = Run.objects.published().filter(week=week, agency=OuterRef("agency_id"), track=OuterRef("track"))
    rows = Decision.objects.filter(Q(employee=user.reach.me) | seen).annotate(
        number=Subquery(run.values("number")), run_id=Subquery(run.values("pk"))
    )
    rows = rows.filter(Q(until_run__isnull=True) | Q(until_run__gt=F("number")), from_run__lte=F("number"))
    if unit_code is not None:
        placed = Placement.objects.filter(valid__contains=week, unit__code=unit_code)
        rows = rows.filter(employee__in=placed.values("employee"))
    mended = Correction.objects.overlays().filter(run=OuterRef("run_id"), employee=OuterRef("employee"))
    mended = mended.order_by("-decided_at", "-pk")
    rows = rows.annotate(
        corrected=Exists(mended),
        now_eligible=Coalesce(Subquery(mended.values("after_eligible")[:1]), "eligible"),
        now_reasons=Coalesce(Subquery(mended.values("after_reasons")[:1]), "reasons"),
    )
    return rows.select_related("employee").order_by("employee__name", "employee", "track")
