"""From what was appraised to a rating, under the three regimes. Pure, in exact decimals."""

import dataclasses
from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class Regime(models.TextChoices):
    """Which regulation an appraisal year falls under (domain.md §3.1)."""

    PP46 = "PP46", "PP 46/2011"
    PP30 = "PP30", "PP 30/2019"
    P6 = "P6", "PermenPANRB 6/2022"


class Rating(models.IntegerChoices):
    """*Predikat*, as a rank: higher is better. (SIASN's own codes run the other way and are never stored.)"""

    VERY_GOOD = 5, _("Very good")
    GOOD = 4, _("Good")
    FAIR = 3, _("Needs improvement")
    POOR = 2, _("Poor")
    VERY_POOR = 1, _("Very poor")


class Level(models.TextChoices):
    """How results or behaviour stand against what was expected."""

    ABOVE = "ATAS", _("above expectation")
    AS = "SESUAI", _("as expected")
    BELOW = "BAWAH", _("below expectation")


class Unratable(ValueError):
    """Something needed for a rating is missing or impossible; `field` names it, the message says what to do."""

    def __init__(self, field: str, message):
        super().__init__(message)
        self.field = field
        self.message = message


@dataclasses.dataclass(frozen=True)
class Rated:
    score: Decimal | None  # NULL where the regime has no number
    rating: Rating


CENT = Decimal("0.01")
HIGHEST = Decimal(120)

# PermenPANRB 6/2022: results down, behaviour across. Behaviour below expectation vetoes good results.
QUADRANT = {
    (Level.ABOVE, Level.ABOVE): Rating.VERY_GOOD,
    (Level.ABOVE, Level.AS): Rating.GOOD,
    (Level.ABOVE, Level.BELOW): Rating.POOR,
    (Level.AS, Level.ABOVE): Rating.GOOD,
    (Level.AS, Level.AS): Rating.GOOD,
    (Level.AS, Level.BELOW): Rating.POOR,
    (Level.BELOW, Level.ABOVE): Rating.FAIR,
    (Level.BELOW, Level.AS): Rating.FAIR,
    (Level.BELOW, Level.BELOW): Rating.VERY_POOR,
}

# Lowest score of each rating, best first. PP 46/2011 leaves gaps (90.5); the lower bound of the next rating decides.
STEPS = {
    Regime.PP46: [(91, Rating.VERY_GOOD), (76, Rating.GOOD), (61, Rating.FAIR), (51, Rating.POOR)],
    Regime.PP30: [(110, Rating.VERY_GOOD), (90, Rating.GOOD), (70, Rating.FAIR), (50, Rating.POOR)],
}
WEIGHTS = {Regime.PP46: (60,), Regime.PP30: (70, 60)}


def rate(
    regime: str,
    *,
    goals: Decimal | None = None,
    behaviour_score: Decimal | None = None,
    weight_goals: int | None = None,
    new_idea: bool | None = None,
    result: str = "",
    behaviour: str = "",
) -> Rated:
    """The score (0–120, rounded half-up to two decimals) and the rating.

    PP 46/2011: 60 % goals, 40 % behaviour. PP 30/2019 art. 41: 70/30 or 60/40, and *very good* only with a new idea.
    PermenPANRB 6/2022: the quadrant, no number. Raises `Unratable` where something needed is missing.
    """
    if regime == Regime.P6:
        return Rated(None, _quadrant(result, behaviour))
    if regime not in STEPS:
        raise Unratable("regime", _("Unknown regime; use PP46, PP30 or P6."))
    score = _weighted(Regime(regime), goals, behaviour_score, weight_goals)
    rating = next((r for lowest, r in STEPS[Regime(regime)] if score >= lowest), Rating.VERY_POOR)
    if regime == Regime.PP30 and rating == Rating.VERY_GOOD and not new_idea:
        rating = Rating.GOOD
    return Rated(score, rating)


def _quadrant(result: str, behaviour: str) -> Rating:
    for field, value in (("result", result), ("behaviour", behaviour)):
        if value not in Level.values:
            raise Unratable(field, _("Needed under PermenPANRB 6/2022: above, as or below expectation."))
    return QUADRANT[Level(result), Level(behaviour)]


def _weighted(regime: Regime, goals, behaviour_score, weight_goals) -> Decimal:
    for field, value in (("goals", goals), ("behaviour_score", behaviour_score)):
        if value is None:
            raise Unratable(field, _("Needed under this regime: a number from 0 to 120."))
        if not value.is_finite() or not 0 <= value <= HIGHEST:
            raise Unratable(field, _("A score lies between 0 and 120."))
    weight = weight_goals if weight_goals is not None else WEIGHTS[regime][0]
    if weight not in WEIGHTS[regime]:
        raise Unratable("weight_goals", _("This regime does not know these weights."))
    share = Decimal(weight) / 100
    return (share * goals + (1 - share) * behaviour_score).quantize(CENT, ROUND_HALF_UP)
