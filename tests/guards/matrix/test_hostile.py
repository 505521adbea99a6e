"""Input that nobody sends by accident: refused with a sentence or passed over, never a 500 (F34, F55–F58)."""

import json
import re
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client

from .routes import body, routes
from .world import NOBODY

HUGE = "9" * 40
# Names that no form may take from outside: what is decided, by whom, for whom.
FORBIDDEN = {
    "id": NOBODY, "pk": NOBODY, "state": "APPROVED", "status": "APPROVED", "approved_by": 1,
    "approved_at": "2026-01-01", "decided_by": 1, "decided_at": "2026-01-01T00:00Z", "agency_id": NOBODY,
    "employee": NOBODY, "employee_id": NOBODY, "supervisor": NOBODY, "holder": NOBODY, "is_superuser": "on",
    "is_staff": "on", "is_active": "", "role": "HR_HEAD", "score": "100", "rating": "5", "eligible": "true",
    "origin": "REPAIR", "created_by": 1, "imported_by": 1,
}  # fmt: skip
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# New rows of two tries get the same numbers, so that they can be compared.
SAME_NUMBERS = """SELECT setval(format('%I', sequencename)::regclass, 7000000)
FROM pg_sequences WHERE schemaname = 'public'"""
READERS = ("employee", "officer", "head", "platform")


def asked(world, role, verb, address, data=None, **more):
    """One request, undone; its status."""
    client = world.client(role)
    with transaction.atomic():
        sent = (
            client.generic(verb, address, data, **more) if data is not None else client.generic(verb, address, **more)
        )
        transaction.set_rollback(True)
    return sent


@pytest.mark.parametrize("role", READERS)
def test_no_number_or_text_in_an_address_breaks_a_page(world, role):
    """Every parameter of every route, and the usual names of a query, with text that is no number."""
    wrong = []
    for route in routes():
        relation = route.relations(world)[0]
        good = route.address(world, relation)
        number = str(world.row(route.kind, relation)) if route.kind else None
        for text in (HUGE, "²", "%00", "-1", "%ED%A0%80"):
            tried = {
                f"{good}{'&' if '?' in good else '?'}{name}={text}" for name in ("p", "page", "q", "o", "week", "day")
            }
            if number and f"/{number}/" in good:
                tried.add(good.replace(f"/{number}/", f"/{text}/"))
            tried |= {
                f"{good}&unit={text}" if "?" in good else f"{good}?unit={text}&run={text}&agency={text}&start={text}"
            }
            for address in tried:
                status = asked(world, role, "GET", address).status_code
                if status >= 500:
                    wrong.append(f"{status} {address}")
    assert not wrong, "\n".join(sorted(wrong)[:40])


@pytest.mark.parametrize("role", READERS)
def test_no_text_in_a_form_breaks_a_page(world, role):
    """Each field of each body that would succeed, with each of these texts."""
    wrong = []
    for route in (one for one in routes() if one.door == "page"):
        relation = route.relations(world)[0]
        good = body(route, world, relation)
        if not isinstance(good, dict) or not good or "file" in good:
            continue
        for name in good:
            for text in ("\0", HUGE, "²", "x" * 5000, "NaN", ""):
                address = route.address(world, relation)
                client = world.client(role)
                status = _posted(client, address, good | {name: text})
                if status >= 500:
                    wrong.append(f"{status} {route.name} {name}={text[:10]!r}")
    assert not wrong, "\n".join(sorted(wrong)[:40])


def _posted(client, address, data) -> int:
    with transaction.atomic():
        status = client.post(address, data).status_code
        transaction.set_rollback(True)
    return status


BROKEN = [
    b"", b"{", b"[]", b"null", b'"x"', b"1", b'{"kind": NaN}', b'{"kind": Infinity}', b"\xff\xfe", b'{"a": "\\ud800"}',
    b'{"kind": "MOVE", "kind": "EXTRA"}', b"[" * 3000 + b"]" * 3000, b'{"reason": "\\u0000"}', b'{"id": 1e400}',
    b'[{"id": 99999999999999999999999999, "version": 1}]', b'[{"id": "x", "version": {}}]', b'{"reason": ["x"]}',
]  # fmt: skip


@pytest.mark.parametrize("role", ["employee", "supervisor", "token"])
def test_no_body_breaks_the_api(world, role):
    wrong = []
    for route in (one for one in routes() if one.door == "api"):
        address = route.address(world, route.relations(world)[0])
        for sent in BROKEN:
            answer = asked(world, role, "POST", address, sent, content_type="application/json", HTTP_IF_MATCH='"1"')
            if answer.status_code >= 500:
                wrong.append(f"{answer.status_code} {route.name} {sent[:40]!r}")
        for match in ("", "*", '"²"', HUGE, '"1", "2"', "W/1"):
            answer = asked(world, role, "POST", address, b"{}", content_type="application/json", HTTP_IF_MATCH=match)
            if answer.status_code >= 500:
                wrong.append(f"{answer.status_code} {route.name} If-Match {match[:10]}")
    assert not wrong, "\n".join(wrong[:40])


def test_names_that_no_form_may_take_change_nothing(world, watch):
    """Every write with every such name added, in the body and in the address: just what is written without them."""
    wrong = []
    for route in routes():
        relation = route.relations(world)[0]
        for role in ("employee", "supervisor", "officer", "head"):
            plain = _rows_after(world, watch, role, route, relation)
            if not plain:
                continue
            for where in ("body", "address"):
                changed = _rows_after(world, watch, role, route, relation, FORBIDDEN, where)
                if changed and changed != plain:
                    differ = [name for name in changed if changed[name] != plain.get(name)]
                    wrong.append(f"{role} {route.name} {where}: {differ}")
    assert not wrong, "\n".join(wrong[:40])


def _rows_after(world, watch, role, route, relation, more=None, where="") -> dict[str, list[str]]:
    """The rows of every table that the POST changed, with the names added to its body or address; undone."""
    data, address, client = body(route, world, relation), route.address(world, relation), world.client(role)
    new = {name: value for name, value in (more or {}).items() if not isinstance(data, dict) or name not in data}
    if where == "address":
        address += ("&" if "?" in address else "?") + urlencode(new)
    elif where == "body" and isinstance(data, dict):
        data = data | new
    watch.wrote = True
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SAME_NUMBERS)
        if route.door == "api":
            client.generic("POST", address, json.dumps(data), "application/json", HTTP_IF_MATCH='"1"')
        else:
            client.post(address, data)
        found = {}
        for name in watch.written():
            cursor.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1')
            found[name] = [UUID.sub("U", row) for (row,) in cursor.fetchall()]
        transaction.set_rollback(True)
    return found


def test_a_post_without_its_token_is_refused(world):
    """With the session's cookie alone, from this site or another, by form or by JSON."""
    wrong = []
    for route in routes():
        address = route.address(world, route.relations(world)[0])
        for headers in ({}, {"HTTP_ORIGIN": "https://evil.example"}, {"HTTP_SEC_FETCH_SITE": "cross-site"}):
            client = Client(enforce_csrf_checks=True, raise_request_exception=False)
            client.cookies["session"] = world.cookies["officer"]["session"]
            for kind in ("application/x-www-form-urlencoded", "text/plain"):
                status = client.generic("POST", address, "a=1", kind, **headers).status_code
                if status not in (403, 404, 405):
                    wrong.append(f"{status} {route.name} {kind} {headers}")
    assert not wrong, "\n".join(wrong[:40])


ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example", "\\\\evil.example", "/\\evil.example",
    "https:evil.example",
    "https:/evil.example", "https://evil.example", "http://evil.example", "javascript:alert(1)", "data:text/html,x",
    "//evil.example/%2f..", "/%09/evil.example", "https://127.0.0.1@evil.example", "https://evil.example#127.0.0.1",
    "https://evil.example?127.0.0.1", "https://127.0.0.1.evil.example", "\t//evil.example", " //evil.example",
    "//evil.example:80", "ftp://evil.example", "//0x7f000001", "http:///evil.example", "/\t/evil.example",
    "evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_led_elsewhere(world, target):
    """After the log-in, after choosing a language, out of the admin."""
    for role, address in (
        ("employee", "/accounts/login/"),
        ("anonymous", "/account/language/"),
        ("employee", "/account/language/"),
    ):
        client = world.client(role)
        data = {"next": target, "language": "en"}
        answers = [client.get(address, {"next": target}), client.post(address, data)]
        for answer in answers:
            where = answer.headers.get("Location", "/")
            assert where.startswith("/"), where
            assert not where.startswith(("//", "/\\", "/\t")), where


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "evil.example:80", "x y"]
)
def test_an_unknown_host_is_refused(world, host):
    client = world.client("employee")
    assert client.get("/", HTTP_HOST=host).status_code == 400
    with_forwarded = client.get("/accounts/password/reset/", HTTP_X_FORWARDED_HOST=host)
    assert host.encode() not in with_forwarded.content
