"""HR's weekly plan in the admin: from the first page to publication, frozen afterwards; who may, and who may not."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from ledger.models import Event
from schedules.actions.plans import draft_plan
from schedules.actions.unit_rules import set_rule
from schedules.models import Plan, UnitPlan, WfhDay
from tests import factories
from tests.employees.roles import somebody
from tests.searching import search

from .pages import as_, text

WEEK = dt.date(2026, 11, 30)
OFFICIALS = ("dewi", "hadi", "auditor", "agency_admin")


def address(name, *arguments):
    return reverse(f"admin:schedules_plan_{name}", args=arguments)


def page_of(plan):
    return address("change", plan.pk)


def client_of(cast, who, language="en"):
    client = as_(somebody(cast, who))
    client.cookies["language"] = language
    return client


def closed(cast, at, unit, weekdays, reason="Inventarisasi"):
    """Close a unit to WFH on some weekdays, so that the draft cannot serve everybody."""
    for day in weekdays:
        set_rule(
            by=cast.dewi_user,
            agency=cast.agency,
            unit=unit,
            kind="BLACKOUT",
            weekday=day,
            since=at.date(),
            reason=reason,
            at=at,
        )


# --- from the first page to publication --------------------------------------------------------------


def test_the_first_page_leads_to_the_draft_and_two_clicks_publish_it(drafted):
    client = client_of(drafted, "hadi")
    first = text(client.get("/admin/"))
    assert "Draft of week 2026-W49 waits" in first
    assert f"{drafted.plan.given} days" in first
    assert page_of(drafted.plan) in first
    page = client.get(page_of(drafted.plan))
    assert b">Publish<" in page.content
    done = client.post(address("publish", drafted.plan.pk), {"version": page.context["plan"].version}, follow=True)
    assert [m.level_tag for m in done.context["messages"]] == ["success"]
    drafted.plan.refresh_from_db()
    assert (drafted.plan.state, drafted.plan.published_by) == ("PUBLISHED", drafted.hadi_user)
    assert WfhDay.objects.filter(plan=drafted.plan).count() == drafted.plan.given
    assert Event.objects.filter(verb="plan.publish", actor_id=drafted.hadi_user.pk).count() == 1
    assert "Draft of week" not in text(client.get("/admin/"))


def test_what_is_to_look_at_comes_first_with_limits_and_proposals(drafted, now):
    closed(drafted, now, drafted.planning, (1, 2, 3, 4))
    draft_plan(agency=drafted.agency, week=WEEK, by=None, at=now)
    page = text(client_of(drafted, "hadi").get(page_of(drafted.plan)))
    assert "1 unit to look at" in page
    assert page.index("Limits clash") < page.index("units-title")
    assert "The smallest set of limits that clash" in page
    assert "2 of 4 are left without a day." in page
    assert "everybody would have a day" in page


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Balance (0–100)"), ("id", "2026-W49")], ids=["English", "Indonesian"]
)
def test_the_page_opens_in_both_languages(drafted, language, said):
    client = client_of(drafted, "hadi", language)
    assert said in text(client.get(page_of(drafted.plan)))
    for name in ("cover", "unit"):
        more = (drafted.plan.pk, drafted.planning.pk) if name == "unit" else (drafted.plan.pk,)
        assert client.get(address(name, *more)).status_code == 200


def test_units_are_found_by_name_or_code(drafted):
    client = client_of(drafted, "hadi")
    found = search(client, page_of(drafted.plan), "perenc").context["lines"]
    assert [one["line"].unit for one in found] == [drafted.planning]
    assert len(search(client, page_of(drafted.plan), "UMUM").context["lines"]) == 1
    nothing = search(client, page_of(drafted.plan), "nowhere")
    assert "No unit of this plan has that name or code." in text(nothing)
    assert client.get(page_of(drafted.plan), {"only": "exceptions", "p": "x"}).status_code == 200


def test_a_unit_shows_its_people_with_the_sentence_they_read(drafted):
    page = text(client_of(drafted, "dewi").get(address("unit", drafted.plan.pk, drafted.planning.pk)))
    for person in (drafted.eko, *drafted.team):
        assert person.nip in page
    assert "the day with the most room in the unit" in page
    assert drafted.sari.nip not in page


def test_after_publication_the_page_shows_what_became_of_the_days(drafted, now):
    as_(drafted.hadi_user).post(address("publish", drafted.plan.pk), {"version": drafted.plan.version})
    day = WfhDay.objects.filter(unit=drafted.planning).first()
    WfhDay.objects.filter(pk=day.pk).update(state="RECALLED")
    page = client_of(drafted, "dewi").get(address("unit", drafted.plan.pk, drafted.planning.pk))
    assert [one["line"].changed for one in page.context["people"]].count(True) == 1
    assert "as planned" in text(page)


# --- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "publish", "anew"),
    [
        ("hadi", 302, 302),
        ("dewi", 403, 302),
        ("auditor", 403, 403),
        ("agency_admin", 403, 403),
        ("ratna", 404, 404),
        ("hr_of_general", 404, 404),
        ("platform", 403, 403),
        ("sari", 302, 302),
        ("eko", 302, 302),
    ],
)
def test_who_publishes_and_who_has_it_drafted_anew(drafted, who, publish, anew):
    """Sari and Eko hold no role: the admin sends them to the log-in, and nothing happens."""
    client = client_of(drafted, who)
    version = drafted.plan.version
    answer = client.post(address("anew", drafted.plan.pk))
    assert answer.status_code == anew
    drafted.plan.refresh_from_db()
    assert (drafted.plan.version > version) == (who in ("hadi", "dewi"))
    answer = client.post(address("publish", drafted.plan.pk), {"version": drafted.plan.version})
    assert answer.status_code == publish
    if publish == 302 and who != "hadi":
        assert "/login" in answer["Location"]
    drafted.plan.refresh_from_db()
    assert drafted.plan.state == ("PUBLISHED" if who == "hadi" else "DRAFT")


@pytest.mark.parametrize(
    ("who", "expected", "buttons", "people"),
    [
        ("hadi", 200, (True, True), 200),
        ("dewi", 200, (False, True), 200),
        ("auditor", 200, (False, False), 200),
        ("agency_admin", 200, (False, False), 403),
        ("ratna", 404, None, 404),
        ("hr_of_general", 404, None, 404),
        ("platform", 403, None, 403),
        ("sari", 302, None, 302),
        ("eko", 302, None, 302),
    ],
)
def test_who_sees_which_page_and_button(drafted, who, expected, buttons, people):
    client = client_of(drafted, who)
    page = client.get(page_of(drafted.plan))
    assert page.status_code == expected
    if buttons:
        assert (page.context["publishable"], page.context["draftable"]) == buttons
        assert (b">Publish<" in page.content, b">Draft anew<" in page.content) == buttons
    assert client.get(address("unit", drafted.plan.pk, drafted.general.pk)).status_code == people
    assert client.get(address("cover", drafted.plan.pk)).status_code == expected
    assert client.get(address("repair", drafted.plan.pk)).status_code == (
        302 if who == "hadi" else 403 if expected == 200 else expected
    )


def test_the_reason_of_a_refusal_is_read(drafted):
    answer = client_of(drafted, "dewi").post(address("publish", drafted.plan.pk), {"version": drafted.plan.version})
    assert "Publishing is the HR head&#x27;s task." in text(answer)


def test_nothing_is_decided_by_opening_a_link(drafted):
    client = client_of(drafted, "hadi")
    for name in ("publish", "anew"):
        assert client.get(address(name, drafted.plan.pk)).status_code == 405
    assert Plan.objects.get().state == "DRAFT"


@pytest.mark.parametrize("path", ["units", "cover"])
def test_a_unit_of_another_agency_does_not_exist(drafted, path):
    client = client_of(drafted, "hadi")
    if path == "units":
        assert client.get(address("unit", drafted.plan.pk, drafted.theirs.pk)).status_code == 404
    else:
        assert client.get(address("cover", drafted.plan.pk), {"unit": drafted.theirs.pk}).status_code == 404
    assert client.get(address("change", 99_999)).status_code == 404
    assert client.get("/admin/schedules/plan/nothing/change/").status_code == 404


# --- changed meanwhile, frozen -----------------------------------------------------------------------


def test_a_draft_that_changed_meanwhile_is_shown_again(drafted, now):
    """Leave recorded after the page was opened: the draft is made anew and looked at; then it is published."""
    client = client_of(drafted, "hadi")
    seen = drafted.plan.version
    factories.leave(drafted.team[0], WEEK, WEEK + dt.timedelta(days=4))
    told = client.post(address("publish", drafted.plan.pk), {"version": seen}, follow=True)
    assert [m.level_tag for m in told.context["messages"]] == ["error"]
    assert "It is made anew: look at it again." in text(told)
    drafted.plan.refresh_from_db()
    assert drafted.plan.state == "DRAFT"
    done = client.post(address("publish", drafted.plan.pk), {"version": drafted.plan.version}, follow=True)
    assert [m.level_tag for m in done.context["messages"]] == ["success"]


@pytest.mark.parametrize("version", ["", "x", "-1", "99", "²"])
def test_a_stale_or_missing_version_publishes_nothing(drafted, version):
    told = client_of(drafted, "hadi").post(address("publish", drafted.plan.pk), {"version": version}, follow=True)
    assert "made anew since the page was opened" in text(told)
    assert Plan.objects.get().state == "DRAFT"


def test_a_published_plan_is_frozen(drafted, now):
    client = client_of(drafted, "hadi")
    client.post(address("publish", drafted.plan.pk), {"version": drafted.plan.version})
    before = Plan.objects.values().get()
    page = client.get(page_of(drafted.plan))
    assert "A published plan is frozen" in text(page)
    assert (page.context["publishable"], page.context["draftable"]) == (False, False)
    again = client.post(address("publish", drafted.plan.pk), {"version": before["version"]}, follow=True)
    assert "Already published by Hadi Wijaya" in text(again)
    anew = client.post(address("anew", drafted.plan.pk), follow=True)
    assert "its plan stays as it is" in text(anew)
    assert Plan.objects.values().get() == before


def test_a_draft_of_a_week_that_is_over_has_no_button(drafted, monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + dt.timedelta(days=14))
    client = client_of(drafted, "hadi")
    page = client.get(page_of(drafted.plan))
    assert "That week is over" in text(page)
    assert b">Publish<" not in page.content
    assert "Draft of week" not in text(client.get("/admin/"))
    told = client.post(address("publish", drafted.plan.pk), {"version": drafted.plan.version}, follow=True)
    assert "That week is over; its plan can no longer be published." in text(told)


# --- how many queries --------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [1, 3])
def test_the_number_of_queries_of_a_plan(drafted, now, django_assert_num_queries, units):
    for n in range(units - 1):
        unit = factories.unit(drafted.agency, f"B{n}", f"Bagian {n}", drafted.root)
        UnitPlan.objects.create(plan=drafted.plan, unit=unit, people=3, without=1, exception="CLASH")
    Plan.objects.update(exceptions=units)
    closed(drafted, now, drafted.root, (1,))
    client = as_(drafted.hadi_user)
    with django_assert_num_queries(12):
        assert client.get(page_of(drafted.plan)).status_code == 200
    with django_assert_num_queries(12):
        client.get(address("unit", drafted.plan.pk, drafted.planning.pk))


@pytest.mark.parametrize("units", [1, 3])
def test_the_number_of_queries_of_the_cover(drafted, django_assert_num_queries, units):
    for n in range(units - 1):
        factories.employee(factories.unit(drafted.agency, f"B{n}", f"Bagian {n}", drafted.root))
    client = as_(drafted.hadi_user)
    with django_assert_num_queries(21):
        client.get(address("cover", drafted.plan.pk))


def test_the_cover_of_a_draft_counts_its_days_and_leads_down_the_tree(drafted):
    client = client_of(drafted, "auditor")
    page = client.get(address("cover", drafted.plan.pk))
    rows = {row.unit.code: row.cells for row in page.context["heat"].rows}
    assert set(rows) == {"UMUM", "REN"}
    assert sum(cell.home for cell in rows["REN"]) == sum(
        len(one.dates) for one in drafted.plan.allotments.filter(unit=drafted.planning)
    )
    assert f"?unit={drafted.planning.pk}" in text(page)
    below = client.get(address("cover", drafted.plan.pk), {"unit": drafted.planning.pk})
    assert [row.unit for row in below.context["heat"].rows] == [drafted.planning]
    with translation.override("en"):
        assert "One level up" in text(below)


@pytest.mark.parametrize("number", ["²", "٣", "9" * 19, "9" * 5_000, "x"])
def test_what_is_no_number_of_a_row_leads_nowhere(drafted, number):
    client = client_of(drafted, "hadi")
    assert client.get(f"/admin/schedules/plan/{number}/change/").status_code == 404
    assert client.get(address("cover", drafted.plan.pk), {"unit": number}).status_code in (200, 404)
    client.post(address("publish", drafted.plan.pk), {"version": number})
    drafted.plan.refresh_from_db()
    assert drafted.plan.state == "DRAFT"


def test_a_search_with_a_sign_no_text_can_hold_finds_as_without(drafted):
    found = search(client_of(drafted, "hadi"), page_of(drafted.plan), "\0pere\0nc").context["lines"]
    assert [one["line"].unit for one in found] == [drafted.planning]
