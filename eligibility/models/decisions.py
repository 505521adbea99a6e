"""What runs leave behind: who is eligible from when to when, and why."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _


class DecisionQuerySet(models.QuerySet):
    def at(self, run):
        """The decisions that hold at a run: opened by it or before, not yet closed by it."""
        return self.filter(
            Q(until_run__isnull=True) | Q(until_run__gt=run.number),
            agency_id=run.agency_id,
            track=run.track,
            from_run__lte=run.number,
        )


# The columns in which a difference is a change of the decision (rulings.md 5).
TOLD = (
    "reasons",
    "placement_id",
    "appraisal_id",
    "rating",
    "score",
    "kind",
    "legal_status",
    "direct_service",
    "facts_key",
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
    facts_key = models.BigIntegerField(
        default=0, db_default=0
    )  # hash of the further facts that the policy's rules look at
    told_key = models.GeneratedField(  # one hash of TOLD: two decisions are compared by it, out of the index alone
        expression=Func(*TOLD, function="hash_record_extended", template="%(function)s(ROW(%(expressions)s), 0)"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    evidence = models.JSONField(default=dict)  # readable copy of the facts, built for changed rows only

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "track", "employee", "from_run"], name="decision_once"),
            models.UniqueConstraint(
                fields=["employee", "track", "agency_id"],
                include=["id", "eligible", "told_key"],
                condition=Q(until_run__isnull=True),
                name="decision_one_open",
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
