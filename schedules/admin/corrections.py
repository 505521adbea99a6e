"""Corrections of published weeks: what waits, with before and after; applied or dismissed with a reason, one or many.

Here and not in `eligibility`: what is applied gives up days and is told to the person, and only this floor does that.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from eligibility import permissions
from eligibility.actions import Refused, propose_by_hand
from eligibility.models import Correction, Run
from eligibility.queries import proposed_by
from eligibility.rules import known_codes, label_of, read
from employees.admin import UnitFilter, tones, unit_now
from employees.calendar import week_name
from employees.models import Employee, Role
from employees.permissions import HR, holds_any
from schedules import wording
from schedules.actions.corrections import decide_many
from schedules.fact_words import changes_in_words

from .queue import AboutPersonAdmin

State = Correction.State
OPEN_FIRST = Case(When(state=State.PROPOSED, then=Value(0)), default=Value(1), output_field=IntegerField())


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason (the person reads it where the correction is applied)"),
        max_length=4_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Give a reason; it stays on record.")},
    )


class ProposalForm(forms.Form):
    """Another outcome for one person and published week, proposed by hand."""

    nip = forms.CharField(label=gettext_lazy("NIP"), max_length=30, widget=UnfoldAdminTextInputWidget())
    run = forms.ModelChoiceField(
        label=gettext_lazy("published week"), queryset=Run.objects.none(), widget=UnfoldAdminSelectWidget()
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("outcome"),
        choices=[("YES", gettext_lazy("eligible")), ("NO", gettext_lazy("not eligible"))],
        widget=UnfoldAdminSelectWidget(),
    )
    reasons = forms.MultipleChoiceField(
        label=gettext_lazy("conditions that are not met"), required=False, widget=forms.CheckboxSelectMultiple()
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason (the HR head reads it)"),
        max_length=4_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        runs = Run.objects.published().filter(agency__in=user.reach.whole_agencies(HR)).order_by("-week", "track")
        chosen: Any = self.fields  # the two are known by their own types only above
        chosen["run"].queryset = runs
        chosen["reasons"].choices = [(code, f"{code}: {label_of(code)}") for code in known_codes()]

    def clean_nip(self):
        bare = "".join(self.cleaned_data["nip"].split()).replace(".", "")
        found = Employee.objects.visible_to(self.user).filter(nip=bare).first()
        if found is None:
            raise forms.ValidationError(_("There is no such person among those you are HR of."))
        return found


@admin.register(Correction)
class CorrectionAdmin(AboutPersonAdmin):
    list_display = ["person", "unit", "week", "before", "after", "cause_label", "since", "state_label"]
    list_filter = [UnitFilter, ("state", ChoicesDropdownFilter), ("cause", ChoicesDropdownFilter)]
    ordering = [OPEN_FIRST, "proposed_at", "pk"]
    actions = ["apply_selected", "dismiss_selected"]
    change_form_outer_before_template = "admin/schedules/correction/decision.html"
    fields = [
        "employee", "week", "run", "before", "after", "what_changed", "cause", "state", "proposed_at", "reason",
        "decided_by", "decided_at",
    ]  # fmt: skip
    readonly_fields = ["week", "before", "after", "what_changed"]

    def get_queryset(self, request):
        rows = super().get_queryset(request).annotate(unit_name=unit_now("employee_id"))
        return rows.select_related("employee", "agency", "run__policy", "decided_by__employee")

    # --- proposing by hand ---

    def has_add_permission(self, request):
        return bool(request.user.reach.whole_agencies(HR))

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ProposalForm(request.POST or None, user=request.user)
        if form.is_valid():
            data = form.cleaned_data
            try:
                made = propose_by_hand(
                    run_id=data["run"].pk,
                    employee_id=data["nip"].pk,
                    eligible=data["outcome"] == "YES",
                    reasons=data["reasons"],
                    reason=data["reason"],
                    by=request.user,
                    at=timezone.now(),
                )
                messages.success(request, _("The correction is proposed; the HR head decides on it."))
                return HttpResponseRedirect(reverse("admin:eligibility_correction_change", args=[made.pk]))
            except (Refused, permissions.Denied) as refused:
                form.add_error(None, str(refused))
        context = self.admin_site.each_context(request) | {
            "title": _("Propose a correction"), "opts": self.opts, "form": form,
        }  # fmt: skip
        return TemplateResponse(request, "admin/schedules/correction/propose.html", context)

    def has_decide_permission(self, request):
        return holds_any(request.user, {Role.HR_HEAD})

    @display(description=gettext_lazy("unit"), ordering="unit_name", empty_value="–")
    def unit(self, one):
        return one.unit_name

    @display(description=gettext_lazy("week"), ordering="run__week")
    def week(self, one):
        return week_name(one.run.week)

    @display(description=gettext_lazy("before"))
    def before(self, one):
        return wording.before_correction(one)

    @display(description=gettext_lazy("after"))
    def after(self, one):
        return wording.after_correction(one)

    @display(description=gettext_lazy("cause"), ordering="cause")
    def cause_label(self, one):
        return one.get_cause_display()

    @display(description=gettext_lazy("proposed"), ordering="proposed_at")
    def since(self, one):
        return date_format(one.proposed_at.astimezone(one.agency.zone), "SHORT_DATE_FORMAT")

    @display(
        description=gettext_lazy("state"), label=tones(State, PROPOSED="warning", APPLIED="success", DISMISSED="info")
    )
    def state_label(self, one):
        return one.state, one.get_state_display()

    @display(description=gettext_lazy("what changed"), empty_value="–")
    def what_changed(self, one):
        rules = read(one.run.computed_under.rules)
        return "; ".join(changes_in_words(one.changed_facts, one.evidence, rules)) or None

    # --- deciding ---

    @action(description=gettext_lazy("Apply selected with a reason"), permissions=["decide"])
    def apply_selected(self, request, queryset):
        return self._many(request, queryset, apply_them=True)

    @action(description=gettext_lazy("Dismiss selected with a reason"), permissions=["decide"])
    def dismiss_selected(self, request, queryset):
        return self._many(request, queryset, apply_them=False)

    def _many(self, request, queryset, *, apply_them: bool):
        """Asks for the reason, carrying what was looked at; then decides just that."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            mine = set(queryset.values_list("pk", flat=True))
            versions = {pk: version for pk, version in _seen(request.POST.getlist("seen")).items() if pk in mine}
            self._decide(request, versions, apply_them, form.cleaned_data["reason"])
            return None
        names = ("action", "select_across", ACTION_CHECKBOX_NAME)
        rows = list(queryset.order_by("pk"))
        context = self.admin_site.each_context(request) | {
            "title": _("Apply corrections") if apply_them else _("Dismiss corrections"),
            "opts": self.opts,
            "form": form,
            "rows": rows,
            "apply_them": apply_them,
            "carried": [(name, value) for name in names for value in request.POST.getlist(name)]
            + [("seen", f"{one.pk}:{one.version}") for one in rows],
        }
        return TemplateResponse(request, "admin/schedules/correction/reason.html", context)

    def _decide(self, request, versions: dict[int, int], apply_them: bool, reason: str) -> None:
        rows = decide_many(versions=versions, apply_them=apply_them, by=request.user, at=timezone.now(), reason=reason)
        if done := sum(1 for row in rows if not row.refused):
            messages.success(request, (_applied(done) if apply_them else _dismissed(done)) % {"count": done})
        names = dict(Correction.objects.filter(pk__in=versions).values_list("pk", "employee__name"))
        for row in rows:
            if row.refused:
                messages.warning(request, f"{names.get(row.correction_id, '–')}: {row.refused}")

    def get_urls(self):
        view = self.admin_site.admin_view(self.decide_view)
        return [path("<int:pk>/decide/", view, name="eligibility_correction_decide"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.may_read(request.user):
            raise PermissionDenied
        one = self.get_object(request, object_id)
        context = {
            "reason_form": ReasonForm(auto_id="decide_%s"),
            "decidable": False,
            "appliable": False,
            "why_not": "",
        }
        if one.state == State.PROPOSED:
            try:
                permissions.check_may_correct(request.user, one.agency_id, one.employee_id)
                context["decidable"] = True
                permissions.check_may_apply(request.user, one, proposed_by(one))
                context["appliable"] = True
            except permissions.Denied as denied:
                context["why_not"] = str(denied)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def decide_view(self, request, pk):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_read(request.user):
            raise PermissionDenied
        one = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            permissions.check_may_correct(request.user, one.agency_id, one.employee_id)
        except permissions.Denied as denied:
            raise PermissionDenied(str(denied)) from denied
        if (do := request.POST.get("do")) in ("apply", "dismiss"):
            versions = _seen([f"{pk}:{request.POST.get('version', '')}"]) or {pk: -1}
            self._decide(request, versions, do == "apply", request.POST.get("reason", ""))
        else:
            messages.error(request, _("Choose whether the correction is applied or dismissed."))
        return HttpResponseRedirect(reverse("admin:eligibility_correction_change", args=[pk]))


def _applied(done: int) -> str:
    return ngettext(
        "%(count)s correction applied; the person is told.", "%(count)s corrections applied; each person is told.", done
    )


def _dismissed(done: int) -> str:
    return ngettext("%(count)s correction dismissed.", "%(count)s corrections dismissed.", done)


def _seen(texts: list[str]) -> dict[int, int]:
    """`12:3` is correction 12 as it was in version 3; anything else is left out."""
    pairs = [text.partition(":")[::2] for text in texts]
    return {int(pk): int(v) for pk, v in pairs if all(n.isascii() and n.isdecimal() and len(n) < 19 for n in (pk, v))}
