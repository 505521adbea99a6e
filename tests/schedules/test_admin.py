"""The admin's first page: what waits for whom, and the publish button's way."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from eligibility.models import Policy, PolicyInForce, Run
from employees.models import AgencyInputs
from ledger.models import Event
from tests import factories
from tests.worlds import world


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["language"] = "en"
    with translation.override("en"):
        yield


@world
def policy(cast):
    made = Policy.objects.create(
        code="UJI",
        version=1,
        name_id="Uji",
        name_en="Test",
        track="REWARD",
        rules=[{"rule": "MinimumRating", "minimum": 4}],
    )
    for agency in (cast.agency, cast.other):
        PolicyInForce.objects.create(agency=agency, track="REWARD", policy=made, valid=factories.ALWAYS)
    return made


def run_of(agency, policy, number=1, state="WAITING", week=dt.date(2026, 11, 30), **fields):
    seen = AgencyInputs.objects.get(agency=agency).changes
    if state == "WAITING":
        fields.setdefault("hold", "FIRST")
    return Run.objects.create(
        agency=agency,
        track="REWARD",
        week=week,
        number=number,
        policy=policy,
        state=state,
        cutoff_at="2026-11-27T08:00Z",
        inputs_seen=seen,
        in_scope=10,
        eligible=4,
        **fields,
    )


def text(client):
    return client.get("/admin/").content.decode()


def test_each_reader_sees_what_waits_for_them(cast, client, policy):
    factories.appraisal(cast.sari, state="SUBMITTED")
    factories.appraisal(cast.dewi, state="SUBMITTED")
    run_of(cast.agency, policy)
    client.force_login(cast.dewi_user)
    page = text(client)
    assert "Look at them and approve" in page
    assert "1 more waits for a colleague" in page
    assert "2026-W49" in page
    assert "The HR head of the agency publishes it." in page
    client.force_login(cast.hadi_user)
    page = text(client)
    assert "first run of this agency and track" in page
    assert 'name="version" value="1"' in page
    client.force_login(cast.ratna_user)
    page = text(client)
    assert "2026-W49" not in page
    assert "Nothing waits for you." in page


@pytest.mark.parametrize("role", ["AUDITOR", "AGENCY_ADMIN", "PLATFORM_ADMIN"])
def test_other_roles_get_no_buttons(cast, client, policy, role):
    factories.appraisal(cast.sari, state="SUBMITTED")
    run_of(cast.agency, policy)
    user = factories.account()
    factories.grant(user, role, None if role == "PLATFORM_ADMIN" else cast.agency)
    client.force_login(user)
    page = text(client)
    assert "approve" not in page
    assert ">Publish<" not in page
    assert ("2026-W49" in page) == (role == "AUDITOR")
    assert "Sari" not in page


def test_the_way_of_the_publish_button(cast, client, policy):
    run = run_of(cast.agency, policy)
    publish = reverse("admin:eligibility_run_publish", args=[run.pk])
    for who, status in (("ratna", 404), ("dewi", 403), ("sari", 302)):
        client.force_login(getattr(cast, f"{who}_user"))
        assert client.post(publish, {"version": "1"}).status_code == status, who
        run.refresh_from_db()
        assert run.state == "WAITING", who
    client.cookies.clear()  # the others' messages
    client.force_login(cast.hadi_user)
    assert client.get(publish).status_code == 405
    stale = client.post(publish, {"version": "7"}, follow=True)
    assert [m.level_tag for m in stale.context["messages"]] == ["error"]
    done = client.post(publish, {"version": "1"}, follow=True)
    assert [str(m) for m in done.context["messages"]] == ["Minggu ini telah diterbitkan."]
    run.refresh_from_db()
    assert (run.state, run.published_by) == ("PUBLISHED", cast.hadi_user)
    assert Event.objects.filter(verb="run.publish", actor_id=cast.hadi_user.pk).count() == 1
    again = client.post(publish, {"version": "2"}, follow=True)
    assert [m.level_tag for m in again.context["messages"]] == ["error"]


@pytest.mark.parametrize("weeks", [1, 3])
def test_the_number_of_queries_of_the_first_page(cast, client, policy, django_assert_num_queries, weeks):
    for n in range(weeks):
        week = dt.date(2026, 11, 2) + dt.timedelta(weeks=n)
        published = {"published_at": "2026-11-01T00:00Z", "published_by": cast.hadi_user}
        run_of(cast.agency, policy, n + 1, "PUBLISHED", week, **published)
        factories.appraisal(factories.employee(cast.general), state="SUBMITTED")
    run_of(cast.agency, policy, weeks + 1)
    client.force_login(cast.hadi_user)
    with django_assert_num_queries(17):
        client.get("/admin/")


def test_the_page_of_a_run_opens_for_its_readers_only(cast, client, policy):
    run = run_of(cast.agency, policy)
    page = reverse("admin:eligibility_run_change", args=[run.pk])
    client.force_login(cast.hadi_user)
    assert client.get(page).status_code == 200
    client.force_login(cast.ratna_user)
    assert client.get(page).status_code == 404
