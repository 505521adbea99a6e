"""The application role may ANALYZE what imports fill, and is still no owner.

Right after a first import of 5,000 people the planner takes the tables for empty, and the weekly run took 24 s instead
of 0.3 s (tried); autovacuum comes by only a minute later.
"""

from django.db import migrations

TABLES = (
    "employees_unit, employees_employee, employees_placement, employees_user, performance_appraisal, "
    "eligibility_decision, schedules_wfhday"
)
GRANT = f"""
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_app') THEN
    GRANT MAINTAIN ON {TABLES} TO wfh_app;
  END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("schedules", "0003_history_of_bulk_updates")]
    operations = [migrations.RunSQL(GRANT, migrations.RunSQL.noop)]
