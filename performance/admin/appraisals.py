"""HR decides on scores here. Each button is one call of an action; what it answered is said in a message."""

import functools

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Case, Max, Value, When
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from employees.admin import ActionAdmin, UnitFilter, tones, unit_now
from employees.models.access import READS_SCORES
from employees.permissions import holds_any
from performance import actions, permissions
from performance.forms import CorrectionForm, EntryForm, ReturnForm
from performance.models import Appraisal
from performance.permissions import NOT_YOURS
from performance.rating import Regime

from .filters import StateFilter, YearFilter
from .telling import approved, returned, selected, tell

RATING_LABELS = {5: "success", 4: "info", 3: "warning", 2: "danger", 1: "danger"}
STATE_LABELS = tones(Appraisal.State, APPROVED="success", SUBMITTED="warning", RETURNED="danger", REPLACED="")


@admin.register(Appraisal)
class AppraisalAdmin(ActionAdmin):
    list_display = ["person", "unit", "period_label", "rating_label", "score", "state_label", "entered_by", "decision"]
    list_filter = [
        StateFilter,
        YearFilter,
        ("kind", ChoicesDropdownFilter),
        UnitFilter,
        ("regime", ChoicesDropdownFilter),
        ("rating", ChoicesDropdownFilter),
    ]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = gettext_lazy("Name or NIP")
    ordering = ["-pk"]
    actions = ["approve_selected", "return_selected"]
    change_list_template = "admin/performance/appraisal/change_list.html"
    change_form_outer_before_template = "admin/performance/appraisal/decision.html"
    conditional_fields = {
        "goals": "regime != 'P6'",
        "behaviour_score": "regime != 'P6'",
        "weight_goals": "regime == 'PP30'",
        "new_idea": "regime == 'PP30'",
        "result": "regime == 'P6'",
        "behaviour": "regime == 'P6'",
    }
    inputs = ["regime", "goals", "behaviour_score", "weight_goals", "new_idea", "result", "behaviour"]

    # --- what is seen ---

    def may_read(self, user):
        return holds_any(user, READS_SCORES)

    def get_queryset(self, request):
        covered = Case(
            When(permissions.covered_by(request.user), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        rows = super().get_queryset(request).annotate(covered=covered, unit_name=unit_now("employee_id"))
        return rows.select_related("employee", "agency", "imported_by__employee", "decided_by__employee")

    @display(description=gettext_lazy("employee"), ordering="employee__name", header=True)
    def person(self, score):
        return [score.employee.full_name, score.employee.nip]

    @display(description=gettext_lazy("NIP"))
    def nip(self, score):
        return score.employee.nip

    @display(description=gettext_lazy("unit"), empty_value="–")
    def unit(self, score):
        return score.unit_name

    @display(description=gettext_lazy("appraisal"), ordering="year")
    def period_label(self, score):
        period = f"{score.year} / {score.period}" if score.period else str(score.year)
        return f"{score.get_kind_display()} {period}"

    @display(description=gettext_lazy("rating"), ordering="rating", label=RATING_LABELS, empty_value="–")
    def rating_label(self, score):
        return (score.rating, score.get_rating_display()) if score.rating else None

    @display(description=gettext_lazy("state"), label=STATE_LABELS)
    def state_label(self, score):
        if score.superseded_at:
            return "REPLACED", _("replaced")
        return score.state, score.get_state_display()

    @display(description=gettext_lazy("entered by"), empty_value="–")
    def entered_by(self, score):
        return score.imported_by

    @display(description=gettext_lazy("decided by"), empty_value="–")
    def decision(self, score):
        return score.decided_by

    # --- the list and its two actions ---

    def has_decide_permission(self, request):
        return permissions.may_decide_any(request.user)

    def get_list_display(self, request):
        """Among those that wait the state and the decision would be the same in every row."""
        columns = list(super().get_list_display(request))
        default = "mine" if permissions.may_decide_any(request.user) else "all"
        if request.GET.get("state", default) in ("mine", "waiting"):
            return [name for name in columns if name not in ("state_label", "decision")]
        return columns

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, extra_context)
        if getattr(response, "context_data", None) and "cl" in response.context_data:
            newest = self.scope(request.user).aggregate(newest=Max("pk"))["newest"] or 0
            response.context_data |= {"shown_up_to": newest}
        return response

    @action(description=gettext_lazy("Approve selected"), permissions=["decide"])
    def approve_selected(self, request, queryset):
        ids, seen = selected(request, queryset)
        outcome = actions.approve(appraisal_ids=ids, by=request.user, at=timezone.now(), shown_up_to=seen)
        tell(request, outcome, approved(outcome.done))

    @action(description=gettext_lazy("Return selected with a reason"), permissions=["decide"])
    def return_selected(self, request, queryset):
        ids, seen = selected(request, queryset)
        form = ReturnForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            outcome = actions.return_(
                appraisal_ids=ids, by=request.user, at=timezone.now(), shown_up_to=seen, **form.cleaned_data
            )
            tell(request, outcome, returned(outcome.done))
            return None
        context = self.admin_site.each_context(request) | {
            "title": _("Return scores"),
            "opts": self.opts,
            "form": form,
            "count": queryset.count(),
            "carried": [
                (name, value)
                for name in ("action", "select_across", "shown_up_to", ACTION_CHECKBOX_NAME)
                for value in request.POST.getlist(name)
            ],
        }
        return TemplateResponse(request, "admin/performance/appraisal/return.html", context)

    # --- one score ---

    def get_urls(self):
        mine = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"performance_appraisal_{name}")
            for name, view in (("approve", self.approve_view), ("return", self.return_view))
        ]
        return mine + super().get_urls()

    def has_change_permission(self, request, obj=None):
        if obj is None:
            return False  # in the list nothing is edited
        return obj.covered and permissions.may_correct(request.user, obj)

    def has_add_permission(self, request):
        return permissions.may_decide_any(request.user)

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            form = super().get_form(request, obj, change, form=EntryForm, **kwargs)
            return type("EntryForm", (form,), {"user": request.user})
        if self.has_change_permission(request, obj):
            return super().get_form(request, obj, change, form=CorrectionForm, **kwargs)
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        rest = ["appraiser", "note"]
        if obj is None:
            return [(None, {"fields": ["nip", "kind", "year", "period"]}), (None, {"fields": [*self.inputs, *rest]})]
        facts = self.get_readonly_fields(request, obj)
        editing = self.has_change_permission(request, obj)
        return [
            (None, {"fields": facts}),
            (_("What was appraised"), {"fields": [*self.inputs, *rest, *(["reason"] if editing else [])]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ["employee", "nip", "period_label", "rating", "score", "source", "fetched_at"] if obj else []

    def change_view(self, request, object_id, form_url="", extra_context=None):
        context = {"show_save_and_continue": False, "show_save_and_add_another": False, **(extra_context or {})}
        score = self.get_object(request, object_id)
        context |= {"versions": self._versions(request, score), **self._decision(request.user, score)}
        return super().change_view(request, object_id, form_url, context)

    def get_changeform_initial_data(self, request):
        return {"regime": Regime.P6, "year": timezone.localdate().year - 1}

    def add_view(self, request, form_url="", extra_context=None):
        context = {"show_save_and_continue": False, "show_save_and_add_another": False, **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def _versions(self, request, score):
        same = self.get_queryset(request).filter(
            employee=score.employee_id, kind=score.kind, year=score.year, period=score.period
        )
        return same.order_by("-number")

    @staticmethod
    def _decision(user, score):
        """The buttons, or the sentence why this waiting score is not for the reader to decide."""
        if not score.covered or permissions.not_now(score):
            return {"decidable": False, "why_not": ""}
        code = permissions.not_by_you(user, score, score.agency.four_eyes_import)
        why_not = actions.described(code, score) if code else ""
        return {"decidable": not code, "why_not": why_not, "return_form": ReturnForm(auto_id="return_%s")}

    def save_model(self, request, obj, form, change):
        """One call; the new version waits for a colleague."""
        now, data = timezone.now(), form.cleaned_data
        if change:
            actions.correct(appraisal_id=obj.pk, by=request.user, at=now, reason=data["reason"], **form.inputs())
            return
        made = actions.submit(
            by=request.user,
            at=now,
            employee=data["nip"],
            kind=data["kind"],
            year=data["year"],
            period=data["period"] or 0,
            **form.inputs(),
        )
        obj.pk = made.pk

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except actions.Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.get_full_path())

    def response_change(self, request, obj):
        return self._to_list(request, _("The correction waits for a colleague's approval."))

    def response_add(self, request, obj, post_url_continue=None):
        return self._to_list(request, _("The score waits for a colleague's approval."))

    def _to_list(self, request, text, level=messages.SUCCESS):
        messages.add_message(request, level, text)
        return HttpResponseRedirect(reverse("admin:performance_appraisal_changelist"))

    def approve_view(self, request, pk):
        do = functools.partial(actions.approve_one, by=request.user)
        return self._decide(request, pk, do, approved(1))

    def return_view(self, request, pk):
        do = functools.partial(actions.return_one, by=request.user, reason=request.POST.get("reason", ""))
        return self._decide(request, pk, do, returned(1))

    def _decide(self, request, pk, do, text):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_read(request.user):
            raise PermissionDenied
        score = get_object_or_404(self.get_queryset(request), pk=pk)
        code = (
            permissions.not_by_you(request.user, score, score.agency.four_eyes_import) if score.covered else NOT_YOURS
        )
        if code:
            raise PermissionDenied(actions.described(code, score))
        try:
            do(appraisal_id=pk, at=timezone.now())
        except actions.Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse("admin:performance_appraisal_change", args=[pk]))
        return self._to_list(request, text)
