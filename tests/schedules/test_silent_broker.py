"""A broker that takes calls and never answers, as a stopped Redis does, holds nobody up (★10, F23).

Its kernel still accepts connections, so nothing is refused and every time limit would be waited out. No door speaks to
it: sessions, counts and limits stand in PostgreSQL, and so does what must follow.
"""

import contextlib
import socket
import time

import pytest
from django.core import mail
from django.test import Client

from ledger.models import Outbox
from schedules import tasks
from schedules.models import Request

from .calls import Caller
from .pages import as_


@pytest.fixture
def silence(settings, monkeypatch):
    """Where the broker should be, somebody listens and says nothing; gives how many have called since."""
    from wfh_portal.celery import app

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        settings.CELERY_BROKER_URL = f"redis://:x@127.0.0.1:{listener.getsockname()[1]}/0"
        monkeypatch.setitem(app.conf.changes, "broker_url", settings.CELERY_BROKER_URL)

        def callers() -> int:
            count = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    listener.accept()[0].close()
                    count += 1
            return count

        yield callers


@pytest.mark.parametrize("door", ["api", "page"])
def test_a_decision_is_taken_at_once_and_told_later(lent, waiting, silence, door):
    as_(lent.budi_user).get("/approvals/")  # templates are read once; what counts is the wait for somebody else
    begun = time.monotonic()
    if door == "api":
        answer = Caller(lent.budi_user).post(f"requests/{waiting.pk}/approve/", match=1)
    else:
        answer = as_(lent.budi_user).post(f"/approvals/{waiting.pk}/approve/", {"version": 1})
    assert answer.status_code == {"api": 200, "page": 302}[door]
    assert time.monotonic() - begun < 2
    assert silence() == 0
    waiting.refresh_from_db()
    assert waiting.state == Request.State.APPROVED
    told = Outbox.objects.filter(kind=Outbox.Kind.MAIL, done_at__isnull=True)
    assert told.exists()
    tasks.drain_mail()  # a worker, once the broker is well again
    assert mail.outbox
    assert not told.exists()


def test_whether_it_answers_is_told_within_a_second(lent, silence):
    """The twin: who does speak to it waits, here for half a second, and is seen to have called."""
    begun = time.monotonic()
    answer = Client().get("/readyz")
    assert 0.4 < time.monotonic() - begun < 2
    assert (answer.status_code, answer.json()["broker"]) == (200, "down")
    assert silence() == 1
