"""Chunks of a job: each done once, taken over from a holder that is gone or too slow, fenced against its return."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ledger import jobs
from ledger.models import JobChunk, JobRun

PATIENCE = dt.timedelta(seconds=60)
pytestmark = pytest.mark.django_db


@pytest.fixture
def job(at):
    return jobs.start(kind="TEST", key="k", agency_id=None, cuts=[10, 20], at=at)


def test_every_range_is_done_once_and_counts_add_up(job):
    seen = []

    def do(lo, hi):
        seen.append((lo, hi))
        return {"rows": 2}

    assert jobs.work(job.pk, do, patience=PATIENCE)
    assert seen == [(0, 10), (10, 20), (20, jobs.BEYOND)]
    assert jobs.counts(job.pk) == {"rows": 6}
    assert jobs.work(job.pk, do, patience=PATIENCE)
    assert len(seen) == 3


def test_finishing_happens_for_one_caller(job, at):
    assert jobs.finish(job.pk, at=at)
    assert not jobs.finish(job.pk, at=at)


def test_a_late_holder_is_taken_over_and_cannot_write(job):
    slow = jobs.claim(job.pk, PATIENCE)
    jobs._unlock(slow.pk)
    JobChunk.objects.filter(pk=slow.pk).update(claimed_at=timezone.now() - dt.timedelta(hours=1))
    taker = jobs.claim(job.pk, PATIENCE)
    assert (taker.pk, taker.fence) == (slow.pk, slow.fence + 1)
    held = JobChunk.objects.filter(pk=slow.pk, fence=slow.fence, state="RUNNING")
    assert not held.exists()  # what `work` asks before it writes


def test_an_error_leaves_the_chunk_to_be_tried_again(job):
    calls = []

    def sometimes(lo, hi):
        calls.append(lo)
        if len(calls) == 2:
            raise RuntimeError("once")
        return {}

    with pytest.raises(RuntimeError):
        jobs.work(job.pk, sometimes, patience=PATIENCE)
    assert jobs.work(job.pk, sometimes, patience=PATIENCE)
    assert sorted(calls) == [0, 10, 10, 20]


def test_poison_is_left_to_a_person(job):
    JobChunk.objects.filter(job=job).update(fence=jobs.ATTEMPTS)
    assert jobs.claim(job.pk, PATIENCE) is None
    assert jobs.unattended(at=timezone.now(), patience=PATIENCE) == []


def test_an_unattended_job_is_found_until_a_worker_is_called(job):
    now = timezone.now()
    assert jobs.unattended(at=now, patience=PATIENCE) == [job.pk]
    jobs.woken(job.pk, at=now)
    assert jobs.unattended(at=now, patience=PATIENCE) == []
    assert jobs.unattended(at=now + dt.timedelta(seconds=3), patience=PATIENCE) == [job.pk]
    held = jobs.claim(job.pk, PATIENCE)
    assert jobs.unattended(at=now + dt.timedelta(seconds=3), patience=PATIENCE) == []
    jobs._unlock(held.pk)
    assert jobs.unattended(at=now + dt.timedelta(seconds=3), patience=PATIENCE) == [job.pk]


def test_one_open_job_a_key(job, at):
    with pytest.raises(IntegrityError), transaction.atomic():
        jobs.start(kind="TEST", key="k", agency_id=None, cuts=[], at=at)
    jobs.finish(job.pk, at=at)
    assert jobs.start(kind="TEST", key="k", agency_id=None, cuts=[], at=at).state == JobRun.State.OPEN
