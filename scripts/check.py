"""``make check``: every lint, type, contract, migration, message, template and deployment check; counts what fails.

Runs under ``python -m wfh_portal.embedded``, since Django compares migrations with a database.
"""

import os
import pathlib
import secrets
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = pathlib.Path(sys.executable).parent
PRODUCTION = {
    "EMBEDDED": "0",
    "DEBUG": "0",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "PUBLIC_URL": "https://wfh.example.go.id",
    "ALLOWED_HOSTS": "wfh.example.go.id",
    "EMAIL_URL": "submission://portal:password@mail.example.go.id:587",
    "TRUSTED_PROXIES": "1",
    "REDIS_URL": "redis://:password@redis:6379/0",
}
OWNER = {"DATABASE_URL": os.environ.get("DATABASE_OWNER_URL", "")}
BANDIT = [PYTHON, "-m", "bandit", "--quiet"]
MANAGE = [PYTHON, "manage.py"]
CHECKS = [
    ("style", [PYTHON, "-m", "ruff", "check", ".", "--output-format", "concise"], {}),
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "."], {}),
    ("security", [*BANDIT, "--configfile", "pyproject.toml", "--severity-level", "medium", "--recursive", "."], {}),
    ("types", [PYTHON, "-m", "mypy", "."], {}),
    ("contracts", [str(BIN / "lint-imports"), "--no-cache"], {}),
    ("migrations are made", [*MANAGE, "makemigrations", "--check", "--dry-run"], OWNER),
    ("migrations are linear", [PYTHON, "scripts/check_migrations.py"], {}),
    ("messages", [PYTHON, "scripts/check_messages.py"], {}),
    ("templates", [PYTHON, "-m", "djlint", "templates", "--lint", "--quiet", "--ignore", "H030,H031"], {}),
    ("lock", [PYTHON, "scripts/check_lock.py"], {}),
    ("vendored files", [PYTHON, "scripts/check_vendor.py"], {}),
    ("deployment", [*MANAGE, "check", "--deploy", "--database", "default", "--fail-level", "WARNING"], PRODUCTION),
]


def passes(name: str, command: list[str], more: dict[str, str]) -> bool:
    """Run one check and print one line for it, and its output where it fails."""
    start = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False)
    fine = done.returncode == 0
    print(f"{'ok    ' if fine else 'FAILED'}  {name:<22} {time.monotonic() - start:5.1f} s", flush=True)
    if not fine:
        print((done.stdout + done.stderr).strip()[-6000:], flush=True)
    return fine


def main() -> int:
    """Run the checks whose names are given, or all."""
    wanted = sys.argv[1:]
    failed = [check[0] for check in CHECKS if (not wanted or check[0] in wanted) and not passes(*check)]
    print(f"\n{len(failed)} failed: {', '.join(failed)}" if failed else "\nEverything is in order.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
