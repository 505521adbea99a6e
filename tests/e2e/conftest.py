"""A real browser on real processes. Where Chromium is missing, one line says how to install it."""

import os
import shutil
from pathlib import Path

import pytest
from django.db import connections

from tests.rig import rig

CHROMIUM = next(filter(None, (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture(scope="session", autouse=True)
def found_chromium():
    if CHROMIUM is None:
        pytest.skip("browser tests need Chromium; on Debian: apt-get install chromium")
    # Playwright keeps an event loop in this thread; Django's own check would take it for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture
def chromium(found_chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def processes(transactional_db, tmp_path):
    with rig(tmp_path) as made:
        yield made
    connections.close_all()


@pytest.fixture
def shots():
    """The folder for screenshots (`SHOTS`, default artifacts/)."""
    folder = Path(os.environ.get("SHOTS", "artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
