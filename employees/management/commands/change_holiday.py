"""``manage.py change_holiday DATE``: a day off moves to another date, or does not take place."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from employees.actions import Refused, move_holiday, withdraw_holiday
from employees.management.access import by_arguments, doing, place_of, who
from employees.management.importing import day
from employees.models import Holiday
from ledger.commands import RecordedCommand


class Command(RecordedCommand):
    help = "Moves a day off to another date (--to) or withdraws it (--withdraw), everybody's or one agency's own."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("date", metavar="DATE", type=day, help="the day off, YYYY-MM-DD")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--to", metavar="DATE", type=day, help="its new date")
        what.add_argument("--withdraw", action="store_true", help="it does not take place")
        parser.add_argument("--agency", metavar="CODE", help="whose own day off it is; without it everybody's")
        by_arguments(parser)

    def handle(self, *, date, to, reason: str, **options) -> None:
        with doing(by := who(options)):
            agency, _unit = place_of(options)
            found = Holiday.objects.filter(date=date, agency=agency).first()
            if found is None:
                named = {"date": date_format(date, "DATE_FORMAT")}
                raise Refused(
                    "NO_HOLIDAY", _("%(date)s is not a day off there; without --agency it is everybody's.") % named
                )
            known: dict[str, Any] = {"holiday_id": found.pk, "version": found.version, "by": by, "at": timezone.now()}
            if to is None:
                withdraw_holiday(reason=reason, **known)
            else:
                move_holiday(date=to, reason=reason, **known)
        self.stdout.write(_("The day off is withdrawn.") if to is None else _("The day off is moved."))
