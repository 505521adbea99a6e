"""WFH days, requests and stand-ins as HR sees them: read here; a stand-in can be ended."""

import datetime as dt

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.admin import ActionAdmin, UnitFilter, tones
from employees.models.access import READS_PEOPLE, READS_SCORES
from employees.permissions import HR, holds_any
from schedules.actions.delegations import end_delegation
from schedules.actions.refused import Refused
from schedules.models import Delegation, Request, WfhDay
from schedules.permissions import Denied

DAY_TONES = tones(
    WfhDay.State, ACTIVE="success", RETURNED="info", RECALLED="warning", LOST="danger", CANCELLED="danger"
)
REQUEST_TONES = tones(
    Request.State,
    SENT="warning",
    RETURNED="info",
    APPROVED="success",
    REJECTED="danger",
    RECALLED="danger",
    EXPIRED="danger",
)


@admin.register(WfhDay)
class WfhDayAdmin(ActionAdmin):
    list_display = ["date", "person", "unit", "slot", "origin", "state_label"]
    list_select_related = ["employee", "unit"]
    list_filter = [UnitFilter, ("state", ChoicesDropdownFilter), ("origin", ChoicesDropdownFilter)]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = gettext_lazy("Name or NIP")
    ordering = ["-date", "pk"]
    fields = ["date", "employee", "unit", "slot", "origin", "state", "plan"]

    def may_read(self, user):
        return holds_any(user, READS_PEOPLE)

    @display(description=gettext_lazy("employee"), ordering="employee__name", header=True)
    def person(self, day):
        return [day.employee.full_name, day.employee.nip]

    @display(description=gettext_lazy("state"), label=DAY_TONES)
    def state_label(self, day):
        return day.state, day.get_state_display()


@admin.register(Request)
class RequestAdmin(ActionAdmin):
    list_display = [
        "sent",
        "person",
        "kind_label",
        "instead_of",
        "day",
        "state_label",
        "waits_for",
        "due",
        "decided",
    ]
    list_select_related = ["employee", "gives_up", "holder", "decided_by__employee", "decided_for"]
    list_filter = [("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter), UnitFilter]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = gettext_lazy("Name or NIP")
    ordering = ["-sent_at", "-pk"]
    fields = [
        "employee",
        "kind",
        "instead_of",
        "date",
        "slot",
        "until",
        "colleague",
        "reason",
        "state",
        "supervisor",
        "waits_for",
        "stage_label",
        "endorsed_by",
        "sent_at",
        "due_at",
        "reminded_at",
        "escalated_at",
        "decided_by",
        "decided_for",
        "decided_at",
        "decision_reason",
    ]
    readonly_fields = ["instead_of", "waits_for", "stage_label"]

    def may_read(self, user):
        return holds_any(user, READS_SCORES)

    @display(description=gettext_lazy("employee"), ordering="employee__name", header=True)
    def person(self, request):
        return [request.employee.full_name, request.employee.nip]

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, request):
        return request.get_kind_display()

    @display(description=gettext_lazy("instead of"), empty_value="–")
    def instead_of(self, request):
        return date_format(request.gives_up.date, "SHORT_DATE_FORMAT") if request.gives_up else None

    @display(description=gettext_lazy("sent at"), ordering="sent_at")
    def sent(self, request):
        return date_format(timezone.localtime(request.sent_at), "SHORT_DATETIME_FORMAT")

    @display(description=gettext_lazy("requested day"), ordering="date")
    def day(self, request):
        return date_format(request.date, "SHORT_DATE_FORMAT")

    @display(description=gettext_lazy("state"), label=REQUEST_TONES)
    def state_label(self, request):
        return request.state, request.get_state_display()

    @display(description=gettext_lazy("waits for"), ordering="holder__name", empty_value="–")
    def waits_for(self, request):
        """Whose decision it is; HR's where there is no supervisor."""
        if request.state != Request.State.SENT:
            return None
        return request.holder.full_name if request.holder else _("HR")

    @display(description=gettext_lazy("to be decided by"), ordering="due_at", empty_value="–")
    def due(self, request):
        if request.state != Request.State.SENT:
            return None
        return date_format(timezone.localtime(request.due_at), "SHORT_DATETIME_FORMAT")

    @display(description=gettext_lazy("decided by"), empty_value="–")
    def decided(self, request):
        if request.decided_by is None or request.decided_for is None:
            return request.decided_by
        return _("%(who)s, on behalf of %(whom)s") % {"who": request.decided_by, "whom": request.decided_for}

    @display(description=gettext_lazy("stage"))
    def stage_label(self, request):
        return _("%(stage)s of %(stages)s") % {"stage": request.stage, "stages": request.stages}


@admin.register(Delegation)
class DelegationAdmin(ActionAdmin):
    """Who stands in for whom; HR sees those of its people and ends one where needed. Naming one has a page."""

    list_display = ["boss", "stand_in", "first_day", "last_day", "on_leave_only", "state_label", "created_by"]
    list_select_related = ["delegator", "delegate", "created_by__employee"]
    search_fields = ["delegator__name", "delegator__nip", "delegate__name", "delegate__nip"]
    search_help_text = gettext_lazy("Name or NIP")
    ordering = ["-created_at", "-pk"]
    change_form_outer_before_template = "admin/schedules/delegation/end.html"
    fields = ["delegator", "delegate", "first_day", "last_day", "on_leave_only", "created_by", "created_at", "ended_at"]
    readonly_fields = ["first_day", "last_day"]

    def may_read(self, user):
        return holds_any(user, READS_PEOPLE)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related(*self.list_select_related)

    @display(description=gettext_lazy("supervisor"), ordering="delegator__name", header=True)
    def boss(self, one):
        return [one.delegator.full_name, one.delegator.nip]

    @display(description=gettext_lazy("stand-in"), ordering="delegate__name", header=True)
    def stand_in(self, one):
        return [one.delegate.full_name, one.delegate.nip]

    @display(description=gettext_lazy("from"), ordering="valid")
    def first_day(self, one):
        return date_format(one.valid.lower, "SHORT_DATE_FORMAT")

    @display(description=gettext_lazy("until (last day)"), empty_value="…")
    def last_day(self, one):
        return date_format(one.valid.upper - dt.timedelta(days=1), "SHORT_DATE_FORMAT") if one.valid.upper else None

    @display(description=gettext_lazy("state"), label={"ENDED": "", "OVER": "", "AHEAD": "info", "STANDS": "success"})
    def state_label(self, one):
        today = timezone.localdate()
        if one.ended_at:
            return "ENDED", _("ended")
        if one.valid.upper and one.valid.upper <= today:
            return "OVER", _("over")
        return ("AHEAD", _("to come")) if one.valid.lower > today else ("STANDS", _("stands in"))

    def get_urls(self):
        view = self.admin_site.admin_view(self.end_view)
        return [path("<int:pk>/end/", view, name="schedules_delegation_end"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.may_read(request.user):
            raise PermissionDenied
        one = self.get_object(request, object_id)
        over = one.ended_at or (one.valid.upper and one.valid.upper <= timezone.localdate())
        mine = request.user.reach.me in (one.delegator_id, one.delegate_id)
        endable = not over and (mine or one.agency_id in request.user.reach.whole_agencies(HR))
        return super().change_view(request, object_id, form_url, {"endable": endable, **(extra_context or {})})

    def end_view(self, request, pk):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_read(request.user):
            raise PermissionDenied
        get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            end_delegation(by=request.user, delegation_id=pk, at=timezone.now())
            messages.success(request, _("The stand-in has ended."))
        except Denied as denied:
            raise PermissionDenied(str(denied)) from denied
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:schedules_delegation_change", args=[pk]))
