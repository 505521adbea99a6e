"""A person's day is the day of their unit's place: the nearest unit with a zone of its own, else the agency's."""

import pytest

from employees.models import Employee, Unit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("root", "own", "zone"),
    [
        ("", "", "Asia/Jakarta"),  # the agency's
        ("Asia/Makassar", "", "Asia/Makassar"),  # from above
        ("Asia/Makassar", "Asia/Jayapura", "Asia/Jayapura"),  # the nearer one
    ],
)
def test_the_zone_comes_down_the_tree(cast, root, own, zone):
    Unit.objects.filter(pk=cast.root.pk).update(time_zone=root)
    Unit.objects.filter(pk=cast.general.pk).update(time_zone=own)
    sari = Employee.objects.with_zone().select_related("agency").get(pk=cast.sari.pk)
    assert sari.zone.key == zone


def test_without_a_placement_the_agencys_zone_counts(cast):
    cast.sari.placements.all().delete()
    assert Employee.objects.with_zone().select_related("agency").get(pk=cast.sari.pk).zone.key == "Asia/Jakarta"


def test_the_page_is_in_the_zone_of_the_unit(client, cast):
    Unit.objects.filter(pk=cast.general.pk).update(time_zone="Asia/Jayapura")
    client.force_login(cast.sari_user)
    response = client.get("/")
    assert response.context["reader"].zone.key == "Asia/Jayapura"
