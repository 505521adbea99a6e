"""Files that bring agencies, units and people. Each kind has `check_…` (what a file would do) and `import_…`."""

from .agencies import check_agencies, import_agencies
from .outcome import Outcome, Refused
from .people import check_employees, import_employees
from .units import check_units, import_units

__all__ = [
    "Outcome",
    "Refused",
    "check_agencies",
    "check_employees",
    "check_units",
    "import_agencies",
    "import_employees",
    "import_units",
]
