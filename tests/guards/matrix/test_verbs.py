"""The verbs beside GET and POST, on every route: HEAD and OPTIONS change nothing, the others are refused without a
trace, whatever a header claims the verb to be."""

from django.http import HttpResponse
from django.urls import get_resolver, path

from .asking import ask
from .routes import routes
from .world import TOKEN

REFUSED = {"405", "login", "401", "403", "404"}
ASKING = {"admin": "head", "page": "employee", "api": TOKEN}
NEVER = ("PUT", "PATCH", "DELETE", "TRACE")
HARMLESS = ("GET", "HEAD", "OPTIONS")


def taken(world, watch, some) -> list[str]:
    """Where a verb that no route has is taken, and where one that has no body does something."""
    wrong = []
    for route in some:
        relation = route.relations(world)[0]
        said = {verb: ask(world, watch, ASKING[route.door], route, verb, relation) for verb in (*NEVER, *HARMLESS)}
        if route.pattern.startswith("accounts/"):  # the library's views show their page to a PUT, which has no fields
            broken = {verb for verb, answer in said.items() if answer.status >= 500 or answer.written}
        else:
            broken = {verb for verb in NEVER if said[verb].said not in REFUSED}
            broken |= {verb for verb in HARMLESS if said[verb].status >= 500 or said[verb].written}
        if said["HEAD"].said not in (said["GET"].said, "405") and route.name != "admin:login":
            broken |= {"HEAD"}  # Django's own log-in of the admin sends on who GETs it, and shows a HEAD its form
        wrong += [f"{verb} {route.name}: {said[verb].said}" for verb in sorted(broken)]
    return wrong


def test_no_route_takes_other_verbs(world, watch, remembered):
    assert not taken(world, watch, routes())


def test_a_route_that_takes_them_would_be_noticed(world, watch, monkeypatch):
    """The twin: a page that answers whatever it is asked."""
    resolver, new = get_resolver(), path("takes-all/", lambda request: HttpResponse(request.method), name="takes-all")
    monkeypatch.setattr(resolver, "url_patterns", [new, *resolver.url_patterns])
    wrong = taken(world, watch, [route for route in routes() if route.name == "takes-all"])
    assert wrong == [f"{verb} takes-all: 200" for verb in sorted(set(NEVER) - {"TRACE"})]


def test_a_header_does_not_change_the_verb(world, watch, remembered):
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
