"""The admin of agencies, people, access and the audit trail, and the base that all admins of the portal share."""

from . import access, people
from .base import ActionAdmin, UnitFilter, tones, unit_now

__all__ = ["ActionAdmin", "UnitFilter", "access", "people", "tones", "unit_now"]
