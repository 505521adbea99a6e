"""For auditors: whose data did this account read between two instants? On the page, and as a signed file."""

import datetime as dt
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Subquery
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.models import Employee, Role, RoleGrant, User
from employees.permissions import holds_any
from ledger import exports
from ledger.models import ReadLog
from ledger.reading import opened

from .base import instant, row_number

ROWS, MOST_ACCOUNTS = 100, 500
HEADER = ["at", "person", "name", "what", "request"]


def may_read(user) -> bool:
    return holds_any(user, {Role.AUDITOR})


def readable(user):
    """The readings of people of the agencies one audits."""
    if user.reach.everywhere({Role.AUDITOR}):
        return ReadLog.objects.all()
    return ReadLog.objects.filter(agency_id__in=user.reach.whole_agencies({Role.AUDITOR}))


def readings_view(request):
    """GET: the form and one page of readings; POST: all of them as a file, which is recorded."""
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if not may_read(request.user):
        raise PermissionDenied
    given = request.POST if request.method == "POST" else request.GET
    now = timezone.localtime()
    since = instant(given.get("since"), now - dt.timedelta(days=30))
    until = instant(given.get("until"), now + dt.timedelta(minutes=1))
    accounts = _accounts(request.user)
    account = next((one for one in accounts if one.pk == row_number(given.get("account", ""))), None)
    if given.get("account") and account is None:
        raise Http404
    rows = readable(request.user).filter(actor_id=account.pk if account else 0, at__gte=since, at__lt=until)
    rows = rows.order_by("at", "pk")
    error = ""
    if request.method == "POST" and account:
        try:
            return _file(request.user, account, _named(rows), request.POST.get("reason", ""))
        except exports.ExportRefused as refused:
            error = str(refused)
    page = Paginator(rows, ROWS).get_page(given.get("p"))
    chosen = {
        "account": account.pk if account else "",
        "since": f"{since:%Y-%m-%dT%H:%M}",
        "until": f"{until:%Y-%m-%dT%H:%M}",
    }
    context = admin.site.each_context(request) | {
        "title": _("Whose data did an account read?"),
        "accounts": accounts,
        "account": account,
        "since": chosen["since"],
        "until": chosen["until"],
        "page": page,
        # looked up for this page alone: of a million readings the database would name those before it too
        "lines": [(row, opened(row.what)) for row in _named(ReadLog.objects.filter(pk__in=[row.pk for row in page]))],
        "query": f"{urlencode(chosen)}&",
        "taking": chosen,
        "error": error,
    }
    return TemplateResponse(request, "admin/employees/readings.html", context)


def _named(rows):
    """The readings with whose record it was, the oldest first."""
    name = Employee.objects.filter(pk=OuterRef("employee_id"))
    names = {"person": Subquery(name.values("name")[:1]), "public_id": Subquery(name.values("public_id")[:1])}
    return rows.annotate(**names).order_by("at", "pk")


def _accounts(user) -> list[User]:
    """The accounts with a role, held now or ever, in what one audits: supervisors read through their own pages."""
    grants = RoleGrant.objects.all()
    if not user.reach.everywhere({Role.AUDITOR}):
        grants = grants.filter(agency_id__in=user.reach.whole_agencies({Role.AUDITOR}))
    held = User.objects.filter(pk__in=grants.values("user")).select_related("employee")
    return list(held.order_by(F("employee__name").asc(nulls_last=True), "pk")[:MOST_ACCOUNTS])


def _file(user, account, rows, reason: str) -> HttpResponse:
    found = list(rows[: exports.limit() + 1])
    made = exports.export(
        what="readings",
        header=HEADER,
        rows=[[one.at.isoformat(), one.public_id, one.person, one.what, one.request_id] for one in found],
        people=[(one.employee_id, one.agency_id) for one in found],
        subject=account,
        reason=reason,
        by=user,
        at=timezone.now(),
        agency_id=account.employee.agency_id if account.employee_id else None,
    )
    return exports.download(made, "readings")


admin.site.add_page(  # type: ignore[attr-defined]  # our own site
    name="readings", address="readings/", view=readings_view, title=gettext_lazy("Who read what"), may_read=may_read
)
