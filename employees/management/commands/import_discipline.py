"""``manage.py import_discipline FILE``: discipline of an agency's people from a file."""

from employees.intake import DISCIPLINE
from employees.management.recording import RecordsCommand


class Command(RecordsCommand):
    help = (
        "Imports discipline of people of an agency. Columns: nip, tingkat (RINGAN, SEDANG, BERAT), mulai, akhir "
        "(last day), status (DALAM_PROSES, DIJATUHKAN, DIBATALKAN), nomor_sk. A row with the number, mulai and "
        "nomor_sk of one already there changes it; a case in process that has ended gets its akhir."
    )
    kind = DISCIPLINE
