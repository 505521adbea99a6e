"""Celery's door: each task takes ids only and makes one call. Due-ness, locks and repeats live in PostgreSQL, so a task
delivered twice, late or never changes nothing about the result."""

import datetime as dt
import logging

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from eligibility.actions import propose_due, work_run
from employees import limits as log_ins
from employees.models import Agency
from employees.sessions import SessionStore
from ledger import jobs, limits, outbox, replies, seals
from ledger.models import Outbox

from .actions import plans, weekly
from .actions.day_corrections import propose_days_due
from .actions.leave import free_days_on_leave
from .actions.objections import grant_overdue
from .actions.requests import run_clock
from .notices import Letter, deliver, deliver_push, post_push

log = logging.getLogger(__name__)
BIGGEST = 2**63  # as far as the database counts


@shared_task(name="tick")
def tick() -> None:
    """What is due now: start due weeks, call a worker for unattended jobs, plan what was published, and let no request
    get stuck."""
    at = timezone.now()
    run_clock(at=at)  # first: nothing that fails below may leave a request undecided
    free_days_on_leave(at=at)
    grant_overdue(at=at)
    weekly.start_due(at=at)
    for job_id in jobs.unattended(at=at, patience=dt.timedelta(seconds=settings.JOB_CHUNK_SECONDS)):
        jobs.woken(job_id, at=at)
        work.delay(job_id=job_id)
    for agency, week in weekly.plans_owed(at=at):
        try:
            plans.plan_week(agency=agency, week=week, by=None, at=at)
        except Exception:
            log.exception("planning %s of agency %s failed", week, agency.pk)  # the others are planned all the same


@shared_task(name="compare")
def compare() -> None:
    """Look whether published weeks that are not over would be decided otherwise by now, and whether a planned day can
    no longer be."""
    at = timezone.now()
    propose_days_due(at=at)
    propose_due(at=at)


@shared_task(name="work", acks_late=True, reject_on_worker_lost=True)
def work(*, job_id: int) -> None:
    """Do chunks of a job until none is left; safe to run many times at once.

    The message is not believed: a number without an open job does nothing, and anything but a number is refused.
    """
    if type(job_id) is not int or not 0 < job_id < BIGGEST:
        log.warning("a message asked for work on a job that cannot be")
        return
    work_run(job_id=job_id, at=timezone.now())


@shared_task(name="drain")
def drain() -> None:
    """Do what the outbox holds: hand jobs to the bulk workers, plan published weeks."""
    at = timezone.now()
    outbox.drain(kind=Outbox.Kind.JOB, handle=_hand_over, at=at)
    outbox.drain(kind=Outbox.Kind.PLAN, handle=_plan, at=at)


@shared_task(name="drain_mail")
def drain_mail() -> None:
    """Send what waits; mail never stands behind a bulk run."""
    outbox.drain(kind=Outbox.Kind.MAIL, handle=_send, at=timezone.now())


@shared_task(name="drain_push")
def drain_push() -> None:
    """Hand waiting pushes to their services; a few at a time, so that a silent service holds up no mail for long."""
    outbox.drain(kind=Outbox.Kind.PUSH, handle=_push, at=timezone.now(), limit=20)


@shared_task(name="seal")
def seal() -> None:
    """Close the open end of the hash chain over events."""
    seals.seal(at=timezone.now())


@shared_task(name="purge")
def purge() -> None:
    """Delete answers of the API kept for repeats longer than a day, counts whose window is over, log-ins long tried or
    ended."""
    replies.purge(at=timezone.now())
    limits.purge(at=timezone.now())
    log_ins.purge(at=timezone.now())
    SessionStore.clear_expired()


def _hand_over(entry: Outbox) -> None:
    jobs.woken(entry.payload["job"], at=timezone.now())
    work.delay(job_id=entry.payload["job"])


def _plan(entry: Outbox) -> None:
    agency = Agency.objects.get(pk=entry.payload["agency"])
    week = dt.date.fromisoformat(entry.payload["week"])
    plans.plan_week(agency=agency, week=week, by=None, at=timezone.now())


def _send(entry: Outbox) -> None:
    deliver(payload=entry.payload, key=entry.key, at=timezone.now(), send=_mail)


def _push(entry: Outbox) -> None:
    at = timezone.now()
    deliver_push(payload=entry.payload, at=at, send=lambda device, data: post_push(device, data, at=at))


def _mail(letter: Letter) -> None:
    # The same entry always makes the same Message-ID, so a mail sent twice is recognised as one.
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    headers = {"Message-ID": f"<{letter.key.replace(':', '.')}@{host}>", "Auto-Submitted": "auto-generated"}
    EmailMessage(letter.subject, letter.body, to=[letter.to], headers=headers).send()
