"""The hash chain over the audit trail: each seal covers the one before and every event since (rulings.md 10)."""

import datetime as dt
import hashlib
import json

from django.db import connection, transaction

from .models import Event, Seal

LOCK = 7202  # one sealer at a time
SETTLED = dt.timedelta(seconds=60)  # an event may commit after one with a higher id; older ones are complete


@transaction.atomic
def seal(*, at: dt.datetime, limit: int = 100_000) -> Seal | None:
    """Seal the events that have settled since the last seal; None where there are none or another is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
    last = Seal.objects.order_by("-to_id").first()
    since = last.to_id if last else 0
    ids = list(
        Event.objects.filter(pk__gt=since, at__lt=at - SETTLED).order_by("pk").values_list("pk", flat=True)[:limit]
    )
    if not ids:
        return None
    previous = last.digest if last else ""
    digest = digest_of(previous, ids[0], ids[-1])
    return Seal.objects.create(from_id=ids[0], to_id=ids[-1], previous=previous, digest=digest, at=at)


def digest_of(previous: str, first: int, last: int) -> str:
    """SHA-256 over the previous digest and the events first..last, in id order and canonical JSON."""
    chain = hashlib.sha256(previous.encode())
    fields = [field.attname for field in Event._meta.fields]
    for row in Event.objects.filter(pk__range=(first, last)).order_by("pk").values_list(*fields).iterator():
        chain.update(json.dumps(row, default=str, sort_keys=True).encode())
    return chain.hexdigest()


def broken() -> list[int]:
    """Ids of seals that no longer fit their events or their predecessor; empty means nothing was altered."""
    wrong, previous = [], ""
    for one in Seal.objects.order_by("to_id"):
        if one.previous != previous or one.digest != digest_of(previous, one.from_id, one.to_id):
            wrong.append(one.pk)
        previous = one.digest
    return wrong
