"""``manage.py create_accounts --agency CODE``: accounts for everybody of an agency who has none."""

import csv
import os
from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.actions import create_accounts
from employees.links import first_link
from employees.management.access import doing, who
from employees.management.importing import REFUSED, agency_named
from employees.models import User
from ledger.commands import RecordedCommand


class Command(RecordedCommand):
    help = (
        "Makes an account for everybody of an agency who has none. --links writes a file with a link for each account "
        "without a password; who has an e-mail address may also ask for a link at the log-in (“forgotten password”)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--agency", metavar="CODE", required=True, help="code of the agency")
        parser.add_argument("--by", metavar="NIP", required=True, help="the agency's administrator: NIP")
        parser.add_argument("--links", metavar="FILE", type=Path, help="new CSV file (nip, nama, email, tautan)")

    def handle(self, *, agency: str, links: Path | None, **options) -> None:
        with doing(by := who(options)):
            assert by is not None
            of = agency_named(agency)
            made = create_accounts(agency=of, by=by, at=timezone.now())
        self.stdout.write(_("Accounts made: %(count)d.") % {"count": made})
        if links:
            waiting = User.objects.without_password().filter(employee__agency=of).select_related("employee")
            count = _write(links, waiting.order_by("employee__name", "pk"))
            told = _("Links written: %(count)d. Each works once and for three days. Delete the file when done.")
            self.stdout.write(told % {"count": count})


def _write(file: Path, users) -> int:
    """How many links; a file that only its owner reads, and never over another one."""
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        message = _("%(file)s cannot be written: %(why)s.") % {"file": file, "why": error.strerror}
        raise CommandError(message, returncode=REFUSED) from None
    with os.fdopen(made, "w", newline="", encoding="utf-8") as text:
        rows = csv.writer(text)
        rows.writerow(["nip", "nama", "email", "tautan"])
        for user in users:
            rows.writerow([user.employee.nip, user.employee.name, user.email, first_link(user)])
    return len(users)
