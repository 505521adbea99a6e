import dataclasses

from django.db.models import Case, CharField, ExpressionWrapper, F, IntegerField, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eligibility.groups import SMALLEST

from .appraised import ABSENCE, FACTS, Appraised, absence_sentence, absent
from .base import Context, one_of, whole_number

UNIT, AGENCY = "UNIT", "AGENCY"


@dataclasses.dataclass(frozen=True)
class TopShare(Appraised):
    """Among the best `percent` per cent of the unit or agency, by rating and then score, rounded down but at least one.

    The share is of everybody placed there that week. Equal rating and score are put in order by a lot that is drawn
    anew each quarter (a hash of quarter and person), so nobody is always the one left out, and nothing flips weekly.
    """

    percent: int = 20
    among: str = UNIT

    codes = {**ABSENCE, "R-PERINGKAT": gettext_lazy("not among the best")}
    label = gettext_lazy("Among the best")
    article = "Menteri PANRB, August 2019: a reward for those who perform"
    facts = (*FACTS, "position", "group_size")
    needs = ("position",)
    alike = ("among",)

    def __post_init__(self):
        whole_number("TopShare.percent", self.percent, 1, 100)
        if self.among not in (UNIT, AGENCY):
            raise one_of("TopShare.among", (UNIT, AGENCY))

    def places(self, size: int) -> int:
        """How many of a group of that size are among the best."""
        return max(1, size * self.percent // 100)

    def code_expression(self, context: Context):
        share = ExpressionWrapper(F("group_size") * self.percent / 100, output_field=IntegerField())
        inside = Q(position=1) | Q(position__lte=share)
        return absent(
            context, Case(When(inside, then=Value(None)), default=Value("R-PERINGKAT"), output_field=CharField())
        )

    def describe(self):
        if self.among == AGENCY:
            return _("Among the best %(percent)s %% of the agency by rating and score.") % {"percent": self.percent}
        return _("Among the best %(percent)s %% of the unit by rating and score.") % {"percent": self.percent}

    def sentence(self, code, facts):
        if not facts.get("position") and code in (None, "R-PERINGKAT"):  # of a small group (eligibility/groups.py)
            return self._untold(code)
        size = facts.get("group_size") or 0
        named = {"position": facts.get("position") or "–", "size": size, "places": self.places(size)}
        if code and code != "R-PERINGKAT":
            return absence_sentence(code, facts.get("year"))
        if code and self.among == AGENCY:
            return _("Place %(position)s of %(size)s in the agency; this policy takes the best %(places)s.") % named
        if code:
            return _("Place %(position)s of %(size)s in the unit; this policy takes the best %(places)s.") % named
        return _("Place %(position)s of %(size)s, among the best %(places)s.") % named

    def _untold(self, code):
        """Without place and size."""
        among = self.among == AGENCY
        named = {"percent": self.percent, "smallest": SMALLEST}
        if not code:
            passed = _("Among the best %(percent)s %% of the agency.")
            return (passed if among else _("Among the best %(percent)s %% of the unit.")) % named
        said = (
            _("Not among the best %(percent)s %% of the agency.")
            if among
            else _("Not among the best %(percent)s %% of the unit.")
        )
        why = _("Among fewer than %(smallest)s people no place is told.")
        return f"{said % named} {why % named}"
