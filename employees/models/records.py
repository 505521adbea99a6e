"""What a policy may look at besides post and score: discipline, absences, and facts an agency adds itself. The least
data only: a level and dates, never what it was about (UU 27/2022 art. 4)."""

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.tracking import versions

from .access import READS_SCORES
from .organisation import Agency
from .people import Employee


class RecordQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those of the people whom a grant to read scores covers; a supervisor sees none of them."""
        covered = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id")
        return self.filter(Q(employee=user.reach.me) | covered)


class Record(models.Model):
    """What the records below share."""

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="%(class)ss", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True


@versions()
class Discipline(Record):
    """*Hukuman disiplin* or a case in process (PP 94/2021). Both days are inclusive. A light punishment has no period:
    an empty end is not "for ever" (domain.md §4.4)."""

    class Level(models.TextChoices):
        LIGHT = "RINGAN", _("light")
        MEDIUM = "SEDANG", _("medium")
        SEVERE = "BERAT", _("severe")

    class Status(models.TextChoices):
        IN_PROCESS = "DALAM_PROSES", _("in process")
        IMPOSED = "DIJATUHKAN", _("imposed")
        CANCELLED = "DIBATALKAN", _("cancelled")

    level = models.CharField(_("level"), max_length=6, choices=Level, blank=True)  # not known while in process
    start = models.DateField(_("from"))
    end = models.DateField(_("until (last day)"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.IMPOSED)
    decree = models.CharField(_("number of the decree"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("discipline")
        verbose_name_plural = _("discipline")
        constraints = [
            models.UniqueConstraint(fields=["employee", "start", "decree"], name="discipline_once"),
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gte=F("start")), name="discipline_period"),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.start}"


@versions()
class Absence(Record):
    """One working day of unexcused absence (*alpa*)."""

    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=20, default="ALPA")

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [models.UniqueConstraint(fields=["employee", "date"], name="absence_once")]

    def __str__(self) -> str:
        return str(self.date)


@versions()
class Fact(Record):
    """Something an agency records itself (training done, agreement signed, days disciplined in a year …), usable by
    generic rules without code. The text is kept as it came; what it means is in one typed column besides."""

    key = models.CharField(_("key"), max_length=40)
    text = models.CharField(_("value"), max_length=200)
    number = models.DecimalField(_("as a number"), max_digits=14, decimal_places=4, null=True)
    flag = models.BooleanField(_("as yes or no"), null=True)
    day = models.DateField(_("as a date"), null=True)
    valid = DateRangeField(_("valid"))  # half-open; without a lower end: always was so
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        constraints = [
            models.UniqueConstraint(fields=["employee", "key", "valid"], name="fact_once"),
            models.CheckConstraint(condition=Q(valid__isempty=False), name="fact_some_time"),
        ]
        indexes = [models.Index(fields=["agency", "key", "employee"], name="fact_key")]

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


class FeedQuerySet(models.QuerySet):
    def visible_to(self, user):
        reach = user.reach
        if reach.everywhere(READS_SCORES):
            return self
        return self.filter(agency_id__in=reach.whole_agencies(READS_SCORES))


@versions()
class Feed(models.Model):
    """Until which day an agency's records of a kind are complete. No row about a person means "none" only until then;
    a feed that is too old holds the weekly run as the brake does (rulings.md 16)."""

    class Kind(models.TextChoices):
        DISCIPLINE = "DISCIPLINE", _("discipline")
        ABSENCE = "ABSENCE", _("absences")
        FACTS = "FACTS", _("facts")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="feeds", verbose_name=_("agency"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    complete_until = models.DateField(_("complete until"))

    objects = FeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("completeness of records")
        verbose_name_plural = _("completeness of records")
        constraints = [models.UniqueConstraint(fields=["agency", "kind"], name="feed_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.complete_until}"
