"""``manage.py import_holidays FILE``: days off from a file."""

from employees.intake import check_holidays, import_holidays
from employees.management.importing import ImportCommand


class Command(ImportCommand):
    help = (
        "Imports days off. Columns: tanggal, nama, jenis (LIBUR_NASIONAL, CUTI_BERSAMA), sumber (the decree). With "
        "--agency they are one agency's own; without it everybody's, which only a platform administrator may apply."
    )
    agency_required = False

    def preview(self, *, at, **known):
        return check_holidays(**known)

    def apply(self, **known):
        return import_holidays(**known)
