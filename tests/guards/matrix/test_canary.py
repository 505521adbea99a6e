"""A spider as each role of Sari's agency follows links, choices and searches, and finds nothing of the other agency.

Nor of the sibling unit, with a role in one unit only; nor a colleague's score or one that nobody has approved yet, with
no role that reads scores.
"""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import reverse

from employees.admin import UnitFilter
from employees.models import Employee, Unit
from performance.models import Appraisal
from tests.searching import mark

from .routes import routes
from .world import CANARY, NO_GRANT, SEES_BOTH, SIBLING, SIGNED_IN, TOKEN, UNAPPROVED, UNAPPROVED_OF_PART, VISITORS

PAGES = 45  # of one role; the matrix asks for every route, the spider looks for what stands between them
LINK, LED = re.compile(r'href="([^"#]+)'), re.compile(r"^Location: (\S+)", re.M)
CHOICE = re.compile(r'<select[^>]*name="(\w+)".*?</select>', re.S)
OPTION = re.compile(r'<option[^>]*value="([^"]+)"')
NUMBER = re.compile(r"\d+")
SKIPPED = ("/static/", "/accounts/logout/", "/api/docs/", "/api/schema/", "/livez", "/readyz")
ROLES = tuple(role for role in (*SIGNED_IN, TOKEN, *VISITORS) if role not in SEES_BOTH)
READS_SCORES = ("officer", "head", "part", "auditor", TOKEN)
IN_ONE_UNIT = ("part", "branch", "employee", "loner", "delegate", "lapsed", "flag", *VISITORS)


def spelt(*scores: str) -> list[str]:
    """As they stand in Indonesian, and in English and the API."""
    return [score.replace(".", point) for score in scores for point in (",", ".")]


SCORE = spelt("86.27")  # of Sari's colleague


def start(world, role: str) -> list[str]:
    """Where the spider begins: the first pages, files, and every list, searched, sorted, filtered and as a pop-up."""
    named = SIBLING if role in IN_ONE_UNIT else CANARY
    typed = mark(world.client(role), named.lower())  # searches are blind to case, what is looked for not
    pages = ["/", "/team/", f"/team/?q={typed}", f"/delegations/?q={typed}", "/why/2026-W48/", "/requests/new/"]
    pages += [reverse("my-data"), next(one for one in routes() if one.name == "api-calendar").address(world, "own")]
    api = ["requests/", "plans/", "decisions/?week=2026-W48", "wfh-days/?date=2026-12-09", "me/week/"]
    pages += [f"/api/v1/{one}" for one in api]
    if role in (*NO_GRANT, TOKEN, *VISITORS):
        return pages
    pages += ["/admin/", "/admin/access/", "/admin/bias/", "/admin/what-if/", "/admin/readings/"]
    for model in admin.site._registry:
        where = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        pages += [where, f"{where}?q={typed}&_popup=1&o=1"]
    return pages


def crawl(world, role: str):
    """(address, status, text) of what is reached; of addresses that differ by a number only, two."""
    waiting, seen, kinds = start(world, role), set(), {}
    most = len(waiting) + PAGES
    while waiting and len(seen) < most:
        address = waiting.pop(0)
        kind = NUMBER.sub("0", address)
        if address in seen or kinds.get(kind, 0) >= 2 or address.startswith(SKIPPED):
            continue
        seen.add(address)
        kinds[kind] = kinds.get(kind, 0) + 1
        status, text = fetched(world.client(role).get, address)
        yield address, status, text
        waiting += further(address, text)
    copy = reverse("my-data-copy")
    yield copy, *fetched(world.client(role).post, copy, {"form": "json"})


def fetched(send, address: str, *data) -> tuple[int, str]:
    """The status and what is read, headers too, of a request that leaves no trace."""
    with transaction.atomic():
        answer = send(address, *data)
        text = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode(errors="replace")
        text += "".join(f"\n{name}: {value}" for name, value in answer.headers.items())
        transaction.set_rollback(True)
    return answer.status_code, text


def further(address: str, text: str):
    """Where the page leads: where it sends on, its links, and the first choices of what is chosen on it."""
    for link in (unescape(one) for one in [*LINK.findall(text), *LED.findall(text)]):
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
    assert reached >= (2 if role in VISITORS else 5 if role == TOKEN else 10)


def signs(people) -> list[str]:
    """By what people are recognised beside their names: numbers and addresses are their own."""
    return [str(one) for row in people.values_list("nip", "public_id", "email") for one in row if one]


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_found_of_others(world, remembered, role):
    needles = [CANARY, *spelt("87.13"), *signs(Employee.objects.filter(agency=world.cast.other))]
    if role in IN_ONE_UNIT:
        needles += [SIBLING, *signs(Employee.objects.filter(placements__unit=world.cast.planning))]
    if role not in READS_SCORES:
        needles += [*SCORE, *spelt(*UNAPPROVED)]
    if role == "part":
        needles += spelt(*UNAPPROVED_OF_PART)
    assert not list(leaks(world, role, needles))


@pytest.mark.parametrize("scores", [SCORE, spelt(*UNAPPROVED), spelt(*UNAPPROVED_OF_PART)])
def test_the_auditor_finds_those_scores(world, remembered, scores):
    """The twin: the spider does come to where scores stand."""
    assert next(leaks(world, "auditor", scores))


@pytest.mark.parametrize(("role", "scores"), [("employee", UNAPPROVED), ("part", UNAPPROVED_OF_PART)])
def test_without_waiting_for_the_approval_the_spider_finds_ones_own_score(world, monkeypatch, role, scores):
    """The twin: told in every state."""
    monkeypatch.setattr(Appraisal, "TOLD", list(Appraisal.State))
    assert next(leaks(world, role, spelt(*scores)))


def test_with_every_score_in_force_the_spider_finds_the_newest(world, monkeypatch):
    """The twin of the page of the week, which shows the appraisal that counts."""
    everything = type(Appraisal.objects.all())
    monkeypatch.setattr(everything, "in_force", lambda self: self.filter(superseded_at__isnull=True))
    assert next(leaks(world, "employee", spelt(UNAPPROVED[0])))


def test_without_the_scope_the_spider_finds_the_other_agency(world, monkeypatch):
    """The twin: with `visible_to` opened the same crawl is red."""
    for model in (Employee, Unit):
        monkeypatch.setattr(type(model.objects.all()), "visible_to", lambda self, _user: self)
    assert next(leaks(world, "officer", [CANARY]))


def test_without_choices_cut_to_the_reader_the_spider_finds_the_sibling_unit(world, monkeypatch):
    """The twin: a filter that offers everybody's units."""
    monkeypatch.setattr(UnitFilter, "lookups", lambda *_: [(unit.pk, unit.name) for unit in Unit.objects.all()])
    assert next(leaks(world, "part", [SIBLING]))
