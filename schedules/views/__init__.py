"""Pages of civil servants and of their supervisors."""

from .approvals import approve, inbox, reject
from .notices import my_notices
from .requests import my_requests, request_new, withdraw
from .week import my_week, why

__all__ = ["approve", "inbox", "my_notices", "my_requests", "my_week", "reject", "request_new", "why", "withdraw"]
