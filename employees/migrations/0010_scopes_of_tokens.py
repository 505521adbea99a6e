"""What a token may do beside reading; and the log-in library's own list of sessions goes, with the addresses in it.

Sessions have a table of ours since 0007. A token made before this has no row and only reads from now on.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

GONE = """
DROP TABLE IF EXISTS usersessions_usersession;
DELETE FROM django_migrations WHERE app = 'usersessions';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('employees', '0008_own_data'),
        ('knox', '0009_extend_authtoken_field'),
    ]

    operations = [
        migrations.CreateModel(
            name='TokenScopes',
            fields=[
                ('token', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='scopes', serialize=False, to='knox.authtoken')),
                ('names', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('write', 'ask, decide, withdraw'), ('publish', 'publish plans')], max_length=10), size=None, verbose_name='scopes')),
            ],
            options={
                'verbose_name': 'scopes of a token',
                'verbose_name_plural': 'scopes of tokens',
            },
        ),
        migrations.RunSQL(GONE, migrations.RunSQL.noop),
    ]
