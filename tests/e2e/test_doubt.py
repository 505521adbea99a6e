"""A decision is doubted, told as it happens: objected to, examined by somebody else, corrected; and the rule behind it
is written anew by one person and approved by another. A real web server and browser; nothing past the pages."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from eligibility.actions import load_policies, put_in_force
from eligibility.models import Correction, Objection, Policy, PolicyInForce
from employees.calendar import week_name, week_of
from performance.rating import Rating
from schedules.actions.weekly import run_week
from tests import factories

from .conftest import DESK, PHONE
from .reader import Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def decided(transactional_db, settings):
    """REWARD-2019 is in force, this week is published by the timetable; Sari is rated good only."""
    settings.PASSWORD_HASHERS = ["wfh_portal.hashers.PortalArgon2Hasher"]
    cast, now = factories.cast(), timezone.now()
    cast.monday = week_of(now, cast.agency.zone)
    cast.week = week_name(cast.monday)
    factories.appraisal(cast.sari, year=cast.monday.year - 1, rating=Rating.GOOD, at=now - dt.timedelta(days=1))
    load_policies(by=None, at=now)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=cast.monday, by=None, at=now)
    run_week(agency=cast.agency, track="REWARD", week=cast.monday, by=None, at=now, publish=True)
    return cast


def test_a_doubted_decision_is_corrected_and_the_rule_written_anew(decided, processes, chromium, shots):
    address = processes.web()
    read = lambda person, screen: Reader(chromium, address, person, screen, shots)  # noqa: E731
    sari, dewi, hadi = read(decided.sari, PHONE), read(decided.dewi, DESK), read(decided.hadi, DESK)
    _sari_objects(sari, decided)
    _dewi_upholds(dewi)
    _hadi_applies(hadi)
    _sari_reads_what_became_of_it(sari, decided)
    _dewi_drafts_a_policy(dewi)
    _hadi_looks_and_approves(hadi, decided)
    assert PolicyInForce.objects.get(policy__version=2).policy.code == "REWARD-2019"


def _sari_objects(sari, cast):
    sari.page.goto(f"/why/{cast.week}/")
    expect(sari.page.locator("main")).to_contain_text("R-PREDIKAT")
    sari.shot("20-why-not", readable_by_all=True)
    sari.page.click(f"main a[href='/why/{cast.week}/object/']")
    sari.page.fill("textarea[name=text]", "Predikat saya sangat baik; terlampir berita acara.")
    sari.shot("21-object", readable_by_all=True)
    sari.page.click("main form button[type=submit]")
    sari.page.goto("/objections/")
    expect(sari.page.locator("main form[action$='/withdraw/']")).to_have_count(1)
    sari.shot("22-my-objections", readable_by_all=True)
    sari.page.goto("/automatic/")
    sari.shot("23-automatic", readable_by_all=True)
    assert Objection.objects.get().state == "FILED"


def _dewi_upholds(dewi):
    dewi.page.goto("/admin/")
    expect(dewi.page.locator(".portal-panel a[href='/admin/eligibility/objection/']")).to_have_count(1)
    dewi.page.goto("/admin/eligibility/objection/")
    dewi.page.click("#result_list tbody tr a >> nth=0")
    dewi.page.fill("textarea[name=answer]", "Berita acara diterima; predikat sangat baik.")
    dewi.shot("24-objection")
    dewi.page.click("button[name=do][value=uphold]")
    assert Objection.objects.get().state == "UPHELD"


def _hadi_applies(hadi):
    hadi.page.goto("/admin/eligibility/correction/")
    hadi.page.click("#result_list tbody tr a >> nth=0")
    hadi.page.fill("[name=reason]", "Keberatan diterima.")
    hadi.shot("25-correction")
    hadi.page.click("button[name=do][value=apply]")
    assert Correction.objects.get().state == "APPLIED"


def _sari_reads_what_became_of_it(sari, cast):
    sari.page.goto(f"/why/{cast.week}/")
    expect(sari.page.locator("main")).to_contain_text("Keberatan diterima.")
    expect(sari.page.locator("main")).to_contain_text("Hadi Wijaya")
    sari.shot("26-corrected", readable_by_all=True)
    sari.page.goto("/objections/")
    expect(sari.page.locator("main")).to_contain_text("Berita acara diterima")
    sari.shot("27-answered", readable_by_all=True)


def _dewi_drafts_a_policy(dewi):
    shared = Policy.objects.get(code="REWARD-2019")
    dewi.page.goto(f"/admin/eligibility/policy/add/?from={shared.pk}")
    dewi.page.select_option("select[name$='-minimum']", "4")
    dewi.shot("28-policy-editor")
    dewi.page.click("button[value=save] >> nth=0")
    draft = Policy.objects.get(state="DRAFT")
    dewi.page.goto(f"/admin/eligibility/policy/{draft.pk}/change/")
    dewi.page.click(f"form[action$='/policy/{draft.pk}/submit/'] button")
    draft.refresh_from_db()
    assert draft.state == "SUBMITTED"


def _hadi_looks_and_approves(hadi, cast):
    draft = Policy.objects.get(state="SUBMITTED")
    following = cast.monday + dt.timedelta(days=7)
    hadi.page.goto(f"/admin/what-if/?policy={draft.pk}&week={week_name(following)}")
    expect(hadi.page.locator("main, #content").first).to_contain_text("Sari Rahmawati")  # who gains
    hadi.shot("29-what-if")
    hadi.page.goto(f"/admin/eligibility/policy/{draft.pk}/change/")
    hadi.page.click(f"form[action$='/policy/{draft.pk}/approve/'] button")
    hadi.page.click("summary:has-text('Berlakukan')")
    hadi.page.fill("input[name=since]", following.isoformat())
    hadi.shot("30-put-in-force")
    hadi.page.click("form[action$='/in-force/'] button[type=submit]")
    draft.refresh_from_db()
    assert draft.state == "APPROVED"
