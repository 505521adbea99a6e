"""One rule a file, all listed here. The order is the canonical order of reason codes, so equal sets compare equal."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .absences import FewAbsences
from .active import ActiveStatus
from .base import (
    SPECIAL,
    BadPolicy,
    Context,
    DayFacts,
    DayRule,
    OwnFact,
    Rule,
    WeekRule,
    check_switches,
    excuse,
    ground_fact,
)
from .breaches import BreachLadder
from .caps import UnitCap, cap_of
from .composed import COMPOSED, AllOf, AnyOf
from .direct_service import NotDirectService
from .discipline import CleanPeriod, NoCaseInProcess, NotServing
from .duty import DutyCriteria
from .identity import IdentityNumber
from .kinds import ServantKind
from .minimum_rating import MinimumRating
from .minimum_score import MinimumScore
from .monthly_maximum import MonthlyMaximum
from .office_share import OfficeShare
from .own_facts import CODES as OWN_CODES
from .own_facts import OWN_FACT_RULES, check_bounds
from .periodic import PeriodicRating
from .posts import ExcludedLevels, ExcludedPosts
from .presence import MinimumPresent, NoAnchorDay, NotOnLeave, NotTaken, OpenDay, StaffedPost
from .registered_home import RegisteredHome
from .terms import DUTIES, TERM_RULES, AnswerBy, Term, duties, term
from .time_in_post import TimeInPost
from .top_share import TopShare
from .weekday import Weekday
from .weekly_maximum import WeeklyMaximum
from .window import DateWindow
from .working_day import WorkingDay

WEEK_RULES: tuple[type[WeekRule], ...] = (
    IdentityNumber,
    ActiveStatus,
    ServantKind,
    ExcludedLevels,
    ExcludedPosts,
    NotDirectService,
    DutyCriteria,
    TimeInPost,
    NotServing,
    NoCaseInProcess,
    CleanPeriod,
    FewAbsences,
    MinimumRating,
    MinimumScore,
    TopShare,
    PeriodicRating,
    *OWN_FACT_RULES,
    BreachLadder,
    *COMPOSED,
)
DAY_RULES: tuple[type[DayRule], ...] = (
    DateWindow,
    WorkingDay,
    Weekday,
    RegisteredHome,
    WeeklyMaximum,
    MonthlyMaximum,
    OfficeShare,
    UnitCap,
)
# Cover and closed days hold under every policy; a policy can neither list nor drop them.
HOUSE_RULES: tuple[type[DayRule], ...] = (NotOnLeave, NotTaken, OpenDay, NoAnchorDay, MinimumPresent, StaffedPost)
RULES: dict[str, type[Rule]] = {rule.__name__: rule for rule in (*WEEK_RULES, *DAY_RULES, *TERM_RULES)}
BROKEN = "R-DATA-RUSAK"  # the person's data broke a rule: on the run's list of problems, and nobody else's matter
BROKEN_LABEL = gettext_lazy("data could not be evaluated")


def read(rules: list[dict]) -> list[Rule]:
    """The rules of a policy's data, in canonical order. Raises `BadPolicy`, naming rule and field."""
    made = [_made(entry) for entry in rules]
    names = [type(rule).__name__ for rule in made if not rule.repeatable]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadPolicy(_("rule listed twice: %(rules)s") % {"rules": ", ".join(sorted(twice))})
    _check_alike(made)
    check_bounds(_all_held(made))
    order = list(RULES)
    return sorted(made, key=lambda rule: order.index(type(rule).__name__))


def _check_alike(rules: list[Rule]) -> None:
    """Raises `BadPolicy` where a number that decides what is read for all differs between parts of a policy."""
    first: dict[tuple[type, str], Any] = {}
    for rule in flat(rules):
        for name in rule.alike:
            if first.setdefault((type(rule), name), getattr(rule, name)) != getattr(rule, name):
                where = f"{type(rule).__name__}.{name}"
                raise BadPolicy(_("%(where)s must be the same wherever the policy names the rule") % {"where": where})


def _all_held(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules that must hold together: a policy's own, and the parts of those that ask for all of theirs."""
    for rule in rules:
        yield rule
        if isinstance(rule, AllOf):
            yield from _all_held(rule.parts())


def _made(entry: Any) -> Rule:
    if not isinstance(entry, dict):
        raise BadPolicy(_("a rule is written with its name and numbers, not as %(entry)r") % {"entry": entry})
    name = entry.get("rule")
    if name not in RULES:
        raise BadPolicy(_("unknown rule: %(rule)s") % {"rule": name})
    numbers = {key: value for key, value in entry.items() if key not in ("rule", "except")}
    try:
        rule = RULES[name](**numbers)
    except TypeError as error:
        raise BadPolicy(f"{name}: {error}") from error
    check_switches(rule)
    if entry.get("except"):
        excuse(rule, entry["except"])
    return rule


def read_week(rules: Iterable[dict]) -> list[WeekRule]:
    """The parts of a rule that is put together from others; rules on days cannot be."""
    made = [_made(entry) for entry in rules]
    for rule in made:
        if not isinstance(rule, WeekRule):
            named = {"rule": type(rule).__name__}
            raise BadPolicy(_("%(rule)s asks about a day and cannot be part of another rule") % named)
    return [rule for rule in made if isinstance(rule, WeekRule)]


def flat(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules and all that they are put together from."""
    for rule in rules:
        yield rule
        yield from flat(rule.parts())


def day_rules(rules: list[dict]) -> list[DayRule]:
    """All that is asked of a day under a policy: its own day rules, a cap even where it names none (the unit may have
    one), and what holds in every unit."""
    own = [rule for rule in read(rules) if isinstance(rule, DayRule)]
    if not any(isinstance(rule, UnitCap) for rule in own):
        own.append(UnitCap())
    return own + [rule() for rule in HOUSE_RULES]


def failing(rules: Iterable[DayRule], facts: DayFacts) -> list[str]:
    """The codes of all day rules that this day fails. The planner, requests and `explain` all ask this."""
    return [code for rule in rules if (code := rule.check(facts))]


def label_of(code: str):
    """The short label of a reason code, for lists and filters."""
    for rule in (*RULES.values(), *HOUSE_RULES):
        if code in rule.codes:
            return rule.codes[code]
    return BROKEN_LABEL if code == BROKEN else code


def rule_label(code: str):
    """What the rule behind a reason code is called: `Minimum at the office`."""
    for rule in (*RULES.values(), *HOUSE_RULES):
        if code in rule.codes:
            return rule.label
    return code


def known_codes() -> list[str]:
    """Every code that a week rule may give, in canonical order, each once."""
    return list(dict.fromkeys(code for rule in WEEK_RULES for code in rule.codes))


__all__ = [
    "BROKEN",
    "DAY_RULES",
    "DUTIES",
    "HOUSE_RULES",
    "OWN_CODES",
    "RULES",
    "SPECIAL",
    "TERM_RULES",
    "WEEK_RULES",
    "AllOf",
    "AnswerBy",
    "AnyOf",
    "BadPolicy",
    "Context",
    "DayFacts",
    "DayRule",
    "MinimumPresent",
    "MonthlyMaximum",
    "NotTaken",
    "OwnFact",
    "Rule",
    "StaffedPost",
    "Term",
    "UnitCap",
    "WeekRule",
    "Weekday",
    "WeeklyMaximum",
    "cap_of",
    "day_rules",
    "duties",
    "excuse",
    "failing",
    "flat",
    "ground_fact",
    "known_codes",
    "label_of",
    "read",
    "read_week",
    "rule_label",
    "term",
]
