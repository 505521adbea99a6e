"""The weekly plan of an agency, what it gives each person and why, and the WFH days that follow from it."""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from employees.models import Agency, Employee, Unit, User
from employees.models.access import READS_PEOPLE
from ledger.tracking import versions


class PlanQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Plans of the agencies whose people the user may see as a whole."""
        if user.reach.everywhere(READS_PEOPLE):
            return self
        return self.filter(agency__in=user.reach.whole_agencies(READS_PEOPLE))


@versions()
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
    reason = models.TextField(_("reason of the revision"), blank=True)
    run_ids = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)  # of all it gives: what was looked at is what is published
    created_at = models.DateTimeField(_("made at"))
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("published by"))
    earned = models.PositiveIntegerField(_("days earned"), default=0)
    given = models.PositiveIntegerField(_("days given"), default=0)
    without = models.PositiveIntegerField(_("eligible without a day"), default=0)
    first_choices = models.PositiveIntegerField(_("first choices met"), default=0)
    exceptions = models.PositiveIntegerField(_("units to look at"), default=0)
    version = models.PositiveIntegerField(default=1)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("weekly plan")
        verbose_name_plural = _("weekly plans")
        ordering = ["-week", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "week", "revision"], name="plan_revision_once"),
            models.UniqueConstraint(
                fields=["agency", "week"], condition=Q(state="PUBLISHED"), name="plan_one_published"
            ),
            models.UniqueConstraint(fields=["agency", "week"], condition=Q(state="DRAFT"), name="plan_one_draft"),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="plan_week_is_monday"),
            models.CheckConstraint(
                condition=Q(state="DRAFT", published_at__isnull=True)
                | (~Q(state="DRAFT") & Q(published_at__isnull=False)),
                name="plan_published_paired",
            ),
            models.CheckConstraint(condition=Q(revision=1) | ~Q(reason=""), name="plan_revised_with_reason"),
        ]

    def __str__(self) -> str:
        year, week, _day = self.week.isocalendar()
        return f"{year}-W{week:02d} r{self.revision}"


class UnitPlan(models.Model):
    """One unit in a plan, as HR looks at it: counts, fairness, and what clashes. Precomputed for the pages."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    people = models.PositiveIntegerField(_("eligible"), default=0)
    earned = models.PositiveIntegerField(_("days earned"), default=0)
    given = models.PositiveIntegerField(_("days given"), default=0)
    without = models.PositiveIntegerField(_("without a day"), default=0)
    first_choices = models.PositiveIntegerField(_("first choices met"), default=0)
    with_choice = models.PositiveIntegerField(_("with a preference"), default=0)
    gap = models.DecimalField(_("largest difference (days in 12 weeks)"), max_digits=4, decimal_places=1, default=0)
    balance = models.PositiveSmallIntegerField(_("balance (0–100)"), default=100)
    exception = models.CharField(_("to look at"), max_length=20, blank=True)  # a code, see `explaining`
    clash = models.JSONField(default=dict)  # the smallest set of limits that clash, and what would help
    # by track and date, how many the limits let go home when the days were given; `verify` counts them again
    room = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("unit in the plan")
        verbose_name_plural = _("units in the plan")
        constraints = [models.UniqueConstraint(fields=["plan", "unit"], name="unitplan_once")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.unit_id}"


class Allotment(models.Model):
    """*Jatah*: what a plan gives one person, and why. With the WFH days of the week it is the ledger of fairness.

    No foreign-key constraints: millions of rows a week are written by COPY. Frozen with its plan by a trigger.
    """

    class Why(models.TextChoices):
        CHOICE = "CHOICE", _("a wished weekday")
        SERIES = "SERIES", _("the approved fixed weekday")
        ROOM = "ROOM", _("the day with the most room")
        FIXED = "FIXED", _("the policy's weekday")
        NO_ROOM = "NO_ROOM", _("no place left")
        AWAY = "AWAY", _("on leave or not in the unit")
        CLOSED = "CLOSED", _("no day of the week is open")

    plan = models.ForeignKey(Plan, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="allotments")
    agency_id = models.BigIntegerField()
    employee = models.ForeignKey(
        Employee, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="allotments"
    )
    unit = models.ForeignKey(Unit, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    week = models.DateField(_("week (its Monday)"))
    track = models.CharField(max_length=20)
    earned = models.PositiveSmallIntegerField(_("days earned"))
    dates = ArrayField(models.DateField(), verbose_name=_("days given"))
    why = models.CharField(_("why"), max_length=8, choices=Why)
    rank = models.PositiveSmallIntegerField(_("place among the wishes"), null=True)
    place = models.PositiveIntegerField(_("place in the order"))
    owed = models.DecimalField(_("days owed before"), max_digits=4, decimal_places=1, default=0)
    wanted = models.DateField(_("day not possible"), null=True)  # what the person would have come first for
    code = models.CharField(_("reason"), max_length=32, blank=True)
    used = models.PositiveIntegerField(_("places taken"), null=True)
    cap = models.PositiveIntegerField(_("places"), null=True)

    class Meta:
        verbose_name = _("allotment")
        verbose_name_plural = _("allotments")
        constraints = [models.UniqueConstraint(fields=["employee", "week", "plan"], name="allotment_once")]
        indexes = [
            models.Index(fields=["agency_id", "week"], name="allotment_agency"),
            models.Index(fields=["plan", "unit"], name="allotment_plan"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT FROM schedules_plan p WHERE p.id = OLD.plan_id AND p.state <> 'DRAFT') THEN
                        RAISE EXCEPTION 'the plan % is published and frozen', OLD.plan_id;
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.week}"


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
        RETURNED = "RETURNED", _("given back")
        RECALLED = "RECALLED", _("recalled")
        LOST = "LOST", _("lost, no other day was possible")
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
            # Days had and days given back: what fairness counts.
            models.Index(
                fields=["agency", "date"], condition=Q(state__in=["ACTIVE", "RETURNED"]), name="wfhday_agency_days"
            ),
            models.Index(fields=["unit", "date"], condition=Q(state="ACTIVE"), name="wfhday_unit_date"),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.date}"
