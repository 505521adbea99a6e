"""Who sees whom: always asked for Eko and Ratna too, strangers rich in rights."""

import datetime as dt

import pytest
from psycopg2.extras import DateRange

from employees.models import Employee, RoleGrant, Unit
from tests import factories


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("sari", {"sari"}),
        ("budi", {"budi", "sari"}),
        ("dewi", {"sari", "budi", "dewi", "hadi", "eko"}),
        ("eko", {"eko"}),
        ("ratna", {"ratna"}),
    ],
)
def test_visible_people(cast, who, sees):
    seen = set(Employee.objects.visible_to(getattr(cast, f"{who}_user")))
    named = {n for n in ("sari", "budi", "dewi", "hadi", "eko", "ratna") if getattr(cast, n) in seen}
    assert named == sees


def test_a_grant_over_a_subtree_ends_at_its_edge(cast):
    officer = factories.account()
    factories.grant(officer, "HR_OFFICER", cast.agency, cast.planning)
    assert set(Employee.objects.visible_to(officer)) == {cast.eko, *cast.team}
    assert set(Unit.objects.visible_to(officer)) == {cast.planning}


def test_a_grant_that_ended_reaches_nothing(cast):
    officer = factories.account()
    factories.grant(officer, "HR_OFFICER", cast.agency, valid=DateRange(dt.date(2019, 1, 1), dt.date(2020, 1, 1)))
    assert not Employee.objects.visible_to(officer).exists()
    assert not officer.is_staff
    assert RoleGrant.objects.filter(user=officer).exists()
