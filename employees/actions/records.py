"""Records about one person entered, ended and taken back by HR: discipline, absences, facts of the agency's own.

The ledger keeps ids, dates and codes: no number of a decree, no value of a fact. What the records change in decisions
already published is a matter of `eligibility`, two floors up.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from employees import values
from employees.calendar import local_date
from employees.models import Absence, AgencyInputs, Discipline, Employee, Fact
from employees.permissions import people_of
from employees.reading import BadCell
from employees.records import absence_misfit, days_between, discipline_misfit, period, period_misfit
from ledger.trail import record

from .refused import Refused


@transaction.atomic
def record_discipline(
    *,
    employee: Employee,
    level: str,
    first: dt.date,
    last: dt.date | None,
    status: str,
    decree: str,
    by,
    at: dt.datetime,
) -> Discipline:
    """Record a punishment or a case in process; `last` is its last day (None: none, or not known yet).

    `level` and `status` are codes of `Discipline` (the level may be empty while in process). What was cancelled may be
    recorded again, with another level or end: so a slip is corrected. Raises `Refused` with the codes NOT_YOURS, OWN,
    BAD_LEVEL, BAD_STATUS, NO_LEVEL, NO_END, BAD_YEAR, LAST_BEFORE_FIRST, TOO_LONG and TAKEN.
    """
    _check_person(employee, by)
    if status not in Discipline.Status.values:
        raise Refused("BAD_STATUS", _("Choose in process, imposed or cancelled."))
    if level and level not in Discipline.Level.values:
        raise Refused("BAD_LEVEL", _("Choose light, medium or severe."))
    _check(discipline_misfit(level=level, first=first, last=last, status=status))
    key = {"employee": employee, "start": first, "decree": _line(decree, 100)}
    cancelled = Discipline.objects.select_for_update().filter(**key, status=Discipline.Status.CANCELLED).first()
    if cancelled:
        return _discipline_becomes(cancelled, "discipline.record", by, at, level=level, end=last, status=status)
    made = Discipline(**key, agency_id=employee.agency_id, level=level, end=last, status=status)
    _add(made, _("A record with this number of the decree and this first day is already there. Open it to change it."))
    _changed(made, "discipline.record", by, at, after=_punishment(made))
    return made


@transaction.atomic
def end_discipline(*, discipline_id: int, last: dt.date, by, at: dt.datetime) -> Discipline:
    """Set the last day of a punishment or of a case in process (earlier or later than before).

    Raises `Refused` with the codes NOT_YOURS, OWN, CANCELLED, BAD_YEAR and LAST_BEFORE_FIRST.
    """
    one = _locked(Discipline, discipline_id, by)
    if one.status == Discipline.Status.CANCELLED:
        raise Refused("CANCELLED", _("This record was cancelled: it has no effect, so it cannot end either."))
    _check(period_misfit(one.start, last))
    return _discipline_becomes(one, "discipline.end", by, at, end=last)


@transaction.atomic
def cancel_discipline(*, discipline_id: int, by, at: dt.datetime) -> Discipline:
    """A punishment rescinded, or a case dropped: the record stays, without any effect (domain.md §4.4).

    Raises `Refused` with the codes NOT_YOURS and OWN. Cancelling twice changes nothing.
    """
    one = _locked(Discipline, discipline_id, by)
    return _discipline_becomes(one, "discipline.cancel", by, at, status=Discipline.Status.CANCELLED.value)


def _discipline_becomes(one: Discipline, verb: str, by, at, **fields) -> Discipline:
    before = _punishment(one)
    for name, value in fields.items():
        setattr(one, name, value)
    if _punishment(one) != before:
        Discipline.objects.filter(pk=one.pk).update(**fields)
        _changed(one, verb, by, at, before=before, after=_punishment(one))
    return one


@transaction.atomic
def record_absence(*, employee: Employee, date: dt.date, kind: str, by, at: dt.datetime) -> Absence:
    """Record one day of absence; of the kinds only ALPA, unexcused, counts against a person.

    Raises `Refused` with the codes NOT_YOURS, OWN, BAD_YEAR, FUTURE, BAD_KIND and TAKEN.
    """
    _check_person(employee, by)
    kind = kind.strip().upper()
    _check(absence_misfit(date=date, kind=kind, today=local_date(at, employee.agency.zone)))
    made = Absence(employee=employee, agency_id=employee.agency_id, date=date, kind=kind)
    _add(made, _("An absence of this person on that day is already recorded. Open it to take it back."))
    _changed(made, "absence.record", by, at, after=_absent(made))
    return made


@transaction.atomic
def take_back_absence(*, absence_id: int, by, at: dt.datetime) -> Absence:
    """The absence was excused or never was: the row is gone, its history and the event stay.

    Raises `Refused` with the codes NOT_YOURS and OWN.
    """
    one = _locked(Absence, absence_id, by)
    before = _absent(one)
    Absence.objects.filter(pk=one.pk).delete()
    _changed(one, "absence.take_back", by, at, before=before)
    return one


@transaction.atomic
def record_fact(
    *,
    employee: Employee,
    key: str,
    text: str,
    first: dt.date | None,
    last: dt.date | None,
    source: str,
    by,
    at: dt.datetime,
) -> Fact:
    """Record a fact of the agency's own, valid from the first to the last day (None: open on that side).

    `text` is typed as the import does. Raises `Refused` with the codes NOT_YOURS, OWN, BAD_KEY, BAD_VALUE, BAD_YEAR,
    LAST_BEFORE_FIRST, TOO_LONG and TAKEN.
    """
    _check_person(employee, by)
    _check(period_misfit(first, last))
    try:
        key = values.key(key.strip())
    except BadCell as problem:
        raise Refused("BAD_KEY", str(problem)) from None
    try:
        value = values.value(text.strip())
    except BadCell as problem:
        raise Refused("BAD_VALUE", str(problem)) from None
    made = Fact(
        employee=employee,
        agency_id=employee.agency_id,
        key=key,
        text=value.text,
        number=value.number,
        flag=value.flag,
        day=value.day,
        valid=period(first, last),
        source=_line(source, 200),
    )
    taken = _("This fact is already recorded from that day on. End it, or take it back.")
    if Fact.objects.filter(employee=employee, key=key, valid__startswith=first).exists():
        raise Refused("TAKEN", taken)
    _add(made, taken)
    _changed(made, "fact.record", by, at, after=_fact(made))
    return made


@transaction.atomic
def end_fact(*, fact_id: int, last: dt.date | None, by, at: dt.datetime) -> Fact:
    """Set the last day of a fact, or take it back as a whole (`last` None: it never held).

    Raises `Refused` with the codes NOT_YOURS, OWN, BAD_YEAR and LAST_BEFORE_FIRST.
    """
    one = _locked(Fact, fact_id, by)
    before = _fact(one)
    if last is None:
        Fact.objects.filter(pk=one.pk).delete()
        _changed(one, "fact.take_back", by, at, before=before)
        return one
    first, _until = days_between(one.valid)
    _check(period_misfit(first, last))
    one.valid = period(first, last)
    if _fact(one) != before:
        Fact.objects.filter(pk=one.pk).update(valid=one.valid)
        _changed(one, "fact.end", by, at, before=before, after=_fact(one))
    return one


# --- what they share ----------------------------------------------------------------------------


def _check_person(employee: Employee, by) -> None:
    """Raises `Refused` unless `by` is the person's HR; about oneself only a colleague records, facts of the
    agency's own too: a policy may ask for any of them.

    The person stays locked until the transaction ends: who records at the same moment sees what is there by then.
    """
    people = Employee.objects.filter(people_of(by)).select_for_update(of=("self",), no_key=True)
    if people.filter(pk=employee.pk).first() is None:
        raise Refused("NOT_YOURS", _("This person does not exist, or you are not their HR officer."))
    _check_not_oneself(employee.pk, by)


def _check_not_oneself(employee_id: int, by) -> None:
    if by.employee_id == employee_id:
        raise Refused("OWN", _("Nobody changes records about themselves. Ask a colleague of HR."))


def _locked(model, pk: int, by):
    """The row, locked, if `by` is HR of whom it is about."""
    rows = model.objects.filter(people_of(by, employee="employee_id", agency="employee__agency_id"))
    one = rows.select_for_update(of=("self",)).filter(pk=pk).first()
    if one is None:
        raise Refused("NOT_YOURS", _("This record does not exist, or you are not this person's HR officer."))
    _check_not_oneself(one.employee_id, by)
    return one


def _check(problem: tuple[str, str, str] | None) -> None:
    if problem:
        _field, code, sentence = problem
        raise Refused(code, sentence)


def _line(text: str, longest: int) -> str:
    text = " ".join(text.split())
    if len(text) > longest:
        raise Refused("TOO_LONG", _("At most %(longest)d characters.") % {"longest": longest})
    return text


def _add(made, taken: str) -> None:
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if "_once" not in str(error):  # the constraint of the record's key
            raise
        raise Refused("TAKEN", taken) from None


def _changed(one, verb: str, by, at, before=None, after=None) -> None:
    AgencyInputs.objects.filter(agency=one.agency_id).changed()
    record(verb=verb, subject=one, by=by, at=at, agency_id=one.agency_id, before=before, after=after)


def _punishment(one: Discipline) -> dict:
    days = {"first": one.start.isoformat(), "last": one.end and one.end.isoformat()}
    return {"employee": one.employee_id, "level": one.level, "status": str(one.status)} | days


def _absent(one: Absence) -> dict:
    return {"employee": one.employee_id, "date": one.date.isoformat(), "kind": one.kind}


def _fact(one: Fact) -> dict:
    first, last = days_between(one.valid)
    days = {"first": first and first.isoformat(), "last": last and last.isoformat()}
    return {"employee": one.employee_id, "key": one.key} | days
