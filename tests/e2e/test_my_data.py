"""What is held about me, and what auditors read: on a phone and on a desk, readable by all."""

import datetime as dt

import pytest
from django.utils import timezone

from employees.models import Employee
from ledger import reading
from tests import factories

from .conftest import DESK, PHONE
from .reader import Reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MINE = ["/account/", "/account/data/", "/account/connections/", "/account/data/requests/"]


@pytest.fixture
def life(transactional_db, settings):
    settings.PASSWORD_HASHERS = ["wfh_portal.hashers.PortalArgon2Hasher"]
    cast = factories.cast()
    auditor = factories.employee(cast.root, "Ayu Pemeriksa")
    factories.grant(factories.account(auditor), "AUDITOR", cast.agency)
    cast.auditor = auditor
    sunday = dt.date(2026, 12, 6)
    factories.leave(cast.sari, sunday, sunday)
    factories.appraisal(cast.sari)
    Employee.objects.filter(pk=cast.sari.pk).update(grade="IV/a")
    for what in ("employees.employee", "performance.appraisal", "api-decision", "whole-record"):
        reading.seen(by=cast.dewi_user, people=[(cast.sari.pk, cast.agency.pk)], what=what, at=timezone.now())
    return cast


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_my_own_pages(life, processes, chromium, shots, screen, tmp_path):
    sari = Reader(chromium, processes.web(), life.sari, screen, shots)
    name = "phone" if screen is PHONE else "desk"
    for path in MINE:
        sari.page.goto(path)
        sari.page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        sari.shot(f"mine{path.replace('/', '-')}{name}", readable_by_all=True)
        assert sari.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    sari.page.goto("/account/data/")
    with sari.page.expect_download() as taken:
        sari.page.click("button[value=pdf]")
    taken.value.save_as(tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_the_auditors_pages(life, processes, chromium, shots, screen):
    """From the admin in two clicks."""
    ayu = Reader(chromium, processes.web(), life.auditor, screen, shots)
    name = "phone" if screen is PHONE else "desk"
    ayu.page.goto("/admin/employees/employee/")
    ayu.page.locator(f"a[href='/admin/record/{life.sari.pk}/']").first.click()
    ayu.page.wait_for_url(f"**/admin/record/{life.sari.pk}/")
    ayu.shot(f"record-{name}")
    for path in (f"/admin/readings/?account={life.dewi_user.pk}", "/admin/access/", "/admin/ledger/event/"):
        ayu.page.goto(path)
        ayu.shot(f"auditor-{path.split('/')[2]}-{name}")
