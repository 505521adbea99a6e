"""The lock is in step with pyproject.toml: compares the digest in the locks' headers, offline."""

import hashlib
import json
import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def digest() -> str:
    """SHA-256 over pyproject's dependency tables, in canonical JSON."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    tables = [project["project"]["dependencies"], project["dependency-groups"]]
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def main() -> int:
    if "--print" in sys.argv:
        print(digest())
        return 0
    line = f"# dependencies-sha256: {digest()}"
    stale = [f for f in ("requirements.txt", "requirements-dev.txt") if line not in (ROOT / f).read_text()]
    if stale:
        print(f"{', '.join(stale)} out of step with pyproject.toml: run `make lock`")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
