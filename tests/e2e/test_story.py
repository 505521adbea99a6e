"""The whole path, told as it happens: an imported score becomes a WFH day on a phone, and the day moves.

Real web server, worker, beat and broker; a real browser; nothing is called past the pages.
"""

import datetime as dt

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from eligibility.actions import load_policies, put_in_force
from employees.calendar import week_name, week_of
from employees.models import User
from schedules.models import Request, WfhDay
from tests import factories
from tests.rig import until

from .conftest import DESK, PHONE
from .reader import Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEADER = "nip,jenis,tahun,periode,rezim,hasil_kerja,perilaku_kerja,catatan\n"


@pytest.fixture
def ministry(transactional_db, settings):
    """The cast, with passwords as the real server reads them.

    The reward policy begins next Monday, and that week's run is due from this Monday 00:00 on.
    """
    settings.PASSWORD_HASHERS = ["wfh_portal.hashers.PortalArgon2Hasher"]
    cast = factories.cast()
    User.objects.update(quiet_until=F("quiet_from"), quiet_days_off=False)  # the mail comes at any hour
    cast.agency.run_weekday, cast.agency.run_hour = 1, 0
    cast.agency.save()
    cast.monday = week_of(timezone.now(), cast.agency.zone) + dt.timedelta(days=7)
    load_policies(by=None, at=timezone.now())
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=cast.monday, by=None, at=timezone.now())
    return cast


def scores(cast) -> str:
    """Three good rows and one with an impossible year, as a spreadsheet exports them."""
    rows = [
        f"{person.nip},TAHUNAN,{cast.monday.year - 1},,P6,ATAS,ATAS," for person in (cast.sari, cast.budi, cast.eko)
    ]
    return HEADER + "\n".join([*rows, f"{cast.hadi.nip},TAHUNAN,1875,,P6,ATAS,ATAS,"]) + "\n"


def test_from_an_imported_score_to_a_day_that_moves(ministry, processes, chromium, shots, tmp_path):
    address = processes.web()
    read = lambda person, screen: Reader(chromium, address, person, screen, shots)  # noqa: E731
    _dewi_imports(read(ministry.dewi, DESK), scores(ministry), tmp_path)
    hadi = read(ministry.hadi, DESK)
    _hadi_approves(hadi)
    processes.beat()
    processes.worker()
    _hadi_publishes(hadi, ministry, processes)
    sari = read(ministry.sari, PHONE)
    asked = _sari_reads_and_asks(sari, ministry)
    _budi_approves(read(ministry.budi, PHONE))
    _the_day_has_moved(sari, ministry, asked, processes)


def _dewi_imports(dewi, text, tmp_path):
    """Upload, preview, take the good rows; what she imported she cannot approve."""
    (tmp_path / "nilai.csv").write_text(text, encoding="utf-8")
    dewi.page.goto("/admin/performance/importbatch/upload/")
    dewi.page.set_input_files("input[type=file]", tmp_path / "nilai.csv")
    dewi.page.click("form.portal-panel button[type=submit]")
    expect(dewi.page.locator(".portal-facts dd")).to_have_text(["3", "0", "0", "1"])
    expect(dewi.page.locator(".portal-table td code")).to_have_text(["tahun"])
    dewi.shot("1-import-preview")
    dewi.page.click("form[action$='/apply/'] button")
    dewi.page.goto("/admin/")
    expect(dewi.page.locator(".portal-panel .portal-primary")).to_have_count(0)  # nothing that she herself may approve


def _hadi_approves(hadi):
    hadi.page.goto("/admin/performance/appraisal/")
    expect(hadi.page.locator("#result_list tbody tr")).to_have_count(3)
    hadi.page.check("#action-toggle")
    hadi.page.select_option("select[name=action]", "approve_selected")
    hadi.shot("2-scores-to-approve")
    hadi.page.click("#changelist-actions button[type=submit], button[name=index]")
    expect(hadi.page.locator("body")).to_contain_text("3 ")
    hadi.page.goto("/admin/")
    hadi.shot("3-approved")


def _hadi_publishes(hadi, cast, processes):
    """The beat finds the week due; the first run waits for a person on the admin's first page."""

    def waits():
        hadi.page.goto("/admin/")
        return hadi.page.locator("form[action$='/publish/'] button").count()

    until(waits, "the run waits on the first page", log=processes.log, pause=0.5)
    expect(hadi.page.locator("body")).to_contain_text(week_name(cast.monday))
    hadi.shot("4-run-waits")
    hadi.page.click("form[action$='/publish/'] button")
    _hadi_publishes_the_plan(hadi, cast, processes)


def _hadi_publishes_the_plan(hadi, cast, processes):
    """The run is drafted into a plan, which waits on the first page; three clicks: open, look, publish."""
    drafted = "a[href*='/admin/schedules/plan/'][href$='/change/']"

    def waits():
        hadi.page.goto("/admin/")
        return hadi.page.locator(f"main {drafted}, #content {drafted}").count()

    until(waits, "the draft waits on the first page", log=processes.log, pause=0.5)
    assert not WfhDay.objects.filter(employee=cast.sari).exists()
    hadi.page.click(f"main {drafted}, #content {drafted}")
    hadi.shot("4-plan-draft")
    hadi.page.click("form[action$='/publish/'] button")
    until(lambda: WfhDay.objects.filter(employee=cast.sari).exists(), "the week is planned", log=processes.log)


def _sari_reads_and_asks(sari, cast):
    """Which day is mine: no tap. Why: one. Another day: three (ask, day, send)."""
    wednesday = cast.monday + dt.timedelta(days=2)
    assert WfhDay.objects.get(employee=cast.sari).date == wednesday
    sari.page.goto("/")
    expect(sari.page.locator("li", has_text="WFH")).to_contain_text([f"{wednesday.day} "])
    sari.shot("5-my-week", readable_by_all=True)
    sari.page.click(f"a[href='/why/{week_name(cast.monday)}/']")
    expect(sari.page.locator("main")).to_contain_text("Hadi Wijaya")
    expect(sari.page.locator("main")).to_contain_text("REWARD-2019")
    sari.shot("6-why", readable_by_all=True)
    sari.page.goto("/")
    sari.page.click(f"a[href*='/requests/new/'][href*='{cast.monday:%Y-%m}'], a[href*='/requests/new/']")
    day = sari.page.locator("input[name=date]").first
    asked = dt.date.fromisoformat(day.get_attribute("value"))
    day.check()
    sari.shot("7-another-day", readable_by_all=True)
    sari.page.click("main form button[type=submit]")
    assert Request.objects.get().date == asked
    return asked


def _budi_approves(budi):
    budi.page.goto("/approvals/")
    expect(budi.page.locator("main")).to_contain_text("Sari Rahmawati")
    budi.shot("8-approvals", readable_by_all=True)
    budi.page.click("form[action$='/approve/'] button")
    expect(budi.page.locator("form[action$='/approve/']")).to_have_count(0)


def _the_day_has_moved(sari, cast, asked, processes):
    sari.page.goto("/")
    expect(sari.page.locator("li", has_text="WFH")).to_contain_text([f"{asked.day} "])
    sari.shot("9-moved", readable_by_all=True)
    day = WfhDay.objects.active().get(employee=cast.sari)
    assert day.date == asked
    for name, where in (
        ("10-requests", "/requests/"),
        ("11-swap", f"/swaps/new/?day={day.pk}"),
        ("12-give-back", f"/days/{day.pk}/give-back/"),
        ("13-wishes", "/wishes/"),
        ("14-series", f"/requests/series/?date={asked}&until={asked + dt.timedelta(weeks=4)}"),
    ):
        sari.page.goto(where)
        sari.shot(name, readable_by_all=True)
    key = f"request-approved.{Request.objects.get().pk}."
    mailed = lambda: key in (processes.folder / "worker.log").read_text()  # noqa: E731
    until(mailed, "the mail is sent by the worker", log=processes.log)
