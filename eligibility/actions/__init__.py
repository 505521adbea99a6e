"""What changes policies and runs. Each: keyword-only, atomic, `by=` who and `at=` when, recorded once."""

from .policies import load_policies, load_policy, put_in_force
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
    "finish_run",
    "load_policies",
    "load_policy",
    "publish_run",
    "put_in_force",
    "recompute",
    "record_missed",
    "start_run",
    "withdraw_run",
    "work_run",
]
