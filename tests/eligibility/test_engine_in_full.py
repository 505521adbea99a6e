"""The engine's promises beyond the first policy: broken data harm nobody else, ranks do not hang on chunks, whoever
asks is left out, further facts make a change, and stored decisions follow from their own evidence."""

import datetime as dt

import pghistory
import pytest
from django.db import DataError
from django.db.models import CharField
from django.db.models.expressions import RawSQL
from psycopg2.extras import DateRange

from eligibility import engine, queries
from eligibility.actions import publish_run, recompute, start_run, work_run
from eligibility.models import Decision, Policy, PolicyInForce, RunProblem, Standing, Suspension
from eligibility.rules import BROKEN
from eligibility.rules.active import ActiveStatus
from employees.models import Employee
from performance.rating import Rating
from schedules.explaining import explain
from tests import factories
from tests.worlds import world

from .test_explained_is_computed import in_force

WEEK = dt.date(2026, 11, 23)
TOP = [{"rule": "MinimumRating", "minimum": 3}, {"rule": "TopShare", "percent": 40}]


def run(agency, at, week=WEEK, **how):
    made = start_run(agency=agency, track="UJI", week=week, by=None, at=at, **how)
    return work_run(job_id=made.job_id, at=at)


def publish(made, at):
    return publish_run(run_id=made.pk, by=None, at=at, version=made.version)


def answers(made):
    return set(Decision.objects.at(made).values_list("employee_id", "eligible"))


def breaking(person):
    """A rule that PostgreSQL cannot evaluate for one person."""

    def code_expression(self, context):
        sql = 'CASE WHEN "facts"."employee_id" = %s AND 1 / ("facts"."employee_id" - %s) = 1 THEN \'R-AKTIF\' END'
        return RawSQL(sql, [person.pk, person.pk], output_field=CharField())

    return code_expression


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_a_person_with_broken_data_harms_nobody_else(cast, at, monkeypatch, settings, chunk):
    settings.JOB_CHUNK = chunk
    in_force(cast.agency, [{"rule": "ActiveStatus"}])
    monkeypatch.setattr(ActiveStatus, "code_expression", breaking(cast.sari))
    made = run(cast.agency, at)
    people = Employee.objects.filter(agency=cast.agency)
    assert made.in_scope == people.count()
    assert made.eligible == people.count() - 1
    assert list(RunProblem.objects.values_list("run_id", "employee_id")) == [(made.pk, cast.sari.pk)]
    found = queries.decision_at(made, cast.sari.pk)
    assert (found.eligible, found.reasons) == (False, [BROKEN])
    publish(made, at)
    told = explain(cast.sari, WEEK, viewer=None)
    assert told.reasons == [BROKEN]
    assert [outcome.code for outcome in told.policies[0].rules if outcome.code] == [BROKEN]
    assert explain(cast.sari, WEEK, viewer=None, now=at).reasons == [BROKEN]


def test_without_halving_the_whole_run_would_fail(cast, at, monkeypatch):
    in_force(cast.agency, [{"rule": "ActiveStatus"}])
    monkeypatch.setattr(ActiveStatus, "code_expression", breaking(cast.sari))
    monkeypatch.setattr("eligibility.engine.computing._written", unprotected)
    with pytest.raises(DataError):
        run(cast.agency, at)


def unprotected(made, scope):
    from eligibility.engine import computing

    return computing._write(made, scope, engine.verdicts(made.computed_under, scope))


def test_whoever_asks_not_to_be_judged_by_a_machine_is_left_out(cast, at):
    in_force(cast.agency, [{"rule": "ActiveStatus"}])
    publish(run(cast.agency, at), at)
    since = DateRange(WEEK + dt.timedelta(days=7), None)
    Suspension.objects.create(employee=cast.sari, agency=cast.agency, valid=since, asked_at=at)
    assert queries.decision_at(queries.latest_published(cast.agency.pk, "UJI"), cast.sari.pk).eligible
    following = run(cast.agency, at, WEEK + dt.timedelta(days=7))
    assert (following.left_out, following.lost) == (1, 1)
    assert queries.decision_at(following, cast.sari.pk) is None
    assert following.in_scope == Employee.objects.filter(agency=cast.agency).count() - 1


@world
def ranked(cast, at):
    """Ten people of a unit, five of them equal, ranked by a policy that takes the best four."""
    unit = factories.unit(cast.agency, "PERINGKAT", "Biro Peringkat", cast.root)
    people = [factories.employee(unit, f"Orang {n}") for n in range(10)]
    for person in people[:2]:
        factories.appraisal(person, rating=Rating.VERY_GOOD)
    for person in people[2:7]:
        factories.appraisal(person, rating=Rating.GOOD)
    in_force(cast.agency, TOP)
    return people


def best_of(made, people):
    chosen = Decision.objects.at(made).filter(eligible=True, employee__in=people)
    return set(chosen.values_list("employee_id", flat=True))


def test_ranks_do_not_hang_on_chunks(cast, at, ranked, settings):
    whole = run(cast.agency, at)
    best, before = best_of(whole, ranked), answers(whole)
    assert len(best) == 4
    assert {person.pk for person in ranked[:2]} <= best
    settings.JOB_CHUNK = 1
    small = work_run(job_id=recompute(run_id=whole.pk, by=cast.hadi_user, at=at).job_id, at=at)
    assert (best_of(small, ranked), answers(small)) == (best, before)
    assert list(engine.misjudged()) == []


def test_an_impossible_score_takes_nobodys_place(cast, at, ranked):
    factories.numeric(ranked[9], "125", Rating.VERY_GOOD)
    made = run(cast.agency, at)
    assert queries.decision_at(made, ranked[9].pk).reasons == ["R-DATA-TIDAK-VALID"]
    best = best_of(made, ranked)
    assert len(best) == 4
    assert {person.pk for person in ranked[:2]} <= best
    publish(made, at)
    assert all(explain(one, WEEK, viewer=None, now=at).eligible == (one.pk in best) for one in ranked)
    assert list(engine.misjudged()) == []


def test_a_lot_is_drawn_anew_each_quarter_and_stays_within_it(cast, at, ranked):
    policy = queries.policy_of(cast.agency.pk, "UJI", WEEK)

    def best(week):
        return {person.pk for person in ranked if engine.one(policy, person, as_of=week, at=at)["reasons"] == []}

    october, november, december = dt.date(2026, 10, 5), dt.date(2026, 11, 2), dt.date(2026, 12, 28)
    assert best(october) == best(november) == best(december)
    quarters = [best(dt.date(2026, month, 6)) for month in (4, 7)] + [best(october)]
    assert len({frozenset(found) for found in quarters}) > 1
    assert all(len(found) == 4 for found in quarters)


def test_who_stood_where_is_forgotten_once_the_run_is_done(cast, at, ranked):
    run(cast.agency, at)
    assert not Standing.objects.exists()


def test_a_further_fact_that_changes_is_a_change_and_nothing_else_is(cast, at):
    in_force(cast.agency, [{"rule": "NotServing"}, {"rule": "FewAbsences"}])
    publish(run(cast.agency, at), at)
    rows = Decision.objects.count()
    factories.absence(cast.budi, dt.date(2026, 11, 24))
    following = run(cast.agency, at, WEEK + dt.timedelta(days=7))
    assert following.state == "PUBLISHED"
    assert (following.changed, following.gained, following.lost) == (1, 0, 0)
    assert queries.decision_at(following, cast.budi.pk).evidence["absences"] == 1
    factories.discipline(cast.sari, dt.date(2026, 12, 1), dt.date(2027, 3, 1))
    last = run(cast.agency, at, WEEK + dt.timedelta(days=14))
    assert (last.changed, last.lost) == (1, 1)
    assert Decision.objects.count() == rows + 2
    assert list(engine.misjudged()) == []


def test_a_decision_that_its_evidence_does_not_give_is_found(cast, at):
    in_force(cast.agency, [{"rule": "MinimumRating", "minimum": 4}])
    factories.appraisal(cast.sari)
    made = run(cast.agency, at)
    row = queries.decision_at(made, cast.sari.pk)
    assert list(engine.misjudged()) == []
    Decision.objects.filter(pk=row.pk).update(evidence=row.evidence | {"rating": 3})
    assert list(engine.misjudged()) == [(made.pk, row.pk)]


def test_a_policy_without_a_performance_condition_never_reads_appraisals(cast, at):
    policy = in_force(cast.agency, [{"rule": "ServantKind"}, {"rule": "Weekday", "days": [5]}])
    sql = engine.verdicts(policy, engine.Scope(cast.agency.pk, WEEK, at)).sql
    assert "performance_appraisal" not in sql
    assert "employees_discipline" not in sql


def test_a_percent_sign_in_a_rule_is_no_parameter_inside_a_web_request(cast, at):
    """The history adds parameters to what a request writes; the engine's statements stand apart from it."""
    rules = [
        {"rule": "IdentityNumber"},
        {"rule": "FactEquals", "key": "porsi", "value": "50 % dari rumah"},
        {"rule": "TopShare", "percent": 50},
    ]
    policy = in_force(cast.agency, rules)
    factories.fact(cast.sari, "porsi", "50 % DARI RUMAH")
    factories.appraisal(cast.sari)
    with pghistory.context(user=cast.hadi_user.pk):
        made = run(cast.agency, at)
        assert queries.decision_at(made, cast.sari.pk).eligible
        assert engine.one(policy, cast.sari, as_of=WEEK, at=at)["reasons"] == []
        assert list(engine.misjudged()) == []


def test_an_equal_value_of_another_fact_is_a_change(cast, at):
    """Under a new version that asks for something else, the evidence is of what it asks."""
    first = in_force(cast.agency, [{"rule": "FactPresent", "key": "perjanjian"}])
    for key in ("perjanjian", "pelatihan"):
        factories.fact(cast.sari, key, "ya")
    publish(run(cast.agency, at), at)
    second = Policy.objects.create(
        code=first.code,
        version=2,
        track=first.track,
        name_id="Uji",
        name_en="Test",
        rules=[{"rule": "FactPresent", "key": "pelatihan"}],
        brake_percent=100,
        state=Policy.State.APPROVED,
    )
    PolicyInForce.objects.filter(policy=first).update(policy=second)
    following = run(cast.agency, at, WEEK + dt.timedelta(days=7))
    evidence = queries.decision_at(following, cast.sari.pk).evidence
    assert (evidence.get("own_pelatihan_present"), "own_perjanjian_present" in evidence) == (True, False)
