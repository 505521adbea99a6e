"""What the history of rows knows of a change made by a command: its name, and who was logged in to the machine.

Who answers for it in the portal (`--by`) is added by the commands that ask for it.
"""

import getpass
import os
import uuid

import pghistory
from django.core.management.base import BaseCommand

from .request_id import REQUEST_ID


def operator() -> str:
    """The name of the account on this machine; a container's may have none, then its number."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


class RecordedCommand(BaseCommand):
    """Base of every command that may write: history rows, events and log lines of one run carry one id and its name."""

    def execute(self, *args, **options):
        token = REQUEST_ID.set(REQUEST_ID.get() or str(uuid.uuid4()))
        name = type(self).__module__.rpartition(".")[2]
        try:
            with pghistory.context(command=name, operator=operator(), request=REQUEST_ID.get()):
                return super().execute(*args, **options)
        finally:
            REQUEST_ID.reset(token)
