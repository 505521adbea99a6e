"""Mails about a person's days, in the receiver's language. Links lead to a page; nothing is decided by opening one."""

import dataclasses

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from employees.models import Employee, User

from .models import Request

# notice → (who receives it, the page its link opens)
NOTICES = {
    "request-sent": ("supervisor", "approvals"),
    "request-approved": ("employee", "my-week"),
    "request-rejected": ("employee", "requests"),
}


@dataclasses.dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    body: str
    key: str


def letter(payload: dict, key: str) -> Letter | None:
    """The mail of an outbox entry, or None where there is nobody to write to."""
    role, page = NOTICES[payload["notice"]]
    rows = Request.objects.select_related("employee", "supervisor", "decided_by__employee", "gives_up", "agency")
    request = rows.get(pk=payload["request"])
    receiver: Employee | None = getattr(request, role)
    if receiver is None or not receiver.email:
        return None
    account = User.objects.filter(employee=receiver).first()
    with translation.override(account.language if account else settings.LANGUAGE_CODE):
        context = {"request": request, "receiver": receiver, "link": settings.PUBLIC_URL + reverse(page)}
        subject = render_to_string(f"notices/{payload['notice']}.subject.txt", context)
        body = render_to_string(f"notices/{payload['notice']}.body.txt", context)
    return Letter(receiver.email, " ".join(subject.split()), body.strip() + "\n", key)
