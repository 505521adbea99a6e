import dataclasses

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import DayFacts, DayRule, whole_number


@dataclasses.dataclass(frozen=True)
class MonthlyMaximum(DayRule):
    """At most so many WFH days a calendar month: used + asked ≤ `days`; a half-day counts one half."""

    days: int = 4

    codes = {"R-BATAS-BULAN": gettext_lazy("monthly maximum reached")}
    label = gettext_lazy("Days a month")
    article = ""

    def __post_init__(self):
        whole_number("MonthlyMaximum.days", self.days, 0, 31)

    def code(self, facts: DayFacts):
        return None if facts.used_this_month + facts.length <= self.days else "R-BATAS-BULAN"

    def describe(self):
        return _("At most %(days)s WFH days a month.") % {"days": self.days}

    def sentence(self, code, facts):
        used = facts.get("used_this_month", 0)
        named = {"used": number_format(used, 0 if used == int(used) else 1), "days": self.days}
        if code:
            return _("The month's maximum is reached (%(used)s of %(days)s).") % named
        return _("The month's maximum is not reached (%(used)s of %(days)s).") % named
