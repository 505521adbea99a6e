"""How one wants to be told: said on the account page, kept, recorded, and nobody else's to say."""

import datetime as dt

import pytest

from employees.models import User
from ledger.models import Event
from tests import factories

CHOICE = {"digest": "1", "quiet_from": "20:30", "quiet_until": "06.15"}


@pytest.fixture
def sari(cast, client):
    client.force_login(cast.sari_user)
    client.cookies["language"] = "en"
    return client


def test_the_page_shows_the_defaults(sari):
    page = sari.get("/account/").content.decode()
    assert 'name="quiet_from" value="18:00"' in page
    assert 'name="quiet_until" value="07:00"' in page
    assert page.count("checked") >= 2
    assert 'href="/notices/"' in page


def test_what_is_chosen_is_kept_and_recorded_once(sari, cast):
    for _again in range(2):
        assert sari.post("/account/notices/", CHOICE)["Location"] == "/account/"
    user = User.objects.get(pk=cast.sari_user.pk)
    assert (user.digest, user.quiet_from, user.quiet_until, user.quiet_days_off) == (
        True,
        dt.time(20, 30),
        dt.time(6, 15),
        False,
    )
    event = Event.objects.get(verb="account.notices")
    assert (event.actor_id, event.subject_id, event.agency_id) == (user.pk, user.pk, cast.agency.pk)
    assert event.before["digest"] == "False"
    assert event.after["quiet_from"] == "20:30:00"
    assert 'value="20:30"' in sari.get("/account/").content.decode()
    assert not User.objects.exclude(pk=user.pk).filter(digest=True).exists()


@pytest.mark.parametrize(
    "wrong", [{"quiet_from": "25:00"}, {"quiet_until": ""}, {"digest": "2"}, {"digest": ""}, {"quiet_from": "x\0"}]
)
def test_bad_input_is_told_in_place_and_changes_nothing(sari, cast, wrong):
    answer = sari.post("/account/notices/", CHOICE | wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not User.objects.get(pk=cast.sari_user.pk).digest
    assert not Event.objects.exists()


def test_only_by_post_and_only_with_an_account(client, cast):
    assert client.post("/account/notices/", CHOICE)["Location"].startswith("/accounts/login/")
    client.force_login(cast.sari_user)
    assert client.get("/account/notices/").status_code == 405


def test_an_account_without_a_person_has_nothing_to_be_told(client, db):
    client.force_login(factories.account(username="mesin"))
    assert "account/notices" not in client.get("/account/").content.decode()
