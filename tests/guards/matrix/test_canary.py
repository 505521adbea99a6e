"""A spider as each role of Sari's agency: it follows links and choices, and finds no name of the other one."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import reverse

from employees.models import Employee, Unit

from .world import CANARY

PAGES = 120  # of one role; the matrix itself asks for every route, this looks for what stands between them
ROLES = ("employee", "supervisor", "delegate", "officer", "head", "part", "auditor", "accounts")
LINK = re.compile(r'href="([^"#]+)')
CHOICE = re.compile(r'<select[^>]*name="(\w+)".*?</select>', re.S)
OPTION = re.compile(r'<option[^>]*value="([^"]+)"')
NUMBER = re.compile(r"\d+")
SKIPPED = ("/static/", "/accounts/logout/", "/api/docs/")
TYPED = ("K", "KENARI", CANARY, "1985", "Orang", "Ratna")


def start(role: str) -> list[str]:
    """Where the spider begins: the two first pages, and every list with each search."""
    found = ["/", "/admin/", "/team/", "/team/?q=K", "/delegations/?q=KENARI", "/api/v1/requests/", "/api/v1/plans/"]
    found += ["/api/v1/decisions/?week=2026-W48", "/api/v1/wfh-days/?date=2026-11-26", "/api/schema/"]
    for model in admin.site._registry:
        where = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        found += [where, *(f"{where}?q={text}" for text in TYPED[:3])]
    return found


def crawl(world, role: str, most: int = PAGES):
    """(address, answer) of what is reached; of addresses that differ by a number only, a few."""
    waiting, seen, kinds = start(role), set(), {}
    while waiting and len(seen) < most + 100:
        address = waiting.pop(0)
        kind = NUMBER.sub("0", address)
        if address in seen or kinds.get(kind, 0) >= 3 or address.startswith(SKIPPED):
            continue
        seen.add(address)
        kinds[kind] = kinds.get(kind, 0) + 1
        with transaction.atomic():
            answer = world.client(role).get(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        yield address, answer.status_code, body
        text = body.decode(errors="replace")
        for link in (unescape(one) for one in LINK.findall(text)):
            target = urlsplit(urljoin(f"http://testserver{address}", link))
            if target.netloc == "testserver":
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))
        for select in CHOICE.finditer(text):
            path = urlsplit(address).path
            waiting += [f"{path}?{select[1]}={value}" for value in OPTION.findall(select[0])[:4]]


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_no_name_of_another_agency_is_found(world, role):
    reached, leaks = 0, []
    for address, status, body in crawl(world, role):
        reached += 1
        assert status < 500, address
        typed = CANARY in address or "KENARI" in address  # what one typed oneself stands in the box of the search
        shown = re.sub(rb'(value|href)="[^"]*"', b"", body) if typed else body
        if CANARY.encode() in shown:
            leaks.append(address)
    assert reached >= 30
    assert not leaks


@pytest.mark.slow
def test_without_the_scope_the_spider_finds_them(world, monkeypatch):
    """The twin: with `visible_to` opened the same crawl is red."""
    for model in (Employee, Unit):
        queryset = type(model.objects.all())
        monkeypatch.setattr(queryset, "visible_to", lambda self, user: self)
    assert any(CANARY.encode() in body for _address, _status, body in crawl(world, "officer"))
