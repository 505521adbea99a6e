"""``manage.py create_account NIP``: an account for a person, or (``--name``) for another system or the platform."""

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.actions import Refused, create_account, create_named_account
from employees.actions.openings import unknown_person
from employees.links import first_link
from employees.login import typed_number
from employees.management.access import doing, who
from employees.models import Employee
from ledger.commands import RecordedCommand


class Command(RecordedCommand):
    help = (
        "Makes an account and prints, once, the link at which its holder sets the first password. The very first "
        "account of an installation is made with --first."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("nip", metavar="NIP", nargs="?", help="number of the person")
        whose.add_argument("--name", help="account name, for an account without a person")
        parser.add_argument("--email", default="", help="e-mail, with --name")
        one = parser.add_mutually_exclusive_group(required=True)
        one.add_argument("--by", metavar="NIP", help="who answers for it: NIP or account name of an administrator")
        one.add_argument("--first", action="store_true", help="nobody administers the platform yet")

    def handle(self, *, nip, name, email: str, **options) -> None:
        at = timezone.now()
        with doing(by := who(options)):
            if name:
                user = create_named_account(name=name, email=email, by=by, at=at)
            else:
                person = Employee.objects.filter(nip=typed_number(nip)).select_related("agency").first()
                if person is None or by is None:
                    raise Refused("UNKNOWN", unknown_person())
                user = create_account(employee=person, by=by, at=at)
        self.stderr.write(_("Account made. The link works once and for three days; give it to nobody else:"))
        self.stdout.write(first_link(user))
