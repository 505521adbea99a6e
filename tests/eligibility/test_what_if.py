"""What if: the same verdicts as a run's, compared by one statement, with other numbers, writing nothing."""

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings
from django.db import InternalError, connection

from eligibility.actions import load_policies, publish_run, put_in_force, start_run, work_run
from eligibility.engine import Scope
from eligibility.engine.facts import PLACED
from eligibility.engine.what_if import Judged, Nobody, Published, difference, each, only_reading
from eligibility.models import Correction, Policy, Run
from eligibility.queries import policy_of
from eligibility.queries.what_if import askable, numbers, with_numbers
from eligibility.rules import BROKEN, BadPolicy
from employees.models import Employee
from performance.rating import Rating
from tests import factories
from tests.worlds import world

WEEK = dt.date(2026, 11, 30)  # 2026-W49
FILES = (Path(settings.BASE_DIR) / "docs" / "policies").iterdir()


@world
def reward(cast, at):
    """REWARD-2019 in force; Sari and Eko very good, Budi and one of the team good, everybody else without a score."""
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    for person in (cast.sari, cast.eko):
        factories.appraisal(person)
    for person in (cast.budi, cast.team[0]):
        factories.appraisal(person, rating=Rating.GOOD)
    cast.policy = policy_of(cast.agency.pk, "REWARD", WEEK)
    return cast


def sides(cast, at, policy):
    scope = Scope(cast.agency.pk, WEEK, at)
    return Judged(cast.policy, scope), Judged(policy, scope)


def compared(cast, at, **given):
    addresses = {name.replace("__", "."): value for name, value in given.items()}
    return difference(*sides(cast, at, with_numbers(cast.policy, addresses)))


def everybody(found):
    with only_reading():
        return {pk: (was, now) for pk, was, now in each(found, ("employee_id", "was", "now"))}


def published(cast, at, track="REWARD"):
    run = start_run(agency=cast.agency, track=track, week=WEEK, by=None, at=at, by_hand=True)
    work_run(job_id=run.job_id, at=at)
    run.refresh_from_db()
    return publish_run(run_id=run.pk, by=None, at=at, version=run.version)


def rows():
    """Every row of every table of ours, counted."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if not name.startswith("pg_")]
        counts = {}
        for name in tables:
            cursor.execute(
                f'SELECT count(*), md5(coalesce(string_agg(t::text, $$|$$ ORDER BY t::text), $$$$)) FROM "{name}" t'
            )
            counts[name] = cursor.fetchone()
        return counts


# --- counting -----------------------------------------------------------------------------------------


def test_a_lower_minimum_lets_people_gain(reward, at):
    found = compared(reward, at, MinimumRating__minimum="4")
    assert {turn.employee_id for turn in found.gained} == {reward.budi.pk, reward.team[0].pk}
    assert found.lost == []
    assert (found.total("before"), found.total("after"), found.total("gained"), found.total("lost")) == (2, 4, 2, 0)
    assert found.total("people") == Employee.objects.filter(agency=reward.agency).count()
    assert found.reasons["R-PREDIKAT"] == (2, 0)
    by_unit = {group.unit_id: group.gained for group in found.groups if group.gained}
    assert by_unit == {reward.general.pk: 1, reward.planning.pk: 1}


def test_the_same_policy_changes_nothing(reward, at):
    found = compared(reward, at, MinimumRating__minimum="5")
    assert found.after.policy is reward.policy
    assert (found.total("gained"), found.total("lost"), found.gained, found.lost) == (0, 0, [], [])


def test_without_a_policy_before_everybody_eligible_gains(reward, at):
    scope = Scope(reward.agency.pk, WEEK, at)
    found = difference(Nobody(), Judged(reward.policy, scope))
    assert {turn.employee_id for turn in found.gained} == {reward.sari.pk, reward.eko.pk}
    assert all(turn.was is None for turn in found.gained)
    assert found.total("before") == 0


def test_ratings_of_those_who_turn(reward, at):
    found = compared(reward, at, MinimumRating__minimum="4")
    assert {group.rating for group in found.groups if group.gained} == {int(Rating.GOOD)}
    assert {group.rating for group in found.groups if group.before} == {int(Rating.VERY_GOOD)}


def test_only_so_many_examples_in_the_order_of_names(reward, at):
    for n in range(5):
        person = factories.employee(reward.general, f"Aaa {n}", reward.budi)
        factories.appraisal(person, rating=Rating.GOOD)
    policy = with_numbers(reward.policy, {"MinimumRating.minimum": "4"})
    found = difference(*sides(reward, at, policy), examples=3)
    names = [Employee.objects.get(pk=turn.employee_id).name for turn in found.gained]
    assert names == ["Aaa 0", "Aaa 1", "Aaa 2"]
    assert found.total("gained") == 7


# --- agreeing with the run ----------------------------------------------------------------------------


def agrees(cast, at, policy):
    """Foretold, put in force, run and published: every person has the reasons that were foretold."""
    found = difference(*sides(cast, at, policy))
    foretold = {pk: now for pk, (_was, now) in everybody(found).items()}
    put_in_force(agency=cast.agency, policy_code=policy.code, since=dt.date(2026, 11, 24), by=None, at=at)
    run = published(cast, at, policy.track)
    assert run.computed_under.rules == policy.rules
    held = everybody(difference(Published(run), Published(run)))
    assert {pk: was for pk, (was, _now) in held.items()} == foretold
    assert (run.in_scope, run.eligible) == (len(foretold), found.total("after"))


@pytest.mark.parametrize(
    "file", sorted((Path(settings.BASE_DIR) / "docs" / "policies").iterdir()), ids=lambda f: f.stem
)
def test_what_if_and_the_later_run_agree_to_the_row(reward, at, file):
    """Every policy of the house that may apply in that week."""
    policy = Policy.objects.filter(code=file.stem).order_by("-version").first()
    if policy is None or (policy.until and policy.until < WEEK):
        pytest.skip("not one that may apply in that week")
    agrees(reward, at, policy)


def test_tried_numbers_and_the_policy_stored_with_them_agree(reward, at):
    tried = with_numbers(reward.policy, {"MinimumRating.minimum": "4", "ServantKind.kinds": "PNS, PPPK"})
    found = everybody(difference(*sides(reward, at, tried)))
    Policy.objects.create(
        code="COBA",
        version=1,
        track="REWARD",
        name_id="Coba",
        name_en="Trial",
        rules=tried.rules,
        state=Policy.State.APPROVED,
        approved_at=at,
    )
    agrees(reward, at, Policy.objects.get(code="COBA"))
    run = Run.objects.get()
    held = everybody(difference(Published(run), Published(run)))
    assert {pk: was for pk, (was, _now) in held.items()} == {pk: now for pk, (_was, now) in found.items()}


def test_ranks_of_two_policies_at_once(reward, at):
    """Two policies that rank people, compared in one statement: neither takes the other's ranks."""
    one, other = (
        Policy(code="R", version=n, track="REWARD", rules=[{"rule": "TopShare", "percent": percent, "among": "AGENCY"}])
        for n, percent in ((1, 1), (2, 40))
    )
    scope = Scope(reward.agency.pk, WEEK, at)
    found = difference(Judged(one, scope), Judged(other, scope))
    assert (found.total("before"), found.total("lost")) == (1, 0)
    assert found.total("after") == int(Employee.objects.filter(agency=reward.agency).count() * 0.4)


def test_beside_a_published_week(reward, at):
    run = published(reward, at)
    policy = with_numbers(reward.policy, {"MinimumRating.minimum": "4"})
    found = difference(Published(run), Judged(policy, Scope(reward.agency.pk, WEEK, at)))
    assert (found.total("before"), found.total("gained"), found.total("lost")) == (2, 2, 0)
    assert {group.unit_id for group in found.groups} >= {reward.general.pk, reward.planning.pk}


def test_an_applied_correction_is_part_of_the_published_week(reward, at):
    run = published(reward, at)
    Correction.objects.create(
        run=run,
        agency=reward.agency,
        employee=reward.sari,
        state="APPLIED",
        before_eligible=True,
        after_eligible=False,
        after_reasons=["R-PREDIKAT"],
        proposed_at=at,
        decided_at=at,
        decided_by=reward.hadi_user,
        reason="Penilaian dibatalkan",
    )
    found = difference(Published(run), Judged(reward.policy, Scope(reward.agency.pk, WEEK, at)))
    assert [turn.employee_id for turn in found.gained] == [reward.sari.pk]
    assert found.gained[0].was == ["R-PREDIKAT"]


def test_broken_data_of_one_person_harm_nobody_else(reward, at, monkeypatch):
    """Whose data break a rule is found, judged as the run judges them, and nobody else is."""
    broken = reward.team[0].pk
    breaks = f"(1 / CASE WHEN e.id = {broken} THEN 0 ELSE 1 END)::varchar"
    monkeypatch.setitem(PLACED.columns, "number_type", (breaks, PLACED.columns["number_type"][1]))
    found = compared(reward, at, MinimumRating__minimum="4")
    assert (found.before.broken, found.after.broken) == ((broken,), (broken,))
    judged = everybody(found)
    assert {pk for pk, (_was, now) in judged.items() if now == [BROKEN]} == {broken}
    assert set(judged) == set(Employee.objects.filter(agency=reward.agency).values_list("pk", flat=True))
    run = published(reward, at)
    held = everybody(difference(Published(run), Published(run)))
    assert {pk: was for pk, (was, _now) in held.items()} == {pk: was for pk, (was, _now) in judged.items()}


# --- writing nothing ----------------------------------------------------------------------------------


def test_nothing_is_written(reward, at):
    published(reward, at)
    before = rows()
    with only_reading():
        found = compared(reward, at, MinimumRating__minimum="4")
        list(each(found, ("employee_id",)))
    assert rows() == before


def test_the_database_refuses_every_write_meanwhile(reward):
    with pytest.raises(InternalError, match="read-only"), only_reading():
        Run.objects.update(version=7)


# --- other numbers ------------------------------------------------------------------------------------


def test_every_number_of_every_stored_policy_reads_back_as_it_is(reward):
    for policy in Policy.objects.all():
        given = {number.address: number.text for number in numbers(policy)}
        assert with_numbers(policy, given) is policy


def test_numbers_are_named_and_choices_given(reward):
    found = {number.address: number for number in numbers(reward.policy)}
    assert found["MinimumRating.minimum"].text == "5"
    assert dict(found["MinimumRating.minimum"].choices).keys() == {"1", "2", "3", "4", "5"}
    assert found["Weekday.movable"].choices[0][0] == "true"
    assert (found["Weekday.days"].text, found["Weekday.days"].kind) == ("3", "wholes")


def test_a_changed_number_leaves_the_stored_policy_alone(reward):
    rules = [dict(entry) for entry in reward.policy.rules]
    changed = with_numbers(
        reward.policy,
        {
            "MinimumRating.minimum": "3",
            "Weekday.days": "3, 5",
            "Weekday.movable": "false",
            "UnitCap.percent": "40",
            "WeeklyMaximum.earned": "5: 1",
            "MinimumRating.previous_year_counts_until": "",
        },
    )
    by_name = {entry["rule"]: entry for entry in changed.rules}
    assert by_name["MinimumRating"]["minimum"] == 3
    assert (by_name["Weekday"]["days"], by_name["Weekday"]["movable"]) == ([3, 5], False)
    assert (by_name["UnitCap"]["percent"], by_name["WeeklyMaximum"]["earned"]) == (40, {"5": 1})
    assert reward.policy.rules == rules


def test_the_second_of_a_rule_and_one_inside_another_are_named_apart():
    inside = {"rule": "AnyOf", "of": [{"rule": "FactAtLeast", "key": "b", "minimum": "2"}, {"rule": "TimeInPost"}]}
    policy = Policy(code="X", rules=[{"rule": "FactAtLeast", "key": "a", "minimum": "1"}, inside])
    assert {"FactAtLeast.minimum", "FactAtLeast#2.minimum", "TimeInPost.months"} <= {n.address for n in numbers(policy)}
    changed = with_numbers(policy, {"FactAtLeast#2.minimum": "9", "TimeInPost.months": "3"})
    assert changed.rules[0]["minimum"] == "1"
    assert [entry.get("minimum", entry.get("months")) for entry in changed.rules[1]["of"]] == ["9", 3]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("MinimumRating.minimum", "9"),
        ("MinimumRating.minimum", "very"),
        ("MinimumRating.minimum", ""),
        ("MinimumRating.minimum", "9" * 5000),
        ("MinimumRating.previous_year_counts_until", "30-02-2026"),
        ("Weekday.days", "8"),
        ("Weekday.days", "a"),
        ("Weekday.days", ""),
        ("Weekday.movable", "perhaps"),
        ("WeeklyMaximum.earned", "[1]"),
        ("WeeklyMaximum.earned", "5, 4: 1"),
        ("WeeklyMaximum.earned", '{"5": 1.5}'),
        ("WeeklyMaximum.earned", "[" * 10_000),
        ("WeeklyMaximum.earned", '{"5": "x"}'),
        ("UnitCap.percent", "-1"),
        ("UnitCap.rounding", "\0up"),
        ("Nothing.at_all", "1"),
        ("MinimumRating", "1"),
        ("", ""),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_a_sentence(reward, address, text):
    with pytest.raises(BadPolicy) as refused:
        with_numbers(reward.policy, {address: text})
    assert str(refused.value)


# --- whose policies -----------------------------------------------------------------------------------


def test_drafts_of_another_agency_cannot_be_asked_about(reward, at):
    mine, theirs = (
        Policy.objects.create(
            agency=agency, code="SENDIRI", version=1, track="REWARD", name_id="S", name_en="S", rules=[], drafted_by=by
        )
        for agency, by in ((reward.agency, reward.dewi_user), (reward.other, reward.ratna_user))
    )
    shared = Policy.objects.filter(agency=None).count()
    asked = set(askable(reward.dewi_user, reward.agency.pk))
    assert mine in asked
    assert theirs not in asked
    assert len(asked) == shared + 1
    assert mine not in askable(reward.ratna_user, reward.agency.pk)
    assert mine not in askable(reward.ratna_user, reward.other.pk)
