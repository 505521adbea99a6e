"""The same write sent many times at once under one key acts once; without the store it acts as often as it is sent."""

import datetime as dt
import threading

import pytest
from django.db import connections
from django.utils import timezone

from eligibility.actions import load_policies, put_in_force
from employees.calendar import week_of
from ledger import replies
from ledger.models import Event, Reply
from schedules.actions import weekly
from schedules.models import Request, WfhDay
from tests import factories
from tests.schedules.calls import Caller

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AT_ONCE = 6


@pytest.fixture
def planned(transactional_db):
    cast, now = factories.cast(), timezone.now()
    cast.monday = week_of(now, cast.agency.zone) + dt.timedelta(days=7)
    load_policies(by=None, at=now)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=cast.monday, by=None, at=now)
    factories.appraisal(cast.sari, year=cast.monday.year - 1, at=now)
    weekly.run_week(agency=cast.agency, track="REWARD", week=cast.monday, by=None, at=now, publish=True)
    cast.day = WfhDay.objects.get(employee=cast.sari)
    other = cast.monday + dt.timedelta(days=3 if cast.day.date.weekday() != 3 else 4)
    cast.draft = {"kind": "MOVE", "date": other.isoformat(), "gives_up": cast.day.pk, "draft": True}
    return cast


def at_once(user, body, key):
    """The same POST from threads of their own at the same moment; the answers."""
    callers, gate, answers = [Caller(user) for _n in range(AT_ONCE)], threading.Barrier(AT_ONCE), []

    def one(caller):
        gate.wait()
        try:
            answers.append(caller.post("requests/", body, key=key))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == AT_ONCE
    return answers


def test_one_effect_whoever_is_first(planned):
    """Drafts, since no rule of the days would stop a second one: only the key does."""
    for n in range(5):
        answers = at_once(planned.sari_user, planned.draft, key=f"k-{n}")
        made = [answer for answer in answers if answer.status_code == 201]
        busy = [answer for answer in answers if answer.status_code == 409]
        assert len(made) >= 1
        assert len(made) + len(busy) == AT_ONCE
        assert sum("Idempotent-Replayed" not in answer for answer in made) == 1
        assert len({answer.content for answer in made}) == 1
        assert all(answer.json()["code"] == "IN_PROGRESS" and answer["Retry-After"] == "5" for answer in busy)
        assert Request.objects.count() == n + 1
    assert Event.objects.filter(verb="request.draft").count() == 5
    assert Reply.objects.filter(status=201).count() == 5


def test_without_the_store_each_of_them_acts(planned, monkeypatch):
    """The twin: every caller is told that the key is its own. The rig does see the race."""

    def everybodys(*, user_id, key, digest, at):
        return Reply(user_id=user_id, key=key, digest=digest, at=at)

    monkeypatch.setattr(replies, "claim", everybodys)
    monkeypatch.setattr(replies, "keep", lambda reply, **kwargs: True)
    answers = at_once(planned.sari_user, planned.draft, key="k")
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert Request.objects.count() == AT_ONCE
