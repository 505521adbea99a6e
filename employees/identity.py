"""The 18-digit numbers of civil servants, NIP and NI PPPK (domain.md §1; Perka BKN 22/2007). Pure."""

import dataclasses
import datetime as dt
import re

from django.utils.translation import gettext_lazy as _

DIGITS = re.compile(r"[0-9]{18}")  # \d would accept other scripts' digits
SPREADSHEET = re.compile(r"^[0-9][0-9.,]*[eE]\+?[0-9]+$|^[0-9]{18}[.,]0+$")


class BadNip(ValueError):
    """The text is not a NIP or NI PPPK; the message says what is wrong and what to do."""


@dataclasses.dataclass(frozen=True)
class Nip:
    number: str
    born: dt.date
    appointed_year: int
    pppk: bool
    female: bool


def parse_nip(value: object) -> Nip:
    """Read a number as people write it (spaces and dots allowed). Refuses, never repairs; raises `BadNip`."""
    if not isinstance(value, str):
        raise BadNip(_NUMBER)
    if SPREADSHEET.match(value.strip()):
        raise BadNip(_NUMBER)
    text = "".join(value.split()).replace(".", "")
    if not DIGITS.fullmatch(text):
        raise BadNip(_("A NIP has exactly 18 digits."))
    return _checked(text)


_NUMBER = _(
    "This cell is a number, not text: a spreadsheet keeps only 15 of 18 digits. Format the column as text and enter "
    "the number again from its source."
)


def _checked(text: str) -> Nip:
    try:
        born = dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise BadNip(_("Digits 1–8 are not a date of birth (YYYYMMDD).")) from None
    if not 1900 <= born.year <= 2099:
        raise BadNip(_("Digits 1–8 are not a date of birth (YYYYMMDD)."))
    if text[14] not in "12":
        raise BadNip(_("Digit 15 must be 1 (male) or 2 (female)."))
    if text[15:] == "000":
        raise BadNip(_("Digits 16–18 (serial number) cannot be 000."))
    pppk = text[12] == "2" and text[13] != "0"
    if not pppk and not 1 <= int(text[12:14]) <= 12:
        raise BadNip(_("Digits 13–14 must be a month (01–12), or 21–29 for a PPPK."))
    return Nip(text, born, int(text[8:12]), pppk, text[14] == "2")


def matches_kind(nip: Nip, kind: str) -> bool:
    """Whether the number's own type (PNS or PPPK) fits the person's stated kind."""
    return nip.pppk == kind.startswith("PPPK")


def grouped(nip: str) -> str:
    """The number as letters write it: 8-6-1-3."""
    return f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"
