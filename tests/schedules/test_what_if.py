"""What if on a page: who may ask, what is shown, which units break, and that nothing is stored."""

import datetime as dt

import pytest
from django.db import OperationalError
from psycopg2.errors import QueryCanceled

from eligibility.models import Policy
from eligibility.queries.what_if import with_numbers
from performance.rating import Rating
from schedules.actions import weekly
from schedules.actions.unit_rules import set_rule
from schedules.models import WfhDay
from schedules.queries.what_if import PUBLISHED, NothingToCompare, what_if
from tests import factories
from tests.eligibility.test_what_if import rows
from tests.employees.roles import somebody
from tests.worlds import world

from .pages import as_, text
from .weeks import WEEK, in_force

pytestmark = pytest.mark.usefixtures("english")

PAGE = "/admin/what-if/"


@world
def tiered(cast, now):
    """REWARD-2019 in force; in Perencanaan Eko is very good and his team of three good, in Umum both are very good."""
    in_force(cast.agency, now)
    for person in (cast.sari, cast.budi, cast.eko):
        factories.appraisal(person)
    for person in cast.team:
        factories.appraisal(person, rating=Rating.GOOD)
    cast.policy = Policy.objects.get(code="REWARD-2019")
    return cast


def asked(cast, at, numbers=None, policy=None, **how):
    policy = with_numbers(policy or cast.policy, numbers or {"MinimumRating.minimum": "4"})
    return what_if(agency=cast.agency, policy=policy, week=WEEK, at=at, **how)


def line_of(found, unit):
    return next(line for line in found.units if line.unit_id == unit.pk)


def client_of(cast, who, language="en"):
    client = as_(somebody(cast, who))
    client.cookies["language"] = language
    return client


# --- counts -------------------------------------------------------------------------------------------


def test_units_ratings_and_reasons_by_name(tiered, now):
    found = asked(tiered, now, names=True)
    planning = line_of(found, tiered.planning)
    assert (planning.name, planning.people, planning.before, planning.after) == ("Biro Perencanaan", 4, 1, 4)
    assert (planning.gained, planning.lost, planning.share_before, planning.share_after) == (3, 0, 25, 100)
    assert found.units[0] == planning  # where most changes comes first
    assert [(line.people, line.before, line.after) for line in found.ratings] == [(3, 3, 3), (3, 0, 3), (2, 0, 0)]
    changes = {line.code: line.change for line in found.reasons}
    assert changes["R-PREDIKAT"] == -3
    assert [(one.employee.name, one.unit) for one in found.gained] == [
        (person.name, "Biro Perencanaan") for person in tiered.team
    ]
    assert all(one.was and not one.now for one in found.gained)
    assert found.lost == []


def test_without_names_nobody_is_named(tiered, now):
    found = asked(tiered, now)
    assert (found.totals["gained"], found.gained, found.lost) == (3, [], [])


def test_beside_the_newest_published_week(tiered, now):
    weekly.run_week(agency=tiered.agency, track="REWARD", week=WEEK, by=None, at=now, publish=True)
    factories.appraisal(factories.employee(tiered.general, "Baru", tiered.budi))
    found = asked(tiered, now, {"MinimumRating.minimum": "5"}, against=PUBLISHED)
    assert (found.totals["gained"], found.totals["lost"]) == (1, 0)
    assert found.run.week == WEEK


def test_without_a_published_week_it_says_so(tiered, now):
    with pytest.raises(NothingToCompare):
        asked(tiered, now, against=PUBLISHED)


def test_without_a_policy_in_force_nobody_was_eligible(cast, now):
    in_force(cast.other, now)
    factories.appraisal(cast.sari)
    found = asked(cast, now, {"MinimumRating.minimum": "5"}, policy=Policy.objects.get(code="REWARD-2019"))
    assert (found.before, found.totals["before"], found.totals["gained"]) == (None, 0, 1)


# --- staffing -----------------------------------------------------------------------------------------


def test_a_unit_breaks_where_its_minimum_leaves_no_place(tiered, now):
    """Wednesday only, three of four must be at the office: one place, which one person needs before and four after."""
    assert line_of(asked(tiered, now), tiered.planning).staffed_after.missing == 0
    set_rule(
        by=tiered.dewi_user,
        agency=tiered.agency,
        unit=tiered.planning,
        kind="MIN_PRESENT",
        number=3,
        since=now.date(),
        reason="Loket",
        at=now,
    )
    found = asked(tiered, now)
    (line,) = found.breaking
    assert line.unit_id == tiered.planning.pk
    assert (line.staffed_before.missing, line.staffed_before.earned) == (0, 1)
    after = line.staffed_after
    assert (after.earned, after.missing, after.without, after.code) == (4, 3, 3, "R-KEHADIRAN-MINIMUM")
    assert line.hindrance == "Minimum at the office"


def test_a_smaller_share_at_home_breaks_a_unit_without_anybody_gaining(tiered, now):
    """Wednesday only, both of Umum eligible: with a quarter at home (at least one) the second finds no place."""
    found = asked(tiered, now, {"UnitCap.percent": "25"})
    (line,) = found.breaking
    assert (line.unit_id, line.turned) == (tiered.general.pk, 0)
    assert (line.staffed_after.missing, line.staffed_after.code) == (1, "R-KUOTA-UNIT")
    assert asked(tiered, now, {"UnitCap.percent": "25", "Weekday.days": "1,2,3,4,5"}).breaking == []


def test_the_worst_unit_comes_first(tiered, now):
    found = asked(tiered, now, {"MinimumRating.minimum": "4", "UnitCap.percent": "25"})
    assert [(line.name, line.staffed_after.missing) for line in found.breaking] == [
        ("Biro Perencanaan", 3),
        ("Biro Umum", 1),
    ]


def test_days_that_are_there_already_do_not_count(tiered, now):
    before = asked(tiered, now, {"UnitCap.percent": "50"})
    weekly.run_week(agency=tiered.agency, track="REWARD", week=WEEK, by=None, at=now, publish=True)
    assert WfhDay.objects.exists()
    assert asked(tiered, now, {"UnitCap.percent": "50"}).units == before.units


def test_a_staffed_post_counts_as_if_nobody_were_at_home(tiered, now):
    eko = tiered.eko.placements.get()
    type(eko).objects.filter(pk=eko.pk).update(job_title="Operator")
    set_rule(
        by=tiered.dewi_user,
        agency=tiered.agency,
        unit=tiered.planning,
        kind="STAFFED_POST",
        number=1,
        post="Operator",
        since=now.date(),
        reason="Loket",
        at=now,
    )
    found = line_of(asked(tiered, now), tiered.planning)
    assert (found.staffed_after.missing, found.staffed_after.code) == (1, "R-POS-WAJIB")
    WfhDay.objects.create(
        employee=tiered.eko, agency=tiered.agency, unit=tiered.planning, date=WEEK, track="REWARD", origin="REQUEST"
    )
    assert line_of(asked(tiered, now), tiered.planning) == found


def test_whoever_is_on_leave_all_week_needs_no_place(tiered, now):
    factories.leave(tiered.eko, WEEK, WEEK + dt.timedelta(days=5))
    line = line_of(asked(tiered, now), tiered.planning)
    assert (line.after, line.staffed_after.earned) == (4, 3)


# --- nothing is stored, and how much is asked ----------------------------------------------------------


def test_the_page_stores_nothing(tiered, now):
    weekly.run_week(agency=tiered.agency, track="REWARD", week=WEEK, by=None, at=now, publish=True)
    client = client_of(tiered, "hadi")
    client.get(PAGE)
    before = rows()
    answer = client.get(PAGE, {"policy": tiered.policy.pk, "MinimumRating.minimum": "4"})
    assert answer.status_code == 200
    after = rows()
    assert {name for name in before if before[name] != after[name]} <= {"employees_session"}


@pytest.mark.parametrize("people", [1, 3])
def test_the_number_of_queries(tiered, now, django_assert_num_queries, people):
    for n in range(people):
        unit = factories.unit(tiered.agency, f"B{n}", f"Bagian {n}", tiered.root)
        factories.appraisal(factories.employee(unit, f"Tambahan {n}"), rating=Rating.GOOD)
    client = as_(tiered.dewi_user)
    with django_assert_num_queries(26):
        client.get(PAGE, {"policy": tiered.policy.pk, "MinimumRating.minimum": "4"})


# --- the page -----------------------------------------------------------------------------------------


def test_the_form_comes_first_and_the_answer_with_the_policy(tiered):
    client = client_of(tiered, "dewi")
    first = client.get(PAGE)
    assert first.context["found"] is None
    assert "Choose and calculate" in text(first)
    answer = client.get(PAGE, {"policy": tiered.policy.pk, "of": tiered.policy.pk, "MinimumRating.minimum": "4"})
    page = text(answer)
    assert "3 people gain, 0 people lose" in page
    assert "with other numbers" in page
    assert page.count("<svg role=") == 2
    for person in tiered.team:
        assert person.nip in page
    assert [line.name for line in answer.context["plotted"]] == ["Biro Perencanaan"]
    assert "2026-W49" in page


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_page_opens_in_both_languages_for_every_policy(tiered, language):
    client = client_of(tiered, "auditor", language)
    for policy in Policy.objects.all():
        assert client.get(PAGE, {"policy": policy.pk}).context["error"] == "", policy


def test_a_policy_with_a_rule_that_is_gone_says_so(tiered):
    rules = [*tiered.policy.rules, {"rule": "Gone", "x": 1}]
    gone = Policy.objects.create(code="LAMA", version=1, name_id="Lama", agency=tiered.agency, rules=rules)
    answer = client_of(tiered, "dewi").get(PAGE, {"policy": gone.pk})
    assert answer.status_code == 200
    assert "Gone" in answer.context["error"]


def test_a_breaking_unit_is_named_with_what_stands_in_the_way(tiered, now):
    page = text(
        client_of(tiered, "dewi").get(
            PAGE, {"policy": tiered.policy.pk, "MinimumRating.minimum": "4", "UnitCap.percent": "25"}
        )
    )
    assert "The staffing of 2 units breaks" in page
    assert "Unit&#x27;s share at home" in page


def test_the_run_leads_here_with_its_policy_and_week(tiered, now):
    run = weekly.run_week(agency=tiered.agency, track="REWARD", week=WEEK, by=None, at=now)
    client = client_of(tiered, "dewi")
    address = f"{PAGE}?agency={tiered.agency.pk}&amp;policy={tiered.policy.pk}&amp;week=2026-W49"
    assert address in text(client.get(f"/admin/eligibility/run/{run.pk}/change/"))
    assert client.get(address.replace("&amp;", "&")).context["found"].week == WEEK


def test_numbers_typed_for_another_policy_are_forgotten(tiered):
    other = Policy.objects.exclude(pk=tiered.policy.pk).filter(track="REWARD").first()
    answer = client_of(tiered, "dewi").get(
        PAGE, {"policy": other.pk, "of": tiered.policy.pk, "MinimumRating.minimum": "1", "Nothing.here": "1"}
    )
    assert (answer.context["error"], answer.context["changed"]) == ("", [])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"MinimumRating.minimum": "9"}, "whole number from 1 to 5"),
        ({"MinimumRating.minimum": "a\0"}, "cannot be read"),
        ({"Nothing.here": "1"}, "is no number of this policy"),
        ({"week": "2026-W99"}, "2026-W99"),
        ({"week": "\0x"}, "x"),
        ({"against": "published"}, "No week of this track is published yet"),
    ],
)
def test_what_cannot_be_computed_is_said_and_what_was_typed_stays(tiered, given, said):
    answer = client_of(tiered, "dewi").get(PAGE, {"policy": tiered.policy.pk} | given)
    assert answer.status_code == 200
    assert said in answer.context["error"]
    assert answer.context["found"] is None
    assert answer.context["policy"] == tiered.policy


def test_whoever_waits_too_long_is_told_of_the_command(tiered, monkeypatch):
    def cancelled(*sides, **how):
        raise OperationalError("canceling statement due to statement timeout") from QueryCanceled()

    monkeypatch.setattr("schedules.queries.what_if.difference", cancelled)
    answer = client_of(tiered, "dewi").get(PAGE, {"policy": tiered.policy.pk})
    assert answer.status_code == 200
    assert "Ask your operators for the command what_if" in answer.context["error"]


@pytest.mark.parametrize("language", ["en", "id"])
def test_another_method_than_get_is_refused(tiered, language):
    assert client_of(tiered, "hadi", language).post(PAGE, {"policy": tiered.policy.pk}).status_code == 405


# --- who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("hadi", 200),
        ("dewi", 200),
        ("auditor", 200),
        ("agency_admin", 403),
        ("platform", 403),
        ("hr_of_general", 403),
        ("ratna", 404),
        ("sari", 302),
        ("budi", 302),
        ("eko", 302),
    ],
)
def test_who_asks_what_if_of_an_agency(tiered, who, expected):
    client = client_of(tiered, who)
    answer = client.get(PAGE, {"agency": tiered.agency.pk, "policy": tiered.policy.pk})
    assert answer.status_code == expected
    linked = PAGE in text(client.get("/admin/"))
    assert linked == (expected in (200, 404))


def test_a_stranger_sees_her_own_agency_only(tiered):
    answer = client_of(tiered, "ratna").get(PAGE, {"policy": tiered.policy.pk, "MinimumRating.minimum": "1"})
    assert answer.context["found"].agency == tiered.other
    page = text(answer)
    assert tiered.sari.nip not in page
    assert tiered.agency.name not in page


def test_a_draft_of_another_agency_does_not_exist(tiered):
    draft = Policy.objects.create(
        agency=tiered.agency,
        code="KAMI",
        version=1,
        track="REWARD",
        name_id="K",
        name_en="K",
        rules=tiered.policy.rules,
    )
    assert client_of(tiered, "ratna").get(PAGE, {"policy": draft.pk}).status_code == 404
    assert client_of(tiered, "dewi").get(PAGE, {"policy": draft.pk}).status_code == 200


@pytest.mark.parametrize("number", ["²", "9" * 30, "x", "0", "-1"])
@pytest.mark.parametrize("name", ["agency", "policy"])
def test_what_is_no_number_of_a_row_leads_nowhere(tiered, name, number):
    assert client_of(tiered, "hadi").get(PAGE, {name: number}).status_code == 404
