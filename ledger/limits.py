"""How often something may be tried: one atomic statement a try, in PostgreSQL (the cache's counters race and cost six).

A window opens with the first try and ends after `seconds`; whoever was refused does not make it longer, so a stranger
can delay somebody for one window but never for ever. The clock is the database's: all processes share it.
"""

import datetime as dt
import hashlib

from django.db import connection, transaction

from .models import Limit

_HIT = """
INSERT INTO ledger_limit AS kept (key, count, until)
VALUES (%(key)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN kept.until <= clock_timestamp() THEN 1 ELSE LEAST(kept.count, %(limit)s) + 1 END,
  until = CASE WHEN kept.until <= clock_timestamp() THEN EXCLUDED.until ELSE kept.until END
RETURNING count, ceil(extract(epoch FROM until - clock_timestamp()))::int
"""
_WAITING = """
SELECT ceil(extract(epoch FROM until - clock_timestamp()))::int FROM ledger_limit
WHERE key = %(key)s AND count >= %(limit)s AND until > clock_timestamp()
"""


def hit(key: str, *, limit: int, seconds: int) -> int | None:
    """Count a try; None if it is allowed, else the seconds to wait. Of any number at once exactly `limit` pass.

    `key` says what is limited and whose, for example `api-read:17`; only its digest is stored. Call it outside a
    transaction: inside one, everybody with the same key waits for its end, and a rollback forgets the try.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HIT, {"key": _digest(key), "limit": limit, "seconds": seconds})
        count, wait = cursor.fetchone()
    return max(wait, 1) if count > limit else None


def waiting(key: str, *, limit: int) -> int | None:
    """Without counting: the seconds to wait where `limit` tries were counted already (failures only, for example)."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"key": _digest(key), "limit": limit})
        row = cursor.fetchone()
    return max(row[0], 1) if row else None


def forget(key: str) -> None:
    """Begin anew, for example after a success."""
    Limit.objects.filter(key=_digest(key)).delete()


def purge(*, at: dt.datetime) -> int:
    """Delete counts whose window is over; how many rows that were. Rows in use are left to the next time."""
    with transaction.atomic():
        over = Limit.objects.select_for_update(skip_locked=True).filter(until__lt=at).values("key")
        return Limit.objects.filter(key__in=over).delete()[0]


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
