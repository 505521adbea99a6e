"""Days off, as dated and sourced data: the list is revised during the year."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.tracking import versions

from .organisation import Agency


@versions()
class Holiday(models.Model):
    """A national holiday or *cuti bersama*; for everybody, or for one agency's scope of it."""

    class Kind(models.TextChoices):
        NATIONAL = "LIBUR_NASIONAL", _("national holiday")
        JOINT = "CUTI_BERSAMA", _("joint leave")

    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.NATIONAL)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(_("source"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["date", "agency"], name="holiday_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.name}"
