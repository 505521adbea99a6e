"""What our log lines say: routes instead of addresses, and no number, secret or row of the database."""

import io
import logging
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test import Client
from django.utils.module_loading import import_string

from ledger.logs import masked
from tests import factories

NIP = "199001012020121001"
SAID = settings.LOGGING["formatters"]["line"]


@pytest.fixture
def lines():
    """What the root logger's own handler would print during the test."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(import_string(settings.LOGGING["filters"]["request_id"]["()"])())
    handler.setFormatter(import_string(SAID["()"])(SAID["format"]))
    logging.getLogger().addHandler(handler)
    yield lambda: written.getvalue()
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def plain(monkeypatch, lines):
    """The twin: the masking is off."""
    monkeypatch.setattr("ledger.logs.SECRETS", ())
    return lines


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"who {NIP}!", "who [18 digits]!"),
        ("who 19900101 202012 1 001", "who [18 digits]"),
        ("/api/v1/calendar/abcDEF_-123.ics", "/api/v1/calendar/[secret]"),
        ("/accounts/password/reset/key/2x-cs-abc/", "/accounts/password/reset/key/[secret]"),
        ("Authorization: Token 0123456789abcdef", "Authorization: Token [secret]"),
        ("GET /admin/employees/employee/?q=Sari HTTP/1.1", "GET /admin/employees/employee/?[query] HTTP/1.1"),
        (
            "psycopg2.errors.UniqueViolation: duplicate\nDETAIL:  Key (name)=(Sari) already exists.\n\nThe above",
            "psycopg2.errors.UniqueViolation: duplicate\nDETAIL: [left out]\n\nThe above",
        ),
        ("x\nDETAIL:  Failing row (Sari\nBudi).\nTraceback (most", "x\nDETAIL: [left out]\nTraceback (most"),
        ('syntax error\nLINE 1: SELECT "Sari"\n          ^\n', "syntax error\nLINE 1: [left out]"),
        (f"digest a{NIP}f, run 12 of 2026-11-23, {NIP}0", f"digest a{NIP}f, run 12 of 2026-11-23, {NIP}0"),
    ],
)
def test_masked(said, written):
    assert masked(said) == written


def test_a_row_that_the_database_refused(cast, lines):
    _provoke(cast)
    assert "duplicate key" in lines()
    assert cast.sari.nip not in lines()
    assert "DETAIL: [left out]" in lines()


def test_the_twin_shows_the_row(cast, plain):
    _provoke(cast)
    assert cast.sari.nip in plain()


def _provoke(cast):
    try:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE employees_employee SET nip = %s WHERE id = %s", [cast.sari.nip, cast.budi.pk])
    except IntegrityError:
        logging.getLogger("ledger.test").exception("refused")


@pytest.mark.parametrize("method", ["get", "put"])
def test_a_secret_address_is_named_by_its_route(db, lines, method):
    getattr(Client(), method)("/api/v1/calendar/KENARI-SECRET.ics")
    assert "KENARI" not in lines()
    assert "/api/v1/calendar/<str:token>.ics" in lines()
    assert "[-]" not in lines(), "the line carries the request's id"


def test_an_address_that_leads_nowhere_is_not_repeated(db, lines):
    Client().get(f"/who/KENARI/{NIP}/?q=KENARI")
    assert "Not Found: no such address" in lines()
    assert "KENARI" not in lines()


def test_nobody_begins_a_line_of_their_own(lines):
    logging.getLogger("ledger.test").warning("refused: %s", "x\n2026 ERROR forged")
    assert lines().count("\n") == 1


def test_what_a_worker_prints_is_no_log(lines):
    """The demo shows its mails so; a link in one must work."""
    logging.getLogger("celery.redirected").warning("http://x/accounts/password/reset/key/2x-cs/")
    assert "/reset/key/2x-cs/" in lines()


@pytest.mark.parametrize("name", ["django", "django.request", "django.server", "gunicorn.error", "gunicorn.access"])
def test_no_logger_goes_a_way_of_its_own(name):
    """Django's mails to ADMINS hold settings and local variables."""
    logger = logging.getLogger(name)
    assert logger.propagate
    assert not [handler for handler in logger.handlers if type(handler).__module__.startswith(("django", "gunicorn"))]


def test_the_proxy_logs_no_secret_address_and_no_query():
    text = Path("deploy/Caddyfile").read_text()
    pattern = re.search(r'request>uri regexp "(.*)" "~"', text)[1]
    for address in ("/api/v1/calendar/KENARI.ics", "/accounts/password/reset/key/KENARI/", "/admin/?q=KENARI"):
        assert "KENARI" not in re.sub(pattern, "~", address)
    deleted = re.findall(r"(\w+>\w+(?:>\w+(?:-\w+)*)?|resp_headers>[\w-]+) delete", text)
    assert {"request>headers>Cookie", "request>headers>Authorization", "request>headers>Referer"} <= set(deleted)
    assert {"resp_headers>Set-Cookie", "resp_headers>Location"} <= set(deleted)
    assert text.count("import discreet") == text.count("log {"), "no log without the filter"


def test_the_database_logs_neither_statements_nor_rows(db):
    """The clients put values into statements; PostgreSQL would write a refused one into its log."""
    with connection.cursor() as cursor:
        for name, value in (("log_min_error_statement", "panic"), ("log_error_verbosity", "terse")):
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,)
            assert f"{name}={value}" in Path("docker-compose.yml").read_text()


def test_an_account_has_no_name_in_the_log(cast, client, lines):
    factories.numeric(cast.sari, "87.13")
    client.force_login(cast.eko_user)
    client.get(f"/team/{cast.sari.public_id}/")
    client.post("/approvals/999999/approve/", {"reason": "KENARI"})
    assert not [word for word in ("Sari", "KENARI", cast.sari.nip, "87.13") if word in lines()]
