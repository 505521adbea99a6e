"""Discipline is an interval, a process and a level (domain.md §4.4). What it was about is not ours to know."""

import dataclasses

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from employees.models import Feed

from .base import Context, WeekRule, whole_number
from .months import after_months, as_date, latest_reaching, said


class NotServing(WeekRule):
    """No punishment with an end date is being served; a light one has no period and does not count here."""

    codes = {"R-HUKDIS": gettext_lazy("serving a disciplinary punishment")}
    label = gettext_lazy("No punishment being served")
    article = "PermenPANRB 4/2025 art. 25; PP 94/2021"
    facts = ("discipline_serving", "discipline_serving_until")
    feeds = (Feed.Kind.DISCIPLINE,)

    def passing(self, context: Context) -> Q:
        return Q(discipline_serving__isnull=True)

    def describe(self):
        return _("No disciplinary punishment is being served.")

    def sentence(self, code, facts):
        if code:
            return _("A disciplinary punishment is being served until %(day)s.") % {
                "day": said(facts.get("discipline_serving_until"))
            }
        return _("No disciplinary punishment is being served.")


class NoCaseInProcess(WeekRule):
    """No disciplinary case is in process; one that was cancelled does not count."""

    codes = {"R-HUKDIS-PROSES": gettext_lazy("disciplinary case in process")}
    label = gettext_lazy("No disciplinary case in process")
    article = "PermenPANRB 4/2025 art. 25"
    facts = ("discipline_in_process",)
    feeds = (Feed.Kind.DISCIPLINE,)

    def passing(self, context: Context) -> Q:
        return Q(discipline_in_process__isnull=True)

    def describe(self):
        return _("No disciplinary case is in process.")

    def sentence(self, code, facts):
        if code:
            return _("A disciplinary case is in process. HR can say more about it.")
        return _("No disciplinary case is in process.")


@dataclasses.dataclass(frozen=True)
class CleanPeriod(WeekRule):
    """No punishment of any level was imposed in the last `months` months; on the anniversary it counts no longer."""

    months: int = 12

    codes = {"R-HUKDIS-MASA-BERSIH": gettext_lazy("a punishment was imposed not long ago")}
    label = gettext_lazy("Time without punishment")
    article = "PP 94/2021"
    facts = ("discipline_imposed_on",)
    feeds = (Feed.Kind.DISCIPLINE,)

    def __post_init__(self):
        whole_number("CleanPeriod.months", self.months, 1, 120)

    def passing(self, context: Context) -> Q:
        long_ago = Q(discipline_imposed_on__lte=latest_reaching(context.as_of, self.months))
        return Q(discipline_imposed_on__isnull=True) | long_ago

    def describe(self):
        text = ngettext(
            "No punishment was imposed in the last %(months)s month.",
            "No punishment was imposed in the last %(months)s months.",
            self.months,
        )
        return text % {"months": self.months}

    def sentence(self, code, facts):
        if code:
            since = as_date(facts["discipline_imposed_on"])
            return _("A punishment imposed on %(day)s counts until %(until)s.") % {
                "day": said(since),
                "until": said(after_months(since, self.months)),
            }
        return self.describe()
