"""What is held about me: all of it, in a copy too, and nothing of others beyond role and unit."""

import datetime as dt
import json

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

from employees.models import Employee, User
from ledger import exports, reading
from ledger.models import Event, ReadLog
from performance.models import Appraisal
from schedules.queries import my_data
from tests import factories

pytestmark = pytest.mark.django_db
PAGE, COPY = "/account/data/", "/account/data/copy/"
SUNDAY = dt.date(2026, 12, 6)
UNAPPROVED = "KENARI-BELUM-DISETUJUI"


@pytest.fixture
def life(cast, at):
    cast.token = AuthToken.objects.create(user=cast.sari_user)
    factories.leave(cast.sari, SUNDAY, SUNDAY, kind="Cuti sakit")
    factories.appraisal(cast.sari, note="Nilai sah")
    factories.appraisal(cast.sari, year=2026, state=Appraisal.State.SUBMITTED, note=UNAPPROVED)
    factories.leave(cast.budi, SUNDAY, SUNDAY, kind="KENARI-BUDI")
    with pghistory.context(user=cast.dewi_user.pk, request="r"):
        Employee.objects.filter(pk=cast.sari.pk).update(grade="IV/a")
    reading.seen(by=cast.dewi_user, people=[(cast.sari.pk, cast.agency.pk)], what="performance.appraisal", at=at)
    reading.seen(by=cast.hadi_user, people=[(cast.budi.pk, cast.agency.pk)], what="KENARI-READ", at=at)
    return cast


def copy(client, form="json"):
    return client.post(COPY, {"form": form})


def test_the_page_shows_groups_changes_and_readings_with_role_and_unit(life, client):
    client.force_login(life.sari_user)
    client.cookies["language"] = "en"
    page = client.get(PAGE).content.decode()
    for text in ("Who you are", life.sari.nip, "Cuti sakit", "Nilai sah", "IV/a", "API tokens", "Ask for a correction"):
        assert text in page, text
    held = client.get(PAGE).context
    (changes, readings) = (found for _name, found in held["touches"])
    (changed,) = [one for one in changes if one.code == "employees.employee update"]
    assert changed.by == "HR officer · Sekretariat Jenderal"
    assert [(one.what, one.by) for one in readings] == [("Appraisal", "HR officer · Sekretariat Jenderal")]


def test_it_writes_nothing_to_look(life, client):
    client.force_login(life.sari_user)
    before = Event.objects.count(), ReadLog.objects.count()
    client.get(PAGE)
    assert (Event.objects.count(), ReadLog.objects.count()) == before
    assert client.get(COPY).status_code == 405


@pytest.mark.parametrize("form", ["page", "json", "pdf"])
def test_of_others_nothing_and_of_oneself_no_secret_nor_what_nobody_approved(life, client, form, monkeypatch):
    seen = []
    compile_letter = __import__("typst").compile
    monkeypatch.setattr(
        "schedules.my_data.typst.compile",
        lambda *args, **known: seen.append(known["sys_inputs"]["data"]) or compile_letter(*args, **known),
    )
    client.force_login(life.sari_user)
    text = (
        client.get(PAGE).content.decode() if form == "page" else copy(client, form).content.decode("utf-8", "replace")
    )
    text += "".join(seen)
    assert life.sari.nip in text
    secrets = [life.sari_user.password, life.token[0].digest, life.token[1], client.session.session_key]
    for hidden in ("KENARI", "Dewi Lestari", life.dewi.nip, *secrets):
        assert hidden not in text, hidden


def test_the_same_with_the_rule_off_would_show_it(life, client, monkeypatch):
    """The twin: without its filter the part shows what nobody approved."""
    parts = [
        my_data.Part(one.of, one.group, one.title) if one.of == "performance.Appraisal employee" else one
        for one in my_data.PARTS
    ]
    monkeypatch.setattr(my_data, "PARTS", parts)
    client.force_login(life.sari_user)
    assert UNAPPROVED in client.get(PAGE).content.decode()


@pytest.mark.parametrize("form", ["json", "pdf"])
def test_a_copy_is_whole_ours_and_recorded(life, client, form):
    client.force_login(life.sari_user)
    answer = copy(client, form)
    assert answer["Content-Disposition"].endswith(f'.{form}"')
    found = exports.check(answer.content)
    assert (found.whole, found.ours) == (True, True)
    event = Event.objects.get(verb="data.copy")
    assert (event.subject_id, event.actor_id) == (life.sari.pk, life.sari_user.pk)
    assert (event.after["form"], event.after["file"], event.after["rows"]) == (form, found.number, found.rows)
    assert not exports.check(answer.content.replace(b"\n", b" ", 1)).whole
    if form == "pdf":
        assert answer.content.startswith(b"%PDF-")
    else:
        said = json.loads(answer.content)
        assert said["about"] == str(life.sari.public_id)
        assert said["held"]["employees.Leave.employee"][0]["kind"] == "Cuti sakit"
        assert len(said["readings"]) == 1


def test_a_name_is_no_markup_of_the_letter(life, client):
    Employee.objects.filter(pk=life.sari.pk).update(name='#panic("x") $ *[ <a> \\')
    client.force_login(life.sari_user)
    assert copy(client, "pdf").status_code == 200


def test_nobody_takes_copies_without_end(life, client, settings):
    settings.EXPORTS_AN_HOUR = 2
    client.force_login(life.sari_user)
    assert [copy(client).status_code for _n in range(3)] == [200, 200, 302]
    assert Event.objects.filter(verb="data.copy").count() == 2


def test_an_account_of_nobody_is_told_so(client):
    client.force_login(factories.account(username="layanan"))
    assert client.get(PAGE).status_code == 200
    assert copy(client).status_code == 403
    assert not Event.objects.filter(verb="data.copy").exists()


def test_its_queries_do_not_grow(life, client, at):
    client.force_login(life.sari_user)

    def count():
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        return len(asked)

    few = count()
    for number in range(20):
        factories.fact(life.sari, f"k{number}", "ya")
        reading.seen(by=life.hadi_user, people=[(life.sari.pk, life.agency.pk)], what="api-decision", at=at)
    assert count() == few


def test_who_read_me_is_found_by_its_index(life, at):
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_readlog (at, actor_id, employee_id, agency_id, what, request_id)
               SELECT now(), 1, 1000000 + n %% 5000, 1, 'filler', '' FROM generate_series(1, %s) n""",
            [100_000],
        )
        cursor.execute("ANALYZE ledger_readlog")
        rows = ReadLog.objects.filter(employee_id=life.sari.pk).order_by("-at", "-pk")[:50]
        sql, params = rows.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        assert "readlog_person" in str(cursor.fetchall())


# --- nothing is forgotten -------------------------------------------------------------------------

# Relations to a person or account that are not in the copy, each with its reason. The only list; a new one is red.
OFFICE = "what one decided or entered about others in one's office is theirs, not one's own"
NOT_IN_COPY = {
    "employees.Placement supervisor": "the placements of those who report to one are theirs",
    **dict.fromkeys(
        [f"schedules.Request {link}" for link in ("supervisor", "holder", "endorsed_for", "decided_for")],
        "requests of others that waited for one are theirs",
    ),
    **dict.fromkeys(
        [
            *("employees.Employee special_verified_by", "employees.DataRequest answered_by"),
            *("performance.Appraisal imported_by", "performance.Appraisal decided_by"),
            *("performance.ImportBatch uploaded_by", "performance.ImportBatch applied_by"),
            *(
                "eligibility.Policy drafted_by",
                "eligibility.Policy approved_by",
                "eligibility.PolicyInForce approved_by",
            ),
            *("eligibility.Run started_by", "eligibility.Run published_by", "eligibility.Correction decided_by"),
            *("eligibility.Objection decided_by", "eligibility.Suspension asked_by"),
            *("schedules.Plan created_by", "schedules.Plan published_by", "schedules.Delegation created_by"),
            *("schedules.Request endorsed_by", "schedules.Request decided_by"),
        ],
        OFFICE,
    ),
    "employees.User employee": "the account; it is a part by itself",
    "admin.LogEntry user": "not used, empty",
    "employees.User_groups user": "not used, empty",
    "employees.User_user_permissions user": "not used, empty",
    "pghistory.MiddlewareEvents user": "a view of the versions",
}


def relations():
    """`app.Model column` of every relation in the schema to a person or an account; versions are "who changed it"."""
    for model in (Employee, User):
        for one in model._meta.get_fields(include_hidden=True):
            if one.auto_created and not one.concrete and not hasattr(one.related_model, "pgh_tracked_model"):
                yield f"{one.related_model._meta.label} {one.field.name}"


def forgotten(parts):
    known = {one.of for one in parts if not one.of.endswith(" pk")} | set(NOT_IN_COPY)
    return set(relations()) ^ known


def test_every_relation_to_a_person_is_in_the_copy_or_named():
    assert forgotten(my_data.PARTS) == set()


@pytest.mark.parametrize("one", my_data.PARTS, ids=lambda part: part.of)
def test_a_forgotten_part_is_found(one):
    """The twin."""
    if not one.of.endswith(" pk"):
        assert forgotten([part for part in my_data.PARTS if part != one]) == {one.of}


@pytest.mark.parametrize("one", my_data.PARTS, ids=lambda part: part.of)
def test_no_part_names_a_column_that_is_a_secret(one):
    shown = {field.name for field in one.model._meta.concrete_fields if my_data._told(one, field)}
    words = ("passw", "secret", "token", "digest", "session", "endpoint")
    assert not {name for name in shown if any(word in name for word in words)}
