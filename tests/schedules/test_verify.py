"""`verify` finds what was broken behind everybody's back, by SQL, with constraints and triggers out of the way."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection

from eligibility.models import Run
from ledger import seals
from schedules.management.commands.verify import CHECKS
from tests.worlds import world

from .weeks import WEEK, in_force, planned

AHEAD = "UPDATE schedules_wfhday SET date = current_date + 9; "  # some checks look ahead of the database's own day only


def again(table, **other):
    """SQL: every row once more, under other ids and with other values."""
    values = ", ".join(f"'{name}', {value}" for name, value in other.items())
    changed = f"jsonb_build_object('id', r.id + 100000{', ' + values if values else ''})"
    return f"INSERT INTO {table} SELECT (jsonb_populate_record(r, {changed})).* FROM {table} r"


def made(table, **values):
    """SQL: one row of a table, about somebody `u` with an account in an agency with a published run `r`."""
    columns = ", ".join(
        f"'{name}', {value}" for name, value in {"id": "900001", "agency_id": "r.agency_id", **values}.items()
    )
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, jsonb_build_object({columns}))).* "
        "FROM employees_user u JOIN employees_employee e ON e.id = u.employee_id "
        "JOIN eligibility_run r ON r.agency_id = e.agency_id ORDER BY u.id LIMIT 1"
    )


OF_RUN = {"employee_id": "u.employee_id", "run_id": "r.id", "decided_by_id": "u.id"}
SOMEBODY_ELSEWHERE = "(SELECT id FROM employees_employee o WHERE o.agency_id <> r.agency_id LIMIT 1)"
ASKED = {"employee_id": "u.employee_id", "version": "1", "kind": "'MOVE'"}
HARM = {
    # what is done to a sound house → which check must say so
    "UPDATE eligibility_decision SET reasons = '{R-X}' WHERE eligible": "an outcome that its reasons do not say",
    "UPDATE eligibility_decision SET evidence = '{}' WHERE eligible": "a decision that its own evidence does not give",
    "UPDATE eligibility_decision SET rating = 1, eligible = false, reasons = '{R-PREDIKAT}' WHERE eligible": (
        "a published week whose decisions are not those that were published"
    ),
    "UPDATE eligibility_decision SET from_run = 99": "a decision by a run that is not there",
    "UPDATE eligibility_run SET eligible = eligible + 1": "counts of a run that do not balance",
    "UPDATE eligibility_run SET problems = 3": "problems of a run that are not on its list",
    "UPDATE eligibility_policy SET state = 'DRAFT'": "in force without being approved, or another agency's",
    "DELETE FROM ledger_event WHERE verb = 'run.publish'": "a publication that is not recorded once",
    "DELETE FROM ledger_event WHERE id IN (SELECT from_id + 1 FROM ledger_seal)": "a seal that does not fit its events",
    "UPDATE performance_appraisal SET decided_by_id = (SELECT u.id FROM employees_user u WHERE u.employee_id = "
    "performance_appraisal.employee_id) WHERE employee_id IN (SELECT employee_id FROM employees_user)": (
        "approved by the person it is about"
    ),
    "UPDATE performance_appraisal SET state = 'SUBMITTED', decided_at = NULL, decided_by_id = NULL": (
        "rests on a score that was not approved, another's, or not the latest at the cut-off"
    ),
    "UPDATE performance_appraisal SET rating = NULL": "approved without a rating",
    "UPDATE employees_placement SET supervisor_id = employee_id": "a circle of supervisors",
    "UPDATE employees_unit SET path = '1.2.3'": "a unit whose path is not its parent's and its own",
    "UPDATE employees_placement SET valid = daterange('2019-01-01', '2019-02-01')": "somebody who is placed nowhere",
    AHEAD + "INSERT INTO employees_holiday (date, name, kind, source, version) SELECT DISTINCT "
    "date, 'x', 'LIBUR_NASIONAL', 'x', 1 FROM schedules_wfhday": "an active day on a day off",
    "INSERT INTO schedules_wfhday (employee_id, agency_id, unit_id, date, slot, state, origin, track) "
    "SELECT employee_id, agency_id, unit_id, date, 'AM', state, origin, track FROM schedules_wfhday": (
        "two active days in one slot"
    ),
    again("eligibility_decision"): "two decisions of a person and track that hold at once",
    again("eligibility_run", number="r.number + 1"): "two open runs, or two published ones of a week",
    again(
        "eligibility_run", number="r.number + 1", week="r.week - 7"
    ): "a later week published under an earlier number",
    "UPDATE eligibility_policy SET drafted_by_id = u.id, approved_by_id = u.id FROM employees_user u": (
        "a policy approved by its drafter"
    ),
    "UPDATE schedules_wfhday SET date = current_date + 400": (
        "a planned day of somebody who is not eligible in that week"
    ),
    again("schedules_plan", revision="r.revision + 1"): "two plans of a week that count",
    "UPDATE schedules_allotment SET wanted = week": "a published plan that is not what was looked at",
    "UPDATE schedules_allotment SET dates = ARRAY[week + 2]": (
        "a plan that gives more days than the limits of a unit had room for"
    ),
    again("schedules_plan", revision="r.revision + 1", state="'SUPERSEDED'"): (
        "a revision of a published week that is not recorded once, by whom and why"
    ),
    "DELETE FROM schedules_wfhday": "a planned day that no plan gave, or one given that is not there",
    "UPDATE schedules_wfhday SET date = date + 1": "a planned day that no plan gave, or one given that is not there",
    "UPDATE schedules_wfhday SET state = 'RETURNED'": "a planned day that has ended and nothing says by what",
    "INSERT INTO schedules_wfhday (employee_id, agency_id, unit_id, date, slot, state, origin, track) "
    "SELECT employee_id, agency_id, unit_id, date_trunc('week', date)::date + n, slot, state, 'REQUEST', track "
    "FROM schedules_wfhday, generate_series(5, 6) n": "more days in a week than any of its policies allows",
    again("employees_placement"): "a person placed twice on a day",
    "UPDATE employees_placement p SET unit_id = u.id FROM employees_unit u WHERE u.agency_id <> p.agency_id": (
        "a placement in another agency's unit"
    ),
    again("performance_appraisal", number="r.number + 1"): "two versions in force of a person and period",
    made("schedules_request", **ASKED, state="'REJECTED'", decided_by_id="u.id"): "decided by the person who asked",
    made("schedules_request", **ASKED, state="'REJECTED'", decided_for_id="u.employee_id"): (
        "decided in the name of the person who asked"
    ),
    made("schedules_request", **ASKED, state="'SENT'"): "an open request that the clock does not look at",
    made(
        "schedules_request", **ASKED, state="'APPROVED'", date="'2030-01-01'"
    ): "an approval without a day that came of it",
    made("schedules_request", **ASKED | {"version": "5"}, state="'DRAFT'")
    + "; INSERT INTO ledger_event (at, verb, subject_type, subject_id, reason, before, after, request_id) "
    "VALUES (now(), 'request.send', 'schedules.request', 900001, '', '{}', '{}', '')": (
        "a version that is not one more than the transitions"
    ),
    made("eligibility_correction", **OF_RUN, state="'DISMISSED'"): (
        "a correction that is not recorded once, by whom and why"
    ),
    made(
        "eligibility_correction", employee_id="u.employee_id", run_id="r.id", state="'APPLIED'", decided_by_id="u.id"
    ): ("a correction applied by the person it is about"),
    made("eligibility_correction", **OF_RUN, state="'APPLIED'", cause="'BY_HAND'")
    + "; INSERT INTO ledger_event (at, verb, subject_type, subject_id, actor_id, reason, before, after, request_id) "
    "SELECT now(), 'correction.propose', 'eligibility.correction', 900001, decided_by_id, '', '{}', '{}', '' "
    "FROM eligibility_correction": "a correction applied by who proposed it by hand",
    made(
        "eligibility_objection", employee_id="u.employee_id", run_id="r.id", state="'REJECTED'", decided_by_id="u.id"
    ): ("an objection answered by the person or by who published the week"),
    made(
        "employees_absence",
        employee_id=SOMEBODY_ELSEWHERE,
    ): ("a record of a person under another agency"),
    "UPDATE performance_appraisal SET imported_by_id = decided_by_id": (
        "approved by whoever brought it in, where the agency forbids that"
    ),
    "UPDATE ledger_event SET verb = ''": "an event without a time or a verb",
    "UPDATE ledger_seal SET to_id = from_id; INSERT INTO ledger_seal (from_id, to_id, previous, digest, at) "
    "SELECT to_id + 3, to_id + 4, digest, 'x', at FROM ledger_seal": "seals that leave events out",
    "UPDATE ledger_jobchunk SET state = 'WAITING'": "a job that is over with chunks left",
    "UPDATE ledger_jobchunk SET fence = 0": "a chunk done more than once, or by nobody",
    "UPDATE employees_employee SET grade = 'IV/e'": "a row that its history does not give",
    "UPDATE ledger_outbox SET dead_at = now(), done_at = NULL": "something that must follow, given up",
}


@world
def sound(cast, at):
    from tests import factories

    in_force(cast.agency, at, "BERJENJANG-2026")
    for person in (cast.sari, cast.budi, cast.eko):
        factories.appraisal(person)
    planned(cast.agency, at, WEEK)
    seals.seal(at=at.replace(year=2027))
    assert Run.objects.published().get().digest
    return cast


def verify(*arguments):
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify", *arguments, stdout=out, stderr=out)
    return ended.value.code, out.getvalue()


def test_a_sound_house(sound, django_assert_max_num_queries):
    with django_assert_max_num_queries(60):
        code, said = verify()
    assert "BROKEN" not in said
    assert (code, sum(line.startswith("ok ") for line in said.splitlines())) == (0, len(CHECKS))


@pytest.mark.parametrize("harm", HARM, ids=[HARM[sql] for sql in HARM])
def test_each_harm_is_found(sound, harm):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(NO_CONSTRAINTS)
        cursor.execute(NO_INDEXES)
        cursor.execute(NO_TRIGGERS)
        cursor.execute(NO_EXPRESSIONS)
        cursor.execute(harm)
    code, said = verify("--json")
    found = [name for name, ids in json.loads(said).items() if ids]
    assert code == 1
    assert any(HARM[harm] in name for name in found), found


NO_CONSTRAINTS = """
DO $$ DECLARE c record; BEGIN
  FOR c IN SELECT conname, conrelid::regclass AS rel FROM pg_constraint
           WHERE (contype IN ('c', 'x', 'u', 'f') OR contype = 'n' AND conrelid::regclass::text LIKE ANY (ARRAY[
             'schedules_request', 'eligibility_correction', 'eligibility_objection', 'employees_absence'])
             AND right(conname, 12) <> '_id_not_null')
           AND connamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', c.rel, c.conname);
  END LOOP;
END $$
"""
NO_INDEXES = """
DO $$ DECLARE i regclass; BEGIN
  FOR i IN SELECT indexrelid::regclass FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
           WHERE indisunique AND NOT indisprimary AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('DROP INDEX %s', i);
  END LOOP;
END $$
"""
NO_EXPRESSIONS = """
DO $$ DECLARE c record; BEGIN
  FOR c IN SELECT attrelid::regclass AS rel, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
           WHERE attgenerated = 's' AND relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s ALTER %I DROP EXPRESSION', c.rel, c.attname);
  END LOOP;
END $$
"""
NO_TRIGGERS = """
DO $$ DECLARE t regclass; BEGIN
  FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', t);
  END LOOP;
END $$
"""


def test_one_check_by_name_and_none_by_a_wrong_one(sound):
    code, said = verify("--only", "evidence")
    assert (code, said.count("\n")) == (0, 1)
    assert verify("--only", "nothing of the kind")[0] == 2


def test_every_invariant_has_its_harm():
    told = set(HARM.values())
    untold = [name for name in CHECKS if not any(harm in name for harm in told)]
    assert untold == []
