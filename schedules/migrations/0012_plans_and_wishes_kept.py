"""Plans and wishes keep every version of their rows, like all that decides something about people."""

from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


linear = import_module("schedules.migrations.0003_history_of_bulk_updates").SETTING

PLAN = """id, agency_id, week, revision, state, reason, run_ids, digest, created_at, created_by_id, published_at,
  published_by_id, earned, given, without, first_choices, exceptions, version"""
# Rows from before have a first version too, else replaying the history would not give them.
FIRST_VERSIONS = f"""
INSERT INTO schedules_planevent (pgh_created_at, pgh_label, pgh_obj_id, {PLAN})
  SELECT now(), 'insert', id, {PLAN} FROM schedules_plan;
INSERT INTO schedules_preferenceevent (pgh_created_at, pgh_label, pgh_obj_id, employee_id, weekdays, updated_at)
  SELECT now(), 'insert', employee_id, employee_id, weekdays, updated_at FROM schedules_preference;
"""
RIGHTS = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON schedules_planevent, schedules_preferenceevent FROM wfh_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_report') THEN
    GRANT SELECT ON schedules_planevent, schedules_preferenceevent TO wfh_report;
  END IF;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('employees', '0008_own_data'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('ledger', '0009_reports'),
        ('schedules', '0010_room_of_a_plan'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PlanEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('week', models.DateField(verbose_name='week (its Monday)')),
                ('revision', models.PositiveIntegerField(default=1, verbose_name='revision')),
                ('state', models.CharField(choices=[('DRAFT', 'draft'), ('PUBLISHED', 'published'), ('SUPERSEDED', 'replaced')], default='DRAFT', max_length=10, verbose_name='state')),
                ('reason', models.TextField(blank=True, verbose_name='reason of the revision')),
                ('run_ids', models.JSONField(default=list)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(verbose_name='made at')),
                ('published_at', models.DateTimeField(null=True, verbose_name='published at')),
                ('earned', models.PositiveIntegerField(default=0, verbose_name='days earned')),
                ('given', models.PositiveIntegerField(default=0, verbose_name='days given')),
                ('without', models.PositiveIntegerField(default=0, verbose_name='eligible without a day')),
                ('first_choices', models.PositiveIntegerField(default=0, verbose_name='first choices met')),
                ('exceptions', models.PositiveIntegerField(default=0, verbose_name='units to look at')),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PreferenceEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday')]), size=6, verbose_name='weekdays')),
                ('updated_at', models.DateTimeField(verbose_name='changed at')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plan',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "schedules_planevent" ("agency_id", "created_at", "created_by_id", "digest", "earned", "exceptions", "first_choices", "given", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "reason", "revision", "run_ids", "state", "version", "week", "without") SELECT new_values."agency_id", new_values."created_at", new_values."created_by_id", new_values."digest", new_values."earned", new_values."exceptions", new_values."first_choices", new_values."given", new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."published_at", new_values."published_by_id", new_values."reason", new_values."revision", new_values."run_ids", new_values."state", new_values."version", new_values."week", new_values."without" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7bdf0d69a12f6db368eedfc1ccb1ce84775d25e4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_55bc9', referencing='REFERENCING NEW TABLE AS new_values ', table='schedules_plan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plan',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "schedules_planevent" ("agency_id", "created_at", "created_by_id", "digest", "earned", "exceptions", "first_choices", "given", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "reason", "revision", "run_ids", "state", "version", "week", "without") SELECT new_values."agency_id", new_values."created_at", new_values."created_by_id", new_values."digest", new_values."earned", new_values."exceptions", new_values."first_choices", new_values."given", new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."published_at", new_values."published_by_id", new_values."reason", new_values."revision", new_values."run_ids", new_values."state", new_values."version", new_values."week", new_values."without" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='21985de876bf4c34e95f9b0e196ac788af82965d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_f1fdf', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='schedules_plan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plan',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "schedules_planevent" ("agency_id", "created_at", "created_by_id", "digest", "earned", "exceptions", "first_choices", "given", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "reason", "revision", "run_ids", "state", "version", "week", "without") SELECT old_values."agency_id", old_values."created_at", old_values."created_by_id", old_values."digest", old_values."earned", old_values."exceptions", old_values."first_choices", old_values."given", old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."published_at", old_values."published_by_id", old_values."reason", old_values."revision", old_values."run_ids", old_values."state", old_values."version", old_values."week", old_values."without" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='7370dd52df1afd4f575e8820acef87cdc3ae640a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_9c3b3', referencing='REFERENCING OLD TABLE AS old_values ', table='schedules_plan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='preference',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "schedules_preferenceevent" ("employee_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "weekdays") SELECT new_values."employee_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."employee_id", new_values."updated_at", new_values."weekdays" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='603d69885f5151d12bc5504568c7d55e31374efb', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_95375', referencing='REFERENCING NEW TABLE AS new_values ', table='schedules_preference', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='preference',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "schedules_preferenceevent" ("employee_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "weekdays") SELECT new_values."employee_id", _pgh_attached_context.value, NOW(), \'update\', new_values."employee_id", new_values."updated_at", new_values."weekdays" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."employee_id") = (new_values."employee_id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7a3b1dfa603cecda403255e5285cc12d1681bc59', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_1a108', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='schedules_preference', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='preference',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "schedules_preferenceevent" ("employee_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at", "weekdays") SELECT old_values."employee_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."employee_id", old_values."updated_at", old_values."weekdays" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='abff2017b6ba41940eaed8b7c4911fadac3f3f61', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_9c4ff', referencing='REFERENCING OLD TABLE AS old_values ', table='schedules_preference', when='AFTER')),
        ),
        migrations.AddField(
            model_name='planevent',
            name='agency',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='employees.agency', verbose_name='agency'),
        ),
        migrations.AddField(
            model_name='planevent',
            name='created_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='planevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='planevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='schedules.plan'),
        ),
        migrations.AddField(
            model_name='planevent',
            name='published_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AddField(
            model_name='preferenceevent',
            name='employee',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', serialize=False, to='employees.employee'),
        ),
        migrations.AddField(
            model_name='preferenceevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='preferenceevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='schedules.preference'),
        ),
        migrations.RunSQL(FIRST_VERSIONS, migrations.RunSQL.noop),
        migrations.RunSQL(linear.replace("{}", "SET", 1).replace("{}", " = off"), migrations.RunSQL.noop),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
