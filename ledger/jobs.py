"""Big jobs in chunks that any worker can continue (rulings.md 8; architecture.md, "A run is a ledger").

The holder of a chunk keeps a session advisory lock, so the database itself knows at once when a worker was killed. Each
claim raises the chunk's `fence`; the work transaction starts by checking it, so a worker that was stopped and woken
again cannot write over its successor.
"""

import datetime as dt
import logging
from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from .models import JobChunk, JobRun

log = logging.getLogger(__name__)
LOCK_SPACE = 7201  # first key of our advisory locks on chunks
ATTEMPTS = 8  # a chunk that failed so often is poison: it waits for a person, visible on the jobs page
BEYOND = 2**62  # upper end of the last chunk: also whoever left the scope lies in some chunk


class Fenced(Exception):
    """Another worker has taken this chunk over; its work stands, ours is rolled back."""


def start(*, kind: str, key: str, agency_id: int | None, cuts: list[int], at: dt.datetime) -> JobRun:
    """A job whose id ranges are cut at the given ids: (0, cut], …, (last cut, beyond]."""
    job = JobRun.objects.create(kind=kind, key=key, agency_id=agency_id, started_at=at)
    edges = [0, *cuts, BEYOND]
    JobChunk.objects.bulk_create(JobChunk(job=job, lo=lo, hi=hi) for lo, hi in zip(edges[:-1], edges[1:], strict=True))
    return job


def work(job_id: int, do: Callable[[int, int], dict], *, patience: dt.timedelta) -> bool:
    """Do chunks until none is free. True when all are done (by whomever). `do(lo, hi)` returns counts to keep.

    `patience`: a chunk claimed longer ago than this is taken over even from a holder that is still connected.
    """
    while (chunk := claim(job_id, patience)) is not None:
        try:
            with transaction.atomic():
                held = JobChunk.objects.select_for_update().filter(pk=chunk.pk, fence=chunk.fence, state="RUNNING")
                if not held.exists():
                    raise Fenced
                counts = do(chunk.lo, chunk.hi)
                held.update(state=JobChunk.State.DONE, done_at=Now(), counts=counts)
        except Fenced:
            log.warning("chunk %s was taken over by another worker", chunk.pk)
        finally:
            _unlock(chunk.pk)
    return not JobChunk.objects.filter(job_id=job_id).exclude(state=JobChunk.State.DONE).exists()


def claim(job_id: int, patience: dt.timedelta) -> JobChunk | None:
    """Take one chunk: one that waits, one whose holder is gone, or one held beyond patience."""
    candidates = JobChunk.objects.filter(job_id=job_id, job__state="OPEN").exclude(state="DONE").order_by("lo")
    candidates = candidates.filter(fence__lt=ATTEMPTS)
    late = Q(state="RUNNING", claimed_at__lt=Now() - patience)
    for chunk in candidates.annotate(late=late):
        free = _try_lock(chunk.pk)
        if not free and not chunk.late:
            continue
        taken = JobChunk.objects.filter(pk=chunk.pk, fence=chunk.fence).exclude(state="DONE")
        if taken.update(state=JobChunk.State.RUNNING, fence=F("fence") + 1, claimed_at=Now()):
            chunk.fence += 1
            return chunk
        if free:
            _unlock(chunk.pk)
    return None


def counts(job_id: int) -> dict[str, int]:
    """The chunks' counts, added up."""
    total: dict[str, int] = {}
    for chunk in JobChunk.objects.filter(job_id=job_id).values_list("counts", flat=True):
        for name, number in chunk.items():
            total[name] = total.get(name, 0) + number
    return total


def finish(job_id: int, *, at: dt.datetime, state: str = JobRun.State.DONE) -> bool:
    """Close the job; True for exactly one caller."""
    return bool(JobRun.objects.filter(pk=job_id, state="OPEN").update(state=state, finished_at=at))


def cancel(job_id: int, *, at: dt.datetime) -> None:
    """Close an open job unfinished. Waits for chunks at work: what they wrote can be undone once this returns, and
    whoever claimed a chunk before finds it taken over."""
    finish(job_id, at=at, state=JobRun.State.CANCELLED)
    JobChunk.objects.filter(job_id=job_id).exclude(state=JobChunk.State.DONE).update(fence=F("fence") + 1)


@transaction.atomic
def renew(job_id: int) -> int:
    """Give chunks that failed too often another life; how many. They become rows of their own, so that no worker who
    still holds the old one can write."""
    poisoned = JobChunk.objects.filter(job_id=job_id, fence__gte=ATTEMPTS).exclude(state=JobChunk.State.DONE)
    edges = list(poisoned.select_for_update().values_list("lo", "hi"))
    poisoned.delete()
    JobChunk.objects.bulk_create(JobChunk(job_id=job_id, lo=lo, hi=hi) for lo, hi in edges)
    return len(edges)


def unattended(*, at: dt.datetime, patience: dt.timedelta) -> list[int]:
    """Open jobs that nobody works on: no chunk locked by a living session, or one held beyond patience."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT job.id FROM ledger_jobrun job WHERE job.state = 'OPEN'
               AND (job.woken_at IS NULL OR job.woken_at < %(at)s - interval '2 seconds')
               AND (EXISTS (SELECT FROM ledger_jobchunk c WHERE c.job_id = job.id AND c.state <> 'DONE'
                            AND c.fence < %(attempts)s)
                    OR NOT EXISTS (SELECT FROM ledger_jobchunk c WHERE c.job_id = job.id AND c.state <> 'DONE'))
               AND NOT EXISTS (
                 SELECT FROM ledger_jobchunk chunk JOIN pg_locks held ON held.locktype = 'advisory'
                   AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND held.classid = %(space)s AND held.objid = chunk.id AND held.granted
                 WHERE chunk.job_id = job.id AND chunk.state = 'RUNNING'
                   AND chunk.claimed_at >= clock_timestamp() - make_interval(secs => %(patience)s))
               ORDER BY job.id""",
            {"at": at, "space": LOCK_SPACE, "patience": patience.total_seconds(), "attempts": ATTEMPTS},
        )
        return [pk for (pk,) in cursor.fetchall()]


def woken(job_id: int, *, at: dt.datetime) -> None:
    """Note that a worker was called, so that the next look does not call another at once."""
    JobRun.objects.filter(pk=job_id).update(woken_at=at)


def _try_lock(chunk_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, chunk_id])
        return cursor.fetchone()[0]


def _unlock(chunk_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, chunk_id])
