"""What changes policies and runs. Each: keyword-only, atomic, `by=` who and `at=` when, recorded once."""

from .drafting import approve_policy, change_draft, draft_policy, drop_policy, return_policy, submit_policy
from .policies import load_policies, load_policy, put_in_force, take_back_plan
from .refused import Refused
from .runs import (
    finish_run,
    publish_run,
    recompute,
    record_missed,
    start_run,
    withdraw_run,
    work_run,
)

__all__ = [
    "Refused",
    "approve_policy",
    "change_draft",
    "draft_policy",
    "drop_policy",
    "finish_run",
    "load_policies",
    "load_policy",
    "publish_run",
    "put_in_force",
    "recompute",
    "record_missed",
    "return_policy",
    "start_run",
    "submit_policy",
    "take_back_plan",
    "withdraw_run",
    "work_run",
]
