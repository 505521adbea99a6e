"""What people are told: one notice a transition and person, in their language. Links lead to a page; nothing is decided
by opening one. Written in the transition's own transaction; the outbox mails it."""

import dataclasses
import datetime as dt

from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from employees.models import User
from ledger import outbox
from ledger.models import Outbox

from .models import Notice, Plan, Request, WfhDay

# kind → the page its link opens
PAGES = {
    "request-sent": "approvals",
    "request-reminder": "approvals",
    "request-escalated": "approvals",
    "request-missed": "approvals",
    "request-withdrawn": "approvals",
    "request-approved": "my-week",
    "request-rejected": "requests",
    "request-returned": "requests",
    "request-expired": "requests",
    "swap-asked": "approvals",
    "day-recalled": "my-week",
    "day-repaired": "my-week",
    "day-lost": "my-week",
    "plan-published": "my-week",
    "delegation-given": "approvals",
}
ABOUT_DAYS = {"day-recalled", "day-repaired", "day-lost"}


@dataclasses.dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    body: str
    key: str


def tell(
    kind: str, subject, receiver_id: int | None, at: dt.datetime, *, key: str = "", facts: dict | None = None
) -> None:
    """Tell one person about a request or day; nobody where there is no receiver. `key` tells repeats apart."""
    if receiver_id:
        tell_many([(kind, subject, receiver_id, key)], at=at, facts=facts)


def tell_many(told: list[tuple], *, at: dt.datetime, facts: dict | None = None) -> None:
    """As `tell`, for many (kind, subject, receiver id, key) at once."""
    tell_each([(*one, facts or {}) for one in told], at=at)


def tell_each(told: list[tuple], *, at: dt.datetime) -> None:
    """As `tell_many`, each with facts of its own: (kind, subject, receiver id, key, facts). Never told twice."""
    notices = [
        Notice(
            receiver_id=receiver,
            agency_id=subject.agency_id,
            kind=kind,
            key=f"{kind}:{subject.pk}:{key or getattr(subject, 'version', 1)}",
            subject_id=subject.pk,
            facts=facts,
            at=at,
        )
        for kind, subject, receiver, key, facts in told
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=2_000)
    outbox.put_many([_entry(notice.key, notice.agency_id, at) for notice in notices])


def _entry(key: str, agency_id: int, at: dt.datetime) -> Outbox:
    return Outbox(kind=Outbox.Kind.MAIL, key=key, payload={"notice": key}, agency_id=agency_id, due_at=at)


_TELL_PLAN = """
WITH told AS (
  INSERT INTO schedules_notice (receiver_id, agency_id, kind, key, subject_id, facts, at)
  SELECT a.employee_id, a.agency_id, 'plan-published', 'plan-published:' || a.plan_id || ':' || a.employee_id,
    a.plan_id, '{}', %(at)s
  FROM schedules_allotment a
  JOIN employees_user u ON u.employee_id = a.employee_id AND u.is_active AND u.last_login IS NOT NULL
  WHERE a.plan_id = %(plan)s
  ON CONFLICT DO NOTHING RETURNING key, agency_id
)
INSERT INTO ledger_outbox (kind, key, payload, agency_id, due_at, attempts, error)
SELECT 'MAIL', key, jsonb_build_object('notice', key), agency_id, %(at)s, 0, '' FROM told ON CONFLICT DO NOTHING
"""


def tell_plan(plan: Plan, at: dt.datetime) -> None:
    """Tell everybody in a plan who uses the portal which day is theirs. One statement, however many they are."""
    with connection.cursor() as cursor:
        cursor.execute(_TELL_PLAN, {"plan": plan.pk, "at": at})


def letter(payload: dict, key: str) -> Letter | None:
    """The mail of an outbox entry, or None where there is nobody to write to."""
    notice = Notice.objects.select_related("receiver__agency").filter(key=payload["notice"]).first()
    if notice is None or not notice.receiver.email:
        return None
    account = User.objects.filter(employee=notice.receiver).first()
    with translation.override(account.language if account else settings.LANGUAGE_CODE):
        context = context_of(notice)
        subject = render_to_string(f"notices/{notice.kind}.subject.txt", context)
        body = render_to_string(f"notices/{notice.kind}.body.txt", context)
    return Letter(notice.receiver.email, " ".join(subject.split()), body.strip() + "\n", key)


def context_of(notice: Notice) -> dict:
    """What a notice's templates lean on: the receiver, the link, and the request, day or plan it is about."""
    about = {"request": None, "day": None, "plan": None, "allotment": None, "by": None}
    if notice.kind.startswith(("request-", "swap-")):
        rows = Request.objects.select_related(
            "employee", "supervisor", "holder", "decided_by__employee", "decided_for", "gives_up", "takes", "agency"
        )
        about["request"] = rows.get(pk=notice.subject_id)
    elif notice.kind in ABOUT_DAYS:
        about["day"] = WfhDay.objects.select_related("unit", "employee").get(pk=notice.subject_id)
        about["by"] = User.objects.select_related("employee").filter(pk=notice.facts.get("by")).first()
    elif notice.kind == "plan-published":
        about["plan"] = Plan.objects.select_related("agency").get(pk=notice.subject_id)
        about["allotment"] = about["plan"].allotments.filter(employee=notice.receiver).first()
    link = settings.PUBLIC_URL + reverse(PAGES[notice.kind])
    return about | {"receiver": notice.receiver, "facts": notice.facts, "link": link}
