"""`manage.py demo` as its user meets it: a clone with blanks in its name, real servers, real signals."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from wfh_portal.places import CLONE, forget

pytestmark = pytest.mark.slow
OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "EMAIL_URL", "ALLOWED_HOSTS", "PUBLIC_URL")
NOT_CLONED = shutil.ignore_patterns(".git", ".venv*", ".data*", "staticfiles", "__pycache__", ".*_cache", "artifacts")


@pytest.fixture(scope="module")
def clone():
    """A copy of the project, in a folder whose name no socket address and no careless shell survives."""
    import tempfile

    base = Path(tempfile.mkdtemp(prefix="wfh-demo-"))
    base.chmod(0o755)
    folder = base / "my clone of the portal"
    shutil.copytree(CLONE, folder, ignore=NOT_CLONED)
    yield folder
    forget(folder / ".data")
    shutil.rmtree(base, ignore_errors=True)


def allowed(seconds):
    """The promised seconds on two free cores; longer where others keep the machine busy."""
    return seconds * max(1.0, os.getloadavg()[0] / os.cpu_count())


class Demo:
    """One start of the demo and everything it says."""

    def __init__(self, clone, *, port=0, **more):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            self.port = port or server.getsockname()[1]
        env = {name: value for name, value in os.environ.items() if name not in OWN and not name.startswith("TEST_")}
        env |= {"PORT": str(self.port), "DEMO_PEOPLE": "200", "WFH_DATA": ""} | more
        self.said = clone.parent / f"said-{time.monotonic_ns()}"
        with self.said.open("wb") as output:
            command = [sys.executable, "manage.py", "demo"]
            self.process = subprocess.Popen(command, cwd=clone, env=env, stdout=output, stderr=subprocess.STDOUT)
        self.began = time.monotonic()

    def text(self):
        return self.said.read_text()

    def wait_for(self, sentence, seconds):
        while sentence not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() - self.began < seconds, self.text()
            time.sleep(0.1)
        return time.monotonic() - self.began

    def family(self):
        """Every process below the supervisor: (pid, start time), so that a reused number is told apart."""
        parents = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with_name = _stat(entry)
            if with_name:
                parents[int(entry.parent.name)] = with_name
        found, below = set(), {self.process.pid}
        while below:
            below = {pid for pid, (parent, _) in parents.items() if parent in below}
            found |= {(pid, parents[pid][1]) for pid in below}
        return found

    def end(self, number, seconds):
        """Send the signal and wait until no process of the family is left; the seconds it took."""
        family = self.family()
        assert len(family) >= 12, "PostgreSQL, Valkey, web with two, two workers with one each, beat"
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(seconds)
        while left := {member for member in family if running(member)}:
            assert time.monotonic() - began < seconds, f"left: {left}\n{self.text()}"
            time.sleep(0.1)
        return time.monotonic() - began


@pytest.fixture
def start():
    """Starts demos, and ends at the test's end those that a failure left running."""
    started = []

    def one(clone, **more):
        started.append(Demo(clone, **more))
        return started[-1]

    yield one
    for demo in started:
        demo.process.terminate()
        demo.process.wait(60)


def _stat(path):
    try:
        fields = path.read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else (int(fields[1]), fields[19])


def running(member):
    found = _stat(Path(f"/proc/{member[0]}/stat"))
    return found is not None and found[1] == member[1]


def get(port, path):
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_the_demo_from_first_start_to_last_process(clone, start):
    demo = start(clone)
    assert demo.wait_for("The first page is served", 300) < allowed(60)
    demo.wait_for("Ctrl-C stops everything", 360)
    assert get(demo.port, "/livez")[0] == 200
    status, page = get(demo.port, "/accounts/login/")
    assert status == 200
    assert "csrfmiddlewaretoken" in page
    passwords = set(re.findall(r"^ {4}\S.*?\b\d{18}   (\S+)", demo.text(), re.MULTILINE))

    second = start(clone)
    assert second.process.wait(30) == 2
    assert "already running" in second.text()
    assert "Traceback" not in second.text()
    assert get(demo.port, "/livez")[0] == 200, "the second start must not disturb the first"

    assert demo.end(signal.SIGKILL, 60) < allowed(15)

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", demo.port))
        other.listen()
        again = start(clone, port=demo.port)
        assert again.wait_for("The first page is served", 120) < allowed(15)
        again.wait_for("Ctrl-C stops everything", 180)
    assert f"Port {demo.port} is taken by another program; using" in again.text()
    assert "Making up" not in again.text(), "the data is kept"
    fresh = set(re.findall(r"^ {4}\S.*?\b\d{18}   (\S+)", again.text(), re.MULTILINE))
    assert passwords.isdisjoint(fresh), "passwords are new at every start"

    again.end(signal.SIGINT, 60)
    assert again.process.returncode == 0
    assert "Stopped. The data stays" in again.text()
    assert len(passwords) == len(fresh) >= 4, "one account per role"


def test_a_process_that_dies_stops_the_rest_and_says_which(clone, start):
    demo = start(clone)
    demo.wait_for("Ctrl-C stops everything", 360)
    family = demo.family()
    victim = next(pid for pid, _ in family if b"beat" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    os.kill(victim, signal.SIGKILL)
    assert demo.process.wait(60) == 1
    assert "«beat» ended unexpectedly (signal SIGKILL)" in demo.text()
    assert "Traceback" not in demo.text()
    assert not {member for member in family if running(member)}


def test_a_stop_in_the_middle_of_the_first_start_leaves_nothing_and_the_next_start_works(tmp_path_factory, start):
    clone = tmp_path_factory.mktemp("half") / "clone"
    shutil.copytree(CLONE, clone, ignore=NOT_CLONED)
    demo = start(clone)
    demo.wait_for("Preparing the tables", 60)
    time.sleep(2)
    family = demo.family()
    assert family
    demo.process.terminate()
    assert demo.process.wait(60) == 0
    assert not {member for member in family if running(member)}
    again = start(clone)
    again.wait_for("Ctrl-C stops everything", 360)
    again.end(signal.SIGTERM, 60)
    forget(clone / ".data")
