"""``manage.py import_employees FILE``: people and their placements from a file."""

from employees.calendar import local_date
from employees.intake import check_employees, import_employees
from employees.management.importing import ImportCommand, day


class Command(ImportCommand):
    help = (
        "Imports people of an agency. A new unit, supervisor or post begins today, or on the date of --valid-from. "
        "Required columns: nip, nama, status_kepegawaian, kode_unit. A column that is not in the file stays as it is; "
        "an empty cell means “not known”."
    )

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--valid-from", metavar="YYYY-MM-DD", type=day, help="when new placements begin")

    def more(self, options, at):
        known = super().more(options, at)
        return known | {"on": options["valid_from"] or local_date(at, known["agency"].zone)}

    def preview(self, *, at, **known):
        return check_employees(**known)

    def apply(self, **known):
        return import_employees(**known)
