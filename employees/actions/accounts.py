"""What accounts change about themselves, and what administrators change about accounts."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from knox.models import AuthToken

from employees.models import TokenScopes, User
from employees.scopes import Scope
from ledger.trail import record

from .refused import Refused
from .sessions import end_all


class UnknownLanguage(Exception):
    """The portal has no such language."""

    code = "UNKNOWN_LANGUAGE"


def _agency_of(user: User) -> int | None:
    return user.employee.agency_id if user.employee else None


@transaction.atomic
def choose_language(*, by: User, language: str, at: dt.datetime) -> User:
    """Set the language of one's own pages and mails (a code of `settings.LANGUAGES`). Raises `UnknownLanguage`."""
    if language not in dict(settings.LANGUAGES):
        raise UnknownLanguage(_("The portal speaks Indonesian (id) and English (en)."))
    user = User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    if user.language != language:
        before = user.language
        User.objects.filter(pk=user.pk).update(language=language)
        user.language = by.language = language
        record(
            verb="LANGUAGE_CHOSEN",
            subject=user,
            by=by,
            at=at,
            agency_id=_agency_of(by),
            before={"language": before},
            after={"language": language},
        )
    return user


@transaction.atomic
def choose_notices(
    *, by: User, digest: bool, quiet_from: dt.time, quiet_until: dt.time, quiet_days_off: bool, at: dt.datetime
) -> User:
    """Set how one is told: each notice at once or one mail a day, and the hours without mail on the clock of one's own
    place (from and until the same: none). What is already on its way stays as it is."""
    user = User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    chosen = {
        "digest": digest,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "quiet_days_off": quiet_days_off,
    }
    before = {name: getattr(user, name) for name in chosen}
    if before != chosen:
        User.objects.filter(pk=user.pk).update(**chosen)
        for name, value in chosen.items():
            setattr(user, name, value)
            setattr(by, name, value)
        named = [{name: str(value) for name, value in one.items()} for one in (before, chosen)]
        record(
            verb="account.notices",
            subject=user,
            by=by,
            at=at,
            agency_id=_agency_of(by),
            before=named[0],
            after=named[1],
        )
    return user


class WeakPassword(Exception):
    """The password does not follow the rules of this installation; the message names them."""

    code = "WEAK_PASSWORD"


@transaction.atomic
def set_password(*, user: User, password: str, by: User | None, at: dt.datetime, except_key: str | None = None) -> User:
    """Give an account a password (`by` None: the installation itself). All its sessions and tokens end, but for the
    session `except_key` in which the person changed it themselves.

    Raises `WeakPassword`. The ledger notes that it happened, never the password.
    """
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise WeakPassword(" ".join(problem.messages)) from None
    account = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    account.set_password(password)
    account.save(update_fields=["password"])
    user.password = account.password
    end_all(user=account, by=by, at=at, except_key=except_key)
    record(verb="account.password", subject=account, by=by, at=at, agency_id=_agency_of(account))
    return account


@transaction.atomic
def create_token(*, user: User, by: User | None, at: dt.datetime, scopes: Iterable[str] = ()) -> str:
    """Make an API token for an account (`by` None: by hand on the machine). It reads what the account sees; `scopes`
    name what else it may. The text is not kept, only its hash. Raises `Refused`: BAD_SCOPE."""
    names = sorted(set(scopes))
    if not set(names) <= set(Scope.values):
        known = ", ".join(Scope.values)
        raise Refused("BAD_SCOPE", _("There is no such scope. There are: %(names)s.") % {"names": known})
    token, text = AuthToken.objects.create(user)
    if names:
        TokenScopes.objects.create(token=token, names=names)
    after = {"until": str(token.expiry), "scopes": names}
    record(verb="account.token", subject=user, by=by, at=at, agency_id=_agency_of(user), after=after)
    return text
