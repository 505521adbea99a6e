"""``manage.py end_role NIP ROLE``: end a role of an account, now or on a day, by an administrator."""

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.actions import Refused, end_role
from employees.actions.roles import not_yours_to_end, today_of
from employees.management.access import any_account, by_arguments, doing, place_arguments, place_of, who
from employees.management.importing import day
from employees.models import RoleGrant
from employees.roles import GIVEN
from ledger.commands import RecordedCommand


class Command(RecordedCommand):
    help = "Ends a role of an account at once, or with a last day (--until)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("nip", metavar="NIP", help="NIP, or the account name of an account without a person")
        parser.add_argument("role", metavar="ROLE", help=", ".join(GIVEN))
        place_arguments(parser)
        parser.add_argument("--until", metavar="YYYY-MM-DD", type=day, help="last day (default: it ends now)")
        by_arguments(parser)

    def handle(self, *, nip: str, role: str, until, reason: str, **options) -> None:
        at = timezone.now()
        with doing(by := who(options)):
            agency, unit = place_of(options)
            rows = RoleGrant.objects.filter(user=any_account(nip), role=role, agency=agency, unit=unit)
            grant = rows.not_over(today_of(agency, at)).order_by("valid").first()
            if grant is None or by is None:
                raise Refused("NOT_YOURS", not_yours_to_end())
            end_role(grant_id=grant.pk, last=until, by=by, at=at, reason=reason)
        self.stdout.write(_("The role has ended.") if until is None else _("The role ends then."))
