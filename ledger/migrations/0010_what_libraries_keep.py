"""Second factors, addresses and outside accounts get a history; what of the libraries is not used, nobody writes.

And the index along which one account's events are found.
"""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


linear = import_module("schedules.migrations.0003_history_of_bulk_updates").SETTING

# Rows from before have a first version too, else replaying the history would not give them.
FIRST_VERSIONS = """
INSERT INTO ledger_secondfactorevent (pgh_created_at, pgh_label, pgh_obj_id, id, type, created_at, user_id)
  SELECT now(), 'insert', id, id, type, created_at, user_id FROM mfa_authenticator;
INSERT INTO ledger_addressevent (pgh_created_at, pgh_label, pgh_obj_id, id, email, verified, "primary", user_id)
  SELECT now(), 'insert', id, id, email, verified, "primary", user_id FROM account_emailaddress;
INSERT INTO ledger_outsideaccountevent (pgh_created_at, pgh_label, pgh_obj_id, id, provider, uid, date_joined, user_id)
  SELECT now(), 'insert', id, id, provider, uid, date_joined, user_id FROM socialaccount_socialaccount;
"""
# Rights come from grants of roles and the reporting line, providers from the settings: these tables stay empty.
RIGHTS = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON ledger_secondfactorevent, ledger_addressevent, ledger_outsideaccountevent FROM wfh_app;
    REVOKE INSERT, UPDATE, DELETE ON auth_group, auth_group_permissions, auth_permission, employees_user_groups,
      employees_user_user_permissions, django_admin_log, django_content_type, socialaccount_socialapp FROM wfh_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_report') THEN
    GRANT SELECT ON ledger_secondfactorevent, ledger_addressevent, ledger_outsideaccountevent TO wfh_report;
  END IF;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('account', '0009_emailaddress_unique_primary_email'),
        ('ledger', '0009_reports'),
        ('mfa', '0003_authenticator_type_uniq'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('socialaccount', '0006_alter_socialaccount_extra_data'),
        ('schedules', '0003_history_of_bulk_updates'),
        ('admin', '0003_logentry_add_action_flag_choices'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AddressEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.IntegerField()),
                ('email', models.EmailField(max_length=254, verbose_name='email address')),
                ('verified', models.BooleanField(default=False, verbose_name='verified')),
                ('primary', models.BooleanField(default=False, verbose_name='primary')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OutsideAccountEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.IntegerField()),
                ('provider', models.CharField(max_length=200, verbose_name='provider')),
                ('uid', models.CharField(max_length=191, verbose_name='uid')),
                ('date_joined', models.DateTimeField(auto_now_add=True, verbose_name='date joined')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SecondFactorEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('type', models.CharField(choices=[('recovery_codes', 'Recovery codes'), ('totp', 'TOTP Authenticator'), ('webauthn', 'WebAuthn')], max_length=20)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SecondFactor',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('mfa.authenticator',),
        ),
        migrations.CreateModel(
            name='OutsideAccount',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('socialaccount.socialaccount',),
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('account.emailaddress',),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['actor_id', 'agency_id', '-id'], name='event_actor'),
        ),
        migrations.AddField(
            model_name='addressevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='addressevent',
            name='user',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AddField(
            model_name='outsideaccountevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='outsideaccountevent',
            name='user',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondfactorevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='secondfactorevent',
            name='user',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondfactorevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='ledger.secondfactor'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='secondfactor',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_secondfactorevent" ("created_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "type", "user_id") SELECT new_values."created_at", new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."type", new_values."user_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='893ef4c34bb5068780496c97e09089a090ce35e4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_ecffc', referencing='REFERENCING NEW TABLE AS new_values ', table='mfa_authenticator', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='secondfactor',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_secondfactorevent" ("created_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "type", "user_id") SELECT new_values."created_at", new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."type", new_values."user_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."type" IS DISTINCT FROM (new_values."type") OR old_values."user_id" IS DISTINCT FROM (new_values."user_id")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='48126c979e436770d953fb72ddb0578670b2fbd5', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_346df', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mfa_authenticator', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='secondfactor',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_secondfactorevent" ("created_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "type", "user_id") SELECT old_values."created_at", old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."type", old_values."user_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='079df58738c88a2f579326b817b1dbb0f65e68cd', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_9aaac', referencing='REFERENCING OLD TABLE AS old_values ', table='mfa_authenticator', when='AFTER')),
        ),
        migrations.AddField(
            model_name='outsideaccountevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='ledger.outsideaccount'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='outsideaccount',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_outsideaccountevent" ("date_joined", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider", "uid", "user_id") SELECT new_values."date_joined", new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."provider", new_values."uid", new_values."user_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='b20b72a977ac4a9c9d9b4e751ceafb4a6da0d086', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_41a4f', referencing='REFERENCING NEW TABLE AS new_values ', table='socialaccount_socialaccount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='outsideaccount',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_outsideaccountevent" ("date_joined", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider", "uid", "user_id") SELECT new_values."date_joined", new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."provider", new_values."uid", new_values."user_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."date_joined" IS DISTINCT FROM (new_values."date_joined") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."provider" IS DISTINCT FROM (new_values."provider") OR old_values."uid" IS DISTINCT FROM (new_values."uid") OR old_values."user_id" IS DISTINCT FROM (new_values."user_id")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='91bf5b35e5b9cd774680a1d4b54f0db931c6b0cb', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_280b1', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='socialaccount_socialaccount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='outsideaccount',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_outsideaccountevent" ("date_joined", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider", "uid", "user_id") SELECT old_values."date_joined", old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."provider", old_values."uid", old_values."user_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='9c2efcf6ad89549e1b4ea109ccba4906fa966370', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_74acf', referencing='REFERENCING OLD TABLE AS old_values ', table='socialaccount_socialaccount', when='AFTER')),
        ),
        migrations.AddField(
            model_name='addressevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='ledger.address'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='address',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_addressevent" ("email", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary", "user_id", "verified") SELECT new_values."email", new_values."id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."primary", new_values."user_id", new_values."verified" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='06ed52665b4dda0d25f07c78d940913d71a55efb', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_de812', referencing='REFERENCING NEW TABLE AS new_values ', table='account_emailaddress', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='address',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_addressevent" ("email", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary", "user_id", "verified") SELECT new_values."email", new_values."id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."primary", new_values."user_id", new_values."verified" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a332b0e3cf62ea99ee3009d599ceb4f906124341', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_2f250', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='account_emailaddress', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='address',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_addressevent" ("email", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary", "user_id", "verified") SELECT old_values."email", old_values."id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."primary", old_values."user_id", old_values."verified" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8dfa5db3e454970737dd1c5607073857a413f9eb', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_f81d4', referencing='REFERENCING OLD TABLE AS old_values ', table='account_emailaddress', when='AFTER')),
        ),
        migrations.RunSQL(FIRST_VERSIONS, migrations.RunSQL.noop),
        migrations.RunSQL(linear.replace("{}", "SET", 1).replace("{}", " = off"), migrations.RunSQL.noop),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
