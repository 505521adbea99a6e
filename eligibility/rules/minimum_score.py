import dataclasses
from decimal import Decimal, InvalidOperation

from django.db.models import Case, CharField, Value, When
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .appraised import ABSENCE, Appraised, absence_sentence, absent
from .base import BadPolicy, Context


@dataclasses.dataclass(frozen=True)
class MinimumScore(Appraised):
    """The approved annual appraisal has a number of at least `minimum` (0–120). A quadrant has none and fails."""

    minimum: str = "90.00"

    codes = {
        **ABSENCE,
        "R-NILAI": gettext_lazy("score below the minimum"),
        "R-NILAI-TIDAK-ADA": gettext_lazy("appraisal has no number"),
    }
    label = gettext_lazy("Performance score")
    article = "PP 30/2019 art. 41"
    needs = ("score",)

    def describe(self):
        return _("Last year's appraisal has a score of at least %(minimum)s.") % {
            "minimum": number_format(self.exact, 2)
        }

    def __post_init__(self):
        try:
            exact = Decimal(str(self.minimum)) if isinstance(self.minimum, str | int) else None
        except InvalidOperation:
            exact = None
        if exact is None or not exact.is_finite() or not 0 <= exact <= 120:
            raise BadPolicy(_("MinimumScore.minimum must be a number from 0 to 120, written as text"))

    @property
    def exact(self) -> Decimal:
        return Decimal(str(self.minimum))

    def code_expression(self, context: Context):
        below = Case(
            When(score__gte=self.exact, then=Value(None)),
            When(score__isnull=True, then=Value("R-NILAI-TIDAK-ADA")),
            default=Value("R-NILAI"),
            output_field=CharField(),
        )
        return absent(context, below)

    def sentence(self, code, facts):
        named = {"minimum": number_format(self.exact, 2), "year": facts.get("appraisal_year") or facts.get("year")}
        if code == "R-NILAI":
            named["score"] = number_format(Decimal(str(facts["score"])), 2)
            return _("The score for %(year)s is %(score)s; this policy asks for at least %(minimum)s.") % named
        if code == "R-NILAI-TIDAK-ADA":
            return _("The appraisal for %(year)s has no number; this policy asks for at least %(minimum)s.") % named
        if code:
            return absence_sentence(code, facts.get("year"))
        return _("The score for %(year)s reaches the minimum, %(minimum)s.") % named
