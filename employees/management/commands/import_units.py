"""``manage.py import_units FILE``: the tree of units from a file."""

from employees.intake import check_units, import_units
from employees.management.importing import ImportCommand


class Command(ImportCommand):
    help = (
        "Imports the units of an agency; a unit may stand before the unit above it. Columns: kode_instansi, kode, "
        "nama, kode_induk, jenis, zona_waktu, hari_kerja, kuota_wfh_persen, layanan_langsung, nip_pimpinan."
    )

    def preview(self, *, at, **known):
        return check_units(**known)

    def apply(self, **known):
        return import_units(**known)
