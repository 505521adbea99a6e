"""What the role for reports may read: named table by table, so that a new table is closed until somebody opens it.

Left out: whatever opens a door (passwords, sessions, tokens, second factors, addresses of push services and calendars),
queues, and what libraries keep. A guard asks of each new table to be named here (in a later migration) or there.
"""

from django.db import migrations

WHOLE = """
  eligibility_correction eligibility_decision eligibility_objection eligibility_policy eligibility_policyinforce
  eligibility_run eligibility_runproblem eligibility_standing eligibility_suspension
  employees_absence employees_agency employees_agencyinputs employees_datarequest employees_discipline
  employees_employee employees_fact employees_feed employees_holiday employees_leave employees_placement
  employees_rolegrant employees_unit
  ledger_event ledger_jobchunk ledger_jobrun ledger_readlog ledger_seal
  performance_appraisal performance_importbatch pghistory_context
  schedules_allotment schedules_delegation schedules_notice schedules_plan schedules_preference schedules_request
  schedules_unitplan schedules_unitrule schedules_wfhday
""".split()
HISTORY = [  # of these, every version too
    *("eligibility_correction", "eligibility_objection", "eligibility_policy", "eligibility_policyinforce"),
    *("eligibility_suspension", "employees_absence", "employees_agency", "employees_datarequest"),
    *("employees_discipline", "employees_employee", "employees_fact", "employees_feed", "employees_holiday"),
    *("employees_leave", "employees_placement", "employees_rolegrant", "employees_unit", "employees_user"),
    *("performance_appraisal", "schedules_delegation", "schedules_request", "schedules_unitrule", "schedules_wfhday"),
]
ACCOUNT = "id, username, email, language, is_active, last_login, employee_id"  # all but what opens it

GRANT = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wfh_report') THEN
    GRANT USAGE ON SCHEMA public TO wfh_report;
    GRANT SELECT ON {tables} TO wfh_report;
    GRANT SELECT ({account}) ON employees_user TO wfh_report;
  END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0008_read_log"),
        ("employees", "0008_own_data"),
        ("performance", "0003_period_statistics"),
        ("eligibility", "0004_in_full"),
        ("schedules", "0009_granted_by_silence"),
    ]
    operations = [
        migrations.RunSQL(
            GRANT.format(tables=", ".join([*WHOLE, *(f"{name}event" for name in HISTORY)]), account=ACCOUNT),
            migrations.RunSQL.noop,
        )
    ]
