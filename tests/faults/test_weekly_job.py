"""The weekly job under kill -9, doubled beats and simultaneous starts: always the decisions of an undisturbed run."""

import datetime as dt
import subprocess
import sys
import threading

import pytest
from django.db import connection, connections
from django.utils import timezone

from eligibility.actions import Refused, load_policies, put_in_force, start_run, withdraw_run, work_run
from eligibility.models import Decision, Run
from employees.calendar import week_name, week_of
from employees.models import Employee, Placement
from ledger.models import JobChunk, JobRun, Outbox
from performance.models import Appraisal
from performance.rating import Rating
from tests import factories
from tests.rig import kill, rig, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PEOPLE = 2_000


@pytest.fixture
def agency():
    """Two thousand people, two thirds with an approved appraisal, every fifth of them rated lower."""
    made = factories.agency(run_weekday=7, run_hour=23)
    unit = factories.unit(made)
    load_policies(by=None, at=timezone.now())
    put_in_force(agency=made, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=timezone.now())
    people = Employee.objects.bulk_create(
        Employee(agency=made, name=f"P{n}", kind="PNS", nip=factories.nip()) for n in range(PEOPLE)
    )
    Placement.objects.bulk_create(
        Placement(employee=p, agency=made, unit=unit, direct_service=False, valid=factories.ALWAYS) for p in people
    )
    approver = factories.account()
    at = dt.datetime(2026, 2, 2, tzinfo=dt.UTC)
    Appraisal.objects.bulk_create(
        Appraisal(
            employee=person, agency=made, year=2025, regime="P6", result="ATAS", behaviour="ATAS", state="APPROVED",
            rating=Rating.GOOD if n % 5 == 0 else Rating.VERY_GOOD, decided_by=approver, decided_at=at, fetched_at=at,
        )
        for n, person in enumerate(people) if n % 3
    )  # fmt: skip
    return made


def week(agency):
    return week_of(timezone.now(), agency.zone)


def decisions(run):
    rows = Decision.objects.at(run).order_by("employee_id")
    return list(rows.values_list("employee_id", "eligible", "reasons", "appraisal_id", "rating"))


def undisturbed(agency, settings):
    """What one run in one process decides; withdrawn again afterwards, so that the disturbed one starts level."""
    run = start_run(agency=agency, track="REWARD", week=week(agency), by=None, at=timezone.now())
    run = work_run(job_id=run.job_id, at=timezone.now())
    found = decisions(run)
    withdraw_run(run_id=run.pk, by=None, at=timezone.now(), reason="comparison")
    assert len(found) == PEOPLE
    return found


def done_chunks():
    return JobChunk.objects.filter(state="DONE", job__state="OPEN").count()


def test_kill_9_in_the_middle_and_a_fresh_worker(agency, settings, tmp_path):
    expected = undisturbed(agency, settings)
    with rig(tmp_path, JOB_CHUNK="10") as processes:
        processes.beat()
        first = processes.worker()
        until(lambda: done_chunks() >= 20, "twenty chunks are done", log=processes.log, pause=0.005)
        kill(first)
        done = done_chunks()
        assert 20 <= done < PEOPLE / 10, "killed too late to be in the middle"
        assert Run.objects.get(state=Run.State.COMPUTING)
        assert not Run.objects.published().exists()
        processes.worker(name="fresh")
        run = until(
            lambda: Run.objects.filter(state=Run.State.WAITING).first(),
            "a fresh worker ends the run",
            log=processes.log,
        )
    assert decisions(run) == expected
    assert JobChunk.objects.filter(job_id=run.job_id).exclude(state="DONE").count() == 0
    assert run.in_scope == PEOPLE


def test_a_broker_that_forgets_everything_loses_no_week(agency, settings, tmp_path):
    """The message that hands the run to a worker lies in the broker and is gone before anybody takes it."""
    expected = undisturbed(agency, settings)
    with rig(tmp_path, JOB_CHUNK="500", JOB_CHUNK_SECONDS="3") as processes:
        processes.beat()
        processes.worker("default,mail", name="small")
        broker = processes.broker()
        begun = until(lambda: Run.objects.filter(state=Run.State.COMPUTING).first(), "it begins", log=processes.log)
        handed_on = Outbox.objects.filter(key=f"job:{begun.job_id}", done_at__isnull=False)
        until(handed_on.exists, "the run is handed to the broker", log=processes.log)
        assert any(b'"work"' in one for one in broker.lrange("bulk", 0, -1))
        broker.flushdb()
        assert done_chunks() == 0
        processes.worker("bulk", name="large")
        run = until(
            lambda: Run.objects.filter(state=Run.State.WAITING).first(),
            "PostgreSQL knows of the run, so it is handed out anew",
            seconds=120,
            log=processes.log,
        )
    assert decisions(run) == expected


def test_two_beats_and_five_starts_make_one_run(agency, settings, tmp_path):
    with rig(tmp_path, JOB_CHUNK="500") as processes:
        for name in ("beat-1", "beat-2"):
            processes.beat(name)
        processes.worker()
        command = [sys.executable, "manage.py", "recompute_eligibility", "--week", week_name(week(agency))]
        starts = [
            subprocess.Popen(command, env=processes.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _n in range(5)
        ]
        codes = sorted(start.wait(60) for start in starts)
        for start in starts:
            start.stdout.close(), start.stderr.close()
        run = until(
            lambda: Run.objects.filter(state=Run.State.WAITING).first(), "the one run is computed", log=processes.log
        )
    assert Run.objects.filter(week=week(agency)).exclude(state=Run.State.WITHDRAWN).count() == 1
    assert JobRun.objects.filter(state="DONE").count() == 1
    assert run.in_scope == PEOPLE
    assert codes.count(0) <= 1
    assert set(codes) <= {0, 2}


def test_starts_at_once_without_the_constraint_make_five(agency):
    """The twin: look, then insert, without the agency's lock and the index. The rig does see the race."""
    numbers = iter(range(1, 6))

    def naive_start():
        nothing_yet = not Run.objects.open().filter(agency=agency, track="REWARD").exists()
        gate.wait()
        if nothing_yet:
            policy = agency.policies.get().policy
            Run.objects.create(
                agency=agency,
                track="REWARD",
                week=week(agency),
                number=next(numbers),
                policy=policy,
                cutoff_at=timezone.now(),
            )
        connections.close_all()

    gate = threading.Barrier(5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('run_one_unpublished'::regclass)")
        (definition,) = cursor.fetchone()
        cursor.execute("DROP INDEX run_one_unpublished")
        try:
            _together(naive_start, 5)
            assert Run.objects.open().count() == 5
        finally:
            cursor.execute("DELETE FROM eligibility_run")
            cursor.execute(definition)


def test_starts_at_once_make_one(agency):
    refused = []

    def start():
        gate.wait()
        try:
            start_run(agency=agency, track="REWARD", week=week(agency), by=None, at=timezone.now())
        except Refused as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    gate = threading.Barrier(5)
    _together(start, 5)
    assert Run.objects.count() == 1
    assert refused == ["RUNNING"] * 4


def _together(target, count):
    threads = [threading.Thread(target=target) for _n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
