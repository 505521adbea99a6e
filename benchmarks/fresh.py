"""Runs the benchmarks, each on a copy of the migrated template that is dropped afterwards.

python -m benchmarks.fresh [people …] [part …] [policy …] [agency]      parts: run plan bulk fair (default: all)

Of several numbers of people the engine measures each in one run, and how its time grows; the plan takes the first.
"""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

from wfh_portal.embedded import execute

NAME = f"wfh_bench_{os.getpid()}"
PARTS = {
    "run": "benchmarks.engine",
    "plan": "benchmarks.planning",
    "bulk": "benchmarks.bulk",
    "fair": "benchmarks.fairness",
}


def main() -> int:
    people = [word for word in sys.argv[1:] if word.isdigit()]
    wanted = [word for word in sys.argv[1:] if word in PARTS] or list(PARTS)
    further = [word for word in sys.argv[1:] if not word.isdigit() and word not in PARTS]  # for the engine
    return max(_part(PARTS[name], people, further) for name in wanted)


def _part(module: str, people: list[str], further: list[str]) -> int:
    owner = os.environ["DATABASE_OWNER_URL"]
    execute(owner, f"CREATE DATABASE {NAME} TEMPLATE {os.environ['TEST_TEMPLATE_DB']}")
    url = urlunsplit(urlsplit(owner)._replace(path=f"/{NAME}"))
    try:
        sized = {"benchmarks.engine": [*people, *further], "benchmarks.planning": people[:1]}.get(module, [])
        command = [sys.executable, "-m", module, *sized]
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=False).returncode
    finally:
        execute(owner, f"DROP DATABASE {NAME} WITH (FORCE)")


if __name__ == "__main__":
    sys.exit(main())
