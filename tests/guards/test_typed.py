"""What is typed into a search – a name, a NIP – stands in no address (employees/searches.py): lists, filters, pages."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin.sites import site
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from employees import searches
from employees.admin.trail_filters import TypedFilter
from employees.sessions import SEEN, STARTED
from performance.models import Appraisal
from tests import factories
from tests.searching import mark, search

LINK = re.compile(r'(?:href|src|action)="([^"]*)"')
SEARCHED = [one for one in site._registry.values() if one.search_fields]
FILTERED = [
    (one, kind)
    for one in site._registry.values()
    for kind in one.list_filter
    if isinstance(kind, type) and issubclass(kind, TypedFilter)
]


def list_of(model_admin) -> str:
    return reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")


@pytest.fixture
def everybody(cast, client):
    """Somebody who opens every list."""
    for role, where in (("AGENCY_ADMIN", cast.agency), ("AUDITOR", None)):
        factories.grant(cast.hadi_user, role, where)
    factories.grant(cast.hadi_user, "PLATFORM_ADMIN", None)
    client.cookies["language"] = "en"
    client.force_login(cast.hadi_user)
    return client


def spelled(answer, text) -> list[str]:
    """The addresses of an answer – where it leads and all its links – that spell a text out."""
    found = [answer.get("Location", ""), *LINK.findall(answer.content.decode())]
    return [one for one in found if text in one]


@pytest.mark.parametrize("model_admin", SEARCHED, ids=lambda one: one.opts.label)
def test_every_list_searches_without_the_text_in_an_address(cast, everybody, model_admin):
    page, text = list_of(model_admin), cast.sari.nip
    sent = everybody.post("/search/", {"here": page, "q": text, "o": "1", "_popup": "1", "p": "3"})
    assert re.fullmatch(re.escape(page) + r"\?q=[\w-]{8}&o=1&_popup=1", sent["Location"])
    found = everybody.get(sent["Location"])
    assert (found.status_code, spelled(found, text)) == (200, [])
    form = re.search(r'<form[^>]*role="search".*?</form>', found.content.decode(), re.DOTALL)[0]
    assert 'method="post" action="/search/"' in form
    assert f'name="here" value="{page}"' in form
    assert f'value="{text}"' in form
    direct = everybody.get(page, {"q": text, "o": "1"})
    assert (direct.status_code, direct["Location"]) == (302, f"{page}?o=1")


@pytest.mark.parametrize(("model_admin", "kind"), FILTERED, ids=lambda one: getattr(one, "parameter_name", ""))
def test_every_typed_filter_too(cast, everybody, model_admin, kind):
    page, name, text = list_of(model_admin), kind.parameter_name, cast.sari.nip
    found = search(everybody, page, text, name)
    assert spelled(found, text) == []
    assert f'value="{text}"' in found.content.decode()
    assert everybody.get(page, {name: text})["Location"] == page
    assert everybody.get(page, {name: str(cast.sari.public_id)}).status_code == 200  # names nobody


def test_without_the_rule_the_links_of_a_list_spell_it_out(cast, everybody, monkeypatch):
    """The twin."""
    monkeypatch.setattr(searches, "spelled_out", lambda _request: [])
    found = everybody.get("/admin/employees/employee/", {"q": cast.sari.nip})
    assert spelled(found, cast.sari.nip)


@pytest.mark.parametrize("page", ["/team/", "/delegations/"])
def test_pages_do_as_lists_do(cast, client, page):
    client.force_login(cast.budi_user)
    found = search(client, page, "prasetyo")
    assert (found.status_code, spelled(found, "prasetyo")) == (200, [])
    assert client.get(page, {"q": "prasetyo", "week": "2026-W48"})["Location"] == f"{page}?week=2026-W48"


def test_no_template_searches_by_get():
    for path in Path(settings.BASE_DIR, "templates").glob("**/*.html"):
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL):
            if any(sign in form for sign in ('type="search"', 'role="search"', "search_var", "filter_specs")):
                typed = 'name="q"' in form or "search_var" in form or "filter_specs" in form
                assert not typed or "{% url 'search' %}" in form, path


def test_two_tabs_do_not_mix_and_back_finds_the_same(cast, everybody):
    page = "/admin/employees/employee/"
    tabs = {text: mark(everybody, text) for text in ("Sari Rahmawati", "Eko Prasetyo")}
    for text, one in [*tabs.items(), *tabs.items()]:
        rows = everybody.get(page, {"q": one}).context["cl"].result_list
        assert [row.name for row in rows] == [text]
    assert mark(everybody, "Sari Rahmawati") == tabs["Sari Rahmawati"]


def test_a_mark_means_nothing_to_another_session_and_is_said(cast, everybody):
    one = mark(everybody, cast.sari.nip)
    other = Client()
    other.cookies["language"] = "en"
    other.force_login(cast.hadi_user)
    answer = other.get("/admin/employees/employee/", {"q": one, "o": "2"}, follow=True)
    assert answer.redirect_chain == [("/admin/employees/employee/?o=2", 302)]
    assert "Please type again what you search for" in answer.content.decode()


def test_filters_and_search_keep_each_other(cast, everybody):
    page = "/admin/employees/employee/"
    one = mark(everybody, "sari")
    both = everybody.post("/search/", {"here": page, "q": one, "unit": cast.planning.pk, "kind__exact": ""})
    assert both["Location"] == f"{page}?q={one}&unit={cast.planning.pk}"
    assert list(everybody.get(both["Location"]).context["cl"].result_list) == []
    kept = everybody.get(page, {"q": one, "unit": cast.general.pk}).content.decode()
    assert kept.count(f'name="q" value="{one}"') == 1  # of the filters' form, which posts it again
    assert f'name="unit" value="{cast.general.pk}"' in kept  # of the search's form


def test_all_that_were_found_and_no_more_are_approved_at_once(cast, client):
    theirs, others = (
        factories.appraisal(one, state=Appraisal.State.SUBMITTED, by=None) for one in (cast.sari, cast.eko)
    )
    client.force_login(cast.hadi_user)
    page = reverse("admin:performance_appraisal_changelist")
    form = {"action": "approve_selected", "_selected_action": [theirs.pk], "select_across": "1", "confirmed": "1"}
    client.post(f"{page}?q=forgotten", form)
    assert not Appraisal.objects.filter(state=Appraisal.State.APPROVED).exists()
    client.post(f"{page}?q={mark(client, cast.sari.nip)}", form)
    theirs.refresh_from_db()
    others.refresh_from_db()
    assert (theirs.state, others.state) == (Appraisal.State.APPROVED, Appraisal.State.SUBMITTED)


@pytest.mark.parametrize("here", ["//evil.test/", "https://evil.test/", "\\\\evil.test", "javascript:x", "", "evil"])
def test_a_search_leads_nowhere_else(cast, client, here):
    client.force_login(cast.sari_user)
    assert client.post("/search/", {"here": here, "q": "x"})["Location"].startswith("/?q=")
    assert client.get("/search/").status_code == 405


def test_an_old_log_in_may_look_without_the_password(cast, client):
    client.force_login(cast.sari_user)
    session = client.session
    session[STARTED] = (timezone.now() - dt.timedelta(hours=13)).timestamp()
    session[SEEN] = timezone.now().timestamp()
    session.save()
    assert client.post("/search/", {"here": "/team/", "q": "x"})["Location"].startswith("/team/?q=")


def test_so_many_searches_are_kept_and_no_more(cast, client):
    client.force_login(cast.sari_user)
    first = mark(client, "first")
    for number in range(searches.KEPT):
        mark(client, f"later {number}")
    kept = client.session[searches.SEARCHES]
    assert (len(kept), first in kept) == (searches.KEPT, False)


def test_the_api_offers_no_filter_by_what_names_somebody(cast, client):
    client.force_login(cast.sari_user)
    paths = client.get("/api/schema/", headers={"accept": "application/json"}).json()["paths"]
    asked = {
        one["name"]
        for operations in paths.values()
        for operation in operations.values()
        if isinstance(operation, dict)
        for one in operation.get("parameters", [])
        if one["in"] == "query"
    }
    assert asked >= {"week", "page"}
    assert not [name for name in asked if re.search("nip|name|search|^q$|email|score|phone", name)]


def test_nobody_completes_names_by_an_address(cast, everybody):
    asked = {"term": "Sari", "app_label": "employees", "model_name": "placement", "field_name": "employee"}
    assert everybody.get("/admin/autocomplete/", asked).status_code == 404
