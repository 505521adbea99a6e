"""``manage.py import_absences FILE``: days of absence of an agency's people from a file."""

from employees.intake import ABSENCES
from employees.management.recording import RecordsCommand


class Command(RecordsCommand):
    help = (
        "Imports days of absence of people of an agency. Columns: nip, tanggal, jenis (ALPA if empty). A day that "
        "turns out to be excused gets another jenis, for example IZIN."
    )
    kind = ABSENCES
