"""Requests to correct data as HR's queue, the most urgent first, each answered on its own page.

Here and not in `employees`: the answer is told to the person, and only this floor tells.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees import permissions
from employees.actions import Refused
from employees.admin import UnitFilter, tones
from employees.models import DataRequest
from schedules.actions.data_requests import answer_correction

from .objections import AboutPersonAdmin, AnswerForm

State = DataRequest.State
OPEN_FIRST = Case(When(state=State.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


@admin.register(DataRequest)
class DataRequestAdmin(AboutPersonAdmin):
    list_display = ["person", "about_label", "asked", "due", "clock", "state_label"]
    list_filter = [UnitFilter, ("state", ChoicesDropdownFilter), ("about", ChoicesDropdownFilter)]
    ordering = [OPEN_FIRST, "due_at", "pk"]
    change_form_outer_before_template = "admin/schedules/data_request/answer.html"
    fields = ["employee", "about", "wrong", "wanted", "asked", "due", "state", "answer", "answered_by", "answered_at"]
    readonly_fields = ["asked", "due"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("employee", "agency", "answered_by__employee")

    @display(description=gettext_lazy("about"), ordering="about")
    def about_label(self, one):
        return one.get_about_display()

    @display(description=gettext_lazy("asked at"), ordering="asked_at")
    def asked(self, one):
        return date_format(one.asked_at.astimezone(one.agency.zone), "SHORT_DATETIME_FORMAT")

    @display(description=gettext_lazy("answer due"), ordering="due_at")
    def due(self, one):
        return date_format(one.due_at.astimezone(one.agency.zone), "SHORT_DATETIME_FORMAT")

    @display(description=gettext_lazy("clock"), label={"LATE": "danger", "SOON": "warning", "RUNS": "info"})
    def clock(self, one):
        if one.state != State.OPEN:
            return None
        left = int((one.due_at - timezone.now()).total_seconds() // 3600)
        if left < 0:
            text = ngettext("overdue for %(count)s hour", "overdue for %(count)s hours", -left)
            return "LATE", text % {"count": -left}
        text = ngettext("%(count)s hour left", "%(count)s hours left", left) % {"count": left}
        return ("SOON" if left < 24 else "RUNS"), text

    @display(description=gettext_lazy("state"), label=tones(State, OPEN="warning", DONE="success", REFUSED="info"))
    def state_label(self, one):
        return one.state, one.get_state_display()

    def get_urls(self):
        view = self.admin_site.admin_view(self.answer_view)
        return [path("<int:pk>/answer/", view, name="employees_datarequest_answer"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.may_read(request.user):
            raise PermissionDenied
        one = self.get_object(request, object_id)
        context = {"answer_form": AnswerForm(auto_id="answer_%s"), "answerable": False, "why_not": ""}
        if one.state == State.OPEN:
            try:
                permissions.check_may_answer_data_request(request.user, one)
                context["answerable"] = True
            except permissions.Denied as denied:
                context["why_not"] = str(denied)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def answer_view(self, request, pk):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_read(request.user):
            raise PermissionDenied
        get_object_or_404(self.get_queryset(request), pk=pk)
        version, do = request.POST.get("version", ""), request.POST.get("do", "")
        page = HttpResponseRedirect(reverse("admin:employees_datarequest_change", args=[pk]))
        if do not in ("done", "refuse"):
            messages.error(request, _("Choose whether the data are put right or the request is refused."))
            return page
        try:
            answer_correction(
                request_id=pk,
                done=do == "done",
                answer=request.POST.get("answer", ""),
                version=int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else -1,
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("The request is answered; the person is told."))
        except permissions.Denied as denied:
            raise PermissionDenied(str(denied)) from denied
        except Refused as refused:
            messages.error(request, str(refused))
        return page
