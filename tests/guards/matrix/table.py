"""The file of expectations: reading it, and writing it anew from what was answered.

    [names of routes, or patterns such as admin:*_history]
    GET own,colleague  200: employee supervisor | 404: others

An answer is a status; `login` is a redirect to the log-in; `+` after it says that rows were written. `others` are all
not named on the line, for everybody is asked. What visitors get stands in no line: a page leads them to the log-in, as
the admin does whoever holds no role, and the API answers 401; a token is a visitor wherever it is not at the API. Where
it is otherwise the line names them.
"""

import fnmatch
import itertools
import textwrap
from collections import Counter, defaultdict
from pathlib import Path

from .world import NO_GRANT, RELATIONS, SIGNED_IN, TOKEN, VISITORS

FILE = Path(__file__).parent / "expected.txt"
RELATED = ("-", *RELATIONS)
APPS = ("eligibility", "employees", "performance", "schedules")
PARTS = ("pages", "api", "admin", *(f"admin:{app}" for app in APPS))  # and "closed"
SAME_FOR_ALL = ("admin:*_history", "admin:*_delete", "admin:*_short")  # written as patterns


def usual(role: str, door: str) -> str | None:
    """What a visitor is answered where no line says otherwise, and in the admin whoever holds no role; None: whoever
    the door lets in."""
    if door == "api":
        return "401" if role in VISITORS else None
    outside = role in (*VISITORS, TOKEN) or (door == "admin" and role in NO_GRANT)
    return "login" if outside else None


class Table:
    """Expectations by route, verb, relation and role; remembers which lines were asked for."""

    def __init__(self, text: str):
        self.lines: dict[tuple[str, str, str], dict[str, str]] = {}
        self.asked: set[tuple[str, str, str]] = set()
        names: list[str] = []
        heading = False
        for number, line in enumerate(text.splitlines(), 1):
            line = line.partition("#")[0].strip()
            if line.startswith("["):
                names, heading = [], True
            if heading:
                names += line.strip("[]").split()
                heading = not line.endswith("]")
            elif line:
                self._read(names, line, number)

    def _read(self, names: list[str], line: str, number: int) -> None:
        head, _gap, answers = line.partition("  ")
        verb, relations = head.split()
        said: dict[str, str] = {}
        for part in answers.split("|"):
            answer, _colon, roles = part.partition(":")
            said |= dict.fromkeys(roles.split(), answer.strip())
        unknown = set(said) - {"others", *SIGNED_IN, TOKEN, *VISITORS}
        assert not unknown, f"line {number}: no such role: {unknown}"
        for name, relation in itertools.product(names, relations.split(",")):
            assert (name, verb, relation) not in self.lines, f"line {number}: said twice: {name} {verb} {relation}"
            self.lines[name, verb, relation] = said

    def expected(self, name: str, verb: str, relation: str, role: str, door: str) -> str | None:
        """The answer that is expected; None where nobody has said one."""
        found = [key for key in self._keys(name, verb, relation) if key in self.lines]
        if not found:
            return None
        self.asked.add(found[0])
        said = self.lines[found[0]]
        return said.get(role) or usual(role, door) or said.get("others")

    def _keys(self, name, verb, relation):
        yield name, verb, relation
        for pattern in SAME_FOR_ALL:
            if fnmatch.fnmatch(name, pattern):
                yield pattern, verb, relation

    def stale(self, part: str) -> list[str]:
        """Lines of this part of the house that no route asked for."""
        return [" ".join(key) for key in sorted(set(self.lines) - self.asked) if part_of(key[0]) == part]


def is_closed(name: str) -> bool:
    """Whether this page is one of those that every model of the admin has and nobody may use."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in SAME_FOR_ALL)


def part_of(name: str) -> str:
    """Which part of the house a route or a pattern of names belongs to."""
    if is_closed(name):
        return "closed"
    if not name.startswith("admin:"):
        return "api" if name.startswith("api-") else "pages"
    app, model, _page = f"{name.removeprefix('admin:')}__".split("_", 2)
    return f"admin:{app}" if model and app in APPS else "admin"


def kept(text: str, part: str) -> list[str]:
    """The blocks of the other parts, as they stand in the file."""
    blocks = [block for block in text.split("\n\n") if block.startswith("[")]
    return [block.strip() for block in blocks if part_of(block.split()[1]) != part]


def written(answers: dict[tuple[str, str, str, str], str], doors: dict[str, str]) -> list[str]:
    """The blocks that say what was answered: routes that answer alike share one."""
    by_route: dict[str, dict[tuple[str, str], dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for (name, verb, relation, role), answer in answers.items():
        by_route[_named(name)][verb, relation][role] = answer
    blocks: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, said in by_route.items():
        blocks[tuple(_block(said, doors.get(name, "page")))].append(name)
    return [_wrapped(names) + "\n".join(lines) for lines, names in blocks.items()]


def _named(name: str) -> str:
    return next((pattern for pattern in SAME_FOR_ALL if fnmatch.fnmatch(name, pattern)), name)


def _wrapped(names: list[str]) -> str:
    return (
        textwrap.fill(" ".join(["[", *sorted(names), "]"]), 118, break_on_hyphens=False, subsequent_indent="  ") + "\n"
    )


def save(part: str, blocks: list[str]) -> None:
    """Write one part of the file anew; the others stay."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    found = sorted([*kept(text, part), *blocks], key=lambda block: (part_of(block.split()[1]), block))
    head = "\n".join(f"# {line}".strip() for line in __doc__.partition("\n\n")[2].strip().splitlines())
    FILE.write_text("\n\n".join([head, *found]) + "\n", encoding="utf-8")


def _block(said: dict[tuple[str, str], dict[str, str]], door: str) -> list[str]:
    """The lines of one route, relations with the same answers on one line."""
    lines: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (verb, relation), by_role in said.items():
        lines[verb, _answers(by_role, door)].append(relation)
    found = [
        (verb, min(RELATED.index(one) for one in relations), ",".join(sorted(relations, key=RELATED.index)), answers)
        for (verb, answers), relations in lines.items()
    ]
    return [f"{verb} {relations}  {answers}" for verb, _place, relations, answers in sorted(found)]


def _answers(by_role: dict[str, str], door: str) -> str:
    told = {role: answer for role, answer in by_role.items() if answer != usual(role, door)}
    many = Counter(answer for role, answer in told.items() if not usual(role, door))
    common = min(many, key=lambda answer: (-many[answer], answer)) if many else ""
    groups: dict[str, list[str]] = defaultdict(list)
    for role, answer in told.items():
        if answer != common or usual(role, door):
            groups[answer].append(role)
    parts = [f"{answer}: {' '.join(roles)}" for answer, roles in sorted(groups.items())]
    return " | ".join([*parts, *([f"{common}: others"] if common else [])])
