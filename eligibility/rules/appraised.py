"""What the rules on the annual appraisal share: absent, of the wrong year, not final, or impossible (domain.md §9)."""

from typing import ClassVar

from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Context, WeekRule

ABSENCE = {
    "R-PENILAIAN-TIDAK-ADA": gettext_lazy("no annual appraisal"),
    "R-PENILAIAN-KEDALUWARSA": gettext_lazy("annual appraisal of another year"),
    "R-PENILAIAN-BELUM-FINAL": gettext_lazy("appraisal not approved yet"),
    "R-DATA-TIDAK-VALID": gettext_lazy("appraisal holds an impossible score"),
}
FACTS = (
    "appraisal_id",
    "rating",
    "score",
    "regime",
    "appraisal_year",
    "appraisal_number",
    "approved_by",
    "approved_at",
    "appraisal_pending",
    "appraisal_elsewhere",
    "year",
)
HIGHEST = 120


class Appraised(WeekRule):
    """A rule on the annual appraisal. An impossible score says as little as none."""

    facts: ClassVar[tuple[str, ...]] = FACTS
    reports_absence = True

    def known(self) -> Q:
        return super().known() & (Q(score__isnull=True) | Q(score__range=(0, HIGHEST)))


def absent(context: Context, then):
    """SQL: the code of whatever keeps the appraisal from counting, else `then`, asked of those that count."""
    counted = Case(
        When(Q(score__gt=HIGHEST) | Q(score__lt=0), then=_code("R-DATA-TIDAK-VALID", context)),
        default=then,
        output_field=CharField(),
    )
    return Case(
        When(appraisal_id__isnull=False, then=counted),
        When(appraisal_pending=True, then=_code("R-PENILAIAN-BELUM-FINAL", context)),
        When(appraisal_elsewhere=True, then=_code("R-PENILAIAN-KEDALUWARSA", context)),
        default=_code("R-PENILAIAN-TIDAK-ADA", context),
        output_field=CharField(),
    )


def _code(code: str, context: Context):
    return Value(None if context.absence_reported else code, output_field=CharField())


def absence_sentence(code: str, year: int | None) -> str | None:
    """The sentence for one of the codes above, None for others."""
    named = {"year": year or ""}
    return {
        "R-PENILAIAN-TIDAK-ADA": _("No annual appraisal for %(year)s is recorded. HR can enter or import it.") % named,
        "R-PENILAIAN-KEDALUWARSA": _("Only appraisals of other years are recorded; the one for %(year)s is missing.")
        % named,
        "R-PENILAIAN-BELUM-FINAL": _("The appraisal for %(year)s has not been approved by HR yet.") % named,
        "R-DATA-TIDAK-VALID": _("The appraisal for %(year)s holds a score outside 0–120. HR must correct it.") % named,
    }.get(code)
