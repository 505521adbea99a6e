"""A policy may say that silence grants: such a request is approved by nobody, at its deadline and never before."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("schedules", "0008_in_full_in_force")]
    operations = [
        migrations.RemoveConstraint(model_name="request", name="request_decided_by_somebody"),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.CheckConstraint(
                condition=~Q(state__in=["APPROVED", "REJECTED", "RETURNED", "RECALLED"])
                | Q(decided_by__isnull=False)
                | Q(state="APPROVED", decided_at__gte=F("due_at")),
                name="request_decided_by_somebody",
            ),
        ),
    ]
