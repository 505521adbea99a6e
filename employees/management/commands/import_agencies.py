"""``manage.py import_agencies FILE``: agencies from a file."""

from employees.intake import check_agencies, import_agencies
from employees.management.importing import ImportCommand


class Command(ImportCommand):
    help = (
        "Imports agencies. Columns: kode, nama, lingkup, zona_waktu, hari_kerja. Only a platform administrator may "
        "apply it; such an account has no NIP, so give its account name: --apply --by NAME."
    )
    needs_agency = False

    def preview(self, *, at, **known):
        return check_agencies(**known)

    def apply(self, **known):
        return import_agencies(**known)
