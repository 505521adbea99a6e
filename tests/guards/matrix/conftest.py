import logging

import pytest
from django.db import connection, transaction

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
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.allow_request", lambda *_args: True)
