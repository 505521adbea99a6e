"""Which day: unit rules, weekly plans, WFH days, requests for another day, and who stands in."""

from .notices import Notice, PushSubscription
from .plans import Allotment, Plan, UnitPlan, WfhDay
from .requests import Delegation, Request
from .rules import Preference, UnitRule

__all__ = [
    "Allotment",
    "Delegation",
    "Notice",
    "Plan",
    "Preference",
    "PushSubscription",
    "Request",
    "UnitPlan",
    "UnitRule",
    "WfhDay",
]
