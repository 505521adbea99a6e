"""Input that nobody sends by accident: refused with a sentence or passed over, never a 500 (F34, F55–F58)."""

import itertools
import json
import re
from html import unescape
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from eligibility.models import Objection, Policy
from employees.models import (
    Agency,
    DataRequest,
    Discipline,
    Employee,
    Fact,
    Holiday,
    Leave,
    Placement,
    Unit,
)
from performance.models import Appraisal, ImportBatch, ImportRow
from schedules.models import Request, UnitRule
from tests.searching import mark

from .document import Document
from .routes import IN_QUERY, body, routes
from .table import FILE, Table, usual
from .world import MODELS, NOBODY, SIGNED_IN

HUGE = "9" * 40
# Names that no form may take from outside: what is decided, by whom, for whom.
FORBIDDEN = {
    "id": NOBODY, "pk": NOBODY, "state": "APPROVED", "status": "APPROVED", "approved_by": 1,
    "approved_at": "2026-01-01", "decided_by": 1, "decided_at": "2026-01-01T00:00Z", "agency_id": NOBODY,
    "employee": NOBODY, "employee_id": NOBODY, "supervisor": NOBODY, "holder": NOBODY, "is_superuser": "on",
    "is_staff": "on", "is_active": "", "role": "HR_HEAD", "score": "100", "rating": "5", "eligible": "true",
    "origin": "REPAIR", "created_by": 1, "imported_by": 1,
}  # fmt: skip
SECRET = re.compile(r"[0-9a-f]{32,128}|![A-Za-z0-9]{40}|gAAAA[\w=-]+")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# New rows of two tries get the same numbers, so that they can be compared.
SAME_NUMBERS = """SELECT setval(format('%I', sequencename)::regclass, 7000000)
FROM pg_sequences WHERE schemaname = 'public'"""
SECRETS = ("token-make", "factor-codes")  # a new secret each time: no two tries are alike
# Who succeeds with a body: both roles of HR in the other agency, whose rows are as many; of pages Sari and Budi.
WRITERS = {"admin": [("ratna", "foreign")], "page": [("employee", "own"), ("supervisor", "own")]}
READER = {"admin": "auditor", "page": "supervisor", "api": "token"}
NAMES = ("p", "page", "o", "e", "all", "week", "day", "date", "unit", "run", "agency", "account", "start", "from")
TEXTS = (HUGE, "\u00b2", "-1", "\0")


def asked(world, role, verb, address, data=None, **more):
    """One request, undone; its status."""
    client = world.client(role)
    with transaction.atomic():
        sent = (
            client.generic(verb, address, data, **more) if data is not None else client.generic(verb, address, **more)
        )
        transaction.set_rollback(True)
    return sent


def posted(world, role, address, data) -> int:
    with transaction.atomic():
        status = world.client(role).post(address, data).status_code
        transaction.set_rollback(True)
    return status


def test_no_number_or_text_in_an_address_breaks_a_page(world):
    """Every parameter of every route, and the usual names of a query, with text that is no number."""
    wrong = []
    for route in routes():
        relation, role = route.relations(world)[0], READER[route.door]
        good = route.address(world, relation)
        client = world.client(role)
        named = ({**dict.fromkeys(NAMES, text), "q": mark(client, text)} for text in TEXTS)
        tried = {f"{good}{'&' if '?' in good else '?'}{urlencode(one)}" for one in named}
        tried |= {f"{good}{'&' if '?' in good else '?'}{name}=%ED%A0%80" for name in ("q", "week")}
        number = str(world.row(route.kind, relation)) if route.kind else ""
        tried |= {good.replace(f"/{number}/", f"/{quote(text)}/") for text in TEXTS if number and f"/{number}/" in good}
        tried |= {good.replace("2026-W48", week) for week in ("2026-W54", "0000-W01", "9999-W53", quote("\u00b2"))}
        tried |= {good.replace("2026-11-25", day) for day in ("9999-12-31", "0001-01-01", "2026-02-30", "x")}
        wrong += [
            f"{status} {address}"
            for address in sorted(tried - {good})
            if (status := asked(world, role, "GET", address).status_code) >= 500
        ]
    assert not wrong, "\n".join(wrong[:40])


def test_each_name_of_a_query_is_read_with_care(world):
    """One by one, so that the first that is refused does not hide the next; on the lists and pages with choices."""
    wrong = []
    for route in routes():
        if route.door == "api" or not (route.name.endswith("_changelist") or route.name in IN_QUERY | {"admin:access"}):
            continue
        for name, text in itertools.product(("q", "p", "o", "unit", "run", "agency", "day"), (HUGE, "\u00b2", "\0")):
            address = route.address(world, "random").partition("?")[0]
            text = mark(world.client(READER[route.door]), text) if name == "q" else text
            status = asked(world, READER[route.door], "GET", f"{address}?{urlencode({name: text})}").status_code
            if status >= 500:
                wrong.append(f"{status} {address}?{name}={text[:3]!r}")
    assert not wrong, "\n".join(wrong[:40])


def test_no_text_in_a_form_breaks_a_page(world):
    """Each field of each body that would succeed, with each of these texts."""
    wrong = []
    for route in (one for one in routes() if one.door in WRITERS):
        for role, relation in WRITERS[route.door]:
            if relation not in route.relations(world) and route.kind:
                continue
            good = body(route, world, relation)
            if not isinstance(good, dict) or "file" in good:
                continue
            for name, text in itertools.product(good, ("\0", HUGE, "\u00b2", "x" * 9000)):
                status = posted(world, role, route.address(world, relation), good | {name: text})
                if status >= 500:
                    wrong.append(f"{status} {route.name} {name}={text[:10]!r}")
    assert not wrong, "\n".join(wrong[:40])


BROKEN = [
    b"", b"{", b"[]", b"null", b'"x"', b"1", b'{"kind": NaN}', b'{"kind": Infinity}', b"\xff\xfe", b'{"a": "\\ud800"}',
    b'{"kind": "MOVE", "kind": "EXTRA"}', b"[" * 3000 + b"]" * 3000, b'{"reason": "\\u0000"}', b'{"id": 1e400}',
    b'[{"id": 99999999999999999999999999, "version": 1}]', b'[{"id": "x", "version": {}}]', b'{"reason": ["x"]}',
]  # fmt: skip


def test_no_body_breaks_the_api(world):
    wrong = []
    for route in (one for one in routes() if one.door == "api"):
        address = route.address(world, route.relations(world)[0])
        for sent in BROKEN:
            answer = asked(
                world, "supervisor", "POST", address, sent, content_type="application/json", HTTP_IF_MATCH='"1"'
            )
            if answer.status_code >= 500:
                wrong.append(f"{answer.status_code} {route.name} {sent[:40]!r}")
        for match in ("", "*", '"\u00b2"', HUGE, '"1", "2"', "W/1"):
            answer = asked(
                world, "supervisor", "POST", address, b"{}", content_type="application/json", HTTP_IF_MATCH=match
            )
            if answer.status_code >= 500:
                wrong.append(f"{answer.status_code} {route.name} If-Match {match[:10]}")
    assert not wrong, "\n".join(wrong[:40])


@pytest.fixture(scope="module")
def document():
    return Document()


def wire(path: str, parts: dict) -> tuple[str, dict[str, str]]:
    """The address and the headers of a request; what no client can send is left out."""
    for (where, name), value in parts.items():
        if where == "path":
            path = path.replace(f"{{{name}}}", quote(value.encode(errors="replace"), safe=""))
    query = [(name, value.encode(errors="replace")) for (where, name), value in parts.items() if where == "query"]
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for (where, name), value in parts.items()
        if where == "header" and value.isprintable()
    }
    return f"{path}?{urlencode(query)}" if query else path, headers


def breaks_its_word(world, document, operation, examples=12) -> list[str]:
    """What the API answers to requests made up from its document, and the document does not promise."""
    path, verb, said = operation
    rows = {"id": list(world.ids["request"].values()), "week": ["2026-W48"], "person": [world.public_id("own")]}
    found = []

    @given(document.requests(path, verb, said, rows))
    @hypothesis_settings(max_examples=examples, deadline=None, database=None, derandomize=True)
    def ask_it(made):
        parts, sent = made
        address, headers = wire(path, parts)
        data = json.dumps(sent) if sent is not None else ""
        kind = {"content_type": "application/json"} if verb == "post" else {}
        answer = asked(world, "supervisor", verb.upper(), address, data, **kind, **headers)
        if wrong := document.broken(said, answer):
            found.append(f"{answer.status_code} {verb} {address[:150]} {headers} {data[:150]}: {wrong}")

    ask_it()
    return found


def test_the_api_answers_what_its_document_promises(world, document):
    wrong = [line for one in document.operations() for line in breaks_its_word(world, document, one)]
    assert not wrong, "\n".join(wrong[:20])


def test_what_the_document_does_not_promise_is_noticed(world, document):
    """The twin: an operation without its 404, with a 404 of another kind, with rows of one field."""
    path, verb, said = next(one for one in document.operations() if one[0].endswith("/requests/{id}/"))
    fewer = said | {"responses": {status: one for status, one in said["responses"].items() if status != "404"}}
    assert "no such status" in breaks_its_word(world, document, (path, verb, fewer))[0]
    other = said["responses"] | {"404": {"content": {"text/html": {}}}}
    assert "no such type" in breaks_its_word(world, document, (path, verb, said | {"responses": other}))[0]
    other = said["responses"] | {"200": {"content": {"application/json": {"schema": {"maxProperties": 1}}}}}
    assert breaks_its_word(world, document, (path, verb, said | {"responses": other}))[0].startswith("200 ")


def test_a_sign_of_formatting_in_a_query_is_text(world):
    """Found by the above: the library of filters formats the sentence in which what was sent stands."""
    client = world.client("supervisor")
    assert "%s %(x)d" in client.get("/api/v1/requests/", {"week": "%s %(x)d"}).json()["errors"]["week"][0]


def test_what_never_was_an_address_of_the_api_is_answered_as_a_row_that_is_not_there(world):
    client = world.client("supervisor")
    nobody, nowhere = (client.get(f"/api/v1/requests/{one}/") for one in (NOBODY, "x"))
    assert nowhere.status_code == nobody.status_code == 404
    assert nowhere.content == nobody.content
    assert nowhere.headers["Content-Type"] == nobody.headers["Content-Type"] == "application/problem+json"
    assert client.get("/nowhere/").headers["Content-Type"].startswith("text/html")


def test_names_that_no_form_may_take_change_nothing(world, watch):
    """Every write with every such name added, in the body and in the address: just what is written without them."""
    table, wrong, tried = Table(FILE.read_text(encoding="utf-8")), [], 0
    for route in routes():
        relation = route.relations(world)[0]
        role = next((one for one in SIGNED_IN if succeeds(table, route, relation, one)), None)
        if role is None or route.name in SECRETS:
            continue
        tried += 1
        plain = rows_after(world, watch, role, route, relation)
        wrong += [
            f"{route.name} {where}"
            for where in ("body", "address")
            if (changed := rows_after(world, watch, role, route, relation, where)) and changed != plain
        ]
    assert tried >= 40
    assert not wrong, "\n".join(wrong)


def succeeds(table: Table, route, relation: str, role: str) -> bool:
    return (table.expected(route.name, "POST", relation, role, route.door) or "").endswith("+")


def rows_after(world, watch, role, route, relation, where="") -> dict[str, list]:
    """The rows of the tables that a write changed, without what differs at every try."""
    address, data = route.address(world, relation), body(route, world, relation)
    client = world.client(role)
    new = {name: value for name, value in FORBIDDEN.items() if not isinstance(data, dict) or name not in data}
    if where == "address":
        address += ("&" if "?" in address else "?") + urlencode(new)
    elif where == "body" and isinstance(data, dict):
        data = data | new
    watch.wrote = True
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SAME_NUMBERS)
        if route.door == "api":
            match = f'"{world.version(route.kind, relation) if route.kind in MODELS else 1}"'
            client.generic("POST", address, json.dumps(data), "application/json", HTTP_IF_MATCH=match)
        else:
            client.post(address, data)
        found = {}
        for name in watch.written():
            cursor.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1')
            found[name] = [SECRET.sub("S", UUID.sub("U", row)) for (row,) in cursor.fetchall()]
        transaction.set_rollback(True)
    return found


HOSTILE = "=HYPERLINK(1)<script>alert(1)</script>\"'><img src=x>{{ 7|add:987654321 }}%(x)s"
# What people type, by kind of row; each row of Sari's agency gets it.
TYPED = {
    Employee: ["name"], Unit: ["name"], Placement: ["job_title"], Holiday: ["name", "source"], Leave: ["source"],
    Discipline: ["decree"], Fact: ["text", "source"], DataRequest: ["wrong", "wanted"], Appraisal: ["note"],
    ImportBatch: ["file_name"], Objection: ["text"], Policy: ["name_id", "name_en", "basis"], Request: ["reason"],
    UnitRule: ["reason"],
}  # fmt: skip


@pytest.fixture
def hostile(world):
    """Every text of Sari's agency is one that means harm."""
    with transaction.atomic():
        for model, names in TYPED.items():
            rows = model.objects.filter(agency=world.cast.agency)
            if model is Policy:  # what was handed in or approved cannot change
                rows = rows.filter(state=Policy.State.DRAFT)
            assert rows.update(**dict.fromkeys(names, HOSTILE)), model
        ImportRow.objects.update(reason=HOSTILE, column=HOSTILE[:60])
        Agency.objects.filter(pk=world.cast.agency.pk).update(name=HOSTILE)
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("role", ["auditor", "head", "supervisor", "employee", "accounts"])
def test_text_that_means_harm_is_shown_as_text(world, hostile, role):
    """On every page, in every file and answer of the API: escaped, no formula, no header, no template."""
    wrong, shown = [], 0
    for route in routes():
        if usual(role, route.door):
            continue
        with transaction.atomic():
            answer = world.client(role).get(route.address(world, route.relations(world)[0]))
            text = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        text, kind = text.decode(errors="replace"), answer.headers.get("Content-Type", "")
        shown += "HYPERLINK" in text
        if answer.status_code >= 500:
            wrong.append(f"{route.name} breaks")
        if "html" in kind and ("<script>alert" in text or "<img src=x" in text):
            wrong.append(f"{route.name} shows it as markup")
        if "987654328" in text and "{{ 7|add:987654321 }}" not in unescape(text):
            wrong.append(f"{route.name} runs it as a template")
        if "csv" in kind and re.search(r'(^|[,;\n"])=HYPERLINK', text):
            wrong.append(f"{route.name} hands out a formula")
        if any("HYPERLINK" in value for value in answer.headers.values()):
            wrong.append(f"{route.name} puts it into a header")
    assert not wrong
    assert shown >= 5


def test_markup_that_is_trusted_would_be_noticed(world, hostile, monkeypatch):
    """The twin: a name that claims to be safe."""
    monkeypatch.setattr(Employee, "full_name", property(lambda self: mark_safe(self.name)))
    with pytest.raises(AssertionError, match="shows it as markup"):
        test_text_that_means_harm_is_shown_as_text(world, None, "auditor")


def test_a_post_without_its_token_is_refused(world):
    """With the session's cookie alone, from this site or another, by form or by JSON."""
    wrong = []
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    for route in routes():
        address = route.address(world, route.relations(world)[0])
        for kind, headers in (
            ("application/x-www-form-urlencoded", {"HTTP_ORIGIN": "https://evil.example"}),
            ("text/plain", {"HTTP_SEC_FETCH_SITE": "cross-site"}),
        ):
            client.cookies.clear()
            client.cookies[settings.SESSION_COOKIE_NAME] = world.cookies["head"][settings.SESSION_COOKIE_NAME]
            status = client.generic("POST", address, "a=1", kind, **headers).status_code
            if status not in (403, 404, 405):
                wrong.append(f"{status} {route.name} {kind}")
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
            assert not urlsplit(where).scheme, where
            assert not urlsplit(where).netloc, where
            assert not where.startswith(("//", "/\\", "/\t", "\\")), where


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "evil.example:80", "x y"]
)
def test_an_unknown_host_is_refused(world, host):
    client = world.client("employee")
    assert client.get("/", HTTP_HOST=host).status_code == 400
    with_forwarded = client.get("/accounts/password/reset/", HTTP_X_FORWARDED_HOST=host)
    assert host.encode() not in with_forwarded.content
