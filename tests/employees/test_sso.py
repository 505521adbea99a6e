"""Through the agency's own provider, a real one on this machine: by the NIP alone, and never past a check."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from allauth.mfa.models import Authenticator
from django.test import Client
from oidc_provider_mock import run_server_in_thread

from employees.models import User
from ledger.models import Event
from tests import factories
from tests.entering import an_app, shown

# The provider stands on a library that has moved on; what it says of that is none of the portal's.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib.*")


@pytest.fixture(scope="module")
def server():
    with run_server_in_thread() as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture
def provider(server, settings):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = server, "portal", "rahasia"
    return server


def known_there(provider, sub, **claims):
    requests.put(f"{provider}/users/{sub}", json=claims, timeout=5).raise_for_status()


def to_the_provider(client, **params) -> str:
    answer = client.get("/accounts/sso/", params)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def and_back(address, sub) -> str:
    """The person says who they are there; where the browser is sent, as a path of ours."""
    answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    assert f"{back.scheme}://{back.netloc}" == "http://127.0.0.1:8000"
    return f"{back.path}?{back.query}"


def comes_in(client, sub, **params):
    return client.get(and_back(to_the_provider(client, **params), sub))


def inside(client) -> bool:
    return client.get("/account/").status_code == 200


def refusals() -> list[str]:
    rows = Event.objects.filter(verb="denied", after__route="sso-callback").order_by("pk")
    return list(rows.values_list("after__code", flat=True))


def test_off_unless_configured(client, db):
    assert client.get("/accounts/sso/").status_code == 404
    assert client.get("/accounts/sso/callback/?code=1&state=1").status_code == 404
    assert "/accounts/sso/" not in client.get("/accounts/login/").content.decode()


def test_who_is_known_by_the_number_comes_in_and_nothing_of_it_is_kept(cast, client, provider):
    assert "/accounts/sso/" in client.get("/accounts/login/").content.decode()
    known_there(provider, "a-1", nip=cast.sari.nip, email="siapa@contoh.test")
    before = User.objects.count()
    answer = comes_in(client, "a-1", next="/requests/")
    assert answer["Location"] == "/requests/"
    assert inside(client)
    assert int(client.session["_auth_user_id"]) == cast.sari_user.pk
    assert User.objects.count() == before
    from allauth.socialaccount.models import SocialAccount, SocialToken

    assert not SocialAccount.objects.exists()
    assert not SocialToken.objects.exists()


def test_the_provider_is_asked_with_state_nonce_and_pkce(client, db, provider):
    first, second = (parse_qs(urlsplit(to_the_provider(client)).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == ["http://127.0.0.1:8000/accounts/sso/callback/"]
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name], name


def test_the_log_in_does_not_lead_elsewhere(cast, client, provider):
    known_there(provider, "a-2", nip=cast.sari.nip)
    assert comes_in(client, "a-2", next="https://evil.example/")["Location"] == "/"


@pytest.mark.parametrize(
    "kind", ["unknown", "missing", "closed", "a number, no text", "a mail address", "an account name"]
)
def test_nobody_else_comes_in_and_no_account_is_made(cast, client, provider, kind):
    User.objects.filter(pk=cast.sari_user.pk).update(email="sari@contoh.test")
    factories.account(username="absensi")
    claims = {
        "unknown": {"nip": factories.nip()},
        "missing": {"email": "sari@contoh.test", "email_verified": True},
        "closed": {"nip": cast.eko.nip},
        "a number, no text": {"nip": int(cast.sari.nip)},
        "a mail address": {"nip": "sari@contoh.test", "email": "sari@contoh.test"},
        "an account name": {"nip": "absensi"},
    }[kind]
    User.objects.filter(pk=cast.eko_user.pk).update(is_active=False)
    known_there(provider, "b-1", **claims)
    before = User.objects.count()
    client.cookies["language"] = "en"
    answer = comes_in(client, "b-1")
    assert answer.status_code == 403
    assert "There is no open account here for your number" in answer.content.decode()
    assert not inside(client)
    assert User.objects.count() == before
    assert refusals() == ["NO_ACCOUNT"]
    subject = Event.objects.get(verb="denied").subject_id
    assert subject == (cast.eko_user.pk if kind == "closed" else 0)


def test_unknown_and_closed_are_one_page(cast, provider):
    User.objects.filter(pk=cast.eko_user.pk).update(is_active=False)
    pages = set()
    for number in (factories.nip(), cast.eko.nip):
        known_there(provider, "b-2", nip=number)
        page = comes_in(Client(), "b-2").content.decode()
        pages.add(re.sub(r'value="[A-Za-z0-9]{64}"|state=\w+|code=\w+|next" value="[^"]*"', "", page))
    assert len(pages) == 1


def test_a_callback_works_once_and_only_in_the_browser_that_asked(cast, client, provider):
    known_there(provider, "c-1", nip=cast.sari.nip)
    back = and_back(to_the_provider(client), "c-1")
    stranger = Client()
    assert stranger.get(back).status_code == 403
    assert not inside(stranger)
    assert client.get(back).status_code == 302
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 403
    assert not inside(client)
    assert refusals() == ["STATE", "STATE"]


def test_a_state_that_was_made_up(cast, client, provider):
    known_there(provider, "c-2", nip=cast.sari.nip)
    back = and_back(to_the_provider(client), "c-2")
    assert client.get(re.sub(r"state=\w+", "state=abcdefgh12345678", back)).status_code == 403
    assert client.get("/accounts/sso/callback/").status_code == 403
    assert refusals() == ["STATE", "STATE"]


def test_a_code_is_worth_nothing_a_second_time(cast, client, provider):
    """A code caught on its way and put into another log-in of the same browser."""
    known_there(provider, "c-3", nip=cast.sari.nip)
    back = and_back(to_the_provider(client), "c-3")
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert client.get(back).status_code == 302
    client.post("/accounts/logout/")
    other = parse_qs(urlsplit(to_the_provider(client)).query)["state"][0]
    assert client.get(f"/accounts/sso/callback/?code={code}&state={other}").status_code == 403
    assert refusals() == ["BROKEN"]


def test_a_code_of_another_log_in_brings_another_nonce(cast, provider):
    """The thief's own code in the victim's browser: the nonce is the thief's, so nobody is logged in as the thief."""
    known_there(provider, "c-4", nip=cast.eko.nip)
    thief, victim = Client(), Client()
    code = parse_qs(urlsplit(and_back(to_the_provider(thief), "c-4")).query)["code"][0]
    state = parse_qs(urlsplit(to_the_provider(victim)).query)["state"][0]
    assert victim.get(f"/accounts/sso/callback/?code={code}&state={state}").status_code == 403
    assert not inside(victim)
    assert refusals() == ["NONCE"]


def test_without_the_nonce_the_thiefs_code_would_do(cast, provider, monkeypatch):
    """The twin."""
    monkeypatch.setattr("employees.sso.constant_time_compare", lambda *_both: True)
    known_there(provider, "c-5", nip=cast.eko.nip)
    thief, victim = Client(), Client()
    code = parse_qs(urlsplit(and_back(to_the_provider(thief), "c-5")).query)["code"][0]
    state = parse_qs(urlsplit(to_the_provider(victim)).query)["state"][0]
    assert victim.get(f"/accounts/sso/callback/?code={code}&state={state}").status_code == 302
    assert inside(victim)


CHANGED = {"iss": ("iss", "https://evil.example"), "aud": ("aud", "another"), "expired": ("exp", 1)}


@pytest.mark.parametrize("wrong", ["nothing", "iss", "aud", "expired", "signature", "none"])
def test_a_token_that_is_not_the_providers_for_us(cast, client, provider, monkeypatch, wrong):
    """Whoever stands between has the token made anew; with `nothing` wrong it is taken, so each is refused for what it
    is."""
    known_there(provider, "d-1", nip=cast.sari.nip)
    inner = requests.Session.request
    published = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))

    def between(self, method, url, **more):
        answer = inner(self, method, url, **more)
        if url.endswith("/oauth2/token"):
            body = answer.json()
            claims = jwt.decode(body["id_token"], options={"verify_signature": False})
            claims |= dict([CHANGED[wrong]]) if wrong in CHANGED else {}
            body["id_token"] = jwt.encode(claims, *((None, "none") if wrong == "none" else (KEY, "RS256")))
            answer._content = json.dumps(body).encode()
        if url.endswith("/jwks") and wrong != "signature":
            answer._content = json.dumps({"keys": [published]}).encode()
        return answer

    monkeypatch.setattr(requests.Session, "request", between)
    assert comes_in(client, "d-1").status_code == (302 if wrong == "nothing" else 403)
    assert inside(client) is (wrong == "nothing")
    assert refusals() == ([] if wrong == "nothing" else ["BROKEN"])


def test_another_issuer_behind_the_same_address(cast, client, provider, settings):
    settings.OIDC_ISSUER = f"{provider}/"  # it calls itself by a name without the stroke
    assert client.get("/accounts/sso/").status_code == 502
    assert not inside(client)


def test_a_provider_that_does_not_answer_is_a_kind_page(client, db, settings):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "http://127.0.0.1:9", "portal", "x"
    client.cookies["language"] = "en"
    answer = client.get("/accounts/sso/")
    assert answer.status_code == 502
    assert "log in with number and password" in answer.content.decode()


def test_who_says_no_there_is_back_at_the_log_in(client, db, provider):
    address = to_the_provider(client)
    answer = requests.post(address, data={"action": "deny"}, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert client.get(f"{back.path}?error=access_denied&state={state}")["Location"] == "/accounts/login/"


# --- with a role ----------------------------------------------------------------------------------


def test_a_role_needs_its_second_factor_through_the_provider_too(cast, client, provider):
    known_there(provider, "e-1", nip=cast.dewi.nip, amr=["pwd"])
    comes_in(client, "e-1")
    assert client.get("/admin/")["Location"] == "/account/factors/"
    an_app(cast.dewi_user)
    other = Client()
    assert comes_in(other, "e-1")["Location"].startswith("/accounts/code/")
    assert other.post("/accounts/code/", {"code": shown()}).status_code == 302
    assert other.get("/admin/").status_code == 200


def test_unless_the_provider_asked_for_two_itself(cast, client, provider):
    known_there(provider, "e-2", nip=cast.dewi.nip, amr=["pwd", "mfa"])
    an_app(cast.dewi_user)
    comes_in(client, "e-2")
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.all().delete()
    assert client.get("/admin/").status_code == 200


def test_who_has_neither_password_nor_factor_confirms_by_logging_in_anew(cast, client, provider, monkeypatch):
    cast.sari_user.set_unusable_password()
    cast.sari_user.save()
    known_there(provider, "e-3", nip=cast.sari.nip)
    comes_in(client, "e-3")
    monkeypatch.setattr("wfh_portal.presence.FRESH", -1)  # as after ten minutes
    assert client.post("/account/factors/app/", {"code": "1"})["Location"] == "/accounts/login/"
    assert not inside(client)


def _key():
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY = _key()
