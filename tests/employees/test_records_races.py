"""Two of HR at the same moment: a record is there once, and whoever comes second is told."""

import datetime as dt
import time

import pytest
from django.utils import timezone

from employees.actions import cancel_discipline, end_discipline, record_absence, record_discipline, record_fact, records
from employees.models import Absence, Discipline, Fact
from tests import factories
from tests.at_once import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
D = dt.date


@pytest.fixture
def house(transactional_db, monkeypatch):
    """The cast; between looking and writing a moment passes."""
    write = records._add

    def slowly(made, taken):
        time.sleep(0.2)
        write(made, taken)

    monkeypatch.setattr(records, "_add", slowly)
    return factories.cast()


def fact(cast, user, last):
    known = {"key": "jam", "text": "2,5", "first": D(2026, 1, 1), "last": last, "source": ""}
    return lambda: record_fact(employee=cast.sari, **known, by=user, at=timezone.now())


def test_a_fact_of_one_day_is_recorded_once_although_its_ends_differ(house):
    ends = fact(house, house.dewi_user, D(2026, 6, 30)), fact(house, house.hadi_user, D(2026, 12, 31))
    assert together(*ends) == [None, "TAKEN"]
    assert Fact.objects.count() == 1


def test_a_punishment_and_an_absence_are_recorded_once(house):
    known = {"level": "RINGAN", "first": D(2026, 3, 1), "last": None, "status": "DIJATUHKAN", "decree": "SK-7"}
    both = (house.dewi_user, house.hadi_user)

    def punish(user):
        return lambda: record_discipline(employee=house.sari, **known, by=user, at=timezone.now())

    def miss(user):
        day = {"date": D(2026, 3, 2), "kind": "ALPA"}
        return lambda: record_absence(employee=house.sari, **day, by=user, at=timezone.now())

    assert together(*map(punish, both)) == [None, "TAKEN"]
    assert together(*map(miss, both)) == [None, "TAKEN"]
    assert (Discipline.objects.count(), Absence.objects.count()) == (1, 1)


def test_what_one_cancels_the_other_cannot_end_at_the_same_moment(house):
    one = factories.discipline(house.sari, D(2026, 3, 1), D(2026, 8, 31), level="SEDANG")
    known = {"discipline_id": one.pk, "at": timezone.now()}
    outcomes = together(
        lambda: cancel_discipline(**known, by=house.dewi_user),
        lambda: end_discipline(**known, last=D(2026, 7, 31), by=house.hadi_user),
    )
    one.refresh_from_db()
    assert one.status == "DIBATALKAN"
    assert one.end == (D(2026, 7, 31) if outcomes == [None, None] else D(2026, 8, 31))
