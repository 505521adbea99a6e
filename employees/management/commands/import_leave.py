"""``manage.py import_leave FILE``: leave of an agency's people from a file."""

from employees.intake import check_leave, import_leave
from employees.management.importing import ImportCommand


class Command(ImportCommand):
    help = (
        "Imports leave of people of an agency. Columns: nip, mulai (first day away), akhir (last day away), jenis. "
        "Leave already recorded stays; a row that shares days with it is bad unless it is the same."
    )

    def preview(self, *, at, **known):
        return check_leave(**known)

    def apply(self, **known):
        return import_leave(**known)
