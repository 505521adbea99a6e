"""The page of calendar address and tokens: shown once, renewed, ended; nobody else's."""

import re

import pytest
from django.test import Client
from knox.models import AuthToken

from employees.models import CalendarAddress
from ledger.models import Event
from tests import factories

from .pages import as_, text

PAGE, CALENDAR = "/account/connections/", "/account/connections/calendar/"
MAKE, END = "/account/connections/tokens/", "/account/connections/tokens/end/"


def fresh(user):
    """Logged in with the password a moment ago."""
    client = english(user)
    client.post("/accounts/reauthenticate/", {"password": "rahasia-sekali-1"})
    return client


def english(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def secret_in(answer, part):
    return next(value for value in text(answer).split('value="') if part in value).partition('"')[0]


def new_token(answer):
    return re.search(r'id="new-token" value="(\w+)"', text(answer))[1]


def test_the_address_is_shown_once(cast, now):
    sari = english(cast.sari_user)
    assert "You have no address." in text(sari.get(PAGE))
    made = sari.post(CALENDAR, {"do": "renew"})
    address = secret_in(made, "/api/v1/calendar/")
    assert made["Cache-Control"] == "no-store"
    assert Client().get(address).status_code == 200
    later = text(sari.get(PAGE))
    assert address not in later
    assert "You have an address, made on" in later
    renewed = secret_in(sari.post(CALENDAR, {"do": "renew"}), "/api/v1/calendar/")
    assert Client().get(address).status_code == 404
    assert Client().get(renewed).status_code == 200
    sari.post(CALENDAR, {"do": "end"})
    assert Client().get(renewed).status_code == 404
    assert not CalendarAddress.objects.exists()


def test_get_makes_nothing(cast, now):
    sari = english(cast.sari_user)
    for page in (CALENDAR, MAKE, END):
        assert sari.get(page).status_code == 405
    sari.get(PAGE)
    assert not CalendarAddress.objects.exists()
    assert not Event.objects.exists()


def test_a_token_asks_for_the_password_first(cast, now):
    answer = english(cast.sari_user).post(MAKE)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not AuthToken.objects.exists()
    client = english(cast.sari_user)
    asked = client.post(MAKE)
    made = client.post(asked["Location"], {"password": "rahasia-sekali-1", "next": MAKE})
    assert new_token(made).startswith(AuthToken.objects.get().token_key)


def test_a_token_is_shown_once_renewed_and_ended(cast, now):
    sari = fresh(cast.sari_user)
    made = sari.post(MAKE)
    token = new_token(made)
    one = AuthToken.objects.get()
    assert token.startswith(one.token_key)
    page = text(sari.get(PAGE))
    assert token not in page
    assert f"Begins with {token[:8]}…" in page

    def asks(key):
        return Client().get("/api/v1/me/week/", headers={"authorization": f"Token {key}"}).status_code

    assert asks(token) == 200
    sari.post(MAKE, {"digest": one.digest})
    assert asks(token) == 401
    newer = AuthToken.objects.get()
    sari.post(END, {"digest": newer.digest})
    assert not AuthToken.objects.exists()
    verbs = list(Event.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["account.token", "account.token-ended", "account.token", "account.token-ended"]


def test_nobody_ends_or_renews_anothers_token(cast, now):
    theirs, _text = AuthToken.objects.create(cast.sari_user)
    for stranger in (cast.eko_user, cast.ratna_user, cast.dewi_user):
        client = fresh(stranger)
        for page in (END, MAKE):
            said = text(client.post(page, {"digest": theirs.digest}, follow=True))
            assert "There is no such token of yours" in said
        assert theirs.token_key[:8] not in text(client.get(PAGE))
    assert AuthToken.objects.get().digest == theirs.digest


def test_no_more_tokens_than_the_limit(cast, now):
    for _n in range(10):
        AuthToken.objects.create(cast.sari_user)
    said = text(fresh(cast.sari_user).post(MAKE, follow=True))
    assert "at most 10 tokens" in said
    assert AuthToken.objects.count() == 10


@pytest.mark.parametrize("body", [{}, {"digest": ""}, {"digest": "\x00"}, {"digest": "x" * 5000}])
def test_a_token_that_never_was(cast, now, body):
    assert fresh(cast.sari_user).post(END, body, follow=True).status_code == 200


def test_an_account_of_nobody_has_tokens_only(db, now):
    said = text(english(factories.account()).get(PAGE))
    assert "API tokens" in said
    assert "Calendar address" not in said
