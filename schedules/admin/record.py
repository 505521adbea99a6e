"""For auditors: one person's whole record, every row and event about them in time order. On the page, and as a file."""

import datetime as dt
import json
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.admin import instant
from employees.models import Employee, Role
from employees.permissions import holds_any
from ledger import exports
from ledger.reading import seen
from schedules.queries.record import Line, kinds, record_of

A_PAGE = 100
BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
HEADER = ["at", "kind", "subject", "what", "who", "why", "changes"]


def may_read(user) -> bool:
    return holds_any(user, {Role.AUDITOR})


def record_view(request, pk: int):
    """GET: a page of the record, which is written into the read log; POST: the chosen part as a file."""
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if not may_read(request.user):
        raise PermissionDenied
    audited = Employee.objects.none().granted(request.user, {Role.AUDITOR})
    people = Employee.objects.visible_to(request.user).filter(audited)
    person = get_object_or_404(people.select_related("agency"), pk=pk)
    given = request.POST if request.method == "POST" else request.GET
    now = timezone.now()
    since, until = instant(given.get("since"), BEGINNING), instant(given.get("until"), now + dt.timedelta(minutes=1))
    known = dict(kinds())
    kind = given.get("kind", "") if given.get("kind") in known else ""
    error = ""
    if request.method == "POST":
        try:
            return _file(request, person, kind=kind, since=since, until=until)
        except exports.ExportRefused as refused:
            error = str(refused)
    start = (_number(given.get("p")) - 1) * A_PAGE
    found = record_of(person, request.user, kind=kind, since=since, until=until, limit=A_PAGE, start=start)
    seen(by=request.user, people=[(person.pk, person.agency_id)], what="whole-record", at=now)
    chosen = {name: given[name] for name in ("kind", "since", "until") if given.get(name)}
    context = admin.site.each_context(request) | {
        "title": _("Whole record of %(person)s") % {"person": person},
        "person": person,
        "lines": [(line, known.get(line.kind, line.kind)) for line in found.lines],
        "page": Paginator(range(found.count), A_PAGE).get_page(given.get("p")),
        "kinds": kinds(),
        "kind": kind,
        "since": given.get("since", ""),
        "until": given.get("until", ""),
        "query": f"{urlencode(chosen)}&" if chosen else "",
        "taking": chosen,
        "error": error,
    }
    return TemplateResponse(request, "admin/employees/record.html", context)


def _number(text: str | None) -> int:
    """A page's number; the first for anything that is none."""
    return max(1, int(text)) if text and text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _file(request, person: Employee, **part) -> HttpResponse:
    found = record_of(person, request.user, limit=exports.limit() + 1, **part)
    made = exports.export(
        what="whole-record",
        header=HEADER,
        rows=map(_row, found.lines),
        people=[(person.pk, person.agency_id)],
        subject=person,
        reason=request.POST.get("reason", ""),
        by=request.user,
        at=timezone.now(),
        agency_id=person.agency_id,
    )
    return exports.download(made, "record")


def _row(line: Line) -> list:
    changes = {change.name: [change.before, change.after] for change in line.changes}
    told = json.dumps(changes, ensure_ascii=False)
    return [line.at.isoformat(), line.kind, line.subject, line.what, line.by, line.why, told]


admin.site.add_page(  # type: ignore[attr-defined]  # our own site
    name="record", address="record/<int:pk>/", view=record_view, title=gettext_lazy("Whole record"), may_read=may_read
)
