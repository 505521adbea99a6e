"""One person's whole record, as an auditor of their agency reads it: all of it, in order, and nothing of elsewhere."""

import datetime as dt
import re

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from employees.about import kept
from employees.models import Employee, Leave, RoleGrant
from ledger import exports
from ledger.models import Event, ReadLog
from ledger.request_id import REQUEST_ID
from ledger.trail import record
from schedules.queries import record as records
from tests import factories
from tests.searching import mark
from tests.worlds import world

pytestmark = pytest.mark.django_db
SUNDAY = dt.date(2026, 12, 6)


def page_of(person):
    return reverse("admin:record", args=[person.pk])


@world
def auditor(cast):
    user = factories.account(factories.employee(cast.root, "Ayu Pemeriksa"))
    factories.grant(user, "AUDITOR", cast.agency)
    return user


@world
def life(cast, at):
    """What happened to Sari: a leave entered and taken away, a grade changed by HR with a reason, an appraisal."""
    leave = factories.leave(cast.sari, SUNDAY, SUNDAY)
    Leave.objects.filter(pk=leave.pk).delete()
    factories.appraisal(cast.sari)
    token = REQUEST_ID.set("request-7")
    with pghistory.context(user=cast.dewi_user.pk, request="request-7"):
        Employee.objects.filter(pk=cast.sari.pk).update(grade="IV/a")
        record(
            verb="people.grade", subject=cast.sari, by=cast.dewi_user, at=timezone.now(), agency_id=cast.agency.pk,
            reason="Decree 12/2026", before={"grade": "III/d"}, after={"grade": "IV/a"},
        )  # fmt: skip
    REQUEST_ID.reset(token)
    return cast


def shown(client, person, **wanted):
    return [line for line, _name in client.get(page_of(person), wanted).context["lines"]]


def test_every_row_and_event_is_there_in_order_with_who_why_before_and_after(life, client, auditor):
    client.force_login(auditor)
    lines = shown(client, life.sari)
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    found = {(line.kind, line.what) for line in lines}
    assert found >= {
        ("employees.employee", "insert"), ("employees.employee", "update"), ("employees.leave", "insert"),
        ("employees.leave", "delete"), ("employees.placement", "insert"), ("employees.user", "insert"),
        ("performance.appraisal", "insert"), ("event", "people.grade"),
    }  # fmt: skip
    (row,) = [line for line in lines if (line.kind, line.what) == ("employees.employee", "update")]
    assert (row.by, row.why) == (str(life.dewi_user), "Decree 12/2026")
    assert [(change.before, change.after) for change in row.changes] == [("–", "IV/a")]
    (event,) = [line for line in lines if line.what == "people.grade"]
    assert [(change.before, change.after) for change in event.changes] == [("III/d", "IV/a")]
    (gone,) = [line for line in lines if line.what == "delete"]
    assert {change.after for change in gone.changes} == {"–"}


def test_two_clicks_from_the_admin(life, client, auditor):
    client.force_login(auditor)
    assert page_of(life.sari) in client.get(reverse("admin:employees_employee_changelist")).content.decode()
    assert page_of(life.sari) in client.get(f"/admin/employees/employee/{life.sari.pk}/change/").content.decode()
    client.force_login(life.dewi_user)
    assert "/admin/record/" not in client.get(reverse("admin:employees_employee_changelist")).content.decode()


def test_by_kind_and_time(life, client, auditor):
    client.force_login(auditor)
    assert {line.what for line in shown(client, life.sari, kind="employees.leave")} == {"insert", "delete"}
    assert {line.kind for line in shown(client, life.sari, kind="event")} == {"event"}
    assert shown(client, life.sari, until="2020-01-01T00:00") == []
    assert shown(client, life.sari, since="2020-01-01T00:00")
    assert client.get(page_of(life.sari), {"since": "²", "kind": "x", "p": "²"}).status_code == 200


def test_the_reading_and_the_file_are_recorded(life, client, auditor):
    client.force_login(auditor)
    client.get(page_of(life.sari))
    assert ReadLog.objects.get().what == "whole-record"
    assert ReadLog.objects.get().employee_id == life.sari.pk
    taken = client.post(page_of(life.sari), {"reason": "complaint 3"})
    assert exports.check(taken.content).ours
    event = Event.objects.get(verb="export")
    assert (event.reason, event.subject_id, event.agency_id) == ("complaint 3", life.sari.pk, life.agency.pk)
    assert "Decree 12/2026" in taken.content.decode()
    assert client.post(page_of(life.sari)).status_code == 200  # says that a reason is missing
    assert Event.objects.filter(verb="export").count() == 1


@pytest.mark.parametrize("who", ["dewi", "hadi", "eko", "ratna", "budi", "sari"])
def test_nobody_but_an_auditor(life, client, who):
    client.force_login(getattr(life, f"{who}_user"))
    assert client.get(page_of(life.sari)).status_code in (302, 403)
    assert client.post(page_of(life.sari), {"reason": "x"}).status_code in (302, 403)
    assert not ReadLog.objects.exists()


def test_another_agencys_person_does_not_exist(life, client, auditor):
    client.force_login(auditor)
    strange = client.get(page_of(life.stranger))
    assert strange.status_code == 404
    never = client.get("/admin/record/99999999/")
    token = r'name="csrfmiddlewaretoken" value="\w+"'
    assert re.sub(token, "", strange.content.decode()) == re.sub(token, "", never.content.decode())
    assert not ReadLog.objects.exists()


def elsewhere(cast, at):
    """What another agency holds about Sari."""
    Leave.objects.create(employee=cast.sari, agency=cast.other, valid=("2020-01-01", "2020-02-01"), kind="KENARI")
    record(verb="kenari", subject=cast.sari, by=None, at=at, agency_id=cast.other.pk)
    record(verb="kenari-of-nobody", subject=cast.sari, by=None, at=at, agency_id=None)


def test_what_another_agency_holds_is_not_shown(life, client, auditor, at):
    elsewhere(life, at)
    client.force_login(auditor)
    assert "kenari" not in client.get(page_of(life.sari)).content.decode().lower()
    factories.grant(auditor, "AUDITOR")  # an auditor of all
    page = client.get(page_of(life.sari)).content.decode()
    assert "KENARI" in page
    assert "kenari-of-nobody" in page


def test_without_the_agencies_it_would_be(life, client, auditor, at, monkeypatch):
    """The twin."""
    elsewhere(life, at)
    asked = records.names
    monkeypatch.setattr(records, "names", lambda *args, **known: asked(*args, **known) | {"everywhere": True})
    client.force_login(auditor)
    assert "KENARI" in client.get(page_of(life.sari)).content.decode()


def test_an_auditor_of_some_units_reads_their_people_alone(life, client):
    user = factories.account()
    factories.grant(user, "AUDITOR", life.agency, life.general)
    client.force_login(user)
    assert client.get(page_of(life.sari)).status_code == 200
    assert client.get(page_of(life.hadi)).status_code == 404


def test_its_queries_do_not_grow(life, client, auditor):
    client.force_login(auditor)
    client.get(page_of(life.sari))

    def count():
        with CaptureQueriesContext(connection) as asked:
            client.get(page_of(life.sari))
        return len(asked)

    few = count()
    for number in range(30):
        factories.fact(life.sari, f"k{number}", "ya")
    RoleGrant.objects.filter(user=life.sari_user).update(role="AUDITOR")
    assert count() == few


def test_every_history_about_people_is_in_it():
    labels = {one.label for one in kept()}
    assert {"employees.employee", "employees.user", "schedules.delegation", "ledger.secondfactor"} <= labels
    assert labels == {kind for kind, _name in records.kinds()} - {records.EVENT, records.DECISION}


# --- the event list, by account and by person -----------------------------------------------------


def listed(client, **typed):
    wanted = {name: mark(client, text, name) for name, text in typed.items()}
    return set(client.get(reverse("admin:ledger_event_changelist"), wanted).context["cl"].queryset.values_list("verb"))


def test_events_by_account_and_by_person(life, client, auditor, at):
    record(verb="about.budi", subject=life.budi, by=life.hadi_user, at=at, agency_id=life.agency.pk)
    request = factories.leave(life.sari, SUNDAY, SUNDAY)
    record(verb="about.a-row-of-sari", subject=request, by=life.hadi_user, at=at, agency_id=life.agency.pk)
    record(verb="elsewhere", subject=life.sari, by=life.hadi_user, at=at, agency_id=life.other.pk)
    client.force_login(auditor)
    assert listed(client, actor=life.hadi.nip) == {("about.budi",), ("about.a-row-of-sari",)}
    assert listed(client, person=life.sari.nip) == {("people.grade",), ("about.a-row-of-sari",)}
    assert listed(client, person=str(life.sari.public_id)) == listed(client, person=life.sari.nip)
    assert listed(client, person=str(life.sari.public_id), actor=life.hadi.nip) == {("about.a-row-of-sari",)}
    assert listed(client, actor="nobody") == listed(client, person="x") == set()
    assert listed(client, person=life.stranger.nip) == set()


def test_readings_by_person(life, client, auditor):
    client.force_login(auditor)
    client.get(page_of(life.sari))
    client.get(page_of(life.budi))
    answer = client.get(reverse("admin:ledger_readlog_changelist"), {"person": str(life.sari.public_id)})
    assert [row.employee_id for row in answer.context["cl"].queryset] == [life.sari.pk]


# --- at a million events, by index ----------------------------------------------------------------


@pytest.fixture
def many(life):
    """Two hundred thousand events of others: enough for the planner to know that the table is big."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_event (at, verb, actor_id, agency_id, subject_type, subject_id, reason, before, after,
                                         request_id)
               SELECT now(), 'filler', 1000000 + n %% 500, %s, 'schedules.request', 1000000 + n, '', '{}', '{}', ''
               FROM generate_series(1, 200000) n""",
            [life.agency.pk],
        )
        cursor.execute("ANALYZE ledger_event")
    return life


def plan(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_record_finds_its_events_by_index(many, auditor):
    always = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    wanted = records.names(many.sari, auditor, kind="", since=always[0], until=always[1], limit=100)
    told = plan(records.sql(), wanted)
    assert "event_subject" in told
    assert "Seq Scan on ledger_event" not in told
    with connection.cursor() as cursor:  # the twin
        cursor.execute("DROP INDEX event_subject")
    assert "Seq Scan on ledger_event" in plan(records.sql(), wanted)


def test_the_list_of_one_accounts_events_uses_its_index(many):
    rows = Event.objects.filter(actor_id=1000007, agency_id=many.agency.pk).order_by("-pk")[:50]
    sql, params = rows.query.sql_with_params()
    assert "event_actor" in plan(sql, params)
    with connection.cursor() as cursor:  # the twin
        cursor.execute("DROP INDEX event_actor")
    assert "event_actor" not in plan(sql, params)
