import dataclasses
import datetime as dt

from django.db.models import Case, CharField, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from performance.rating import Rating

from .base import Context, WeekRule, whole_number


def last_closed_quarter(as_of: dt.date, grace_days: int) -> tuple[int, int]:
    """Year and number of the last quarter that closed at least so many days before (rulings.md 14)."""
    day = as_of - dt.timedelta(days=grace_days)
    quarter = (day.month - 1) // 3  # of the year so far, those that are over
    return (day.year, quarter) if quarter else (day.year - 1, 4)


@dataclasses.dataclass(frozen=True)
class PeriodicRating(WeekRule):
    """The approved appraisal of the last quarter is rated at least `minimum` (5 = very good … 1).

    `grace_days`: a quarter counts only once it has been over for so many days, so that HR has time to approve.
    """

    minimum: int = Rating.GOOD
    grace_days: int = 0

    codes = {
        "R-PERIODIK-BELUM-FINAL": gettext_lazy("appraisal of the last quarter not approved yet"),
        "R-PERIODIK-PREDIKAT": gettext_lazy("rating of the last quarter below the minimum"),
    }
    label = gettext_lazy("Performance in the last quarter")
    article = "PermenPANRB 6/2022"
    facts = ("quarter_appraisal_id", "quarter_rating", "quarter_approved_by", "quarter", "quarter_of")
    needs = ("quarter_rating",)
    alike = ("grace_days",)

    def __post_init__(self):
        whole_number("PeriodicRating.minimum", self.minimum, 1, 5)
        whole_number("PeriodicRating.grace_days", self.grace_days, 0, 92)

    def code_expression(self, context: Context):
        return Case(
            When(quarter_rating__gte=self.minimum, then=Value(None)),
            When(quarter_appraisal_id__isnull=True, then=Value("R-PERIODIK-BELUM-FINAL")),
            default=Value("R-PERIODIK-PREDIKAT"),
            output_field=CharField(),
        )

    def describe(self):
        return _("The last quarter is rated at least “%(minimum)s”.") % {"minimum": Rating(self.minimum).label}

    def sentence(self, code, facts):
        named = {"quarter": facts.get("quarter", ""), "year": facts.get("quarter_of", "")}
        named["minimum"] = Rating(self.minimum).label
        if code == "R-PERIODIK-BELUM-FINAL":
            return _("The appraisal of quarter %(quarter)s/%(year)s has not been approved by HR yet.") % named
        if code:
            rating = facts.get("quarter_rating")
            named["rating"] = Rating(rating).label if rating else _("not known")
            return (
                _("Quarter %(quarter)s/%(year)s is rated “%(rating)s”; this policy asks for at least “%(minimum)s”.")
                % named
            )
        return _("Quarter %(quarter)s/%(year)s reaches the minimum, “%(minimum)s”.") % named
