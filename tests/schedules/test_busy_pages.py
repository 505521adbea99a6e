"""Who waits in vain for somebody else's change reads what to do, on pages and in the admin."""

import pytest
from django.db import OperationalError
from psycopg2.errors import DeadlockDetected, LockNotAvailable

from schedules.models import UnitRule

from .pages import as_, text

SAID = "Somebody else is changing the same thing. Try again in a few seconds."


def english(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def raising(error):
    def busy(*args, **kwargs):
        raise OperationalError("no lock") from error

    return busy


@pytest.mark.parametrize("error", [LockNotAvailable, DeadlockDetected])
def test_a_page_asks_to_try_again(lent, waiting, monkeypatch, error):
    monkeypatch.setattr("schedules.actions.requests.taking_back.lock_units_of", raising(error()))
    answer = english(lent.sari_user).post(f"/requests/{waiting.pk}/withdraw/", {"version": 1})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert SAID in text(answer)
    waiting.refresh_from_db()
    assert waiting.state == "SENT"


def test_the_admin_asks_to_try_again(cast, now, monkeypatch):
    monkeypatch.setattr("schedules.admin.unit_rules.set_rule", raising(LockNotAvailable()))
    typed = {"kind": "MIN_PRESENT", "percent": "40", "unit": "REN", "slot": "FULL", "since": "2026-11-23"}
    answer = english(cast.dewi_user).post("/admin/schedules/unitrule/add/", typed)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert SAID in text(answer)
    assert not UnitRule.objects.exists()


def test_another_failure_of_the_database_stays_one_of_ours(lent, waiting, monkeypatch):
    monkeypatch.setattr("schedules.actions.requests.taking_back.lock_units_of", raising(None))
    client = english(lent.sari_user)
    client.raise_request_exception = False
    assert client.post(f"/requests/{waiting.pk}/withdraw/", {"version": 1}).status_code == 500
