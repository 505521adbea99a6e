"""What changes policies and runs. Each: keyword-only, atomic, `by=` who and `at=` when, recorded once."""

from .corrections import apply_correction, dismiss_correction, propose, propose_by_hand, propose_due
from .drafting import approve_policy, change_draft, draft_policy, drop_policy, return_policy, submit_policy
from .objections import answer_objection, file_objection, grant_by_silence, withdraw_objection
from .policies import load_policies, load_policy, put_in_force, take_back_plan
from .previews import preview_run
from .refused import Refused
from .runs import (
    finish_run,
    publish_run,
    recompute,
    record_missed,
    resume_run,
    start_run,
    withdraw_run,
    work_run,
)
from .suspensions import resume, suspend

__all__ = [
    "Refused",
    "answer_objection",
    "apply_correction",
    "approve_policy",
    "change_draft",
    "dismiss_correction",
    "draft_policy",
    "drop_policy",
    "file_objection",
    "finish_run",
    "grant_by_silence",
    "load_policies",
    "load_policy",
    "propose",
    "propose_by_hand",
    "propose_due",
    "preview_run",
    "publish_run",
    "put_in_force",
    "recompute",
    "record_missed",
    "resume_run",
    "resume",
    "return_policy",
    "start_run",
    "submit_policy",
    "suspend",
    "take_back_plan",
    "withdraw_objection",
    "withdraw_run",
    "work_run",
]
