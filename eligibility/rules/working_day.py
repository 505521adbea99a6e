from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import DayFacts, DayRule


class WorkingDay(DayRule):
    """The date is a working day of the unit: not a weekend, national holiday or *cuti bersama*."""

    codes = {"R-HARI-LIBUR": gettext_lazy("not a working day")}
    label = gettext_lazy("Working day")
    article = "Perpres 21/2023"

    def describe(self):
        return _("The day is a working day of the unit.")

    def code(self, facts: DayFacts):
        return None if facts.working_day else "R-HARI-LIBUR"

    def sentence(self, code, facts):
        named = {"day": date_format(facts["date"], "DATE_FORMAT"), "holiday": facts.get("holiday", "")}
        if code and named["holiday"]:
            return _("%(day)s is a day off: %(holiday)s.") % named
        if code:
            return _("%(day)s is not a working day of this unit.") % named
        return _("%(day)s is a working day.") % named
