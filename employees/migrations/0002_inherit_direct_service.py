"""`Unit.serves_public`: the unit's own `direct_service`, else that of the nearest unit above which has one.

A trigger keeps it, because the engine reads it for everybody in one SELECT and a look up the tree per person costs too
much. Whole agencies are worked out anew: the tree of one is small, and an import writes many units at once.
"""

from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION employees_unit_inherit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() > 1 THEN RETURN NULL; END IF;
  UPDATE employees_unit u SET serves_public = inherited.value
  FROM (
    SELECT here.id, (
      SELECT above.direct_service FROM employees_unit above
      WHERE above.path @> here.path AND above.direct_service IS NOT NULL
      ORDER BY nlevel(above.path) DESC LIMIT 1
    ) AS value
    FROM employees_unit here WHERE here.agency_id IN (SELECT agency_id FROM written)
  ) inherited
  WHERE inherited.id = u.id AND u.serves_public IS DISTINCT FROM inherited.value;
  RETURN NULL;
END $$;
CREATE TRIGGER unit_inherit_insert AFTER INSERT ON employees_unit REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION employees_unit_inherit();
CREATE TRIGGER unit_inherit_update AFTER UPDATE ON employees_unit REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION employees_unit_inherit();
"""
BACK = """
DROP TRIGGER unit_inherit_insert ON employees_unit;
DROP TRIGGER unit_inherit_update ON employees_unit;
DROP FUNCTION employees_unit_inherit();
"""


class Migration(migrations.Migration):
    dependencies = [("employees", "0001_initial")]
    operations = [
        migrations.AddField("unit", "serves_public", models.BooleanField(editable=False, null=True)),
        migrations.RunSQL(FUNCTION, BACK),
    ]
