"""One rule a file, all listed here. The order is the canonical order of reason codes, so equal sets compare equal."""

from collections.abc import Iterable

from .active import ActiveStatus
from .base import BadPolicy, Context, DayFacts, DayRule, Rule, WeekRule
from .caps import UnitCap, cap_of
from .direct_service import NotDirectService
from .identity import IdentityNumber
from .kinds import ServantKind
from .minimum_rating import MinimumRating
from .minimum_score import MinimumScore
from .presence import MinimumPresent, NoAnchorDay, NotOnLeave, NotTaken, OpenDay, StaffedPost
from .weekday import Weekday
from .weekly_maximum import WeeklyMaximum
from .window import DateWindow
from .working_day import WorkingDay

WEEK_RULES: tuple[type[WeekRule], ...] = (
    IdentityNumber,
    ActiveStatus,
    ServantKind,
    NotDirectService,
    MinimumRating,
    MinimumScore,
)
DAY_RULES: tuple[type[DayRule], ...] = (DateWindow, WorkingDay, Weekday, WeeklyMaximum, UnitCap)
# Cover and closed days hold under every policy; a policy can neither list nor drop them.
HOUSE_RULES: tuple[type[DayRule], ...] = (NotOnLeave, NotTaken, OpenDay, NoAnchorDay, MinimumPresent, StaffedPost)
RULES: dict[str, type[Rule]] = {rule.__name__: rule for rule in (*WEEK_RULES, *DAY_RULES)}


def read(rules: list[dict]) -> list[Rule]:
    """The rules of a policy's data, in canonical order. Raises `BadPolicy`, naming rule and field."""
    made = []
    for entry in rules:
        name = entry.get("rule")
        if name not in RULES:
            raise BadPolicy(f"unknown rule: {name}")
        made.append(RULES[name](**{key: value for key, value in entry.items() if key != "rule"}))
    names = [type(rule).__name__ for rule in made]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadPolicy(f"rule listed twice: {', '.join(sorted(twice))}")
    order = list(RULES)
    return sorted(made, key=lambda rule: order.index(type(rule).__name__))


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
    return code


def rule_label(code: str):
    """What the rule behind a reason code is called: `Minimum at the office`."""
    for rule in (*RULES.values(), *HOUSE_RULES):
        if code in rule.codes:
            return rule.label
    return code


__all__ = [
    "DAY_RULES",
    "HOUSE_RULES",
    "RULES",
    "WEEK_RULES",
    "BadPolicy",
    "Context",
    "DayFacts",
    "DayRule",
    "Rule",
    "WeekRule",
    "MinimumPresent",
    "NotTaken",
    "StaffedPost",
    "UnitCap",
    "WeeklyMaximum",
    "Weekday",
    "cap_of",
    "day_rules",
    "failing",
    "label_of",
    "read",
    "rule_label",
]
