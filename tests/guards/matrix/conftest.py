import gc
import logging

import pytest
from django.db import connection, transaction
from django.template import Template, engines

from .asking import Watch
from .world import AT, World


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


@pytest.fixture(autouse=True)
def quiet():
    """Thousands of refusals are what is asked for here; each would be a line of the log, and its making a third of the
    time."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def unthrottled(monkeypatch, settings):
    """Thousands of calls a minute of one account are what these tests do."""
    settings.DENIED_PER_MINUTE = 10**9
    monkeypatch.setattr("ledger.throttle.Throttle.allow_request", lambda *_args: True)
