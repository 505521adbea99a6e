"""Runs the benchmarks on a copy of the migrated template that is dropped afterwards."""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

from wfh_portal.embedded import execute

NAME = "wfh_bench"


def main() -> int:
    owner = os.environ["DATABASE_OWNER_URL"]
    execute(owner, f"CREATE DATABASE {NAME} TEMPLATE {os.environ['TEST_TEMPLATE_DB']}")
    url = urlunsplit(urlsplit(owner)._replace(path=f"/{NAME}"))
    try:
        command = [sys.executable, "-m", "benchmarks", *sys.argv[1:]]
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=False).returncode
    finally:
        execute(owner, f"DROP DATABASE {NAME} WITH (FORCE)")


if __name__ == "__main__":
    sys.exit(main())
