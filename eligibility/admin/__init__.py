"""What HR officers, HR heads and auditors see of policies, weekly runs and what follows from them."""

from . import bias, policies, runs

__all__ = ["bias", "policies", "runs"]
