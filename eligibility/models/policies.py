"""Policies: rules and their numbers as data, drafted by one person and approved by another; and where they apply."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from employees.models import Agency, Role, User
from employees.models.access import READS_SCORES
from ledger.tracking import versions


class PolicyQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Approved policies of nobody in particular: everybody. An agency's own, and its drafts: who works for it."""
        reach = user.reach
        shared = Q(agency=None, state=Policy.State.APPROVED)
        if reach.platform or reach.everywhere({Role.AUDITOR}):
            return self
        return self.filter(shared | Q(agency_id__in=reach.whole_agencies(READS_SCORES)))

    def approved(self):
        return self.filter(state=Policy.State.APPROVED)


@versions()
class Policy(models.Model):
    """A set of rules with their numbers, in one version. A draft is written by one person and approved by another;
    once approved it never changes: a change is a new version. Without an agency it is everybody's (loaded from a file).
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", pgettext_lazy("policy", "draft")
        SUBMITTED = "SUBMITTED", pgettext_lazy("policy", "waiting for approval")
        APPROVED = "APPROVED", pgettext_lazy("policy", "approved")
        DROPPED = "DROPPED", pgettext_lazy("policy", "dropped")

    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="own_policies", verbose_name=_("agency")
    )
    code = models.CharField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    name_id = models.CharField(_("name (Indonesian)"), max_length=200)
    name_en = models.CharField(_("name (English)"), max_length=200)
    basis = models.TextField(_("legal basis"), blank=True)
    track = models.CharField(_("track"), max_length=20)
    rules = models.JSONField(_("rules"), default=list)  # [{"rule": "MinimumRating", "minimum": 5}, …]
    note_id = models.TextField(_("note (Indonesian)"), blank=True)
    note_en = models.TextField(_("note (English)"), blank=True)
    since = models.DateField(_("may apply from"), null=True, blank=True)
    until = models.DateField(_("may apply until (last day)"), null=True, blank=True)
    brake_percent = models.PositiveSmallIntegerField(
        _("brake (%)"), default=20, help_text=_("A run in which more people change waits for a person.")
    )
    feed_days = models.PositiveSmallIntegerField(
        _("records at most so many days old"),
        null=True,
        blank=True,
        help_text=_("Older records of discipline or absence hold the run. Empty: their age does not matter."),
    )
    plan_automatic = models.BooleanField(
        _("weekly plan publishes itself"), default=False, help_text=_("Otherwise the HR head publishes the draft.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    drafted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("drafted by"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by"))
    approved_at = models.DateTimeField(_("approved at"), null=True)
    edition = models.PositiveIntegerField(default=1)  # grows with each change of a draft (If-Match)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "code", "version"], name="policy_version_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=F("since")),
                name="policy_validity",
            ),
            models.CheckConstraint(
                condition=Q(drafted_by__isnull=True) | Q(approved_by__isnull=True) | ~Q(drafted_by=F("approved_by")),
                name="policy_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state="APPROVED") | Q(agency__isnull=True) | Q(approved_by__isnull=False),
                name="policy_approved_by_somebody",
            ),
            models.CheckConstraint(condition=Q(brake_percent__lte=100), name="policy_brake"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="APPROVED"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_id

    @property
    def note(self) -> str:
        return self.note_en if get_language() == "en" else self.note_id


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
        return f"{self.policy} · {self.agency}"
