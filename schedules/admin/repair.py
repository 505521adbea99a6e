"""One screen for a date that falls away: who is affected and which day instead, then one button."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eligibility import permissions as publishing
from employees import actions as calendar_actions
from employees.calendar import week_name
from employees.queries import holidays
from schedules import permissions
from schedules.actions.refused import Refused
from schedules.actions.repair import propose_repair, repair_week
from schedules.models import Plan
from schedules.queries import plans

from .forms import RepairForm

PER_PAGE = 100
SHOWN = ("dates", "kind", "unit", "reason")


def repair_view(model_admin, request, plan: Plan):
    """GET asks and shows, writing nothing; POST does what was shown (its digest is carried) and nothing else."""
    if not publishing.may_publish(request.user, plan.agency_id):
        raise PermissionDenied(_("Publishing is the HR head's task."))
    if plan.state != Plan.State.PUBLISHED:
        messages.error(request, _("That week has no published plan; draft it anew instead."))
        return HttpResponseRedirect(reverse("admin:schedules_plan_change", args=[plan.pk]))
    form, refusal = _form(request, plan), ""
    if request.method == "POST" and form.is_valid():
        try:
            return _repair(request, plan, form)
        except (publishing.Denied, permissions.Denied) as denied:
            raise PermissionDenied(str(denied)) from denied
        except (Refused, calendar_actions.Refused) as refused:
            refusal = str(refused)
    return _shown(model_admin, request, plan, form, refusal)


def _form(request, plan: Plan) -> RepairForm:
    """Bound where something was asked; else with what a link brought along."""
    today = timezone.localdate(timezone=plan.agency.zone)
    dates = plans.weekly_dates(plan.agency, plan.week)
    off = holidays(plan.agency_id, plan.week, plan.week + plans.LAST_DAY)
    asked = request.POST if request.method == "POST" else request.GET if "look" in request.GET else None
    given = {"dates": request.GET.getlist("dates"), "kind": request.GET.get("kind", "EMERGENCY")}
    given |= {"unit": request.GET.get("unit", ""), "reason": request.GET.get("reason", "")}
    return RepairForm(
        asked, agency=plan.agency, dates=[d for d in dates if d >= today], off=off, initial=given, auto_id="repair_%s"
    )


def _repair(request, plan: Plan, form: RepairForm):
    made = repair_week(
        by=request.user,
        agency=plan.agency,
        reason=form.cleaned_data["reason"],
        kind=form.cleaned_data["kind"],
        digest=request.POST.get("digest", ""),
        at=timezone.now(),
        **form.inputs(),
    )
    text = _("The week is repaired as revision %(number)s; everybody affected is told once.")
    messages.success(request, text % {"number": made.revision})
    return HttpResponseRedirect(reverse("admin:schedules_plan_change", args=[made.pk]))


def _shown(model_admin, request, plan: Plan, form: RepairForm, refusal: str):
    """The form, and below it what the repair would do."""
    context: dict = {"form": form, "refusal": refusal, "proposal": None}
    if form.is_bound and form.is_valid():
        try:
            proposal = propose_repair(agency=plan.agency, at=timezone.now(), **form.inputs())
        except Refused as refused:
            context["refusal"] = str(refused)
        else:
            lines = sorted(proposal.lines, key=lambda one: (one.date is not None, one.employee.name, one.day.date))
            asked = request.POST if request.method == "POST" else request.GET
            carried = [(name, value) for name in SHOWN for value in asked.getlist(name)]
            context |= {
                "proposal": proposal,
                "page": Paginator(lines, PER_PAGE).get_page(request.GET.get("p")),
                "counts": _counts(len(proposal.lines), proposal.lost),
                "carried": carried,
                "query": _query(carried),
            }
    title = _("A date of %(week)s falls away") % {"week": week_name(plan.week)}
    return model_admin.page(request, "repair", plan, title=title, **context)


def _counts(affected: int, lost: int) -> str:
    found = ngettext("%(count)s day is affected", "%(count)s days are affected", affected) % {"count": affected}
    moved = ngettext("%(count)s moves", "%(count)s move", affected - lost) % {"count": affected - lost}
    gone = ngettext("%(count)s is lost and owed", "%(count)s are lost and owed", lost) % {"count": lost}
    return f"{found}: {moved}, {gone}."


def _query(carried) -> str:
    return f"look=1&{urlencode(carried)}&"
