"""``manage.py import_facts FILE``: facts of an agency's own from a file."""

from employees.intake import FACTS
from employees.management.recording import RecordsCommand


class Command(RecordsCommand):
    help = (
        "Imports facts an agency records itself. Columns: nip, kunci (small letters, digits, underscores), nilai (a "
        "number such as 2,5, ya or tidak, a date, or text), mulai, akhir (last day), sumber. A row with the number, "
        "kunci and mulai of one already there changes it."
    )
    kind = FACTS
