"""Everybody asks everything of everybody: each route by each role about each relation, against `expected.txt`.

The pages that every model of the admin has and nobody may use (`closed`) are a third of the questions: asked among the
slow tests.

`MATRIX=write` writes that file anew from what is answered; a person reads the difference before it is committed.
"""

import itertools
import os
import re
import uuid
from collections import defaultdict
from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.urls import get_resolver, path, resolve
from drf_spectacular.generators import SchemaGenerator

from .asking import Answer, ask
from .routes import Route, routes
from .table import FILE, PARTS, Table, is_closed, part_of, save, written
from .world import CANARY, ROLES, SEES_BOTH, VISITORS, World

NOT_IN_THE_DOCUMENT = {"api-docs", "api-schema"}  # the document itself
CLOSED = {"405", "login", "401", "403"}
# Addresses of Django's that nobody has.
NEVER_THERE = {"admin:autocomplete", "admin:left_over", "admin:search", "admin:view_on_site"}
# Writes of which no success is shown here, and where it is.
SHOWN_ELSEWHERE = {
    "account_change_password": "tests/employees/test_sessions.py",
    "account_reauthenticate": "tests/employees/test_presence.py",
    "account_reset_password": "tests/employees/test_passwords.py",
    "account_reset_password_from_key": "tests/employees/test_passwords.py",
    "account_login": "tests/employees/test_login.py",
    "factor-app": "tests/employees/test_factors.py",
    "factor-codes": "tests/employees/test_factors.py",
    "factor-passkey": "tests/employees/test_factors.py",
    "mfa_authenticate": "tests/employees/test_factors.py",
    "mfa_reauthenticate": "tests/employees/test_factors.py",
    "mfa_reauthenticate_webauthn": "tests/employees/test_factors.py",
    "device-end": "the row of the session goes, see tests/employees/test_devices.py",
    "account_set_password": "nobody logs in who has none",
    "search": "what is typed stays with the session, see tests/guards/test_typed.py",
    "admin:login": "the portal's own page",
    "admin:logout": "the row of the session goes, see tests/employees/test_sessions.py",
    "admin:index": "shows what a GET shows",
    "admin:app_list": "leads to the index",
    "admin:password_change": "leads to the portal's own page",
    "admin:eligibility_run_resume": "tests/eligibility/test_runs_races.py",
    "admin:eligibility_run_preview": "computes, and writes nothing",
}


def answers(world: World, watch, some: list[Route]):
    """(route, verb, relation, role, answer) of these routes: both verbs, all relations there are rows of, everybody."""
    for route in some:
        for verb, relation, role in itertools.product(("GET", "POST"), route.relations(world), ROLES):
            yield route, verb, relation, role, ask(world, watch, role, route, verb, relation)


class Findings:
    """What is wrong, in lines for a person."""

    def __init__(self):
        self.wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.said: dict[tuple[str, str, str], dict[str, Answer]] = defaultdict(dict)

    def look(self, route: Route, verb: str, relation: str, role: str, answer: Answer, wanted: str | None) -> None:
        where, status = f"{route.name} {verb} {relation}", answer.status
        if answer.said != wanted:
            self.wrong[where, f"{wanted} → {answer.said}"].append(role)
        if status >= 500:
            self.wrong[where, "breaks"].append(role)
        if role not in SEES_BOTH and CANARY.encode() in answer.body:
            self.wrong[where, "shows a name of another agency"].append(role)
        if verb == "GET" and answer.written:
            self.wrong[where, f"reading writes {answer.written}"].append(role)
        if verb == "POST" and status in (403, 404) and role not in VISITORS and route.name != "admin:left_over":
            if answer.denials != 1:
                self.wrong[where, f"refused, with {answer.denials} events of it"].append(role)
            if answer.written:
                self.wrong[where, f"refused, and yet writes {answer.written}"].append(role)
        self.said[route.name, verb, role][relation] = answer

    def lines(self) -> list[str]:
        for (name, verb, role), by_relation in self.said.items():
            for relation, answer in by_relation.items():
                self._hidden(f"{name} {verb} {relation}", role, relation, answer, by_relation.get("random"))
        self._shown()
        return [f"{where}  {what}: {' '.join(roles)}" for (where, what), roles in sorted(self.wrong.items())]

    def _hidden(self, where: str, role: str, relation: str, answer: Answer, random: Answer | None) -> None:
        """What one may not see is answered as what is not there: another agency's row always, any row by a 404."""
        if (
            random is None or relation == "random" or where.startswith("api-calendar ")
        ):  # who knows the address may read
            return
        foreign = relation == "foreign" and role not in SEES_BOTH
        if foreign and (answer.said, answer.told) != (random.said, random.told):
            self.wrong[where, "tells another agency's row from a random number"].append(role)
        elif (foreign or answer.status == 404) and answer.body != random.body:
            self.wrong[where, f"{answer.said}, but not with the words for a random number"].append(role)

    def _shown(self) -> None:
        """Refusal and success share their set-up: what is open to somebody is shown to succeed for somebody."""
        by_route: dict[str, set[str]] = defaultdict(set)
        for (name, verb, _role), by_relation in self.said.items():
            if verb == "POST":
                by_route[name] |= {answer.said for answer in by_relation.values()}
        for name, said in by_route.items():
            for_nobody = said <= CLOSED or is_closed(name) or name in NEVER_THERE
            if not (for_nobody or _views_only(said) or name in SHOWN_ELSEWHERE or any("+" in one for one in said)):
                self.wrong[f"{name} POST", "succeeds for nobody"].append("")


def _views_only(said: set[str]) -> bool:
    """A page of the admin that changes nothing: forbidden to those who see the row, not there for the others."""
    return said <= CLOSED | {"404"} and bool(said & {"403", "405"})


def findings(world: World, watch, some: list[Route], table: Table | None, said: dict | None = None) -> list[str]:
    """What is wrong with these routes, by the expectations of the table; without one, by what is always expected."""
    found = Findings()
    for route, verb, relation, role, answer in answers(world, watch, some):
        wanted = table.expected(route.name, verb, relation, role, route.door) if table else answer.said
        found.look(route, verb, relation, role, answer, wanted)
        if said is not None:
            said[route.name, verb, relation, role] = answer.said
    return found.lines()


def of_part(part: str) -> list[Route]:
    return [route for route in routes() if part_of(route.name) == part]


@pytest.mark.parametrize("part", [*PARTS, pytest.param("closed", marks=pytest.mark.slow)])
def test_each_answer_is_the_expected_one(world, watch, remembered, part):
    writing, said = os.environ.get("MATRIX") == "write", {}
    table = None if writing else Table(FILE.read_text(encoding="utf-8"))
    lines = findings(world, watch, of_part(part), table, said)
    if writing:  # for a person to read
        save(part, written(said, {route.name: route.door for route in of_part(part)}))
    assert not lines, "expected → answered:\n" + "\n".join(lines[:80])
    if table:
        assert not table.stale(part), "lines that no route asks for: " + ", ".join(table.stale(part))


def operations() -> set[tuple[str, str]]:
    """(route, verb) of everything that the API's own document promises."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    found = set()
    for address, item in document["paths"].items():
        one = resolve(re.sub(r"\{\w+\}", "1", address.replace("{person}", str(uuid.UUID(int=1)))))
        found |= {(one.url_name, verb.upper()) for verb in item if verb in ("get", "post", "put", "patch", "delete")}
    return found


def test_what_the_apis_document_promises_is_asked_for_and_nothing_else_is_open():
    """The third source of routes beside the resolver and the admin: each of its operations has its expectations."""
    table = Table(FILE.read_text(encoding="utf-8"))
    answered = {
        (name, verb)
        for (name, verb, _relation), said in table.lines.items()
        if name.startswith("api-") and set(said.values()) != {"405"}
    }
    assert operations() == {(name, verb) for name, verb in answered if name not in NOT_IN_THE_DOCUMENT}


# --- the twins: each thing that is looked for is found ---


def test_a_route_without_an_expectation_is_red(world, watch, monkeypatch):
    """Whoever adds a page and says nothing of it."""
    resolver, new = get_resolver(), path("brand-new/", lambda request: HttpResponse("x"), name="brand-new")
    monkeypatch.setattr(resolver, "url_patterns", [new, *resolver.url_patterns])
    some = [route for route in routes() if route.name == "brand-new"]
    lines = findings(world, watch, some, Table(FILE.read_text(encoding="utf-8")))
    assert any(line.startswith("brand-new GET -  None → 200") for line in lines)


def fake(status=200, body=b"", written=(), denials=0, told=()):
    return SimpleNamespace(status=status, said=str(status), body=body, written=written, denials=denials, told=told)


@pytest.mark.parametrize(
    ("verb", "answer", "wanted", "random", "what"),
    [
        ("GET", fake(200), "404", None, "404 → 200"),
        ("GET", fake(500), "500", None, "breaks"),
        ("GET", fake(200, CANARY.encode()), "200", None, "shows a name of another agency"),
        ("GET", fake(200, written=["a_table"]), "200", None, "reading writes ['a_table']"),
        ("POST", fake(403), "403", None, "refused, with 0 events of it"),
        ("POST", fake(404, denials=2), "404", None, "refused, with 2 events of it"),
        ("POST", fake(403, written=["a_table"], denials=1), "403", None, "refused, and yet writes ['a_table']"),
        ("GET", fake(403), "403", fake(404), "tells another agency's row from a random number"),
        ("POST", fake(302, told=["Not yours"]), "302", fake(302), "tells another agency's row from a random number"),
        ("GET", fake(404, b"Not yours"), "404", fake(404), "404, but not with the words for a random number"),
        ("POST", fake(302), "302", None, "succeeds for nobody"),
        ("POST", fake(404, denials=1), "404", None, "succeeds for nobody"),
    ],
)
def test_what_is_wrong_is_found(verb, answer, wanted, random, what):
    found, route = Findings(), Route("some-page", "some/<int:pk>/")
    if random is not None:
        found.look(route, verb, "random", "officer", random, random.said)
    found.look(route, verb, "foreign", "officer", answer, wanted)
    assert any(what in line for line in found.lines())
