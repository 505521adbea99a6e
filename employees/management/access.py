"""What the commands about accounts and roles share: who answers, for which place, and how refusals are said."""

import contextlib
from collections.abc import Iterator

import pghistory
from django.core.management.base import CommandError, CommandParser
from django.db.models import Q
from django.utils.translation import gettext as _

from employees.actions import Refused
from employees.intake import Refused as ImportRefused
from employees.login import typed_number
from employees.models import Agency, Unit, User

from .importing import REFUSED, account, agency_named


def place_arguments(parser: CommandParser) -> None:
    parser.add_argument("--agency", metavar="CODE", help="code of the agency")
    parser.add_argument("--unit", metavar="CODE", help="code of a unit of that agency: it and everything below it")


def by_arguments(parser: CommandParser, *, first: bool = False) -> None:
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--by", metavar="NIP", help="who answers for it: NIP or account name of an administrator")
    if first:
        one.add_argument("--first", action="store_true", help="nobody administers the platform yet")
    parser.add_argument("--reason", required=True, help="why; it stands in the audit trail")


def who(options: dict) -> User | None:
    """Who answers; None: the installation itself."""
    if options.get("first") is True or options.get("by") is None:
        return None
    try:
        return account(options["by"])
    except ImportRefused as refused:
        raise CommandError(refused.message, returncode=REFUSED) from None


def any_account(name: str) -> User:
    """The account of a number, or with that account name, closed ones too. Raises `Refused`."""
    user = User.objects.filter(Q(employee__nip=typed_number(name)) | Q(username=name)).first()
    if user is None:
        raise Refused("NO_ACCOUNT", _("No account has the number or name “%(name)s”.") % {"name": name})
    return user


def place_of(options: dict) -> tuple[Agency | None, Unit | None]:
    """The agency and unit of the arguments. Raises `Refused`."""
    agency = agency_named(options["agency"]) if options["agency"] else None
    code = options.get("unit")
    if not code:
        return agency, None
    unit = Unit.objects.filter(agency=agency, code=code).first()
    if unit is None:
        raise Refused("UNKNOWN_UNIT", _("Unit “%(code)s” is not known in this agency.") % {"code": code})
    return agency, unit


@contextlib.contextmanager
def doing(by: User | None) -> Iterator[None]:
    """Do it in somebody's name; what is refused is said, and the exit code is 2."""
    try:
        with pghistory.context(user=by.pk if by else None):
            yield
    except (Refused, ImportRefused) as refused:
        raise CommandError(str(refused), returncode=REFUSED) from None
