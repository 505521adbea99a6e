"""``manage.py give_role NIP ROLE``: give an account a role, by an administrator; or the very first of the platform."""

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.actions import give_role
from employees.actions.roles import today_of
from employees.management.access import by_arguments, doing, place_arguments, place_of, who
from employees.management.importing import account, day
from employees.roles import GIVEN
from ledger.commands import RecordedCommand


class Command(RecordedCommand):
    help = (
        "Gives a role to an account, for an agency or a unit with everything below it. An administrator answers for it "
        "(--by); only the very first platform administrator comes from the installation itself (--first). Roles: "
        + ", ".join(GIVEN)
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("nip", metavar="NIP", help="NIP, or the account name of an account without a person")
        parser.add_argument("role", metavar="ROLE", help=", ".join(GIVEN))
        place_arguments(parser)
        parser.add_argument("--from", dest="since", metavar="YYYY-MM-DD", type=day, help="first day (default: today)")
        parser.add_argument("--until", metavar="YYYY-MM-DD", type=day, help="last day, itself included")
        by_arguments(parser, first=True)

    def handle(self, *, nip: str, role: str, since, until, reason: str, **options) -> None:
        at = timezone.now()
        with doing(by := who(options)):
            agency, unit = place_of(options)
            fields = {
                "agency": agency,
                "unit": unit,
                "first": since or today_of(agency, at),
                "last": until,
                "reason": reason,
            }
            give_role(user=account(nip), role=role, by=by, at=at, **fields)
        self.stdout.write(_("The role is given."))
