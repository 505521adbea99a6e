"""Recording what happened. Called inside the action's own transaction, once per action (rulings.md 10, 24)."""

import json
import logging
import re
import threading
from collections import Counter

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connection, transaction

from .models import Event
from .request_id import REQUEST_ID

security = logging.getLogger("security")
# The words of OWASP's logging vocabulary that the portal uses, so that a collector knows them without being told.
VOCABULARY = frozenset(
    {"authz_fail", "authn_login_fail", "authn_login_lock", "authn_login_fail_max", "authn_token_reuse", "excess_rate"}
)
_recent: Counter[tuple] = Counter()  # (minute, account) → denials written by this process
_recent_lock = threading.Lock()


def record(*, verb, subject, by, at, agency_id, reason="", before=None, after=None, on_behalf_of=None) -> Event:
    """Write one event. `by` is the acting user, None for the system; `before`/`after` hold ids and codes only."""
    return Event.objects.create(
        at=at,
        verb=verb,
        actor_id=by.pk if by else None,
        on_behalf_of_id=on_behalf_of.pk if on_behalf_of else None,
        agency_id=agency_id,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        reason=reason,
        before=before or {},
        after=after or {},
        request_id=REQUEST_ID.get(),
    )


def record_each(*, verb, subjects, by, at, reason="", before=None, after=None, on_behalf_of=None) -> int:
    """One event for each row of `subjects` (a queryset of a model with an agency), in one statement (rulings.md 24).

    The rows are read as they are when this runs. Returns how many events were written.
    """
    try:
        rows, params = subjects.order_by().values_list("agency_id", "pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {Event._meta.db_table} (at, verb, actor_id, on_behalf_of_id, agency_id, subject_type,
                                                    subject_id, reason, before, after, request_id)
                SELECT %s, %s, %s, %s, subject.agency_id, %s, subject.id, %s, %s, %s, %s
                FROM ({rows}) AS subject (agency_id, id) ORDER BY subject.id""",  # noqa: S608 - parts of our own
            [
                at,
                verb,
                by.pk if by else None,
                on_behalf_of.pk if on_behalf_of else None,
                subjects.model._meta.label_lower,
                reason,
                json.dumps(before or {}),
                json.dumps(after or {}),
                REQUEST_ID.get(),
                *params,
            ],
        )
        return cursor.rowcount


def denied(
    *, by, at, route, what="authz_fail", method="", status=403, code="", subject_type="", subject_id=0, agency_id=None
) -> Event | None:
    """Write that something was refused: one log line, and one event `denied` (rulings.md 25).

    Call it after the refused transaction has ended, from the door that answers, so that the event stands in a
    transaction of its own and outlives the rollback. `by` is the account, None where it is not known; `what` a word of
    `VOCABULARY`. The line carries ids and codes only. An account that is refused more often than
    `DENIED_PER_MINUTE` gets lines but no further events, so nobody can fill the trail; and a trail that cannot be
    written never turns a refusal into an error. Returns the event, None where none was written.
    """
    if what not in VOCABULARY:
        raise ValueError(f"{what} is not a word of the logging vocabulary.")
    actor_id = by.pk if by else None
    subject_id = subject_id if 0 <= subject_id < 10**12 else 0  # a number of 18 digits may be a person's
    _line(what, actor_id, route, method, status, code, subject_type, subject_id)
    if _too_many(actor_id, at):
        return None
    try:
        with transaction.atomic():
            return Event.objects.create(
                at=at,
                verb="denied",
                actor_id=actor_id,
                agency_id=agency_id,
                subject_type=subject_type[:40],
                subject_id=subject_id,
                after={"what": what, "route": route, "method": method, "status": status, "code": code},
                request_id=REQUEST_ID.get(),
            )
    except DatabaseError:
        security.exception("a denial could not be written to the trail")
        return None


def unusual(*, by, at, verb, agency_id, after) -> None:
    """Write that an account does more of something than there is usually reason to: an event and a line of the log."""
    _line("excess_rate", by.pk, verb, "", 200, "", by._meta.label_lower, by.pk)
    record(verb=verb, subject=by, by=by, at=at, agency_id=agency_id, after=after)


def denied_reading(*, by, route, method="GET", status=404, code="", subject_type="", subject_id=0) -> None:
    """A refused reading: one log line and nothing in the database, for GET writes nothing."""
    _line("authz_fail", by.pk, route, method, status, code, subject_type, subject_id)


def _line(what, actor_id, route, method, status, code, subject_type, subject_id) -> None:
    said = (what, actor_id or "-", route, method or "-", status, code or "-", subject_type or "-", subject_id or "-")
    security.warning("%s:%s,%s method=%s status=%s code=%s subject=%s/%s", *map(_one_line, said))


def _too_many(actor_id, at) -> bool:
    """Whether this process has written its share of this account's denials in this minute."""
    minute = at.replace(second=0, microsecond=0)
    with _recent_lock:
        for key in [key for key in _recent if key[0] != minute]:
            del _recent[key]
        _recent[minute, actor_id] += 1
        return _recent[minute, actor_id] > settings.DENIED_PER_MINUTE


def _one_line(value) -> str:
    """As it may stand in a line: nothing that could begin another, and not without end."""
    return re.sub(r"[^\w.:/~@ -]", "?", str(value), flags=re.ASCII)[:120]
