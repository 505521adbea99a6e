"""Unit × day: the numbers, the minimum line, the units below, and a constant number of queries."""

import datetime as dt

import pytest
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from employees.models import Holiday
from schedules.models import UnitRule
from schedules.queries.team import heatmap
from tests import factories

from .conftest import WEEK

DATES = [WEEK + dt.timedelta(days=n) for n in range(5)]
WEDNESDAY, THURSDAY, FRIDAY = DATES[2:]


def rule(cast, unit, kind, **fields):
    return UnitRule.objects.create(agency=cast.agency, unit=unit, kind=kind, valid=factories.ALWAYS, **fields)


def cell(cast, unit, date, **options):
    (found,) = (one for _unit, one in heatmap(cast.agency, [unit], DATES, **options).on(date))
    return found


def test_the_numbers_of_a_unit_and_its_minimum(planned):
    rule(planned, planned.planning, "MIN_PRESENT", percent=50)  # of four: two
    factories.leave(planned.team[0], THURSDAY, THURSDAY)
    one = cell(planned, planned.planning, WEDNESDAY)
    assert (one.size, one.present + one.home, one.minimum, one.away) == (4, 4, 2, 0)
    assert one.state == ("OK" if one.present > 2 else "TIGHT" if one.present == 2 else "SHORT")
    assert cell(planned, planned.planning, THURSDAY).present == 3


@pytest.mark.parametrize(("minimum", "state"), [(1, "OK"), (4, "TIGHT"), (5, "SHORT")])
def test_the_state_names_the_distance_to_the_minimum(planned, minimum, state):
    rule(planned, planned.planning, "MIN_PRESENT", number=minimum)
    assert cell(planned, planned.planning, THURSDAY).state == state


def test_a_half_day_counts_where_it_is_tightest(planned):
    rule(planned, planned.planning, "MIN_PRESENT", number=5, slot="PM")
    one = cell(planned, planned.planning, THURSDAY)
    assert (one.minimum, one.short) == (5, 1)


def test_days_off_and_closed_days_carry_their_reason(planned):
    Holiday.objects.create(date=FRIDAY, name="Hari Contoh")
    rule(planned, planned.planning, "BLACKOUT", date=THURSDAY, reason="Audit")
    assert (cell(planned, planned.planning, FRIDAY).state, cell(planned, planned.planning, FRIDAY).note) == (
        "OFF",
        "Hari Contoh",
    )
    assert cell(planned, planned.planning, THURSDAY).note == "Audit"


def test_units_below_are_counted_in_on_demand(planned):
    rule(planned, planned.planning, "MIN_PRESENT", number=5)
    alone, whole = cell(planned, planned.root, THURSDAY), cell(planned, planned.root, THURSDAY, below=True)
    assert (alone.size, alone.state) == (2, "OK")  # Dewi and Hadi
    assert (whole.size, whole.minimum, whole.short, whole.state) == (8, 5, 1, "SHORT")


def test_the_share_at_home_is_the_smaller_of_policy_and_unit(planned):
    type(planned.general).objects.filter(pk=planned.general.pk).update(wfh_quota_percent=50)
    assert cell(planned, planned.general, THURSDAY).cap == 1
    assert cell(planned, planned.general, dt.date(2026, 12, 4)).home == 0


@pytest.mark.parametrize("below", [False, True])
def test_queries_do_not_grow_with_the_units(planned, below):
    counts = []
    for units in ([planned.general], [planned.general, planned.planning, planned.root]):
        with CaptureQueriesContext(
            connection,
        ) as ran:
            heatmap(planned.agency, units, DATES, below=below)
        counts.append(len(ran))
    assert counts[0] == counts[1] <= 9


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("wide", [False, True])
def test_drawn_with_a_line_a_name_and_the_same_numbers_as_a_table(planned, language, wide):
    rule(planned, planned.planning, "MIN_PRESENT", number=5)
    made = heatmap(planned.agency, [planned.planning, planned.general], DATES)
    page = Template("{% load heat %}{% heatmap made wide=wide units='?unit=' %}").render(
        Context({"made": made, "wide": wide})
    )
    with override(language):
        assert 'role="img"' in page
        assert "<title" in page
        assert "<desc" in page
        assert page.count('class="minimum"') == len([d for d in DATES])  # only the unit with a minimum
        assert f'href="?unit={planned.planning.pk}"' in page
        assert "style=" not in page
        assert page.count("<td>") == 2 * len(DATES)


def test_nothing_to_draw(planned):
    assert heatmap(planned.agency, [], DATES).rows == []
