"""Objections (*keberatan*) and suspensions: until when one may object, who must answer by when, what is overdue.

Terms are working days of the agency; day 1 is the first one after delivery (domain.md §7).
"""

import dataclasses
import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from eligibility.models import Correction, Decision, Objection, Run, Suspension
from employees.calendar import FURTHEST, add_working_days, local_date, working_days_between
from employees.models import Agency, Employee, ObjectionTrack
from employees.models.people import today_of_agency
from employees.permissions import HR
from employees.queries import holidays

from .runs import decision_at, published_runs


@dataclasses.dataclass(frozen=True)
class Terms:
    """Working days to object, to answer, and to give effect (None: the law names no term)."""

    file: int
    answer: int
    effect: int | None
    silence_grants: bool


TERMS = {
    ObjectionTrack.PP79: Terms(file=14, answer=21, effect=None, silence_grants=False),  # PP 79/2021
    ObjectionTrack.UU30: Terms(file=21, answer=10, effect=5, silence_grants=True),  # UU 30/2014 art. 77
}


@dataclasses.dataclass(frozen=True)
class Challenge:
    """What one person can do about one published decision of a week."""

    run: Run
    decision: Decision
    procedure: str
    terms: Terms
    delivered: dt.date
    file_until: dt.date
    days_left: int  # working days; below zero once the term has ended
    latest: Objection | None  # the person's own, if there is one
    answered: bool  # about the decision as it stands: there is no second answer

    @property
    def open(self) -> bool:
        return self.latest is not None and self.latest.state == Objection.State.FILED

    @property
    def late(self) -> bool:
        return self.days_left < 0

    @property
    def possible(self) -> bool:
        return not (self.decision.eligible or self.late or self.open or self.answered)


def term_end(agency: Agency, start: dt.date, count: int) -> dt.date:
    """The last of so many working days of an agency after a date."""
    off = holidays(agency.pk, start, start + dt.timedelta(days=FURTHEST))
    return add_working_days(start, count, off, agency.working_days)


def days_left(agency: Agency, today: dt.date, until: dt.date) -> int:
    """Working days of an agency from tomorrow up to a date; below zero once it has passed, though no day was worked."""
    off = holidays(agency.pk, min(today, until), max(today, until))
    left = working_days_between(today, until, off, agency.working_days)
    return min(left, -1) if until < today else left


def challenges(employee: Employee, week: dt.date, at: dt.datetime) -> list[Challenge]:
    """The decisions published about a person for a week, one a track, each with the term to object to it."""
    runs = published_runs(employee.agency_id, week)
    found = [(run, decision) for run in runs if (decision := decision_at(run, employee.pk)) is not None]
    return [challenge(employee, run, decision, at) for run, decision in found]


def challenge(employee: Employee, run: Run, decision: Decision, at: dt.datetime) -> Challenge:
    """Until when, by which procedure. An applied correction is a new decision, delivered when it was applied."""
    agency = employee.agency
    terms = TERMS[ObjectionTrack(agency.objection_track)]
    corrected = Correction.objects.overlays().filter(run=run, employee=employee)
    moments = [run.published_at, *corrected.values_list("decided_at", flat=True)]
    delivered_at = max(moment for moment in moments if moment is not None)
    delivered = local_date(delivered_at, agency.zone)
    until = term_end(agency, delivered, terms.file)
    latest = Objection.objects.filter(run=run, employee=employee).order_by("-filed_at", "-pk").first()
    ended = (Objection.State.UPHELD, Objection.State.REJECTED)
    return Challenge(
        run=run,
        decision=decision,
        procedure=agency.objection_track,
        terms=terms,
        delivered=delivered,
        file_until=until,
        days_left=days_left(agency, local_date(at, agency.zone), until),
        latest=latest,
        answered=latest is not None and latest.state in ended and latest.filed_at >= delivered_at,
    )


def objections_of(employee_id: int) -> QuerySet[Objection]:
    """A person's own objections, the newest first, with what a page shows of them."""
    rows = Objection.objects.filter(employee=employee_id).order_by("-filed_at", "-pk")
    return rows.select_related("run__policy", "agency", "decided_by__employee", "correction")


def deciders(objection: Objection) -> set[int]:
    """The accounts that decided what is objected to: who published the run, and who applied a correction to it."""
    corrected = Correction.objects.overlays().filter(run=objection.run_id, employee=objection.employee_id)
    made = {objection.run.published_by_id, *corrected.values_list("decided_by", flat=True)}
    return {pk for pk in made if pk is not None}


def objections_waiting(user) -> dict[str, int]:
    """How many objections wait for the HR of the user's agencies, one's own left out, and how many are overdue."""
    rows = Objection.objects.filter(state=Objection.State.FILED, agency__in=user.reach.whole_agencies(HR))
    rows = rows.exclude(employee=user.reach.me).annotate(today=today_of_agency())
    return rows.aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(answer_due__lt=F("today"))))


def silent(at: dt.datetime) -> list[int]:
    """Objections under UU 30/2014 whose term to answer has passed without one: deemed granted (art. 77)."""
    rows = Objection.objects.alias(today=today_of_agency(at=at)).filter(
        state=Objection.State.FILED, procedure=ObjectionTrack.UU30, answer_due__lt=F("today")
    )
    return list(rows.order_by("answer_due", "pk").values_list("pk", flat=True)[:500])


def suspension_of(employee_id: int) -> Suspension | None:
    """The person's standing wish that no machine decides about them, if there is one."""
    return Suspension.objects.filter(employee=employee_id, valid__upper_inf=True).first()


def suspended_in(employee_id: int, week: dt.date) -> Suspension | None:
    """The wish that held on the Monday of a week or began in it."""
    begun = Q(valid__overlap=(week, week + dt.timedelta(days=7)))
    return Suspension.objects.filter(begun, employee=employee_id).order_by("-pk").first()
