"""``manage.py shell``: Django's own, and what is changed in it is recorded as done by it."""

from django.core.management.commands import shell

from ledger.commands import RecordedCommand


class Command(RecordedCommand, shell.Command):
    """As Django's; a change made in it names it and the operator in the history of rows."""
