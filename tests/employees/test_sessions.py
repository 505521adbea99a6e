"""Open log-ins: whose they are, and that all of an account's end at once."""

from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client
from knox.models import AuthToken

from employees.actions import create_token, end_all, end_one
from employees.models import Session, User
from ledger.models import Event


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def stays(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_session_knows_whose_it_is(cast):
    client = logged_in(cast.sari_user)
    assert Session.objects.visible_to(cast.sari_user).get().session_key == key_of(client)
    assert not Session.objects.visible_to(cast.eko_user).exists()


def test_all_sessions_and_tokens_of_an_account_end_at_once_and_nobody_elses(cast, at):
    mine, other, stranger = logged_in(cast.sari_user), logged_in(cast.sari_user), logged_in(cast.eko_user)
    create_token(user=cast.sari_user, by=None, at=at)
    create_token(user=cast.eko_user, by=None, at=at)
    assert end_all(user=cast.sari_user, by=cast.dewi_user, at=at) == 3
    assert not stays(mine)
    assert not stays(other)
    assert stays(stranger)
    assert [token.user_id for token in AuthToken.objects.all()] == [cast.eko_user.pk]
    event = Event.objects.get(verb="account.sessions_ended")
    assert (event.actor_id, event.subject_id) == (cast.dewi_user.pk, cast.sari_user.pk)
    assert event.after == {"sessions": 2, "tokens": 1}


def test_the_session_in_which_one_asks_stays(cast, at):
    here, there = logged_in(cast.sari_user), logged_in(cast.sari_user)
    assert end_all(user=cast.sari_user, by=cast.sari_user, at=at, except_key=key_of(here)) == 1
    assert stays(here)
    assert not stays(there)


def test_where_nothing_is_open_nothing_is_noted(cast, at):
    assert end_all(user=cast.sari_user, by=None, at=at) == 0
    assert not Event.objects.exists()


def test_nobody_ends_a_session_of_somebody_else(cast, at):
    client = logged_in(cast.sari_user)
    assert not end_one(by=cast.eko_user, key=key_of(client), at=at)
    assert stays(client)
    assert end_one(by=cast.sari_user, key=key_of(client), at=at)
    assert not stays(client)


def test_a_request_under_way_does_not_bring_an_ended_session_back(cast, at):
    client = logged_in(cast.sari_user)
    store = import_module(settings.SESSION_ENGINE).SessionStore(key_of(client))
    store["something"] = "read before the end"
    end_all(user=cast.sari_user, by=None, at=at)
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()
    assert not stays(client)


def test_a_deactivated_account_is_out_at_once_even_before_its_sessions_end(cast):
    client = logged_in(cast.sari_user)
    User.objects.filter(pk=cast.sari_user.pk).update(is_active=False)
    assert not stays(client)


def test_after_the_log_out_the_old_key_is_dead(cast):
    client = logged_in(cast.sari_user)
    old = key_of(client)
    client.post("/accounts/logout/")
    again = Client()
    again.cookies[settings.SESSION_COOKIE_NAME] = old
    assert not stays(again)


def test_a_key_from_before_the_log_in_is_worth_nothing_after_it(cast):
    """Session fixation: what a stranger planted is replaced at the log-in, and never comes to life."""
    planted = Client()
    store = planted.session
    store["planted"] = "x"
    store.save()
    old = key_of(planted)
    planted.post("/accounts/login/", {"login": cast.sari.nip, "password": "rahasia-sekali-1"})
    assert key_of(planted) != old
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = old
    assert not stays(thief)
    assert stays(planted)
