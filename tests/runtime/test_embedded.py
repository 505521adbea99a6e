"""The environment given to every process, one demo a folder, stale files, and the install script's sentences."""

import json
import os
import runpy
import subprocess
import sys

import pytest

from wfh_portal import embedded, servers, showcase
from wfh_portal.embedded import Servers
from wfh_portal.places import CLONE, Identity, Places, RuntimeRefused

OURS = Servers("postgres://wfh_app@%2Frun%2Fpg/wfh", "postgres://wfh_owner@%2Frun%2Fpg/wfh", "redis+socket:///r", True)


@pytest.fixture
def places(tmp_path):
    (tmp_path / "pg").mkdir()
    (tmp_path / "run" / "pg").mkdir(parents=True)
    from wfh_portal.places import postgres_binaries

    return Places(tmp_path, tmp_path / "pg", postgres_binaries(), tmp_path / "run", Identity("SELF"))


def test_the_environment_is_closed_by_default(tmp_path, monkeypatch):
    for name, value in {"DEBUG": "1", "PUBLIC_URL": "https://wfh.example", "ALLOWED_HOSTS": "box,localhost"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SECRET_KEY", raising=False)
    made = embedded.environment(tmp_path, OURS, public_url="http://127.0.0.1:8001")
    assert made["EMBEDDED"] == "1"
    assert made["DEBUG"] == "0"
    assert made["PUBLIC_URL"] == "http://127.0.0.1:8001"
    assert made["ALLOWED_HOSTS"] == "127.0.0.1,localhost,box"
    assert made["DATABASE_URL"] == OURS.database_url
    assert made["DATABASE_OWNER_URL"] == OURS.owner_url
    assert len(made["SECRET_KEY"]) >= 64


def test_the_key_is_made_once_and_ours_alone(tmp_path):
    first = embedded.secret_key(tmp_path)
    assert embedded.secret_key(tmp_path) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert embedded.secret_key(tmp_path / "other") != first


def test_one_demo_a_folder(tmp_path):
    running = pytest.raises(RuntimeRefused, match=f"already running .process {os.getpid()}.")
    with embedded.only_one(tmp_path), running, embedded.only_one(tmp_path):
        pass
    with embedded.only_one(tmp_path):  # and free again
        pass


def test_servers_of_the_users_own_start_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://them@db/wfh")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://them:6379/0")
    monkeypatch.setattr(embedded, "find_places", lambda data: pytest.fail("nothing embedded is looked for"))
    found = embedded.start_servers(None, tmp_path)
    assert found == Servers("postgres://them@db/wfh", "postgres://them@db/wfh", "redis://them:6379/0", False)


def test_data_of_another_postgresql_is_refused_with_what_to_do(places):
    (places.postgres / "PG_VERSION").write_text("17\n")
    with pytest.raises(RuntimeRefused, match=r"made by PostgreSQL 17.*brings 18(.|\n)*Move the folder"):
        servers.check_major(places)


def test_a_stale_pid_of_a_stranger_is_cleared_and_the_stranger_lives(places):
    """After a crash of the machine the old number may belong to anybody."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (places.postgres / "postmaster.pid").write_text(f"{stranger.pid}\n{places.postgres}\n")
        (places.postgres_socket / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        servers.clear_the_way(places)
        assert stranger.poll() is None
        stranger.kill()
    assert not (places.postgres / "postmaster.pid").exists()
    assert not list(places.postgres_socket.iterdir())


def test_a_server_left_behind_is_ended(places):
    # A server has its own handler; what a shell starts in the background would ignore the signal otherwise.
    code = f"import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); time.sleep(60)  # {places.postgres}"
    with subprocess.Popen([sys.executable, "-c", code, "-D", str(places.postgres)]) as left_behind:
        (places.postgres / "postmaster.pid").write_text(f"{left_behind.pid}\n")
        import threading

        threading.Thread(
            target=left_behind.wait, daemon=True
        ).start()  # else it stays as a zombie with its command line
        servers.clear_the_way(places)
        assert left_behind.wait(5) != 0


def test_pg_variables_lead_no_server_astray(monkeypatch):
    monkeypatch.setenv("PGHOST", "production.example")
    monkeypatch.setenv("PGOPTIONS", "-c role=x")
    assert not [name for name in servers.server_environment() if name.startswith("PG")]


def test_steps_are_done_again_after_a_change_or_on_another_database(tmp_path):
    stage = showcase.Stage(tmp_path, OURS, {}, 8000, 10)
    theirs = showcase.Stage(tmp_path, Servers("postgres://a/b", "", "", False), {}, 8000, 10)
    assert not stage.done("migrated", "x")
    stage.remember("migrated", "x")
    assert stage.done("migrated", "x")
    assert not stage.done("migrated", "y")
    assert not theirs.done("migrated", "x")


def test_the_banner_says_address_accounts_and_three_things(tmp_path):
    accounts = [
        {"role": f"Role {n}", "nip": "1" * 18, "name": "Sari", "password": f"secret-{n}", "try": f"Try {n}"}
        for n in range(4)
    ]
    stage = showcase.Stage(tmp_path, OURS, {"PUBLIC_URL": "http://127.0.0.1:8001"}, 8001, 10)
    text = showcase.banner(stage, json.loads(json.dumps(accounts)))
    assert "http://127.0.0.1:8001/" in text
    for n in range(4):
        assert f"secret-{n}" in text
    assert "3. Try 2" in text
    assert "Try 3" not in text
    assert "Ctrl-C" in text


def test_a_workers_routine_is_not_shown():
    assert showcase.ROUTINE.match("[2026-11-24 03:57:41,123: INFO/MainProcess] Task x received")
    assert showcase.ROUTINE.match("2026-11-24 03:57:41,123 INFO celery [-] Task x received")
    first = "2026-11-24 12:47:24,800 WARNING celery.redirected [-] Content-Type: text/plain"
    assert not showcase.ROUTINE.match(first)
    assert showcase.PREFIX.sub("", first) == "Content-Type: text/plain"


@pytest.mark.parametrize("value", ["", "0", "many", "-5", "1000001", "5.000"])
def test_an_impossible_number_of_people_is_a_sentence(value):
    env = {**os.environ, "SECRET_KEY": "x" * 60, "DEMO_PEOPLE": value}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo"], cwd=CLONE, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "whole number from 1 to 1000000" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_used_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    env = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    env["WFH_DATA"] = str(tmp_path / "file")
    command = [sys.executable, "manage.py", "demo"]
    done = subprocess.run(command, cwd=CLONE, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "WFH_DATA" in done.stderr


def test_importing_the_web_application_opens_no_connection():
    """Gunicorn loads it once and forks: a connection made before would be shared by the workers."""
    code = (
        "import wfh_portal.wsgi; from django.db import connections; from django.urls import get_resolver;"
        "get_resolver().url_patterns; print([c.connection for c in connections.all(initialized_only=True)])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CLONE, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.strip("[]\n").split(", ")) <= {"None", ""}


@pytest.fixture
def install():
    return runpy.run_path(str(CLONE / "scripts" / "venv.py"))


def test_an_old_python_gets_one_line(install, monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(install["make_venv"].__globals__, "PYTHON", str(tmp_path / "none"))
    monkeypatch.setitem(install["make_venv"].__globals__, "find_python", lambda: None)
    with pytest.raises(SystemExit) as ended:
        install["make_venv"]()
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_python_without_ensurepip_says_what_to_install(install, monkeypatch, capsys, tmp_path):
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\necho 'Error: No module named ensurepip'; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setitem(install["make_venv"].__globals__, "PYTHON", str(tmp_path / "none"))
    monkeypatch.setitem(install["make_venv"].__globals__, "find_python", lambda: str(broken))
    with pytest.raises(SystemExit):
        install["make_venv"]()
    error = capsys.readouterr().err
    assert "python3-venv" in error
    assert error.count("\n") == 1


def test_a_lock_is_installed_once(install, monkeypatch, tmp_path):
    calls = []
    names = install["install"].__globals__
    monkeypatch.setitem(names, "ROOT", str(tmp_path))
    monkeypatch.setitem(names, "VENV", str(tmp_path))
    monkeypatch.setitem(names, "follow_pip", lambda command, total: calls.append((command, total)))
    lock = tmp_path / "requirements.txt"
    lock.write_text("# head\na==1 \\\n    --hash=sha256:00\nb==2 \\\n    --hash=sha256:00\n")
    install["install"]("requirements.txt")
    install["install"]("requirements.txt")
    assert len(calls) == 1
    assert calls[0][1] == 2
    assert "--require-hashes" in calls[0][0]
    lock.write_text("a==2 \\\n    --hash=sha256:00\n")
    install["install"]("requirements.txt")
    assert len(calls) == 2
