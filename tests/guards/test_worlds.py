"""The worlds that tests begin with: made once, the same for each, and out of the way of who wants none."""

import pytest

from employees.models import Agency, Employee
from tests import factories, worlds
from tests.worlds import world


@world
def renamed(cast):
    Employee.objects.filter(pk=cast.sari.pk).update(name="Sari Baru")
    cast.sari.refresh_from_db()
    return cast


@pytest.fixture
def first_row(db):
    return factories.agency("LEBIH DULU", "Badan Lebih Dulu")


def standing():
    return [make.__name__ for make, *_ in worlds._standing]


@pytest.mark.parametrize("time", [1, 2, 3])
def test_what_a_test_changes_the_next_does_not_find(cast, time):
    assert standing() == ["cast"]
    assert (cast.sari.name, Employee.objects.get(pk=cast.sari.pk).name) == ("Sari Rahmawati",) * 2
    assert not hasattr(cast, "left")
    cast.sari.name, cast.left = "Sari Lain", "lying here"
    cast.sari.save()
    Agency.objects.filter(pk=cast.other.pk).update(name="Badan Lain Lagi")


@pytest.mark.parametrize("time", [1, 2])
def test_a_world_stands_on_another_and_both_speak_of_the_same_objects(cast, renamed, time):
    assert standing() == ["cast", "renamed"]
    assert cast is renamed
    assert cast.sari_user.employee is cast.sari
    assert cast.sari.name == "Sari Baru"


def test_who_asks_for_no_world_finds_an_empty_house(db):
    assert standing() == []
    assert not Agency.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_makes_its_own(cast):
    assert standing() == []
    assert Agency.objects.count() == 2


def test_a_row_of_before_comes_before_the_world(first_row, cast):
    assert standing() == []
    assert first_row.pk < cast.agency.pk
