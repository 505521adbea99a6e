"""Appraisals: immutable versions that count only once HR has approved them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from employees.models import Agency, Employee, Role, User
from employees.models.access import READS_SCORES
from ledger.tracking import versions

from .rating import Level, Rating, Regime

HR_ROLES = frozenset({Role.HR_OFFICER, Role.HR_HEAD})


class AppraisalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own once approved, and all of people whom a grant to read scores covers. Not one's subordinates'."""
        covered = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id")
        return self.filter(Q(employee=user.reach.me, state__in=Appraisal.TOLD) | covered)

    def waiting(self):
        return self.filter(state=Appraisal.State.SUBMITTED)

    def in_force(self):
        """The one approved version per person and period that counts now."""
        return self.filter(state=Appraisal.State.APPROVED, superseded_at__isnull=True)


@versions()
class Appraisal(models.Model):
    """*Penilaian kinerja* of a person for a period, in one version. What was rated never changes; a correction is a
    new version that waits again, and the approved one counts until the new one is approved (rulings.md 4)."""

    class Kind(models.TextChoices):
        ANNUAL = "TAHUNAN", _("annual")
        QUARTERLY = "TRIWULAN", _("quarterly")
        MONTHLY = "BULANAN", _("monthly")

    class State(models.TextChoices):
        DRAFT = "DRAFT", pgettext_lazy("appraisal", "draft")
        SUBMITTED = "SUBMITTED", pgettext_lazy("appraisal", "waiting for approval")
        RETURNED = "RETURNED", pgettext_lazy("appraisal", "returned")
        APPROVED = "APPROVED", pgettext_lazy("appraisal", "approved")
        OBJECTED = "OBJECTED", pgettext_lazy("appraisal", "under objection")
        RESCINDED = "RESCINDED", pgettext_lazy("appraisal", "rescinded")

    # What the person rated is told of: approved, and what became of it then.
    TOLD = (State.APPROVED, State.OBJECTED, State.RESCINDED)

    class Source(models.TextChoices):
        FILE = "FILE", _("file")
        ENTERED = "ENTERED", _("entered by hand")
        FEED = "FEED", _("connected system")

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="appraisals", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ANNUAL)
    year = models.PositiveSmallIntegerField(_("year"))
    period = models.PositiveSmallIntegerField(_("period"), default=0)  # 0 for the whole year, 1–4, 1–12
    number = models.PositiveIntegerField(_("version"), default=1)
    regime = models.CharField(_("regime"), max_length=4, choices=Regime)
    goals = models.DecimalField(
        _("goals (SKP)"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(120)],
    )
    behaviour_score = models.DecimalField(
        _("behaviour score"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(120)],
    )
    weight_goals = models.PositiveSmallIntegerField(_("weight of the goals (%)"), null=True, blank=True)
    new_idea = models.BooleanField(_("a new idea that benefits the state"), null=True, blank=True)
    result = models.CharField(_("work result"), max_length=6, choices=Level, blank=True)
    behaviour = models.CharField(_("work behaviour"), max_length=6, choices=Level, blank=True)
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=2, null=True, blank=True)
    rating = models.PositiveSmallIntegerField(_("rating"), choices=Rating, null=True)
    appraiser = models.CharField(_("number of the appraiser"), max_length=30, blank=True)  # may be a military number
    note = models.TextField(_("note"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SUBMITTED)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.ENTERED)
    fetched_at = models.DateTimeField(_("received at"))
    batch = models.CharField(_("import"), max_length=64, blank=True)
    imported_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("entered by"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_reason = models.TextField(_("reason"), blank=True)
    superseded_at = models.DateTimeField(_("replaced at"), null=True)

    objects = AppraisalQuerySet.as_manager()

    class Meta:
        verbose_name = _("appraisal")
        verbose_name_plural = _("appraisals")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "kind", "year", "period", "number"], name="appraisal_version_once"
            ),
            models.UniqueConstraint(
                fields=["employee", "kind", "year", "period"],
                condition=Q(state="APPROVED", superseded_at__isnull=True),
                name="appraisal_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["employee", "kind", "year", "period"],
                condition=Q(state__in=["DRAFT", "SUBMITTED", "RETURNED"], superseded_at__isnull=True),
                name="appraisal_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(kind="TAHUNAN", period=0)
                | Q(kind="TRIWULAN", period__range=(1, 4))
                | Q(kind="BULANAN", period__range=(1, 12)),
                name="appraisal_period",
            ),
            models.CheckConstraint(
                # NaN is greater than any number for PostgreSQL, so "< 1000" refuses it too.
                condition=(Q(score__isnull=True) | Q(score__gte=0, score__lt=1000))
                & (Q(goals__isnull=True) | Q(goals__gte=0, goals__lt=1000))
                & (Q(behaviour_score__isnull=True) | Q(behaviour_score__gte=0, behaviour_score__lt=1000)),
                name="appraisal_numbers",
            ),
            models.CheckConstraint(condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="appraisal_rating"),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="appraisal_decided_paired",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["APPROVED", "RETURNED"]) | Q(decided_at__isnull=False),
                name="appraisal_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="RETURNED") | ~Q(decision_reason=""), name="appraisal_returned_with_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["employee", "kind", "-year"],
                include=["rating", "score", "id", "decided_by", "decided_at", "superseded_at"],
                condition=Q(state="APPROVED"),
                name="appraisal_approved",
            ),
            models.Index(fields=["agency", "id"], condition=Q(state="SUBMITTED"), name="appraisal_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.year}"


class ImportBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those the user works on, and those of the agencies they audit."""
        reach, audits = user.reach, {Role.AUDITOR}
        if reach.everywhere(audits):
            return self
        return self.worked_on_by(user) | self.filter(agency_id__in=reach.whole_agencies(audits))

    def worked_on_by(self, user):
        """Uploads of the agencies whose HR the user is; whoever is HR of a sub-tree sees their own uploads there."""
        reach = user.reach
        grants = {g.agency_id for g in reach.having(HR_ROLES)}
        mine = Q(uploaded_by=user, agency_id__in=grants - {None})
        return self.filter(Q(agency_id__in=reach.whole_agencies(HR_ROLES)) | mine)


class ImportBatch(models.Model):
    """An uploaded file of appraisals: first a preview, then applied once or cancelled."""

    class State(models.TextChoices):
        PREVIEW = "PREVIEW", pgettext_lazy("import", "preview")
        APPLIED = "APPLIED", pgettext_lazy("import", "applied")
        CANCELLED = "CANCELLED", pgettext_lazy("import", "cancelled")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    kind = models.CharField(_("kind"), max_length=20, default="appraisals")
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"))
    file_name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(_("SHA-256 of the file"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PREVIEW)
    counts = models.JSONField(_("rows"), default=dict)  # new, changed, same, bad, unknown_columns
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("applied by"))
    applied_at = models.DateTimeField(_("applied at"), null=True)
    version = models.PositiveIntegerField(default=1)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="APPLIED") & Q(applied_at__isnull=False, applied_by__isnull=False))
                | (~Q(state="APPLIED") & Q(applied_at__isnull=True, applied_by__isnull=True)),
                name="import_applied_paired",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """One problem or row of an upload. A row with several problems has an entry for each; `data` is in the first."""

    class Verdict(models.TextChoices):
        NEW = "NEW", pgettext_lazy("import", "new")
        CHANGED = "CHANGED", pgettext_lazy("import", "changed")
        SAME = "SAME", pgettext_lazy("import", "same")
        BAD = "BAD", pgettext_lazy("import", "bad")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows", verbose_name=_("import"))
    line = models.PositiveIntegerField(_("line"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    column = models.CharField(_("column"), max_length=60, blank=True)
    reason = models.TextField(_("reason"), blank=True)  # in the language of whoever uploaded it
    data = models.JSONField(_("cells"), null=True)  # text as it stood in the file, so that applying can look again

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        ordering = ["pk"]
        indexes = [models.Index(fields=["batch", "verdict", "line"], name="importrow_batch")]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.line}"
