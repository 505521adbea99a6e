"""What was refused stands in the trail, whatever was rolled back, and nobody can fill the trail by being refused."""

import logging

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from employees.models import Employee
from ledger import trail
from ledger.models import Event
from tests import factories

PAGE = "/approvals/999999/approve/"


def denials():
    return list(Event.objects.filter(verb="denied"))


@pytest.mark.django_db
def test_a_refused_write_is_one_event(client, cast):
    client.force_login(cast.eko_user)
    assert client.post(PAGE).status_code == 404
    (event,) = denials()
    assert (event.actor_id, event.agency_id) == (cast.eko_user.pk, cast.eko.agency_id)
    assert event.subject_id == 999999
    assert event.after == {
        "what": "authz_fail",
        "route": "request-approve",
        "method": "POST",
        "status": 404,
        "code": "",
    }
    assert len(event.request_id) == 36


@pytest.mark.django_db
def test_the_api_and_the_admin_are_recorded_at_the_same_place(client, cast):
    client.force_login(cast.eko_user)
    client.post(reverse("api-request-approve", args=[999999]), content_type="application/json", data={})
    (event,) = denials()
    assert (event.after["route"], event.after["status"]) == ("api-request-approve", 404)
    client.force_login(cast.dewi_user)
    assert client.post(reverse("admin:employees_unit_change", args=[factories.unit(cast.agency).pk])).status_code == 403
    event = denials()[-1]
    assert (event.subject_type, event.after["status"]) == ("employees.unit", 403)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/nowhere/at/all/", "/api/v1/nowhere/", "/admin/nowhere/"])
def test_an_address_that_never_was_is_no_denial(client, cast, address):
    client.force_login(cast.dewi_user)
    assert client.post(address).status_code == 404
    assert not denials()


@pytest.mark.django_db
def test_a_refused_reading_and_a_visitor_write_a_line_at_most(client, cast, caplog):
    client.post(PAGE)
    client.force_login(cast.eko_user)
    with caplog.at_level(logging.WARNING, logger="security"):
        client.get("/why/2026-W48/object/?x=1")
        client.get("/admin/employees/employee/999999/change/")
    assert not denials()
    assert "authz_fail" in caplog.text


@pytest.mark.django_db
def test_a_number_of_a_person_is_never_kept(client, cast, caplog):
    client.force_login(cast.dewi_user)
    with caplog.at_level(logging.WARNING, logger="security"):
        client.post(f"/admin/employees/employee/{cast.sari.nip}/change/")
    (event,) = denials()
    assert event.subject_id == 0
    ours = [record.getMessage() for record in caplog.records if record.name == "security"]
    assert ours
    assert cast.sari.nip not in f"{ours} {event.after}"


@pytest.mark.django_db(transaction=True)
def test_it_outlives_what_was_rolled_back(cast, at):
    sari, user = cast.sari, cast.sari_user
    with transaction.atomic():
        Employee.objects.filter(pk=sari.pk).update(name="Changed")
        transaction.set_rollback(True)
    trail.denied(by=user, at=at, route="test")
    assert [Employee.objects.get(pk=sari.pk).name, len(denials())] == [sari.name, 1]


@pytest.mark.django_db
def test_nobody_fills_the_trail(cast, at, settings, caplog):
    settings.DENIED_PER_MINUTE = 3
    trail._recent.clear()
    with caplog.at_level(logging.WARNING, logger="security"):
        for _n in range(5):
            trail.denied(by=cast.eko_user, at=at, route="test")
    assert (len(denials()), len(caplog.records)) == (3, 5)
    trail.denied(by=cast.sari_user, at=at, route="test")  # somebody else has a share of their own
    trail.denied(by=cast.eko_user, at=at.replace(minute=1), route="test")
    assert len(denials()) == 5


@pytest.mark.django_db
def test_a_line_cannot_be_forged(at, caplog):
    with caplog.at_level(logging.WARNING, logger="security"):
        trail.denied(by=None, at=at, route="x\n2026 authn_login_success:1", what="authn_login_fail", code="é\r")
    assert "\n" not in caplog.records[0].getMessage()
    with pytest.raises(ValueError, match="vocabulary"):
        trail.denied(by=None, at=at, route="x", what="whatever")


@pytest.mark.django_db
def test_a_trail_that_cannot_be_written_is_no_error_for_the_reader(cast, at, monkeypatch):
    def broken(**kwargs):
        raise DatabaseError

    monkeypatch.setattr(Event.objects, "create", broken)
    assert trail.denied(by=cast.eko_user, at=at, route="test") is None
