"""The demo: everything the portal needs, started as real processes, watched, and stopped together."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from wfh_portal.embedded import Servers, environment, only_one, start_servers
from wfh_portal.places import CLONE, RuntimeRefused, data_folder, private_folder
from wfh_portal.processes import (
    ChildEnded,
    Family,
    Follower,
    Stopped,
    complain,
    free_port,
    run,
    say,
    show,
    stop_on_signals,
)

MANAGE = (sys.executable, CLONE / "manage.py")
CELERY = (sys.executable, "-m", "celery", "-A", "wfh_portal")
APPS = ("ledger", "employees", "performance", "eligibility", "schedules", "wfh_portal")
LEFT_OUT = {"__pycache__", "staticfiles"}


ROUTINE = re.compile(r"\[?\d{4}-\d\d-\d\d [\d:,]+:? INFO")  # a worker's log line about nothing but its work

PREFIX = re.compile(r"^[\d-]{10} [\d:,]+ WARNING celery\.redirected \[.*?\] ")  # what the worker puts before a mail


@dataclass(frozen=True)
class Stage:
    """What the steps of one demo share."""

    data: Path
    servers: Servers
    env: dict[str, str]
    port: int
    people: int

    @property
    def logs(self) -> Path:
        return self.data / "log"

    def manage(self, name: str, *arguments: str, owner: bool = False) -> str:
        """Run a management command as a step, as the owner of the tables or as the application."""
        env = self.env | ({"DATABASE_URL": self.servers.owner_url} if owner else {})
        env["STATEMENT_TIMEOUT"] = "0"  # a step takes the time it needs; pages and tasks have a limit
        return run(name, [*MANAGE, *arguments], env=env, cwd=CLONE, logs=self.logs)

    def done(self, step: str, state: str) -> bool:
        """Whether ``step`` was finished with exactly this ``state`` on this database."""
        return self._mark(step).exists() and self._mark(step).read_text() == state

    def remember(self, step: str, state: str) -> None:
        """Note that ``step`` is finished; written last, so a step that was cut off is done again."""
        self._mark(step).write_text(state)

    def _mark(self, step: str) -> Path:
        database = "ours" if self.servers.embedded_database else digest([self.servers.database_url.encode()])
        return private_folder(self.data / "steps") / f"{step}-{database}"


def play(*, port: str, people: int) -> int:
    """Run the demo until somebody stops it; the exit code: 0 stopped, 1 a process ended by itself, 2 refused."""
    data = data_folder()
    stop_on_signals()
    try:
        with only_one(data):
            family = Family(private_folder(data / "log"))
            try:
                _play(family, data, port=port, people=people)
            finally:
                family.stop()
    except RuntimeRefused as problem:
        complain(f"\n{problem}\n")
        return 1 if isinstance(problem, ChildEnded) else 2
    except Stopped:
        say("Stopped. The data stays; `make demo` continues with it.")
    return 0


def _play(family: Family, data: Path, *, port: str, people: int) -> None:
    number, wanted = free_port(port)
    if not wanted:
        say(f"Port {port} is taken by another program; using {number}.")
    servers = start_everything_below(family, data)
    env = environment(data, servers, public_url=f"http://127.0.0.1:{number}")
    stage = Stage(data, servers, env, number, people)
    migrate(stage)
    collect_static(stage)
    seed(stage)
    family.next_tier()
    start_web(family, stage)
    accounts = fresh_accounts(stage)
    family.wait_for("The web server", lambda: answers(number, "/livez"), seconds=60)
    family.wait_for("The log-in page", lambda: answers(number, "/accounts/login/"), seconds=30)
    say("The first page is served.")
    mails = start_jobs(family, stage)
    show(banner(stage, accounts))
    watch(family, mails)


def start_everything_below(family: Family, data: Path) -> Servers:
    """Start PostgreSQL and Valkey, or say whose are used."""
    kept = " with the data of the last time" if (data / "steps").exists() else ""
    say(f"Starting PostgreSQL and Valkey{kept} ...")
    servers = start_servers(family, data)
    for name in ("DATABASE_URL", "REDIS_URL"):
        if os.environ.get(name, "").strip():
            say(f"{name} is set: using that server, nothing of ours starts for it.")
    return servers


def migrate(stage: Stage) -> None:
    """Bring the tables up to date as their owner; nothing to do where no migration has changed since."""
    files = sorted(path for app in APPS for path in (CLONE / app / "migrations").glob("*.py"))
    state = digest([*(path.read_bytes() for path in files), installed()])
    if stage.servers.embedded_database and stage.done("migrated", state):
        return
    say("Preparing the tables ...")
    stage.manage("migrate", "migrate", "-v0", owner=True)
    stage.remember("migrated", state)


def collect_static(stage: Stage) -> None:
    """Gather styles and scripts for the web server, where one has changed."""
    files = sorted(path for path in (CLONE / "static").rglob("*") if path.is_file())
    state = digest([*(os.fsencode(path) + path.read_bytes() for path in files), installed()])
    if stage.done("static", state) and (CLONE / "staticfiles" / "staticfiles.json").exists():
        return
    say("Gathering styles and scripts ...")
    stage.manage("collectstatic", "collectstatic", "--noinput", "-v0", "--clear")
    stage.remember("static", state)


def seed(stage: Stage) -> None:
    """Load the demo's people, once for a database."""
    if stage.done("seeded", "yes") or not has_command("seed_demo"):
        return
    say(f"Making up {stage.people:,} people, their appraisals and the last weeks (once) ...")
    stage.manage("seed", "seed_demo", "--people", str(stage.people))
    stage.remember("seeded", "yes")


def fresh_accounts(stage: Stage) -> list[dict[str, str]]:
    """One account per role with a password made just now."""
    if not has_command("demo_accounts"):
        return []
    say("Making passwords for the demo accounts ...")
    return json.loads(stage.manage("accounts", "demo_accounts", "--json"))


def start_web(family: Family, stage: Stage) -> None:
    """Gunicorn with two workers of four threads, as in production."""
    say("Starting the web server ...")
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--workers", "2"]
    command += ["--bind", f"127.0.0.1:{stage.port}", "--graceful-timeout", "5", "wfh_portal.wsgi"]
    family.start("web", command, env=stage.env, cwd=CLONE)


def start_jobs(family: Family, stage: Stage) -> Follower:
    """Two workers, because mail never waits behind a bulk run, and exactly one beat; returns what shows the mails."""
    say("Starting the workers and the timetable ...")
    worker = (*CELERY, "worker", "-l", "INFO", "-P", "prefork", "-c", "1", "--without-gossip", "--without-mingle")
    logs = []
    for name, queues in (("mail", "mail,default"), ("bulk", "bulk")):
        command = [*worker, "-Q", queues, "-n", f"{name}@demo"]
        logs.append(Follower(family.start(name, command, env=stage.env, cwd=CLONE)))
    beat = [*CELERY, "beat", "-l", "INFO", "-s", str(stage.data / "beat-schedule"), "--pidfile", ""]
    family.start("beat", beat, env=stage.env, cwd=CLONE)
    for follower in logs:
        family.wait_for("A worker", partial(follower.says, " ready."), seconds=60)
    return logs[0]


def watch(family: Family, mails: Follower) -> None:
    """Show what the mail worker says, which is the demo's mails, until a child ends by itself or we are stopped."""
    while True:
        family.check()
        family.trim_logs()
        lines = [PREFIX.sub("", line) for line in mails.fresh().splitlines() if not ROUTINE.match(line)]
        if lines:
            show("\n".join(lines))
        time.sleep(0.5)


def answers(port: int, path: str) -> bool:
    """Whether the web server answers a GET without an error of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status < 500
        except (OSError, HTTPException):
            return False


def banner(stage: Stage, accounts: list[dict[str, str]]) -> str:
    """What to open, as whom, and what to try first."""
    return "\n".join(["", *_banner(stage, accounts), ""])


def _banner(stage: Stage, accounts: list[dict[str, str]]) -> Iterator[str]:
    width = min(shutil.get_terminal_size().columns, 100)
    yield "─" * width
    yield f"  The WFH portal is running at  {stage.env['PUBLIC_URL']}/"
    if accounts:
        yield "\n  Log in with one of these (the passwords are new at every start):\n"
        columns = {key: max(len(str(row[key])) for row in accounts) for key in ("role", "nip", "password", "name")}
        for row in accounts:
            cells = (f"{row[key]:<{columns[key]}}" for key in ("role", "nip", "password", "name"))
            yield "    " + "   ".join(cells)
        yield "\n  HR, auditors and administrators also need a code of an app: here the log-in page shows it."
        tries = [row["try"] for row in accounts if row.get("try")][:3]
        yield "\n  Three things to try:\n" if len(tries) == 3 else "\n  To try:\n"
        for index, text in enumerate(tries, start=1):
            yield f"    {index}. {text}"
    yield f"\n  Mails appear below. Logs: {stage.logs}"
    yield "  Ctrl-C stops everything."
    yield "─" * width


def has_command(name: str) -> bool:
    """Whether one of the portal's apps brings the management command ``name``."""
    return any((CLONE / app / "management" / "commands" / f"{name}.py").exists() for app in APPS)


def installed() -> bytes:
    """Stands for the versions of all packages: the lock they were installed from."""
    return (CLONE / "requirements.txt").read_bytes()


def digest(parts: list[bytes]) -> str:
    """SHA-256 over the parts and their lengths."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()
