"""The words of notices: as a mail, as a digest, as lines of a page; and handing a mail over, once."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

from employees.letters import Letter, account_letter
from employees.models import Employee, User
from schedules.models import Notice

from .kinds import PAGES
from .words import contexts

LONGEST_SUBJECT = 100
LOOK_BACK = dt.timedelta(days=31)  # a digest never tells of what is older: somebody only now has an address


@dataclasses.dataclass(frozen=True)
class Spoken:
    """A notice in the reader's language: a line, what there is to say, and the page it leads to."""

    notice: Notice
    line: str
    said: str
    path: str

    @property
    def link(self) -> str:
        return settings.PUBLIC_URL + self.path


@transaction.atomic
def deliver(*, payload: dict, key: str, at: dt.datetime, send: Callable[[Letter], None]) -> bool:
    """Hand over the mail of an outbox entry: of one notice, a person's digest of all that were not mailed yet, or about
    an account.

    Each notice is mailed once; False where nothing is left to say or nobody to write to.
    """
    if "letter" in payload:
        about = account_letter(payload=payload, key=key)
        if about:
            send(about)
        return about is not None
    rows = Notice.objects.select_for_update(of=("self",)).filter(mailed_at__isnull=True)
    if "digest" in payload:
        rows = rows.filter(receiver=payload["digest"], at__gt=at - LOOK_BACK, at__lte=at)
    else:
        rows = rows.filter(key=payload["notice"])
    notices = list(rows.select_related("receiver__agency").order_by("at", "pk"))
    account, address = _address(notices[0].receiver) if notices else (None, "")
    if not address:
        return False
    with translation.override(account.language if account else settings.LANGUAGE_CODE):
        letter = _digest(notices, address, key, at) if "digest" in payload else _letter(notices[0], address, key)
    if letter is None:
        return False
    send(letter)
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(mailed_at=at)
    return True


def spoken(notices: list[Notice]) -> list[Spoken]:
    """Notices in the active language, in their order; the receivers come loaded. A constant number of queries."""
    pairs = zip(notices, contexts(notices), strict=True)
    return [_spoken(notice, context) for notice, context in pairs if context is not None]


def _spoken(notice: Notice, context: dict[str, Any]) -> Spoken:
    line = render_to_string(f"notices/{notice.kind}.subject.txt", context)
    said = render_to_string(f"notices/{notice.kind}.body.txt", context)
    return Spoken(notice, _line(line), _lines(said), reverse(PAGES[notice.kind]))


def _line(text: str) -> str:
    """One line, never longer than a mailbox shows; no line break of a name or reason gets into a mail's header."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def _lines(text: str) -> str:
    """Without the empty lines that conditions leave behind."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _address(person: Employee) -> tuple[User | None, str]:
    """Where mail for a person goes; nowhere once their account is closed."""
    account = User.objects.filter(employee=person).first()
    if account and not account.is_active:
        return account, ""
    return account, (account.email if account else "") or person.email


def _letter(notice: Notice, address: str, key: str) -> Letter | None:
    for one in spoken([notice]):
        context = {"name": notice.receiver.full_name, "said": one.said, "page": PAGES[notice.kind], "link": one.link}
        return Letter(address, one.line, render_to_string("notices/letter.txt", context), key)
    return None


def _digest(notices: list[Notice], address: str, key: str, at: dt.datetime) -> Letter | None:
    lines = spoken(notices)
    if not lines:
        return None
    person = notices[0].receiver
    context = {
        "name": person.full_name,
        "count": len(lines),
        "today": date_format(at.astimezone(person.agency.zone), "DATE_FORMAT"),
        "lines": lines,
        "link": settings.PUBLIC_URL + reverse("notices"),
    }
    subject = _line(render_to_string("notices/digest.subject.txt", context))
    return Letter(address, subject, render_to_string("notices/digest.body.txt", context), key)
