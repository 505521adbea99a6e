"""Requests that something held about a person be put right: asked and taken back by the person, answered by HR.

The answer changes no data by itself: HR corrects the row by its own action, and says here what it did.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from employees import permissions
from employees.models import DataRequest, Employee
from ledger.trail import record

from .refused import Refused

LONGEST = 2_000  # characters of each text
MOST_OPEN = 10  # of one person at a time
State = DataRequest.State


@transaction.atomic
def ask_correction(*, about: str, wrong: str, wanted: str, by, at: dt.datetime) -> DataRequest:
    """Ask that something about oneself be put right; the clock of 3 × 24 hours starts (UU 27/2022 art. 30).

    Raises `Refused`: NOBODY, BAD_KIND, EMPTY, TOO_LONG, TOO_MANY.
    """
    wrong, wanted = _worded(wrong), _worded(wanted)
    if about not in DataRequest.About.values:
        raise Refused("BAD_KIND", _("Choose what the request is about."))
    # one person's clicks stand in line, so that the limit holds
    person = Employee.objects.select_for_update(of=("self",), no_key=True).filter(pk=by.reach.me).first()
    if person is None:
        raise Refused("NOBODY", _("This account belongs to no civil servant, so nothing is held about one."))
    if DataRequest.objects.filter(employee=person, state=State.OPEN).count() >= MOST_OPEN:
        text = _("%(count)s requests of yours wait for an answer. Wait for one, or take one back.")
        raise Refused("TOO_MANY", text % {"count": MOST_OPEN})
    made = DataRequest.objects.create(
        employee=person,
        agency_id=person.agency_id,
        about=about,
        wrong=wrong,
        wanted=wanted,
        asked_at=at,
        due_at=at + DataRequest.TERM,
    )
    after = {"about": about, "due_at": made.due_at.isoformat()}
    record(verb="data.correction-asked", subject=made, by=by, at=at, agency_id=made.agency_id, after=after)
    return made


@transaction.atomic
def withdraw_correction(*, request_id: int, by, at: dt.datetime) -> DataRequest:
    """Take one's own request back before it is answered. Raises `Refused`: UNKNOWN, ANSWERED."""
    one = _locked(request_id)
    if one is None or one.employee_id != by.reach.me:
        raise Refused("UNKNOWN", _("There is no such request of yours."))
    _check_open(one)
    _becomes(one, State.WITHDRAWN)
    record(verb="data.correction-withdrawn", subject=one, by=by, at=at, agency_id=one.agency_id)
    return one


@transaction.atomic
def answer_correction(*, request_id: int, done: bool, answer: str, version: int, by, at: dt.datetime) -> DataRequest:
    """Say that it has been put right, or why not; always in words.

    Raises `permissions.Denied` (own case, not HR of the whole agency), or `Refused`: UNKNOWN, ANSWERED, STALE, EMPTY,
    TOO_LONG.
    """
    one = _locked(request_id)
    if one is None:
        raise Refused("UNKNOWN", _("There is no such request."))
    permissions.check_may_answer_data_request(by, one)
    _check_open(one)
    if one.version != version:
        raise Refused("STALE", _("This request has changed since the page was opened. Load the page again."))
    one.answer, one.answered_by, one.answered_at = _worded(answer), by, at
    _becomes(one, State.DONE if done else State.REFUSED)
    verb = "data.correction-done" if done else "data.correction-refused"
    after = {"late": at > one.due_at}
    record(verb=verb, subject=one, by=by, at=at, agency_id=one.agency_id, reason=one.answer, after=after)
    return one


def _worded(text: str) -> str:
    text = text.strip()
    if not text:
        raise Refused("EMPTY", _("Say it in words: who reads it must know what is meant."))
    if len(text) > LONGEST:
        raise Refused("TOO_LONG", _("Write at most %(count)s characters.") % {"count": LONGEST})
    return text


def _locked(request_id: int) -> DataRequest | None:
    return DataRequest.objects.select_for_update(of=("self",)).filter(pk=request_id).first()


def _check_open(one: DataRequest) -> None:
    if one.state != State.OPEN:
        raise Refused("ANSWERED", _("This request is already %(state)s.") % {"state": one.get_state_display()})


def _becomes(one: DataRequest, state: str) -> None:
    one.state = state
    one.version += 1
    one.save(update_fields=["state", "answer", "answered_by", "answered_at", "version"])
