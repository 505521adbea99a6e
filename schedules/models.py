"""Which day: weekly plans, WFH days, requests for another day."""

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from employees.models import Agency, Employee, Unit, User
from employees.models.access import READS_PEOPLE
from employees.models.tracking import versions


class Plan(models.Model):
    """The week's plan of an agency, in one revision. A published plan is frozen; a change is a new revision."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", pgettext_lazy("plan", "draft")
        PUBLISHED = "PUBLISHED", pgettext_lazy("plan", "published")
        SUPERSEDED = "SUPERSEDED", pgettext_lazy("plan", "replaced")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="plans", verbose_name=_("agency"))
    week = models.DateField(_("week (its Monday)"))
    revision = models.PositiveIntegerField(_("revision"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    run_ids = models.JSONField(default=list)
    created_at = models.DateTimeField(_("made at"))
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True)
    given = models.PositiveIntegerField(_("days given"), default=0)
    without = models.PositiveIntegerField(_("eligible without a day"), default=0)

    class Meta:
        verbose_name = _("weekly plan")
        verbose_name_plural = _("weekly plans")
        ordering = ["-week", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "week", "revision"], name="plan_revision_once"),
            models.UniqueConstraint(
                fields=["agency", "week"], condition=Q(state="PUBLISHED"), name="plan_one_published"
            ),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="plan_week_is_monday"),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(published_at__isnull=False), name="plan_published_paired"
            ),
        ]

    def __str__(self) -> str:
        year, week, _day = self.week.isocalendar()
        return f"{year}-W{week:02d} r{self.revision}"


class WfhDayQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own days, those of one's team today, and those of the people one's grants cover."""
        return self.filter(employee__in=Employee.objects.visible_to(user))

    def active(self):
        return self.filter(state=WfhDay.State.ACTIVE)


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class WfhDay(models.Model):
    """*Hari WFH*: one person works from home on one date. An approved request ends one row and adds another."""

    class Slot(models.TextChoices):
        FULL = "FULL", _("whole day")
        AM = "AM", _("morning")
        PM = "PM", _("afternoon")

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("active")
        REPLACED = "REPLACED", _("moved to another day")
        CANCELLED = "CANCELLED", _("cancelled")

    class Origin(models.TextChoices):
        PLAN = "PLAN", _("weekly plan")
        REQUEST = "REQUEST", _("request")
        SWAP = "SWAP", _("swap")
        REPAIR = "REPAIR", _("repair")

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="wfh_days", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    date = models.DateField(_("date"))
    slot = models.CharField(_("part of the day"), max_length=4, choices=Slot, default=Slot.FULL)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    origin = models.CharField(_("comes from"), max_length=10, choices=Origin, default=Origin.PLAN)
    track = models.CharField(_("track"), max_length=20)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="days")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")

    objects = WfhDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("WFH day")
        verbose_name_plural = _("WFH days")
        ordering = ["date", "pk"]
        constraints = [
            # Two partial indexes make FULL collide with both halves, and the halves with themselves only.
            models.UniqueConstraint(
                fields=["employee", "date"], condition=Q(state="ACTIVE", slot__in=["FULL", "AM"]), name="wfhday_am_once"
            ),
            models.UniqueConstraint(
                fields=["employee", "date"], condition=Q(state="ACTIVE", slot__in=["FULL", "PM"]), name="wfhday_pm_once"
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "date"], condition=Q(state="ACTIVE"), name="wfhday_agency_date"),
            models.Index(fields=["unit", "date"], condition=Q(state="ACTIVE"), name="wfhday_unit_date"),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.date}"


class RequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, those laid before oneself, and those of the people one's grants cover."""
        covered = Employee.objects.none().granted(user, READS_PEOPLE, employee="employee_id")
        me = user.reach.me
        return self.filter(Q(employee=me) | Q(supervisor=me) | covered)

    def waiting(self):
        return self.filter(state=Request.State.SENT)


@versions()
class Request(models.Model):
    """*Usulan*: a person asks for another day in place of one they have (or have not been given)."""

    class State(models.TextChoices):
        SENT = "SENT", pgettext_lazy("request", "waiting")
        APPROVED = "APPROVED", pgettext_lazy("request", "approved")
        REJECTED = "REJECTED", pgettext_lazy("request", "rejected")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("request", "withdrawn")
        EXPIRED = "EXPIRED", pgettext_lazy("request", "expired")

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="requests", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    week = models.DateField(_("week (its Monday)"))
    gives_up = models.ForeignKey(WfhDay, models.PROTECT, null=True, related_name="+", verbose_name=_("instead of"))
    date = models.DateField(_("requested day"))
    slot = models.CharField(_("part of the day"), max_length=4, choices=WfhDay.Slot, default=WfhDay.Slot.FULL)
    reason = models.TextField(_("reason"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SENT)
    supervisor = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+", verbose_name=_("supervisor"))
    sent_at = models.DateTimeField(_("sent at"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_reason = models.TextField(_("reason of the decision"), blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "week"], condition=Q(state="SENT"), name="request_one_waiting_a_week"
            ),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="request_week_is_monday"),
            models.CheckConstraint(condition=~Q(supervisor=F("employee")), name="request_not_own_supervisor"),
            models.CheckConstraint(
                condition=(Q(state="SENT") & Q(decided_at__isnull=True))
                | (~Q(state="SENT") & Q(decided_at__isnull=False)),
                name="request_decided_paired",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["APPROVED", "REJECTED"]) | Q(decided_by__isnull=False),
                name="request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="REJECTED") | ~Q(decision_reason=""), name="request_rejected_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["supervisor"], condition=Q(state="SENT"), name="request_inbox")]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.date}"
