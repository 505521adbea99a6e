"""Kind, year and period of appraisals belong together: a year's annual appraisals are not a twelfth of a third of all.
Taken for independent, the weekly run expected a tenth of the rows and looked them up one by one (measured)."""

from django.db import migrations

CREATE = "CREATE STATISTICS appraisal_period (dependencies, mcv) ON kind, year, period FROM performance_appraisal"


class Migration(migrations.Migration):
    dependencies = [("performance", "0002_import_batches")]
    operations = [migrations.RunSQL(CREATE, "DROP STATISTICS appraisal_period")]
