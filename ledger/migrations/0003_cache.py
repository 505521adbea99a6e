"""The cache table: cache and sessions live in PostgreSQL, so pages live when the broker dies (rulings.md 13)."""

from django.core.management import call_command
from django.db import migrations


def create(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
