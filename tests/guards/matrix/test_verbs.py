"""Verbs that no route has: refused, without a trace, whatever a header claims the verb to be."""

from .asking import ask
from .routes import routes
from .world import TOKEN

REFUSED = {"405", "login", "401", "403", "404"}
ASKING = {"admin": "head", "page": "employee", "api": TOKEN}
NEVER = ("PUT", "PATCH", "DELETE", "TRACE")


def test_no_route_takes_other_verbs(world, watch):
    wrong = []
    for route in routes():
        if route.pattern.startswith("accounts/"):
            continue  # the library's forms take a PUT as they take a POST, with the same token and the same checks
        relation = route.relations(world)[0]
        for verb in NEVER:
            answer = ask(world, watch, ASKING[route.door], route, verb, relation)
            if answer.said not in REFUSED:
                wrong.append(f"{verb} {route.name}: {answer.said}")
        answer = ask(world, watch, ASKING[route.door], route, "OPTIONS", relation)
        if answer.response.status_code >= 500 or answer.written:
            wrong.append(f"OPTIONS {route.name}: {answer.said}")
    assert not wrong


def test_a_header_does_not_change_the_verb(world, watch):
    """A GET that claims to be a POST is a GET: what takes no GET takes none from it either."""
    wrong, tried = [], 0
    for route in routes():
        role, relation = ASKING[route.door], route.relations(world)[0]
        if ask(world, watch, role, route, "GET", relation).said != "405":
            continue
        tried += 1
        header = {"HTTP_X_HTTP_METHOD_OVERRIDE": "POST"}
        if ask(world, watch, role, route, "GET", relation, **header).said != "405":
            wrong.append(route.name)
    assert tried >= 20
    assert not wrong


def test_a_token_opens_no_page(world):
    """It is for the API: pages and the admin know only log-ins."""
    for address in ("/", "/account/", "/admin/"):
        assert "/login/" in world.client(TOKEN).get(address).headers["Location"]
