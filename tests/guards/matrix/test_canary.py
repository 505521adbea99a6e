"""A spider as each role of Sari's agency follows links, choices and searches, and finds nothing of the other agency."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import reverse

from employees.admin import UnitFilter
from employees.models import Employee, Unit

from .world import CANARY, SIBLING

PAGES = 45  # of one role; the matrix asks for every route, the spider looks for what stands between them
LINK = re.compile(r'href="([^"#]+)')
CHOICE = re.compile(r'<select[^>]*name="(\w+)".*?</select>', re.S)
OPTION = re.compile(r'<option[^>]*value="([^"]+)"')
NUMBER = re.compile(r"\d+")
SKIPPED = ("/static/", "/accounts/logout/", "/api/docs/", "/api/schema/", "/livez", "/readyz")
SCORE = ("86,27", "86.27")  # of Sari's colleague
# Who crawls, and what they may find of their own agency: nothing of the sibling unit with a role in one unit only, no
# colleague's score but as HR or auditor.
ROLES = {
    "officer": (),
    "auditor": (),
    "part": (SIBLING,),
    "accounts": SCORE,
    "branch": (SIBLING, *SCORE),
    "employee": SCORE,
    "supervisor": SCORE,
}


def start(role: str) -> list[str]:
    """Where the spider begins: the first pages, files, and every list, searched, sorted, filtered and as a pop-up."""
    typed = (
        SIBLING if SIBLING in ROLES[role] else CANARY
    ).lower()  # searches are blind to case, what is looked for not
    pages = ["/", "/team/", f"/team/?q={typed}", f"/delegations/?q={typed}", "/why/2026-W48/", "/requests/new/"]
    api = ["requests/", "plans/", "decisions/?week=2026-W48", "wfh-days/?date=2026-12-09", "me/week/"]
    pages += [f"/api/v1/{one}" for one in api]
    if role in ("employee", "supervisor"):
        return pages
    pages += ["/admin/", "/admin/access/", "/admin/bias/", "/admin/what-if/", "/admin/readings/"]
    for model in admin.site._registry:
        where = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        pages += [where, f"{where}?q={typed}&_popup=1&o=1"]
    return pages


def crawl(world, role: str):
    """(address, status, text) of what is reached; of addresses that differ by a number only, two."""
    waiting, seen, kinds = start(role), set(), {}
    most = len(waiting) + PAGES
    while waiting and len(seen) < most:
        address = waiting.pop(0)
        kind = NUMBER.sub("0", address)
        if address in seen or kinds.get(kind, 0) >= 2 or address.startswith(SKIPPED):
            continue
        seen.add(address)
        kinds[kind] = kinds.get(kind, 0) + 1
        with transaction.atomic():
            answer = world.client(role).get(address)
            text = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode(errors="replace")
            transaction.set_rollback(True)
        yield address, answer.status_code, text
        waiting += further(address, text)


def further(address: str, text: str):
    """Where the page leads: its links, and the first choices of what is chosen on it."""
    for link in (unescape(one) for one in LINK.findall(text)):
        target = urlsplit(urljoin(f"http://testserver{address}", link))
        if target.netloc == "testserver":
            yield target.path + (f"?{target.query}" if target.query else "")
    for select in CHOICE.finditer(text):
        yield from (f"{urlsplit(address).path}?{select[1]}={one}" for one in OPTION.findall(select[0])[:3])


def leaks(world, role: str, needles):
    """Each address at which this role finds one of them."""
    reached = 0
    for address, status, text in crawl(world, role):
        assert status < 500, address
        reached += status == 200
        yield from (f"{address}: {needle}" for needle in needles if needle in text)
    assert reached >= 10


def signs(people) -> list[str]:
    """By what people are recognised beside their names: numbers and addresses are their own."""
    return [str(one) for row in people.values_list("nip", "public_id", "email") for one in row if one]


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_found_of_others(world, role):
    needles = [CANARY, "87,13", "87.13", *signs(Employee.objects.filter(agency=world.cast.other)), *ROLES[role]]
    if SIBLING in needles:
        needles += signs(Employee.objects.filter(placements__unit=world.cast.planning))
    assert not list(leaks(world, role, needles))


def test_the_auditor_finds_that_score(world):
    """The twin: the spider does come to where scores stand."""
    assert next(leaks(world, "auditor", SCORE))


def test_without_the_scope_the_spider_finds_the_other_agency(world, monkeypatch):
    """The twin: with `visible_to` opened the same crawl is red."""
    for model in (Employee, Unit):
        monkeypatch.setattr(type(model.objects.all()), "visible_to", lambda self, _user: self)
    assert next(leaks(world, "officer", [CANARY]))


def test_without_choices_cut_to_the_reader_the_spider_finds_the_sibling_unit(world, monkeypatch):
    """The twin: a filter that offers everybody's units."""
    monkeypatch.setattr(UnitFilter, "lookups", lambda *_: [(unit.pk, unit.name) for unit in Unit.objects.all()])
    assert next(leaks(world, "part", [SIBLING]))
