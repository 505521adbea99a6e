"""Every way in which this floor says no, and the HTTP status of each: for single answers and for rows of a bulk one."""

from eligibility.permissions import Denied as MayNotPublish

from .actions.refused import Refused
from .permissions import Denied
from .states import Impossible

NEVER_POSSIBLE = frozenset({"REASON_MISSING", "TOO_LONG", "SAME_DAY", "OTHER_WEEK"})  # whatever others do meanwhile


def status_of(refusal: Exception) -> int | None:
    """403 seen but not yours to do · 412 changed since · 422 wrong as such · 409 not possible now; None: no refusal."""
    if isinstance(refusal, Denied | MayNotPublish):
        return 403
    if isinstance(refusal, Impossible):
        return 409
    if not isinstance(refusal, Refused):
        return None
    if refusal.code == "STALE":
        return 412
    return 422 if refusal.code in NEVER_POSSIBLE else 409
