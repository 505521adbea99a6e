"""Who is found eligible how often, by group: a hint where to look for bias, without showing anything about one person.

Groups of fewer than `SMALLEST` people are hidden, and with them as many others as it takes that no hidden number can be
computed from a total. Grades are compared within a kind of civil servant: the scales of PNS and PPPK are not one, and
the kinds' totals would give away a grade that is hidden.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from eligibility.groups import SMALLEST
from eligibility.models import Run
from employees.models import Employee, Placement, Unit

FOUR_FIFTHS = Decimal("0.8")  # US Uniform Guidelines on Employee Selection 1978, § 1607.4 D: a hint, no law here
Z = Decimal("1.959963984540054")  # 95 %, two-sided
NONE, ALL = Decimal(0), Decimal(1)


@dataclasses.dataclass(frozen=True)
class Interval:
    """Both ends of a 95 % confidence interval."""

    low: Decimal
    high: Decimal


@dataclasses.dataclass(frozen=True)
class Group:
    """So many people, so many of them eligible. Hidden: neither number may be shown, nor anything made of them.

    `ratio` is the adverse-impact ratio: the rate over the highest rate of the table.
    """

    key: str  # stored code, or id of the unit
    label: str
    people: int
    selected: int
    hidden: bool = False
    ratio: Decimal | None = None
    ratio_within: Interval | None = None

    @property
    def rate(self) -> Decimal | None:
        return None if self.hidden or not self.people else Decimal(self.selected) / self.people

    @property
    def within(self) -> Interval | None:
        return None if self.hidden or not self.people else wilson(self.selected, self.people)

    @property
    def hint(self) -> str:
        """BELOW: under four fifths up to the end of the interval; UNSURE: under them, and chance may explain it."""
        if self.ratio is None or self.ratio_within is None or self.ratio >= FOUR_FIFTHS:
            return ""
        return "BELOW" if self.ratio_within.high < FOUR_FIFTHS else "UNSURE"


@dataclasses.dataclass(frozen=True)
class Table:
    """The groups of one attribute, next to each other; together they are everybody the table is about."""

    code: str  # KIND, GRADE, SEX, POST, UNIT
    groups: list[Group]
    within: str = ""  # label of the group whose people these are

    @property
    def best(self) -> Group | None:
        """The group with the highest rate that is shown: what the others are compared with."""
        return max((g for g in self.groups if g.rate is not None), key=lambda g: (g.rate, g.people), default=None)

    @property
    def hidden(self) -> int:
        return sum(group.hidden for group in self.groups)


# --- numbers ---


def wilson(selected: int, people: int) -> Interval:
    """The interval of a rate (Wilson 1927): never outside 0 … 1, and fair to small groups."""
    rate, square = Decimal(selected) / people, Z * Z
    middle = rate + square / (2 * people)
    reach = Z * (rate * (1 - rate) / people + square / (4 * people * people)).sqrt()
    whole = 1 + square / people
    low, high = max(NONE, (middle - reach) / whole), min(ALL, (middle + reach) / whole)
    return Interval(low if selected else NONE, high if selected < people else ALL)


def ratio_within(group: Group, best: Group) -> Interval | None:
    """The interval of a ratio of two rates, from their Wilson intervals (MOVER-R, Donner & Zou 2012).

    None where the highest rate is zero: nobody is eligible anywhere.
    """
    rate, top, mine, its = group.rate, best.rate, group.within, best.within
    if not top or rate is None or mine is None or its is None:
        return None
    both = rate * top
    floor, ceiling = mine.low * (2 * rate - mine.low), mine.high * (2 * rate - mine.high)
    its_low, its_high = its.low * (2 * top - its.low), its.high * (2 * top - its.high)
    below = both + (both * both - floor * its_high).max(NONE).sqrt()
    above = (both + (both * both - ceiling * its_low).max(NONE).sqrt()) / its_low
    return Interval(floor / below if below else NONE, above)


def suppressed(groups: Iterable[Group]) -> list[Group]:
    """Hide small groups, and the next smallest besides until what is hidden is at least two groups and `SMALLEST`
    people, some of them eligible and some not: their sum, which a total gives away, then says nothing about one of
    them. Groups of nobody are left out."""
    there = [group for group in groups if group.people]
    hidden = {group.key for group in there if group.people < SMALLEST}
    for group in sorted(there, key=lambda g: (g.people, g.key)):
        if not hidden or _says_nothing([g for g in there if g.key in hidden], _mixed(there)):
            break
        hidden.add(group.key)
    return [dataclasses.replace(group, hidden=group.key in hidden) for group in there]


def _says_nothing(hidden: list[Group], mixed: bool) -> bool:
    """Whether the sum of hidden groups leaves each of them open. Where everybody has one answer no hiding helps."""
    return len(hidden) > 1 and sum(g.people for g in hidden) >= SMALLEST and (_mixed(hidden) or not mixed)


def _mixed(groups: list[Group]) -> bool:
    return 0 < sum(g.selected for g in groups) < sum(g.people for g in groups)


def compared(code: str, groups: Iterable[Group], within: str = "") -> Table:
    """A table with what must not be shown hidden, and each group beside the one with the highest rate."""
    table = Table(code, suppressed(groups), within)
    best = table.best
    if best is None or not best.rate:
        return table
    beside = [
        group
        if group.rate is None
        else dataclasses.replace(group, ratio=group.rate / best.rate, ratio_within=ratio_within(group, best))
        for group in table.groups
    ]
    return dataclasses.replace(table, groups=beside)


# --- reading ---

# As published; sex and grade as they are recorded now. Every margin in one pass.
_COUNTS = """
SELECT CASE grouping(e.sex, d.kind, p.job_group, p.unit_id)
         WHEN 7 THEN 'SEX' WHEN 11 THEN CASE WHEN grouping(g.grade) = 0 THEN 'GRADE' ELSE 'KIND' END
         WHEN 13 THEN 'POST' WHEN 14 THEN 'UNIT' ELSE 'ALL' END AS code,
  coalesce(e.sex, d.kind, p.job_group, p.unit_id::text, '') AS key, coalesce(g.grade, '') AS grade,
  count(*), count(*) FILTER (WHERE d.eligible)
FROM eligibility_decision d
JOIN employees_employee e ON e.id = d.employee_id
LEFT JOIN employees_placement p ON p.id = d.placement_id
CROSS JOIN LATERAL (SELECT split_part(e.grade, '/', 1) AS grade) g
WHERE d.agency_id = %(agency)s AND d.track = %(track)s AND d.from_run <= %(number)s
  AND (d.until_run IS NULL OR d.until_run > %(number)s)
GROUP BY GROUPING SETS ((e.sex), (d.kind), (d.kind, g.grade), (p.job_group), (p.unit_id), ())
"""


def published(user, agency_id: int | None = None):
    """The published weeks that a reader may look at in this way, newest first."""
    runs = Run.objects.visible_to(user).published().select_related("agency", "policy")
    return (runs.filter(agency_id=agency_id) if agency_id else runs).order_by("-week", "agency__code", "track")


def report(run: Run) -> "Report":
    """The tables of a published run (read by `published`), and its units to walk through. Two queries."""
    counts = _counts(run)
    people, selected = counts["ALL"].get(("", ""), (0, 0))
    (everybody,) = suppressed([Group("", "", people, selected)]) or [Group("", "", 0, 0)]
    kinds = compared("KIND", _named(counts["KIND"], dict(Employee.Kind.choices)))
    tables = [
        compared("SEX", _named(counts["SEX"], dict(Employee.Sex.choices))),
        compared("POST", _named(counts["POST"], dict(Placement.Group.choices))),
        kinds,
    ]
    for kind in kinds.groups:
        mine = {(grade, ""): n for (of, grade), n in counts["GRADE"].items() if of == kind.key}
        if not kind.hidden and len(mine) > 1:
            tables.append(compared("GRADE", sorted(_named(mine, {}), key=_step), kind.label))
    units = Unit.objects.filter(agency_id=run.agency_id).order_by("name", "pk")
    placed = {int(key): n for (key, _grade), n in counts["UNIT"].items() if key}
    return Report(everybody, tables, Branches(list(units), placed))


def _counts(run: Run) -> dict[str, dict[tuple[str, str], tuple[int, int]]]:
    names: dict[str, Any] = {"agency": run.agency_id, "track": run.track, "number": run.number}
    found: dict[str, dict[tuple[str, str], tuple[int, int]]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, names)
        for code, key, grade, people, selected in cursor.fetchall():
            before = found[code].get((key, grade), (0, 0))  # empty and unknown are one group
            found[code][key, grade] = (before[0] + people, before[1] + selected)
    return found


def _named(counts, labels: dict) -> list[Group]:
    """Groups by stored code with their labels, in the order of the choices; what is not recorded last."""
    order = list(labels)
    some = [
        Group(key, str(labels.get(key, key)) if key else _("not recorded"), people, selected)
        for (key, _grade), (people, selected) in counts.items()
    ]
    return sorted(some, key=lambda g: (not g.key, order.index(g.key) if g.key in order else len(order), g.key))


ROMAN = {"I": 1, "V": 5, "X": 10}


def _step(group: Group) -> tuple[bool, int, str]:
    """Grades in their own order: I … XVII; what is no such number behind them."""
    digits = [ROMAN.get(letter, 0) for letter in group.key]
    if not digits or 0 in digits:
        return True, 0, group.key
    later = [*digits[1:], 0]
    return False, sum(-one if one < next_one else one for one, next_one in zip(digits, later, strict=True)), ""


class Branches:
    """The units of an agency as a tree, each counting everybody below it."""

    def __init__(self, units: list[Unit], placed: dict[int, tuple[int, int]]):
        self.units = {unit.pk: unit for unit in units}
        self.placed = placed
        self.below: dict[int | None, list[Unit]] = defaultdict(list)
        self.sums: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for unit in units:
            self.below[unit.parent_id].append(unit)
            people, selected = placed.get(unit.pk, (0, 0))
            for above in map(int, unit.path.split(".")):
                before = self.sums[above]
                self.sums[above] = (before[0] + people, before[1] + selected)

    def table(self, unit: Unit | None) -> Table | None:
        """The units right below one (None: the uppermost), and whoever is placed in itself.

        None where the unit is hidden in one of the tables above it: its parts would give it away.
        """
        if unit is None:
            return self._table(None)
        for step in map(int, unit.path.split(".")):
            above = self._table(self.units[step].parent_id)
            if any(group.hidden for group in above.groups if group.key == str(step)):
                return None
        return self._table(unit.pk)

    def _table(self, parent: int | None) -> Table:
        groups = [self._group(one) for one in self.below[parent]]
        if parent is not None and parent in self.placed and groups:
            here = Group("here", _("%(unit)s itself") % {"unit": self.units[parent].name}, *self.placed[parent])
            groups.insert(0, here)
        return compared("UNIT", groups)

    def top(self) -> Unit | None:
        """Where to begin: below the uppermost unit, where there is but one."""
        return self.below[None][0] if len(self.below[None]) == 1 else None

    def _group(self, unit: Unit) -> Group:
        return Group(str(unit.pk), unit.name, *self.sums[unit.pk])


@dataclasses.dataclass(frozen=True)
class Report:
    """All tables about a published week."""

    everybody: Group
    tables: list[Table]
    branches: Branches
