"""Two officers answer one request at the same moment: one wins, the other is told; without the lock both would."""

import contextlib
import threading
import time

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from employees import actions
from employees.actions import data_requests as room
from employees.models import DataRequest
from ledger.models import Event
from tests import factories
from tests.at_once import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ANSWERS = ("data.correction-done", "data.correction-refused")


@pytest.fixture
def house(transactional_db):
    cast = factories.cast()
    cast.one = actions.ask_correction(
        about="OTHER", wrong="Keliru", wanted="Benar", by=cast.sari_user, at=timezone.now()
    )
    return cast


def answers(cast):
    def answer(user, done):
        return lambda: actions.answer_correction(
            request_id=cast.one.pk, done=done, answer="Sudah diperiksa", version=1, by=user, at=timezone.now()
        )

    return [answer(cast.dewi_user, True), answer(cast.hadi_user, False)] * 2


def test_two_answers_at_once_and_one_counts(house):
    assert together(*answers(house)) == ["ANSWERED"] * 3 + [None]
    assert DataRequest.objects.get().version == 2
    assert Event.objects.filter(verb__in=ANSWERS).count() == 1


def test_answer_and_withdrawal_at_once(house):
    def withdraw():
        actions.withdraw_correction(request_id=house.one.pk, by=house.sari_user, at=timezone.now())

    assert together(answers(house)[0], withdraw) == ["ANSWERED", None]


def test_without_the_lock_more_than_one_would_count(house, monkeypatch):
    """The twin: the same clicks with `select_for_update` off."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self)
    gate, check = threading.Barrier(4), room._check_open

    def slow(one):
        check(one)
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(10)
        time.sleep(0.05)

    monkeypatch.setattr(room, "_check_open", slow)
    assert together(*answers(house)).count(None) > 1
