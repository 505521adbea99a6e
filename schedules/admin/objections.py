"""Objections as HR's queue, overdue ones first, each answered on its own page; and who asked not to be decided about.

Here and not in `eligibility`: the answer is told to the person, and only this floor tells.
"""

from django.contrib import admin
from django.db.models import Case, IntegerField, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from eligibility import permissions, queries
from eligibility.actions import Refused
from eligibility.models import Objection, Suspension
from eligibility.rules import label_of
from employees.admin import UnitFilter, tones
from employees.calendar import week_name
from schedules.actions.objections import answer_objection

from .queue import AboutPersonAdmin, QueueAdmin

State = Objection.State
OPEN_FIRST = Case(When(state=State.FILED, then=Value(0)), default=Value(1), output_field=IntegerField())


@admin.register(Objection)
class ObjectionAdmin(QueueAdmin):
    list_display = ["person", "week", "procedure", "filed", "due", "clock", "state_label"]
    list_filter = [UnitFilter, ("state", ChoicesDropdownFilter), ("procedure", ChoicesDropdownFilter)]
    ordering = [OPEN_FIRST, "answer_due", "pk"]
    fields = [
        "employee", "week", "procedure", "against", "text", "filed", "due", "state", "said", "decided_by",
        "decided_at", "effect", "leads_to",
    ]  # fmt: skip
    readonly_fields = ["week", "against", "filed", "due", "said", "effect", "leads_to"]
    waits, soon = State.FILED, 7
    yes, no = ("uphold", gettext_lazy("Uphold")), ("reject", gettext_lazy("Reject"))
    consequence = gettext_lazy(
        "Upholding proposes a correction of this person's week to “eligible”, which an authorised person then applies. "
        "Rejecting changes nothing. The person reads the answer."
    )
    choose = gettext_lazy("Choose whether the objection is upheld or rejected.")
    answered = gettext_lazy("The objection is answered; the person is told.")
    denied, refused = permissions.Denied, Refused

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

    def left(self, one) -> int:
        """Days of the calendar: the due date itself counts working days."""
        return (one.answer_due - timezone.localdate(timezone=one.agency.zone)).days

    def clock_words(self, left: int) -> str:
        if left < 0:
            text = ngettext("overdue for %(count)s calendar day", "overdue for %(count)s calendar days", -left)
            return text % {"count": -left}
        return ngettext("%(count)s calendar day left", "%(count)s calendar days left", left) % {"count": left}

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

    @display(description=gettext_lazy("correction"), empty_value="–")
    def leads_to(self, one):
        if one.correction is None:
            return None
        address = reverse("admin:eligibility_correction_change", args=[one.correction_id])
        return format_html('<a href="{}">{}</a>', address, one.correction)

    def check_may_answer(self, user, one) -> None:
        permissions.check_may_answer(user, one, queries.deciders(one))

    def act(self, pk: int, *, yes: bool, **known) -> None:
        answer_objection(objection_id=pk, upheld=yes, **known)


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
