"""Requests to correct data as HR's queue, the most urgent first, each answered on its own page.

Here and not in `employees`: the answer is told to the person, and only this floor tells.
"""

from django.contrib import admin
from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees import permissions
from employees.actions import Refused
from employees.admin import UnitFilter, tones
from employees.models import DataRequest
from schedules.actions.data_requests import answer_correction

from .queue import QueueAdmin

State = DataRequest.State
OPEN_FIRST = Case(When(state=State.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


@admin.register(DataRequest)
class DataRequestAdmin(QueueAdmin):
    list_display = ["person", "about_label", "asked", "due", "clock", "state_label"]
    list_filter = [UnitFilter, ("state", ChoicesDropdownFilter), ("about", ChoicesDropdownFilter)]
    ordering = [OPEN_FIRST, "due_at", "pk"]
    fields = ["employee", "about", "wrong", "wanted", "asked", "due", "state", "answer", "answered_by", "answered_at"]
    readonly_fields = ["asked", "due"]
    waits, soon = State.OPEN, 24
    yes, no = ("done", gettext_lazy("The data are put right")), ("refuse", gettext_lazy("Refuse"))
    consequence = gettext_lazy(
        "First put the data right where they are kept; then say here what you did, or why not. The person reads it."
    )
    choose = gettext_lazy("Choose whether the data are put right or the request is refused.")
    answered = gettext_lazy("The request is answered; the person is told.")
    denied, refused = permissions.Denied, Refused

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

    @display(description=gettext_lazy("state"), label=tones(State, OPEN="warning", DONE="success", REFUSED="info"))
    def state_label(self, one):
        return one.state, one.get_state_display()

    def left(self, one) -> int:
        return int((one.due_at - timezone.now()).total_seconds() // 3600)

    def clock_words(self, left: int) -> str:
        if left < 0:
            return ngettext("overdue for %(count)s hour", "overdue for %(count)s hours", -left) % {"count": -left}
        return ngettext("%(count)s hour left", "%(count)s hours left", left) % {"count": left}

    def check_may_answer(self, user, one) -> None:
        permissions.check_may_answer_data_request(user, one)

    def act(self, pk: int, *, yes: bool, **known) -> None:
        answer_correction(request_id=pk, done=yes, **known)
