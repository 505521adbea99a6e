"""Unit × day in numbers: who is at the office, against the minimum. Set-based: a constant number of queries."""

import dataclasses
import datetime as dt
from collections import defaultdict

from eligibility.rules import UnitCap
from employees.calendar import monday_of
from employees.models import Agency, Unit
from schedules.models import UnitRule, WfhDay

from .cover import Cover
from .days import cap_rule, day_rules, policies_of_week
from .person import HALVES

CLOSED = (UnitRule.Kind.BLACKOUT, UnitRule.Kind.ANCHOR)


@dataclasses.dataclass(frozen=True)
class Cell:
    """One unit (or a unit and all below it) on one date, in people. Of morning and afternoon the tighter one counts."""

    date: dt.date
    open: bool  # a working day there
    note: str  # the holiday, or why the unit is closed to WFH on that day
    size: int
    away: int  # on leave
    home: int
    present: int  # at the office
    minimum: int  # who must be there
    cap: int | None  # places at home; None: no limit
    short: int  # units below their minimum: 0 or 1, more where units below are counted in

    @property
    def state(self) -> str:
        """OFF (no working day), NONE (nobody placed there), SHORT (below the minimum), TIGHT (exactly at it), OK."""
        if not self.open:
            return "OFF"
        if not self.size:
            return "NONE"
        if self.short:
            return "SHORT"
        return "TIGHT" if self.minimum and self.present <= self.minimum else "OK"


@dataclasses.dataclass(frozen=True)
class HeatRow:
    unit: Unit
    cells: list[Cell]


@dataclasses.dataclass(frozen=True)
class Heatmap:
    """Rows in the order of the units given, a cell for each date."""

    dates: list[dt.date]
    rows: list[HeatRow]

    def on(self, date: dt.date) -> list[tuple[Unit, Cell]]:
        """Every unit with its cell of one date."""
        return [(row.unit, cell) for row in self.rows for cell in row.cells if cell.date == date]


def heatmap(
    agency: Agency,
    units: list[Unit],
    dates: list[dt.date],
    *,
    below: bool = False,
    drafted: dict[tuple[int, dt.date], int] | None = None,
) -> Heatmap:
    """The numbers of some units of an agency on some dates; with `below` each counts the units below it in.

    `drafted`: days at home by unit and date that a draft would give, counted as if they were.
    Places at home come from the policies of each week's published runs, the largest where several are in force.
    """
    inside = _inside(agency, units) if below else {unit.pk: [unit.pk] for unit in units}
    if not units or not dates:
        return Heatmap(sorted(set(dates)), [])
    cover = Cover(agency, dates, {pk for pks in inside.values() for pk in pks})
    for (unit_id, date), days in (drafted or {}).items():
        cover.move(unit_id, date, WfhDay.Slot.FULL, days)
    return of_cover(cover, units, inside)


def of_cover(cover: Cover, units: list[Unit], inside: dict[int, list[int]] | None = None) -> Heatmap:
    """As `heatmap`, from a cover that is at hand. `inside`: the units that each row counts."""
    caps = _caps(cover)
    rows = []
    for unit in units:
        ids = inside[unit.pk] if inside else [unit.pk]
        rows.append(HeatRow(unit, [_sum([_cell(cover, caps, pk, date) for pk in ids], date) for date in cover.dates]))
    return Heatmap(cover.dates, rows)


def _inside(agency: Agency, units: list[Unit]) -> dict[int, list[int]]:
    """Each unit with all below it, by one query."""
    wanted = {unit.pk for unit in units}
    found: dict[int, list[int]] = defaultdict(list)
    for pk, path in Unit.objects.filter(agency=agency).values_list("pk", "path"):
        for above in path.split("."):
            if int(above) in wanted:
                found[int(above)].append(pk)
    return found


def _caps(cover: Cover) -> dict[dt.date, list[UnitCap]]:
    """The cap rules that count on each date; one query a week."""
    by_week = {}
    for week in {monday_of(date) for date in cover.dates}:
        rules = [cap_rule(day_rules(policy)) for policy in policies_of_week(cover.agency.pk, week)]
        by_week[week] = rules or [UnitCap()]
    return {date: by_week[monday_of(date)] for date in cover.dates}


def _cell(cover: Cover, caps: dict[dt.date, list[UnitCap]], unit_id: int, date: dt.date) -> Cell:
    size = cover.sizes.get((unit_id, date), 0)
    half = min(HALVES, key=lambda h: cover.present(unit_id, date, h) - cover.minimum(unit_id, date, h))
    present, minimum = cover.present(unit_id, date, half), cover.minimum(unit_id, date, half)
    percents = [p for h in HALVES if (p := cover.percent(unit_id, date, h)) is not None]
    places = [rule.cap(size, min(percents, default=None)) for rule in caps[date]]
    is_open = cover.working(unit_id, date)
    return Cell(
        date=date,
        open=is_open,
        note=cover.off.get(date, "") or _closed(cover, unit_id, date),
        size=size,
        away=cover.leave.get((unit_id, date), 0),
        home=max(cover.home.get((unit_id, date), (0, 0))),
        present=present,
        minimum=minimum,
        cap=None if None in places else max(p for p in places if p is not None),
        short=int(is_open and present < minimum),
    )


def _closed(cover: Cover, unit_id: int, date: dt.date) -> str:
    reasons = (cover.reason(unit_id, kind, date, half) for kind in CLOSED for half in HALVES)
    return next(filter(None, reasons), "")


def _sum(cells: list[Cell], date: dt.date) -> Cell:
    if len(cells) == 1:
        return cells[0]
    at_work = [cell for cell in cells if cell.open and cell.size]
    caps = [cell.cap for cell in at_work]
    return Cell(
        date=date,
        open=any(cell.open for cell in cells),
        note=next((cell.note for cell in cells if not cell.open and cell.note), ""),
        size=sum(cell.size for cell in at_work),
        away=sum(cell.away for cell in at_work),
        home=sum(cell.home for cell in at_work),
        present=sum(cell.present for cell in at_work),
        minimum=sum(cell.minimum for cell in at_work),
        cap=None if None in caps else sum(cap for cap in caps if cap is not None),
        short=sum(cell.short for cell in at_work),
    )
