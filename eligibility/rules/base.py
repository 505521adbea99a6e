"""What a rule is. A rule is code; its numbers are data in a policy; it says who *passes*, and whoever does not gets its
code, so unknown (NULL) fails by construction."""

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from operator import and_
from typing import Any, ClassVar

from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import gettext as _

SPECIAL = "KEADAAN_KHUSUS"  # the ground of an exception: special circumstances, verified, until a day


class BadPolicy(ValueError):
    """A policy's data name an unknown rule, an unknown number, or one out of range."""


@dataclasses.dataclass(frozen=True)
class Context:
    """What a week rule may lean on besides the facts."""

    as_of: dt.date  # Monday of the week, in the agency's zone
    year: int  # the appraisal year that counts
    fallback_year: int | None  # also accepted, early in the year, where the policy says so
    cutoff: dt.datetime  # scores approved until then count
    quarter: tuple[int, int] = (0, 0)  # year and number of the last quarter that closed long enough ago
    absence_reported: bool = False  # an earlier rule of the policy already reports a missing appraisal


@dataclasses.dataclass(frozen=True)
class DayFacts:
    """What a day rule may lean on, for one person, date and part of the day; fed by `schedules`, the only floor that
    sees rules, calendar and caps. Counts leave the person out, and of two halves take the worse one."""

    date: dt.date
    working_day: bool
    holiday: str = ""
    length: Decimal = Decimal(1)  # of the asked part of the day, in days
    on_request: bool = False  # asked for by the person, with the supervisor's consent
    used_this_week: Decimal = Decimal(0)  # other WFH days of the person in that week
    at_home: int = 0  # other people of the unit at home
    unit_size: int = 0  # active placements of the unit on that date, the person included
    unit_percent: int | None = None  # the unit's own or inherited maximum share
    on_leave: str = ""  # the kind of leave the person is on
    taken: bool = False  # the person has a WFH day there already
    closed: str = ""  # why the unit is closed to WFH on that date
    anchor: str = ""  # why everybody of the unit is at the office on that date
    present: int = 0  # other people of the unit at the office: neither at home nor on leave
    minimum: int = 0  # how many must be there
    post: str = ""  # the person's post, where it must be staffed
    post_present: int = 0  # others of that post at the office
    post_minimum: int = 0
    used_this_month: Decimal = Decimal(0)  # other WFH days of the person in that calendar month
    week_days: int = 5  # working days of the unit in that week
    job_group: str = ""
    registered_home: bool | None = True  # the day is spent at the home registered in the personnel data
    excuses: Callable[[], frozenset[str]] = frozenset  # grounds of exceptions on that date; asked only where one counts


@dataclasses.dataclass(frozen=True)
class OwnFact:
    """What a generic rule asks of the facts that an agency records itself, as one typed value a person.

    `ask`: VALUE, the one valid at the week; SUM, the largest sum of a calendar year; SUM_THIS_YEAR; LAST, the day of
    the latest; PRESENT, whether one valid then is there (with `equal`: says that); UNDATED, whether one has no day;
    UNREAD, whether one has no day or no number. The last two are what the others cannot count.
    """

    key: str
    ask: str
    column: str  # number, flag, day or text: of the answer
    equal: str = ""

    def __post_init__(self):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", self.key):
            raise BadPolicy(_("key %(key)r must be lower-case letters, digits and _, at most 40") % {"key": self.key})

    @property
    def name(self) -> str:
        mark = "_" + hashlib.sha256(self.equal.encode()).hexdigest()[:6] if self.equal else ""
        return f"own_{self.key}_{self.ask.lower()}{mark}"

    def join(self) -> str:
        """SQL: LEFT JOIN of a relation called by the fact's name, with `value`."""
        inside = """agency_id = %(agency)s AND employee_id > %(lo)s AND employee_id <= %(hi)s
          AND coalesce(lower(valid), '-infinity') <= %(as_of)s"""
        mine = f"FROM employees_fact WHERE key = '{self.key}' AND {inside}"
        valid = "AND valid @> %(as_of)s::date"
        year = "extract(year FROM lower(valid))"
        this_year = f"AND {year} = extract(year FROM %(as_of)s::date)"
        undated, unread = "lower(valid) IS NULL", "lower(valid) IS NULL OR number IS NULL"
        rows = {
            "UNDATED": f"SELECT employee_id, true AS value {mine} AND {undated} GROUP BY employee_id",
            "UNREAD": f"SELECT employee_id, true AS value {mine} AND ({unread}) GROUP BY employee_id",
            "VALUE": f"""SELECT DISTINCT ON (employee_id) employee_id, {self.column} AS value {mine} {valid}
              ORDER BY employee_id, lower(valid) DESC NULLS LAST, id DESC""",
            "SUM": f"""SELECT employee_id, max(total) AS value FROM (
              SELECT employee_id, sum(number) AS total {mine} GROUP BY employee_id, {year}) y GROUP BY employee_id""",  # noqa: S608  our own parts
            "SUM_THIS_YEAR": f"SELECT employee_id, sum(number) AS value {mine} {this_year} GROUP BY employee_id",
            "LAST": f"SELECT employee_id, max(lower(valid)) AS value {mine} GROUP BY employee_id",
            "PRESENT": f"""SELECT employee_id, true AS value {mine} {valid}
              AND (%({self.name})s = '' OR lower(text) = lower(%({self.name})s)) GROUP BY employee_id""",
        }
        return f"\nLEFT JOIN ({rows[self.ask]}) {self.name} ON {self.name}.employee_id = e.id"

    def values(self) -> dict[str, str]:
        return {self.name: self.equal}


class Rule:
    """Base of both kinds. `codes` gives each reason code its short label; `article` its source."""

    codes: ClassVar[dict[str, Any]]
    label: ClassVar[Any]
    article: ClassVar[str]
    facts: ClassVar[tuple[str, ...]] = ()  # names in a decision's evidence that this rule looks at
    needs: ClassVar[tuple[str, ...]] = ()  # those of them whose absence means "not known"
    feeds: ClassVar[tuple[str, ...]] = ()  # kinds of records that must be complete (`employees.models.Feed`)
    own_facts: tuple[OwnFact, ...] = ()
    excused_by: tuple[str, ...] = ()  # grounds on which the policy lifts this rule for a person
    repeatable: ClassVar[bool] = False
    alike: ClassVar[tuple[str, ...]] = ()  # numbers that must be the same wherever a policy names the rule
    reports_absence: ClassVar[bool] = False  # says itself that an appraisal is missing; the next rules need not

    def codes_here(self) -> dict[str, Any]:
        """The codes that this rule can give in its policy, with their labels."""
        return self.codes

    def parts(self) -> list["Rule"]:
        """The rules that this one is put together from."""
        return []

    def describe(self) -> str:
        """One translated sentence: what the rule asks, with the policy's numbers."""
        return str(self.label)

    def sentence(self, code: str | None, facts: dict) -> str:
        """One translated sentence for the person: why passed (code None) or why not, and what would change it."""
        raise TypeError(f"{type(self).__name__} does not say")


class WeekRule(Rule):
    """A rule over a person's facts at a week; compiles to SQL."""

    def known(self) -> Q:
        """The condition that everything is known which the rule must know."""
        return reduce(and_, (Q(**{f"{name}__isnull": False}) for name in self.needs), Q())

    def passing(self, context: Context) -> Q:
        """The condition under which a person passes."""
        raise TypeError(f"{type(self).__name__} does not say")

    def code_expression(self, context: Context):
        """SQL: the failing code, or NULL for whoever passes."""
        (code,) = self.codes
        return Case(When(self.passing(context), then=Value(None)), default=Value(code), output_field=CharField())

    def code_expressions(self, context: Context) -> list:
        """SQL: the failing codes, each or NULL. Most rules have one."""
        return [self.code_expression(context)]

    def unless_excused(self, context: Context) -> list:
        """The same, but for those whom the policy excuses."""
        found = self.code_expressions(context)
        if not self.excused_by:
            return found
        excused = Q()
        for ground in self.excused_by:
            excused |= Q(special=True) if ground == SPECIAL else Q(**{ground_fact(ground).name: True})
        return [Case(When(excused, then=Value(None)), default=code, output_field=CharField()) for code in found]


class DayRule(Rule):
    """A rule over one date; a pure function of `DayFacts`. A limit on numbers says how much `room` is left instead."""

    def room(self, facts: DayFacts) -> int | None:
        """How many more people may be at home; None where the rule sets no number."""
        return None

    def code(self, facts: DayFacts) -> str | None:
        """The failing code, or None."""
        raise TypeError(f"{type(self).__name__} does not say")

    def check(self, facts: DayFacts) -> str | None:
        """The failing code, or None, also where the policy excuses the person from this rule."""
        if self.excused_by and facts.excuses().intersection(self.excused_by):
            return None
        return self.code(facts)


def excuse(rule: Rule, grounds) -> None:
    """Lift a rule for whoever has one of these grounds: `KEADAAN_KHUSUS`, or `FAKTA:key` of the agency's own facts."""
    given = (grounds,) if isinstance(grounds, str) else tuple(grounds)
    for ground in given:
        if not isinstance(rule, WeekRule | DayRule):
            named = {"rule": type(rule).__name__}
            raise BadPolicy(_("%(rule)s judges nobody, so nobody is excused from it") % named)
        if ground == SPECIAL:
            _add(rule, facts=("special", "special_until", "special_verified_by"))
        elif isinstance(ground, str) and ground.startswith("FAKTA:") and isinstance(rule, WeekRule):
            _add(rule, own_facts=(ground_fact(ground),))
        else:
            named = {"rule": type(rule).__name__, "ground": ground}
            raise BadPolicy(_("%(rule)s: unknown ground of an exception: %(ground)s") % named)
    object.__setattr__(rule, "excused_by", given)
    object.__setattr__(rule, "reports_absence", False)  # not to those whom it is not asked of


def _add(rule: Rule, **more) -> None:
    for name, extra in more.items():
        object.__setattr__(rule, name, getattr(rule, name) + extra)


def ground_fact(ground: str) -> OwnFact:
    """The fact of the agency's own behind a ground `FAKTA:key`."""
    return OwnFact(ground.removeprefix("FAKTA:"), "PRESENT", "flag")


def whole_number(name: str, value, lowest: int, highest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        named = {"name": name, "lowest": lowest, "highest": highest}
        raise BadPolicy(_("%(name)s must be a whole number from %(lowest)s to %(highest)s") % named)
    return value


def check_switches(rule: Rule) -> None:
    """Raises `BadPolicy` where a yes or no is given as anything else: the text "no" would count as yes."""
    if not dataclasses.is_dataclass(rule):
        return
    for one in dataclasses.fields(rule):
        if one.type is bool and not isinstance(getattr(rule, one.name), bool):
            raise BadPolicy(_("%(name)s must be true or false") % {"name": f"{type(rule).__name__}.{one.name}"})


def one_of(name: str, known) -> BadPolicy:
    """The refusal of a value that is none of the known ones."""
    return BadPolicy(_("%(name)s must be one of %(known)s") % {"name": name, "known": ", ".join(known)})
