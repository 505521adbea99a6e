"""Objections as HR's queue, overdue ones first, each answered on its own page; and who asked not to be decided about.

Here and not in `eligibility`: the answer is told to the person, and only this floor tells.
"""

from typing import Any

from django import forms
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
from unfold.widgets import UnfoldAdminTextareaWidget

from eligibility import permissions, queries
from eligibility.actions import Refused
from eligibility.models import Objection, Suspension
from eligibility.rules import label_of
from employees.admin import ActionAdmin, UnitFilter, tones
from employees.calendar import week_name
from employees.models import Employee
from employees.models.access import READS_SCORES
from employees.permissions import holds_any
from schedules.actions.objections import answer_objection

State = Objection.State
OPEN_FIRST = Case(When(state=State.FILED, then=Value(0)), default=Value(1), output_field=IntegerField())


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Answer (the person reads it)"),
        max_length=4_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write an answer: the person reads why.")},
    )


class AboutPersonAdmin(ActionAdmin):
    """Read by HR and the auditor about the people they cover; one's own are on one's own pages."""

    list_filter: Any = [UnitFilter]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = gettext_lazy("Name or NIP")

    def may_read(self, user):
        return holds_any(user, READS_SCORES)

    def scope(self, user):
        covered = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id")
        return self.model.objects.visible_to(user).filter(covered)

    @display(description=gettext_lazy("employee"), ordering="employee__name", header=True)
    def person(self, row):
        return [row.employee.full_name, row.employee.nip]


@admin.register(Objection)
class ObjectionAdmin(AboutPersonAdmin):
    list_display = ["person", "week", "procedure", "filed", "due", "clock", "state_label"]
    list_filter = [UnitFilter, ("state", ChoicesDropdownFilter), ("procedure", ChoicesDropdownFilter)]
    ordering = [OPEN_FIRST, "answer_due", "pk"]
    change_form_outer_before_template = "admin/schedules/objection/answer.html"
    fields = [
        "employee", "week", "procedure", "against", "text", "filed", "due", "state", "said", "decided_by",
        "decided_at", "effect", "correction",
    ]  # fmt: skip
    readonly_fields = ["week", "against", "filed", "due", "said", "effect"]

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.select_related("employee", "agency", "run__policy", "decided_by__employee", "correction")

    @display(description=gettext_lazy("week"), ordering="run__week")
    def week(self, one):
        return week_name(one.run.week)

    @display(description=gettext_lazy("filed at"), ordering="filed_at")
    def filed(self, one):
        return date_format(one.filed_at.astimezone(one.agency.zone), "SHORT_DATE_FORMAT")

    @display(description=gettext_lazy("answer due"), ordering="answer_due")
    def due(self, one):
        return date_format(one.answer_due, "SHORT_DATE_FORMAT")

    @display(description=gettext_lazy("clock"), label={"LATE": "danger", "SOON": "warning", "RUNS": "info"})
    def clock(self, one):
        """Days of the calendar: the due date itself counts working days."""
        if one.state != State.FILED:
            return None
        left = (one.answer_due - timezone.localdate(timezone=one.agency.zone)).days
        if left < 0:
            text = ngettext("overdue for %(count)s calendar day", "overdue for %(count)s calendar days", -left)
            return "LATE", text % {"count": -left}
        text = ngettext("%(count)s calendar day left", "%(count)s calendar days left", left) % {"count": left}
        return ("SOON" if left < 7 else "RUNS"), text

    @display(description=gettext_lazy("state"), label=tones(State, FILED="warning", UPHELD="success", REJECTED="info"))
    def state_label(self, one):
        return one.state, one.get_state_display()

    @display(description=gettext_lazy("reasons of the decision"))
    def against(self, one):
        return ", ".join(str(label_of(code)) for code in one.reasons)

    @display(description=gettext_lazy("answer"), empty_value="–")
    def said(self, one):
        if one.deemed_granted_on:
            named = {"date": date_format(one.deemed_granted_on, "DATE_FORMAT")}
            return _("Not answered in time; counts as granted since %(date)s (UU 30/2014).") % named
        return one.answer or None

    @display(description=gettext_lazy("to be given effect by"), empty_value="–")
    def effect(self, one):
        return date_format(one.effect_due, "DATE_FORMAT") if one.effect_due else None

    def get_urls(self):
        view = self.admin_site.admin_view(self.answer_view)
        return [path("<int:pk>/answer/", view, name="eligibility_objection_answer"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.may_read(request.user):
            raise PermissionDenied
        one = self.get_object(request, object_id)
        context = {"answer_form": AnswerForm(auto_id="answer_%s"), "answerable": False, "why_not": ""}
        if one.state == State.FILED:
            try:
                permissions.check_may_answer(request.user, one, queries.deciders(one))
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
        page = HttpResponseRedirect(reverse("admin:eligibility_objection_change", args=[pk]))
        if do not in ("uphold", "reject"):
            messages.error(request, _("Choose whether the objection is upheld or rejected."))
            return page
        try:
            answer_objection(
                objection_id=pk,
                upheld=do == "uphold",
                answer=request.POST.get("answer", ""),
                version=int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else -1,
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("The objection is answered; the person is told."))
        except permissions.Denied as denied:
            raise PermissionDenied(str(denied)) from denied
        except Refused as refused:
            messages.error(request, str(refused))
        return page


@admin.register(Suspension)
class SuspensionAdmin(AboutPersonAdmin):
    """Read only: the wish is the person's own to make and to take back."""

    list_display = ["person", "since", "until"]
    ordering = ["-asked_at", "-pk"]
    fields = ["employee", "since", "until", "asked_at"]
    readonly_fields = ["since", "until"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("employee")

    @display(description=gettext_lazy("from"), ordering="valid")
    def since(self, one):
        return date_format(one.valid.lower, "DATE_FORMAT")

    @display(description=gettext_lazy("taken back on"), empty_value="–")
    def until(self, one):
        return date_format(one.valid.upper, "DATE_FORMAT") if one.valid.upper else None
