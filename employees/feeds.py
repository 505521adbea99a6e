"""Until which day an agency's records of a kind are complete: what may be said, and the one place that writes it.

Files (`intake`) and forms (`actions`) ask the same questions and say the same sentences.
"""

import dataclasses
import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from employees.calendar import local_date
from employees.leave import EARLIEST
from employees.models import Agency, AgencyInputs, Feed
from ledger.trail import record


@dataclasses.dataclass(frozen=True)
class Completeness:
    """The records are complete until this day, itself included; `earlier`: also if more was said before."""

    until: dt.date
    earlier: bool = False


def misfit(before: dt.date | None, said: Completeness, agency: Agency, at: dt.datetime) -> tuple[str, str] | None:
    """What is wrong with it, as (stable code, sentence); None: nothing."""
    if said.until > local_date(at, agency.zone):
        return "FUTURE", _(
            "Records cannot be complete for days that are still to come. Choose today or an earlier day."
        )
    if said.until < EARLIEST:
        return "BAD_YEAR", _("Check the year: records are complete until a day after 2000.")
    if before and said.until < before and not said.earlier:
        day = date_format(before, "DATE_FORMAT")
        return "BACKWARDS", _(
            "These records were complete until %(day)s. If that was wrong, say that the earlier day is meant."
        ) % {"day": day}
    return None


def complete_until(agency: Agency, kind: str) -> dt.date | None:
    """What is recorded; the row stays locked until the transaction ends. None: nothing was ever said."""
    rows = Feed.objects.select_for_update().filter(agency=agency, kind=kind)
    return rows.values_list("complete_until", flat=True).first()


def write(agency: Agency, kind: str, until: dt.date, *, before: dt.date | None, by, at: dt.datetime) -> Feed:
    """Keep it, with its event; whoever calls has asked `misfit`. The same day as before changes nothing."""
    feed, _new = Feed.objects.update_or_create(agency=agency, kind=kind, defaults={"complete_until": until})
    if until != before:
        AgencyInputs.objects.filter(agency=agency).changed()
        record(
            verb="feed.complete_until",
            subject=feed,
            by=by,
            at=at,
            agency_id=agency.pk,
            before={"kind": str(kind), "until": before and before.isoformat()},
            after={"kind": str(kind), "until": until.isoformat()},
        )
    return feed
