"""Two heads decide on one correction at the same moment: one counts; without the lock both would."""

import contextlib
import datetime as dt
import threading

import pytest
from django.utils import timezone

from eligibility import actions
from eligibility.actions import corrections as room
from eligibility.models import Correction
from employees.models import Role
from ledger.models import Event
from tests import factories
from tests.at_once import together

from .test_objections_races import house

__all__ = ["house"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
VERBS = ("correction.apply", "correction.dismiss")


def clicks(cast):
    factories.grant(cast.budi_user, Role.HR_HEAD, cast.agency)
    at = timezone.now()
    one = actions.propose_by_hand(
        run_id=cast.run.pk, employee_id=cast.sari.pk, eligible=True, reasons=[], by=cast.dewi_user, at=at, reason="SK"
    )

    def click(call, user):
        return lambda: call(correction_id=one.pk, by=user, at=at + dt.timedelta(minutes=1), reason="SK", version=1)

    return [click(actions.apply_correction, cast.hadi_user), click(actions.dismiss_correction, cast.budi_user)]


def test_of_two_decisions_at_once_one_counts(house):
    assert together(*clicks(house)) == ["DECIDED", None]
    assert Event.objects.filter(verb__in=VERBS).count() == 1


def test_twin_without_the_lock_both_would(house, monkeypatch):
    gate = threading.Barrier(2)

    def unlocked(pk):
        row = Correction.objects.select_related("run__policy", "agency", "employee").get(pk=pk)
        with contextlib.suppress(Exception):
            gate.wait(5)
        return row

    calls = clicks(house)
    monkeypatch.setattr(room, "_locked", unlocked)
    assert together(*calls) == [None, None]
    assert Event.objects.filter(verb__in=VERBS).count() == 2
