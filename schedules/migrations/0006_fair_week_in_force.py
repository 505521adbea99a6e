"""What the migration before owes the tables it made anew: waiting requests get their holder and deadline, history stays
append-only and linear (0002, 0003), and the application role may ANALYZE what the planner fills (0004)."""

from importlib import import_module

from django.db import migrations

BACKFILL = """
UPDATE schedules_request r SET holder_id = CASE WHEN r.state = 'SENT' THEN r.supervisor_id END,
  due_at = (r.date - 1 + time '15:00') AT TIME ZONE a.time_zone,
  next_at = CASE WHEN r.state = 'SENT' THEN (r.date - 1 + time '15:00') AT TIME ZONE a.time_zone END
FROM employees_agency a WHERE a.id = r.agency_id
"""
MAINTAIN = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_app') THEN
    GRANT MAINTAIN ON schedules_allotment, employees_leave, schedules_notice TO wfh_app;
  END IF;
END $$
"""
append_only = import_module("schedules.migrations.0002_history_is_append_only").REVOKE
linear = import_module("schedules.migrations.0003_history_of_bulk_updates").SETTING


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0005_fair_week"),
        ("eligibility", "0003_policy_plan_automatic"),
        ("ledger", "0005_reply"),
    ]
    operations = [
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.RunSQL(append_only, migrations.RunSQL.noop),
        migrations.RunSQL(linear.replace("{}", "SET", 1).replace("{}", " = off"), migrations.RunSQL.noop),
        migrations.RunSQL(MAINTAIN, migrations.RunSQL.noop),
    ]
