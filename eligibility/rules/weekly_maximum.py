import dataclasses

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import BadPolicy, DayFacts, DayRule, whole_number


@dataclasses.dataclass(frozen=True)
class WeeklyMaximum(DayRule):
    """At most so many WFH days a week (Monday to Sunday): used + asked ≤ `days`; a half-day counts one half.

    `earned`: how many of them the weekly plan gives, by rating (5 = very good … 1); without it everybody earns `days`.
    What the plan does not give, up to the maximum, may be asked for.
    """

    days: int = 1
    earned: dict | None = None

    codes = {"R-BATAS-MINGGU": gettext_lazy("weekly maximum reached")}
    label = gettext_lazy("Days a week")
    article = "PermenPANRB 4/2025 art. 13"

    def __post_init__(self):
        if self.earned is not None:  # what is earned hangs on the rating of that week
            object.__setattr__(self, "facts", ("appraisal_id", "rating"))
        whole_number("WeeklyMaximum.days", self.days, 1, 7)
        for rating, days in (self.earned or {}).items():
            if rating not in ("1", "2", "3", "4", "5"):
                raise BadPolicy(_("WeeklyMaximum.earned names ratings from 1 to 5"))
            whole_number(f"WeeklyMaximum.earned[{rating}]", days, 0, self.days)

    def describe(self):
        return _("At most %(days)s WFH days a week.") % {"days": self.days}

    def days_earned(self, rating: int | None) -> int:
        """How many days a week the plan gives for a rating; an unknown one earns the least of all."""
        if self.earned is None:
            return self.days
        return self.earned.get(str(rating), min(self.earned.values(), default=0))

    def code(self, facts: DayFacts):
        return None if facts.used_this_week + facts.length <= self.days else "R-BATAS-MINGGU"

    def sentence(self, code, facts):
        used = facts.get("used_this_week", 0)
        named = {"used": number_format(used, 0 if used == int(used) else 1), "days": self.days}
        if code:
            return _("The week's maximum is reached (%(used)s of %(days)s).") % named
        return _("The week's maximum is not reached (%(used)s of %(days)s).") % named
