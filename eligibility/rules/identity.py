from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Context, WeekRule


class IdentityNumber(WeekRule):
    """The number's own type (PNS or PPPK) fits the person's status. Its shape is a constraint of the table."""

    codes = {"R-NIP": gettext_lazy("number does not fit the status")}
    label = gettext_lazy("Identity number")
    article = "Perka BKN 22/2007"
    facts = ("number_type", "kind")

    def passing(self, context: Context) -> Q:
        return Q(number_type="PNS", kind__in=["PNS", "CPNS"]) | Q(number_type="PPPK", kind__startswith="PPPK")

    def describe(self):
        return _("The identity number is well formed and fits the status.")

    def sentence(self, code, facts):
        if code:
            return _("The identity number is not of the kind that belongs to this status. HR can correct the record.")
        return _("The identity number is well formed and fits the status.")
