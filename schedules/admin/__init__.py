"""The admin of the week: what waits, plans and their repair, unit rules, requests, WFH days, and stand-ins."""

from . import access, corrections, data_requests, objections, people, plans, record, unit_rules, what_if
from .first_page import waiting

__all__ = [
    "access",
    "corrections",
    "data_requests",
    "objections",
    "people",
    "plans",
    "record",
    "unit_rules",
    "waiting",
    "what_if",
]
