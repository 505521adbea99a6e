"""One person at a browser, for the stories."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from employees.actions.factors import factors_of, needs_factor
from tests.entering import an_app, next_code

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}


class Reader:
    """One person at a browser: their own session, their own screen, and no error on the console."""

    def __init__(self, browser, address, person, screen, shots):
        self.context = browser.new_context(viewport=screen, base_url=address, locale="id-ID")
        self.page, self.shots, self.errors = self.context.new_page(), shots, []
        self.page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))
        if needs_factor(person.user) and not factors_of(person.user).exists():
            an_app(person.user)
        self.page.goto("/accounts/login/")
        self.page.fill("input[name=login]", f"{person.nip[:8]} {person.nip[8:14]} {person.nip[14]} {person.nip[15:]}")
        self.page.fill("input[name=password]", "rahasia-sekali-1")
        self.page.click("main button[type=submit]")
        if needs_factor(person.user):
            self.page.fill("input[name=code]", next_code(person.user))
            self.page.click("main form:has(input[name=code]) button[type=submit]")
        expect(self.page).to_have_url(f"{address}/")

    def shot(self, name, *, readable_by_all=False):
        self.page.screenshot(path=self.shots / f"{name}.png", full_page=False)
        assert not self.errors
        if readable_by_all:
            found = Axe().run(self.page, options=WCAG)
            assert found.violations_count == 0, found.generate_report()
