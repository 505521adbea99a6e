"""Before any table: extensions, the application role's rights, and pghistory's context without UPDATE (rulings.md 11, 12)."""

from django.contrib.postgres.operations import BtreeGistExtension, CreateExtension, TrigramExtension
from django.db import migrations

# The role itself is made by the launcher or by compose, never here: CREATE ROLE in parallel migrations fails.
GRANTS = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_app') THEN
    GRANT USAGE ON SCHEMA public TO wfh_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO wfh_app;
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO wfh_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wfh_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO wfh_app;
  END IF;
END $$
"""

# pghistory's own function updates the context row at every write; ours writes it once, so the application role needs
# no UPDATE on history.
CONTEXT = """
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS pghistory_context.id%TYPE AS $$
DECLARE
  context_id uuid := NULLIF(CURRENT_SETTING('pghistory.context_id', TRUE), '')::uuid;
  metadata jsonb := NULLIF(CURRENT_SETTING('pghistory.context_metadata', TRUE), '')::jsonb;
BEGIN
  IF context_id IS NOT NULL AND metadata IS NOT NULL THEN
    INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
      VALUES (context_id, metadata, now(), now()) ON CONFLICT (id) DO NOTHING;
    RETURN context_id;
  END IF;
  RETURN NULL;
END $$ LANGUAGE plpgsql
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("pghistory", "0007_auto_20250421_0444")]
    operations = [
        BtreeGistExtension(),
        CreateExtension("ltree"),
        TrigramExtension(),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(CONTEXT, migrations.RunSQL.noop),
    ]
