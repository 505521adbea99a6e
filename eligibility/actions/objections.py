"""Objections (*keberatan*): filed and taken back by the person, answered by HR, granted by silence under UU 30/2014.

An upheld one leads to a correction of that person's week, which an authorised person gives effect; nothing published
changes by the answer alone.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from eligibility import permissions, queries
from eligibility.models import Correction, Objection, Run
from employees.calendar import local_date
from employees.models import Employee, ObjectionTrack
from ledger.trail import record

from .corrections import propose_by_hand
from .refused import Refused

LONGEST = 4_000  # characters of an objection or an answer
BY_SILENCE = "DEEMED_GRANTED"  # stands for an answer that nobody wrote; pages say it in a sentence
State = Objection.State


def file_objection(*, run_id: int, text: str, by, at: dt.datetime) -> Objection:
    """Object to the published decision of a run about oneself, in one's own words.

    Raises `Refused`: UNKNOWN, EMPTY, TOO_LONG, NOTHING_TO_OBJECT, TOO_LATE, OPEN, ANSWERED.
    """
    text = _worded(text, _("Say what is wrong and what would be right; HR answers what you write."))
    try:
        with transaction.atomic():
            return _file(run_id, text, by, at)
    except IntegrityError as error:
        raise Refused("OPEN", _("Your objection for this week is already being examined.")) from error


def _file(run_id: int, text: str, by, at: dt.datetime) -> Objection:
    # one person's clicks stand in line, so that one week has one open objection, whatever its tracks
    rows = Employee.objects.select_related("agency").select_for_update(of=("self",), no_key=True)
    person = rows.filter(pk=by.reach.me).first()
    run = Run.objects.published().filter(pk=run_id, agency=person.agency_id).first() if person else None
    decision = queries.decision_at(run, person.pk) if person and run else None
    if person is None or run is None or decision is None:
        raise Refused("UNKNOWN", _("Nothing has been decided about you there, so there is nothing to object to."))
    found = queries.challenge(person, run, decision, at)
    _check(person, run, found)
    made = Objection.objects.create(
        employee=person,
        agency=person.agency,
        run=run,
        procedure=found.procedure,
        reasons=decision.reasons,
        text=text,
        filed_at=at,
        file_until=found.file_until,
        answer_due=queries.term_end(person.agency, local_date(at, person.agency.zone), found.terms.answer),
    )
    after = {"run": run.pk, "procedure": made.procedure, "answer_due": made.answer_due.isoformat()}
    record(verb="objection.file", subject=made, by=by, at=at, agency_id=person.agency_id, after=after)
    return made


def _check(person: Employee, run: Run, found) -> None:
    if Objection.objects.filter(employee=person, run__week=run.week, state=State.FILED).exists():
        raise Refused("OPEN", _("Your objection for this week is already being examined."))
    if found.decision.eligible:
        raise Refused("NOTHING_TO_OBJECT", _("You are eligible in this week, so there is nothing to object to."))
    if found.answered:
        message = _("Your objection to this decision has been answered; the answer stands under your objections.")
        raise Refused("ANSWERED", message)
    if found.late:
        named = {"date": date_format(found.file_until, "DATE_FORMAT"), "days": found.terms.file}
        message = _("The time to object (%(days)s working days) ended on %(date)s. Ask your HR office for advice.")
        raise Refused("TOO_LATE", message % named)


@transaction.atomic
def withdraw_objection(*, objection_id: int, by, at: dt.datetime) -> Objection:
    """Take one's own objection back before it is answered. Raises `Refused`: UNKNOWN, ANSWERED."""
    one = _locked(objection_id)
    if one is None or one.employee_id != by.reach.me:
        raise Refused("UNKNOWN", _("There is no such objection of yours."))
    _check_open(one)
    _becomes(one, State.WITHDRAWN)
    record(verb="objection.withdraw", subject=one, by=by, at=at, agency_id=one.agency_id)
    return one


@transaction.atomic
def answer_objection(*, objection_id: int, upheld: bool, answer: str, version: int, by, at: dt.datetime) -> Objection:
    """Uphold an objection (a correction to "eligible" is then proposed) or reject it; always in words.

    Raises `Denied` (own case, own decision, not HR), or `Refused`: UNKNOWN, EMPTY, TOO_LONG, ANSWERED, STALE,
    GRANTED_BY_SILENCE.
    """
    one = _locked(objection_id)
    if one is None:
        raise Refused("UNKNOWN", _("There is no such objection."))
    permissions.check_may_answer(by, one, queries.deciders(one))
    _check_open(one)
    if one.version != version:
        raise Refused("STALE", _("This objection has changed since the page was opened. Load the page again."))
    text = _worded(answer, _("Write an answer: the person reads why."))
    today = local_date(at, one.agency.zone)
    terms = queries.TERMS[ObjectionTrack(one.procedure)]
    if terms.silence_grants and today > one.answer_due:
        message = _("The time to answer ended on %(date)s: by law the objection counts as granted.")
        raise Refused("GRANTED_BY_SILENCE", message % {"date": date_format(one.answer_due, "DATE_FORMAT")})
    one.answer, one.decided_by, one.decided_at = text, by, at
    if upheld:
        _grant(one, by, at, start=today)
    _becomes(one, State.UPHELD if upheld else State.REJECTED)
    after = {"correction": one.correction_id} if one.correction_id else {}
    verb = "objection.uphold" if upheld else "objection.reject"
    record(verb=verb, subject=one, by=by, at=at, agency_id=one.agency_id, reason=text, after=after)
    return one


@transaction.atomic
def grant_by_silence(*, objection_id: int, at: dt.datetime) -> Objection | None:
    """Record that an objection counts as granted since the day after its term (UU 30/2014 art. 77). Happens once.

    None where it has been answered meanwhile, or its term has not passed.
    """
    one = _locked(objection_id)
    if one is None or one.state != State.FILED or one.procedure != ObjectionTrack.UU30:
        return None
    if local_date(at, one.agency.zone) <= one.answer_due:
        return None
    one.answer, one.decided_at = BY_SILENCE, at
    one.deemed_granted_on = one.answer_due + dt.timedelta(days=1)
    _grant(one, None, at, start=one.answer_due)
    _becomes(one, State.UPHELD)
    after = {"deemed_granted_on": one.deemed_granted_on.isoformat(), "correction": one.correction_id}
    record(verb="objection.granted-by-silence", subject=one, by=None, at=at, agency_id=one.agency_id, after=after)
    return one


def _worded(text: str, missing: str) -> str:
    text = text.strip()
    if not text:
        raise Refused("EMPTY", missing)
    if len(text) > LONGEST:
        raise Refused("TOO_LONG", _("At most %(count)s characters, please.") % {"count": LONGEST})
    return text


def _locked(objection_id: int) -> Objection | None:
    rows = Objection.objects.select_related("agency", "run").select_for_update(of=("self",))
    return rows.filter(pk=objection_id).first()


def _check_open(one: Objection) -> None:
    if one.state != State.FILED:
        named = {"state": one.get_state_display()}
        raise Refused("ANSWERED", _("This objection is no longer open: it is %(state)s.") % named)


def _becomes(one: Objection, state: str) -> None:
    one.state = state
    one.version += 1
    one.save()


def _grant(one: Objection, by, at: dt.datetime, *, start: dt.date) -> None:
    """What follows from granting: the term to give effect, and the correction that does so."""
    effect = queries.TERMS[ObjectionTrack(one.procedure)].effect
    one.effect_due = queries.term_end(one.agency, start, effect) if effect else None
    decision = queries.decision_at(one.run, one.employee_id)
    if decision is None or not decision.eligible:  # a correction may have said so meanwhile
        one.correction = propose_by_hand(
            run_id=one.run_id,
            employee_id=one.employee_id,
            eligible=True,
            reasons=[],
            by=by,
            at=at,
            reason=one.answer if by else "",
            cause=Correction.Cause.OBJECTION,
        )
