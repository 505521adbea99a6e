"""Every change of a tracked row is in its history, whichever way it was made, with the account or the job."""

import datetime as dt
import io

import pghistory
import pytest
from allauth.mfa.models import Authenticator
from celery import shared_task
from django.apps import apps
from django.core.management import BaseCommand, call_command, get_commands, load_command_class
from django.db import connection
from django.urls import reverse

from employees.models import Employee, Leave
from ledger.commands import RecordedCommand
from ledger.models import Event, ReadLog
from tests import factories
from wfh_portal.celery import app
from wfh_portal.recorded import RecordedTask

pytestmark = pytest.mark.django_db


def history(person):
    """Label, user, job and request of each version of a person's row after the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT h.pgh_label, c.metadata ->> 'user', c.metadata ->> 'job', coalesce(c.metadata ->> 'request', '')
               FROM employees_employeeevent h LEFT JOIN pghistory_context c ON c.id = h.pgh_context_id
               WHERE h.pgh_obj_id = %s ORDER BY h.pgh_id OFFSET 1""",
            [person.pk],
        )
        return cursor.fetchall()


def raw(person):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE employees_employee SET grade = 'IV/a' WHERE id = %s", [person.pk])


def bulk(person):
    person.grade = "IV/b"
    Employee.objects.bulk_update([person], ["grade"])


@pytest.mark.parametrize(
    "change",
    [raw, bulk, lambda person: Employee.objects.filter(pk=person.pk).update(grade="IV/c")],
    ids=["raw SQL", "bulk_update", "update"],
)
def test_any_way_of_changing_is_caught(cast, change):
    with pghistory.context(user=7, request="abc"):
        change(cast.sari)
    assert history(cast.sari) == [("update", "7", None, "abc")]


def test_deleting_is_caught(cast):
    leave = factories.leave(cast.sari, dt.date(2026, 12, 1), dt.date(2026, 12, 2))
    Leave.objects.filter(pk=leave.pk).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgh_label FROM employees_leaveevent WHERE pgh_obj_id = %s ORDER BY pgh_id", [leave.pk])
        assert cursor.fetchall() == [("insert",), ("delete",)]


# Whichever test first asks the app for its tasks hears that Celery will name queues another way.
@pytest.mark.filterwarnings("ignore::celery.exceptions.CDeprecationWarning")
def test_a_job_is_named(cast):
    @shared_task(name="test-of-history")
    def rename(**kwargs):
        raw(cast.sari)

    assert isinstance(app.tasks["test-of-history"], RecordedTask)
    app.tasks["test-of-history"]()
    ((label, user, job, request),) = history(cast.sari)
    assert (label, user, job, len(request)) == ("update", None, "test-of-history", 36)


def test_no_trigger_of_history_fires_row_by_row():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.tgrelid::regclass::text, t.tgname FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
               WHERE NOT t.tgisinternal AND f.prosrc LIKE '%%_pgh_attach_context%%' AND t.tgtype & 1 = 1"""
        )
        assert cursor.fetchall() == []


# Tables that are their own history, or hold nothing worth one, each with its reason (rulings.md 12). The only list; a
# model that is neither here nor tracked makes the guard red, a library's too.
NO_HISTORY = {
    "ledger.Event": "append-only: it is the history",
    "ledger.Seal": "append-only: it is the history",
    "ledger.ReadLog": "append-only: it is the history",
    "pghistory.Context": "append-only: who and why of every version",
    "ledger.Outbox": "a queue; what it follows from is an event",
    "ledger.Reply": "kept for a day for repeats",
    "ledger.Limit": "counts of tries, forgotten after a window",
    "ledger.JobRun": "a job's own ledger",
    "ledger.JobChunk": "a job's own ledger",
    "employees.AgencyInputs": "a counter",
    "employees.Attempt": "counts of log-ins in vain, forgotten after days",
    "employees.Session": "a log-in; its beginning and end are no row's change",
    "sessions.Session": "not used: sessions have a table of ours",
    "employees.TokenScopes": "written and gone with its token, whose making is an event that names them",
    "knox.AuthToken": "a log-in of a programme; made and ended are events",
    "schedules.PushSubscription": "a browser's address; on and off are events",
    "performance.ImportBatch": "staging; looked at, taken and put aside are events",
    "performance.ImportRow": "staging",
    "eligibility.Decision": "the intervals are its history; published rows are never touched",
    "eligibility.Run": "each transition is an event; decisions name their run",
    "eligibility.RunProblem": "written with its run",
    "eligibility.Standing": "kept while a run is computed",
    "schedules.Allotment": "written with its plan, frozen with it by a trigger",
    "schedules.UnitPlan": "counts of its plan",
    "schedules.Notice": "a letter; what it tells is an event",
    "account.EmailConfirmation": "not used: addresses are entered by the agency",
    "socialaccount.SocialToken": "a provider's secret; none is kept",
    **dict.fromkeys(
        [
            *("auth.Group", "auth.Group_permissions", "auth.Permission", "employees.User_groups"),
            *("employees.User_user_permissions", "admin.LogEntry", "contenttypes.ContentType"),
            "socialaccount.SocialApp",
        ],
        "not used: the application has no right to write it",
    ),
}
# Their insertions are not kept: each stands in its plan, or follows from the tree.
FROM_THE_SECOND_ON = {"schedules.WfhDay"}

TRIGGERS = """
SELECT t.tgrelid::regclass::text,
       CASE WHEN t.tgtype & 4 > 0 THEN 'insert' WHEN t.tgtype & 8 > 0 THEN 'delete' WHEN t.tgtype & 16 > 0 THEN 'update' END
FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 1 = 0 AND f.prosrc LIKE '%_pgh_attach_context%'
"""  # noqa: E501


def tables():
    """Label and model of every table there is, proxies and histories left out."""
    found = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    return {
        label: model
        for label, model in found.items()
        if model._meta.managed and not model._meta.proxy and not hasattr(model, "pgh_tracked_model")
    }


def untracked(models_):
    """Those of them for which the database keeps not every change, deletions included, as it stands there now."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        kept = set(cursor.fetchall())
    wanted = {label: {"update", "delete"} | (set() if label in FROM_THE_SECOND_ON else {"insert"}) for label in models_}
    return {
        label
        for label, model in models_.items()
        if not all((model._meta.db_table, what) in kept for what in wanted[label])
    }


def test_every_table_has_a_history_or_a_reason(db):
    assert untracked(tables()) == set(NO_HISTORY)
    assert len(tables()) - len(NO_HISTORY) >= 25


@pytest.mark.parametrize("what", ["insert_insert", "update_update", "delete_delete"])
def test_a_history_with_a_gap_is_found(db, what):
    """The twin: one of the triggers of one table is off."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tgname FROM pg_trigger WHERE tgrelid = 'employees_rolegrant'::regclass AND tgname LIKE %s""",
            [f"pgtrigger_{what}%"],
        )
        ((name,),) = cursor.fetchall()
        cursor.execute(f"ALTER TABLE employees_rolegrant DISABLE TRIGGER {name}")
    assert untracked(tables()) == set(NO_HISTORY) | {"employees.RoleGrant"}


def test_what_is_not_used_cannot_be_written(db):
    unused = [label for label, why in NO_HISTORY.items() if "no right" in why]
    with connection.cursor() as cursor:
        for label in unused:
            for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege('wfh_app', %s, %s)", [tables()[label]._meta.db_table, right])
                assert cursor.fetchone() == (False,), f"{right} {label}"


def test_taking_away_a_second_factor_is_caught_without_its_secret(cast):
    factor = Authenticator.objects.create(user=cast.dewi_user, type="totp", data={"secret": "GEHEIM"})
    with pghistory.context(user=7, request="abc"):
        Authenticator.objects.filter(pk=factor.pk).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(h)::text FROM ledger_secondfactorevent h ORDER BY pgh_id")
        (made,), (gone,) = cursor.fetchall()
    assert '"pgh_label": "insert"' in made
    assert '"pgh_label": "delete"' in gone
    assert "GEHEIM" not in made + gone


def test_opening_another_persons_page_is_written(client, cast):
    client.force_login(cast.dewi_user)
    assert client.get(reverse("admin:employees_employee_change", args=[cast.sari.pk])).status_code == 200
    assert client.get(reverse("admin:employees_employee_change", args=[cast.dewi.pk])).status_code == 200
    client.get(reverse("admin:employees_employee_change", args=[cast.stranger.pk]))  # not theirs: nothing was read
    (row,) = ReadLog.objects.all()
    assert (row.actor_id, row.employee_id, row.agency_id) == (cast.dewi_user.pk, cast.sari.pk, cast.agency.pk)
    assert (row.what, len(row.request_id)) == ("employees.employee", 36)


# Commands that write nothing. The only list; every other one of ours is recorded.
READ_ONLY = {"demo", "explain", "push_keys", "verify", "verify_export", "what_if"}
FLOORS = {"ledger", "employees", "performance", "eligibility", "schedules", "wfh_portal"}


def unrecorded():
    ours = {name for name, app in get_commands().items() if app in FLOORS}
    assert len(ours) > 20
    return {name for name in ours if not isinstance(load_command_class(get_commands()[name], name), RecordedCommand)}


def test_every_command_that_writes_is_recorded():
    assert unrecorded() == READ_ONLY


def test_a_change_by_a_command_names_it_who_answers_and_the_operator(cast, monkeypatch, tmp_path):
    monkeypatch.setenv("SUDO_USER", "sysadmin-7")
    call_command("shell", command=f"from employees.models import Employee; {CHANGE.format(cast.sari.pk)}", verbosity=0)
    give = {"agency": cast.agency.code, "by": factories_admin(cast), "reason": "Decree"}
    call_command("give_role", cast.budi.nip, "HR_OFFICER", stdout=io.StringIO(), **give)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.metadata ->> 'command', c.metadata ->> 'operator', (c.metadata ->> 'user')::int,
                      c.metadata ->> 'request'
               FROM (SELECT pgh_context_id, pgh_created_at FROM employees_employeeevent WHERE pgh_label = 'update'
                     UNION ALL SELECT pgh_context_id, pgh_created_at FROM employees_rolegrantevent WHERE user_id = %s) h
               JOIN pghistory_context c ON c.id = h.pgh_context_id ORDER BY 1 DESC""",
            [cast.budi_user.pk],
        )
        by_shell, by_give = cursor.fetchall()
    assert by_shell[:3] == ("shell", "sysadmin-7", None)
    assert by_give[:3] == ("give_role", "sysadmin-7", Event.objects.get(verb="role.give").actor_id)
    assert Event.objects.get(verb="role.give").request_id == by_give[3] != by_shell[3]


CHANGE = "Employee.objects.filter(pk={}).update(grade='IV/a')"


def factories_admin(cast):
    admin = factories.account(username="pengelola")
    factories.grant(admin, "AGENCY_ADMIN", cast.agency)
    return admin.username


def test_without_its_base_nobody_is_named(cast, monkeypatch):
    """The twin: the command runs, and its change has no name."""
    monkeypatch.setattr(RecordedCommand, "execute", BaseCommand.execute)
    call_command("shell", command=f"from employees.models import Employee; {CHANGE.format(cast.sari.pk)}", verbosity=0)
    assert history(cast.sari) == [("update", None, None, "")]
