"""60 weeks of a unit of 300 with leave and turnover: our plan, a random one and first come first served, same data.

python -m benchmarks.fairness [file.svg]     prints the table; with a file name also draws the plot
"""

import dataclasses
import datetime as dt
import random
import sys
from collections.abc import Callable
from pathlib import Path

from schedules.planning import PERIOD_WEEKS, Candidate, Limit, allocate, period_of

WEEKS, SIZE = 60, 300
FIRST = dt.date(2026, 1, 5)
CAP, MINIMUM = 60, 225  # at most 20 % at home, at least 75 % of the unit at the office
SEED = 20261124


@dataclasses.dataclass
class Member:
    """One person of the unit: what they earn and wish, and what they had."""

    number: int
    earned: int
    wishes: tuple[int, ...]
    past: list[tuple[dt.date, int, list[dt.date]]] = dataclasses.field(default_factory=list)

    def since(self, begin: dt.date, end: dt.date) -> tuple[int, int]:
        """Days earned and had in weeks from `begin` to before `end`."""
        rows = [(earned, len(days)) for week, earned, days in self.past if begin <= week < end]
        return sum(earned for earned, _had in rows), sum(had for _earned, had in rows)


@dataclasses.dataclass
class World:
    """A week's facts, the same for every way of giving days."""

    week: dt.date
    dates: list[dt.date]
    away: dict[int, frozenset[dt.date]]
    members: list[Member]

    def on_leave(self, date: dt.date) -> int:
        return sum(1 for member in self.members if date in self.away[member.number])


Way = Callable[[World, random.Random], dict[int, list[dt.date]]]


def ours(world: World, _chance: random.Random) -> dict[int, list[dt.date]]:
    period = period_of(world.week)
    before = period - dt.timedelta(weeks=PERIOD_WEEKS)
    some = []
    for member in world.members:
        earned, had = member.since(period, world.week)
        long_earned, long_had = member.since(before, period)
        days = [day for _w, _e, taken in member.past for day in taken]
        some.append(
            Candidate(
                member.number,
                hash((member.number, world.week.toordinal())),
                member.earned,
                before=2 * earned,
                owed=2 * (earned - had),
                carried=2 * (long_earned - long_had),
                last=max((day.toordinal() for day in days), default=0),
                wishes=member.wishes,
                away=world.away[member.number],
            )
        )
    limits = [
        Limit("R-KUOTA-UNIT", dict.fromkeys(world.dates, CAP)),
        Limit("R-KEHADIRAN-MINIMUM", {date: SIZE - world.on_leave(date) - MINIMUM for date in world.dates}),
    ]
    return {one.employee_id: one.dates for one in allocate(some, world.dates, limits)}


def at_random(world: World, chance: random.Random) -> dict[int, list[dt.date]]:
    """A lottery each week: in a drawn order everybody draws the days they earn while the share lasts."""
    return _in_turn(world, chance.sample(world.members, SIZE), lambda _m, free: chance.sample(free, len(free)))


def first_come(world: World, chance: random.Random) -> dict[int, list[dt.date]]:
    """Whoever asks first gets the wished day while the share lasts; the quick ones are quick every week."""
    quick = sorted(world.members, key=lambda m: m.number + chance.gauss(0, 30))
    return _in_turn(world, quick, lambda m, free: sorted(free, key=lambda date: _rank(m, date)))


def _in_turn(world: World, turn: list[Member], ranked) -> dict[int, list[dt.date]]:
    """Both know the share at home, and neither who is on leave."""
    taken = dict.fromkeys(world.dates, 0)
    given = {}
    for member in turn:
        days = [date for date in ranked(member, _free(world, member)) if taken[date] < CAP][: member.earned]
        for date in days:
            taken[date] += 1
        given[member.number] = days
    return given


def _free(world: World, member: Member) -> list[dt.date]:
    return [date for date in world.dates if date not in world.away[member.number]]


def _rank(member: Member, date: dt.date) -> int:
    day = date.isoweekday()
    return member.wishes.index(day) if day in member.wishes else 9


@dataclasses.dataclass
class Result:
    name: str
    violations: int = 0  # days on which cover was missed: share at home exceeded, or too few at the office
    gaps: list[int] = dataclasses.field(default_factory=list)  # largest difference among equals, week by week
    wished: int = 0
    first: int = 0
    days: int = 0
    without: int = 0  # weeks in which somebody who earned a day had none


def simulate(name: str, way: Way) -> Result:
    chance, luck = random.Random(SEED), random.Random(SEED + 1)
    result = Result(name)
    members = [_member(n, chance) for n in range(SIZE)]
    absent: dict[int, int] = {}
    for step in range(WEEKS):
        week = FIRST + dt.timedelta(weeks=step)
        members = [_stays(m, SIZE * (step + 1) + i, chance) for i, m in enumerate(members)]
        world = _world(week, members, absent, chance)
        given = way(world, luck)
        _count(result, world, given)
    return result


def _member(number: int, chance: random.Random) -> Member:
    """Six of ten have wishes, Mondays and Fridays above all; a third earn two days."""
    wishes = tuple(chance.sample((1, 2, 3, 4, 5, 5, 5, 1), 8)) if chance.random() < 0.6 else ()
    return Member(number, 2 if chance.random() < 0.35 else 1, tuple(dict.fromkeys(wishes))[:3])


def _stays(member: Member, next_number: int, chance: random.Random) -> Member:
    """One in 250 leaves a week and is followed by somebody new: about a fifth of the unit a year."""
    return member if chance.random() > 0.004 else _member(next_number, chance)


def _world(week: dt.date, members: list[Member], absent: dict[int, int], chance: random.Random) -> World:
    dates = [week + dt.timedelta(days=n) for n in range(5)]
    away = {}
    for member in members:
        left = absent.get(member.number, 0)
        if not left and chance.random() < 0.05:
            left = chance.choice((1, 1, 2, 3, 5, 5, 10))  # working days of leave
        away[member.number] = frozenset(dates[: min(left, 5)])
        absent[member.number] = max(0, left - 5)
    return World(week, dates, away, members)


def _count(result: Result, world: World, given: dict[int, list[dt.date]]) -> None:
    for date in world.dates:
        home = sum(1 for days in given.values() if date in days)
        result.violations += home > CAP or SIZE - home - world.on_leave(date) < MINIMUM
    for member in world.members:
        days = sorted(given[member.number])
        free = len(_free(world, member))
        member.past.append((world.week, min(member.earned, free), days))
        result.days += len(days)
        result.without += bool(free and not days)
        if member.wishes and days:
            result.wished += 1
            result.first += any(day.isoweekday() == member.wishes[0] for day in days)
    result.gaps.append(_gap(world))


def _gap(world: World) -> int:
    """The largest difference of days had in the period among people who earned the same in the same weeks of it."""
    begin = period_of(world.week)
    groups: dict[tuple, list[int]] = {}
    for member in world.members:
        rows = [(week, earned, len(days)) for week, earned, days in member.past if week >= begin]
        groups.setdefault(tuple((w, e) for w, e, _d in rows), []).append(sum(d for _w, _e, d in rows))
    return max(max(group) - min(group) for group in groups.values())


def table(results: list[Result]) -> str:
    rows = ["way                 cover missed  largest gap  first wish met  days given  weeks without a day"]
    for one in results:
        met, missed = f"{100 * one.first / max(one.wished, 1):.0f} %", f"{one.violations} of {WEEKS * 5}"
        rows.append(f"{one.name:<20}{missed:>12}{max(one.gaps):>13}{met:>17}{one.days:>12,}{one.without:>21,}")
    return "\n".join(rows)


STROKES = {"portal": "#0063a8", "random": "#b3261e", "first come": "#7a4a00"}
DASHES = {"portal": "", "random": "6 4", "first come": "2 4"}


def plot(results: list[Result]) -> str:
    """The largest gap among equals week by week as an SVG; lines differ by dash and label, not by colour alone."""
    width, height, left, top = 760, 300, 46, 34
    tallest = max(max(one.gaps) for one in results)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="sans-serif">',
        "<title>Largest difference of WFH days among equals in a twelve-week period, by week</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]

    def at(step: float, value: float) -> tuple[float, float]:
        return left + step * (width - left - 120) / (WEEKS - 1), height - top - value * (height - 2 * top) / tallest

    for value in range(0, tallest + 1, max(1, tallest // 6)):
        _x, y = at(0, value)
        lines.append(f'<path d="M{left} {y:.1f}H{width - 120}" stroke="#d5dbe3"/>')
        lines.append(_text(left - 8, y + 4, str(value), "#334155", end=True))
    for step in range(0, WEEKS, PERIOD_WEEKS):
        x, _y = at(step, 0)
        lines.append(_text(x, height - 12, f"week {step + 1}", "#334155"))
    lines.append(_text(left, 18, "days between the first and the last of equals", "#0f172a"))
    for one in results:
        points = " ".join("{:.1f},{:.1f}".format(*at(step, gap)) for step, gap in enumerate(one.gaps))
        dash = f' stroke-dasharray="{DASHES[one.name]}"' if DASHES[one.name] else ""
        lines.append(
            f'<polyline points="{points}" fill="none" stroke="{STROKES[one.name]}" stroke-width="2.500"{dash}/>'
        )
        x, y = at(WEEKS - 1, one.gaps[-1])
        lines.append(_text(x + 8, y + 4, one.name, STROKES[one.name]))
    return "\n".join([*lines, "</svg>", ""])


def _text(x: float, y: float, words: str, fill: str, *, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" fill="{fill}"{anchor}>{words}</text>'


def results() -> list[Result]:
    return [simulate("portal", ours), simulate("random", at_random), simulate("first come", first_come)]


def main() -> None:
    found = results()
    print(f"{WEEKS} weeks of a unit of {SIZE}: at most {CAP} at home, at least {MINIMUM} present, leave and turnover")
    print(table(found))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(plot(found), encoding="utf-8")


if __name__ == "__main__":
    main()
