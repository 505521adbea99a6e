"""What a person holds over their own data: the secret address of their calendar, and requests that something about
them be put right."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.tracking import versions

from .access import READS_SCORES, User
from .organisation import Agency
from .people import Employee


class CalendarAddressQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; nobody else's."""
        return self.filter(user=user)


@versions(exclude=["digest"])
class CalendarAddress(models.Model):
    """The address at which a calendar programme reads one's WFH days. Whoever knows it may read, so only its hash is
    kept: the address is shown once and cannot be shown again, only renewed (reliability.md F41)."""

    user = models.OneToOneField(User, models.PROTECT, related_name="calendar_address", verbose_name=_("account"))
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the address's secret part
    made_at = models.DateTimeField(_("made at"))

    objects = CalendarAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return str(self.user_id)


class DataRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those of the people whom a grant to read scores covers; a supervisor sees none of them."""
        covered = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id")
        return self.filter(Q(employee=user.reach.me) | covered)


@versions()
class DataRequest(models.Model):
    """A person says that something held about them is wrong, and what should be there instead (UU 27/2022 art. 6);
    HR of the agency answers within 3 × 24 hours, days off or not (art. 30)."""

    TERM = dt.timedelta(hours=72)

    class About(models.TextChoices):
        IDENTITY = "IDENTITY", _("identity and contact")
        PLACEMENT = "PLACEMENT", _("unit, supervisor and post")
        APPRAISAL = "APPRAISAL", _("appraisals")
        DISCIPLINE = "DISCIPLINE", _("discipline")
        ABSENCE = "ABSENCE", _("absences and leave")
        DUTY = "DUTY", _("criteria of the duty and special circumstances")
        FACT = "FACT", _("facts of the agency")
        WFH = "WFH", _("WFH days and requests")
        OTHER = "OTHER", _("something else")

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("data request", "open")
        DONE = "DONE", pgettext_lazy("data request", "put right")
        REFUSED = "REFUSED", pgettext_lazy("data request", "refused")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("data request", "taken back")

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="data_requests", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    about = models.CharField(_("about"), max_length=10, choices=About)
    wrong = models.TextField(_("what is wrong"))
    wanted = models.TextField(_("what should be there"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField(_("asked at"))
    due_at = models.DateTimeField(_("answer due"))
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by"))
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answer = models.TextField(_("answer"), blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to correct data")
        verbose_name_plural = _("requests to correct data")
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "WITHDRAWN"], answered_by__isnull=True)
                | (Q(state__in=["DONE", "REFUSED"], answered_by__isnull=False) & ~Q(answer="")),
                name="datarequest_answered_in_words",
            ),
            models.CheckConstraint(condition=~Q(wrong="") & ~Q(wanted=""), name="datarequest_says_what"),
        ]
        indexes = [models.Index(fields=["agency", "due_at"], condition=Q(state="OPEN"), name="datarequest_queue")]

    def __str__(self) -> str:
        return str(self.employee)
