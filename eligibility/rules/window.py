import dataclasses
import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import BadPolicy, DayFacts, DayRule


@dataclasses.dataclass(frozen=True)
class DateWindow(DayRule):
    """The date lies in the policy's own validity (both ends included, YYYY-MM-DD)."""

    since: str | None = None
    until: str | None = None

    codes = {"R-TANGGAL-DI-LUAR-MASA": gettext_lazy("date outside the policy's validity")}
    label = gettext_lazy("Validity")
    article = ""

    def __post_init__(self):
        given = [day for day in (self.since, self.until) if day]
        try:
            written = [dt.date.fromisoformat(day).isoformat() for day in given]
        except (TypeError, ValueError):
            written = []
        if not given:
            raise BadPolicy(_("DateWindow needs a first or a last day"))
        if written != given:
            raise BadPolicy(_("DateWindow.since and .until must be YYYY-MM-DD"))
        first, last = self.bounds()
        if last < first:
            named = {"since": self.since, "until": self.until}
            raise BadPolicy(_("DateWindow.until (%(until)s) lies before DateWindow.since (%(since)s)") % named)

    def bounds(self) -> tuple[dt.date, dt.date]:
        """The first and the last day; where none is given, the first or last there is."""
        return (
            dt.date.fromisoformat(self.since) if self.since else dt.date.min,
            dt.date.fromisoformat(self.until) if self.until else dt.date.max,
        )

    def describe(self):
        first, last = self.bounds()
        named = {"since": date_format(first, "DATE_FORMAT"), "until": date_format(last, "DATE_FORMAT")}
        if self.since and self.until:
            return _("The day lies between %(since)s and %(until)s.") % named
        if self.until:
            return _("The day is %(until)s at the latest.") % named
        return _("The day is %(since)s or later.") % named

    def code(self, facts: DayFacts):
        first, last = self.bounds()
        return None if first <= facts.date <= last else "R-TANGGAL-DI-LUAR-MASA"

    def sentence(self, code, facts):
        day = date_format(facts["date"], "DATE_FORMAT")
        if code:
            return _("This policy does not apply on %(day)s.") % {"day": day}
        return _("This policy applies on %(day)s.") % {"day": day}
