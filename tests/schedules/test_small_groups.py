"""A place in a small group would tell a colleague's: the person reads whether they are among the best, and no more."""

import pytest
from django.test import Client

from eligibility import groups, queries
from eligibility.rules import TopShare
from employees.calendar import week_name
from performance.rating import Rating
from schedules.actions import weekly
from schedules.explaining import explain
from schedules.queries.my_data import held
from tests import factories
from tests.eligibility.cases import WEEK
from tests.eligibility.test_explained_is_computed import in_force

BEST = [{"rule": "TopShare", "percent": 50}]


@pytest.fixture
def ranked(cast, at):
    """Two people alone in a unit, and ten in another; the first of each is the best."""
    in_force(cast.agency, BEST)

    def unit_of(code, size):
        unit = factories.unit(cast.agency, code, f"Unit {code}")
        people = [factories.employee(unit, f"{code} {number}") for number in range(size)]
        for number, person in enumerate(people):
            factories.numeric(person, str(95 - number), Rating.GOOD)
        return people

    cast.two, cast.ten = unit_of("DUA", 2), unit_of("SEPULUH", 10)
    run = weekly.run_week(agency=cast.agency, track="UJI", week=WEEK, by=None, at=at, publish=True)
    assert queries.decision_at(run, cast.two[1].pk).reasons == ["R-PERINGKAT"]
    return cast


def read_by(viewer, person, **more):
    """What one reads of the ranking: sentence, facts by label, stored facts."""
    (view,) = explain(person, WEEK, viewer=viewer, **more).policies
    (outcome,) = view.rules
    return outcome.sentence, {fact.label for fact in outcome.facts}, set(view.evidence)


def told(read) -> bool:
    sentence, labels, evidence = read
    found = {"Place " in sentence, "Place by rating and score" in labels, "position" in evidence}
    assert len(found) == 1, read
    return found.pop()


@pytest.mark.parametrize("now", [False, True])
def test_in_a_unit_of_two_nobody_reads_a_place(ranked, at, english, now):
    more = {"now": at} if now else {}
    for number, expected in enumerate(("Among the best 50 % of the unit.", "Not among the best 50 % of the unit.")):
        person = ranked.two[number]
        read = read_by(factories.account(person), person, **more)
        assert read[0].startswith(expected)
        assert not told(read)
        assert told(read_by(ranked.dewi_user, person, **more))
        assert told(read_by(None, person, **more))
        person.user.delete()
    auditor = factories.account()
    factories.grant(auditor, "AUDITOR", ranked.agency)
    assert told(read_by(auditor, ranked.two[1], **more))


def test_in_a_unit_of_ten_everybody_does(ranked, english):
    person = ranked.ten[7]
    assert told(read_by(factories.account(person), person))
    assert read_by(person.user, person)[0].startswith("Place 8 of 10 in the unit")


def test_without_the_smallest_group_the_place_in_a_unit_of_two_is_told(ranked, monkeypatch, english):
    monkeypatch.setattr(groups, "SMALLEST", 0)
    assert told(read_by(factories.account(ranked.two[1]), ranked.two[1]))


def test_neither_page_nor_api_nor_the_copy_of_ones_data_tells_it(ranked, monkeypatch):
    me = factories.account(ranked.two[1])
    client = Client()
    client.cookies["language"] = "en"
    client.force_login(me)
    week = week_name(WEEK)

    def answers():
        page = client.get(f"/why/{week}/").content.decode()
        api = client.get(f"/api/v1/decisions/{ranked.two[1].public_id}~{week}/").json()
        (kept,) = [part.raw for part in held(me) if part.part.of.startswith("eligibility.Decision")]
        return page, api["policies"][0]["evidence"], kept[0]["evidence"]

    page, *evidence = answers()
    assert "Not among the best 50 % of the unit." in page
    assert "Place" not in page.split("<main")[1]
    assert [set(groups.RANK) & set(one) for one in evidence] == [set(), set()]
    monkeypatch.setattr(groups, "SMALLEST", 0)
    page, *evidence = answers()
    assert "Place 2 of 2 in the unit" in page
    assert all(set(groups.RANK) <= set(one) for one in evidence)


@pytest.mark.parametrize("among", ["UNIT", "AGENCY"])
@pytest.mark.parametrize("code", [None, "R-PERINGKAT"])
def test_each_sentence_without_a_place(english, among, code):
    said = TopShare(percent=30, among=among).sentence(code, {})
    assert "30 %" in said
    assert {"UNIT": "unit", "AGENCY": "agency"}[among] in said
    assert ("fewer than 10" in said) == (code is not None)
    assert groups.without_rank({"position": 1}, 9) == {}
    assert groups.without_rank({"position": 1}) == {"position": 1}
