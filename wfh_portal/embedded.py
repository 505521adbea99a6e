"""PostgreSQL 18 and Valkey from their wheels, for the demo and the tests; never for production.

``python -m wfh_portal.embedded [--template] -- COMMAND…`` starts both in a folder that is removed afterwards, sets the
environment, runs the command and returns its exit code. ``manage.py demo`` (showcase.py) keeps its data in ``.data``.
Where ``DATABASE_URL`` or ``REDIS_URL`` is set, that server is used as it is and ours does not start.
"""

import argparse
import contextlib
import fcntl
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from wfh_portal.places import CLONE, RuntimeRefused, data_folder, find_places, forget, private_folder
from wfh_portal.processes import Family, Stopped, complain, end_with_parent, run, say
from wfh_portal.servers import DATABASE, database_url, start_postgres, start_valkey

TEMPLATE = "wfh_template"


@dataclass(frozen=True)
class Servers:
    """What the environment of every other process needs to know."""

    database_url: str
    owner_url: str
    redis_url: str
    embedded_database: bool


def own_server(name: str) -> str:
    """The address of a server of the user's own: the environment variable ``name``, or nothing."""
    return os.environ.get(name, "").strip()


def prepare() -> None:
    """Give this process what the settings ask for, before they are read: the generated key and the embedded mode."""
    os.environ["EMBEDDED"] = "1"
    os.environ["DEBUG"] = "0"
    if os.environ.get("SECRET_KEY"):
        return
    data = data_folder()
    try:
        os.environ["SECRET_KEY"] = secret_key(data)
    except OSError as problem:
        complain(f"{data} cannot be used: {problem.strerror}. Set WFH_DATA to a folder of your own.")
        sys.exit(2)


def secret_key(data: Path) -> str:
    """The clone's own key: made once, readable by us alone."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data / "secret_key"
    if not path.exists():
        fresh = data / f"secret_key.{os.getpid()}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        fresh.replace(path)
    return path.read_text().strip()


def environment(data: Path, servers: Servers, *, public_url: str) -> dict[str, str]:
    """The environment of web, workers, beat, steps and tests: ours where the portal depends on it, else the user's."""
    hosts = [host for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "wfh_portal.settings",
        "EMBEDDED": "1",
        "DEBUG": "0",
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(data),
        "DATABASE_URL": servers.database_url,
        "DATABASE_OWNER_URL": servers.owner_url,
        "REDIS_URL": servers.redis_url,
        "EMAIL_URL": os.environ.get("EMAIL_URL") or "console:",
        "ALLOWED_HOSTS": ",".join(dict.fromkeys(["127.0.0.1", "localhost", *hosts])),
        "PUBLIC_URL": public_url,
    }


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold the data folder for this process alone; the lock is the kernel's and ends with us."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
            raise RuntimeRefused(
                f"A demo of this clone is already running (process {holder}). Stop it with Ctrl-C in its terminal, "
                "or start this one with data of its own: WFH_DATA=.data-2 make demo"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def start_servers(family: Family, data: Path, *, thrown_away: bool = False) -> Servers:
    """Start what is not the user's own; raises ``RuntimeRefused`` with a sentence where that cannot be."""
    database, redis = own_server("DATABASE_URL"), own_server("REDIS_URL")
    owner = own_server("DATABASE_OWNER_URL") or database
    places = None if database and redis else find_places(data)
    if places and not database:
        start_postgres(family, places, thrown_away=thrown_away)
        database, owner = (database_url(places, role) for role in ("wfh_app", "wfh_owner"))
    if places and not redis:
        start_valkey(family, places, thrown_away=thrown_away)
        redis = f"redis+socket://{places.valkey_socket}"
    return Servers(database, owner, redis, embedded_database=not own_server("DATABASE_URL"))


@contextlib.contextmanager
def template_database(servers: Servers, env: dict[str, str], logs: Path) -> Iterator[dict[str, str]]:
    """A migrated database that every test worker copies; yields what the tests must know. Tests run as its owner.

    On a server of the user's own it has a name of its own and is dropped afterwards; the role needs CREATEDB.
    """
    ours = servers.embedded_database
    name = TEMPLATE if ours else f"{TEMPLATE}_{os.getpid()}"
    address = urlsplit(servers.owner_url)
    execute(servers.owner_url, f"CREATE DATABASE {name}" + (f" TEMPLATE {DATABASE}" if ours else ""))
    try:
        owner = env | {"DATABASE_URL": urlunsplit(address._replace(path=f"/{name}")), "STATEMENT_TIMEOUT": "0"}
        run("migrate", [sys.executable, CLONE / "manage.py", "migrate", "-v0"], env=owner, cwd=CLONE, logs=logs)
        yield {"TEST_TEMPLATE_DB": name, "DATABASE_URL": servers.owner_url}
    finally:
        if not ours:
            execute(servers.owner_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def execute(url: str, statement: str) -> None:
    """One statement outside a transaction, as CREATE DATABASE asks for."""
    from psycopg2 import Error, connect

    try:
        with contextlib.closing(connect(url)) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)
    except Error as problem:
        raise RuntimeRefused(f"The database server of DATABASE_URL refused «{statement}»: {problem}") from None


def run_command(command: list[str], env: Mapping[str, str]) -> int:
    """Run the wrapped command in our terminal and return its exit code. It gets Ctrl-C itself; SIGTERM is passed on."""
    process = subprocess.Popen(command, env=dict(env), cwd=CLONE, preexec_fn=end_with_parent(signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    code = process.wait()
    return 128 - code if code < 0 else code


def wrap(command: list[str], *, template: bool) -> int:
    """Start fresh servers, run ``command`` against them, stop and remove them; the command's exit code."""
    data = Path(tempfile.mkdtemp(prefix="wfh-test-")).resolve()
    logs = private_folder(data / "log")
    family = Family(logs)
    try:
        servers = start_servers(family, data, thrown_away=True)
        env = environment(data, servers, public_url="http://127.0.0.1:8000")
        env.pop("TEST_TEMPLATE_DB", None)
        with contextlib.ExitStack() as stack:
            if template:
                say("Migrating the database that the tests copy ...")
                env |= stack.enter_context(template_database(servers, env, logs))
            say(f"Ready. Running: {' '.join(command)}")
            return run_command(command, env)
    finally:
        family.stop()
        forget(data)


def main(argv: list[str] | None = None) -> int:
    """The command line of ``python -m wfh_portal.embedded``."""
    parser = argparse.ArgumentParser(prog="python -m wfh_portal.embedded", description=__doc__.split("\n")[0])
    parser.add_argument("--template", action="store_true", help="also make a migrated template database for tests")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what to run")
    options = parser.parse_args(argv)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        parser.error("nothing to run: give a command after --")
    stop_on_signals_for_wrapper()
    try:
        return wrap(command, template=options.template)
    except RuntimeRefused as problem:
        complain(str(problem))
        return 2
    except (Stopped, KeyboardInterrupt):
        complain("Stopped.")
        return 130


def stop_on_signals_for_wrapper() -> None:
    """SIGTERM during the start of the servers ends them too, as Ctrl-C does."""

    def leave(number: int, frame: object) -> None:
        raise Stopped

    signal.signal(signal.SIGTERM, leave)


if __name__ == "__main__":
    sys.exit(main())
