"""Verbs that no route has: refused, without a trace, whatever a header claims the verb to be."""

import pytest

from .asking import ask
from .routes import routes

REFUSED = {"405", "login", "401", "403", "404"}
ASKING = ("anonymous", "employee", "officer")
SAFE = ("HEAD", "OPTIONS")
NEVER = ("PUT", "PATCH", "DELETE", "TRACE")


@pytest.mark.parametrize("role", ASKING)
def test_no_route_takes_other_verbs(world, watch, role):
    wrong = []
    for route in routes():
        relation = route.relations(world)[0]
        for verb in NEVER:
            answer = ask(world, watch, role, route, verb, relation)
            if answer.said not in REFUSED and not (route.door == "page" and answer.said == "302"):
                wrong.append(f"{verb} {route.name}: {answer.said}")
        for verb in SAFE:
            answer = ask(world, watch, role, route, verb, relation)
            if answer.response.status_code >= 500 or answer.written:
                wrong.append(f"{verb} {route.name}: {answer.said}")
    assert not wrong


def test_a_header_does_not_change_the_verb(world, watch):
    """`X-HTTP-Method-Override` of a POST, and a GET that claims to be a POST, are what they are."""
    wrong = []
    for route in routes():
        relation = route.relations(world)[0]
        for claimed in ("DELETE", "POST"):
            header = {"HTTP_X_HTTP_METHOD_OVERRIDE": claimed}
            plain = ask(world, watch, "officer", route, "GET", relation).said
            if ask(world, watch, "officer", route, "GET", relation, **header).said != plain:
                wrong.append(f"{claimed} {route.name}")
    assert not wrong
