"""Log-ins in vain stand in the trail: whose account, never what was typed (reliability.md 4.3, F40, F42)."""

import json

import pytest
from django.core.cache import cache

from employees import limits, login
from employees.models import User
from ledger.models import Event
from ledger.trail import VOCABULARY
from tests import factories

pytestmark = pytest.mark.django_db
TYPED = "Geheimes-Passwort-17"


def enter(client, number, password=TYPED):
    return client.post("/accounts/login/", {"login": number, "password": password}, REMOTE_ADDR="10.9.9.9")


def denials():
    return list(Event.objects.filter(verb="denied").order_by("pk"))


def test_a_wrong_password_names_the_account_and_nothing_that_was_typed(cast, client, caplog):
    enter(client, f"{cast.sari.nip[:8]} {cast.sari.nip[8:]}")
    (event,) = denials()
    assert (event.subject_type, event.subject_id) == ("employees.user", cast.sari_user.pk)
    assert (event.actor_id, event.agency_id) == (None, cast.agency.pk)
    assert event.after == {
        "what": "authn_login_fail",
        "route": "account_login",
        "method": "POST",
        "status": 200,
        "code": "",
    }
    kept = json.dumps([list(Event.objects.values()), caplog.text], default=str)
    assert TYPED not in kept
    assert cast.sari.nip not in kept


def test_a_number_nobody_has_is_counted_and_not_kept(cast, client, caplog):
    enter(client, "198501012010011999")
    (event,) = denials()
    assert (event.subject_id, event.agency_id) == (0, None)
    assert "198501012010011999" not in json.dumps([list(Event.objects.values()), caplog.text], default=str)


def test_a_password_typed_as_a_name_is_not_kept(cast, client, caplog):
    enter(client, TYPED)
    assert denials()[0].subject_id == 0
    assert TYPED not in json.dumps([list(Event.objects.values()), caplog.text], default=str)


def test_a_closed_account_is_named(cast, client):
    User.objects.filter(pk=cast.sari_user.pk).update(is_active=False)
    enter(client, cast.sari.nip, "rahasia-sekali-1")
    assert denials()[0].subject_id == cast.sari_user.pk


def test_an_account_without_a_person_is_found_by_its_name(client):
    user = factories.account(username="Layanan.Absen")
    enter(client, "Layanan.Absen")
    assert denials()[0].subject_id == user.pk


def test_a_pause_is_one_event_a_window_however_often_somebody_asks(cast, client):
    for _n in range(limits.ACCOUNT_HERE.amount + 4):
        enter(client, cast.sari.nip)
    whats = [event.after["what"] for event in denials()]
    assert whats == ["authn_login_fail"] * limits.ACCOUNT_HERE.amount + ["authn_login_lock"]
    assert {event.subject_id for event in denials()} == {cast.sari_user.pk}
    assert set(whats) <= VOCABULARY


def test_a_good_log_in_is_no_denial(cast, client):
    assert enter(client, cast.sari.nip, "rahasia-sekali-1").status_code == 302
    assert not denials()


def test_known_and_unknown_cost_the_same_questions(cast, client, django_assert_num_queries):
    """Else the time would tell which numbers exist. The first asks fill caches of the site."""
    enter(client, cast.budi.nip)
    cache.clear()
    with django_assert_num_queries(asked := _queries(client, cast.sari.nip)):
        enter(client, "198501012010011999")
    assert asked > 0


def _queries(client, number):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        enter(client, number)
    return len(asked)


def test_without_the_note_nothing_is_written(cast, client, monkeypatch):
    """The twin: it is this note that writes, not the middleware."""
    monkeypatch.setattr(login, "denied", lambda **known: None)
    enter(client, cast.sari.nip)
    assert not denials()
