"""Asking for days, deciding on it, taking back, swapping, and the clock that lets nothing get stuck."""

from schedules.actions.refused import Refused

from .clock import run_clock
from .deciding import Outcome, approve_many, approve_request, reject_request, return_request
from .sending import preview_series, save_draft, send_again, send_request, send_series
from .swaps import ask_to_swap
from .taking_back import give_back, recall_day, withdraw_request

__all__ = [
    "Outcome",
    "Refused",
    "approve_many",
    "approve_request",
    "ask_to_swap",
    "give_back",
    "preview_series",
    "recall_day",
    "reject_request",
    "return_request",
    "run_clock",
    "save_draft",
    "send_again",
    "send_request",
    "send_series",
    "withdraw_request",
]
