"""Agencies and their trees of units."""

import zoneinfo

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from employees.roles import Role
from ledger.tracking import versions

from .fields import LtreeField

ZONES = [("Asia/Jakarta", "WIB"), ("Asia/Makassar", "WITA"), ("Asia/Jayapura", "WIT")]


class ObjectionTrack(models.TextChoices):
    """Under which law an objection is filed and answered (domain.md §7), in working days: file, answer, give effect."""

    PP79 = "PP79", _("PP 79/2021: 14 working days to object, 21 to answer")
    UU30 = "UU30", _("UU 30/2014: 21 working days to object, 10 to answer, 5 to give effect")


class AgencyQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The agencies this user works in or for; every agency for who runs the platform or audits all of it."""
        reach = user.reach
        if reach.platform or reach.everywhere({Role.AUDITOR}):
            return self
        return self.filter(pk__in=reach.agency_ids)


@versions()
class Agency(models.Model):
    """*Instansi*: a ministry, an agency, a regional government; all its rules, numbers and hours hang on it."""

    class Scope(models.TextChoices):
        CENTRAL = "PUSAT", _("central government")
        PROVINCE = "PROVINSI", _("province")
        REGENCY = "KABKOTA", _("regency or city")
        MILITARY = "TNI", _("armed forces")
        POLICE = "POLRI", _("police")
        MISSION = "PERWAKILAN_LN", _("mission abroad")

    code = models.CharField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=200)
    scope = models.CharField(_("level of government"), max_length=20, choices=Scope, default=Scope.CENTRAL)
    time_zone = models.CharField(_("time zone"), max_length=40, choices=ZONES, default="Asia/Jakarta")
    working_days = models.PositiveSmallIntegerField(_("working days a week"), default=5)
    run_weekday = models.PositiveSmallIntegerField(_("day of the weekly run (1 = Monday)"), default=5)
    run_hour = models.PositiveSmallIntegerField(_("hour of the weekly run"), default=15)
    objection_track = models.CharField(
        _("procedure of objections"),
        max_length=5,
        choices=ObjectionTrack,
        default=ObjectionTrack.PP79,
        db_default=ObjectionTrack.PP79,
    )
    four_eyes_import = models.BooleanField(
        _("whoever imported a score may not approve it"), default=True, help_text=_("Second pair of eyes.")
    )
    version = models.PositiveIntegerField(default=1)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(working_days__in=[5, 6]), name="agency_working_days"),
            models.CheckConstraint(condition=Q(run_weekday__range=(1, 7)), name="agency_run_weekday"),
            models.CheckConstraint(condition=Q(run_hour__range=(0, 23)), name="agency_run_hour"),
            models.CheckConstraint(condition=Q(time_zone__in=[z for z, _label in ZONES]), name="agency_zone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class AgencyInputsQuerySet(models.QuerySet):
    def changed(self) -> int:
        """Count one more change, so that what was computed before it is not published unseen. Call it in the action's
        own transaction."""
        return self.update(changes=F("changes") + 1)


class AgencyInputs(models.Model):
    """Counts the changes to what an agency's decisions rest on; a preview older than the count is not published."""

    agency = models.OneToOneField(Agency, models.CASCADE, primary_key=True, related_name="inputs")
    changes = models.PositiveBigIntegerField(default=0)

    objects = AgencyInputsQuerySet.as_manager()

    class Meta:
        verbose_name = _("inputs of an agency")
        verbose_name_plural = _("inputs of agencies")

    def __str__(self) -> str:
        return f"{self.agency_id}: {self.changes}"


class UnitQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Units inside the user's grants (a whole agency or a sub-tree)."""
        return self.filter(user.reach.over(agency="agency_id", path="path"))


@versions(exclude=["path", "serves_public"])
class Unit(models.Model):
    """*Unit kerja*, a node of the agency's tree. What is empty here is inherited from the unit above."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="units")
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = LtreeField(_("path"), editable=False)
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, choices=ZONES, blank=True)
    working_days = models.PositiveSmallIntegerField(_("working days a week"), null=True, blank=True)
    wfh_quota_percent = models.PositiveSmallIntegerField(_("at most this share at home (%)"), null=True, blank=True)
    direct_service = models.BooleanField(_("serves the public directly"), null=True, blank=True)
    # `direct_service` as inherited down the tree; kept by a trigger, read by the engine for five million people at once
    serves_public = models.BooleanField(null=True, editable=False)
    head = models.ForeignKey(
        "Employee", models.SET_NULL, null=True, blank=True, related_name="heads", verbose_name=_("head")
    )

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "code"], name="unit_code_once"),
            models.CheckConstraint(
                condition=Q(wfh_quota_percent__isnull=True) | Q(wfh_quota_percent__lte=100), name="unit_quota"
            ),
            models.CheckConstraint(
                condition=Q(working_days__isnull=True) | Q(working_days__in=[5, 6]), name="unit_working_days"
            ),
            models.CheckConstraint(
                condition=Q(path__ends_with_id=F("id")), name="unit_path_ends_here", violation_error_message=_("path")
            ),
        ]
        indexes = [GistIndex(fields=["path"], name="unit_path")]

    def __str__(self) -> str:
        return self.name
