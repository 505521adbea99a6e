"""Is this container healthy? ``healthcheck.py /readyz`` asks the web server, ``--file PATH`` how old a file is.

The request carries the public name, since every other name is refused. Exit 0 healthy, 1 not.
"""

import os
import pathlib
import sys
import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

OLDEST = 600  # seconds; beat writes its state every 180


def answers(path: str) -> bool:
    """Whether the web server in this container answers ``path`` with 200."""
    public = urlsplit(os.environ["PUBLIC_URL"])
    connection = HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=8)
    try:
        connection.request("GET", path, headers={"Host": public.netloc, "X-Forwarded-Proto": public.scheme})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def fresh(path: str) -> bool:
    """Whether the file, or one that a database library named after it, was written lately."""
    target = pathlib.Path(path)
    written = [found.stat().st_mtime for found in target.parent.glob(target.name + "*")]
    return bool(written) and time.time() - max(written) < OLDEST


if __name__ == "__main__":
    healthy = fresh(sys.argv[2]) if sys.argv[1] == "--file" else answers(sys.argv[1])
    sys.exit(0 if healthy else 1)
