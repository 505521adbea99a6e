"""Makes .venv and installs a lock into it, only when the lock has changed: ``python3 scripts/venv.py LOCK``.

Runs with Python 3.6 and the standard library alone, so that an old Python gets a sentence instead of a syntax error.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)


def find_python():
    """A Python that is new enough: this one, or a newer one beside it; None where there is none."""
    if sys.version_info >= OLDEST:
        return sys.executable
    names = (f"python3.{minor}" for minor in range(15, OLDEST[1] - 1, -1))
    return next((found for found in map(shutil.which, names) if found), None)


def refuse(sentence):
    """Print one sentence for the reader and end."""
    sys.stderr.write(sentence + "\n")
    sys.exit(2)


def make_venv():
    """Make .venv, or make it anew where its Python no longer starts."""
    if os.path.exists(PYTHON) and subprocess.call([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0:
        return
    python = find_python()
    if python is None:
        have = f"{sys.version_info[0]}.{sys.version_info[1]}"
        refuse(f"Python 3.11 or newer is needed, and this is {have}. Name a newer one: make demo PYTHON=python3.11")
    print("Making .venv ...", flush=True)
    done = subprocess.run([python, "-m", "venv", "--clear", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        if b"ensurepip" in done.stdout:
            refuse("This Python cannot make a virtual environment. On Debian or Ubuntu: sudo apt install python3-venv")
        refuse("The virtual environment could not be made:\n" + done.stdout.decode(errors="replace"))


def install(lock):
    """Install the lock, checked by its hashes, unless exactly this lock was installed last."""
    with open(os.path.join(ROOT, lock), "rb") as file:
        text = file.read()
    stamp = os.path.join(VENV, "installed-" + os.path.basename(lock))
    digest = hashlib.sha256(text).hexdigest()
    if os.path.exists(stamp):
        with open(stamp) as file:
            if file.read() == digest:
                return
    total = sum(1 for line in text.splitlines() if b"==" in line and not line.startswith((b"#", b" ")))
    print(f"Installing {lock} ({total} packages, once) ...", flush=True)
    follow_pip([PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
               + ["--require-hashes", "-r", os.path.join(ROOT, lock)], total)  # fmt: skip
    with open(stamp, "w") as file:
        file.write(digest)


def follow_pip(command, total):
    """Run pip and say every few seconds how far it is; its last words only where it fails."""
    start = said = time.time()
    lines, fetched = [], 0
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    for line in pip.stdout or ():
        lines.append(line)
        fetched += line.startswith("Collecting ")
        unpacking = line.startswith("Installing collected")
        if unpacking or time.time() - said > 3:
            said = time.time()
            step = "unpacking" if unpacking else f"{fetched} of {total} fetched"
            print(f"  {said - start:3.0f} s  {step}", flush=True)
    if pip.wait():
        refuse("".join(lines[-15:]) + "The packages could not be installed (pip's last lines are above).")
    print(f"  {time.time() - start:3.0f} s  done", flush=True)


if __name__ == "__main__":
    make_venv()
    install(sys.argv[1] if len(sys.argv) > 1 else "requirements.txt")
