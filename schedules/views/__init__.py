"""Pages of civil servants and of their supervisors."""

from .approvals import approve, inbox, reject
from .notices import my_notices
from .requests import my_requests, request_again, request_new, withdraw
from .series import request_series
from .swaps import give_back, swap_new
from .week import my_week, why
from .wishes import wishes

__all__ = [
    "approve",
    "give_back",
    "inbox",
    "my_notices",
    "my_requests",
    "my_week",
    "reject",
    "request_again",
    "request_new",
    "request_series",
    "swap_new",
    "why",
    "wishes",
    "withdraw",
]
