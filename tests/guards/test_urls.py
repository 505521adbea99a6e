"""Every address has an expectation: what a visitor without an account gets, and by which methods."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter, UUIDConverter

LOGIN = 302  # led to the log-in
OPEN = 200
POST_ONLY = 405
NOT_THERE = 404

# name → what an anonymous GET is answered with
EXPECTED = {
    "my-week": LOGIN,
    "why": LOGIN,
    "object": LOGIN,
    "objections": LOGIN,
    "objection-withdraw": LOGIN,
    "automatic-decisions": LOGIN,
    "requests": LOGIN,
    "request-new": LOGIN,
    "request-series": LOGIN,
    "request-again": LOGIN,
    "request-withdraw": LOGIN,
    "swap-new": LOGIN,
    "day-give-back": LOGIN,
    "wishes": LOGIN,
    "approvals": LOGIN,
    "request-approve": LOGIN,
    "request-reject": LOGIN,
    "request-return": LOGIN,
    "approve-chosen": LOGIN,
    "team": LOGIN,
    "team-day": LOGIN,
    "day-recall": LOGIN,
    "delegations": LOGIN,
    "delegation-end": LOGIN,
    "notices": LOGIN,
    "account": LOGIN,
    "account-language": POST_ONLY,
    "account-notices": LOGIN,
    "connections": LOGIN,
    "connections-calendar": LOGIN,
    "token-make": LOGIN,
    "token-end": LOGIN,
    "my-data": LOGIN,
    "my-data-copy": LOGIN,
    "data-requests": LOGIN,
    "data-request-withdraw": LOGIN,
    "push-on": LOGIN,
    "push-off": LOGIN,
    "devices": LOGIN,
    "device-end": LOGIN,
    "factors": LOGIN,
    "factor-app": LOGIN,
    "factor-passkey": LOGIN,
    "factor-codes": LOGIN,
    "factor-remove": LOGIN,
    "mfa_authenticate": LOGIN,
    "mfa_reauthenticate": LOGIN,
    "mfa_reauthenticate_webauthn": LOGIN,
    "sso": NOT_THERE,  # unless a provider is set
    "sso-callback": NOT_THERE,
    "account_login": OPEN,
    "account_logout": LOGIN,
    "account_inactive": OPEN,
    "account_reauthenticate": LOGIN,
    "account_change_password": LOGIN,
    "account_set_password": LOGIN,
    "account_reset_password": OPEN,
    "account_reset_password_done": OPEN,
    "account_reset_password_from_key": OPEN,
    "account_reset_password_from_key_done": OPEN,
    "account_signup": LOGIN,
    "livez": OPEN,
    "readyz": OPEN,
}
CLOSED = {302, 401, 403, 404, 405}  # admin and API: whole sub-trees that show a visitor nothing


def routes(patterns=None, before=""):
    for item in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns, before + str(item.pattern))
        else:
            yield before, item


def address(before: str, item: URLPattern) -> str:
    text = before + str(item.pattern).lstrip("^")
    for name, converter in getattr(item.pattern, "converters", {}).items():
        value = "1" if isinstance(converter, IntConverter) else "x"
        if isinstance(converter, UUIDConverter):
            value = "00000000-0000-4000-8000-000000000000"
        for prefix in (type(converter).__name__.removesuffix("Converter").lower() + ":", ""):
            text = text.replace(f"<{prefix}{name}>", value)
    text = re.sub(r"\(\?P<\w+>[^)]*\)", "x", text).rstrip("$")
    return "/" + text


def apart(before: str) -> bool:
    return before.startswith(("admin/", "api/"))


def test_every_address_has_an_expectation():
    names = [item.name for before, item in routes() if not apart(before)]
    assert sorted(names) == sorted(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_a_visitor_gets(client, db, name):
    before, item = next((b, i) for b, i in routes() if i.name == name and not apart(b))
    answer = client.get(address(before, item))
    assert answer.status_code == EXPECTED[name]
    if EXPECTED[name] == LOGIN:
        assert answer["Location"].startswith("/accounts/login/")


def test_admin_and_api_show_a_visitor_nothing(client, db):
    asked = 0
    for before, item in routes():
        where = address(before, item)
        if not apart(before) or "(?" in where or "<" in where:
            continue
        for method in ("get", "post", "put", "delete"):
            answer = getattr(client, method)(where)
            asked += 1
            assert answer.status_code in CLOSED, f"{method} {where}: {answer.status_code}"
            if answer.status_code == 302:
                assert "/login/" in answer["Location"], where
    assert asked > 50
