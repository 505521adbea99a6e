"""What the templates of notices lean on: names, days and sentences, read for many notices at once."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from eligibility.models import Correction, Objection, Suspension
from employees.calendar import week_name
from employees.models import Agency, DataRequest, Employee, User
from employees.models.organisation import ZONES
from schedules import wording
from schedules.models import Allotment, Delegation, Notice, Plan, Request, WfhDay
from schedules.queries.terms import duties_of_approved

from .telling import facts_of

ZONE_NAMES = dict(ZONES)
SUBJECTS: dict[str, Any] = {
    "request": Request.objects.select_related("employee", "colleague", "agency", "gives_up"),
    "swap": Request.objects.select_related("employee", "colleague", "agency", "gives_up"),
    "day": WfhDay.objects.all(),
    "plan": Plan.objects.all(),
    "decision": Correction.objects.select_related("run", "employee"),
    "delegation": Delegation.objects.select_related("delegator", "delegate"),
    "objection": Objection.objects.select_related("employee", "run"),
    "suspension": Suspension.objects.select_related("employee"),
    "data": DataRequest.objects.select_related("employee", "agency"),
}


def contexts(notices: list[Notice]) -> list[dict[str, Any] | None]:
    """One context a notice, in their order; None where the thing a notice is about is no longer there.

    The receivers come loaded. A constant number of queries, however many notices.
    """
    about = {part: _found(rows, part, notices) for part, rows in SUBJECTS.items()}
    people = _named(notices)
    approved = {one.subject_id for one in notices if one.kind == "request-approved"}
    owed = duties_of_approved(one for pk, one in about["request"].items() if pk in approved)
    given = _allotments([one for one in notices if one.kind.startswith("plan")])
    made = []
    for notice in notices:
        part = _part(notice)
        subject = about[part].get(notice.subject_id)
        context = None
        if subject is not None:
            facts = facts_of(subject) | notice.facts
            context = _common(notice, facts, people)
            if part in ("request", "swap"):
                context |= _of_request(notice, subject, facts)
                if notice.receiver_id == subject.employee_id:
                    context["duties"] = owed.get(subject.pk, [])
            elif part == "plan":
                context |= _of_plan(subject, given.get((notice.receiver_id, subject.pk)))
            elif part == "decision":
                context |= _of_correction(subject, facts)
            elif part == "delegation":
                context |= _of_delegation(notice, subject)
            elif part == "objection":
                context |= _of_objection(subject)
            elif part == "suspension":
                context |= {"person": subject.employee.full_name, "since": _date(subject.valid.lower)}
            elif part == "data":
                context |= _of_data(subject)
        made.append(context)
    return made


def _part(notice: Notice) -> str:
    return notice.kind.partition("-")[0]


def _found(rows, part: str, notices: list[Notice]) -> Mapping[int, Any]:
    ids = {notice.subject_id for notice in notices if _part(notice) == part}
    return rows.in_bulk(ids) if ids else {}


def _named(notices: Iterable[Notice]) -> dict[tuple[str, int], str]:
    """Names of those who acted, and of those in whose name: by ("by", user id) and ("for", employee id)."""
    by = {pk for notice in notices if (pk := notice.facts.get("by"))}
    whom = {pk for notice in notices if (pk := notice.facts.get("for"))}
    users = User.objects.select_related("employee").filter(pk__in=by)
    found = {("by", user.pk): str(user) for user in users}
    return found | {("for", one.pk): one.full_name for one in Employee.objects.filter(pk__in=whom)}


def _allotments(notices: list[Notice]) -> dict[tuple[int, int], Allotment]:
    plans, people = {one.subject_id for one in notices}, {one.receiver_id for one in notices}
    rows = Allotment.objects.filter(plan__in=plans, employee__in=people) if notices else ()
    return {(row.employee_id, row.plan_id): row for row in rows}


def _common(notice: Notice, facts: dict, people: dict) -> dict[str, Any]:
    who, whom = people.get(("by", facts.get("by"))), people.get(("for", facts.get("for")))
    if who and whom:
        who = _("%(who)s (on behalf of %(whom)s)") % {"who": who, "whom": whom}
    return {
        "who": who or "",
        "day": _said(facts.get("date"), facts.get("slot")),
        "to": _said(facts.get("to")),
        "reason": facts.get("reason") or "",
        "hours": facts.get("hours"),
    }


def _said(day: str | None, slot: str | None = None) -> str:
    """`Thursday, 3 December 2026`, with `(morning)` where it is half a day; nothing for no day."""
    if not day:
        return ""
    said = date_format(dt.date.fromisoformat(day), "DATE_FORMAT")
    return f"{said} ({WfhDay.Slot(slot).label})" if slot and slot != WfhDay.Slot.FULL else said


def _of_request(notice: Notice, request: Request, facts: dict) -> dict[str, Any]:
    day, instead = _said(facts["date"], facts["slot"]), _said(facts["instead"])
    asked = notice.receiver_id == request.colleague_id  # a swap is told to both, each from their own side
    return {
        "duties": [],
        "asks": request.kind,
        "person": request.employee.full_name,
        "colleague": request.colleague.full_name if request.colleague else "",
        "instead": instead,
        "half": facts["slot"] != WfhDay.Slot.FULL,
        "gets": instead if asked else day,
        "leaves": day if asked else instead,
        "weekday": date_format(dt.date.fromisoformat(facts["date"]), "l"),
        "until": date_format(request.until, "DATE_FORMAT") if request.until else "",
        "stays": facts["stays"],
        "cause": facts.get("cause", ""),
        "closed": _said(facts.get("closed")),
        "why": request.reason,
        "due": _moment(request.due_at, request.agency),
    }


def _of_plan(plan: Plan, one: Allotment | None) -> dict[str, Any]:
    dates = one.dates if one else []
    return {
        "week": week_name(plan.week),
        "dates": ", ".join(date_format(date, "DATE_FORMAT") for date in dates),
        "choice": wording.choice(one) if one else "",
    }


def _of_correction(one: Correction, facts: dict) -> dict[str, Any]:
    return {
        "week": week_name(one.run.week),
        "before": wording.before_correction(one),
        "after": wording.after_correction(one),
        "eligible": one.after_eligible,
        "left": one.cause == Correction.Cause.LEFT,
        "of_days": one.is_of_days,
        "given": wording.given(one),
        "person": one.employee.full_name,
        "days": ", ".join(_said(day) for day in facts.get("days", ())),
    }


def _of_delegation(notice: Notice, one: Delegation) -> dict[str, Any]:
    first, beyond = one.valid.lower, one.valid.upper
    return {
        "person": one.delegator.full_name,
        "stand_in": one.delegate.full_name,
        "mine": notice.receiver_id == one.delegator_id,
        "first": date_format(first, "DATE_FORMAT") if first else "",
        "last": date_format(beyond - dt.timedelta(days=1), "DATE_FORMAT") if beyond else "",
        "on_leave_only": one.on_leave_only,
    }


def _of_objection(one: Objection) -> dict[str, Any]:
    return {
        "person": one.employee.full_name,
        "week": week_name(one.run.week),
        "state": one.state,
        "due": _date(one.answer_due),
        "effect_due": _date(one.effect_due),
        "corrects": one.correction_id is not None,
    }


def _of_data(one: DataRequest) -> dict[str, Any]:
    return {
        "person": one.employee.full_name,
        "about": one.get_about_display(),
        "state": one.state,
        "due": _moment(one.due_at, one.agency),
    }


def _moment(at: dt.datetime, agency: Agency) -> str:
    """On the clock of the agency, which it names."""
    return f"{date_format(at.astimezone(agency.zone), 'DATETIME_FORMAT')} {ZONE_NAMES[agency.time_zone]}"


def _date(day: dt.date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""
