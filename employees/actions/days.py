"""Days on which people are away: days off of an agency or of everybody, and the leave of one person.

What follows from them for days at home already given is a matter of `schedules`, two floors up.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from employees.calendar import local_date
from employees.leave import days_of, misfit, overlap_sentence, span
from employees.models import Agency, AgencyInputs, Employee, Holiday, Leave
from employees.permissions import may_declare_holiday, people_of
from ledger.trail import record

from .refused import Refused

WEST = ZoneInfo("Asia/Jakarta")


@transaction.atomic
def declare_holiday(
    *, agency: Agency | None, date: dt.date, name: str, kind: str, source: str, by, at: dt.datetime
) -> Holiday:
    """Add a day off for one agency (its HR), or for everybody (`agency` None; a platform administrator).

    `kind` is one of `Holiday.Kind`, `source` the decree. Raises `Refused` with the codes NOT_YOURS, NO_NAME, BAD_KIND,
    TOO_LONG and TAKEN. Days at home already given on that date stay until they are repaired.
    """
    _check_theirs(by, agency)
    name, source = " ".join(name.split()), " ".join(source.split())
    if not name:
        raise Refused("NO_NAME", _("Write the name of the day off; everybody reads it in their calendar."))
    if kind not in Holiday.Kind.values:
        raise Refused("BAD_KIND", _("Choose national holiday or joint leave."))
    _check_length(name, source)
    _check_free(agency, date)
    made = Holiday(date=date, name=name, kind=kind, agency=agency, source=source)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # somebody was faster between the look and the write
        _check_free(agency, date)
        raise
    _changed_for(agency)
    after = {"date": date.isoformat(), "kind": kind}
    record(verb="holiday.declare", subject=made, by=by, at=at, agency_id=made.agency_id, after=after)
    return made


@transaction.atomic
def withdraw_holiday(*, holiday_id: int, by, at: dt.datetime, reason: str, version: int) -> Holiday:
    """A day off does not take place; whoever may declare it may withdraw it. The row is gone, its history stays.

    Weeks that are published keep their plans: what follows for people is proposed to HR. Raises `Refused` with the
    codes NOT_YOURS, REASON_MISSING, STALE and PAST.
    """
    one = _to_change(holiday_id, by, at, reason, version)
    before = _of_holiday(one)
    Holiday.objects.filter(pk=one.pk).delete()
    _record_change("holiday.withdraw", one, by, at, reason, before)
    return one


@transaction.atomic
def move_holiday(*, holiday_id: int, date: dt.date, by, at: dt.datetime, reason: str, version: int) -> Holiday:
    """A day off is on another date. Raises `Refused` as `withdraw_holiday`, and with TAKEN and SAME."""
    one = _to_change(holiday_id, by, at, reason, version)
    before = _of_holiday(one)
    if date == one.date:
        raise Refused("SAME", _("That is the date it has already."))
    _check_ahead(date, at)
    _check_free(one.agency, date)
    one.date, one.version = date, one.version + 1
    try:
        with transaction.atomic():
            one.save(update_fields=["date", "version"])
    except IntegrityError:  # somebody was faster between the look and the write
        _check_free(one.agency, date)
        raise
    _record_change("holiday.move", one, by, at, reason, before, {"date": date.isoformat()})
    return one


def _to_change(holiday_id: int, by, at: dt.datetime, reason: str, version: int) -> Holiday:
    """A day off that is not over, under its lock."""
    rows = Holiday.objects.select_for_update(of=("self",)).select_related("agency")
    one = rows.filter(pk=holiday_id).first()
    if one is None:
        raise Refused("NOT_YOURS", _("This day off does not exist any more."))
    _check_theirs(by, one.agency)
    if not reason.strip():
        raise Refused("REASON_MISSING", _("Give a reason; it stays on record."))
    if one.version != version:
        raise Refused("STALE", _("This day off has changed since the page was opened. Load the page again."))
    _check_ahead(one.date, at)
    return one


def is_over(holiday_date: dt.date, at: dt.datetime) -> bool:
    """Whether a date is past in all of the country; the west comes last."""
    return holiday_date < local_date(at, WEST)


def _check_ahead(date: dt.date, at: dt.datetime) -> None:
    if is_over(date, at):
        raise Refused("PAST", _("That date is past; what has been, stays."))


def _of_holiday(one: Holiday) -> dict:
    return {"date": one.date.isoformat(), "kind": one.kind, "name": one.name}


def _record_change(verb: str, one: Holiday, by, at, reason: str, before: dict, after: dict | None = None) -> None:
    _changed_for(one.agency)
    known = {"by": by, "at": at, "agency_id": one.agency_id, "reason": reason.strip()}
    record(verb=verb, subject=one, before=before, after=after, **known)


def _changed_for(agency: Agency | None) -> None:
    everybody = AgencyInputs.objects.all()
    (everybody.filter(agency=agency) if agency else everybody).changed()


def _check_theirs(by, agency: Agency | None) -> None:
    if may_declare_holiday(by, agency.pk if agency else None):
        return
    if agency is None:
        text = _("Only a platform administrator declares a day off for everybody, moves or withdraws it.")
    else:
        text = _("Only HR of the whole agency declares its days off, moves or withdraws them.")
    raise Refused("NOT_YOURS", text)


def _check_length(*texts: str) -> None:
    if any(len(text) > 200 for text in texts):
        raise Refused("TOO_LONG", _("At most %(longest)d characters.") % {"longest": 200})


def _check_free(agency: Agency | None, date: dt.date) -> None:
    """Raises `Refused` if the date is a day off already: everybody's, or the agency's own."""
    there = Q(agency=None) | Q(agency=agency) if agency else Q(agency=None)
    taken = Holiday.objects.filter(there, date=date).order_by("agency_id").first()
    if taken:
        named = {"date": date_format(date, "DATE_FORMAT"), "name": taken.name}
        raise Refused("TAKEN", _("%(date)s is already a day off: %(name)s.") % named)


@transaction.atomic
def record_leave(
    *, employee: Employee, first: dt.date, last: dt.date, kind: str, source: str, by, at: dt.datetime
) -> Leave:
    """Record that a person is away from the first to the last day, both included; `by` is their HR officer or head.

    Raises `Refused` with the codes NOT_YOURS, BAD_YEAR, LAST_BEFORE_FIRST, TOO_LONG and OVERLAP.
    """
    if not Employee.objects.filter(people_of(by), pk=employee.pk).exists():
        raise Refused("NOT_YOURS", _("This person does not exist, or you are not their HR officer."))
    _check_days(first, last)
    kind, source = " ".join(kind.split()), " ".join(source.split())
    _check_length(source)
    if len(kind) > 60:
        raise Refused("TOO_LONG", _("At most %(longest)d characters.") % {"longest": 60})
    made = Leave(employee=employee, agency_id=employee.agency_id, valid=span(first, last), kind=kind, source=source)
    _check_not_away(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # somebody was faster between the look and the write
        _check_not_away(made)
        raise
    _changed(made, "leave.record", by, at, after=_dates(made))
    return made


@transaction.atomic
def end_leave(*, leave_id: int, by, at: dt.datetime, last: dt.date | None) -> Leave:
    """Shorten a leave to a new last day, or take it back as a whole (`last` None: it does not take place).

    The row of a leave taken back is gone; its history and the event stay. Raises `Refused` with the codes NOT_YOURS,
    LAST_BEFORE_FIRST and ENDS_EARLIER. The last day it already has changes nothing.
    """
    rows = Leave.objects.filter(people_of(by, employee="employee_id", agency="employee__agency_id"))
    leave = rows.select_for_update(of=("self",)).filter(pk=leave_id).first()
    if leave is None:
        raise Refused("NOT_YOURS", _("This leave does not exist, or you are not this person's HR officer."))
    before = _dates(leave)
    if last is None:
        Leave.objects.filter(pk=leave.pk).delete()
        _changed(leave, "leave.take_back", by, at, before=before)
        return leave
    first, until = days_of(leave.valid)
    if last > until:
        message = _("This leave ends before that day. Record the further days as another leave.")
        raise Refused("ENDS_EARLIER", message)
    _check_days(first, last)
    if last < until:
        leave.valid = span(first, last)
        Leave.objects.filter(pk=leave.pk).update(valid=leave.valid)
        _changed(leave, "leave.end", by, at, before=before, after=_dates(leave))
    return leave


def _check_days(first: dt.date, last: dt.date) -> None:
    problem = misfit(first, last)
    if problem:
        _which, code, sentence = problem
        raise Refused(code, sentence)


def _check_not_away(leave: Leave) -> None:
    """Raises `Refused` if another leave of the person shares a day with this one."""
    other = Leave.objects.filter(employee=leave.employee_id, valid__overlap=leave.valid).order_by("valid").first()
    if other:
        raise Refused("OVERLAP", overlap_sentence(other.valid))


def _dates(leave: Leave) -> dict:
    """What the ledger keeps: whose leave, and when; not its kind, which may tell of an illness."""
    first, last = days_of(leave.valid)
    return {"employee": leave.employee_id, "first": first.isoformat(), "last": last.isoformat()}


def _changed(leave: Leave, verb: str, by, at, before=None, after=None) -> None:
    AgencyInputs.objects.filter(agency=leave.agency_id).changed()
    record(verb=verb, subject=leave, by=by, at=at, agency_id=leave.agency_id, before=before, after=after)
