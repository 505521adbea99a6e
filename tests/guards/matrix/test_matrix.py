"""Everybody asks everything of everybody: each route by each role about each relation, against `expected.txt`.

`MATRIX=write` writes that file anew from what is answered; a person reads the difference before it is committed.
"""

import os
from collections import defaultdict

import pytest

from .asking import Answer, ask
from .routes import Route, routes
from .table import FILE, PARTS, Table, is_closed, part_of, save, written
from .world import CANARY, ROLES, SIGNED_IN, World

CLOSED = {"405", "login", "401", "403"}  # where a verb has nothing else for anybody, one relation is enough
# Whoever is answered alike whatever is asked for is asked about one relation: no grant means turned away at the door of
# the admin, no civil servant a page that says so; a loner is as much a stranger as Eko.
ALIKE = {"loner", "lapsed", "platform", "flag", "token", "anonymous", "deactivated"}
NO_GRANT = ALIKE - {"platform"} | {"employee", "supervisor", "eko", "delegate"}
# Django's admin has one door: of those without a grant four stand for all. What is closed to everybody is asked by few.
AT_THE_DOOR = tuple(role for role in ROLES if role not in NO_GRANT) + ("employee", "supervisor", "flag", "anonymous")
FEW = ("anonymous", "employee", "officer", "head", "platform", "ratna")
ABOUT_NOBODY = ("employee", "supervisor", "officer", "head", "ratna")  # a random number is nobody's
SEES_BOTH = {"ratna", "platform"}  # to whom the other agency's names are no secret


def questions(world: World, route: Route):
    """Relations, and who asks about them."""
    at_the_door = route.name.startswith("admin:")
    without = NO_GRANT if at_the_door else ALIKE
    everybody = FEW if is_closed(route.name) else AT_THE_DOOR if at_the_door else ROLES
    for number, relation in enumerate(route.relations(world)):
        asking = ABOUT_NOBODY if relation == "random" else everybody
        yield relation, [role for role in asking if number == 0 or role not in without]


def answers(world: World, watch, part: str):
    """(route, verb, relation, role, answer) of every question that is asked in this part of the house."""
    for route in (one for one in routes() if part_of(one.name) == part):
        for verb in ("GET", "POST"):
            for relation, roles in questions(world, route):
                said = {role: ask(world, watch, role, route, verb, relation) for role in roles}
                yield from ((route, verb, relation, role, answer) for role, answer in said.items())
                if {answer.said for answer in said.values()} <= CLOSED:
                    break


class Findings:
    """What is wrong, in lines for a person."""

    def __init__(self):
        self.wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.hidden: dict[tuple[str, str, str], dict[str, bytes]] = defaultdict(dict)

    def look(self, route: Route, verb: str, relation: str, role: str, answer: Answer, wanted: str | None) -> None:
        where = f"{route.name} {verb} {relation}"
        if answer.said != wanted:
            self.wrong[where, f"{wanted} → {answer.said}"].append(role)
        if role not in SEES_BOTH and CANARY.encode() in answer.body:
            self.wrong[where, "shows a name of another agency"].append(role)
        if verb == "GET" and answer.written:
            self.wrong[where, f"reading writes {answer.written}"].append(role)
        if verb == "POST" and answer.response.status_code in (403, 404) and role in SIGNED_IN and answer.denials != 1:
            self.wrong[where, f"refused, with {answer.denials} events of it"].append(role)
        if answer.response.status_code == 404:
            self.hidden[route.name, verb, role][relation] = answer.body

    def lines(self) -> list[str]:
        for (name, verb, role), bodies in self.hidden.items():
            for relation in sorted(set(bodies) - {"random"} if "random" in bodies else ()):
                if bodies[relation] != bodies["random"]:
                    self.wrong[f"{name} {verb} {relation}", "404, but not as for a random number"].append(role)
        return [f"{where}  {what}: {' '.join(roles)}" for (where, what), roles in sorted(self.wrong.items())]


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=pytest.mark.slow if part.startswith("admin") else ()) for part in PARTS]
)
def test_each_answer_is_the_expected_one(world, watch, part):
    table = Table(FILE.read_text(encoding="utf-8") if FILE.exists() else "")
    writing = os.environ.get("MATRIX") == "write"
    said, doors, found = {}, {}, Findings()
    for route, verb, relation, role, answer in answers(world, watch, part):
        said[route.name, verb, relation, role], doors[route.name] = answer.said, route.door
        wanted = answer.said if writing else table.expected(route.name, verb, relation, role, route.door)
        found.look(route, verb, relation, role, answer, wanted)
    if writing:
        save(part, written(said, doors))
    assert not found.lines(), "expected → answered:\n" + "\n".join(found.lines()[:60])
    if not writing:
        assert not table.stale(part), "lines that no route asks for: " + ", ".join(table.stale(part))
