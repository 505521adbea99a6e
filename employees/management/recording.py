"""What the import commands of records share: how complete the records are."""

from django.utils.translation import gettext as _

from employees.feeds import Completeness
from employees.intake import RecordKind, check_records, import_records

from .importing import ImportCommand, day


class RecordsCommand(ImportCommand):
    """Imports one kind of record, and says until when the records are complete (`--complete-until`)."""

    kind: RecordKind
    complete: Completeness | None = None

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--complete-until",
            metavar="YYYY-MM-DD",
            type=day,
            help="with this file the agency's records are complete until that day, itself included",
        )
        parser.add_argument(
            "--allow-earlier", action="store_true", help="take a day of --complete-until that is earlier than before"
        )

    def more(self, options, at):
        if options["complete_until"]:
            self.complete = Completeness(options["complete_until"], earlier=options["allow_earlier"])
        return super().more(options, at)

    def preview(self, **known):
        return check_records(self.kind, complete=self.complete, **known)

    def apply(self, **known):
        return import_records(self.kind, complete=self.complete, **known)

    def report(self, result, *, wanted):
        super().report(result, wanted=wanted)
        if self.complete and result.applied and result.bad:
            self.stdout.write(
                _("Rows were left out, so the records do not count as complete until then. Import them first.")
            )
