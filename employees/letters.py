"""Mails about an account itself, to whoever holds it: written like all others into the outbox, sent by a worker.

The outbox holds ids only. What is secret, such as the link for a new password, is made when the mail is written.
"""

import dataclasses
import datetime as dt
import uuid

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from ledger import outbox
from ledger.models import Outbox

from .links import first_link
from .models import User

# Whatever a mail says, these facts of its entry it may say.
FACTS = frozenset({"type"})


@dataclasses.dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    body: str
    key: str


def write_to(user: User | None, kind: str, *, at: dt.datetime, **facts: str) -> None:
    """Let the holder of an account know. `user` None leaves an entry that nobody gets: who watches the clock of a page
    cannot tell whether there is an account."""
    payload = {"letter": kind, "account": user.pk if user else 0, **facts}
    outbox.put(kind=Outbox.Kind.MAIL, key=f"{kind}.{uuid.uuid4().hex}", at=at, payload=payload)


def account_letter(*, payload: dict, key: str) -> Letter | None:
    """The mail of an outbox entry, in the account's language; None where nobody is there to get it."""
    user = User.objects.select_related("employee").filter(pk=payload["account"], is_active=True).first()
    address = (user.email or (user.employee.email if user.employee else "")) if user else ""
    if user is None or not address:
        return None
    kind = payload["letter"]
    with translation.override(user.language):
        context = {
            "name": user.employee.full_name if user.employee else user.username,
            "facts": {name: text for name, text in payload.items() if name in FACTS},
            "link": first_link(user) if kind == "password-reset" else settings.PUBLIC_URL + reverse("factors"),
        }
        subject = " ".join(render_to_string(f"letters/{kind}.subject.txt", context).split())
        return Letter(address, subject, render_to_string(f"letters/{kind}.body.txt", context).strip() + "\n", key)
