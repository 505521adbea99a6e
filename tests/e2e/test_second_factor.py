"""The second factor in a real browser: set up before anything else, then asked for at each log-in; a passkey too."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from employees.actions.factors import code_now
from tests import factories

from .conftest import DESK, PHONE
from .reader import WCAG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db, settings):
    settings.PASSWORD_HASHERS = ["wfh_portal.hashers.PortalArgon2Hasher"]
    return factories.cast()


class Newcomer:
    """Somebody at the log-in page, with an authenticator that Chromium plays."""

    def __init__(self, chromium, address, screen, shots):
        self.context = chromium.new_context(viewport=screen, base_url=address, locale="id-ID")
        self.page, self.shots, self.errors = self.context.new_page(), shots, []
        self.page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))
        self.key = self.context.new_cdp_session(self.page)
        self.key.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        self.key.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def enter(self, person):
        self.page.goto("/accounts/login/")
        self.page.fill("input[name=login]", person.nip)
        self.page.fill("input[name=password]", "rahasia-sekali-1")
        self.page.click("main button[type=submit]")

    def shot(self, name):
        from axe_playwright_python.sync_playwright import Axe

        self.page.screenshot(path=self.shots / f"{name}.png", full_page=True)
        assert not self.errors
        found = Axe().run(self.page, options=WCAG)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_hr_sets_up_an_app_and_then_a_passkey_and_comes_in_by_each(cast, processes, chromium, shots, screen):
    processes.environment["ALLOWED_HOSTS"] = "127.0.0.1,localhost"
    address = processes.web().replace("127.0.0.1", "localhost")  # a passkey belongs to a name, not to a number
    size = "phone" if screen is PHONE else "desk"
    dewi = Newcomer(chromium, address, screen, shots)
    dewi.enter(cast.dewi)
    dewi.page.goto("/admin/")
    expect(dewi.page).to_have_url(re.compile("/account/factors/$"))
    dewi.shot(f"factor-1-asked-{size}")
    dewi.page.click("a[href='/account/factors/app/']")
    secret = dewi.page.locator("ol code").inner_text().replace(" ", "")
    dewi.shot(f"factor-2-app-{size}")
    dewi.page.fill("input[name=code]", _code(secret))
    dewi.page.click("form[action='/account/factors/app/'] button[type=submit]")
    expect(dewi.page.locator(".secrets code")).to_have_count(10)
    recovery = dewi.page.locator(".secrets code").first.inner_text()
    dewi.shot(f"factor-3-codes-{size}")
    dewi.page.goto("/account/factors/passkey/")
    dewi.page.fill("input[name=name]", "Laptop kantor")
    dewi.shot(f"factor-4-passkey-{size}")
    dewi.page.click("form[data-passkey] button[type=submit]")
    expect(dewi.page.locator("main")).to_contain_text("Laptop kantor")
    dewi.shot(f"factor-5-both-{size}")
    dewi.page.goto("/account/")
    dewi.page.click("form[action='/accounts/logout/'] button")

    dewi.enter(cast.dewi)
    expect(dewi.page).to_have_url(re.compile("/accounts/code/"))
    dewi.shot(f"factor-6-log-in-{size}")
    dewi.page.click("form[data-passkey] button[type=submit]")
    dewi.page.wait_for_url(f"{address}/")
    dewi.page.goto("/admin/")
    expect(dewi.page).to_have_url(f"{address}/admin/")

    for name, where in (("devices", "/account/devices/"), ("connections", "/account/connections/")):
        dewi.page.goto(where)
        dewi.shot(f"{name}-{size}")

    other = Newcomer(chromium, address, screen, shots)
    other.enter(cast.dewi)
    other.page.click("form[data-passkey] button[type=submit]")
    expect(other.page.locator("[data-passkey-failed]")).to_be_visible()
    other.errors.clear()
    other.page.fill("input[name=code]", recovery)
    other.page.click("main form:has(input[name=code]) button[type=submit]")
    other.page.wait_for_url(f"{address}/")
    assert Authenticator.objects.filter(user=cast.dewi.user).count() == 3


def _code(secret: str) -> str:
    from django.utils import timezone

    return code_now(secret, timezone.now())
