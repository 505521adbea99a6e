"""Requests about days, and who stands in for whom."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery
from django.db.models.functions import Least, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from employees.endings import Midnight, dated
from employees.models import Agency, Employee, User
from employees.models.access import READS_PEOPLE, READS_SCORES
from employees.models.people import today_of_agency
from ledger.tracking import versions

from .plans import WfhDay


class DelegationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those one gave or was given, and those of the people one's grants cover."""
        me = user.reach.me
        given = Employee.objects.none().granted(user, READS_PEOPLE, employee="delegator_id")
        return self.filter(Q(delegator=me) | Q(delegate=me) | given)

    def standing(self):
        """Not ended before its time."""
        return self.filter(ended_at__isnull=True)


@versions()
class Delegation(models.Model):
    """A supervisor's stand-in, from–until (half-open). It ends by itself; nobody passes it on.

    `on_leave_only`: counts only on days on which the supervisor is known to be on leave.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    delegator = models.ForeignKey(Employee, models.PROTECT, related_name="delegations", verbose_name=_("supervisor"))
    delegate = models.ForeignKey(Employee, models.PROTECT, related_name="stands_in", verbose_name=_("stand-in"))
    valid = DateRangeField(_("valid"))
    on_leave_only = models.BooleanField(_("only while on leave"), default=False)
    created_at = models.DateTimeField(_("made at"))
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("made by"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    version = models.PositiveIntegerField(default=1)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("stand-in")
        verbose_name_plural = _("stand-ins")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(delegator=F("delegate")), name="delegation_to_another"),
            models.CheckConstraint(condition=Q(valid__isempty=False, valid__lower_inf=False), name="delegation_start"),
            ExclusionConstraint(
                name="delegation_one_a_day",
                expressions=[
                    ("delegator", RangeOperators.EQUAL),
                    ("on_leave_only", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegator_id} → {self.delegate_id}"


def _stand_in_ended() -> Subquery:
    """Ended early, or its last day is over in the agency's zone. What ended before it began opened nothing."""
    zone = F("agency__time_zone")
    until = Least(F("ended_at"), Midnight(zone, Func(F("valid"), function="upper")))
    rows = Delegation.objects.filter(delegate=OuterRef("employee")).annotate(
        until=until, since=Midnight(zone, Func(F("valid"), function="lower"))
    )
    return Subquery(rows.filter(until__lte=Now(), until__gt=F("since")).order_by("-until").values("until")[:1])


dated(
    "stand-in",
    _("You no longer stand in for somebody for whom you did when you logged in. Please log in again."),
    _stand_in_ended,
)


def delegated_to(me: int):
    """SQL: a delegation of the row's `holder` (in the first stage also of its supervisor) to this person, that counts
    today in the row's agency."""
    today = today_of_agency()
    counts = Q(on_leave_only=False) | Q(delegator__leaves__valid__contains=today)
    here = Q(delegate__legal_status__in=Employee.SERVING, delegator__legal_status__in=Employee.SERVING)
    rows = Delegation.objects.standing().filter(counts, here, delegate=me, valid__contains=today)
    first = Exists(rows.filter(delegator=OuterRef("supervisor"))) & Q(stage=1)
    return Exists(rows.filter(delegator=OuterRef("holder"))) | first


class RequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, those laid before oneself or whom one stands in for, and those of people one's grants cover."""
        covered = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id")
        me = user.reach.me
        # A supervisor who has left, or gone to another agency, sees nothing of this one any more.
        here = Q(supervisor__agency=F("agency"), supervisor__legal_status__in=Employee.SERVING)
        held = Q(holder__agency=F("agency"), holder__legal_status__in=Employee.SERVING)
        mine = Q(supervisor=me) & here | Q(holder=me) & held
        before_me = mine | Q(colleague=me) | Q(decided_by=user.pk)
        shown = self.filter(Q(employee=me) | before_me & ~Q(state=Request.State.DRAFT) | covered | delegated_to(me))
        return shown.exclude(Q(state=Request.State.DRAFT) & ~Q(employee=me))

    def waiting(self):
        return self.filter(state=Request.State.SENT)


@versions()
class Request(models.Model):
    """*Usulan*: a person asks for another day, an extra one, to give one back late, to swap, or for a fixed weekday."""

    class Kind(models.TextChoices):
        MOVE = "MOVE", _("another day")
        EXTRA = "EXTRA", _("an extra day")
        RETURN = "RETURN", _("give a day back")
        SWAP = "SWAP", _("swap with a colleague")
        RECUR = "RECUR", _("the same weekday every week")

    class State(models.TextChoices):
        DRAFT = "DRAFT", pgettext_lazy("request", "draft")
        SENT = "SENT", pgettext_lazy("request", "waiting")
        APPROVED = "APPROVED", pgettext_lazy("request", "approved")
        RETURNED = "RETURNED", pgettext_lazy("request", "sent back")
        REJECTED = "REJECTED", pgettext_lazy("request", "rejected")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("request", "withdrawn")
        RECALLED = "RECALLED", pgettext_lazy("request", "recalled")
        EXPIRED = "EXPIRED", pgettext_lazy("request", "expired")

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="requests", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.MOVE)
    week = models.DateField(_("week (its Monday)"))
    gives_up = models.ForeignKey(WfhDay, models.PROTECT, null=True, related_name="+", verbose_name=_("instead of"))
    date = models.DateField(_("requested day"))
    slot = models.CharField(_("part of the day"), max_length=4, choices=WfhDay.Slot, default=WfhDay.Slot.FULL)
    until = models.DateField(_("every week until"), null=True, blank=True)
    colleague = models.ForeignKey(
        Employee, models.PROTECT, null=True, related_name="asked_to_swap", verbose_name=_("colleague")
    )
    takes = models.ForeignKey(WfhDay, models.PROTECT, null=True, related_name="+", verbose_name=_("colleague's day"))
    reason = models.TextField(_("reason"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SENT)
    supervisor = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+", verbose_name=_("supervisor"))
    holder = models.ForeignKey(
        Employee, models.PROTECT, null=True, related_name="holds", verbose_name=_("waits for (empty: HR)")
    )
    stage = models.PositiveSmallIntegerField(_("stage"), default=1)
    stages = models.PositiveSmallIntegerField(_("stages"), default=1)
    endorsed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("endorsed by"))
    endorsed_for = models.ForeignKey(
        Employee, models.PROTECT, null=True, related_name="+", verbose_name=_("endorsed on behalf of")
    )
    sent_at = models.DateTimeField(_("sent at"))
    due_at = models.DateTimeField(_("to be decided by"))
    next_at = models.DateTimeField(_("looked at again"), null=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_for = models.ForeignKey(
        Employee, models.PROTECT, null=True, related_name="+", verbose_name=_("on behalf of")
    )
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
                fields=["employee", "week"],
                condition=Q(state="SENT") & ~Q(kind="RECUR"),
                name="request_one_waiting_a_week",
            ),
            models.UniqueConstraint(
                fields=["employee"], condition=Q(state="SENT", kind="RECUR"), name="request_one_series_waiting"
            ),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="request_week_is_monday"),
            models.CheckConstraint(condition=~Q(supervisor=F("employee")), name="request_not_own_supervisor"),
            models.CheckConstraint(
                condition=Q(holder__isnull=True) | ~Q(holder=F("employee")), name="request_not_own_holder"
            ),
            models.CheckConstraint(
                condition=Q(stages__in=[1, 2], stage__gte=1, stage__lte=F("stages")), name="request_stage"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DRAFT", "SENT"], decided_at__isnull=True)
                | (~Q(state__in=["DRAFT", "SENT"]) & Q(decided_at__isnull=False)),
                name="request_decided_paired",
            ),
            models.CheckConstraint(  # but for what silence grants at its deadline, where the policy says so
                condition=~Q(state__in=["APPROVED", "REJECTED", "RETURNED", "RECALLED"])
                | Q(decided_by__isnull=False)
                | Q(state="APPROVED", decided_at__gte=F("due_at")),
                name="request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["REJECTED", "RETURNED", "RECALLED"]) | ~Q(decision_reason=""),
                name="request_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(kind="SWAP") | Q(colleague__isnull=False, takes__isnull=False, gives_up__isnull=False),
                name="request_swap_names_both_days",
            ),
            models.CheckConstraint(
                condition=Q(colleague__isnull=True) | ~Q(colleague=F("employee")), name="request_swap_with_another"
            ),
            models.CheckConstraint(
                condition=Q(kind="RECUR", until__gte=F("date")) | (~Q(kind="RECUR") & Q(until__isnull=True)),
                name="request_series_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["holder"], condition=Q(state="SENT"), name="request_inbox"),
            models.Index(fields=["agency", "date"], name="request_agency_date"),
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["DRAFT", "SENT", "RETURNED"]),
                name="request_clock",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.date}"
