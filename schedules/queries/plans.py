"""What HR looks at in a weekly plan: totals, units, people, revisions; and the dates that fell away after publication.

A plan's units and people are kept with its first revision; later ones (repairs) say why, and the WFH days themselves
say what became of them.
"""

import dataclasses
import datetime as dt
from decimal import Decimal

from django.db import connection
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum

from employees.calendar import monday_of
from employees.models import Agency, Holiday, Unit
from schedules.models import Allotment, Plan, UnitPlan, WfhDay

from .heatmap import Heatmap, heatmap

LAST_DAY = dt.timedelta(days=6)


@dataclasses.dataclass(frozen=True)
class Fallen:
    """A date that was declared a day off after its week was published: so many WFH days still lie on it."""

    plan_id: int
    agency_id: int
    agency: str
    date: dt.date
    name: str  # of the day off
    days: int


@dataclasses.dataclass(frozen=True)
class PersonLine:
    """One person in a plan, and the days of the week that are theirs now."""

    allotment: Allotment
    now: list[WfhDay]

    @property
    def changed(self) -> bool:
        """Whether the week's days are no longer what the plan gave."""
        return [day.date for day in self.now] != sorted(self.allotment.dates)


def drafts(agency_ids: list[int], today: dt.date) -> list[Plan]:
    """Drafts that can still be published, the earliest week first."""
    rows = Plan.objects.filter(agency__in=agency_ids, state=Plan.State.DRAFT, week__gte=today - LAST_DAY)
    return list(rows.select_related("agency").order_by("week", "agency__name"))


def fallen(agency_ids: list[int], today: dt.date) -> list[Fallen]:
    """Days off from a date on that still have WFH days on them. One query, and one more where there are any."""
    off = Holiday.objects.filter(Q(agency=None) | Q(agency=OuterRef("agency")), date=OuterRef("date"))
    rows = WfhDay.objects.active().filter(agency__in=agency_ids, date__gte=today)
    rows = rows.filter(date__in=Holiday.objects.filter(date__gte=today).values("date"))
    rows = (
        rows.annotate(off=Subquery(off.values("name")[:1])).filter(off__isnull=False).order_by("date", "agency__name")
    )
    named = rows.values("agency_id", "agency__name", "date", "off").annotate(days=Count("pk"))
    found = list(named.order_by("date", "agency__name"))
    if not found:
        return []
    weeks = {monday_of(row["date"]) for row in found}
    plans = Plan.objects.filter(agency__in=agency_ids, week__in=weeks, state=Plan.State.PUBLISHED)
    ids = {(agency, week): pk for pk, agency, week in plans.values_list("pk", "agency", "week")}
    return [
        Fallen(pk, row["agency_id"], row["agency__name"], row["date"], row["off"], row["days"])
        for row in found
        if (pk := ids.get((row["agency_id"], monday_of(row["date"]))))
    ]


def first_revision(plan: Plan) -> Plan:
    """The revision that holds the units and people of a plan's week."""
    if plan.revision == 1:
        return plan
    return Plan.objects.get(agency=plan.agency_id, week=plan.week, revision=1)


def revisions(plan: Plan) -> list[Plan]:
    """What was published for the week, newest first, each with its reason."""
    rows = Plan.objects.filter(agency=plan.agency_id, week=plan.week).exclude(state=Plan.State.DRAFT)
    return list(rows.select_related("published_by__employee").order_by("-revision"))


def unit_lines(plan: Plan, *, search: str = "", exceptions: bool = False) -> QuerySet[UnitPlan]:
    """The units of a plan's first revision, by name; of a search those whose name or code contains it."""
    rows = UnitPlan.objects.filter(plan=plan).select_related("unit")
    if search:
        rows = rows.filter(Q(unit__name__icontains=search) | Q(unit__code__icontains=search))
    if exceptions:
        rows = rows.exclude(exception="")
    return rows.order_by("unit__name", "pk")


def to_look_at(plan: Plan) -> QuerySet[UnitPlan]:
    """The units with something to look at, those that leave the most people without a day first."""
    return unit_lines(plan, exceptions=True).order_by("-without", "unit__name", "pk")


def totals(plan: Plan) -> dict[str, int]:
    """People in the plan, those with a preference, and the balance of its units weighted by their people."""
    sums = UnitPlan.objects.filter(plan=plan).aggregate(
        all_people=Sum("people"), wishing=Sum("with_choice"), weighted=Sum(F("balance") * F("people"))
    )
    people = sums["all_people"] or 0
    return {
        "people": people,
        "with_choice": sums["wishing"] or 0,
        "balance": int(Decimal(sums["weighted"] or 0) / people) if people else 100,
    }


def allotments(plan: Plan, unit: Unit) -> QuerySet[Allotment]:
    """The people of one unit of a plan, in the order of fairness."""
    return Allotment.objects.filter(plan=plan, unit=unit).select_related("employee").order_by("track", "place", "pk")


def person_lines(rows: list[Allotment], week: dt.date) -> list[PersonLine]:
    """Some people of a plan with the days they have now. One query."""
    days = WfhDay.objects.active().filter(
        employee__in=[row.employee_id for row in rows], date__range=(week, week + LAST_DAY)
    )
    now: dict[int, list[WfhDay]] = {}
    for day in days.order_by("date", "slot"):
        now.setdefault(day.employee_id, []).append(day)
    return [PersonLine(row, now.get(row.employee_id, [])) for row in rows]


def branch(plan: Plan, unit: Unit | None) -> QuerySet[Unit]:
    """The units right below one (without one: the uppermost ones, or what is below where there is but one)."""
    rows = Unit.objects.filter(agency=plan.agency_id).select_related("agency")
    if unit is not None:
        return rows.filter(parent=unit).order_by("name", "pk")
    tops = rows.filter(parent=None)
    only = tops.values("pk") if tops.count() == 1 else None
    return (rows.filter(parent__in=only) if only is not None else tops).order_by("name", "pk")


def drafted_days(plan: Plan) -> dict[tuple[int, dt.date], int]:
    """Days that a draft would give, by unit and date."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.unit_id, day, count(*) FROM schedules_allotment a CROSS JOIN LATERAL unnest(a.dates) day
               WHERE a.plan_id = %(plan)s GROUP BY 1, 2""",
            {"plan": plan.pk},
        )
        return {(unit_id, date): days for unit_id, date, days in cursor.fetchall()}


def heat_of(plan: Plan, units: list[Unit], dates: list[dt.date]) -> Heatmap:
    """Unit by day as the plan has it, each unit with all below it; a draft as if it were published."""
    drafted = drafted_days(plan) if plan.state == Plan.State.DRAFT else None
    return heatmap(plan.agency, units, dates, below=True, drafted=drafted)


def weekly_dates(agency: Agency, week: dt.date) -> list[dt.date]:
    """The dates of a week on which anybody of the agency may work: Monday to Friday, or to Saturday."""
    six = agency.working_days == 6 or Unit.objects.filter(agency=agency, working_days=6).exists()
    return [week + dt.timedelta(days=n) for n in range(6 if six else 5)]
