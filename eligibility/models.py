"""Policies (rules and their numbers as data), weekly runs, and the decisions they leave behind."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from employees.models import Agency, Role, User
from employees.models.access import READS_SCORES
from employees.models.tracking import versions


class Policy(models.Model):
    """A set of rules with their numbers, in one version: global and never changed; a change is a new version."""

    code = models.CharField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    name_id = models.CharField(_("name (Indonesian)"), max_length=200)
    name_en = models.CharField(_("name (English)"), max_length=200)
    basis = models.TextField(_("legal basis"), blank=True)
    track = models.CharField(_("track"), max_length=20)
    rules = models.JSONField(_("rules"))  # [{"rule": "MinimumRating", "minimum": 5}, …]
    brake_percent = models.PositiveSmallIntegerField(
        _("brake (%)"), default=20, help_text=_("A run in which more people change waits for a person.")
    )

    plan_automatic = models.BooleanField(
        _("weekly plan publishes itself"), default=False, help_text=_("Otherwise the HR head publishes the draft.")
    )

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="policy_version_once"),
            models.CheckConstraint(condition=Q(brake_percent__lte=100), name="policy_brake"),
        ]
        triggers = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_id


@versions()
class PolicyInForce(models.Model):
    """Which policy an agency applies on a track, from–until (half-open)."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="policies")
    track = models.CharField(_("track"), max_length=20)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="in_force")
    valid = DateRangeField(_("valid"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by"))

    class Meta:
        verbose_name = _("policy in force")
        verbose_name_plural = _("policies in force")
        constraints = [
            ExclusionConstraint(
                name="policy_one_a_track",
                expressions=[
                    ("agency", RangeOperators.EQUAL),
                    ("track", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=Q(valid__isempty=False, valid__lower_inf=False), name="in_force_start"),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.track}: {self.policy_id}"


class RunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Runs of the agencies whose scores the user may read (HR officer, HR head, auditor of the whole agency)."""
        reach = user.reach
        if reach.everywhere({Role.AUDITOR}):
            return self
        return self.filter(agency_id__in=reach.whole_agencies(READS_SCORES))

    def published(self):
        return self.filter(state=Run.State.PUBLISHED)

    def open(self):
        return self.filter(state__in=[Run.State.COMPUTING, Run.State.WAITING])


class Run(models.Model):
    """One weekly computation for an agency and track. Numbers grow with the week; publishing is one row's change."""

    class State(models.TextChoices):
        COMPUTING = "COMPUTING", _("being computed")
        WAITING = "WAITING", _("waiting for publication")
        PUBLISHED = "PUBLISHED", _("published")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")
        MISSED = "MISSED", _("missed")

    class Hold(models.TextChoices):
        FIRST = "FIRST", _("first run of this agency and track")
        NEW_POLICY = "NEW_POLICY", _("first run under a new policy version")
        NEW_YEAR = "NEW_YEAR", _("first run of the year")
        BRAKE = "BRAKE", _("more people change than the policy lets pass by itself")
        BY_HAND = "BY_HAND", _("started by hand")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="runs", verbose_name=_("agency"))
    track = models.CharField(_("track"), max_length=20)
    week = models.DateField(_("week (its Monday)"))
    number = models.PositiveIntegerField(_("number"))
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="runs", null=True, verbose_name=_("policy"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.COMPUTING)
    hold = models.CharField(_("why it waits"), max_length=10, choices=Hold, blank=True)
    cutoff_at = models.DateTimeField(_("scores approved until"))
    inputs_seen = models.PositiveBigIntegerField(default=0)
    job_id = models.BigIntegerField(default=0)  # 0: a missed week had none
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    in_scope = models.PositiveIntegerField(_("people"), default=0)
    eligible = models.PositiveIntegerField(_("eligible"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    gained = models.PositiveIntegerField(_("newly eligible"), default=0)
    lost = models.PositiveIntegerField(_("no longer eligible"), default=0)
    published_at = models.DateTimeField(_("published at"), null=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("published by"))
    version = models.PositiveIntegerField(default=1)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("weekly run")
        verbose_name_plural = _("weekly runs")
        ordering = ["-week", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "track", "number"], name="run_number_once"),
            models.UniqueConstraint(
                fields=["agency", "track", "week"], condition=Q(state="PUBLISHED"), name="run_one_published"
            ),
            models.UniqueConstraint(
                fields=["agency", "track"],
                condition=Q(state__in=["COMPUTING", "WAITING"]),
                name="run_one_unpublished",
            ),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="run_week_is_monday"),
            models.CheckConstraint(
                condition=(Q(state="PUBLISHED") & Q(published_at__isnull=False))
                | (~Q(state="PUBLISHED") & Q(published_at__isnull=True, published_by__isnull=True)),
                name="run_published_paired",
            ),
            models.CheckConstraint(condition=Q(state="MISSED") | Q(policy__isnull=False), name="run_names_its_policy"),
        ]

    def __str__(self) -> str:
        year, week, _day = self.week.isocalendar()
        return f"{self.track} {year}-W{week:02d} #{self.number}"

    @property
    def computed_under(self) -> Policy:
        """The policy of a run that was computed; only a missed week has none (`run_names_its_policy`)."""
        if self.policy is None:
            raise ValueError("a missed week was computed under no policy")
        return self.policy

    @property
    def flips(self) -> int:
        return self.gained + self.lost


class DecisionQuerySet(models.QuerySet):
    def at(self, run):
        """The decisions that hold at a run: opened by it or before, not yet closed by it."""
        return self.filter(
            Q(until_run__isnull=True) | Q(until_run__gt=run.number),
            agency_id=run.agency_id,
            track=run.track,
            from_run__lte=run.number,
        )


class Decision(models.Model):
    """*Kelayakan* of one person: holds from run A until run B. Only changes are written.

    No foreign-key constraints: on this table they cost four times the work (measured; architecture.md). `from_run` and
    `until_run` are run *numbers* of the agency and track.
    """

    agency_id = models.BigIntegerField()
    track = models.CharField(max_length=20)
    employee = models.ForeignKey(
        "employees.Employee", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="decisions"
    )
    from_run = models.PositiveIntegerField()
    until_run = models.PositiveIntegerField(null=True)
    eligible = models.BooleanField()
    reasons = ArrayField(models.CharField(max_length=32))
    # typed evidence: a difference here is a change too
    placement_id = models.BigIntegerField(null=True)
    appraisal_id = models.BigIntegerField(null=True)
    rating = models.PositiveSmallIntegerField(null=True)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    kind = models.CharField(max_length=20)
    legal_status = models.CharField(max_length=30)
    direct_service = models.BooleanField(null=True)
    evidence = models.JSONField(default=dict)  # readable copy of the facts, built for changed rows only

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "track", "employee", "from_run"], name="decision_once"),
            models.UniqueConstraint(
                fields=["employee", "track", "agency_id"], condition=Q(until_run__isnull=True), name="decision_one_open"
            ),
            models.CheckConstraint(
                condition=Q(until_run__isnull=True) | Q(until_run__gt=F("from_run")), name="decision_interval"
            ),
            models.CheckConstraint(
                condition=Q(eligible=True, reasons__len=0) | Q(eligible=False, reasons__len__gt=0),
                name="decision_reasons_say_why",
            ),
        ]
        indexes = [models.Index(fields=["from_run"], name="decision_from_run")]

    def __str__(self) -> str:
        return f"{self.employee_id}: {self.eligible}"
