"""What must follow a change: written in its transaction, done once by a worker (reliability.md, promise P2)."""

import datetime as dt
import logging
from collections.abc import Callable

from django.db import connection, transaction

from .models import Outbox

log = logging.getLogger(__name__)
CHANNEL = "outbox"  # a worker that listens wakes at once; the short tick is the fallback
GIVE_UP_AFTER = 8  # attempts; the last waits over two hours


def put(*, kind: str, key: str, at: dt.datetime, payload: dict | None = None, agency_id: int | None = None) -> None:
    """Add an entry unless one with the same key exists. Only ids belong into `payload`."""
    entry = Outbox(kind=kind, key=key, payload=payload or {}, agency_id=agency_id, due_at=at)
    put_many([entry])


def put_many(entries: list[Outbox]) -> None:
    """As `put`, for many at once."""
    Outbox.objects.bulk_create(entries, ignore_conflicts=True, batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def drain(*, kind: str, handle: Callable[[Outbox], None], at: dt.datetime, limit: int = 200) -> int:
    """Do the due entries of a kind, each in its own transaction; returns how many. Two workers never take the same one.

    A failing entry waits longer each time and is given up, visibly, after `GIVE_UP_AFTER` attempts.
    """
    done = 0
    while done < limit and _one(kind, handle, at):
        done += 1
    return done


def _one(kind: str, handle, at: dt.datetime) -> bool:
    with transaction.atomic():
        entry = (
            Outbox.objects.select_for_update(skip_locked=True)
            .filter(kind=kind, due_at__lte=at, done_at__isnull=True, dead_at__isnull=True)
            .order_by("due_at", "pk")
            .first()
        )
        if entry is None:
            return False
        entry.attempts += 1
        try:
            with transaction.atomic():
                handle(entry)
        except Exception as error:
            log.exception("outbox entry %s failed (attempt %s)", entry.pk, entry.attempts)
            entry.error = type(error).__name__
            entry.due_at = at + dt.timedelta(minutes=2 ** (entry.attempts - 1))
            if entry.attempts >= GIVE_UP_AFTER:
                entry.dead_at = at
        else:
            entry.done_at, entry.error = at, ""
        entry.save(update_fields=["attempts", "error", "due_at", "dead_at", "done_at"])
    return True
