"""``manage.py demo_accounts``: fresh passwords for one made-up account a role. Only in a demo."""

import json
import secrets

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ledger.commands import RecordedCommand
from schedules.demo import DemoRefused, give_passwords

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without characters that look alike


class Command(RecordedCommand):
    help = "Gives the demo's printed accounts new passwords and prints them. Refused outside EMBEDDED or DEBUG."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as a JSON list of role, nip, name, password, try")

    def handle(self, **options) -> None:
        if not (settings.EMBEDDED or settings.DEBUG):
            raise CommandError("Only in a demo: neither EMBEDDED nor DEBUG is set.", returncode=2)
        try:
            rows = give_passwords(make=password, at=timezone.now())
        except DemoRefused as refused:
            raise CommandError(str(refused), returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write("   ".join(row[name] for name in ("role", "nip", "password", "name")))


def password() -> str:
    """Twelve random characters in groups of four, easy to type from a screen (59 bits)."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
