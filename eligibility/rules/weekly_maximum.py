import dataclasses

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import DayFacts, DayRule, whole_number


@dataclasses.dataclass(frozen=True)
class WeeklyMaximum(DayRule):
    """At most so many WFH days a week (Monday to Sunday): used + 1 ≤ `days`."""

    days: int = 1

    codes = {"R-BATAS-MINGGU": gettext_lazy("weekly maximum reached")}
    label = gettext_lazy("Days a week")
    article = "PermenPANRB 4/2025 art. 13"

    def __post_init__(self):
        whole_number("WeeklyMaximum.days", self.days, 1, 7)

    def check(self, facts: DayFacts):
        return None if facts.used_this_week + 1 <= self.days else "R-BATAS-MINGGU"

    def sentence(self, code, facts):
        named = {"used": facts.get("used_this_week", 0), "days": self.days}
        if code:
            return _("The week's maximum is reached (%(used)s of %(days)s).") % named
        return _("The week's maximum is not reached (%(used)s of %(days)s).") % named
