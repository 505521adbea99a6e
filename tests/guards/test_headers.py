"""Every response carries the headers, whoever made it: pages, refusals, failures, files, admin, API, health."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter
from django.utils import timezone
from psycopg2.errors import LockNotAvailable

from employees import actions
from employees.actions import renew_calendar
from employees.models import Role
from ledger import reading
from tests import factories
from wfh_portal import health, middleware

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'none'"}
NEVER = ("Server", "X-Powered-By", "Access-Control-Allow-Origin")
EXCEPTIONS = ("/admin/", "/api/docs/")


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


@pytest.fixture
def visitor():
    """Sees a failure as a visitor does: as a response."""
    return Client(raise_request_exception=False)


def read(answer):
    """A file that was read to its end is closed."""
    if answer.streaming:
        answer.getvalue()


def complete(answer, where, *, cached=False):
    read(answer)
    said = {name: answer.headers.get(name) for name in EVERYWHERE}
    assert said == EVERYWHERE, (where, answer.status_code)
    assert "camera=()" in answer["Permissions-Policy"]
    policy = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
    assert "frame-ancestors 'none'" in policy
    if not where.startswith(EXCEPTIONS):
        assert policy >= STRICT, where
        assert "unsafe" not in answer["Content-Security-Policy"], where
    assert not [name for name in NEVER if name in answer.headers], where
    if not cached:
        assert "no-store" in answer["Cache-Control"], where
    kind = answer.headers.get("Content-Type", "")
    assert not kind.startswith("text/") or "charset=" in kind, (where, kind)


def addresses():
    found = {address(before, item) for before, item in routes()}
    return sorted(where for where in found if "(?" not in where and "<" not in where)


def test_every_address_for_a_visitor(visitor, db):
    for where in addresses():
        for method in ("get", "head", "options", "post"):
            answer = getattr(visitor, method)(where)
            assert answer.status_code < 500, (method, where)
            complete(answer, where)


@pytest.mark.parametrize("who", ["sari_user", "dewi_user"])
def test_every_address_for_a_reader(visitor, cast, who):
    visitor.force_login(getattr(cast, who))
    for where in addresses():
        answer = visitor.get(where)
        assert answer.status_code < 500, where
        complete(answer, where)


@pytest.mark.parametrize("where", ["/no/such/page", "/api/v1/no-such/", "/admin/no/such/", "/static/no-such.css"])
def test_what_does_not_exist(visitor, cast, where):
    for user in (None, cast.dewi_user):
        if user:
            visitor.force_login(user)
        answer = visitor.get(where)
        assert answer.status_code in (302, 404)
        complete(answer, where)


def test_a_file(visitor, settings):
    settings.WHITENOISE_USE_FINDERS = True
    assert finders.find("css/base.css")
    answer = visitor.get("/static/css/base.css")
    assert answer.status_code == 200
    complete(answer, "/static/css/base.css", cached=True)


@pytest.mark.parametrize("where", ["/", "/livez", "/admin/", "/api/v1/me/week/", "/static/css/base.css"])
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "PROPFIND"])
def test_methods_that_nobody_knows(visitor, db, where, method):
    answer = visitor.generic(method, where)
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    complete(answer, where)


def test_a_calendar(visitor, cast):
    secret = renew_calendar(by=cast.sari_user, at=timezone.now())
    answer = visitor.get(f"/api/v1/calendar/{secret}.ics")
    assert answer.status_code == 200
    complete(answer, "/api/v1/calendar/", cached=True)
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_download(visitor, cast):
    auditor = factories.account()
    factories.grant(auditor, Role.AUDITOR, cast.agency)
    reading.seen(by=cast.dewi_user, people=[(cast.sari.pk, cast.agency.pk)], what="a", at=timezone.now())
    visitor.force_login(auditor)
    answer = visitor.post(reverse("admin:readings"), {"account": cast.dewi_user.pk, "reason": "a complaint"})
    assert answer["Content-Disposition"].startswith("attachment;")
    complete(answer, "/admin/readings/")


def test_too_many_tries_in_vain(visitor, cast):
    for _ in range(6):
        answer = visitor.post("/accounts/login/", {"login": cast.sari.nip, "password": "hunter2"})
    assert answer.status_code == 429
    assert b"hunter2" not in answer.content
    complete(answer, "/accounts/login/")


def test_somebody_else_is_changing_it(visitor, cast, monkeypatch):
    def busy(*args, **kwargs):
        raise OperationalError from LockNotAvailable()

    monkeypatch.setattr(actions, "choose_language", busy)
    visitor.force_login(cast.sari_user)
    answer = visitor.post("/account/language/", {"language": "en", "next": "/"})
    assert answer.status_code == 503
    complete(answer, "/account/language/")


def test_another_host(visitor, db):
    answer = visitor.get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    complete(answer, "/accounts/login/")


def test_another_host_where_pages_are_led_to_https(visitor, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = visitor.get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    complete(answer, "/accounts/login/")


def test_a_form_without_its_token(cast):
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(cast.sari_user)
    answer = visitor.post("/accounts/logout/")
    assert answer.status_code == 403
    complete(answer, "/accounts/logout/")


def fails(*args, **kwargs):
    raise RuntimeError("hunter2")


def test_a_failing_view(visitor, db, monkeypatch):
    monkeypatch.setattr(health, "_broker", fails)
    answer = visitor.get("/readyz")
    assert answer.status_code == 500
    assert b"hunter2" not in answer.content
    assert b"RuntimeError" not in answer.content
    complete(answer, "/readyz")


def test_a_failing_middleware(visitor, db, monkeypatch):
    monkeypatch.setattr(middleware.LanguageMiddleware, "__call__", fails)
    answer = visitor.get("/accounts/login/")
    assert answer.status_code == 500
    complete(answer, "/accounts/login/")


@pytest.fixture
def https(settings):
    settings.SECURE_SSL_REDIRECT = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_HSTS_SECONDS = 31_536_000


@pytest.mark.parametrize(
    "where", ["/accounts/login/", "/livez", "/static/css/base.css", "/no/such", "/api/v1/me/week/"]
)
def test_over_https_only_https_from_now_on(visitor, db, https, where):
    answer = visitor.get(where, secure=True)
    read(answer)
    assert answer["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")


def test_pages_are_led_to_https_and_the_api_refuses(visitor, db, https):
    answer = visitor.get("/accounts/login/")
    assert (answer.status_code, answer["Location"][:8]) == (301, "https://")
    complete(answer, "/accounts/login/")
    for method in ("get", "post"):
        answer = getattr(visitor, method)("/api/v1/me/week/", headers={"Authorization": "Token x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "HTTPS_REQUIRED")
        assert answer["Content-Type"] == "application/problem+json"
        complete(answer, "/api/v1/")
    assert visitor.get("/livez").status_code == 200


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_of_failures_need_nothing_and_say_nothing_of_the_error(name):
    text = render_to_string(name, {"exception": "hunter2", "request_path": "/hunter2"})
    assert "hunter2" not in text
    assert "<h1" in text


def test_a_page_that_does_not_exist_does_not_repeat_what_was_asked(visitor, cast):
    visitor.force_login(cast.sari_user)
    answer = visitor.get("/hunter2/?hunter2")
    assert answer.status_code == 404
    assert b"hunter2" not in answer.content
    assert b"<h1" in answer.content
