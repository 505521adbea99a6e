"""What the application and the role for reports may do in the database: asked of the database, table by table.

Each statement is tried under SET ROLE; PostgreSQL refuses for want of a right before it looks at a row, so nothing has
to stand in the tables. The tables come from pg_catalog: one that is added tomorrow is asked tomorrow.
"""

import contextlib
import re

import psycopg2.errors
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

pytestmark = pytest.mark.django_db

TABLES = """
SELECT c.relname, (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum = 1)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1
"""
# What is written once: the trail, and every table of versions (they alone have these columns).
APPEND_ONLY = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND (c.relname IN ('ledger_event', 'ledger_seal', 'ledger_readlog', 'pghistory_context')
    OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'pgh_label'))
"""
READABLE = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0
  AND NOT a.attisdropped AND has_column_privilege('wfh_report', c.oid, a.attnum, 'SELECT')
"""
CHANGES = {
    "UPDATE": "UPDATE {table} SET {column} = {column} WHERE false",
    "DELETE": "DELETE FROM {table} WHERE false",
    "TRUNCATE": "TRUNCATE {table}",
}
OWNS = {
    "TRUNCATE": CHANGES["TRUNCATE"],
    "DISABLE TRIGGER": "ALTER TABLE {table} DISABLE TRIGGER USER",
    "ALTER": "ALTER TABLE {table} ADD COLUMN of_a_stranger int",
    "DROP": "DROP TABLE {table}",
}
INSERT = {"INSERT": "INSERT INTO {table} DEFAULT VALUES"}
SECRET = re.compile(r"passw|secret|token|session|p256dh|^auth$|endpoint|totp|recovery")
# Tables of ours that reports do not read, each with its reason. The only list.
NOT_FOR_REPORTS = {
    "employees_attempt": "keyed digests of log-ins tried",
    "employees_calendaraddress": "the digest of a secret address",
    "employees_calendaraddressevent": "goes with its table",
    "employees_session": "whoever has the key is logged in",
    "employees_user_groups": "Django's groups are not used",
    "employees_user_user_permissions": "Django's permissions are not used",
    "employees_tokenscopes": "goes with tokens, which reports do not read",
    "ledger_limit": "counts of tries, forgotten after a window",
    "ledger_outbox": "a queue; what it follows from is an event",
    "ledger_reply": "answers kept for repeats, with all that stood in them",
    "performance_importrow": "rows of a file as they came in, good or bad",
    "schedules_pushsubscription": "the keys of browsers",
}


def rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def append_only():
    return {name for (name,) in rows(APPEND_ONLY)}


@contextlib.contextmanager
def as_role(role):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        yield cursor
        transaction.set_rollback(True)


def allowed(role, statements, tables=None):
    """Which of these statements the role may run on which tables: (table, statement). Nothing of it stays."""
    found = []
    for table, column in rows(TABLES):
        if tables is not None and table not in tables:
            continue
        for name, statement in statements.items():
            try:
                with as_role(role) as cursor:
                    cursor.execute(statement.format(table=f'"{table}"', column=column))
            except ProgrammingError as refused:
                if isinstance(refused.__cause__, psycopg2.errors.InsufficientPrivilege):
                    continue
            except Exception:  # noqa: BLE001 - refused for another reason, such as a trigger: the right is there
                pass
            found.append((table, name))
    return found


def test_what_is_written_once_is_known():
    """Otherwise the tests below would ask nothing."""
    versions = {model._meta.db_table for model in apps.get_models() if hasattr(model, "pgh_tracked_model")}
    assert len(versions) > 20
    assert append_only() == versions | {"ledger_event", "ledger_seal", "ledger_readlog", "pghistory_context"}


def test_the_application_changes_no_history():
    assert allowed("wfh_app", CHANGES, append_only()) == []


def test_the_application_owns_and_empties_nothing():
    assert allowed("wfh_app", OWNS) == []


def test_the_application_deletes_no_policy():
    """It writes drafts; approved ones are kept by the table's own trigger (test_policies)."""
    assert allowed("wfh_app", CHANGES, ["eligibility_policy"]) == [("eligibility_policy", "UPDATE")]


def test_the_application_adds_to_history():
    """A refusal above is then for want of the right, not of the table."""
    assert len(allowed("wfh_app", INSERT, append_only())) == len(append_only())


@pytest.mark.parametrize("role", ["wfh_app", "wfh_report"])
def test_triggers_cannot_be_switched_off_for_a_session_either(role):
    with pytest.raises(ProgrammingError, match="permission denied"), as_role(role) as cursor:
        cursor.execute("SET session_replication_role = replica")


def test_reports_write_nothing():
    assert allowed("wfh_report", CHANGES | INSERT | OWNS) == []
    with pytest.raises(ProgrammingError, match="permission denied"), as_role("wfh_report") as cursor:
        cursor.execute("CREATE TABLE of_a_stranger (id int)")
    with pytest.raises(ProgrammingError, match="permission denied"), as_role("wfh_report") as cursor:
        cursor.execute("SELECT nextval('ledger_event_id_seq')")


def test_no_function_lends_its_owners_rights():
    assert rows("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef") == []


def test_reports_read_what_they_need(cast):
    with as_role("wfh_report") as cursor:
        cursor.execute(
            """SELECT count(*) FROM employees_employee p JOIN employees_placement w ON w.employee_id = p.id
               LEFT JOIN eligibility_decision d ON d.employee_id = p.id
               LEFT JOIN employees_user u ON u.employee_id = p.id LEFT JOIN ledger_event e ON e.actor_id = u.id"""
        )
        assert cursor.fetchone()[0] > 0


def closed_or_open_unnamed():
    """Tables of ours that are neither opened to reports nor named as closed, or are both."""
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    ours = {name for name in ours if name.partition("_")[0] in OUR_APPS}
    readable = {table for table, _column in rows(READABLE)}
    return sorted((ours - readable - set(NOT_FOR_REPORTS)) | (readable & set(NOT_FOR_REPORTS)))


def secrets_read():
    """Columns open to reports that open a door, and tables of libraries."""
    return sorted(
        (table, column)
        for table, column in rows(READABLE)
        if SECRET.search(column) or (table.partition("_")[0] not in OUR_APPS and table != "pghistory_context")
    )


OUR_APPS = {"ledger", "employees", "performance", "eligibility", "schedules"}


def test_every_table_is_open_to_reports_or_named_as_closed():
    assert closed_or_open_unnamed() == []


def test_reports_see_no_secret():
    assert secrets_read() == []


@pytest.mark.parametrize(
    ("grant", "finds"),
    [
        ("UPDATE ON employees_userevent TO wfh_app", lambda: allowed("wfh_app", CHANGES, append_only())),
        ("DELETE ON ledger_event TO wfh_app", lambda: allowed("wfh_app", CHANGES, append_only())),
        ("TRUNCATE ON employees_employee TO wfh_app", lambda: allowed("wfh_app", OWNS, ["employees_employee"])),
        ("INSERT ON ledger_readlog TO wfh_report", lambda: allowed("wfh_report", CHANGES | INSERT | OWNS)),
        ("UPDATE (name) ON employees_employee TO wfh_report", lambda: rows(WRITABLE)),
        ("SELECT (password) ON employees_user TO wfh_report", secrets_read),
        ("SELECT ON knox_authtoken TO wfh_report", secrets_read),
        ("SELECT ON ledger_reply TO wfh_report", closed_or_open_unnamed),
    ],
)  # fmt: skip
def test_a_right_too_many_is_found(grant, finds):
    """The twin of each test above."""
    with connection.cursor() as cursor:
        assert not finds()
        cursor.execute(f"GRANT {grant}")
        assert finds()


# A right on one column would let no statement above through.
WRITABLE = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege('wfh_report', c.oid, a.attnum, 'INSERT, UPDATE, REFERENCES')
"""
WRITTEN = f"""
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.oid IN (SELECT relname::regclass FROM ({APPEND_ONLY}) AS once) AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege('wfh_app', c.oid, a.attnum, 'UPDATE')
"""


def test_nor_by_a_right_on_a_column():
    assert rows(WRITABLE) == []
    assert rows(WRITTEN) == []
