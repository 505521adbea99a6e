"""Every change of a tracked row is in its history, whichever way it was made, with the account or the job."""

import datetime as dt

import pghistory
import pytest
from celery import shared_task
from django.apps import apps
from django.db import connection, models
from django.urls import reverse

from employees.models import Employee, Leave
from ledger.models import ReadLog
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


# Tables that are their own history, or hold nothing worth one, each with its reason (rulings.md 12). The only list.
NO_HISTORY = {
    "ledger.Event": "append-only: it is the history",
    "ledger.Seal": "append-only: it is the history",
    "ledger.ReadLog": "append-only: it is the history",
    "ledger.Outbox": "a queue; what it follows from is an event",
    "ledger.Reply": "kept for a day for repeats",
    "ledger.JobRun": "a job's own ledger",
    "ledger.JobChunk": "a job's own ledger",
    "employees.AgencyInputs": "a counter",
    "eligibility.Decision": "the intervals are its history; published rows are never touched",
    "eligibility.Run": "each transition is an event; decisions name their run",
}


def test_every_table_with_rights_or_decisions_has_a_history():
    tracked = {
        model.pgh_tracked_model._meta.label for model in apps.get_models() if hasattr(model, "pgh_tracked_model")
    }
    assert {
        "employees.User", "employees.RoleGrant", "employees.Employee", "employees.Placement", "employees.Unit",
        "employees.Agency", "performance.Appraisal", "eligibility.Policy", "eligibility.PolicyInForce",
        "eligibility.Correction", "eligibility.Objection", "schedules.Request", "schedules.Delegation",
        "schedules.WfhDay", "schedules.UnitRule",
    } <= tracked  # fmt: skip
    assert not tracked & set(NO_HISTORY)
    assert all(issubclass(apps.get_model(label), models.Model) for label in NO_HISTORY)


def test_opening_another_persons_page_is_written(client, cast):
    client.force_login(cast.dewi_user)
    assert client.get(reverse("admin:employees_employee_change", args=[cast.sari.pk])).status_code == 200
    assert client.get(reverse("admin:employees_employee_change", args=[cast.dewi.pk])).status_code == 200
    client.get(reverse("admin:employees_employee_change", args=[cast.stranger.pk]))  # not theirs: nothing was read
    (row,) = ReadLog.objects.all()
    assert (row.actor_id, row.employee_id, row.agency_id) == (cast.dewi_user.pk, cast.sari.pk, cast.agency.pk)
    assert (row.what, len(row.request_id)) == ("employees.employee", 36)
