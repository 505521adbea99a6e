"""The history of a bulk update is written in time linear in its rows, whatever the session did before.

An update's trigger joins the old rows with the new ones, and PostgreSQL plans that join once a session, at the trigger's
first firing. If that was for no row or one (a single approval before a big import), the plan is a nested loop: 3,000
rows took 16 s instead of 0.3 s (tried), 100,000 would not end. Without nested loops the join is a hash join from the start.

A migration that makes such a function anew (a field added to a tracked model) loses the setting: repeat this step after
it. `tests/guards/test_history.py` says so.
"""

from django.db import migrations

SETTING = """
DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%JOIN new_values%'
  LOOP
    EXECUTE format('ALTER FUNCTION %s {} enable_nestloop{}', f);
  END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0002_history_is_append_only"),
        ("eligibility", "0002_initial"),
        ("performance", "0002_import_batches"),
        ("employees", "0002_inherit_direct_service"),
        ("ledger", "0003_cache"),
    ]
    operations = [
        migrations.RunSQL(
            SETTING.replace("{}", "SET", 1).replace("{}", " = off"),
            SETTING.replace("{}", "RESET", 1).replace("{}", ""),
        )
    ]
