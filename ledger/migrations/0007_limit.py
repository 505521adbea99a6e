"""Counted tries. Unlogged: counting costs no write-ahead log, and a crash may forget the counts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_outbox_push")]
    operations = [
        migrations.CreateModel(
            name="Limit",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("until", models.DateTimeField()),
            ],
            options={"verbose_name": "counted tries", "verbose_name_plural": "counted tries"},
        ),
        # Room on each page, so that a count is changed in place.
        migrations.RunSQL(
            "ALTER TABLE ledger_limit SET UNLOGGED; ALTER TABLE ledger_limit SET (fillfactor = 50)",
            migrations.RunSQL.noop,
        ),
    ]
