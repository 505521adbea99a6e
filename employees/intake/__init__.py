"""Files that bring agencies, units, people, days away and records. Each has `check_…` (what it would do) and
`import_…`; those of records name their kind."""

from .absences import ABSENCES
from .agencies import check_agencies, import_agencies
from .discipline import DISCIPLINE
from .facts import FACTS
from .holidays import check_holidays, import_holidays
from .leave import check_leave, import_leave
from .outcome import Outcome, Refused
from .people import check_employees, import_employees
from .records import Kind as RecordKind
from .records import bring as import_records
from .records import check as check_records
from .units import check_units, import_units

__all__ = [
    "ABSENCES",
    "DISCIPLINE",
    "FACTS",
    "Outcome",
    "RecordKind",
    "Refused",
    "check_agencies",
    "check_employees",
    "check_holidays",
    "check_leave",
    "check_records",
    "check_units",
    "import_agencies",
    "import_employees",
    "import_holidays",
    "import_leave",
    "import_records",
    "import_units",
]
