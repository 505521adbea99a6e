"""What a password must not be: anything that stands on the person's own papers."""

import re
from itertools import product

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .identity import BadNip, parse_nip

LONG = 4  # shorter parts of a name are in ordinary words by chance


class OwnPapersValidator:
    """Refuses a password with the person's number, birth date or name in it; all three are known to colleagues."""

    def validate(self, password, user=None) -> None:
        """Raises ValidationError. Spaces, dots and dashes do not hide anything."""
        person = getattr(user, "employee", None)
        if person is None:
            return
        plain = re.sub(r"[\W_]+", "", password).casefold()
        if any(part in plain for part in _papers(person)):
            raise ValidationError(
                _("The password contains your number, your date of birth or your name. Choose one that does not."),
                code="password_own_papers",
            )

    def get_help_text(self) -> str:
        return _("The password must not contain your number, your date of birth or your name.")


def _papers(person) -> set[str]:
    names = {part.casefold() for part in re.split(r"[\W_]+", person.name) if len(part) >= LONG}
    return {person.nip, *_birth_dates(person.nip), *names}


def _birth_dates(nip: str) -> set[str]:
    """As people write the date: 20031985, 200385, 19850320, 850320, 2031985 and with a month's name."""
    try:
        born = parse_nip(nip).born
    except BadNip:
        return set()  # nothing to look for
    days, months, years = {f"{born:%d}", str(born.day)}, {f"{born:%m}", str(born.month)}, {f"{born:%Y}", f"{born:%y}"}
    months |= _MONTHS[born.month - 1]
    written = {"".join(parts) for parts in product(days, months, years)}
    written |= {f"{y}{m}{d}" for y in years for m in (f"{born:%m}",) for d in (f"{born:%d}",)}
    return {text for text in written if len(text) >= 6}


_MONTHS = [
    {name, name[:3]}
    for name in (
        *("januari", "februari", "maret", "april", "mei", "juni"),
        *("juli", "agustus", "september", "oktober", "november", "desember"),
    )
]
