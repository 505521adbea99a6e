"""Agencies, units, people, reporting lines, access."""

from .access import Reach, Role, RoleGrant, User
from .calendar import Holiday
from .fields import LtreeField
from .organisation import Agency, AgencyInputs, Unit
from .people import Employee, Leave, Placement

__all__ = [
    "Agency",
    "AgencyInputs",
    "Employee",
    "Holiday",
    "Leave",
    "LtreeField",
    "Placement",
    "Reach",
    "Role",
    "RoleGrant",
    "Unit",
    "User",
]
