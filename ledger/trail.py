"""Recording what happened. Called inside the action's own transaction, once per action (rulings.md 10, 24)."""

import json

from django.core.exceptions import EmptyResultSet
from django.db import connection

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


def record_each(*, verb, subjects, by, at, reason="", before=None, after=None, on_behalf_of=None) -> int:
    """One event for each row of `subjects` (a queryset of a model with an agency), in one statement (rulings.md 24).

    The rows are read as they are when this runs. Returns how many events were written.
    """
    try:
        rows, params = subjects.order_by().values_list("agency_id", "pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {Event._meta.db_table} (at, verb, actor_id, on_behalf_of_id, agency_id, subject_type,
                                                    subject_id, reason, before, after, request_id)
                SELECT %s, %s, %s, %s, subject.agency_id, %s, subject.id, %s, %s, %s, %s
                FROM ({rows}) AS subject (agency_id, id) ORDER BY subject.id""",  # noqa: S608 - parts of our own
            [
                at,
                verb,
                by.pk if by else None,
                on_behalf_of.pk if on_behalf_of else None,
                subjects.model._meta.label_lower,
                reason,
                json.dumps(before or {}),
                json.dumps(after or {}),
                REQUEST_ID.get(),
                *params,
            ],
        )
        return cursor.rowcount
