import dataclasses

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.models import Placement

from .base import DayFacts, DayRule, whole_number
from .posts import check_choices


@dataclasses.dataclass(frozen=True)
class OfficeShare(DayRule):
    """After this day, at least `percent` per cent of the week's working days are at the office; for `more_than` (groups
    of post) more than that."""

    percent: int = 60
    more_than: tuple[str, ...] = ()

    codes = {"R-KEHADIRAN-KANTOR": gettext_lazy("too few days at the office in the week")}
    label = gettext_lazy("Share of the week at the office")
    article = ""

    def __post_init__(self):
        object.__setattr__(self, "more_than", tuple(self.more_than))
        whole_number("OfficeShare.percent", self.percent, 0, 100)
        check_choices("OfficeShare.more_than", self.more_than, Placement.Group.values)

    def code(self, facts: DayFacts):
        office = facts.week_days - facts.used_this_week - facts.length
        enough, share = self.percent * facts.week_days, office * 100
        if facts.job_group in self.more_than:
            return None if share > enough else "R-KEHADIRAN-KANTOR"
        return None if share >= enough else "R-KEHADIRAN-KANTOR"

    def describe(self):
        return _("At least %(percent)s %% of the week's working days at the office.") % {"percent": self.percent}

    def sentence(self, code, facts):
        named = {"percent": self.percent}
        if code:
            return _("With this day, less than %(percent)s %% of the week would be at the office.") % named
        return _("%(percent)s %% of the week stay at the office.") % named
