"""What a rule is. A rule is code; its numbers are data in a policy; it says who *passes*, and whoever does not gets its
code, so unknown (NULL) fails by construction."""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Case, CharField, Q, Value, When


class BadPolicy(ValueError):
    """A policy's data name an unknown rule, an unknown number, or one out of range."""


@dataclasses.dataclass(frozen=True)
class Context:
    """What a week rule may lean on besides the facts."""

    as_of: dt.date  # Monday of the week, in the agency's zone
    year: int  # the appraisal year that counts
    fallback_year: int | None  # also accepted, early in the year, where the policy says so
    cutoff: dt.datetime  # scores approved until then count
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


class Rule:
    """Base of both kinds. `codes` gives each reason code its short label; `article` its source."""

    codes: ClassVar[dict[str, Any]]
    label: ClassVar[Any]
    article: ClassVar[str]
    facts: ClassVar[tuple[str, ...]] = ()  # names in a decision's evidence that this rule looks at

    def sentence(self, code: str | None, facts: dict) -> str:
        """One translated sentence for the person: why passed (code None) or why not, and what would change it."""
        raise TypeError(f"{type(self).__name__} does not say")


class WeekRule(Rule):
    """A rule over a person's facts at a week; compiles to SQL."""

    def passing(self, context: Context) -> Q:
        """The condition under which a person passes."""
        raise TypeError(f"{type(self).__name__} does not say")

    def code_expression(self, context: Context):
        """SQL: the failing code, or NULL for whoever passes."""
        (code,) = self.codes
        return Case(When(self.passing(context), then=Value(None)), default=Value(code), output_field=CharField())


class DayRule(Rule):
    """A rule over one date; a pure function of `DayFacts`. A limit on numbers says how much `room` is left instead."""

    def room(self, facts: DayFacts) -> int | None:
        """How many more people may be at home; None where the rule sets no number."""
        return None

    def check(self, facts: DayFacts) -> str | None:
        """The failing code, or None."""
        raise TypeError(f"{type(self).__name__} does not say")


def whole_number(name: str, value, lowest: int, highest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise BadPolicy(f"{name} must be a whole number from {lowest} to {highest}")
    return value
