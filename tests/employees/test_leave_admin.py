"""Leave in the admin: HR enters, shortens and takes it back; what is refused is said on the form."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation
from psycopg2.extras import DateRange

from employees.models import Leave
from ledger.models import Event
from tests import factories
from tests.searching import mark

from .roles import somebody

LIST, ADD = "/admin/employees/leave/", "/admin/employees/leave/add/"
MONDAY, FRIDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 27)
UNKNOWN = "198001012005011902"


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def typed(person, first="2026-11-23", last="2026-11-27", **more):
    return {"nip": person.nip, "first": first, "last": last, "kind": "Sakit", "source": "surat 7"} | more


@pytest.fixture
def hr(cast, client):
    client.cookies["language"] = "en"
    client.force_login(cast.dewi_user)
    return client


def listed(client, query=""):
    return [row.employee.name for row in client.get(LIST + query).context["cl"].result_list]


def test_hr_enters_leave_and_reads_it_in_the_list(cast, hr):
    assert hr.get(ADD).status_code == 200
    answer = hr.post(ADD, typed(cast.sari), follow=True)
    assert [str(m) for m in answer.context["messages"]] == ["The leave is recorded."]
    page = answer.content.decode()
    assert "Sari Rahmawati" in page
    assert "Biro Umum" in page
    assert Leave.objects.get().valid == DateRange(MONDAY, dt.date(2026, 11, 28))
    assert Event.objects.get(verb="leave.record").actor_id == cast.dewi_user.pk


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"first": "2026-11-28"}, "before the first"),
        (
            {"first": "2026-11-20", "last": "2026-11-23"},
            "recorded for this person on 23 Nov 2026 – 27 Nov 2026",
        ),
        ({"nip": "123"}, "exactly 18 digits"),
        ({"nip": UNKNOWN}, "nobody with this number among the people you are HR for"),
        ({"last": ""}, "This field is required"),
        ({"last": "besok"}, "valid date"),
    ],
)
def test_what_is_refused_is_said_on_the_form_with_everything_typed_still_in_it(cast, hr, more, words):
    factories.leave(cast.sari, MONDAY, FRIDAY)
    answer = hr.post(ADD, typed(cast.sari, **more))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page
    assert 'value="surat 7"' in page
    assert Leave.objects.count() == 1


def test_a_stranger_gets_the_sentence_of_an_unknown_number(cast, hr):
    page = hr.post(ADD, typed(cast.stranger)).content.decode()
    assert "nobody with this number" in page
    assert cast.stranger.name not in page
    assert not Leave.objects.exists()


def test_hr_shortens_a_leave_or_takes_it_back(cast, hr):
    made = factories.leave(cast.sari, MONDAY, FRIDAY)
    page = reverse("admin:employees_leave_change", args=[made.pk])
    assert "New last day" in hr.get(page).content.decode()
    assert "Either enter" in hr.post(page, {"last": ""}).content.decode()
    assert "Either enter" in hr.post(page, {"last": "2026-11-24", "taken_back": "on"}).content.decode()
    assert "another leave" in hr.post(page, {"last": "2026-12-24"}).content.decode()
    assert hr.post(page, {"last": "2026-11-24"}).status_code == 302
    made.refresh_from_db()
    assert made.valid.upper == dt.date(2026, 11, 25)
    assert hr.post(page, {"taken_back": "on"}).status_code == 302
    assert not Leave.objects.exists()


def test_another_agencys_leave_does_not_exist(cast, hr):
    theirs = factories.leave(cast.stranger, MONDAY, FRIDAY)
    factories.leave(cast.sari, MONDAY, FRIDAY)
    factories.leave(cast.eko, MONDAY, FRIDAY)
    assert sorted(listed(hr)) == ["Eko Prasetyo", "Sari Rahmawati"]
    assert listed(hr, f"?unit={cast.planning.pk}") == ["Eko Prasetyo"]
    assert listed(hr, f"?q={mark(hr, cast.sari.nip)}") == ["Sari Rahmawati"]
    page = reverse("admin:employees_leave_change", args=[theirs.pk])
    assert hr.get(page).status_code == 404
    assert hr.post(page, {"taken_back": "on"}).status_code == 404


@pytest.mark.parametrize(
    ("who", "read", "add", "change"),
    [
        ("hr_of_general", 200, 200, 302),
        ("hr_of_planning", 200, 200, 404),
        ("ratna", 200, 200, 404),
        ("auditor", 200, 403, 403),
        ("agency_admin", 403, 403, 404),
        ("platform", 403, 403, 404),
        ("eko", 302, 302, 302),  # no role: led to the log-in
    ],
)
def test_who_opens_the_pages_of_leave(cast, client, who, read, add, change):
    made = factories.leave(cast.sari, MONDAY, FRIDAY)
    client.force_login(somebody(cast, who))
    page = reverse("admin:employees_leave_change", args=[made.pk])
    assert client.get(LIST).status_code == read
    assert client.get(ADD).status_code == add
    assert client.post(page, {"taken_back": "on"}).status_code == change
    assert Leave.objects.exists() == (who != "hr_of_general")


def test_hr_of_a_unit_who_leads_others_sees_no_leave_beyond_the_unit(cast, client):
    factories.leave(cast.team[0], MONDAY, FRIDAY)
    factories.grant(cast.eko_user, "HR_OFFICER", cast.agency, cast.general)
    client.force_login(cast.eko_user)
    assert listed(client) == []


@pytest.mark.parametrize("people", [1, 3])
def test_the_number_of_queries_of_the_list(cast, hr, django_assert_num_queries, people):
    for _n in range(people):
        factories.leave(factories.employee(cast.general), MONDAY, FRIDAY)
    with django_assert_num_queries(9):
        assert hr.get(LIST).status_code == 200
