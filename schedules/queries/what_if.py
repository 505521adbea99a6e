"""What would change: a policy, stored or not, beside the one in force or beside the newest published week.

Who gains and loses is counted by the engine; here come units by name, labels, and whether the days that the eligible
people of a unit earn can be placed at all. Nothing is written: the database is asked to refuse it.
"""

import dataclasses
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from django.db import OperationalError
from django.utils.translation import gettext as _
from psycopg2.errors import QueryCanceled

from eligibility import queries as decisions
from eligibility.engine import Scope
from eligibility.engine.facts import tight
from eligibility.engine.what_if import Difference, Judged, Nobody, Published, Side, Turn, difference, each, only_reading
from eligibility.models import Policy, Run
from eligibility.rules import DayRule, WeeklyMaximum, label_of, rule_label
from eligibility.rules import day_rules as rules_of_days
from employees.calendar import days_of_week
from employees.models import Agency, Employee, Placement, Unit
from employees.staging import LONG_STATEMENT
from performance.rating import Rating
from schedules.models import UnitRule, WfhDay
from schedules.planning import Candidate, allocate

from .cover import Cover
from .fairness import leave_in
from .limits import limits, working_dates

IN_FORCE, PUBLISHED = "force", "published"
LAST_DAY = dt.timedelta(days=5)
WEEK = dt.timedelta(days=7)


class NothingToCompare(Exception):
    """There is no published week of this track to compare with."""


class TooSlow(Exception):
    """The database did not answer in the time that a page has."""


@dataclasses.dataclass(frozen=True)
class Staffing:
    """What becomes of a unit's days in one week: `missing` of the `earned` cannot be placed, `without` people get none.

    Counted by the planner itself, as if nobody had a day in that week yet: everybody eligible gets as many different
    days as they earn, except on leave, as long as every limit of the unit holds on each date (minimum at the office,
    share at home, staffed posts, closed days). `code`: what stood in the way most often.
    """

    earned: int = 0
    missing: int = 0
    without: int = 0
    code: str = ""


@dataclasses.dataclass(frozen=True)
class UnitLine:
    """One unit, in people; `share_*` in whole per cent of its people."""

    unit_id: int | None
    name: str
    people: int
    before: int
    after: int
    gained: int
    lost: int
    staffed_before: Staffing = Staffing()
    staffed_after: Staffing = Staffing()

    @property
    def share_before(self) -> int:
        return _percent(self.before, self.people)

    @property
    def share_after(self) -> int:
        return _percent(self.after, self.people)

    @property
    def turned(self) -> int:
        return self.gained + self.lost

    @property
    def breaks(self) -> bool:
        """Whether days cannot be placed that could be before, or more of them."""
        return self.staffed_after.missing > self.staffed_before.missing

    @property
    def hindrance(self) -> str:
        """What stands in the way most often, by name."""
        return str(rule_label(self.staffed_after.code)) if self.staffed_after.code else ""


@dataclasses.dataclass(frozen=True)
class RatingLine:
    label: str
    people: int
    before: int
    after: int


@dataclasses.dataclass(frozen=True)
class ReasonLine:
    code: str
    label: str
    before: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclasses.dataclass(frozen=True)
class Example:
    """A person for whom the answer turns; `was` and `now` say why not, "" for eligible."""

    employee: Employee
    unit: str
    was: str
    now: str


@dataclasses.dataclass(frozen=True)
class WhatIf:
    """All of it. `run`: what was compared with, where it is a published week; `before`: the policy of that side."""

    agency: Agency
    week: dt.date
    policy: Policy
    before: Policy | None
    run: Run | None
    totals: dict[str, int]
    units: list[UnitLine]  # those where most turns first
    ratings: list[RatingLine]  # empty where neither policy looks at ratings
    reasons: list[ReasonLine]
    gained: list[Example]
    lost: list[Example]
    broken: int  # people whose data break a rule

    @property
    def breaking(self) -> list[UnitLine]:
        """The units whose staffing breaks, the worst first."""
        found = [line for line in self.units if line.breaks]
        return sorted(found, key=lambda line: (line.staffed_before.missing - line.staffed_after.missing, line.name))


def what_if(
    *,
    agency: Agency,
    policy: Policy,
    week: dt.date,
    at: dt.datetime,
    against: str = IN_FORCE,
    names: bool = False,
    patient: bool = False,
) -> WhatIf:
    """Compare a policy in a week (its Monday), by scores approved until `at`, with the policy of its track in force
    then (`IN_FORCE`; without one, nobody was eligible), or with the newest published week (`PUBLISHED`).

    `names`: the first people are shown too, to whoever may read scores. `patient`: nobody waits at a page. A constant
    number of queries. Raises `NothingToCompare` without a published week, `TooSlow`, and
    `eligibility.rules.BadPolicy` for rules that cannot be read.
    """
    try:
        with only_reading(LONG_STATEMENT if patient else ""):
            return _compared(agency, policy, week, at, against, names)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        text = _(
            "This takes longer than a page may wait. Ask your operators for the command what_if, which has more time."
        )
        raise TooSlow(text) from error


def _compared(agency: Agency, policy: Policy, week: dt.date, at: dt.datetime, against: str, names: bool) -> WhatIf:
    scope = tight(Scope(agency.pk, week, at))
    run = decisions.latest_published(agency.pk, policy.track) if against == PUBLISHED else None
    if against == PUBLISHED and run is None:
        raise NothingToCompare(_("No week of this track is published yet; compare with the policy in force."))
    old = run.computed_under if run else decisions.policy_of(agency.pk, policy.track, week)
    before: Side = Published(run) if run else Judged(old, scope) if old else Nobody()
    found = difference(before, Judged(policy, scope), examples=20 if names else 0)
    staffed = _staffing(agency, week, found, (old, policy))
    broken = {pk for side in (found.before, found.after) for pk in getattr(side, "broken", ())}
    return WhatIf(
        agency=agency,
        week=week,
        policy=policy,
        before=old,
        run=run,
        totals={name: found.total(name) for name in ("people", "before", "after", "gained", "lost")},
        units=_units(agency, found, staffed),
        ratings=_ratings(found),
        reasons=_reasons(found),
        gained=_examples(found.gained),
        lost=_examples(found.lost),
        broken=len(broken),
    )


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


# --- counts with names ---------------------------------------------------------------------------


def _units(agency: Agency, found: Difference, staffed: dict[int | None, list[Staffing]]) -> list[UnitLine]:
    sums: dict[int | None, Counter[str]] = defaultdict(Counter)
    for group in found.groups:
        for name in ("people", "before", "after", "gained", "lost"):
            sums[group.unit_id][name] += getattr(group, name)
    names = dict(Unit.objects.filter(agency=agency).values_list("pk", "name"))
    lines = []
    for unit_id, counts in sums.items():
        before, after = staffed.get(unit_id, [Staffing(), Staffing()])
        name = names.get(unit_id or 0) or _("no unit")
        numbers = {name: counts[name] for name in ("people", "before", "after", "gained", "lost")}
        lines.append(UnitLine(unit_id, name, **numbers, staffed_before=before, staffed_after=after))
    return sorted(lines, key=lambda line: (-line.turned, line.name, line.unit_id or 0))


def _ratings(found: Difference) -> list[RatingLine]:
    """From the best rating to the lowest, those without one last; nothing where no rating was read."""
    sums: dict[int | None, Counter[str]] = defaultdict(Counter)
    for group in found.groups:
        for name in ("people", "before", "after"):
            sums[group.rating][name] += getattr(group, name)
    if not sums.keys() - {None}:
        return []
    order = sorted(sums, key=lambda rating: -(rating or 0))
    return [
        RatingLine(
            str(Rating(rating).label) if rating else _("without a rating that counts"),
            sums[rating]["people"],
            sums[rating]["before"],
            sums[rating]["after"],
        )
        for rating in order
    ]


def _reasons(found: Difference) -> list[ReasonLine]:
    """Why not, the reasons that grew or shrank most first."""
    lines = [ReasonLine(code, str(label_of(code)), was, now) for code, (was, now) in found.reasons.items()]
    return sorted(lines, key=lambda line: (-abs(line.change), -line.after, line.code))


def _examples(turns: list[Turn]) -> list[Example]:
    people = Employee.objects.in_bulk([turn.employee_id for turn in turns])
    units = dict(Unit.objects.filter(pk__in={turn.unit_id for turn in turns}).values_list("pk", "name"))
    return [
        Example(people[turn.employee_id], units.get(turn.unit_id or 0, ""), _said(turn.was), _said(turn.now))
        for turn in turns
    ]


def _said(codes: list[str] | None) -> str:
    if codes is None:
        return _("not covered")
    return ", ".join(str(label_of(code)) for code in codes)


# --- can the days be placed? -----------------------------------------------------------------------


def _staffing(
    agency: Agency, week: dt.date, found: Difference, policies: tuple[Policy | None, Policy]
) -> dict[int | None, list[Staffing]]:
    """By unit: before and after. Everybody eligible on either side is read once, unit by unit."""
    cover = Cover(agency, days_of_week(week, 6))
    counting = [_Counting(cover, rules_of_days(policy.rules)) if policy else None for policy in policies]
    away = leave_in(agency.pk, week, week + LAST_DAY)
    posts = _posts(agency, week) if cover.rules.has(UnitRule.Kind.STAFFED_POST) else {}
    _clear(cover, posts, away)
    staffed = {}
    for unit_id, rows in groupby(_eligible(found), key=lambda row: row[0]):
        people = [list(row) for row in rows]
        staffed[unit_id] = [
            side.of(unit_id, _candidates(people, n, side, posts, away))
            if side is not None and unit_id in cover.settings
            else Staffing()
            for n, side in enumerate(counting)
        ]
    return staffed


def _eligible(found: Difference) -> Iterator[tuple]:
    columns = ("unit_id", "employee_id", "had", "has", "rating_before", "rating_after")
    return each(found, columns, where="had OR has", order="unit_id, employee_id")


def _posts(agency: Agency, week: dt.date) -> dict[int, str]:
    """The posts of those people whose post some unit must keep staffed."""
    named = UnitRule.objects.filter(agency=agency, kind=UnitRule.Kind.STAFFED_POST).values("post")
    people = Placement.objects.on(week).filter(agency=agency, job_title__in=named)
    return dict(people.values_list("employee_id", "job_title"))


def _clear(cover: Cover, posts: dict[int, str], away: dict[int, frozenset[dt.date]]) -> None:
    """As if nobody had a WFH day in the week yet."""
    if posts:
        rows = WfhDay.objects.active().filter(employee__in=list(posts), date__range=(cover.first, cover.last))
        for pk, unit_id, date, slot in rows.values_list("employee_id", "unit_id", "date", "slot"):
            if date not in away.get(pk, ()):
                cover.move(unit_id, date, slot, -1, posts[pk])
    cover.home = {}


def _candidates(people: Iterable, n: int, side: "_Counting", posts, away) -> list[Candidate]:
    """Those who are eligible on one side (0 before, 1 after); the order does not change how many days fit."""
    return [
        Candidate(pk, pk, side.earned(ratings[n]), away=away.get(pk, frozenset()), post=posts.get(pk, ""))
        for _unit, pk, had, has, *ratings in people
        if (had, has)[n]
    ]


class _Counting:
    """One side's day rules, asked unit by unit."""

    def __init__(self, cover: Cover, rules: list[DayRule]):
        self.cover, self.rules = cover, rules
        self.earned = next((rule for rule in rules if isinstance(rule, WeeklyMaximum)), WeeklyMaximum()).days_earned

    def of(self, unit_id: int, people: list[Candidate]) -> Staffing:
        dates = working_dates(self.cover, unit_id)
        given = allocate(people, dates, limits(self.cover, unit_id, dates, self.rules))
        short = [one for one in given if len(one.dates) < one.earned]
        codes = Counter(one.code for one in short if one.code)
        return Staffing(
            earned=sum(one.earned for one in given),
            missing=sum(one.earned - len(one.dates) for one in short),
            without=sum(1 for one in short if not one.dates),
            code=min(codes, key=lambda code: (-codes[code], code), default=""),
        )
