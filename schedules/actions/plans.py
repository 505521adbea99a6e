"""The weekly plan: drafted for all units at once, looked at, published, then frozen."""

import dataclasses
import datetime as dt
import hashlib
import io
from collections.abc import Iterator

from django.db import connection, transaction
from django.utils.translation import gettext as _

from eligibility import permissions
from eligibility import queries as decisions
from eligibility.models import Run
from employees.calendar import days_of_week, local_date, week_name
from employees.models import Agency, User
from ledger.trail import record
from schedules import queries
from schedules.models import Plan, UnitPlan
from schedules.notices import tell_plan
from schedules.planning import Candidate, Given, Limit, allocate, balance, clash, gap, relief, room_on
from schedules.queries import fairness
from schedules.queries.cover import Cover
from schedules.queries.limits import is_fixed, limits, understaffed, working_dates

from .refused import Refused

LAST_WORKING_DAY = dt.timedelta(days=5)  # Saturday, of a week
FLUSH = 20_000  # rows written at a time
COLUMNS = (
    "plan_id, agency_id, week, unit_id, track, employee_id, earned, dates, why, rank, place, owed, wanted, code, "
    "used, cap"
)


@dataclasses.dataclass(frozen=True)
class UnitWeek:
    """One unit's planned week: the people in the order of fairness, the limits, and what each person gets."""

    unit_id: int
    track: str
    people: list[Candidate]
    dates: list[dt.date]
    limits: list[Limit]
    given: list[Given]
    fixed: bool
    understaffed: list[dt.date]

    @property
    def without(self) -> int:
        return sum(1 for one in self.given if one.earned and not one.dates)


def unit_weeks(*, agency: Agency, week: dt.date, runs: list[Run], at: dt.datetime) -> Iterator[UnitWeek]:
    """Plan every unit of an agency from the runs published for a week; writes nothing. Streamed unit by unit.

    Whom one track has served, the next leaves alone; what it gave counts against the limits of the next. Of a week that
    has begun, only the days ahead are given.
    """
    cover = Cover(agency, days_of_week(week, 6))
    served: set[int] = set()
    for run in runs:
        rules = queries.day_rules(run.computed_under)
        fixed = is_fixed(rules)
        for unit_id, found in fairness.candidates(run, week, rules, cover):
            people = [person for person in found if person.employee_id not in served] if served else found
            today = cover.today(unit_id, at)
            dates = [date for date in working_dates(cover, unit_id) if date > today]
            bounds = limits(cover, unit_id, dates, rules)
            given = allocate(people, dates, bounds, fixed=fixed)
            short = understaffed(cover, unit_id, dates)
            yield UnitWeek(unit_id, run.track, people, dates, bounds, given, fixed, short)
            if len(runs) > 1:
                _count(cover, unit_id, people, given, served)


def _count(cover: Cover, unit_id: int, people, given: list[Given], served: set[int]) -> None:
    posts = {person.employee_id: person.post for person in people}
    for one in given:
        for date in one.dates:
            cover.move(unit_id, date, "FULL", 1, posts[one.employee_id])
            served.add(one.employee_id)


@transaction.atomic
def draft_plan(*, agency: Agency, week: dt.date, by: User | None, at: dt.datetime) -> Plan | None:
    """Draft a week once all its tracks' runs are published; None while one is missing.

    A published week stays as it is: its plan is returned. A draft already there is made anew.
    """
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)  # two planners stand in line
    standing = Plan.objects.filter(agency=agency, week=week, state=Plan.State.PUBLISHED).first()
    if standing:
        return standing
    runs = _runs(agency, week)
    if not runs:
        return None
    plan = _draft(agency, week, runs, by, at)
    after = {"week": week_name(week), "given": plan.given, "without": plan.without, "exceptions": plan.exceptions}
    record(verb="plan.draft", subject=plan, by=by, at=at, agency_id=agency.pk, after=after)
    return plan


def _runs(agency: Agency, week: dt.date) -> list[Run]:
    tracks = {row.track for row in decisions.in_force(agency.pk, week)}
    runs = decisions.published_runs(agency.pk, week)
    return [] if tracks - {run.track for run in runs} else runs


def _draft(agency: Agency, week: dt.date, runs: list[Run], by, at) -> Plan:
    plan = Plan.objects.filter(agency=agency, week=week, state=Plan.State.DRAFT).first()
    if plan is None:
        plan = Plan.objects.create(agency=agency, week=week, created_at=at, created_by=by)
    else:
        plan.allotments.all().delete()
        plan.units.all().delete()
        plan.created_at, plan.created_by, plan.version = at, by, plan.version + 1
    plan.run_ids = [run.pk for run in runs]
    plan.earned = plan.given = plan.without = plan.first_choices = plan.exceptions = 0
    digest = hashlib.sha256()
    lines: dict[int, UnitPlan] = {}
    texts: list[str] = []
    held = 0
    for unit in unit_weeks(agency=agency, week=week, runs=runs, at=at):
        text = _text(plan, unit)
        digest.update(text.encode())
        texts.append(text)
        held += len(unit.given)
        _add(lines, plan, unit)
        if held >= FLUSH:
            _copy(texts)
            texts, held = [], 0
    _copy(texts)
    UnitPlan.objects.bulk_create(lines.values(), batch_size=2_000)
    for line in lines.values():
        plan.earned += line.earned
        plan.given += line.given
        plan.without += line.without
        plan.first_choices += line.first_choices
        plan.exceptions += bool(line.exception)
    plan.digest = digest.hexdigest()
    plan.save()
    return plan


def _text(plan: Plan, unit: UnitWeek) -> str:
    """A unit's allotments as COPY reads them; all fields are numbers, dates and codes, nothing to escape."""
    head = f"{plan.pk}\t{plan.agency_id}\t{plan.week}\t{unit.unit_id}\t{unit.track}\t"
    return "".join(
        f"{head}{one.employee_id}\t{one.earned}\t{{{','.join(map(str, one.dates))}}}\t{one.why}\t{_or_null(one.rank)}\t"
        f"{one.place}\t{max(min(one.owed / 2, 99.0), -99.0)}\t{_or_null(one.wanted)}\t{one.code}\t"
        f"{_or_null(one.used)}\t{_or_null(one.cap)}\n"
        for one in unit.given
    )


def _or_null(value) -> str:
    return "\\N" if value is None else str(value)


def _copy(texts: list[str]) -> None:
    """Into the bulk table by COPY: it is no tracked table, and its rows are the plan's own."""
    if texts:
        with connection.cursor() as cursor:
            cursor.cursor.copy_expert(f"COPY schedules_allotment ({COLUMNS}) FROM STDIN", io.StringIO("".join(texts)))


def _add(lines: dict[int, UnitPlan], plan: Plan, unit: UnitWeek) -> None:
    """Add a unit's counts to its line; of several tracks the first says how fair and what clashes."""
    line = lines.get(unit.unit_id)
    if line is None:
        line = lines[unit.unit_id] = UnitPlan(plan=plan, unit_id=unit.unit_id)
        _judge(line, unit)
    line.people += len(unit.given)
    line.earned += sum(one.earned for one in unit.given)
    line.given += sum(len(one.dates) for one in unit.given)
    line.without += unit.without
    line.first_choices += sum(1 for one in unit.given if one.rank == 1)
    line.with_choice += sum(1 for person in unit.people if person.wishes)
    line.room[unit.track] = room_text(unit.limits, unit.dates)


def room_text(bounds: list[Limit], dates: list[dt.date]) -> dict[str, int]:
    """`planning.room_on` as a plan keeps it."""
    return {date.isoformat(): n for date, n in room_on(bounds, dates).items()}


def _judge(line: UnitPlan, unit: UnitWeek) -> None:
    new = {one.employee_id: one for one in unit.given}
    had = [
        (
            person.before - person.owed + 2 * len(new[person.employee_id].dates),
            person.before + 2 * new[person.employee_id].earned,
        )
        for person in unit.people
    ]
    line.balance = balance(had)
    line.gap = gap(had) / 2
    if unit.understaffed:
        line.exception = "UNDERSTAFFED"
        line.clash = {"dates": [date.isoformat() for date in unit.understaffed]}
    elif unit.without and not unit.fixed and (found := clash(unit.people, unit.dates, unit.limits)):
        # Whoever is left without a day only because it is others' turn comes first next week: nothing to look at.
        line.exception = "CLASH"
        line.clash = _named(unit, found)
    elif unit.given and not any(one.dates for one in unit.given) and any(one.earned for one in unit.given):
        line.exception = "CLOSED"
        line.clash = _named(unit, clash(unit.people, unit.dates, unit.limits))


def _named(unit: UnitWeek, found: list[Limit]) -> dict:
    """The smallest set of limits that clash, and what each of them would have to give."""
    limits_named = [
        {"code": one.code, "post": one.post, "room": sum(max(n, 0) for n in one.room.values())} for one in found
    ]
    proposals = [
        {"code": one.code, "post": one.post, "more": more}
        for one in found
        if (more := relief(unit.people, unit.dates, unit.limits, one)) is not None
    ]
    return {"limits": limits_named, "proposals": proposals, "need": sum(1 for one in unit.given if one.earned)}


# --- publishing -------------------------------------------------------------------------------


@transaction.atomic
def publish_plan(*, plan_id: int, by: User | None, at: dt.datetime, version: int) -> Plan:
    """Make a draft the week's plan. What was looked at is what is published: the plan is made once more, and where it
    differs (leave, a unit rule, a move since) the new draft is kept and `CHANGED` is raised by `publish_draft`.

    Raises `eligibility.permissions.Denied`, or `Refused`: ALREADY_PUBLISHED, STALE, NO_RUN, PAST.
    """
    plan = Plan.objects.select_related("agency", "published_by__employee").get(pk=plan_id)
    Agency.objects.select_for_update(no_key=True).get(pk=plan.agency_id)
    plan = (
        Plan.objects.select_for_update(of=("self",)).select_related("agency", "published_by__employee").get(pk=plan_id)
    )
    if by is not None:
        permissions.check_may_publish(by, plan.agency_id)
    _check_draft(plan, version)
    _check_ahead(plan.agency, plan.week, at)
    runs = _runs(plan.agency, plan.week)
    if not runs:
        raise Refused("NO_RUN", _("The week's decisions are not published any more. Compute the week first."))
    seen, made_at = plan.digest, plan.created_at
    plan = _draft(plan.agency, plan.week, runs, plan.created_by, at)
    if plan.digest != seen:
        return plan  # still a draft, made anew: the caller tells
    plan.created_at = made_at
    return _publish(plan, by, at)


def _publish(plan: Plan, by: User | None, at: dt.datetime) -> Plan:
    plan.state, plan.published_at, plan.published_by = Plan.State.PUBLISHED, at, by
    plan.version += 1
    plan.save()
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, {"plan": plan.pk})
    after = {"week": week_name(plan.week), "given": plan.given, "without": plan.without}
    record(verb="plan.publish", subject=plan, by=by, at=at, agency_id=plan.agency_id, after=after)
    tell_plan(plan, at)
    return plan


_DAYS = """
INSERT INTO schedules_wfhday (employee_id, agency_id, unit_id, date, track, plan_id, slot, state, origin)
SELECT a.employee_id, a.agency_id, a.unit_id, day, a.track, a.plan_id, 'FULL', 'ACTIVE', 'PLAN'
FROM schedules_allotment a CROSS JOIN LATERAL unnest(a.dates) day WHERE a.plan_id = %(plan)s ORDER BY a.id
"""


def publish_draft(*, plan_id: int, by: User | None, at: dt.datetime, version: int) -> Plan:
    """`publish_plan`, with `Refused` (CHANGED) where the draft had to be made anew; the new draft is kept."""
    plan = publish_plan(plan_id=plan_id, by=by, at=at, version=version)
    if plan.state == Plan.State.DRAFT:
        text = _(
            "Leave, unit rules or placements changed since this draft was made. It is made anew: look at it again."
        )
        raise Refused("CHANGED", text)
    return plan


def is_over(agency: Agency, week: dt.date, at: dt.datetime) -> bool:
    """Whether a week has no day ahead that could still be given."""
    return week + LAST_WORKING_DAY <= local_date(at, agency.zone)


def _check_ahead(agency: Agency, week: dt.date, at: dt.datetime) -> None:
    if is_over(agency, week, at):
        raise Refused("PAST", _("That week is over; its plan can no longer be published."))


def _check_draft(plan: Plan, version: int) -> None:
    if plan.state != Plan.State.DRAFT:
        who = plan.published_by or _("the system")
        when = plan.published_at.astimezone(plan.agency.zone).strftime("%d-%m-%Y %H.%M") if plan.published_at else ""
        raise Refused("ALREADY_PUBLISHED", _("Already published by %(who)s on %(when)s.") % {"who": who, "when": when})
    if plan.version != version:
        raise Refused("STALE", _("This draft was made anew since the page was opened. Look at it again."))


def plan_week(*, agency: Agency, week: dt.date, by: User | None, at: dt.datetime, publish: bool = False) -> Plan | None:
    """Draft a week, and publish it where asked or where every policy of its runs says so; None while a run is missing.

    A week that is published stays as it is: planning it again changes nothing and returns the same plan.
    Raises `Refused` (PAST) where a week is to be published that has no day ahead.
    """
    if publish and by is not None:
        permissions.check_may_publish(by, agency.pk)
    with transaction.atomic():
        plan = draft_plan(agency=agency, week=week, by=by, at=at)
        if plan is None or plan.state == Plan.State.PUBLISHED:
            return plan
        if publish:
            _check_ahead(agency, week, at)
        runs = Run.objects.filter(pk__in=plan.run_ids).select_related("policy")
        automatic = all(run.computed_under.plan_automatic for run in runs) and not is_over(agency, week, at)
        if publish or automatic:
            return _publish(plan, by, at)  # drafted in this very transaction: nothing to compare
    return plan
