"""The page of a weekly run: how it went, whom it changes, its buttons by state and role."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from eligibility import queries
from eligibility.actions import (
    Refused,
    load_policies,
    preview_run,
    publish_run,
    put_in_force,
    record_missed,
    resume_run,
    start_run,
    withdraw_run,
    work_run,
)
from eligibility.models import Correction, Decision, Run, RunProblem
from employees.models import Employee, Placement
from ledger.models import Event, JobChunk, JobRun, Outbox
from performance.models import Appraisal
from tests import factories
from tests.employees.roles import somebody
from tests.worlds import world

WEEK = dt.date(2026, 11, 23)
NEXT = WEEK + dt.timedelta(days=7)


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["language"] = "en"
    with translation.override("en"):
        yield


@world
def waiting(cast, at):
    """One week published; in the next, which waits, Budi loses, Eko gains and one of Eko's team has gone."""
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    factories.appraisal(cast.sari)
    lost = factories.appraisal(cast.budi)
    first = computed(cast, at, WEEK)
    publish_run(run_id=first.pk, by=None, at=at, version=first.version)
    Appraisal.objects.filter(pk=lost.pk).update(state="RESCINDED")
    factories.appraisal(cast.eko)
    Placement.objects.filter(employee=cast.team[0]).delete()
    return computed(cast, at, NEXT)


def computed(cast, at, week):
    made = start_run(agency=cast.agency, track="REWARD", week=week, by=None, at=at)
    return work_run(job_id=made.job_id, at=at)


def page_of(run):
    return reverse("admin:eligibility_run_change", args=[run.pk])


def changed(run, user, kind):
    return {row.employee.name for row in queries.changed_by(run, user, kind=kind)}


def test_differences_by_kind(cast, waiting):
    assert waiting.state == Run.State.WAITING
    assert changed(waiting, cast.hadi_user, "gained") == {"Eko Prasetyo"}
    assert changed(waiting, cast.hadi_user, "lost") == {"Budi Santoso"}
    assert changed(waiting, cast.hadi_user, "gone") == {"Anggota 1"}
    assert changed(waiting, cast.hadi_user, "new") == set()
    assert changed(waiting, cast.ratna_user, "") == set()  # a stranger rich in rights


def test_the_page_and_its_filters(cast, client, waiting):
    client.force_login(cast.hadi_user)
    text = client.get(page_of(waiting), {"kind": "gained"}).content.decode()
    assert "Eko Prasetyo" in text
    assert "Budi Santoso" not in text
    assert waiting.digest in text
    assert "the timetable" in text
    assert "Withdraw" in text
    there = client.get(page_of(waiting), {"kind": "gained", "unit": cast.planning.pk}).content.decode()
    assert "Eko Prasetyo" in there
    elsewhere = client.get(page_of(waiting), {"kind": "gained", "unit": cast.general.pk}).content.decode()
    assert "Nobody changes in this way." in elsewhere
    assert client.get(page_of(waiting), {"kind": "x", "unit": "²", "p": "x"}).status_code == 200


def test_a_problem_is_named_with_what_to_do(cast, client, waiting):
    RunProblem.objects.create(run=waiting, employee=cast.sari, what="numeric field overflow")
    client.force_login(cast.dewi_user)
    text = client.get(page_of(waiting)).content.decode()
    assert "numeric field overflow" in text
    assert "Sari Rahmawati" in text
    assert ">Publish<" not in text  # an HR officer looks only


def test_a_list_of_problems_that_is_cut_says_so(cast, client, waiting, monkeypatch):
    monkeypatch.setattr("eligibility.admin.runs.PER_PAGE", 1)
    client.force_login(cast.hadi_user)
    for count, person in enumerate((cast.sari, cast.budi), start=1):
        RunProblem.objects.create(run=waiting, employee=person, what="numeric field overflow")
        Run.objects.filter(pk=waiting.pk).update(problems=count)
        page = client.get(page_of(waiting)).content.decode()
        assert ("The first 1 by name." in page) == (count > 1)


def test_a_duration_is_told_in_whole_seconds(cast, client, waiting):
    started = JobRun.objects.get(pk=waiting.job_id).started_at
    JobRun.objects.filter(pk=waiting.job_id).update(finished_at=started + dt.timedelta(seconds=61.4))
    client.force_login(cast.hadi_user)
    assert "0:01:01<" in client.get(page_of(waiting)).content.decode()


def test_a_missed_week_says_what_follows(cast, client, at, waiting):
    missed = record_missed(agency=cast.agency, track="REWARD", week=NEXT + dt.timedelta(days=7), at=at)
    client.force_login(cast.hadi_user)
    assert "is not made up for" in client.get(page_of(missed)).content.decode()
    assert "is not made up for" not in client.get(page_of(waiting)).content.decode()


def test_a_published_week_leads_to_a_correction_by_hand(cast, client, waiting):
    address = reverse("admin:eligibility_correction_add")
    for who, leads in (("dewi", True), ("auditor", False)):
        client.force_login(somebody(cast, who))
        for run in Run.objects.all():
            page = client.get(page_of(run)).content.decode()
            assert (address in page) == (leads and run.state == Run.State.PUBLISHED)


def test_strangers(cast, client, waiting):
    for who, status in (("ratna", 404), ("eko", 302), ("sari", 302)):
        client.force_login(getattr(cast, f"{who}_user"))
        assert client.get(page_of(waiting)).status_code == status, who
        for name in ("publish", "recompute", "resume", "withdraw", "preview"):
            answer = client.post(reverse(f"admin:eligibility_run_{name}", args=[waiting.pk]), {"reason": "x"})
            assert answer.status_code == status, (who, name)
    assert Run.objects.get(pk=waiting.pk).state == Run.State.WAITING


@pytest.mark.parametrize("more", [0, 3])
def test_the_number_of_queries(cast, client, at, waiting, django_assert_num_queries, more):
    for n in range(more):
        factories.employee(cast.general, f"Baru {n}")
    withdraw_run(run_id=waiting.pk, by=None, at=at, reason="again")
    run = computed(cast, at, NEXT)
    client.force_login(cast.hadi_user)
    client.get(page_of(run))
    with django_assert_num_queries(13):
        client.get(page_of(run))


def test_withdrawing_takes_a_reason_and_the_version_seen(cast, client, at, waiting):
    client.force_login(cast.hadi_user)
    address = reverse("admin:eligibility_run_withdraw", args=[waiting.pk])
    for data in ({"reason": " ", "version": waiting.version}, {"reason": "Salah", "version": 99}, {"reason": "Salah"}):
        client.post(address, data)
        assert Run.objects.get(pk=waiting.pk).state == Run.State.WAITING
    client.post(address, {"reason": "Salah data", "version": waiting.version})
    assert Run.objects.get(pk=waiting.pk).state == Run.State.WITHDRAWN
    assert Event.objects.get(verb="run.withdraw").reason == "Salah data"
    assert not Decision.objects.filter(from_run=waiting.number).exists()


def test_computing_again_and_resuming_take_the_version_seen(cast, client, at, waiting):
    client.force_login(cast.hadi_user)
    again = reverse("admin:eligibility_run_recompute", args=[waiting.pk])
    for data in ({}, {"version": 99}):
        client.post(again, data)
        assert Run.objects.get(pk=waiting.pk).state == Run.State.WAITING
    assert f'name="version" value="{waiting.version}"' in client.get(page_of(waiting)).content.decode()
    client.post(again, {"version": waiting.version})
    withdrawn, anew = Run.objects.get(pk=waiting.pk), Run.objects.order_by("pk").last()
    assert (withdrawn.state, anew.state) == (Run.State.WITHDRAWN, Run.State.COMPUTING)
    withdraw_run(run_id=anew.pk, by=cast.hadi_user, at=at, reason="Salah")
    client.post(again, {"version": waiting.version})  # it was withdrawn since: another version
    assert Run.objects.order_by("pk").last() == anew
    client.post(again, {"version": withdrawn.version})
    newest = Run.objects.order_by("pk").last()
    assert newest.state == Run.State.COMPUTING
    client.post(reverse("admin:eligibility_run_resume", args=[newest.pk]), {"version": newest.version + 1})
    assert not Event.objects.filter(verb="run.resume").exists()
    with pytest.raises(Refused) as refused:
        resume_run(run_id=newest.pk, by=cast.hadi_user, at=at, version=newest.version + 1)
    assert refused.value.code == "STALE"


def test_a_cancelled_run_fences_whoever_is_at_work(cast, at, waiting):
    withdraw_run(run_id=waiting.pk, by=None, at=at, reason="x")
    run = start_run(agency=cast.agency, track="REWARD", week=NEXT, by=None, at=at)
    before = JobChunk.objects.get(job_id=run.job_id).fence
    withdraw_run(run_id=run.pk, by=cast.hadi_user, at=at, reason="Salah minggu")
    assert JobChunk.objects.get(job_id=run.job_id).fence == before + 1
    assert work_run(job_id=run.job_id, at=at) is None


def test_a_run_that_nobody_works_on_is_resumed_and_a_poisoned_part_lives_again(cast, at, waiting):
    withdraw_run(run_id=waiting.pk, by=None, at=at, reason="x")
    run = start_run(agency=cast.agency, track="REWARD", week=NEXT, by=None, at=at)
    JobChunk.objects.filter(job_id=run.job_id).update(fence=8)
    assert work_run(job_id=run.job_id, at=at).state == Run.State.COMPUTING
    resume_run(run_id=run.pk, by=cast.hadi_user, at=at)
    assert Outbox.objects.filter(payload={"job": run.job_id}).count() == 2
    assert work_run(job_id=run.job_id, at=at).state == Run.State.WAITING
    with pytest.raises(Refused) as refused:
        resume_run(run_id=run.pk, by=cast.hadi_user, at=at)
    assert refused.value.code == "STALE"


def test_the_preview_counts_as_the_run_and_writes_nothing(cast, at, waiting):
    rows = (Decision.objects.count(), Event.objects.count(), Run.objects.count())
    found = preview_run(agency=cast.agency, track="REWARD", week=NEXT, at=at)
    assert (found.people, found.eligible) == (waiting.in_scope, waiting.eligible)
    assert (found.gained, found.lost) == (waiting.gained, waiting.lost) == (1, 1)
    assert (Decision.objects.count(), Event.objects.count(), Run.objects.count()) == rows
    assert Employee.objects.filter(agency=cast.agency).count() > found.people


@pytest.mark.parametrize(("who", "status", "made"), [("dewi", 302, 1), ("hadi", 302, 1), ("ratna", 404, 0)])
def test_corrections_of_an_older_week_are_looked_for_at_a_button(client, waiting, cast, who, status, made):
    first = Run.objects.published().get()
    client.force_login(getattr(cast, f"{who}_user"))
    address = reverse("admin:eligibility_run_compare", args=[first.pk])
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == status
    assert Correction.objects.filter(run=first, employee=cast.budi, state="PROPOSED").count() == made


def test_a_supervisor_finds_no_such_button(client, waiting, cast):
    first = Run.objects.published().get()
    client.force_login(cast.eko_user)
    answer = client.post(reverse("admin:eligibility_run_compare", args=[first.pk]))
    assert answer.status_code == 302
    assert "/login/" in answer["Location"]
    assert not Correction.objects.exists()
