"""``manage.py manage_account close|open|end-sessions|new-link|reset-factors NIP``, by an administrator."""

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.actions import Refused, deactivate, end_sessions, forget_password, reactivate, reset_factors
from employees.links import first_link
from employees.management.access import any_account, doing, who
from ledger.commands import RecordedCommand

ACTIONS = ("close", "open", "end-sessions", "new-link", "reset-factors")


class Command(RecordedCommand):
    help = (
        "close: everything the account has open ends, nobody logs in with it any more. open: as before it was closed. "
        "end-sessions: log out everywhere, tokens too. new-link: takes the password away, prints a link. "
        "reset-factors: takes the second factor away; its holder sets up a new one."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=ACTIONS)
        parser.add_argument("nip", metavar="NIP", help="NIP, or the account name of an account without a person")
        one = parser.add_mutually_exclusive_group(required=True)
        one.add_argument("--by", metavar="NIP", help="the administrator who answers for it")
        one.add_argument(
            "--last", action="store_true", help="reset-factors of the only platform administrator, who is locked out"
        )
        parser.add_argument("--reason", default="", help="why; it stands in the audit trail")

    def handle(self, *, what: str, nip: str, reason: str, **options) -> None:
        at = timezone.now()
        with doing(by := who(options)):
            user = any_account(nip)
            if what == "reset-factors":
                reset_factors(user=user, by=by, at=at, reason=reason)
            elif by is None:
                raise Refused("NO_ACCOUNT", _("Say who answers for it: --by NIP."))
            elif what == "end-sessions":
                end_sessions(user=user, by=by, at=at)
            else:
                acts = {"close": deactivate, "open": reactivate, "new-link": forget_password}
                user = acts[what](user=user, by=by, at=at, reason=reason)
        self.stderr.write(_("Done."))
        if what == "new-link":
            self.stdout.write(first_link(user))
