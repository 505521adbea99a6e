"""What accounts change about themselves, and what administrators change about accounts."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ledger.trail import record

from .models import User


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
