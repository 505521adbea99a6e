"""What every new tracked table needs: a history nobody edits, written in linear time, and ANALYZE for the application."""

from importlib import import_module

from django.db import migrations

append_only = import_module("schedules.migrations.0002_history_is_append_only").REVOKE
linear = import_module("schedules.migrations.0003_history_of_bulk_updates").SETTING
MAINTAIN = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_app') THEN
    GRANT MAINTAIN ON employees_discipline, employees_absence, employees_fact, eligibility_standing TO wfh_app;
    -- drafts of policies are written; approved ones are kept by the table's own trigger
    GRANT UPDATE ON eligibility_policy TO wfh_app;
  END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0007_both_names"),
        ("employees", "0005_records"),
        ("eligibility", "0004_in_full"),
    ]
    operations = [
        migrations.RunSQL(append_only, migrations.RunSQL.noop),
        migrations.RunSQL(linear.replace("{}", "SET", 1).replace("{}", " = off"), migrations.RunSQL.noop),
        migrations.RunSQL(MAINTAIN, migrations.RunSQL.noop),
    ]
