"""The API of this floor: the same queries, the same scope and the same one call as the pages (interface.md, "API")."""

from .calendar import CalendarFeed
from .days import MyWeek, RecallDay, WfhDays
from .decisions import Decisions, OneDecision
from .plans import OnePlan, Plans, PublishPlan
from .requests import (
    ApproveMany,
    ApproveRequest,
    OneRequest,
    RejectRequest,
    Requests,
    ReturnRequest,
    SendRequest,
    WithdrawRequest,
)

__all__ = [
    "ApproveMany",
    "ApproveRequest",
    "CalendarFeed",
    "Decisions",
    "MyWeek",
    "OneDecision",
    "OnePlan",
    "OneRequest",
    "Plans",
    "PublishPlan",
    "RecallDay",
    "RejectRequest",
    "Requests",
    "ReturnRequest",
    "SendRequest",
    "WfhDays",
    "WithdrawRequest",
]
