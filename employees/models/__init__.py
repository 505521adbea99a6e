"""Agencies, units, people, reporting lines, access."""

from .access import Reach, Role, RoleGrant, User
from .calendar import Holiday
from .fields import LtreeField
from .organisation import Agency, AgencyInputs, ObjectionTrack, Unit
from .own import CalendarAddress, DataRequest
from .people import Employee, Leave, Placement
from .records import Absence, Discipline, Fact, Feed
from .sessions import Attempt, Session, TokenScopes

__all__ = [
    "Absence",
    "Agency",
    "AgencyInputs",
    "Attempt",
    "CalendarAddress",
    "DataRequest",
    "Discipline",
    "Employee",
    "Fact",
    "Feed",
    "Holiday",
    "Leave",
    "LtreeField",
    "ObjectionTrack",
    "Placement",
    "Reach",
    "Role",
    "RoleGrant",
    "Session",
    "TokenScopes",
    "Unit",
    "User",
]
