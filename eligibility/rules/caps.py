import dataclasses

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import DayFacts, DayRule, one_of, whole_number

FLOOR, AT_LEAST_ONE = "floor", "max(1, floor)"


def cap_of(size: int, *percents: int | None, rounding: str = FLOOR) -> int | None:
    """How many of `size` people may be at home: the smallest of the shares given, rounded down; None without any.

    With ``max(1, floor)`` a unit of one is not shut out for ever (rulings.md 20).
    """
    given = [percent for percent in percents if percent is not None]
    if not given:
        return None
    floor = min(given) * size // 100
    return max(1, floor) if rounding == AT_LEAST_ONE and min(given) > 0 and size > 0 else floor


@dataclasses.dataclass(frozen=True)
class UnitCap(DayRule):
    """At most this share of the unit at home on one date: at home + 1 ≤ cap. Policy and unit: the smaller."""

    percent: int | None = None
    rounding: str = FLOOR
    number: int | None = None  # at most so many people besides
    not_with: tuple[str, ...] = ()  # not asked of whom one of these codes refuses already

    codes = {"R-KUOTA-UNIT": gettext_lazy("unit's share at home reached")}
    label = gettext_lazy("Unit's share at home")
    article = ""

    def __post_init__(self):
        if self.percent is not None:
            whole_number("UnitCap.percent", self.percent, 0, 100)
        if self.number is not None:
            whole_number("UnitCap.number", self.number, 0, 100_000)
        object.__setattr__(self, "not_with", tuple(self.not_with))
        if self.rounding not in (FLOOR, AT_LEAST_ONE):
            raise one_of("UnitCap.rounding", (FLOOR, AT_LEAST_ONE))

    def cap(self, size: int, unit_percent: int | None) -> int | None:
        share = cap_of(size, self.percent, unit_percent, rounding=self.rounding)
        return min((n for n in (share, self.number) if n is not None), default=None)

    def describe(self):
        if self.percent is None and self.number is None:
            return _("The unit's own share at home is kept.")
        if self.percent is None:
            return _("At most %(number)s people of the unit at home on one day.") % {"number": self.number}
        return _("At most %(percent)s %% of the unit at home on one day.") % {"percent": self.percent}

    def room(self, facts: DayFacts):
        cap = self.cap(facts.unit_size, facts.unit_percent)
        return None if cap is None else cap - facts.at_home

    def code(self, facts: DayFacts):
        room = self.room(facts)
        return None if room is None or room >= 1 else "R-KUOTA-UNIT"

    def sentence(self, code, facts):
        cap = self.cap(facts.get("unit_size", 0), facts.get("unit_percent"))
        if cap is None:
            return _("The unit has no limit of its own.")
        named = {"used": facts.get("at_home", 0), "cap": cap}
        if code:
            return _("The unit's places at home are taken on that day (%(used)s of %(cap)s).") % named
        return _("The unit has a place at home left on that day (%(used)s of %(cap)s taken).") % named
