"""What holds in a unit besides the policy (cover, closed days, stages), and what a person would like best."""

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from employees.models import Agency, Employee, Unit
from ledger.tracking import versions

from .plans import WfhDay

WEEKDAYS = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
]


class UnitRuleQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rules of the units one's grants cover, and those of the whole agency for whoever covers anything of it."""
        covered = user.reach.over(agency="agency_id", path="unit__path")
        return self.filter(covered | Q(unit__isnull=True, agency_id__in=user.reach.agency_ids))


@versions()
class UnitRule(models.Model):
    """A limit or setting of one unit and everything below it; without a unit, of the whole agency.

    The nearest unit with rows of a kind that match the date decides; all its matching rows apply, the strictest wins.
    A `lifted` row says that what is inherited does not apply here.
    """

    class Kind(models.TextChoices):
        MIN_PRESENT = "MIN_PRESENT", _("at least so many at the office")
        MAX_REMOTE = "MAX_REMOTE", _("at most this share at home")
        STAFFED_POST = "STAFFED_POST", _("post that must be staffed")
        BLACKOUT = "BLACKOUT", _("closed to WFH")
        ANCHOR = "ANCHOR", _("everybody at the office")
        STAGES = "STAGES", _("stages of approval")
        CUTOFF = "CUTOFF", _("hour on the working day before at which requests close")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="unit_rules", verbose_name=_("agency"))
    unit = models.ForeignKey(
        Unit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rules",
        verbose_name=_("unit"),
        help_text=_("Empty: the whole agency. Units below inherit it unless they have a rule of this kind themselves."),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=WEEKDAYS, null=True, blank=True)
    date = models.DateField(_("date"), null=True, blank=True)
    slot = models.CharField(_("part of the day"), max_length=4, choices=WfhDay.Slot, default=WfhDay.Slot.FULL)
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    percent = models.PositiveSmallIntegerField(
        _("share (%)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("A minimum is rounded up, a maximum down."),
    )
    post = models.CharField(_("post"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    lifted = models.BooleanField(_("what is inherited does not apply here"), default=False)
    valid = DateRangeField(_("valid"))
    version = models.PositiveIntegerField(default=1)

    objects = UnitRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit rule")
        verbose_name_plural = _("unit rules")
        ordering = ["kind", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(valid__isempty=False, valid__lower_inf=False), name="unitrule_start"),
            models.CheckConstraint(condition=Q(percent__isnull=True) | Q(percent__lte=100), name="unitrule_percent"),
            models.CheckConstraint(
                condition=Q(weekday__isnull=True) | Q(weekday__range=(1, 7)), name="unitrule_weekday"
            ),
            models.CheckConstraint(
                condition=Q(lifted=True)
                | Q(kind="MIN_PRESENT", number__isnull=False, percent__isnull=True)
                | Q(kind="MIN_PRESENT", number__isnull=True, percent__isnull=False)
                | Q(kind="MAX_REMOTE", percent__isnull=False)
                | (Q(kind="STAFFED_POST", number__gte=1) & ~Q(post=""))
                | (Q(kind__in=["BLACKOUT", "ANCHOR"]) & ~Q(reason=""))
                | Q(kind="STAGES", number__in=[1, 2])
                | Q(kind="CUTOFF", number__range=(6, 18)),
                name="unitrule_says_enough",
            ),
        ]
        indexes = [models.Index(fields=["agency", "kind"], name="unitrule_agency")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}" if self.amount else str(self.get_kind_display())

    @property
    def amount(self) -> str:
        """The number or share as it is read: `5`, `40 %`, `2 × Petugas Loket`."""
        if self.kind == self.Kind.STAFFED_POST and self.number:
            return f"{self.number} × {self.post}"
        if self.number is not None:
            return str(self.number)
        return f"{self.percent} %" if self.percent is not None else ""


@versions()
class Preference(models.Model):
    """Weekdays a person would like best, the most wished for first. Honoured after fairness, never a claim."""

    employee = models.OneToOneField(Employee, models.CASCADE, primary_key=True, related_name="preference")
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=WEEKDAYS), verbose_name=_("weekdays"), size=6)
    updated_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return ", ".join(str(day) for day in self.weekdays)
