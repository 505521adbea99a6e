"""Policies as data."""

import datetime as dt
import sys
from pathlib import Path

from django.utils import timezone

from eligibility.actions import Refused, load_policies, put_in_force
from employees.models import Agency
from ledger.commands import RecordedCommand


class Command(RecordedCommand):
    help = "Load policies from files (default: all of docs/policies); with --agency put one in force from a date."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--agency", metavar="CODE", help="put a policy in force in this agency")
        parser.add_argument("--policy", metavar="CODE", help="which one, if several are loaded")
        parser.add_argument("--since", metavar="2026-11-23", help="from this date on (default: today)")

    def handle(self, *, files, agency, policy, since, **options):
        at = timezone.now()
        try:
            loaded = load_policies(by=None, at=at, files=files or None)
            for one in loaded:
                self.stdout.write(f"{one}: {one.name}")
            if agency:
                self._put_in_force(loaded, agency, policy, since, at)
        except (Refused, ValueError) as error:
            self.stderr.write(str(error))
            sys.exit(2)

    def _put_in_force(self, loaded, agency_code, policy_code, since, at):
        agency = Agency.objects.filter(code=agency_code).first()
        codes = sorted({one.code for one in loaded})
        code = policy_code or (codes[0] if len(codes) == 1 else None)
        if agency is None or code is None:
            raise ValueError(f"Name an existing agency and one policy with --policy ({', '.join(codes)}).")
        date = dt.date.fromisoformat(since) if since else at.astimezone(agency.zone).date()
        made = put_in_force(agency=agency, policy_code=code, since=date, by=None, at=at)
        self.stdout.write(f"{agency.code}: {made.policy} in force from {made.valid.lower}")
