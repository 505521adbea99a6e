import dataclasses

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Context, WeekRule, one_of

KINDS = ("PNS", "CPNS", "PPPK", "PPPK_PARUH_WAKTU")


@dataclasses.dataclass(frozen=True)
class ServantKind(WeekRule):
    """The kind of civil servant is on the policy's list."""

    kinds: tuple[str, ...] = KINDS

    codes = {"R-STATUS-ASN": gettext_lazy("kind of civil servant not covered")}
    label = gettext_lazy("Kind of civil servant")
    article = "UU 20/2023"
    facts = ("kind",)
    needs = ("kind",)

    def describe(self):
        return _("The kind of civil servant is one of: %(kinds)s.") % {"kinds": ", ".join(self.kinds)}

    def __post_init__(self):
        object.__setattr__(self, "kinds", tuple(self.kinds))
        if not self.kinds or not set(self.kinds) <= set(KINDS):
            raise one_of("ServantKind.kinds", KINDS)

    def passing(self, context: Context) -> Q:
        return Q(kind__in=self.kinds)

    def sentence(self, code, facts):
        if code:
            return _("This policy covers %(kinds)s only.") % {"kinds": ", ".join(self.kinds)}
        return _("This policy covers %(kind)s.") % {"kind": facts.get("kind", "")}
