import dataclasses
import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import BadPolicy, DayFacts, DayRule


@dataclasses.dataclass(frozen=True)
class Weekday(DayRule):
    """The policy's fixed weekday (ISO, 1 = Monday). `movable`: the supervisor may agree to another day on request."""

    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    movable: bool = False

    codes = {"R-HARI-SALAH": gettext_lazy("not the policy's weekday")}
    label = gettext_lazy("Weekday")
    article = ""

    def __post_init__(self):
        object.__setattr__(self, "days", tuple(self.days))
        if not self.days or not all(type(day) is int and 1 <= day <= 7 for day in self.days):
            raise BadPolicy(_("Weekday.days must be weekdays from 1 (Monday) to 7"))

    def _names(self) -> str:
        # 5 January 1970 was a Monday
        return ", ".join(date_format(dt.date(1970, 1, 4 + day), "l") for day in self.days)

    def describe(self):
        if self.movable:
            return _("The day is %(days)s, or another one that the supervisor approves.") % {"days": self._names()}
        return _("The day is %(days)s.") % {"days": self._names()}

    def code(self, facts: DayFacts):
        if facts.date.isoweekday() in self.days or (self.movable and facts.on_request):
            return None
        return "R-HARI-SALAH"

    def sentence(self, code, facts):
        named = {"days": self._names(), "day": date_format(facts["date"], "l")}
        if code and self.movable:
            return _("This policy gives %(days)s; another day needs a request that the supervisor approves.") % named
        if code:
            return _("This policy gives %(days)s only.") % named
        if facts["date"].isoweekday() not in self.days:
            return _("%(day)s instead of %(days)s, as the supervisor approved.") % named
        return _("%(day)s is a day this policy gives.") % named
