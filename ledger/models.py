"""The cellar: what happened (Event, Seal), who read what (ReadLog), what must still happen (Outbox), which job ran.

Rows here hold plain numbers instead of foreign keys: a record outlives what it tells of (rulings.md 3, 10).
"""

import pgtrigger
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .tracking import versions


class Event(models.Model):
    """One thing that happened: who, when, why, before and after. Append-only; ids and codes, no names or numbers."""

    at = models.DateTimeField(_("when"))
    verb = models.CharField(_("what"), max_length=40)
    actor_id = models.BigIntegerField(_("who (user id)"), null=True)  # NULL: the system itself, named in `verb`
    on_behalf_of_id = models.BigIntegerField(_("on behalf of (user id)"), null=True)
    agency_id = models.BigIntegerField(_("agency id"), null=True)
    subject_type = models.CharField(_("kind of subject"), max_length=40)
    subject_id = models.BigIntegerField(_("subject id"))
    reason = models.TextField(_("why"), blank=True)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    request_id = models.CharField(_("request id"), max_length=36, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("audit trail")
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="event_subject"),
            models.Index(fields=["agency_id", "-id"], name="event_agency"),
            models.Index(fields=["actor_id", "agency_id", "-id"], name="event_actor"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type} {self.subject_id}"


class Seal(models.Model):
    """A link of the hash chain over events: the digest covers the previous seal and every event from..to."""

    from_id = models.BigIntegerField()
    to_id = models.BigIntegerField(unique=True)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints = [models.CheckConstraint(condition=Q(to_id__gte=models.F("from_id")), name="seal_range")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.from_id}–{self.to_id}"


class ReadLog(models.Model):
    """Somebody opened another person's record: who, whose, when, where (rulings.md 26). Append-only, never sealed.

    One row for each person read, an export's too, so that both questions – whose data did this account read, and who
    read mine – are one walk along an index. Written by `ledger.reading.seen` alone.
    """

    at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField(_("who (user id)"))
    employee_id = models.BigIntegerField(_("whose (employee id)"))
    agency_id = models.BigIntegerField(_("agency id of the person read"), null=True)
    what = models.CharField(_("what was opened"), max_length=60)  # a route or the name of an export
    request_id = models.CharField(_("request id"), max_length=36, blank=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("who read what")
        indexes = [
            models.Index(fields=["actor_id", "at"], name="readlog_actor"),
            models.Index(fields=["employee_id", "at"], name="readlog_person"),
            BrinIndex(fields=["at"], name="readlog_at", autosummarize=True),  # for taking old ones away by months
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.actor_id} {self.what} {self.employee_id}"


class Outbox(models.Model):
    """Something that must follow a change; written in the change's own transaction, done once by a worker."""

    class Kind(models.TextChoices):
        MAIL = "MAIL", _("mail")
        JOB = "JOB", _("work on a job")
        PLAN = "PLAN", _("plan a week")
        PUSH = "PUSH", _("push")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    key = models.CharField(_("key"), max_length=120, unique=True)  # the same thing is never put twice
    payload = models.JSONField(_("content (ids only)"), default=dict)
    agency_id = models.BigIntegerField(_("agency id"), null=True)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    done_at = models.DateTimeField(_("done at"), null=True)
    dead_at = models.DateTimeField(_("given up at"), null=True)
    error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox")
        indexes = [
            models.Index(
                fields=["kind", "due_at"], name="outbox_due", condition=Q(done_at__isnull=True, dead_at__isnull=True)
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(done_at__isnull=True) | Q(dead_at__isnull=True), name="outbox_one_end")
        ]

    def __str__(self) -> str:
        return self.key


class Reply(models.Model):
    """What an API write was answered under a caller's Idempotency-Key; the same key never acts twice."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)  # of method, path and body: the same key with another request is refused
    status = models.PositiveSmallIntegerField(null=True)  # NULL: still at work
    body = models.JSONField(null=True)
    etag = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("answer kept for repeats")
        verbose_name_plural = _("answers kept for repeats")
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="reply_once")]
        indexes = [models.Index(fields=["at"], name="reply_at")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class Limit(models.Model):
    """How often something was tried in the window that its first try opened (`limits.hit`). The table is unlogged: a
    crash of the database forgets the counts, which costs nobody more than a window."""

    key = models.CharField(max_length=64, primary_key=True)  # a digest: whose tries these are is not to be read here
    count = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("counted tries")
        verbose_name_plural = _("counted tries")

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.count}"


class JobRun(models.Model):
    """A big job over many rows, cut into chunks that any worker can continue."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("running")
        DONE = "DONE", _("done")
        CANCELLED = "CANCELLED", _("cancelled")

    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(_("key"), max_length=120)
    agency_id = models.BigIntegerField(_("agency id"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    woken_at = models.DateTimeField(_("last handed to a worker at"), null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], condition=Q(state="OPEN"), name="job_one_open"),
            models.CheckConstraint(
                condition=Q(state="OPEN", finished_at__isnull=True) | (~Q(state="OPEN") & Q(finished_at__isnull=False)),
                name="job_finished_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class JobChunk(models.Model):
    """One id range (lo < id ≤ hi) of a job. `fence` grows with each claim; only the newest claim may write."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("done")

    job = models.ForeignKey(JobRun, models.CASCADE, related_name="chunks")
    lo = models.BigIntegerField()
    hi = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    fence = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")
        constraints = [
            models.UniqueConstraint(fields=["job", "lo"], name="chunk_once"),
            models.CheckConstraint(condition=Q(hi__gt=models.F("lo")), name="chunk_range"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.lo}–{self.hi}"


# What libraries keep of how an account is opened. Their own code changes it, so the database keeps the versions.


@versions(exclude=["data", "last_used_at"], app_label="ledger")  # `data` is the secret
class SecondFactor(Authenticator):
    """A second factor of an account: that there is one, since when, and when it was taken away."""

    class Meta:
        proxy = True


@versions(app_label="ledger")
class Address(EmailAddress):
    """An address to which links for a new password go."""

    class Meta:
        proxy = True


@versions(exclude=["extra_data", "last_login"], app_label="ledger")
class OutsideAccount(SocialAccount):
    """The account of an identity provider through which somebody logs in."""

    class Meta:
        proxy = True
