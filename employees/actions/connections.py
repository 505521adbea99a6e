"""What an account gives to programmes of its owner: the address of the calendar, and API tokens.

Both are secrets that are shown once; only their hashes are kept, and the ledger notes that it happened.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from knox.models import AuthToken

from employees.models import CalendarAddress, TokenScopes, User
from ledger.trail import record

from .accounts import create_token
from .refused import Refused


def digest_of(secret: str) -> str:
    """What is kept of a calendar's secret. It is random and long, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def renew_calendar(*, by: User, at: dt.datetime) -> str:
    """Make the account's calendar address, or another in its place: the one before ends at once. Returns the secret
    part, 256 bits, which cannot be shown again. Raises `Refused`: NOBODY (an account without a civil servant)."""
    user = _locked(by)
    if user.employee is None:
        raise Refused("NOBODY", _("This account belongs to no civil servant, so it has no calendar."))
    secret = secrets.token_urlsafe(32)
    one, made = CalendarAddress.objects.update_or_create(
        user=user, defaults={"digest": digest_of(secret), "made_at": at}
    )
    verb = "account.calendar-made" if made else "account.calendar-renewed"
    record(verb=verb, subject=user, by=by, at=at, agency_id=user.employee.agency_id, after={"address": one.pk})
    return secret


@transaction.atomic
def end_calendar(*, by: User, at: dt.datetime) -> None:
    """End the account's calendar address; where there is none, nothing happens."""
    user = _locked(by)
    ended, _rows = CalendarAddress.objects.filter(user=user).delete()
    if ended:
        record(verb="account.calendar-ended", subject=user, by=by, at=at, agency_id=_agency_of(user))


@transaction.atomic
def make_own_token(*, by: User, at: dt.datetime, scopes: Iterable[str] = ()) -> str:
    """An API token of one's own, that only reads unless `scopes` name more; the text is shown once. Raises `Refused`:
    TOO_MANY, BAD_SCOPE."""
    user, most = _locked(by), settings.REST_KNOX["TOKEN_LIMIT_PER_USER"]
    if AuthToken.objects.filter(user=user, expiry__gt=at).count() >= most:
        raise Refused("TOO_MANY", _("An account has at most %(count)s tokens. End one first.") % {"count": most})
    return create_token(user=user, by=by, at=at, scopes=scopes)


@transaction.atomic
def end_own_token(*, digest: str, by: User, at: dt.datetime) -> None:
    """End one of one's own tokens. Raises `Refused`: UNKNOWN."""
    user = _locked(by)
    ended, _rows = AuthToken.objects.filter(user=user, digest=digest).delete()
    if not ended:
        raise Refused("UNKNOWN", _("There is no such token of yours; perhaps it has already ended."))
    record(verb="account.token-ended", subject=user, by=by, at=at, agency_id=_agency_of(user))


@transaction.atomic
def renew_own_token(*, digest: str, by: User, at: dt.datetime) -> str:
    """Another token in the place of one of one's own, which ends at once; it may do the same. Raises `Refused`:
    UNKNOWN."""
    scopes = TokenScopes.objects.visible_to(by).filter(token=digest).values_list("names", flat=True).first() or ()
    end_own_token(digest=digest, by=by, at=at)
    return make_own_token(by=by, at=at, scopes=scopes)


def _locked(by: User) -> User:
    """The account, so that clicks at the same moment stand in line."""
    return User.objects.select_related("employee").select_for_update(of=("self",)).get(pk=by.pk)


def _agency_of(user: User) -> int | None:
    return user.employee.agency_id if user.employee else None
