import dataclasses
import datetime as dt
import re

from django.db.models import Case, CharField, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from performance.rating import Rating

from .appraised import ABSENCE, Appraised, absence_sentence, absent
from .base import BadPolicy, Context, whole_number


@dataclasses.dataclass(frozen=True)
class MinimumRating(Appraised):
    """The approved annual appraisal of last year is rated at least `minimum` (5 = very good … 1).

    `previous_year_counts_until` ("MM-DD"): until that day of the year, the appraisal of two years ago is accepted where
    last year's is not there yet; without it nobody qualifies in January.
    """

    minimum: int = Rating.VERY_GOOD
    previous_year_counts_until: str | None = None

    codes = {**ABSENCE, "R-PREDIKAT": gettext_lazy("rating below the minimum")}
    label = gettext_lazy("Performance rating")
    article = "PP 30/2019; PermenPANRB 6/2022"
    needs = ("rating",)
    alike = ("previous_year_counts_until",)

    def describe(self):
        return _("Last year's appraisal is rated at least “%(minimum)s”.") % {"minimum": Rating(self.minimum).label}

    def __post_init__(self):
        whole_number("MinimumRating.minimum", self.minimum, 1, 5)
        until = self.previous_year_counts_until
        if until is not None and not _is_day_of_a_year(until):
            raise BadPolicy(_("MinimumRating.previous_year_counts_until must be MM-DD"))

    def code_expression(self, context: Context):
        below = Case(
            When(rating__gte=self.minimum, then=Value(None)), default=Value("R-PREDIKAT"), output_field=CharField()
        )
        return absent(context, below)

    def sentence(self, code, facts):
        named = {"minimum": Rating(self.minimum).label, "year": facts.get("appraisal_year") or facts.get("year")}
        if code == "R-PREDIKAT":
            rating = facts.get("rating")
            named["rating"] = Rating(rating).label if rating else _("not known")
            return _("The rating for %(year)s is “%(rating)s”; this policy asks for at least “%(minimum)s”.") % named
        if code:
            return absence_sentence(code, facts.get("year"))
        return _("The rating for %(year)s reaches the minimum, “%(minimum)s”.") % named


def _is_day_of_a_year(text) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{2}-[0-9]{2}", text)) and bool(dt.date.fromisoformat(f"2000-{text}"))
    except ValueError:
        return False
