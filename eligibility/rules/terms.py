"""What comes with a permission and judges nobody: how soon a request is answered, and what is owed on the day.

A term stands among a policy's rules, so that the same editor, text and comparison of versions serve it; whoever wants
it asks by its class. It gives no reason code and no verdict.
"""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from employees.calendar import add_working_days

from .base import BadPolicy, Rule, one_of, whole_number
from .months import after_months

WORKING, CALENDAR = "WORKING", "CALENDAR"
REMIND, ESCALATE, EXPIRE, APPROVE = "REMIND", "ESCALATE", "EXPIRE", "APPROVE"


class Term(Rule):
    """Base of the terms."""

    codes = {}
    article = ""


@dataclasses.dataclass(frozen=True)
class AnswerBy(Term):
    """A request is answered within so many days (working or calendar days) or months; `silence` says what follows where
    nobody has answered by then. Without this term a request is handed on after two days of office time and ends at its
    cut-off; the cut-off of the day asked for is the end of every request in any case."""

    days: int = 0
    months: int = 0
    counted: str = WORKING
    silence: str = EXPIRE

    label = gettext_lazy("Answer to a request")

    def __post_init__(self):
        whole_number("AnswerBy.days", self.days, 0, 366)
        whole_number("AnswerBy.months", self.months, 0, 12)
        if (self.days > 0) == (self.months > 0):
            raise BadPolicy(_("AnswerBy needs either days or months"))
        if self.counted not in (WORKING, CALENDAR):
            raise one_of("AnswerBy.counted", (WORKING, CALENDAR))
        if self.silence not in (REMIND, ESCALATE, EXPIRE, APPROVE):
            raise one_of("AnswerBy.silence", (REMIND, ESCALATE, EXPIRE, APPROVE))

    @property
    def ends(self) -> bool:
        """Whether the request is over when the term is."""
        return self.silence in (EXPIRE, APPROVE)

    def last_day(self, sent: dt.date, holidays, working_days: int = 5) -> dt.date:
        """The last day of the term; the day on which the request was sent does not count."""
        if self.months:
            return after_months(sent, self.months)
        if self.counted == CALENDAR:
            return sent + dt.timedelta(days=self.days)
        return add_working_days(sent, self.days, holidays, working_days)

    def span(self) -> str:
        if self.months:
            return ngettext("%(n)s month", "%(n)s months", self.months) % {"n": self.months}
        if self.counted == CALENDAR:
            return ngettext("%(n)s calendar day", "%(n)s calendar days", self.days) % {"n": self.days}
        return ngettext("%(n)s working day", "%(n)s working days", self.days) % {"n": self.days}

    def describe(self):
        answered = _("A request is answered within %(span)s.") % {"span": self.span()}
        silence = {
            REMIND: _("Without an answer by then, whoever decides is reminded."),
            ESCALATE: _("Without an answer by then, the next in the line decides."),
            EXPIRE: _("Without an answer by then, the request ends and nothing changes."),
            APPROVE: _("Without an answer by then, the request is granted where the day still fits."),
        }
        return f"{answered} {silence[self.silence]}"


@dataclasses.dataclass(frozen=True)
class PresenceWindow(Term):
    """On a WFH day presence is recorded between two hours (`HH:MM`, of the unit's zone). Several windows: listed
    several times."""

    opens: str = "06:00"
    closes: str = "08:00"

    label = gettext_lazy("Presence on a WFH day")
    repeatable = True

    def __post_init__(self):
        for name in ("opens", "closes"):
            clock_time(f"PresenceWindow.{name}", getattr(self, name))
        if self.opens >= self.closes:
            raise BadPolicy(_("PresenceWindow.opens must lie before PresenceWindow.closes"))

    def describe(self):
        named = {"opens": hour(self.opens), "closes": hour(self.closes)}
        return _("Presence is recorded between %(opens)s and %(closes)s.") % named


@dataclasses.dataclass(frozen=True)
class ReportDue(Term):
    """A report of what was done, due so many working days after the WFH day (0: on the day itself) at an hour."""

    days: int = 0
    by: str = "16:00"

    label = gettext_lazy("Report on a WFH day")

    def __post_init__(self):
        whole_number("ReportDue.days", self.days, 0, 31)
        clock_time("ReportDue.by", self.by)

    def describe(self):
        named = {"hour": hour(self.by), "days": self.days}
        if not self.days:
            return _("The report of the day is due by %(hour)s on the same day.") % named
        text = ngettext(
            "The report of the day is due by %(hour)s, %(days)s working day later.",
            "The report of the day is due by %(hour)s, %(days)s working days later.",
            self.days,
        )
        return text % named


@dataclasses.dataclass(frozen=True)
class ReactionTime(Term):
    """During office hours of a WFH day calls and messages are answered within so many minutes."""

    minutes: int = 5

    label = gettext_lazy("Reaction time on a WFH day")

    def __post_init__(self):
        whole_number("ReactionTime.minutes", self.minutes, 1, 480)

    def describe(self):
        text = ngettext(
            "Calls and messages are answered within %(minutes)s minute during office hours.",
            "Calls and messages are answered within %(minutes)s minutes during office hours.",
            self.minutes,
        )
        return text % {"minutes": self.minutes}


DUTIES = (PresenceWindow, ReportDue, ReactionTime)
TERM_RULES: tuple[type[Term], ...] = (AnswerBy, *DUTIES)
T = TypeVar("T", bound=Term)


def term(rules: Iterable[Rule], kind: type[T]) -> T | None:
    """The one term of a kind among a policy's rules; None where the policy says nothing of it."""
    return next((rule for rule in rules if isinstance(rule, kind)), None)


def duties(rules: Iterable[Rule]) -> list[Term]:
    """What is owed on a WFH day under these rules, in the order in which they are read; windows by their hour."""
    found = [rule for rule in rules if isinstance(rule, DUTIES)]
    return sorted(found, key=lambda rule: (DUTIES.index(type(rule)), getattr(rule, "opens", "")))


def clock_time(name: str, value) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise BadPolicy(_("%(name)s must be an hour such as 16:00") % {"name": name})
    return value


def hour(value: str) -> str:
    """An hour as the reader writes it: 16.00 in Indonesian."""
    hours, minutes = value.split(":")
    return pgettext("an hour of the day", "%(hours)s:%(minutes)s") % {"hours": hours, "minutes": minutes}
