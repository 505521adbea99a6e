"""Who read what: one row for each record of somebody else that was opened (rulings.md 26)."""

import datetime as dt
from collections.abc import Iterable

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .models import ReadLog
from .request_id import REQUEST_ID

BATCH = 5_000


def seen(*, by, people: Iterable[tuple[int, int | None]], what: str, at: dt.datetime) -> int:
    """Write that `by` (a user) opened the records of these people, each an (employee id, agency id); how many rows.

    One's own record is not written. `what` names the page or export, never what stood in it. Called by the door that
    shows the record, once an answer: it is the one thing a GET may write.
    """
    mine = getattr(by, "employee_id", None)
    rows = [
        ReadLog(
            at=at, actor_id=by.pk, employee_id=person, agency_id=agency, what=what[:60], request_id=REQUEST_ID.get()
        )
        for person, agency in dict.fromkeys(people)
        if person and person != mine
    ]
    ReadLog.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def opened(what: str) -> str:
    """What was opened, in words: a page's kind of row by its name, files and calls by what they are."""
    words = {
        "whole-record": _("the whole record"),
        "readings": _("who read what (file)"),
        "access": _("who may decide (file)"),
        "api-decision": _("a decision, with reasons (API)"),
        "api-decisions": _("decisions (API)"),
        "api-request": _("a request (API)"),
        "api-requests": _("requests (API)"),
    }
    if what in words:
        return words[what]
    try:
        return capfirst(str(apps.get_model(what)._meta.verbose_name))
    except (LookupError, ValueError):  # a kind of row that is gone since
        return what
