"""``manage.py verify_export FILE``: whether a file that left the portal is whole and ours."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand

from ledger import exports


class Command(BaseCommand):
    help = "Check the digest and signature on the last line of an export. Exit 0: whole and ours; 1: not; 2: unusable."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="a CSV, JSON or PDF that the portal made")

    def handle(self, *, file: Path, **options):
        try:
            found = exports.check(file.read_bytes())
        except (OSError, ValueError) as error:
            self.stderr.write(str(error))
            sys.exit(2)
        if not found.whole:
            self.stderr.write("CHANGED: the digest on the last line does not fit what stands above it.")
            sys.exit(1)
        if not found.ours:
            self.stderr.write("NOT OURS: the digest was not signed with this installation's SECRET_KEY.")
            sys.exit(1)
        self.stdout.write(f"ok: {found.rows} rows, file {found.number}; its event says by whom it was taken.")
