"""Requests to correct data together with what is told about them: HR hears of one, the person of the answer."""

import datetime as dt

from django.db import transaction

from employees import actions
from employees.models import DataRequest, User
from schedules.notices import tell, tell_many

from .objections import officers_of


@transaction.atomic
def ask_correction(*, about: str, wrong: str, wanted: str, by: User, at: dt.datetime) -> DataRequest:
    """See `employees.actions.ask_correction`; HR of the agency is told."""
    made = actions.ask_correction(about=about, wrong=wrong, wanted=wanted, by=by, at=at)
    officers = officers_of(made.agency_id, made.employee_id, at)
    tell_many([("data-asked", made, pk, f"{pk}") for pk in officers], at=at)
    return made


@transaction.atomic
def answer_correction(
    *, request_id: int, done: bool, answer: str, version: int, by: User, at: dt.datetime
) -> DataRequest:
    """See `employees.actions.answer_correction`; the person is told the answer."""
    one = actions.answer_correction(request_id=request_id, done=done, answer=answer, version=version, by=by, at=at)
    tell("data-answered", one, one.employee_id, at, facts={"by": by.pk, "reason": one.answer})
    return one
