"""The admin of agencies, people, days away, access and the trail, and the base that all admins of the portal share."""

from . import access, accounts, days, people, readings, records
from .base import ActionAdmin, UnitFilter, instant, only_read, row_number, tones, unit_now
from .entering import EnteringAdmin

__all__ = [
    "ActionAdmin",
    "EnteringAdmin",
    "UnitFilter",
    "access",
    "accounts",
    "days",
    "instant",
    "only_read",
    "people",
    "readings",
    "records",
    "row_number",
    "tones",
    "unit_now",
]
