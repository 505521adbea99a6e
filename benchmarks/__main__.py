"""`make bench`, first part: the weekly run against its own floor. Prints ratios; a time by itself proves nothing.

python -m benchmarks [people]        (default 100,000; on a throw-away database)
"""

import datetime as dt
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
django.setup()

from django.db import connection  # noqa: E402  after setup

from eligibility import engine  # noqa: E402
from eligibility.actions import load_policies, publish_run, put_in_force, start_run, work_run  # noqa: E402
from employees.models import Agency, AgencyInputs, Unit, User  # noqa: E402

WEEK = dt.date(2026, 11, 23)
AT = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
PEOPLE = """
INSERT INTO employees_employee (public_id, agency_id, nip, name, title_before, title_after, sex, kind, grade,
  legal_status, email, phone, version)
SELECT gen_random_uuid(), %(agency)s,
  to_char(date '1960-01-01' + n / 999, 'YYYYMMDD') || '2010011' || lpad((n %% 999 + 1)::text, 3, '0'),
  'Pegawai ' || n, '', '', '', CASE WHEN n %% 20 = 0 THEN 'CPNS' ELSE 'PNS' END, '', 'AKTIF', '', '', 1
FROM generate_series(1, %(people)s) n
"""
PLACES = """
INSERT INTO employees_placement (employee_id, agency_id, unit_id, job_group, job_title, direct_service, valid)
SELECT id, agency_id, %(unit)s, '', '', id %% 7 = 0, daterange('2019-01-01', NULL) FROM employees_employee
"""
SCORES = """
INSERT INTO performance_appraisal (employee_id, agency_id, kind, year, period, number, regime, result, behaviour,
  rating, appraiser, note, state, source, fetched_at, batch, decided_by_id, decided_at, decision_reason)
SELECT id, agency_id, 'TAHUNAN', year, 0, 1, 'P6', 'ATAS', 'ATAS', CASE WHEN id %% 3 = 0 THEN 4 ELSE 5 END,
  '', '', 'APPROVED', 'FILE', %(at)s, '', %(user)s, %(at)s, ''
FROM employees_employee, (VALUES (2024), (2025)) years(year) WHERE id %% 10 <> 0
"""
CHANGE = "UPDATE performance_appraisal SET rating = 4 WHERE year = 2025 AND employee_id % 50 = 1"


def prepare(people: int) -> Agency:
    agency = Agency.objects.create(code="BENCH", name="Bench")
    AgencyInputs.objects.create(agency=agency)
    Unit.objects.create(pk=1, agency=agency, code="U", name="U", path="1", wfh_quota_percent=40)
    user = User.objects.create_user(password=None)
    names = {"agency": agency.pk, "people": people, "unit": 1, "user": user.pk, "at": AT}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in (PEOPLE, PLACES, SCORES):
            cursor.execute(statement, names)
        cursor.execute("ANALYZE")
    load_policies(by=None, at=AT)
    put_in_force(agency=agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=AT)
    return agency


def timed(call):
    begin = time.perf_counter()
    result = call()
    return result, time.perf_counter() - begin


def read_only(run):
    """The floor: the same SELECT with the same rules, its rows counted and thrown away."""
    sql, params = engine.verdicts(
        run.policy, engine.Scope(run.agency_id, run.week, run.cutoff_at)
    ).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), count(*) FILTER (WHERE cardinality(reasons) = 0) FROM ({sql}) v", params)
        return cursor.fetchone()


def week(agency, monday):
    run = start_run(agency=agency, track="REWARD", week=monday, by=None, at=AT, by_hand=True)
    return timed(lambda: work_run(job_id=run.job_id, at=AT))


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    agency, made = timed(lambda: prepare(people))
    print(f"{people:,} people, {people * 9 // 10 * 2:,} appraisals made in {made:.1f} s")
    run, first = week(agency, WEEK)
    _counts, floor = timed(lambda: read_only(run))
    print(f"reading and judging only: {floor:.2f} s = {people / floor:,.0f} people/s")
    print(f"first run (every row new): {first:.2f} s = {people / first:,.0f} people/s, {first / floor:.2f} x reading")
    run = publish_run(run_id=run.pk, by=None, at=AT, version=run.version)
    with connection.cursor() as cursor:
        cursor.execute(CHANGE)
    later, second = week(agency, WEEK + dt.timedelta(days=7))
    share = later.changed / people
    print(
        f"a week in which {share:.1%} change: {second:.2f} s = {people / second:,.0f} people/s, {second / floor:.2f} x"
    )


if __name__ == "__main__":
    main()
