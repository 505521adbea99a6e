"""`make bench`, second part: the weekly plan against reading and writing the same rows by COPY, in the same run.

python -m benchmarks.planning [people]        (default 100,000 in units of 83; on a throw-away database)
"""

import contextlib
import os
import sys
import tempfile
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
django.setup()

import datetime as dt  # noqa: E402  after setup

from django.db import connection, transaction  # noqa: E402

from eligibility import queries as decisions  # noqa: E402
from eligibility.actions import load_policies, put_in_force  # noqa: E402
from eligibility.models import Run  # noqa: E402
from employees.calendar import days_of_week  # noqa: E402
from employees.models import Agency, AgencyInputs  # noqa: E402
from schedules import queries  # noqa: E402
from schedules.actions import plans  # noqa: E402
from schedules.planning import Candidate, allocate  # noqa: E402

WEEK = dt.date(2026, 11, 23)
AT = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
SIZE = 83  # people a unit: five million in 60,000

DAY_COLUMNS = "employee_id, agency_id, unit_id, date, slot, state, origin, track, plan_id"
KEYS = {
    "employee_id": "employees_employee",
    "agency_id": "employees_agency",
    "unit_id": "employees_unit",
    "plan_id": "schedules_plan",
}
UNITS = """
INSERT INTO employees_unit (id, agency_id, code, name, parent_id, path, kind, time_zone, wfh_quota_percent)
SELECT n, %(agency)s, 'U' || n, 'Unit ' || n, NULL, n::text::ltree, '', '', CASE WHEN n %% 3 = 0 THEN 20 ELSE 40 END
FROM generate_series(1, %(units)s) n
"""
PEOPLE = """
INSERT INTO employees_employee (id, public_id, agency_id, nip, name, title_before, title_after, sex, kind, grade,
  legal_status, email, phone, version)
SELECT n, gen_random_uuid(), %(agency)s,
  to_char(date '1950-01-01' + n / 990, 'YYYYMMDD') || '2010011' || lpad((n %% 990 + 1)::text, 3, '0'),
  'Pegawai ' || n, '', '', '', 'PNS', '', 'AKTIF', '', '', 1
FROM generate_series(1, %(people)s) n
"""
PLACES = """
INSERT INTO employees_placement (employee_id, agency_id, unit_id, job_group, job_title, direct_service, valid)
SELECT n, %(agency)s, (n - 1) / %(size)s + 1, '', '', false, daterange('2019-01-01', NULL)
FROM generate_series(1, %(people)s) n
"""
DECISIONS = """
INSERT INTO eligibility_decision (agency_id, track, employee_id, from_run, eligible, reasons, rating, kind,
  legal_status, evidence)
SELECT %(agency)s, 'REWARD', n, 1, n %% 100 < 63, CASE WHEN n %% 100 < 63 THEN '{}' ELSE '{R-PREDIKAT}' END::text[],
  4 + n %% 2, 'PNS', 'AKTIF', '{}' FROM generate_series(1, %(people)s) n
"""
WISHES = """
INSERT INTO schedules_preference (employee_id, weekdays, updated_at)
SELECT n, ARRAY[1 + n %% 5, 1 + (n + 2) %% 5], %(at)s FROM generate_series(1, %(people)s) n WHERE n %% 5 < 2
"""


def prepare(people: int) -> Agency:
    agency = Agency.objects.create(code="BENCH-PLAN", name="Bench")
    AgencyInputs.objects.create(agency=agency)
    names = {"agency": agency.pk, "people": people, "units": -(-people // SIZE), "size": SIZE, "at": AT}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        for table in ("unit", "employee", "placement"):  # their history is not what is measured
            cursor.execute(f"ALTER TABLE employees_{table} DISABLE TRIGGER USER")
        for statement in (UNITS, PEOPLE, PLACES, DECISIONS, WISHES):
            cursor.execute(statement, names)
        cursor.execute("ANALYZE")
    load_policies(by=None, at=AT)
    put_in_force(agency=agency, policy_code="BERJENJANG-2026", since=dt.date(2026, 1, 1), by=None, at=AT)
    policy = decisions.policy_of(agency.pk, "REWARD", WEEK)
    Run.objects.create(
        agency=agency,
        track="REWARD",
        week=WEEK,
        number=1,
        policy=policy,
        state=Run.State.PUBLISHED,
        cutoff_at=AT,
        published_at=AT,
    )
    return agency


def timed(call):
    begin = time.perf_counter()
    result = call()
    return result, time.perf_counter() - begin


def read_only(agency: Agency) -> float:
    """COPY the rows the planner reads out, before it has planned."""
    run = decisions.published_runs(agency.pk, WEEK)[0]
    names = queries.fairness.names_of(run, WEEK, WEEK + dt.timedelta(days=5))
    with connection.cursor() as cursor, tempfile.TemporaryFile("w+b") as file:
        sql = cursor.mogrify(queries.fairness.CANDIDATES, names).decode()
        return timed(lambda: cursor.cursor.copy_expert(f"COPY ({sql}) TO STDOUT", file))[1]


def write_only() -> float:
    """COPY the rows it wrote into tables of the same shape, keys and all: nothing is thought about."""
    made = {"schedules_allotment": plans.COLUMNS, "schedules_wfhday": DAY_COLUMNS}
    with connection.cursor() as cursor, contextlib.ExitStack() as files:
        rows = {table: files.enter_context(tempfile.TemporaryFile("w+b")) for table in made}
        for table, columns in made.items():
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")
            cursor.cursor.copy_expert(f"COPY (SELECT {columns} FROM {table}) TO STDOUT", rows[table])
            rows[table].seek(0)
        for column, other in KEYS.items():
            key = f"FOREIGN KEY ({column}) REFERENCES {other} DEFERRABLE"
            cursor.execute(f"ALTER TABLE bench_schedules_wfhday ADD {key}")
        begin = time.perf_counter()
        with transaction.atomic():
            for table, columns in made.items():
                cursor.cursor.copy_expert(f"COPY bench_{table} ({columns}) FROM STDIN", rows[table])
        return time.perf_counter() - begin


def one_unit(people: int = 300) -> float:
    """Milliseconds for the pure planner on one unit of 300, wishes and two days for half of them included."""
    dates = days_of_week(WEEK)
    some = [
        Candidate(n, n * 7919 % 100_003, 1 + n % 2, 8, n % 5, 0, 0, (1 + n % 5, 1 + (n + 2) % 5) if n % 5 < 2 else ())
        for n in range(people)
    ]
    from schedules.planning import Limit

    bounds = [Limit("R-KUOTA-UNIT", dict.fromkeys(dates, people // 4), cap=dict.fromkeys(dates, people // 4))]
    times = [timed(lambda: allocate(some, dates, bounds))[1] for _ in range(21)]
    return sorted(times)[10] * 1000


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    agency, made = timed(lambda: prepare(people))
    print(f"{people:,} people in {-(-people // SIZE):,} units made in {made:.1f} s")
    copied = read_only(agency)
    plan, drafted = timed(lambda: plans.plan_week(agency=agency, week=WEEK, by=None, at=AT, publish=True))
    copied += write_only()
    print(f"plan: {plan.given:,} days for {plan.allotments.count():,} eligible people, {plan.without:,} without one")
    print(f"reading and writing the same rows by COPY: {copied:.2f} s")
    print(f"planning: {drafted:.2f} s = {people / drafted:,.0f} people/s, {drafted / copied:.2f} x COPY (goal 3 x)")
    print(f"one unit of 300, planner alone: {one_unit():.2f} ms (goal 5 ms)")


if __name__ == "__main__":
    main()
