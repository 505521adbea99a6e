"""Whoever writes into the broker moves nothing: only JSON is read, and no message is believed (F59)."""

import base64
import json
import pickle
import uuid

import kombu
import pytest
from celery.exceptions import WorkerShutdown
from django.db import connection, connections
from kombu import transport

from ledger.models import Event, JobRun
from schedules import tasks
from tests.rig import Rig, rig, until
from wfh_portal.celery import app

OURS = sorted(name for name in app.tasks if not name.startswith("celery."))
JSON, PICKLE = "application/json", "application/x-python-serialize"


# What is no message at all; each would end a worker that speaks kombu's own transport.
NOISE = [
    b"KENARI \xff\xfe\x00",
    b"KENARI",
    b'["KENARI"]',
    b"null",
    b"7",
    b'{"KENARI": 1}',
    b'{"properties": {}}',
    b'{"properties": []}',
    b'{"properties": {"delivery_tag": {}, "delivery_info": "KENARI"}}',
    b'{"__type__": "datetime", "__value__": "KENARI"}',
    b"[" * 100_000,
]


class Bomb:
    """Unpickled, it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def message(task, kwargs=None, *, body=None, kind=JSON, **embed):
    """A message as kombu lays it into Redis."""
    chain = {"callbacks": None, "errbacks": None, "chain": None, "chord": None} | embed
    number = str(uuid.uuid4())
    return json.dumps(
        {
            "body": base64.b64encode(body or json.dumps([[], kwargs or {}, chain]).encode()).decode(),
            "content-encoding": "utf-8" if kind == JSON else "binary",
            "content-type": kind,
            "headers": {"lang": "py", "task": task, "id": number, "root_id": number, "argsrepr": "()"},
            "properties": {
                "correlation_id": number,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": "default"},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
            },
        }
    )


def forged(tmp_path):
    bomb = pickle.dumps(((Bomb(tmp_path / "pickled"),), {}, {}))
    yield message("tick", body=bomb, kind=PICKLE)
    yield message("tick", body=b"!!python/object/apply:os.system ['touch x']", kind="application/x-yaml")
    yield message("os.system", {"command": f"touch {tmp_path}/called"})
    yield message("schedules.actions.plans.publish_plan", {"plan_id": 1})
    for job_id in (0, -1, 4711, 2**80, "1", "1; DROP TABLE ledger_event", True, None, [1], {"a": 1}):
        yield message("work", {"job_id": job_id})
    yield message("work", {})
    yield message("work", {"job_id": 1, "by": 1, "agency_id": 1})
    yield message("tick", {"at": "2020-01-01T00:00:00Z", "by": 1})
    yield message("purge", {}, callbacks=[{"task": "work", "args": [], "kwargs": {"job_id": "x"}, "options": {}}])


@pytest.mark.django_db(transaction=True)
def test_forged_messages_change_nothing_and_the_worker_goes_on(tmp_path):
    with rig(tmp_path) as processes:
        with processes.broker() as broker:
            broker.flushdb()
            for one in forged(tmp_path):
                broker.lpush("default", one)
            broker.lpush("default", *NOISE)
            broker.lpush("default", message("seal"))  # an honest one behind them
            worker = processes.worker()
            until(lambda: "Task seal" in processes.log() and not broker.llen("default"), "read", log=processes.log)
            assert worker.poll() is None
        log = (tmp_path / "worker.log").read_text()
    connections.close_all()
    assert not [name for name in ("pickled", "called") if (tmp_path / name).exists()]
    assert not Event.objects.exists()
    assert not JobRun.objects.exists()
    assert "Task work" in log
    assert "unexpected keyword argument" in log
    assert f"no. {len(NOISE)} here" in log
    assert "KENARI" not in log


@pytest.fixture
def consuming(tmp_path):
    """Reads what is laid into a queue of the broker, as a worker does, but in this process and without a database."""
    processes = Rig(tmp_path)

    def consume(*laid, callback):
        with processes.broker() as broker, kombu.Connection(processes.environment["REDIS_URL"]) as wire:
            if laid:
                broker.flushdb()
                broker.lpush("noise", *laid)
            with wire.Consumer([kombu.Queue("noise")], on_message=callback):
                for _n in laid:
                    wire.drain_events(timeout=5)
            return broker.llen("noise"), broker.hlen("unacked")

    return consume


def test_noise_is_dropped_and_what_comes_behind_it_is_read(consuming, caplog):
    read = []

    def take(one):
        read.append(one.headers["task"])
        one.ack()

    for noise in NOISE:
        assert consuming(noise, message("seal"), callback=take) == (0, 0), noise[:50]
    assert read == ["seal"] * len(NOISE)
    assert caplog.text.count("was dropped") == len(NOISE)
    assert "KENARI" not in caplog.text


@pytest.mark.parametrize("noise", [b"KENARI", b"null", b"[" * 100_000], ids=["bytes", "null", "deep"])
def test_the_twin_with_the_stock_transport_ends(consuming, monkeypatch, noise):
    monkeypatch.setitem(transport.TRANSPORT_ALIASES, "redis", "kombu.transport.redis:Transport")
    monkeypatch.setattr(transport, "_transport_cache", {})
    with pytest.raises((ValueError, TypeError, RecursionError)):
        consuming(noise, callback=lambda one: pytest.fail("read"))


def test_what_celery_stumbles_over_ends_one_worker_and_is_not_put_back(consuming):
    def stumble(one):
        raise TypeError

    with pytest.raises(WorkerShutdown):
        consuming(message("seal"), callback=stumble)
    assert consuming(callback=stumble) == (0, 0)


@pytest.mark.parametrize("scheme", ["redis", "rediss", "redis+socket"])
def test_every_address_of_a_broker_is_read_so(scheme):
    assert transport.get_transport_cls(scheme.partition("+")[0]).__module__ == "wfh_portal.broker"


def test_the_twin_that_accepts_pickle_would_run_it(tmp_path):
    pickle.loads(pickle.dumps(Bomb(tmp_path / "pickled"))).close()
    assert (tmp_path / "pickled").exists()


@pytest.mark.parametrize("job_id", [0, -1, 2**63, "1", True, None, [1], {"a": 1}])
def test_a_job_that_cannot_be_is_not_looked_for(job_id, monkeypatch):
    monkeypatch.setattr(tasks, "work_run", lambda **named: pytest.fail("believed"))
    tasks.work(job_id=job_id)


def test_a_job_that_is_not_there_does_nothing(db):
    tasks.work(job_id=4711)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_jobchunk")
        assert cursor.fetchone() == (0,)


def test_only_json_is_written_and_read():
    assert app.conf.task_serializer == app.conf.result_serializer == app.conf.event_serializer == "json"
    assert list(app.conf.accept_content) == ["json"]


@pytest.mark.parametrize("name", OURS)
def test_every_task_has_a_route_to_a_queue_that_is_read(name):
    queue = app.conf.task_routes[name]["queue"]
    assert queue in {one.name for one in app.conf.task_queues}
    assert not getattr(app.tasks[name], "queue", None), "routes stand in one place"


def test_no_route_and_no_timetable_without_a_task():
    assert sorted(app.conf.task_routes) == OURS
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(OURS)
