"""Corrections of published weeks: what was changed for whom, and what waits for a person.

Rows of published runs stay as they are; the newest applied correction of a run and person lies over them.
"""

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet

from eligibility.models import Correction, Decision, Run
from employees.calendar import week_of
from employees.models import Employee
from ledger.models import Event

NEWEST = ("-decided_at", "-pk")


def applied(run: Run) -> QuerySet[Correction]:
    """The corrections that count for a run: of each person the one applied last."""
    rows = Correction.objects.overlays().filter(run=run)
    last = rows.order_by("employee_id", *NEWEST).distinct("employee_id")
    return Correction.objects.filter(pk__in=last.values("pk"))


def corrected(run: Run, employee_id: int, decision: Decision | None) -> Decision | None:
    """A person's decision at a run as it counts now; never saved. One query."""
    found = Correction.objects.overlays().filter(run=run, employee=employee_id)
    one = found.order_by(*NEWEST).first()
    if one is None or one.after_eligible is None:
        return decision
    made = decision or Decision(
        agency_id=run.agency_id, track=run.track, employee_id=employee_id, from_run=run.number, kind="", legal_status=""
    )
    made.eligible, made.reasons = one.after_eligible, list(one.after_reasons)
    made.evidence = one.evidence if one.cause == Correction.Cause.INPUTS else made.evidence
    return made


def is_corrected(run: Run) -> Exists:
    """SQL: whether the person of a decision (`employee`) has a correction that counts for a run."""
    rows = Correction.objects.overlays().filter(run=run, employee=OuterRef("employee"))
    return Exists(rows)


def corrections_of(run: Run, employee: Employee) -> list[Correction]:
    """What was changed for a person after a run was published, the newest first; only what was applied."""
    rows = Correction.objects.filter(run=run, employee=employee, state=Correction.State.APPLIED)
    return list(rows.select_related("decided_by__employee", "run__policy", "agency").order_by(*NEWEST))


def corrections_in_weeks(employee: Employee, weeks: list[dt.date]) -> dict[dt.date, list[Correction]]:
    """As `corrections_of`, for some weeks (their Mondays) of a person. One query."""
    rows = Correction.objects.filter(employee=employee, run__week__in=weeks, state=Correction.State.APPLIED)
    found: dict[dt.date, list[Correction]] = {}
    for one in rows.select_related("decided_by__employee", "run__policy", "agency").order_by(*NEWEST):
        found.setdefault(one.run.week, []).append(one)
    return found


def proposed_by(one: Correction) -> int | None:
    """The account that proposed a correction last; None: the machine. One query."""
    events = Event.objects.filter(
        subject_type=Correction._meta.label_lower, subject_id=one.pk, verb="correction.propose", actor_id__isnull=False
    )
    return events.order_by("-pk").values_list("actor_id", flat=True).first()


def waiting_corrections(user) -> QuerySet[Correction]:
    """Proposed corrections that a user may read, their own case left out."""
    rows = Correction.objects.visible_to(user).filter(state=Correction.State.PROPOSED)
    return rows.exclude(employee=user.reach.me) if user.reach.me else rows


def open_runs(at: dt.datetime) -> list[Run]:
    """The published runs of weeks that are not over: this week and those ahead, by each agency's own calendar."""
    near = at.date() - dt.timedelta(days=8)
    runs = Run.objects.published().filter(week__gte=near).select_related("agency", "policy").order_by("pk")
    return [run for run in runs if run.week >= week_of(at, run.agency.zone)]
