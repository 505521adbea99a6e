"""What HR looks at of one weekly run: how far it is, whom it changes, whose data broke a rule, which records count."""

import dataclasses
import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from eligibility.models import Decision, Run, RunProblem
from eligibility.rules import flat, read
from employees.models import Employee, Feed, Placement, Unit
from ledger.models import JobChunk, JobRun

KINDS = {
    "gained": _("newly eligible"),
    "lost": _("no longer eligible"),
    "reasons": _("other reasons"),
    "new": _("decided for the first time"),
    "gone": _("no longer decided about"),
    "facts": _("same answer, other facts"),
}


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far the job of a run is."""

    done: int
    chunks: int
    attempts: int  # the most that one part needed
    job: JobRun | None

    @property
    def duration(self) -> dt.timedelta | None:
        """From the start until the end, in whole seconds; None while it runs."""
        if self.job is None or self.job.finished_at is None:
            return None
        return dt.timedelta(seconds=round((self.job.finished_at - self.job.started_at).total_seconds()))


def progress_of(run: Run) -> Progress:
    """Two queries."""
    done = Count("pk", filter=Q(state=JobChunk.State.DONE))
    found = JobChunk.objects.filter(job_id=run.job_id).aggregate(all=Count("pk"), done=done, most=Max("fence"))
    job = JobRun.objects.filter(pk=run.job_id).first()
    return Progress(found["done"], found["all"], found["most"] or 0, job)


def changed_by(run: Run, user, *, kind: str = "", unit: Unit | None = None) -> QuerySet[Decision]:
    """The decisions that a run opened, and those that it closed without a new one, of people whom the user may see;
    each with `before_eligible`, `before_reasons` and `stays`. `kind`: one of `KINDS`; `unit`: with all below it."""
    rows = Decision.objects.filter(agency_id=run.agency_id, track=run.track)
    before = rows.filter(employee=OuterRef("employee"), until_run=run.number)
    opened = rows.filter(employee=OuterRef("employee"), from_run=run.number)
    codes = ArrayField(CharField(max_length=32))
    found = rows.filter(Q(from_run=run.number) | Q(Q(until_run=run.number), ~Exists(opened)))
    found = found.filter(employee__in=Employee.objects.visible_to(user)).annotate(
        stays=Q(from_run=run.number),
        before_eligible=Subquery(before.values("eligible")[:1], output_field=BooleanField()),
        before_reasons=Subquery(before.values("reasons")[:1], output_field=codes),
    )
    if kind in KINDS:
        found = found.filter(_of_kind(kind))
    if unit is not None:
        placed = Placement.objects.filter(
            employee=OuterRef("employee"), valid__contains=run.week, unit__path__within=unit.path
        )
        found = found.filter(Exists(placed))
    return found.select_related("employee").order_by("eligible", "employee__name", "pk")


def _of_kind(kind: str) -> Q:
    same = Q(stays=True, eligible=F("before_eligible"))
    return {
        "gained": Q(stays=True, eligible=True, before_eligible=False),
        "lost": Q(before_eligible=True) & (Q(stays=False) | Q(eligible=False)),
        "reasons": same & ~Q(reasons=F("before_reasons")),
        "new": Q(stays=True, before_eligible__isnull=True),
        "gone": Q(stays=False),
        "facts": same & Q(reasons=F("before_reasons")),
    }[kind]


def problems_of(run: Run, user) -> QuerySet[RunProblem]:
    """Whose data broke a rule in a run, as far as the user may see them."""
    seen = Employee.objects.visible_to(user)
    return run.problem_rows.filter(employee__in=seen).select_related("employee").order_by("employee__name", "pk")


@dataclasses.dataclass(frozen=True)
class Completeness:
    """Until when a kind of records is complete, and until when the policy wants it to be."""

    label: str
    until: dt.date | None
    wanted: dt.date

    @property
    def stale(self) -> bool:
        return self.until is None or self.until < self.wanted


def feeds_of(run: Run) -> list[Completeness]:
    """The records that the policy's rules lean on; none where their age does not matter (rulings.md 16)."""
    policy = run.policy
    if policy is None or policy.feed_days is None:
        return []
    needed = sorted({kind for rule in flat(read(policy.rules)) for kind in rule.feeds})
    until = dict(Feed.objects.filter(agency=run.agency_id, kind__in=needed).values_list("kind", "complete_until"))
    wanted = run.week - dt.timedelta(days=policy.feed_days)
    return [Completeness(str(Feed.Kind(kind).label), until.get(kind), wanted) for kind in needed]
