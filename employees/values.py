"""What a fact of an agency's own means: its key, and its text as a number, yes or no, or a day. Pure; never guesses."""

import dataclasses
import datetime as dt
import re
from decimal import Decimal

from django.utils.translation import gettext as _

from .reading import DATES, BadCell, date, words

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
NUMBER = re.compile(r"(-?)([0-9]+)(?:[.,]([0-9]+))?")
GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")  # 1.000 is a thousand here and one there
BY_SPREADSHEET = re.compile(r"-?[0-9][0-9.,]*[eE][+-]?[0-9]+")
LONGEST_NUMBER, DECIMALS = 10, 4  # digits before and after the comma; a longer row of digits is a name, not an amount
LONGEST = 200


@dataclasses.dataclass(frozen=True)
class Value:
    """A value as it was written, and what it means; at most one of the meanings is there."""

    text: str
    number: Decimal | None = None
    flag: bool | None = None
    day: dt.date | None = None


def key(text: str) -> str:
    """The key of a fact: small letters, digits and underscores, at most 40. Raises `BadCell`."""
    if not KEY.fullmatch(text):
        raise BadCell(
            _("Write the key in small letters, digits and underscores, at most 40: for example pelatihan_wfh.")
        )
    return text


def value(text: str) -> Value:
    """A fact's value. `2,5` and `2.5` are the same number. Raises `BadCell` where it could mean two things."""
    words(LONGEST)(text)
    if text.casefold() in ("ya", "tidak"):
        return Value(text, flag=text.casefold() == "ya")
    if any(pattern.fullmatch(text) for pattern in DATES):
        return Value(text, day=date(text))
    if GROUPED.fullmatch(text):
        raise BadCell(
            _("%(text)s can be read in two ways. Write a number without thousands separators.") % {"text": text}
        )
    if BY_SPREADSHEET.fullmatch(text):
        raise BadCell(_("A spreadsheet has changed this number. Format the column as text and enter it again."))
    return Value(text, number=_number(text))


def _number(text: str) -> Decimal | None:
    match = NUMBER.fullmatch(text)
    if not match or len(match[2].lstrip("0")) > LONGEST_NUMBER:
        return None
    sign, units, decimals = match[1], match[2], (match[3] or "").rstrip("0")
    if len(decimals) > DECIMALS:
        raise BadCell(_("%(text)s: at most four decimals.") % {"text": text})
    return Decimal(f"{sign}{units}.{decimals or 0}")
