"""Rules of units: set and ended by HR, dated, never edited."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from employees.calendar import local_date
from employees.models import Agency, Unit, User
from ledger.trail import record
from schedules.models import UnitRule, WfhDay
from schedules.permissions import check_may_rule

from .refused import Refused

Kind = UnitRule.Kind
LATEST = dt.date(2100, 12, 31)  # no rule is known so far ahead: a slip in the year
NEEDS: dict[str, Any] = {
    Kind.MIN_PRESENT: lambda r: (r.number is None) != (r.percent is None),
    Kind.MAX_REMOTE: lambda r: r.percent is not None,
    Kind.STAFFED_POST: lambda r: bool(r.number and r.post),
    Kind.BLACKOUT: lambda r: bool(r.reason),
    Kind.ANCHOR: lambda r: bool(r.reason),
    Kind.STAGES: lambda r: r.number in (1, 2),
    Kind.CUTOFF: lambda r: r.number is not None and 6 <= r.number <= 18,
}


@transaction.atomic
def set_rule(
    *,
    by: User,
    agency: Agency,
    unit: Unit | None,
    kind: str,
    since: dt.date,
    at: dt.datetime,
    last: dt.date | None = None,
    weekday: int | None = None,
    date: dt.date | None = None,
    slot: str = WfhDay.Slot.FULL,
    number: int | None = None,
    percent: int | None = None,
    post: str = "",
    reason: str = "",
    lifted: bool = False,
) -> UnitRule:
    """Set a rule for a unit and everything below it (unit None: the whole agency), from `since` to `last` included.

    It counts from the next plan and the next request on; a published week stays as it is (the repair screen mends it).
    Raises `Denied`, or `Refused`: OTHER_AGENCY, PAST, BACKWARDS, TOO_FAR, INCOMPLETE, TWO_DAYS.
    """
    check_may_rule(by, agency.pk, unit)
    _check_dates(agency, unit, since, last, weekday, date, at)
    rule = UnitRule(
        agency=agency,
        unit=unit,
        kind=kind,
        weekday=weekday,
        date=date,
        slot=slot,
        number=number,
        percent=percent,
        post=post.strip(),
        reason=reason.strip(),
        lifted=lifted,
        valid=DateRange(since, last + dt.timedelta(days=1) if last else None),
    )
    _check_complete(rule)
    rule.save()
    record(verb="unitrule.set", subject=rule, by=by, at=at, agency_id=agency.pk, reason=rule.reason, after=_facts(rule))
    return rule


def _check_dates(agency: Agency, unit: Unit | None, since, last, weekday, date, at: dt.datetime) -> None:
    if unit is not None and unit.agency_id != agency.pk:
        raise Refused("OTHER_AGENCY", _("That unit belongs to another agency."))
    if since < local_date(at, agency.zone):
        raise Refused("PAST", _("A rule begins today at the earliest."))
    if last is not None and last < since:
        raise Refused("BACKWARDS", _("The last day lies before the first."))
    _check_year(since, last, date)
    if weekday and date:
        raise Refused("TWO_DAYS", _("Name a weekday or a date, not both."))


def _check_year(*dates: dt.date | None) -> None:
    if any(date and date > LATEST for date in dates):
        raise Refused("TOO_FAR", _("Check the year: rules are set up to 2100. Leave the last day empty for no end."))


def _facts(rule: UnitRule) -> dict:
    """What the event keeps of a rule."""
    date = rule.date.isoformat() if rule.date else None
    names = ("kind", "unit_id", "weekday", "slot", "number", "percent", "lifted")
    return {name: getattr(rule, name) for name in names} | {"date": date}


def _check_complete(rule: UnitRule) -> None:
    said: dict[str, str] = {
        Kind.MIN_PRESENT: _("Give a number of people or a share, not both."),
        Kind.MAX_REMOTE: _("Give the share in per cent."),
        Kind.STAFFED_POST: _("Give the post as it is written on the placements, and how many must be there."),
        Kind.BLACKOUT: _("Give the reason; people read it."),
        Kind.ANCHOR: _("Give the reason; people read it."),
        Kind.STAGES: _("Give the number of stages: 1 or 2."),
        Kind.CUTOFF: _("Give an hour from 6 to 18."),
    }
    if rule.kind not in said:
        raise Refused("INCOMPLETE", _("Choose a kind of rule."))
    if not rule.lifted and not NEEDS[rule.kind](rule):
        raise Refused("INCOMPLETE", str(said[rule.kind]))
    try:
        rule.full_clean(validate_constraints=False)
    except ValidationError as error:
        raise Refused("INCOMPLETE", " ".join(error.messages)) from error


@transaction.atomic
def end_rule(*, by: User, rule_id: int, last: dt.date, at: dt.datetime) -> UnitRule:
    """End a rule after a day (`last` included), today at the earliest.

    Raises `Denied`, or `Refused`: ENDED, PAST, TOO_FAR, BACKWARDS.
    """
    rule = UnitRule.objects.select_for_update(of=("self",)).select_related("agency", "unit").get(pk=rule_id)
    check_may_rule(by, rule.agency_id, rule.unit)
    today = local_date(at, rule.agency.zone)
    if rule.valid.upper is not None and rule.valid.upper <= today:
        raise Refused("ENDED", _("This rule has ended already."))
    if last < today:
        raise Refused("PAST", _("A rule ends today at the earliest: what counted, counted."))
    _check_year(last)
    before = {"upper": rule.valid.upper.isoformat() if rule.valid.upper else None}
    end = last + dt.timedelta(days=1)
    if rule.valid.lower is not None and end <= rule.valid.lower:
        raise Refused("BACKWARDS", _("The last day lies before the first."))
    rule.valid = DateRange(rule.valid.lower, end)
    rule.version += 1
    rule.save(update_fields=["valid", "version"])
    after = {"upper": end.isoformat()}
    record(verb="unitrule.end", subject=rule, by=by, at=at, agency_id=rule.agency_id, before=before, after=after)
    return rule
