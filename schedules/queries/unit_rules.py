"""Which rules hold in a unit in the coming days, its own and those it inherits."""

import dataclasses
import datetime as dt

from employees.models import Unit
from employees.queries import unit_settings
from schedules.models import UnitRule

from .cover import RuleBook

AHEAD = 14  # days


@dataclasses.dataclass(frozen=True)
class Holding:
    """A rule that holds in a unit, on these of the coming days (all of them: `always`), and whose it is."""

    rule: UnitRule
    dates: list[dt.date]
    always: bool
    inherited: bool


def holding(unit: Unit, first: dt.date) -> list[Holding]:
    """What holds in a unit in the fortnight from a date on, kind by kind. Three queries."""
    dates = [first + dt.timedelta(days=n) for n in range(AHEAD)]
    settings = unit_settings(unit.agency, Unit.objects.filter(pk__in=unit.path.split(".")))
    book = RuleBook(unit.agency_id, settings, dates[0], dates[-1])
    found = []
    for kind in UnitRule.Kind.values:
        matched: dict[UnitRule, list[dt.date]] = {}
        for date in dates:
            for rule in book.matching(unit.pk, kind, date):
                matched.setdefault(rule, []).append(date)
        found += [
            Holding(rule, on, len(on) == len(dates), rule.unit_id != unit.pk) for rule, on in sorted_rules(matched)
        ]
    return found


def sorted_rules(matched: dict[UnitRule, list[dt.date]]) -> list[tuple[UnitRule, list[dt.date]]]:
    return sorted(matched.items(), key=lambda pair: (pair[1][0], pair[0].pk))
