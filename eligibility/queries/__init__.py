"""What is asked about policies, runs and decisions."""

from .runs import decision_at, eligible_at, in_force, latest_published, policy_of, published_runs

__all__ = ["decision_at", "eligible_at", "in_force", "latest_published", "policy_of", "published_runs"]
