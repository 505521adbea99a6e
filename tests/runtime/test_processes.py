"""Children end with us, their last words are told, and a taken port is stepped over."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from wfh_portal import processes
from wfh_portal.places import CLONE, RuntimeRefused
from wfh_portal.processes import ChildEnded, Family, Follower


@pytest.fixture
def family(tmp_path):
    (tmp_path / "log").mkdir()
    made = Family(tmp_path / "log")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield made
    made.stop()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def python(code):
    return [sys.executable, "-c", code]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_a_child_that_ends_is_named_with_its_last_words(family):
    family.start("worker", python("print('no broker'); raise SystemExit(3)"), env=os.environ)
    with pytest.raises(ChildEnded, match=r"«worker».*exit code 3(.|\n)*no broker"):
        family.wait_for("Something", lambda: False, seconds=10)


def test_a_killed_child_is_named_with_the_signal(family):
    child = family.start("web", python("import time; time.sleep(60)"), env=os.environ)
    child.process.kill()
    child.process.wait()
    with pytest.raises(ChildEnded, match="«web».*signal SIGKILL"):
        family.check()


def test_what_is_never_ready_ends_in_a_sentence(family):
    with pytest.raises(RuntimeRefused, match="The web server was not ready within 0 s"):
        family.wait_for("The web server", lambda: False, seconds=0.1)


def test_tiers_are_stopped_last_started_first(family, tmp_path):
    order = tmp_path / "order"
    code = (
        "import signal,sys,time\n"
        "def end(*_):\n open({path!r},'a').write({name!r}); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(60)"
    )
    for name in ("a", "b"):
        child = family.start(name, python(code.format(path=str(order), name=name)), env=os.environ)
        family.next_tier()
        wait_until(lambda child=child: "up" in child.last_lines())
    family.stop()
    assert order.read_text() == "ba"


def test_a_child_that_does_not_listen_is_killed(family):
    ignore = "import signal,time\nfor n in (15, 3): signal.signal(n, signal.SIG_IGN)\n"
    code = ignore + "print('up', flush=True); time.sleep(60)"
    child = family.start("deaf", python(code), env=os.environ, patience=0.2)
    wait_until(lambda: "up" in child.last_lines())
    family.stop()
    assert child.process.returncode == -signal.SIGKILL


def test_kill_9_of_the_parent_ends_the_children(tmp_path):
    """What `kill -9` of the supervisor means, with one child."""
    code = (
        "import os,sys,time; from pathlib import Path; from wfh_portal.processes import Family\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"child = Family(Path({str(tmp_path)!r})).start('c', command, env=os.environ)\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True, cwd=CLONE)
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not alive(child))


def test_a_step_that_fails_tells_its_last_lines(tmp_path):
    command = python("import sys; print('half'); print('no such table', file=sys.stderr); sys.exit(1)")
    with pytest.raises(RuntimeRefused, match=r"«migrate» failed \(exit code 1\)(.|\n)*no such table(.|\n)*half"):
        processes.run("migrate", command, env=os.environ, cwd=CLONE, logs=tmp_path)


def test_a_step_gives_its_answer_without_its_warnings(tmp_path):
    command = python("import sys; print('[]'); print('a warning', file=sys.stderr)")
    assert processes.run("accounts", command, env=os.environ, cwd=CLONE, logs=tmp_path) == "[]\n"


def test_a_follower_gives_whole_lines_once_and_only_new_ones(family):
    (family.logs / "mail.log").write_text("of the last start\n")
    child = family.start("mail", python("print('one', end='', flush=True); input()"), env=os.environ)
    follower = Follower(child)
    child.process.wait()
    with child.log.open("a") as log:
        log.write("\ntwo\nthr")
    assert follower.fresh().splitlines()[0] == "one" or "EOFError" in child.last_lines()
    assert "of the last start" not in child.last_lines()
    with child.log.open("a") as log:
        log.write("ee\n")
    assert follower.fresh().endswith("three\n")
    assert follower.fresh() == ""


def test_a_log_that_grows_long_is_emptied_and_followed_on(family, monkeypatch):
    child = family.start("mail", python("import time; print('first', flush=True); time.sleep(60)"), env=os.environ)
    follower = Follower(child)
    wait_until(lambda: "first" in child.last_lines())
    assert follower.says("first")
    monkeypatch.setattr(processes, "LOG_LIMIT", 0)
    family.trim_logs()
    assert child.log.read_text() == ""
    child.log.write_text("new\n")
    assert follower.says("new")


def test_a_long_log_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "LOG_LIMIT", 10)
    (tmp_path / "web.log").write_text("x" * 11)
    assert processes.open_log(tmp_path, "web").read_text() == ""
    assert (tmp_path / "web.log.1").read_text() == "x" * 11


def test_a_taken_port_is_stepped_over():
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        taken = first.getsockname()[1]
        port, wanted = processes.free_port(str(taken))
        assert port > taken
        assert not wanted
    assert processes.free_port(str(taken)) == (taken, True)


def test_no_free_port_is_a_sentence():
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        with pytest.raises(RuntimeRefused, match="all taken"):
            processes.free_port(str(first.getsockname()[1]), tries=1)


@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1", "8000.0", "８０００", "80 00"])
def test_a_port_that_is_none_is_a_sentence(port):
    with pytest.raises(RuntimeRefused, match="from 1 to 65535"):
        processes.free_port(port)
