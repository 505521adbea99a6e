"""What a browser could be talked into: leaking cookies, redirects to elsewhere, other sites' requests (F55, F56)."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client

from scripts.check import PRODUCTION
from tests.rig import Rig

PASSWORD = "rahasia-sekali-1"
ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "////evil.example/%2e%2e",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\n//evil.example",
    "\x00//evil.example",
    "//evil.example\\@testserver",
    "//testserver@evil.example",
    "https://testserver@evil.example",
    "https://testserver.evil.example",
    "https://evil.example#testserver",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "ftp://evil.example",
    "//%65vil.example",
    "//evil%E3%80%82example",
]
ASK = """
import json, sys, django
django.setup()
from django.test import Client
nip, password = sys.argv[1:]
client = Client(SERVER_NAME="wfh.example.go.id", headers={"x-forwarded-proto": "https"})
client.get("/accounts/login/")
client.post("/account/language/", {"language": "en", "next": "/"})
assert client.post("/accounts/login/", {"login": nip, "password": password}).status_code == 302
print(json.dumps({one.key: {name: one[name] for name in one} for one in client.cookies.values()}))
"""


def stays_here(location):
    """Whether a browser that follows this stays on our site: it reads a backslash as a slash and skips blanks."""
    read = location.strip().replace("\\", "/").replace("\t", "").replace("\n", "")
    return read.startswith("/") and not read.startswith("//") and not urlsplit(read).scheme


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_log_in_leads_nowhere_else(cast, client, where):
    page = client.get("/accounts/login/", {"next": where})
    assert page.status_code == 200
    answer = client.post("/accounts/login/", {"login": cast.sari.nip, "password": PASSWORD, "next": where})
    assert answer.status_code == 302
    assert stays_here(answer["Location"]), answer["Location"]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_choosing_a_language_leads_nowhere_else(db, client, where):
    answer = client.post("/account/language/", {"language": "en", "next": where})
    assert answer.status_code == (400 if "\x00" in where else 302)
    assert stays_here(answer.get("Location", "/")), answer["Location"]


@pytest.mark.parametrize("where", ELSEWHERE[:6])
def test_confirming_and_leaving_lead_nowhere_else(cast, client, where):
    client.post("/accounts/login/", {"login": cast.sari.nip, "password": PASSWORD})
    for path in ("/accounts/reauthenticate/", "/accounts/logout/"):
        answer = client.post(path, {"password": PASSWORD, "next": where})
        assert answer.status_code == 302
        assert stays_here(answer["Location"]), (path, answer["Location"])


def test_the_test_itself_knows_what_leads_elsewhere():
    assert not [where for where in ELSEWHERE if stays_here(where) and "evil" in (urlsplit(where).netloc or "")]
    assert not stays_here("//evil.example")
    assert not stays_here("/\\evil.example")
    assert stays_here("/account/")


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-host", "forwarded", "x-original-url", "x-rewrite-url"])
def test_no_header_names_another_host_or_address(cast, client, name):
    value = "host=evil.example" if name == "forwarded" else "evil.example"
    for path in ("/", "/accounts/login/", "/accounts/password/reset/", "/no-such/"):
        answer = client.get(path, headers={name: value})
        assert "evil.example" not in answer.content.decode() + answer.get("Location", "")
    client.post("/accounts/password/reset/", {"email": "x@contoh.test"}, headers={name: value})


@pytest.mark.django_db(transaction=True)
def test_the_cookies_of_a_production_installation(cast, settings, tmp_path):
    settings.PASSWORD_HASHERS = ["wfh_portal.hashers.PortalArgon2Hasher"]
    cast.sari_user.set_password(PASSWORD)
    cast.sari_user.save()
    environment = {"PATH": os.environ["PATH"], **PRODUCTION, "DJANGO_SETTINGS_MODULE": "wfh_portal.settings"}
    environment["DATABASE_URL"] = Rig(tmp_path).environment["DATABASE_URL"]
    command = [sys.executable, "-c", ASK, cast.sari.nip, PASSWORD]
    done = subprocess.run(command, env=environment, cwd=django_settings.BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cookies = json.loads(done.stdout)
    assert {"__Host-session", "__Host-csrf", "language"} <= set(cookies)
    for name, said in cookies.items():
        assert said["secure"] is True, name
        assert said["httponly"] is True, name
        assert said["samesite"] in ("Lax", "Strict"), name
        assert (said["path"], said["domain"]) == ("/", ""), name
        assert cast.sari.nip not in json.dumps(said)


def test_a_form_of_another_site_changes_nothing(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.sari_user)
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
        answer = client.post("/account/language/", {"language": "en"}, headers=headers)
        assert answer.status_code == 403, headers
    cast.sari_user.refresh_from_db()
    assert cast.sari_user.language != "en"


def test_the_api_believes_a_session_only_with_the_token_of_forms(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.sari_user)
    answer = client.post("/api/v1/requests/", "{}", content_type="application/json")
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_the_api_reads_json_alone(cast, client, kind):
    client.force_login(cast.sari_user)
    assert client.post("/api/v1/requests/", '{"date": "x"}', content_type=kind).status_code == 415
