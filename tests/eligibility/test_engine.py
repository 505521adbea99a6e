"""The weekly run: only changes are written, approved scores only, a half-done run is invisible."""

import datetime as dt

import pytest

from eligibility import queries
from eligibility.actions import (
    Refused,
    load_policies,
    publish_run,
    put_in_force,
    recompute,
    start_run,
    withdraw_run,
    work_run,
)
from eligibility.models import Decision, Run
from employees.models import Employee, Placement
from performance.models import Appraisal
from performance.rating import Rating
from schedules.actions import weekly
from tests import factories
from tests.worlds import world

WEEK = dt.date(2026, 11, 23)


@world
def reward(cast, at):
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    return cast


def run(cast, at, week=WEEK, **how):
    made = start_run(agency=cast.agency, track="REWARD", week=week, by=None, at=at, **how)
    return work_run(job_id=made.job_id, at=at)


def decided(cast, person, week=WEEK):
    (published,) = queries.published_runs(cast.agency.pk, week)
    return queries.decision_at(published, person.pk)


def publish(run, at, by=None):
    return publish_run(run_id=run.pk, by=by, at=at, version=run.version)


def test_only_approved_scores_count(reward, at):
    factories.appraisal(reward.sari)
    factories.appraisal(reward.budi, state=Appraisal.State.SUBMITTED)
    publish(run(reward, at), at)
    assert decided(reward, reward.sari).eligible
    assert decided(reward, reward.budi).reasons == ["R-PENILAIAN-BELUM-FINAL"]
    assert decided(reward, reward.eko).reasons == ["R-PENILAIAN-TIDAK-ADA"]


def test_a_score_approved_after_the_cutoff_does_not_count(reward, at):
    factories.appraisal(reward.sari, at=at + dt.timedelta(seconds=1))
    publish(run(reward, at), at)
    assert decided(reward, reward.sari).reasons == ["R-PENILAIAN-BELUM-FINAL"]


def test_the_first_run_waits_and_is_invisible_until_published(reward, at):
    waiting = run(reward, at)
    assert (waiting.state, waiting.hold) == (Run.State.WAITING, Run.Hold.FIRST)
    assert queries.published_runs(reward.agency.pk, WEEK) == []
    publish(waiting, at, by=reward.hadi_user)
    assert len(queries.published_runs(reward.agency.pk, WEEK)) == 1


def test_the_next_week_writes_only_what_changed_and_publishes_itself(reward, at):
    scores = {person: factories.appraisal(person) for person in (reward.sari, reward.budi)}
    publish(run(reward, at), at)
    before = Decision.objects.count()
    Appraisal.objects.filter(pk=scores[reward.budi].pk).update(rating=Rating.GOOD)
    next_week = run(reward, at, WEEK + dt.timedelta(days=7))
    assert next_week.hold == Run.Hold.BRAKE  # one of six flips: more than 5 %
    publish(next_week, at)
    assert Decision.objects.count() == before + 1
    assert decided(reward, reward.budi, WEEK).eligible
    assert not decided(reward, reward.budi, WEEK + dt.timedelta(days=7)).eligible
    unchanged = run(reward, at, WEEK + dt.timedelta(days=14))
    assert (unchanged.state, unchanged.changed) == (Run.State.PUBLISHED, 0)


def test_a_run_overtaken_by_another_policy_does_not_publish_itself(reward, at):
    """Put in force while the run was at work: it waits, and publishing it by hand is refused too."""
    publish(run(reward, at), at)
    following = WEEK + dt.timedelta(days=7)
    made = start_run(agency=reward.agency, track="REWARD", week=following, by=None, at=at)
    put_in_force(agency=reward.agency, policy_code="REWARD-2025", since=following, by=None, at=at)
    overtaken = work_run(job_id=made.job_id, at=at)
    assert (overtaken.state, overtaken.hold) == (Run.State.WAITING, Run.Hold.NEW_POLICY)
    with pytest.raises(Refused) as refused:
        publish(overtaken, at, by=reward.hadi_user)
    assert refused.value.code == "POLICY_CHANGED"


def test_a_withdrawn_run_leaves_no_trace_in_decisions(reward, at):
    score = factories.appraisal(reward.sari)
    publish(run(reward, at), at)
    before = list(Decision.objects.order_by("pk").values())
    Appraisal.objects.filter(pk=score.pk).update(state="RESCINDED")
    waiting = run(reward, at, WEEK + dt.timedelta(days=7))
    assert list(Decision.objects.order_by("pk").values()) != before
    anew = recompute(run_id=waiting.pk, by=reward.hadi_user, at=at)
    assert list(Decision.objects.order_by("pk").values()) == before
    assert anew.number == waiting.number + 1


def test_whoever_leaves_is_closed_by_the_run(reward, at):
    publish(run(reward, at), at)
    Placement.objects.filter(employee=reward.sari).delete()
    gone = run(reward, at, WEEK + dt.timedelta(days=7))
    assert gone.state == Run.State.PUBLISHED
    assert queries.decision_at(gone, reward.sari.pk) is None
    assert decided(reward, reward.sari, WEEK) is not None


def test_chunks_of_one_decide_as_one_chunk(reward, at, settings):
    for person in Employee.objects.filter(agency=reward.agency)[::2]:
        factories.appraisal(person)
    whole = run(reward, at)
    answers = set(Decision.objects.at(whole).values_list("employee_id", "eligible", "appraisal_id"))
    settings.JOB_CHUNK = 1
    small = recompute(run_id=whole.pk, by=reward.hadi_user, at=at)
    small = work_run(job_id=small.job_id, at=at)
    assert set(Decision.objects.at(small).values_list("employee_id", "eligible", "appraisal_id")) == answers
    assert small.in_scope == whole.in_scope == len(answers)


@pytest.mark.parametrize("who", ["sari_user", "dewi_user", "eko_user", "ratna_user"])
def test_only_the_hr_head_publishes(reward, at, who):
    waiting = run(reward, at)
    from eligibility.permissions import Denied

    with pytest.raises(Denied):
        publish(waiting, at, by=getattr(reward, who))
    assert Run.objects.get().state == Run.State.WAITING


def test_changed_inputs_refuse_the_publication(reward, at):
    waiting = run(reward, at)
    reward.agency.inputs.changes += 1
    reward.agency.inputs.save()
    with pytest.raises(Refused) as refused:
        publish(waiting, at, by=reward.hadi_user)
    assert refused.value.code == "INPUTS_CHANGED"


def test_a_published_week_is_not_computed_again(reward, at):
    publish(run(reward, at), at)
    for week, code in ((WEEK, "ALREADY_PUBLISHED"), (WEEK - dt.timedelta(days=7), "TOO_OLD")):
        with pytest.raises(Refused) as refused:
            run(reward, at, week)
        assert refused.value.code == code


def test_another_agency_changes_nothing_here(reward, at):
    factories.appraisal(reward.stranger)
    assert run(reward, at).in_scope == Employee.objects.filter(agency=reward.agency).count()
    assert not Decision.objects.filter(employee=reward.stranger).exists()


def test_what_a_person_withdrew_the_timetable_leaves_alone_until_a_person_computes_it_again(reward, at):
    later = at + dt.timedelta(days=4, hours=12)  # Friday evening: the next week is due
    publish(run(reward, at), at)
    (made,) = weekly.start_due(at=later)
    work_run(job_id=made.job_id, at=later)
    made.refresh_from_db()
    if made.state == Run.State.PUBLISHED:
        Run.objects.filter(pk=made.pk).update(state="WAITING", published_at=None)
    withdrawn = withdraw_run(run_id=made.pk, by=reward.hadi_user, at=later, reason="Data belum lengkap")
    assert (withdrawn.state, withdrawn.hold) == (Run.State.WITHDRAWN, Run.Hold.BY_HAND)
    assert weekly.start_due(at=later) == []
    again = recompute(run_id=made.pk, by=reward.hadi_user, at=later)
    assert (again.week, again.state) == (made.week, Run.State.COMPUTING)


def test_a_run_that_the_machine_withdrew_is_started_again(reward, at):
    waiting = run(reward, at)
    withdraw_run(run_id=waiting.pk, by=None, at=at, reason="superseded")
    assert [one.week for one in weekly.start_due(at=at)] == [WEEK]
