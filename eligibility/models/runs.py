"""Weekly runs: one a week, agency and track; and what went wrong in them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from employees.models import Agency, Role, User
from employees.models.access import READS_SCORES

from .policies import Policy


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
        STALE_FEED = "STALE_FEED", _("records of discipline or absence are not complete up to that week")
        PROBLEMS = "PROBLEMS", _("data of some people break a rule")

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
    problems = models.PositiveIntegerField(_("problems"), default=0)
    left_out = models.PositiveIntegerField(_("left out at their own wish"), default=0)
    digest = models.CharField(_("digest of its decisions"), max_length=64, blank=True)
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


class RunProblem(models.Model):
    """A person whose data broke a rule in a run: not eligible until HR has looked at it, and nobody else is harmed."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="problem_rows")
    employee = models.ForeignKey("employees.Employee", models.DO_NOTHING, db_constraint=False, related_name="+")
    what = models.CharField(_("what"), max_length=300)

    class Meta:
        verbose_name = _("problem of a run")
        verbose_name_plural = _("problems of runs")
        constraints = [models.UniqueConstraint(fields=["run", "employee"], name="run_problem_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.employee_id}"


class Standing(models.Model):
    """Where a person stands in their unit or agency by rating and score; kept only while a run is computed."""

    run_id = models.BigIntegerField()
    employee_id = models.BigIntegerField()
    position = models.PositiveIntegerField()
    size = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [models.UniqueConstraint(fields=["run_id", "employee_id"], name="standing_once")]

    def __str__(self) -> str:
        return f"{self.position}/{self.size}"
