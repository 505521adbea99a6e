"""Recording what happened. Called inside the action's own transaction, once per action (rulings.md 10, 24)."""

from .models import Event
from .request_id import REQUEST_ID


def record(*, verb, subject, by, at, agency_id, reason="", before=None, after=None, on_behalf_of=None) -> Event:
    """Write one event. `by` is the acting user, None for the system; `before`/`after` hold ids and codes only."""
    return Event.objects.create(
        at=at,
        verb=verb,
        actor_id=by.pk if by else None,
        on_behalf_of_id=on_behalf_of.pk if on_behalf_of else None,
        agency_id=agency_id,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        reason=reason,
        before=before or {},
        after=after or {},
        request_id=REQUEST_ID.get(),
    )
