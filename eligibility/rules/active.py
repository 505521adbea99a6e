from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Context, WeekRule


class ActiveStatus(WeekRule):
    """The legal status is *aktif* (no leave outside state responsibility, study, suspension …)."""

    codes = {"R-AKTIF": gettext_lazy("not in active service")}
    label = gettext_lazy("Active service")
    article = "UU 20/2023"
    facts = ("legal_status",)
    needs = ("legal_status",)

    def describe(self):
        return _("The person is in active service.")

    def passing(self, context: Context) -> Q:
        return Q(legal_status="AKTIF")

    def sentence(self, code, facts):
        if code:
            return _("Only civil servants in active service can have a WFH day.")
        return _("In active service.")
