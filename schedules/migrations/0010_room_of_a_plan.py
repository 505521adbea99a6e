"""What the limits of a unit left room for when its days were given is kept, so that `verify` can count again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0009_granted_by_silence")]
    operations = [
        migrations.AddField(model_name="unitplan", name="room", field=models.JSONField(default=dict)),
    ]
