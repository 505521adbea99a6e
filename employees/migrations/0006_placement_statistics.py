"""The planner knows who is placed on a day. Of a range it guesses that one in two hundred contains a date; the weekly
run then looked up every appraisal one by one instead of reading them in order (a third slower, measured)."""

from django.db import migrations

CREATE = """
CREATE STATISTICS placement_from ON (lower(valid)) FROM employees_placement;
CREATE STATISTICS placement_until ON (upper(valid)) FROM employees_placement;
"""
DROP = "DROP STATISTICS placement_from; DROP STATISTICS placement_until;"


class Migration(migrations.Migration):
    dependencies = [("employees", "0005_records")]
    operations = [migrations.RunSQL(CREATE, DROP)]
