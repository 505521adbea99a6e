"""Who is where in some units on some dates, per half-day, and which limits hold there: the one place that counts.

Pages, planner, requests, repair and heat-map all read their numbers here, in a constant number of queries.
"""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg2.extras import DateRange

from eligibility.rules import SPECIAL, DayFacts
from employees.calendar import is_working_day, monday_of, office_hours, working_day_before
from employees.models import Agency, Employee, Unit
from employees.queries import UnitSettings, holidays, people_in_units, unit_settings
from schedules.models import UnitRule

from .person import HALVES, LENGTH, OF_SLOT, Person

Kind = UnitRule.Kind
CUTOFF_HOUR = 15  # on the working day before, unless a unit rule says otherwise
BACK = dt.timedelta(days=30)


class RuleBook:
    """Unit rules with inheritance: the nearest unit with rows of a kind that match the date decides."""

    def __init__(self, agency_id: int, settings: dict[int, UnitSettings], first: dt.date, last: dt.date):
        self._parents = {unit_id: one.parent_id for unit_id, one in settings.items()}
        self._own: dict[tuple[int | None, str], list[UnitRule]] = defaultdict(list)
        self._known: dict[tuple[int | None, str, dt.date], tuple[UnitRule, ...]] = {}
        rows = UnitRule.objects.filter(agency_id=agency_id, valid__overlap=DateRange(first, last, "[]"))
        for row in rows.select_related("unit").order_by("pk"):
            self._own[row.unit_id, row.kind].append(row)
        self._kinds = {kind for _unit, kind in self._own}

    def has(self, kind: str) -> bool:
        """Whether the agency has any row of a kind at that time."""
        return kind in self._kinds

    def matching(self, unit_id: int | None, kind: str, date: dt.date) -> tuple[UnitRule, ...]:
        """The rows that hold in a unit on a date; none where a nearer row lifts them."""
        if kind not in self._kinds:
            return ()
        key = (unit_id, kind, date)
        if key not in self._known:
            rows = [row for row in self._own.get((unit_id, kind), ()) if _matches(row, date)]
            if rows:
                self._known[key] = tuple(row for row in rows if not row.lifted)
            elif unit_id is None:
                self._known[key] = ()
            else:
                self._known[key] = self.matching(self._parents.get(unit_id), kind, date)
        return self._known[key]

    def number(self, unit_id: int, kind: str, date: dt.date, default: int) -> int:
        """The largest number set for a kind, or the default."""
        return max((row.number for row in self.matching(unit_id, kind, date) if row.number), default=default)


def _least(row: UnitRule, size: int) -> int:
    """How many a minimum means for a unit of a size; a share is rounded up."""
    return row.number if row.number is not None else -(-(row.percent or 0) * size // 100)


def _matches(row: UnitRule, date: dt.date) -> bool:
    in_time = (row.valid.lower or date) <= date and (row.valid.upper is None or date < row.valid.upper)
    return in_time and row.date in (None, date) and row.weekday in (None, date.isoweekday())


class Cover:
    """The numbers of some units (default: all of the agency) on some dates."""

    def __init__(self, agency: Agency, dates: Iterable[dt.date], unit_ids: Iterable[int] | None = None):
        self.agency = agency
        self.dates = sorted(set(dates))
        self.first, self.last = self.dates[0], self.dates[-1]
        ids = sorted(set(unit_ids)) if unit_ids is not None else None
        self.settings = unit_settings(agency, _line(ids) if ids is not None else None)
        self.off = holidays(agency.pk, monday_of(self.first) - BACK, monday_of(self.last) + dt.timedelta(days=6))
        self.rules = RuleBook(agency.pk, self.settings, self.first, self.last)
        self.sizes = people_in_units(agency.pk, ids, self.dates)
        self.home: dict[tuple[int, dt.date], list[int]] = _at_home(agency.pk, self.dates, ids)
        self.leave = _on_leave(agency.pk, self.dates, ids)
        self._posts: dict[tuple[int, dt.date, str], list[int]] | None = None
        self._week_days: dict[tuple[int, dt.date], int] = {}
        self._special: dict[int, dt.date] | None = None

    # --- what a unit's day is like ---

    def working(self, unit_id: int, date: dt.date) -> bool:
        return is_working_day(date, self.off, self.settings[unit_id].working_days)

    def week_days(self, unit_id: int, date: dt.date) -> int:
        """How many working days the unit has in the week of a date."""
        key = (self.settings[unit_id].working_days, monday_of(date))
        if key not in self._week_days:
            days = (key[1] + dt.timedelta(days=n) for n in range(7))
            self._week_days[key] = sum(is_working_day(day, self.off, key[0]) for day in days)
        return self._week_days[key]

    def excuses(self, employee_id: int, date: dt.date) -> frozenset[str]:
        """The grounds on which a policy may lift a rule for a person on a date; read once, where a policy asks."""
        if self._special is None:
            rows = Employee.objects.filter(agency=self.agency, special_until__gte=self.first)
            self._special = {pk: until for pk, until in rows.values_list("pk", "special_until") if until}
        until = self._special.get(employee_id)
        return frozenset([SPECIAL]) if until and until >= date else frozenset()

    def present(self, unit_id: int, date: dt.date, half: int) -> int:
        """How many of the unit are at the office: neither at home nor on leave."""
        size = self.sizes.get((unit_id, date), 0)
        return size - self.leave.get((unit_id, date), 0) - self.home.get((unit_id, date), (0, 0))[half]

    def minimum(self, unit_id: int, date: dt.date, half: int) -> int:
        """How many must be there; a share is rounded up."""
        size = self.sizes.get((unit_id, date), 0)
        rows = [r for r in self.rules.matching(unit_id, Kind.MIN_PRESENT, date) if half in OF_SLOT[r.slot]]
        return max((_least(row, size) for row in rows), default=0)

    def percent(self, unit_id: int, date: dt.date, half: int) -> int | None:
        """The largest share at home: the smaller of the unit's own and what its rules say for that part of the day."""
        rows = self.rules.matching(unit_id, Kind.MAX_REMOTE, date)
        shares = [r.percent for r in rows if half in OF_SLOT[r.slot] and r.percent is not None]
        own = self.settings[unit_id].percent
        return min([*shares, own] if own is not None else shares, default=None)

    def reason(self, unit_id: int, kind: str, date: dt.date, half: int) -> str:
        rows = self.rules.matching(unit_id, kind, date)
        return next((r.reason for r in rows if half in OF_SLOT[r.slot]), "")

    def post_minimum(self, unit_id: int, date: dt.date, post: str, half: int) -> int:
        rows = self.rules.matching(unit_id, Kind.STAFFED_POST, date)
        return max((r.number or 0 for r in rows if r.post == post and half in OF_SLOT[r.slot]), default=0)

    def post_present(self, unit_id: int, date: dt.date, post: str, half: int) -> int:
        return self._staffed().get((unit_id, date, post), (0, 0))[half]

    def _staffed(self) -> dict[tuple[int, dt.date, str], list[int]]:
        """People at the office by unit, date and post, read once and only where some rule names a post."""
        if self._posts is None:
            self._posts = _posts(self.agency.pk, self.dates) if self.rules.has(Kind.STAFFED_POST) else {}
        return self._posts

    def posts(self, unit_id: int, date: dt.date) -> set[str]:
        """The posts that must be staffed there."""
        return {row.post for row in self.rules.matching(unit_id, Kind.STAFFED_POST, date)}

    def cutoff(self, unit_id: int, date: dt.date) -> dt.datetime:
        """Until when a day is asked for, moved or given back freely: an hour of the working day before, local time."""
        unit = self.settings[unit_id]
        before = working_day_before(date, self.off, unit.working_days)
        hour = self.rules.number(unit_id, Kind.CUTOFF, date, CUTOFF_HOUR)
        return dt.datetime.combine(before, dt.time(hour), tzinfo=unit.zone)

    def opens(self, unit_id: int, date: dt.date) -> dt.datetime:
        """When the day itself begins."""
        return office_hours(date, self.settings[unit_id].zone)[0]

    def today(self, unit_id: int, at: dt.datetime) -> dt.date:
        """The date in the unit's own zone."""
        return at.astimezone(self.settings[unit_id].zone).date()

    # --- facts for the rules ---

    def facts(
        self, unit_id: int, date: dt.date, person: Person | None = None, *, slot: str = "FULL", on_request: bool = False
    ) -> DayFacts:
        """What the day rules ask: of a person, or (without one) of whoever would be the next to stay at home.

        Of two halves the worse one counts, for the share at home and for the minimum each by itself.
        """
        halves = OF_SLOT[slot]
        mine = [person is not None and person.counted(date, half) for half in HALVES]
        away = person is not None and date in person.leave
        home = [self.home.get((unit_id, date), (0, 0))[h] - mine[h] for h in HALVES]
        present = [self.present(unit_id, date, h) - (0 if mine[h] or away else 1) for h in HALVES]
        minimum = [self.minimum(unit_id, date, h) for h in HALVES]
        tight = min(halves, key=lambda h: present[h] - minimum[h])
        percents = [p for h in halves if (p := self.percent(unit_id, date, h)) is not None]
        facts = DayFacts(
            date=date,
            working_day=self.working(unit_id, date),
            holiday=self.off.get(date, ""),
            length=LENGTH[slot],
            on_request=on_request,
            at_home=max(home[h] for h in halves),
            unit_size=self.sizes.get((unit_id, date), 0),
            unit_percent=min(percents, default=None),
            closed=next(filter(None, (self.reason(unit_id, Kind.BLACKOUT, date, h) for h in halves)), ""),
            anchor=next(filter(None, (self.reason(unit_id, Kind.ANCHOR, date, h) for h in halves)), ""),
            present=present[tight],
            minimum=minimum[tight],
            week_days=self.week_days(unit_id, date),
        )
        return self._of_person(facts, unit_id, person, mine, halves) if person else facts

    def _of_person(self, facts: DayFacts, unit_id: int, person: Person, mine, halves) -> DayFacts:
        date, week = facts.date, monday_of(facts.date)
        used = sum((LENGTH[slot] for _i, d, slot, _o in person.days if monday_of(d) == week and d != date), Decimal(0))
        same_date = [(slot, origin) for _i, d, slot, origin in person.days if d == date]
        used += sum((LENGTH[slot] for slot, _o in same_date if set(OF_SLOT[slot]).isdisjoint(halves)), Decimal(0))
        post = person.post if person.post in self.posts(unit_id, date) else ""
        needs = [self.post_minimum(unit_id, date, post, h) if post else 0 for h in HALVES]
        there = [
            self.post_present(unit_id, date, post, h) - (0 if mine[h] or date in person.leave else 1) if post else 0
            for h in HALVES
        ]
        tight = min(halves, key=lambda h: there[h] - needs[h])
        return dataclasses.replace(
            facts,
            on_request=facts.on_request or any(o in ("REQUEST", "SWAP", "REPAIR") for _s, o in same_date),
            used_this_week=used,
            used_this_month=self._used_this_month(person, date, halves),
            job_group=person.job_group,
            excuses=lambda: self.excuses(person.employee_id, date),
            on_leave=person.leave.get(date, ""),
            taken=any(person.at_home(date, h) for h in halves),
            post=post if needs[tight] else "",
            post_present=there[tight],
            post_minimum=needs[tight],
        )

    def _used_this_month(self, person: Person, date: dt.date, halves) -> Decimal:
        """The person's other WFH days in the calendar month of a date."""
        month = (date.year, date.month)
        others = (
            LENGTH[slot]
            for _i, d, slot, _o in person.days
            if (d.year, d.month) == month and (d != date or set(OF_SLOT[slot]).isdisjoint(halves))
        )
        return sum(others, Decimal(0))

    # --- keeping count while deciding on many ---

    def move(self, unit_id: int, date: dt.date, slot: str, change: int, post: str = "") -> None:
        """Count one more (+1) or one fewer (-1) at home."""
        counts = self.home.setdefault((unit_id, date), [0, 0])
        staffed = self._staffed().get((unit_id, date, post)) if post else None
        for half in OF_SLOT[slot]:
            counts[half] += change
            if staffed:
                staffed[half] -= change


def _line(unit_ids: list[int]):
    """The units and all above them."""
    paths = Unit.objects.filter(pk__in=unit_ids).values_list("path", flat=True)
    return Unit.objects.filter(pk__in={int(pk) for path in paths for pk in path.split(".")})


def _rows(sql: str, **names: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, names)
        return cursor.fetchall()


def _at_home(agency_id: int, dates, unit_ids) -> dict[tuple[int, dt.date], list[int]]:
    """People at home by unit, date and half; whoever is on leave that day is counted there and not here. Whoever has
    moved since the day was given counts where they are placed on it, as everywhere else."""
    rows = _rows(
        """SELECT p.unit_id, w.date, count(*) FILTER (WHERE w.slot <> 'PM'), count(*) FILTER (WHERE w.slot <> 'AM')
           FROM schedules_wfhday w
           JOIN employees_placement p ON p.employee_id = w.employee_id AND p.valid @> w.date
           WHERE w.agency_id = %(agency)s AND w.state = 'ACTIVE' AND w.date = ANY(%(dates)s)
             AND (%(units)s::bigint[] IS NULL OR p.unit_id = ANY(%(units)s))
             AND NOT EXISTS (SELECT FROM employees_leave l WHERE l.employee_id = w.employee_id AND l.valid @> w.date)
           GROUP BY 1, 2""",
        agency=agency_id,
        dates=dates,
        units=unit_ids,
    )
    return {(unit, date): [morning, afternoon] for unit, date, morning, afternoon in rows}


def _on_leave(agency_id: int, dates, unit_ids) -> dict[tuple[int, dt.date], int]:
    rows = _rows(
        """SELECT p.unit_id, d.date, count(*) FROM unnest(%(dates)s::date[]) AS d(date)
           JOIN employees_leave l ON l.agency_id = %(agency)s AND l.valid @> d.date
           JOIN employees_placement p ON p.employee_id = l.employee_id AND p.valid @> d.date
           WHERE %(units)s::bigint[] IS NULL OR p.unit_id = ANY(%(units)s) GROUP BY 1, 2""",
        agency=agency_id,
        dates=dates,
        units=unit_ids,
    )
    return {(unit, date): count for unit, date, count in rows}


def _posts(agency_id: int, dates) -> dict[tuple[int, dt.date, str], list[int]]:
    """People at the office by unit, date and post, for the posts that some rule of the agency names."""
    rows = _rows(
        """SELECT p.unit_id, d.date, p.job_title,
             count(*) FILTER (WHERE NOT h.morning), count(*) FILTER (WHERE NOT h.afternoon)
           FROM unnest(%(dates)s::date[]) AS d(date)
           JOIN employees_placement p ON p.agency_id = %(agency)s AND p.valid @> d.date
             AND p.job_title IN (SELECT post FROM schedules_unitrule
                                 WHERE agency_id = %(agency)s AND kind = 'STAFFED_POST' AND post <> '')
           CROSS JOIN LATERAL (
             SELECT EXISTS (SELECT FROM employees_leave l WHERE l.employee_id = p.employee_id AND l.valid @> d.date)
           ) AS o(away)
           CROSS JOIN LATERAL (
             SELECT o.away OR coalesce(bool_or(w.slot <> 'PM'), false),
               o.away OR coalesce(bool_or(w.slot <> 'AM'), false)
             FROM schedules_wfhday w
             WHERE w.employee_id = p.employee_id AND w.date = d.date AND w.state = 'ACTIVE'
           ) AS h(morning, afternoon)
           GROUP BY 1, 2, 3""",
        agency=agency_id,
        dates=dates,
    )
    return {(unit, date, post): [morning, afternoon] for unit, date, post, morning, afternoon in rows}
