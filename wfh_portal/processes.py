"""Child processes that never outlive us: start, watch, stop, and one port to listen on.

Every child is told by the kernel to end when we end, even by ``kill -9``. So only the main thread may start children
(the kernel watches the thread that started them).
"""

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wfh_portal.places import RuntimeRefused

Command = Sequence[str | os.PathLike[str]]
STARTED = time.monotonic()
LOG_LIMIT = 5_000_000  # bytes; a longer log is set aside at the next start
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ChildEnded(RuntimeRefused):
    """A process of ours ended by itself."""


class Stopped(BaseException):
    """Somebody asked us to end (Ctrl-C, SIGTERM, a closed terminal). Not an error, hence not an Exception."""


def say(text: str) -> None:
    """One line of progress with the seconds since the start."""
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def show(text: str) -> None:
    """Lines for the reader, without the clock."""
    print(text, flush=True)


def complain(text: str) -> None:
    """A sentence about what went wrong, on the error stream."""
    print(text, file=sys.stderr, flush=True)


def stop_on_signals() -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal raise ``Stopped`` in the main thread."""

    def leave(number: int, frame: object) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def end_with_parent(number: int) -> Callable[[], None]:
    """A ``preexec_fn``: the kernel sends the child ``number`` when this process ends, however it ends."""
    parent = os.getpid()

    def before_exec() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:  # we ended between fork and prctl
                os._exit(1)

    return before_exec


@dataclass
class Child:
    """A running process of ours."""

    name: str
    process: subprocess.Popen
    log: Path
    stop_signal: int = signal.SIGTERM
    patience: float = 10  # seconds to end by itself
    begin: int = 0  # where its own words begin in the log

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, indented, for a message."""
        return tail(self.log, count, self.begin)


class Follower:
    """What a child writes to its log from its start on, piece by piece."""

    def __init__(self, child: Child) -> None:
        self.log, self.position = child.log, child.begin

    def fresh(self) -> str:
        """The complete lines written since the last call."""
        if self.log.stat().st_size < self.position:  # emptied by `trim_logs`
            self.position = 0
        with self.log.open("rb") as file:
            file.seek(self.position)
            text = file.read()
        text = text[: text.rfind(b"\n") + 1]
        self.position += len(text)
        return text.decode(errors="replace")

    def says(self, words: str) -> bool:
        """Whether the lines written since the last call hold ``words``."""
        return words in self.fresh()


@dataclass
class Family:
    """All children, in the order they were started; ``stop`` ends them in tiers, the last started first."""

    logs: Path
    tiers: list[list[Child]] = field(default_factory=lambda: [[]])

    def next_tier(self) -> None:
        """What is started from here on is stopped before everything started so far."""
        self.tiers.append([])

    def start(
        self,
        name: str,
        command: Command,
        *,
        env: Mapping[str, str],
        cwd: str | os.PathLike[str] = "/",
        stop_signal: int = signal.SIGTERM,
        patience: float = 10,
        popen: Mapping[str, Any] | None = None,
    ) -> Child:
        """Start ``command`` with its output in ``<logs>/<name>.log``. Its own session keeps Ctrl-C for us alone."""
        log = open_log(self.logs, name)
        with log.open("ab") as output:
            begin = output.tell()
            process = subprocess.Popen(
                [os.fspath(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                preexec_fn=end_with_parent(stop_signal),
                **(popen or {}),
            )
        child = Child(name, process, log, stop_signal, patience, begin)
        self.tiers[-1].append(child)
        return child

    def check(self) -> None:
        """Raise ``RuntimeRefused`` with a child's last words if one has ended by itself."""
        for child in (child for tier in self.tiers for child in tier):
            code = child.process.poll()
            if code is not None:
                raise ChildEnded(
                    f"The process «{child.name}» ended unexpectedly ({ending(code)}). Its last lines in {child.log}:\n"
                    f"{child.last_lines()}"
                )

    def wait_for(self, what: str, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until ``ready()``; a child's end or too long a time is an error."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise RuntimeRefused(f"{what} was not ready within {seconds:.0f} s. See the logs in {self.logs}.")
            time.sleep(0.05)

    def trim_logs(self) -> None:
        """Empty the logs that grew long (the children append, so they go on at the beginning)."""
        for child in (child for tier in self.tiers for child in tier):
            if child.log.stat().st_size > 10 * LOG_LIMIT:
                os.truncate(child.log, 0)

    def stop(self) -> None:
        """End every child, tier by tier. A signal that arrives meanwhile does not stop the stopping."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        while self.tiers:
            tier = self.tiers.pop()
            for child in tier:
                _signal(child, child.stop_signal)
            for child in tier:
                _await_end(child)


def _signal(child: Child, number: int) -> None:
    if child.process.poll() is None:
        child.process.send_signal(number)


def _await_end(child: Child) -> None:
    try:
        child.process.wait(child.patience)
    except subprocess.TimeoutExpired:
        # PostgreSQL takes SIGQUIT as "at once" and recovers at the next start; Celery as a cold stop.
        _signal(child, signal.SIGQUIT)
        try:
            child.process.wait(3)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
    try:
        os.killpg(child.process.pid, signal.SIGKILL)  # what it may have left behind in its own session
    except (ProcessLookupError, PermissionError):
        return


def run(name: str, command: Command, *, env: Mapping[str, str], cwd: Path, logs: Path) -> str:
    """Run one step to its end and return its output; its failure is a ``RuntimeRefused`` with its last lines."""
    log = open_log(logs, name)
    with log.open("ab") as output:
        start = output.tell()
        process = subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            env=dict(env),
            cwd=cwd,
            text=True,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
        try:
            answer, _ = process.communicate()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if process.returncode:
            output.write(answer.encode())
    if process.returncode:
        raise RuntimeRefused(
            f"The step «{name}» failed ({ending(process.returncode)}). Its last lines in {log}:\n{tail(log, 15, start)}"
        )
    return answer


def ending(code: int) -> str:
    """A return code in words: ``exit code 1`` or ``signal SIGKILL``."""
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"


def open_log(logs: Path, name: str) -> Path:
    """The log file of ``name``; one that grew long is set aside as ``.1``."""
    log = logs / f"{name}.log"
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    return log


def tail(log: Path, count: int, start: int = 0) -> str:
    """The last ``count`` lines of a file from byte ``start`` on, indented by four blanks."""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 20_000))
        lines = file.read().decode(errors="replace").splitlines()[-count:]
    return "\n".join(f"    {line}" for line in lines) or "    (nothing was written)"


def free_port(wanted: str, *, tries: int = 50) -> tuple[int, bool]:
    """The port to listen on and whether it is the wanted one: the next free one from ``wanted`` on, on 127.0.0.1."""
    if not wanted.isascii() or not wanted.isdigit() or not 1 <= int(wanted) <= 65535:
        raise RuntimeRefused(f"PORT is «{wanted}», but a port is a whole number from 1 to 65535. Example: PORT=8000")
    first = int(wanted)
    for port in range(first, min(first + tries, 65536)):
        with socket.socket(socket.AF_INET) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                server.bind(("127.0.0.1", port))
            except PermissionError:
                raise RuntimeRefused(
                    f"Only an administrator may listen on port {port}. Choose one from 1024 on, for example PORT=8000."
                ) from None
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
        return port, port == first
    raise RuntimeRefused(f"The ports {first} to {first + tries - 1} are all taken. Choose another: PORT=9000 make demo")
