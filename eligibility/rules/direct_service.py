from django.db.models import Case, CharField, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Context, WeekRule


class NotDirectService(WeekRule):
    """The post does not serve the public face to face; what is empty on the post comes from its unit or one above."""

    codes = {
        "R-LAYANAN-LANGSUNG": gettext_lazy("post serves the public directly"),
        "R-LAYANAN-BELUM-DIKETAHUI": gettext_lazy("not known whether the post serves the public directly"),
    }
    label = gettext_lazy("No direct public service")
    article = "PermenPANRB 4/2025"
    facts = ("direct_service",)
    needs = ("direct_service",)

    def describe(self):
        return _("The post does not serve the public face to face.")

    def code_expression(self, context: Context):
        return Case(
            When(direct_service=False, then=Value(None)),
            When(direct_service=True, then=Value("R-LAYANAN-LANGSUNG")),
            default=Value("R-LAYANAN-BELUM-DIKETAHUI"),
            output_field=CharField(),
        )

    def sentence(self, code, facts):
        if code == "R-LAYANAN-LANGSUNG":
            return _("This post serves the public face to face and is done at the office.")
        if code:
            return _("It is not recorded whether this post serves the public directly. HR can record it.")
        return _("This post does not serve the public face to face.")
