"""Made-up people for the benchmarks of the engine: two years of appraisals, a quarter, posts, discipline, absences.

Rows lie as imports leave them: people by agency, appraisals year after year. Nothing turns by the mere passing of the
weeks that are computed, so what changes is what `change` changes.
"""

import contextlib
import datetime as dt

from django.db import connection

from eligibility.actions import load_policies
from employees.models import Agency, AgencyInputs, User

WEEK = dt.date(2026, 11, 2)  # the first one computed
LONG_AGO = dt.datetime(2026, 10, 20, 8, tzinfo=dt.UTC)  # everything was approved by then
UNIT = 83  # people a unit: five million in 60,000
NATION = 600  # agencies
TABLES = (
    "employees_employee",
    "employees_placement",
    "performance_appraisal",
    "employees_discipline",
    "employees_absence",
)
# A person's own number decides what they are like, so every run has the same people.
ROWS = {
    "units": """
INSERT INTO employees_unit (id, agency_id, code, name, parent_id, path, kind, time_zone, serves_public)
SELECT n, %(first)s + (n - 1)::bigint * %(unit)s * %(agencies)s / %(people)s,
  'U' || n, 'Unit ' || n, NULL, n::text::ltree, '', '', n %% 7 = 0
FROM generate_series(1, %(units)s) n""",
    "people": """
INSERT INTO employees_employee (id, public_id, agency_id, nip, name, title_before, title_after, sex, kind, grade,
  legal_status, email, phone, version, duty_outside_office, duty_no_special_room, duty_uses_ict,
  duty_little_face_to_face, duty_no_constant_supervision)
SELECT n, gen_random_uuid(), %(first)s + (n - 1)::bigint * %(agencies)s / %(people)s,
  to_char(date '1950-01-01' + n / 990, 'YYYYMMDD') || CASE WHEN n %% 10 = 3 THEN '2020211' ELSE '2010011' END
    || lpad((n %% 990 + 1)::text, 3, '0'),
  'Pegawai ' || n, '', '', CASE WHEN n %% 2 = 0 THEN 'L' ELSE 'P' END,
  CASE WHEN n %% 10 = 3 THEN 'PPPK' WHEN n %% 40 = 0 THEN 'CPNS' ELSE 'PNS' END,
  CASE WHEN n %% 10 = 3 THEN 'IX' ELSE 'III/b' END, CASE WHEN n %% 97 = 0 THEN 'CLTN' ELSE 'AKTIF' END, '', '', 1,
  true, n %% 12 <> 0, CASE WHEN n %% 25 = 1 THEN NULL ELSE true END, true, true
FROM generate_series(1, %(people)s) n""",
    "places": """
INSERT INTO employees_placement (employee_id, agency_id, unit_id, job_group, job_title, in_post_since, valid)
SELECT n, %(first)s + (n - 1)::bigint * %(agencies)s / %(people)s, (n - 1) / %(unit)s + 1, 'PELAKSANA', 'Analis',
  CASE WHEN n %% 50 = 7 THEN date '2026-10-15' WHEN n %% 100 = 9 THEN NULL ELSE date '2014-01-01' + n %% 3000 END,
  daterange('2019-01-01', NULL)
FROM generate_series(1, %(people)s) n""",
    "appraisals": """
INSERT INTO performance_appraisal (employee_id, agency_id, kind, year, period, number, regime, result, behaviour,
  rating, appraiser, note, state, source, fetched_at, batch, decided_by_id, decided_at, decision_reason)
SELECT n, %(first)s + (n - 1)::bigint * %(agencies)s / %(people)s, kind, year, period, 1, 'P6', 'ATAS', 'ATAS',
  CASE WHEN (n + year + period) %% 20 = 0 THEN 3 WHEN (n + year) %% 3 = 0 THEN 4 ELSE 5 END, '', '',
  CASE WHEN n %% 30 = 11 AND year = 2025 THEN 'SUBMITTED' ELSE 'APPROVED' END, 'FILE', %(at)s, '',
  CASE WHEN n %% 30 = 11 AND year = 2025 THEN NULL ELSE %(user)s END,
  CASE WHEN n %% 30 = 11 AND year = 2025 THEN NULL ELSE %(at)s END::timestamptz, ''
FROM (VALUES (1, 'TAHUNAN', 2024, 0), (2, 'TAHUNAN', 2025, 0), (3, 'TRIWULAN', 2026, 3))
    files(file, kind, year, period), generate_series(1, %(people)s) n
WHERE n %% 20 <> 0 ORDER BY file, n""",
    "discipline": """
INSERT INTO employees_discipline (employee_id, agency_id, level, start, "end", status, decree)
SELECT n, %(first)s + (n - 1)::bigint * %(agencies)s / %(people)s, 'SEDANG',
  CASE n %% 99 WHEN 5 THEN date '2024-03-01' WHEN 38 THEN date '2026-06-01' ELSE date '2026-09-01' END,
  CASE n %% 99 WHEN 5 THEN date '2025-03-01' WHEN 38 THEN date '2027-06-01' END,
  CASE n %% 99 WHEN 71 THEN 'DALAM_PROSES' ELSE 'DIJATUHKAN' END, 'SK-' || n
FROM generate_series(1, %(people)s) n WHERE n %% 33 = 5""",
    "absences": """
INSERT INTO employees_absence (employee_id, agency_id, date, kind)
SELECT n, %(first)s + (n - 1)::bigint * %(agencies)s / %(people)s, date '2026-02-02' + day, 'ALPA'
FROM generate_series(1, %(people)s) n, generate_series(0, 3) day WHERE n %% 20 = 7 AND day <= n / 20 %% 4""",
}
# Two people of a hundred: most get another rating, the others another post or status, or a new punishment.
CHANGES = (
    """UPDATE performance_appraisal SET rating = CASE WHEN rating = 5 THEN 3 ELSE 5 END
       WHERE kind = 'TAHUNAN' AND year = 2025 AND employee_id %% 1000 BETWEEN %(from)s AND %(from)s + 15""",
    """UPDATE employees_placement SET direct_service = direct_service IS NOT TRUE
       WHERE employee_id %% 1000 BETWEEN %(from)s + 16 AND %(from)s + 18""",
    """UPDATE employees_employee SET legal_status = CASE WHEN legal_status = 'AKTIF' THEN 'CLTN' ELSE 'AKTIF' END
       WHERE id %% 1000 IN (%(from)s + 19, %(from)s + 20)""",
    """INSERT INTO employees_discipline (employee_id, agency_id, level, start, "end", status, decree)
       SELECT id, agency_id, 'BERAT', date '2026-10-21', date '2027-10-20', 'DIJATUHKAN', 'SK-BARU'
       FROM employees_employee WHERE id %% 1000 = %(from)s + 21""",
)


def load(people: int, agencies: int) -> list[Agency]:
    """Everybody anew, in so many agencies of equal size. Keys and indexes are made afterwards, as by a restore."""
    made = [Agency(code=f"BENCH-{n}", name=f"Bench {n}") for n in range(agencies)]
    names = {"people": people, "unit": UNIT, "units": -(-people // UNIT), "agencies": agencies}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}, employees_agency, employees_user, eligibility_policy CASCADE")
        cursor.execute("TRUNCATE eligibility_decision, ledger_jobrun CASCADE")
        Agency.objects.bulk_create(made)
        AgencyInputs.objects.bulk_create(AgencyInputs(agency=agency) for agency in made)
        names |= {"first": made[0].pk, "user": User.objects.create_user(password=None).pk, "at": LONG_AGO}
        with without_keys(cursor):
            for statement in ROWS.values():
                cursor.execute(statement, names)
    tidy()
    load_policies(by=None, at=LONG_AGO)
    return made


@contextlib.contextmanager
def without_keys(cursor):
    """Keys to other tables and the trail of changes go for good, they are not what is measured; the rest comes back."""
    tables = "{" + ",".join(TABLES) + "}"
    cursor.execute(
        """SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I CASCADE', conrelid::regclass, conname),
             format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
           FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('p', 'u', 'x') ORDER BY contype""",
        [tables],
    )
    keys = cursor.fetchall()
    cursor.execute(
        """SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index i
           WHERE indrelid = ANY(%s::regclass[])
           AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
           ORDER BY 1""",
        [tables],
    )
    indexes = cursor.fetchall()
    cursor.execute(
        """SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname) FROM pg_constraint
           WHERE conrelid = ANY(%s::regclass[]) AND contype = 'f'""",
        [tables],
    )
    for (drop,) in cursor.fetchall():
        cursor.execute(drop)
    for table in (*TABLES, "employees_unit"):
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for drop, _add in (*keys, *indexes):
        cursor.execute(drop)
    yield
    for _drop, add in (*keys, *indexes):
        if "gin_trgm_ops" not in add:  # the search by name; nobody searches here
            cursor.execute(add)


def tidy(*tables: str) -> None:
    """What autovacuum does sooner or later, done now, so that it does not happen in the middle of a measurement."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (FREEZE, ANALYZE) {', '.join(tables)}")


def change(turn: int) -> None:
    """Something changes for two people of a hundred, in each turn for others (up to 45 turns)."""
    with connection.cursor() as cursor:
        for statement in CHANGES:
            cursor.execute(statement, {"from": 22 * turn})
        cursor.execute("UPDATE employees_agencyinputs SET changes = changes + 1")
