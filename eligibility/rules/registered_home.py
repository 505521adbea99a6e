from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import DayFacts, DayRule


class RegisteredHome(DayRule):
    """The day is spent at the home registered in the personnel data. No address is kept: the person states it."""

    codes = {"R-DOMISILI": gettext_lazy("not at the registered home")}
    label = gettext_lazy("At the registered home")
    article = "PermenPANRB 4/2025 art. 11"

    def code(self, facts: DayFacts):
        return None if facts.registered_home else "R-DOMISILI"

    def describe(self):
        return _("The day is spent at the home registered in the personnel data.")

    def sentence(self, code, facts):
        if code:
            return _("A WFH day is spent at the home registered in the personnel data.")
        return _("The day is spent at the registered home.")
