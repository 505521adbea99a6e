"""What is asked about policies, runs and decisions."""

from .policies import (
    differences,
    events_of,
    history,
    in_force_seen_by,
    may_be_used_by,
    reading,
    runs_of,
    same_code,
    version_before,
    writers,
)
from .runs import decision_at, eligible_at, in_force, latest_published, policy_of, published_runs

__all__ = [
    "decision_at",
    "differences",
    "eligible_at",
    "events_of",
    "history",
    "in_force",
    "in_force_seen_by",
    "latest_published",
    "may_be_used_by",
    "policy_of",
    "published_runs",
    "reading",
    "runs_of",
    "same_code",
    "version_before",
    "writers",
]
