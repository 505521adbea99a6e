"""What HR officers, HR heads and auditors see of policies, weekly runs and what follows from them."""

from . import policies, runs

__all__ = ["policies", "runs"]
