"""People, units and access in the admin: in scope, read-only, with a constant number of queries."""

import pytest
from django.urls import reverse
from django.utils import translation

from employees.models import User
from tests import factories
from tests.searching import mark


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["language"] = "en"
    with translation.override("en"):
        yield


def names(client, query=""):
    answer = client.get(f"/admin/employees/employee/{query}")
    return {row.name for row in answer.context["cl"].result_list}


def test_people_within_reach_only(cast, client):
    client.force_login(cast.dewi_user)
    assert {"Sari Rahmawati", "Eko Prasetyo"} <= names(client)
    assert not {"Ratna Sari", "Orang Lain"} & names(client)
    assert names(client, f"?unit={cast.planning.pk}") == {"Eko Prasetyo", "Anggota 1", "Anggota 2", "Anggota 3"}
    assert names(client, f"?q={mark(client, cast.stranger.nip)}") == set()


def test_an_officer_of_a_subtree_sees_its_people_and_units_only(cast, client):
    officer = factories.account()
    factories.grant(officer, "HR_OFFICER", cast.agency, cast.planning)
    client.force_login(officer)
    assert names(client) == {"Eko Prasetyo", "Anggota 1", "Anggota 2", "Anggota 3"}
    units = client.get("/admin/employees/unit/").context["cl"].result_list
    assert [unit.code for unit in units] == ["REN"]


def test_the_page_of_a_person_is_read_only_and_of_another_agencys_not_found(cast, client):
    """HR changes special circumstances there, nothing else, and never their own (test_records_admin)."""
    client.force_login(cast.dewi_user)
    own = reverse("admin:employees_employee_change", args=[cast.dewi.pk])
    page = client.get(own)
    assert page.status_code == 200
    assert "Sekretariat Jenderal" in page.content.decode()
    assert 'name="_save"' not in page.content.decode()
    assert client.post(own, {"name": "Lain"}).status_code == 403
    assert client.get(reverse("admin:employees_employee_change", args=[cast.stranger.pk])).status_code == 404


def test_an_agency_administrator_sees_accounts_of_the_agency_and_no_scores(cast, client):
    user = factories.account()
    factories.grant(user, "AGENCY_ADMIN", cast.agency)
    client.force_login(user)
    seen = {row.pk for row in client.get("/admin/employees/user/").context["cl"].result_list}
    assert cast.sari_user.pk in seen
    assert cast.ratna_user.pk not in seen
    assert client.get("/admin/performance/appraisal/").status_code == 403
    assert client.get(reverse("admin:employees_user_change", args=[cast.ratna_user.pk])).status_code == 404


def test_a_platform_administrator_sees_no_person_without_a_role(cast, client):
    user = factories.account()
    factories.grant(user, "PLATFORM_ADMIN")
    client.force_login(user)
    seen = {row.pk for row in client.get("/admin/employees/user/").context["cl"].result_list}
    assert cast.ratna_user.pk in seen
    assert cast.sari_user.pk not in seen
    assert client.get("/admin/employees/employee/").status_code == 403


def test_no_password_is_on_any_page_of_an_account(cast, client):
    user = factories.account()
    factories.grant(user, "AGENCY_ADMIN", cast.agency)
    client.force_login(user)
    page = client.get(reverse("admin:employees_user_change", args=[cast.sari_user.pk])).content.decode()
    assert User.objects.get(pk=cast.sari_user.pk).password not in page
    assert "is_superuser" not in page


def test_logging_in_goes_through_the_portals_own_door(cast, client):
    answer = client.get("/admin/performance/appraisal/")
    assert answer.status_code == 302
    while answer.status_code == 302:
        address = answer["Location"]
        answer = client.get(address)
    assert address.startswith("/accounts/login/?next=")
    assert "admin" in address


def test_unfolds_search_and_password_pages_are_closed(cast, client):
    client.force_login(cast.dewi_user)
    assert client.get("/admin/search/?s=sari").status_code == 404
    assert client.get("/admin/password_change/")["Location"] == reverse("account_change_password")
    assert client.get("/admin/employees/")["Location"] == "/admin/"


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/admin/employees/employee/", 9),
        ("/admin/employees/unit/", 8),
        ("/admin/employees/rolegrant/", 8),
        ("/admin/ledger/event/", 8),
        ("/admin/schedules/wfhday/", 9),
    ],
)
def test_the_number_of_queries(cast, client, django_assert_num_queries, people, address, queries):
    for n in range(people):
        unit = factories.unit(cast.agency, f"X{n}", parent=cast.root, head=cast.sari)
        user = factories.account(factories.employee(unit, f"Orang {n}"))
        factories.grant(user, "HR_OFFICER", cast.agency, unit)
    client.force_login(cast.hadi_user)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
