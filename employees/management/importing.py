"""What all import commands share: their arguments, their words, their exit codes."""

import abc
import argparse
import datetime as dt
import sys
from pathlib import Path

import pghistory
from django.core.management.base import CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.intake import Outcome, Refused
from employees.models import Agency, User
from employees.reading import BadCell, UnusableFile, date
from ledger.commands import RecordedCommand

REFUSED, WITH_PROBLEMS = 2, 1


class ImportCommand(RecordedCommand, abc.ABC):
    """Reads a CSV file, says what it would do, and does it with ``--apply --by NIP``."""

    needs_agency = True
    agency_required = True  # False: the file may also concern all agencies
    requires_system_checks: list[str] = []

    @abc.abstractmethod
    def preview(self, *, at: dt.datetime, **known) -> Outcome:
        """What the file would do; arguments as `apply` without `by` and `partial`."""

    @abc.abstractmethod
    def apply(self, **known) -> Outcome:
        """Do it: `content`, `by`, `at`, `partial`, and `agency` where one is needed."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="CSV in UTF-8; comma, semicolon or tab")
        if self.needs_agency:
            about = "code of the agency (kode_instansi)"
            parser.add_argument("--agency", metavar="CODE", required=self.agency_required, help=about)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--dry-run", action="store_true", help="only say what would happen (the default)")
        what.add_argument("--apply", action="store_true", help="write it; needs --by")
        parser.add_argument("--by", metavar="NIP", help="who answers for it: NIP, or account name of an administrator")
        parser.add_argument("--partial", action="store_true", help="take the good rows although others are bad")

    def handle(self, *, apply: bool, partial: bool, **options) -> None:
        at = timezone.now()
        try:
            known = {"content": _content(options["file"]), "at": at} | self.more(options, at)
            if apply:
                by = account(options["by"])
                with pghistory.context(user=by.pk):
                    result = self.apply(by=by, partial=partial, **known)
            else:
                result = self.preview(**known)
        except (UnusableFile, Refused) as problem:
            raise CommandError(problem.message, returncode=REFUSED) from None
        self.report(result, wanted=apply)
        if result.bad:
            sys.exit(WITH_PROBLEMS)

    def more(self, options: dict, at) -> dict:
        """Further arguments for `preview` and `apply`."""
        if not self.needs_agency:
            return {}
        code = options["agency"]
        return {"agency": None if code is None else agency_named(code)}

    def report(self, result: Outcome, *, wanted: bool) -> None:
        """Counts, then each bad row with line, column and reason."""
        names = {"new": _("new"), "changed": _("changed"), "same": _("same"), "bad": _("bad")}
        self.stdout.write(", ".join(f"{names[name]} {count}" for name, count in result.counts.items()))
        if result.unknown_columns:
            self.stdout.write(_("Columns not known and not read: %s.") % ", ".join(result.unknown_columns))
        for row in result.bad:
            where = {"line": row.line, "column": row.column or "–", "reason": row.reason}
            self.stdout.write(_("line %(line)d, %(column)s: %(reason)s") % where)
        if not wanted:
            self.stdout.write(_("Nothing was written (dry run)."))
        elif not result.applied:
            self.stdout.write(_("Nothing was written: some rows are bad. Correct them, or add --partial."))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = _("%(file)s cannot be read: %(why)s.") % {"file": file, "why": error.strerror}
        raise UnusableFile("UNREADABLE", message) from None


def agency_named(code: str) -> Agency:
    agency = Agency.objects.filter(code=code).first()
    if agency is None:
        raise Refused("UNKNOWN_AGENCY", _("There is no agency with the code “%(code)s”.") % {"code": code})
    return agency


def day(text: str) -> dt.date:
    """A day among the arguments, written as in the files."""
    try:
        return date(text)
    except BadCell as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def account(name: str | None) -> User:
    """The active account of a number, or with that account name. Raises `Refused`."""
    if not name:
        raise Refused("NO_ACCOUNT", _("Say who answers for the import: --by NIP."))
    typed = "".join(name.split()).replace(".", "")
    user = User.objects.filter(Q(employee__nip=typed) | Q(username=name), is_active=True).first()
    if user is None:
        raise Refused("NO_ACCOUNT", _("No active account has the number or name “%(name)s”.") % {"name": name})
    return user
