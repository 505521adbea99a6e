"""Real processes against this test's own database: web, workers, beat, as the demo starts them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connection, connections

WORKER = ["celery", "-A", "wfh_portal", "worker", "-c", "1", "-l", "INFO", "-Q"]
BEAT = ["celery", "-A", "wfh_portal", "beat", "-l", "INFO", "-s"]


class Rig:
    """Starts processes, keeps their logs, and leaves none behind."""

    def __init__(self, folder, **environment):
        self.folder, self.processes = folder, []
        database = connection.settings_dict
        host = quote(database["HOST"] or "localhost", safe="")
        user = database["USER"] + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
        port = f":{database['PORT']}" if database["PORT"] else ""
        self.environment = os.environ | {
            "DATABASE_URL": f"postgres://{user}@{host}{port}/{database['NAME']}",
            "REDIS_URL": _own_broker(settings.CELERY_BROKER_URL),
            "TICK_SECONDS": "1",
            "OUTBOX_SECONDS": "0.5",
            **environment,
        }

    def start(self, name: str, module: list[str]) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, queues="default,bulk,mail", name="worker"):
        return self.start(name, [*WORKER, queues, "-n", f"{name}@test"])

    def beat(self, name="beat"):
        return self.start(name, [*BEAT, str(self.folder / f"{name}.schedule")])

    def web(self) -> str:
        """Start the web server, with its static files gathered as in production; its address."""
        gather = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(gather, env=self.environment, check=True, capture_output=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.environment["PUBLIC_URL"] = f"http://{address}"
        self.start("web", ["gunicorn", "-c", "deploy/gunicorn.conf.py", "-w", "1", "-b", address, "wfh_portal.wsgi"])
        until(lambda: _answers(f"http://{address}/livez"), "the web server answers", log=self.log)
        return f"http://{address}"

    def broker(self) -> redis.Redis:
        """The broker's own store."""
        url = self.environment["REDIS_URL"].replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
        return redis.Redis.from_url(url)

    def log(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.folder.glob("*.log")))

    def stop(self):
        for process in self.processes:
            kill(process)


def kill(process: subprocess.Popen) -> None:
    """kill -9 of a process and everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(condition, what: str, seconds: float = 60, log=lambda: "", pause: float = 0.05):
    """Wait for a condition; its first true answer is returned. Fails, with the logs, when it never comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(pause)
    raise AssertionError(f"never: {what}\n{log()}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _own_broker(url: str) -> str:
    """A database of the broker for this test worker alone, so that parallel tests never take each other's tasks."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    if url.startswith("redis+socket"):
        return f"{url.partition('?')[0]}?virtual_host={int(number) + 1}"
    return f"{url.rstrip('/').rpartition('/')[0] if url.count('/') > 2 else url}/{int(number) + 1}"


@contextlib.contextmanager
def rig(folder, **environment):
    made = Rig(folder, **environment)
    try:
        yield made
    finally:
        made.stop()
        connections.close_all()
