import copy
import gc
import logging
from functools import cached_property

import pytest
from django.db import connection, transaction
from django.template import Template, engines

from employees.login import NipBackend
from employees.views import Reader
from wfh_portal.context import Frame

from .asking import Watch
from .world import AT, World

OF_THE_FRAME = ("waiting", "lenders", "decides", "oversees")


@pytest.fixture(scope="module")
def clock():
    """Monday 23 November 2026, 09:00 in Jakarta, for as long as the world stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: AT)
        yield AT


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, clock):
    """Built once for a module, in a transaction that never ends well."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)
    connection.close()


@pytest.fixture(scope="module")
def watch(world):
    return Watch()


@pytest.fixture(scope="module", autouse=True)
def swift():
    """Thousands of pages: without the notes that Django's test client takes of every template, without the search for
    misspelt variables (other tests render the same pages) and seldom looking for garbage."""
    engine = engines["django"].engine
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", lambda self, context: self.nodelist.render(context))
        patch.setattr(engine, "string_if_invalid", "")
        often = gc.get_threshold()
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        yield
        gc.set_threshold(*often)
        gc.unfreeze()


@pytest.fixture(scope="module")
def remembered(world):
    """Every question of the matrix is undone, so the next one would find of its asker what the last one found: the
    account with its rights, and what the frame of a page says to it. Each is asked for once, and a copy handed out."""
    accounts, read = {}, {}
    real = NipBackend.get_user

    def account(self, pk):
        if pk not in accounts:
            accounts[pk] = found = real(self, pk)
            _ = found and (found.reach, found.employee and found.employee.agency)
        return copy.deepcopy(accounts[pk])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NipBackend, "get_user", account)
        for kind, name in [(Reader, "person"), *((Frame, one) for one in OF_THE_FRAME)]:
            patch.setattr(kind, name, _once(getattr(kind, name).func, read, name))
        yield


def _once(compute, kept: dict, name: str) -> cached_property:
    def found(reader):
        key = name, reader.user.pk
        if key not in kept:
            kept[key] = compute(reader)
        return copy.deepcopy(kept[key])

    made = cached_property(found)
    made.__set_name__(Reader, name)
    return made


@pytest.fixture(autouse=True)
def quiet():
    """Thousands of refusals are what is asked for here; each would be a line of the log, and its making a third of the
    time."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def pushing(settings):
    """Web push is on, so that switching it on and off can succeed; nothing is sent, for no worker runs."""
    settings.WEBPUSH_PUBLIC_KEY = settings.WEBPUSH_PRIVATE_KEY = "key"


@pytest.fixture(autouse=True)
def unthrottled(monkeypatch, settings):
    """Thousands of calls a minute of one account are what these tests do."""
    settings.DENIED_PER_MINUTE = 10**9
    monkeypatch.setattr("ledger.throttle.Throttle.allow_request", lambda *_args: True)
