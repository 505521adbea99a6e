"""Ending log-ins: one by one, or everything an account has open."""

import datetime as dt

from django.db import transaction
from knox.models import AuthToken

from employees.models import Session, User
from ledger.trail import record


@transaction.atomic
def end_all(*, user: User, at: dt.datetime, by: User | None, except_key: str | None = None) -> int:
    """End every session and API token of an account at once; how many there were (`by` None: the system).

    For whatever makes an account less than it was: deactivated, a role given or taken, a new password (reliability.md
    F36). `except_key` is the session that stays: the one in which the person themselves asked. Its key should be made
    new by the door (`cycle_key`). A request that is under way meanwhile cannot bring its session back: Django refuses
    to save a session whose row is gone. Writes an event where something ended.
    """
    sessions = Session.objects.filter(account_id=user.pk)
    if except_key:
        sessions = sessions.exclude(session_key=except_key)
    ended, _ = sessions.delete()
    tokens, _ = AuthToken.objects.filter(user_id=user.pk).delete()
    if ended or tokens:
        record(
            verb="account.sessions_ended",
            subject=user,
            by=by,
            at=at,
            agency_id=user.employee.agency_id if user.employee else None,
            after={"sessions": ended, "tokens": tokens},
        )
    return ended + tokens


@transaction.atomic
def end_others(*, by: User, key: str, at: dt.datetime) -> int:
    """End one's own sessions but the one with this key; how many. Tokens stay: they are ended one by one."""
    ended, _ = Session.objects.visible_to(by).exclude(session_key=key).delete()
    if ended:
        record(
            verb="account.sessions_ended",
            subject=by,
            by=by,
            at=at,
            agency_id=by.employee.agency_id if by.employee else None,
            after={"sessions": ended, "tokens": 0},
        )
    return ended


@transaction.atomic
def end_one(*, by: User, key: str, at: dt.datetime) -> bool:
    """End one of one's own sessions; False where there is none of this key (ended already, or somebody else's)."""
    ended, _ = Session.objects.visible_to(by).filter(session_key=key).delete()
    if ended:
        record(
            verb="account.sessions_ended",
            subject=by,
            by=by,
            at=at,
            agency_id=by.employee.agency_id if by.employee else None,
            after={"sessions": 1, "tokens": 0},
        )
    return bool(ended)
