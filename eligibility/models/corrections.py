"""What may change after a week was published: corrections, objections, and who asks not to be judged by a machine."""

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from employees.models import Agency, Employee, ObjectionTrack, User
from employees.models.access import READS_SCORES
from ledger.tracking import versions

from .runs import Run


class AboutPersonQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those of the people whom a grant to read scores covers; a supervisor sees none of them."""
        covered = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id")
        return self.filter(Q(employee=user.reach.me) | covered)


class CorrectionQuerySet(AboutPersonQuerySet):
    def overlays(self):
        """The applied ones that changed a decision; those about days alone leave it as it is."""
        return self.filter(state=Correction.State.APPLIED, after_eligible__isnull=False)

    def about_days(self):
        return self.filter(cause__in=Correction.OF_DAYS)


@versions()
class Correction(models.Model):
    """A change to one person's published decision of one week: proposed by the machine or HR, applied or dismissed by
    a person with a reason, seen by the employee. An overlay: rows of published runs stay as they are.

    The causes `OF_DAYS` leave the decision alone and have no `after_eligible`: planned days fall away, because their
    date became a day off or the person no longer works there, or are given, because their date is no day off any more.
    """

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", pgettext_lazy("correction", "proposed")
        APPLIED = "APPLIED", pgettext_lazy("correction", "applied")
        DISMISSED = "DISMISSED", pgettext_lazy("correction", "dismissed")
        OBSOLETE = "OBSOLETE", pgettext_lazy("correction", "no longer needed")

    class Cause(models.TextChoices):
        INPUTS = "INPUTS", _("scores or records changed after publishing")
        OBJECTION = "OBJECTION", _("an objection was upheld")
        BY_HAND = "BY_HAND", _("decided by a person")
        CALENDAR = "CALENDAR", _("a day off was declared after publishing")
        REOPENED = "REOPENED", _("a day off was withdrawn or moved after publishing")
        LEFT = "LEFT", _("the person no longer works there on that day")

    OF_DAYS = (Cause.CALENDAR, Cause.REOPENED, Cause.LEFT)

    run = models.ForeignKey(Run, models.PROTECT, related_name="corrections", verbose_name=_("weekly run"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="corrections", verbose_name=_("employee"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    cause = models.CharField(_("cause"), max_length=10, choices=Cause, default=Cause.INPUTS)
    # NULL before: the person had no decision in that week (joined later)
    before_eligible = models.BooleanField(_("eligible before"), null=True)
    before_reasons = ArrayField(models.CharField(max_length=32), default=list)
    # NULL after: about days alone, the decision stays
    after_eligible = models.BooleanField(_("eligible after"), null=True)
    after_reasons = ArrayField(models.CharField(max_length=32), default=list)
    evidence = models.JSONField(default=dict)  # the facts behind "after"
    changed_facts = models.JSONField(_("what changed"), default=dict)  # {name: [before, after]}
    # the days it is about: {date, slot, name (of the day off)}; applied, also "to": the day given, or null
    days = models.JSONField(_("days concerned"), default=list)
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "employee"],
                condition=Q(state="PROPOSED", after_eligible__isnull=False),
                name="correction_one_proposed",
            ),
            models.UniqueConstraint(
                fields=["run", "employee", "cause"],
                condition=Q(state="PROPOSED", after_eligible__isnull=True),
                name="correction_days_proposed_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PROPOSED", "OBSOLETE"], decided_by__isnull=True)
                | (Q(state__in=["APPLIED", "DISMISSED"], decided_by__isnull=False) & ~Q(reason="")),
                name="correction_decided_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(after_eligible=True, after_reasons__len=0)
                | Q(after_eligible=False, after_reasons__len__gt=0)
                | Q(after_eligible__isnull=True, after_reasons__len=0),
                name="correction_reasons_say_why",
            ),
            models.CheckConstraint(
                condition=Q(after_eligible__isnull=True, cause__in=["CALENDAR", "REOPENED", "LEFT"])
                | (Q(after_eligible__isnull=False) & ~Q(cause__in=["CALENDAR", "REOPENED", "LEFT"])),
                name="correction_of_decision_or_days",
            ),
        ]
        indexes = [models.Index(fields=["employee", "run"], name="correction_person")]

    def __str__(self) -> str:
        return str(self.employee)

    @property
    def is_of_days(self) -> bool:
        return self.cause in self.OF_DAYS


@versions()
class Objection(models.Model):
    """*Keberatan* of a person against a week's decision; answered by somebody else than who decided (domain.md §7)."""

    class State(models.TextChoices):
        FILED = "FILED", pgettext_lazy("objection", "filed")
        UPHELD = "UPHELD", pgettext_lazy("objection", "upheld")
        REJECTED = "REJECTED", pgettext_lazy("objection", "rejected")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("objection", "withdrawn")

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="objections", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    run = models.ForeignKey(Run, models.PROTECT, related_name="objections", verbose_name=_("weekly run"))
    procedure = models.CharField(_("procedure"), max_length=5, choices=ObjectionTrack)
    reasons = ArrayField(models.CharField(max_length=32), default=list)  # of the decision objected to
    text = models.TextField(_("what the objection says"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.FILED)
    filed_at = models.DateTimeField(_("filed at"))
    file_until = models.DateField(_("could be filed until"))
    answer_due = models.DateField(_("answer due"))
    deemed_granted_on = models.DateField(_("deemed granted on"), null=True)  # UU 30/2014 art. 77: silence grants
    effect_due = models.DateField(_("to be given effect by"), null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by"))
    decided_at = models.DateTimeField(_("answered at"), null=True)
    answer = models.TextField(_("answer"), blank=True)
    correction = models.ForeignKey(Correction, models.PROTECT, null=True, related_name="objections")
    version = models.PositiveIntegerField(default=1)

    objects = AboutPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["answer_due", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "employee"], condition=Q(state="FILED"), name="objection_one_open"),
            models.CheckConstraint(
                condition=~Q(state__in=["UPHELD", "REJECTED"]) | ~Q(answer=""), name="objection_answered_in_words"
            ),
        ]
        indexes = [models.Index(fields=["agency", "answer_due"], condition=Q(state="FILED"), name="objection_queue")]

    def __str__(self) -> str:
        return str(self.employee)


@versions()
class Suspension(models.Model):
    """A person's wish that no machine decides about them (UU 27/2022 art. 10), from a day until it is taken back."""

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="suspensions", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    valid = DateRangeField(_("valid"))  # half-open, without an upper end while it lasts
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by"))

    objects = AboutPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspension of automatic decisions")
        verbose_name_plural = _("suspensions of automatic decisions")
        constraints = [
            models.UniqueConstraint(
                fields=["employee"], condition=Q(valid__upper_inf=True), name="suspension_one_open"
            ),
            models.CheckConstraint(condition=Q(valid__isempty=False, valid__lower_inf=False), name="suspension_start"),
        ]
        indexes = [models.Index(F("agency"), F("employee"), name="suspension_agency")]

    def __str__(self) -> str:
        return str(self.employee)
