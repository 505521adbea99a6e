from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Context, WeekRule

CRITERIA = {
    "duty_outside_office": gettext_lazy("can be done outside the office"),
    "duty_no_special_room": gettext_lazy("needs no special room or equipment"),
    "duty_uses_ict": gettext_lazy("can use information technology"),
    "duty_little_face_to_face": gettext_lazy("little face-to-face contact"),
    "duty_no_constant_supervision": gettext_lazy("no constant supervision needed"),
}


class DutyCriteria(WeekRule):
    """All five criteria of the duty are met."""

    codes = {
        "R-TUGAS": gettext_lazy("duty cannot be done from home"),
        "R-TUGAS-BELUM-DIKETAHUI": gettext_lazy("not known whether the duty can be done from home"),
    }
    label = gettext_lazy("Kind of duty")
    article = "PermenPANRB 4/2025"
    facts = tuple(CRITERIA)
    needs = tuple(CRITERIA)

    def code_expression(self, context: Context):
        refused, met = Q(), Q()
        for name in CRITERIA:
            refused |= Q(**{name: False})
            met &= Q(**{name: True})
        return Case(
            When(met, then=Value(None)),
            When(refused, then=Value("R-TUGAS")),
            default=Value("R-TUGAS-BELUM-DIKETAHUI"),
            output_field=CharField(),
        )

    def describe(self):
        return _("The duty meets all five: %(criteria)s.") % {"criteria": "; ".join(map(str, CRITERIA.values()))}

    def sentence(self, code, facts):
        def listed(value):
            return "; ".join(str(text) for name, text in CRITERIA.items() if facts.get(name) is value)

        if code == "R-TUGAS":
            return _("The duty does not meet: %(criteria)s.") % {"criteria": listed(False)}
        if code:
            return _("Not recorded about the duty: %(criteria)s. HR can record it.") % {"criteria": listed(None)}
        return _("The duty can be done from home.")
