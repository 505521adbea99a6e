"""``manage.py create_token NIP``: an API token for an account, shown once."""

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from knox.settings import knox_settings

from employees.actions import create_token
from employees.intake.outcome import Refused
from employees.management.importing import account
from employees.scopes import Scope
from ledger.commands import RecordedCommand


class Command(RecordedCommand):
    help = (
        "Makes an API token for an account and prints it once; only its hash is kept. Send it as "
        "“Authorization: Token …”. It sees exactly what the account sees, and changes nothing without a scope."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("nip", metavar="NIP", help="NIP, or the account name of an account without a person")

        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            choices=Scope.values,
            help="what it may beside reading: write (ask, decide, withdraw), publish (plans); may be given twice",
        )

    def handle(self, *, nip: str, scope: list[str], **options) -> None:
        try:
            token = create_token(user=account(nip), by=None, at=timezone.now(), scopes=scope)
        except Refused as refused:
            raise CommandError(refused.message, returncode=2) from None
        self.stderr.write(f"Valid for {knox_settings.TOKEN_TTL.days} days. It is shown only now:")
        self.stdout.write(token)
