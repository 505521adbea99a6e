"""Answers kept for repeats: a caller that names its write by a key may send it again, and it acts once.

The row is written before the work and completed after it, each on its own: it outlives a rolled back action, so that a
repeat finds it. Called outside a transaction.
"""

import datetime as dt

from django.db import connection

from .models import Reply

PATIENCE = dt.timedelta(seconds=60)  # whoever has not answered by then has crashed; the next repeat takes over
KEPT = dt.timedelta(hours=24)

_CLAIM = """
INSERT INTO ledger_reply AS kept (user_id, key, digest, status, body, etag, at)
VALUES (%(user_id)s, %(key)s, %(digest)s, NULL, NULL, '', %(at)s)
ON CONFLICT (user_id, key) DO UPDATE SET at = EXCLUDED.at
WHERE kept.status IS NULL AND kept.digest = EXCLUDED.digest AND kept.at < %(late)s
RETURNING id
"""


class Reused(Exception):
    """The key was used before for another request."""


class Busy(Exception):
    """The first request under this key is still at work."""


def claim(*, user_id: int, key: str, digest: str, at: dt.datetime) -> Reply:
    """The row of a key: without a status it is the caller's to do and then to `keep` or `release`; with one it is the
    answer to repeat. Of several callers at once exactly one is told to do it. Raises `Reused` or `Busy`.

    `digest`: SHA-256 (hex) of everything the request says. `at`: now; it also fences off whoever was taken over.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"user_id": user_id, "key": key, "digest": digest, "at": at, "late": at - PATIENCE})
        mine = cursor.fetchone()
    if mine:
        return Reply(pk=mine[0], user_id=user_id, key=key, digest=digest, at=at)
    found = Reply.objects.filter(user_id=user_id, key=key).first()
    if found is None:  # let go between the two statements: the caller asks again
        raise Busy
    if found.digest != digest:
        raise Reused
    if found.status is None:
        raise Busy
    return found


def keep(reply: Reply, *, status: int, body: str, etag: str = "") -> bool:
    """Store the answer under a claimed key; `body` is the text as sent. False where another has taken the key over."""
    return bool(_mine(reply).update(status=status, body=body, etag=etag))


def release(reply: Reply) -> None:
    """Forget a claimed key: nothing was done under it, so the caller may try again."""
    _mine(reply).delete()


def purge(*, at: dt.datetime) -> int:
    """Delete what is older than a day; how many rows that were."""
    return Reply.objects.filter(at__lt=at - KEPT).delete()[0]


def _mine(reply: Reply):
    return Reply.objects.filter(pk=reply.pk, at=reply.at, status__isnull=True)
