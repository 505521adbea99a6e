"""Files that bring agencies, units, people and days away. Each has `check_…` (what it would do) and `import_…`."""

from .agencies import check_agencies, import_agencies
from .holidays import check_holidays, import_holidays
from .leave import check_leave, import_leave
from .outcome import Outcome, Refused
from .people import check_employees, import_employees
from .units import check_units, import_units

__all__ = [
    "Outcome",
    "Refused",
    "check_agencies",
    "check_employees",
    "check_holidays",
    "check_leave",
    "check_units",
    "import_agencies",
    "import_employees",
    "import_holidays",
    "import_leave",
    "import_units",
]
