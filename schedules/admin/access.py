"""Who may decide what: the access report of an agency, as a page and as a signed file."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.admin import row_number
from employees.admin.accounts import READS_ACCESS
from employees.calendar import local_date
from employees.models import Agency, Employee
from employees.roles import ALL, GIVEN
from ledger import exports
from schedules.queries.access import Authority, authorities, undecided

A_PAGE = 100


def may_read(user) -> bool:
    """Administrator, auditor or HR head of a whole agency, or auditor of all."""
    return bool(user.reach.whole_agencies(READS_ACCESS)) or user.reach.everywhere(READS_ACCESS)


def access_view(request):
    """Roles, supervisors and stand-ins of an agency, and the people for whom no supervisor decides. POST: the rights as
    a file, which is recorded."""
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if not may_read(request.user):
        raise PermissionDenied
    agencies = _agencies(request.user)
    agency = _chosen(request, agencies)
    at = timezone.now()
    today = local_date(at, agency.zone)
    rows = authorities(agency, today, at)
    error = ""
    if request.method == "POST":
        try:
            return _file(request, agency, rows)
        except exports.ExportRefused as refused:
            error = str(refused)
    orphans = undecided(agency, today)
    context: dict[str, Any] = admin.site.each_context(request) | {
        "title": _("Who may decide"),
        "agency": agency,
        "agencies": agencies,
        "today": today,
        "page": Paginator([(one, _kind(one), _where(one)) for one in rows], A_PAGE).get_page(request.GET.get("p")),
        "query": f"agency={agency.pk}&",
        "taking": {"agency": agency.pk},
        "error": error,
        "orphans": orphans[:A_PAGE],
        "orphan_count": len(orphans),
        "stuck": sum(not one.by_hr for one in orphans),
        "roles": [(capfirst(str(one.name)), one.sentence) for one in ALL],
    }
    return TemplateResponse(request, "admin/access/page.html", context)


def _agencies(user) -> list[Agency]:
    rows = Agency.objects.order_by("name")
    if user.reach.everywhere(READS_ACCESS):
        return list(rows)
    return list(rows.filter(pk__in=user.reach.whole_agencies(READS_ACCESS)))


def _chosen(request, agencies: list[Agency]) -> Agency:
    """The agency of the address; another's does not exist."""
    given = request.POST if request.method == "POST" else request.GET
    if "agency" in given:
        wanted = row_number(given["agency"])
        found = next((one for one in agencies if one.pk == wanted), None)
    else:
        own = getattr(getattr(request.user, "employee", None), "agency_id", None)
        found = next((one for one in agencies if one.pk == own), agencies[0] if agencies else None)
    if found is None:
        raise Http404
    return found


def _kind(one: Authority) -> str:
    if one.kind == "ROLE":
        return str(GIVEN[one.code].name)
    return _("supervisor") if one.kind == "LINE" else _("stand-in")


def _where(one: Authority) -> str:
    if one.kind == "LINE":
        return _("reporting to them: %(count)s") % {"count": one.where}
    return _("for %(person)s") % {"person": one.where} if one.kind == "STAND_IN" else one.where


def _file(request, agency: Agency, rows: list[Authority]) -> HttpResponse:
    people = {one.employee_id for one in rows if one.employee_id}
    made = exports.export(
        what="access",
        header=[_("who"), _("by"), _("over"), _("since"), _("until"), _("last used"), _("account")],
        rows=map(_line, rows),
        people=Employee.objects.filter(pk__in=people).values_list("pk", "agency_id"),
        subject=agency,
        reason=request.POST.get("reason", ""),
        by=request.user,
        at=timezone.now(),
        agency_id=agency.pk,
    )
    return exports.download(made, "access")


def _line(one: Authority) -> list:
    used = timezone.localtime(one.last_used).isoformat(timespec="minutes") if one.last_used else ""
    return [
        *(one.person, _kind(one), _where(one), one.since, one.until, used),
        _("closed") if one.closed else _("open"),
    ]


admin.site.add_page(  # type: ignore[attr-defined]  # our own site
    name="access",
    address="access/",
    view=access_view,
    title=gettext_lazy("Who may decide"),
    may_read=may_read,
)
