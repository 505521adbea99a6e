import dataclasses

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from employees.models import Feed

from .base import Context, WeekRule, whole_number


@dataclasses.dataclass(frozen=True)
class FewAbsences(WeekRule):
    """At most `days` working days of unexcused absence in the calendar year so far."""

    days: int = 2

    codes = {"R-ALPA": gettext_lazy("unexcused absences this year")}
    label = gettext_lazy("Unexcused absences")
    article = "PP 94/2021"
    facts = ("absences",)
    feeds = (Feed.Kind.ABSENCE,)

    def __post_init__(self):
        whole_number("FewAbsences.days", self.days, 0, 366)

    def passing(self, context: Context) -> Q:
        return Q(absences__lte=self.days)

    def describe(self):
        return _("At most %(days)s days of unexcused absence this year.") % {"days": self.days}

    def sentence(self, code, facts):
        count = facts.get("absences") or 0
        named = {"count": count, "days": self.days}
        if code:
            text = ngettext(
                "%(count)s day of unexcused absence is recorded this year; at most %(days)s are allowed.",
                "%(count)s days of unexcused absence are recorded this year; at most %(days)s are allowed.",
                count,
            )
            return text % named
        return _("%(count)s days of unexcused absence this year, not more than %(days)s.") % named
