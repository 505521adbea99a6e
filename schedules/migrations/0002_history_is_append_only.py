"""The application role may add to history and read it, never change or delete it."""

from django.db import migrations

REVOKE = """
DO $$ DECLARE history regclass; BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_app') THEN
    FOR history IN SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
      AND c.relkind = 'r' AND (c.relname LIKE '%event' OR c.relname IN ('ledger_seal', 'pghistory_context'))
    LOOP
      EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM wfh_app', history);
    END LOOP;
    REVOKE UPDATE, DELETE, TRUNCATE ON eligibility_policy FROM wfh_app;
    REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM wfh_app;
  END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0001_initial"),
        ("eligibility", "0001_initial"),
        ("performance", "0001_initial"),
        ("employees", "0001_initial"),
        ("ledger", "0003_cache"),
    ]
    operations = [migrations.RunSQL(REVOKE, migrations.RunSQL.noop)]
