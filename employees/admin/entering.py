"""What admins share in which HR enters rows by hand: one form enters, another ends, and refusals stand on the form."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from employees.actions import Refused
from employees.models import Employee
from employees.models.access import READS_SCORES
from employees.permissions import HR, holds_any, people_of

from .base import ActionAdmin, UnitFilter, unit_now

ONE_BUTTON = {"show_save_and_continue": False, "show_save_and_add_another": False}


class EnteringAdmin(ActionAdmin):
    """What an action refuses is said on the form, with everything typed still in it."""

    added = changed = gettext_lazy("Saved.")
    refusals: tuple[type[Exception], ...] = (Refused,)  # what its actions raise

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context = ONE_BUTTON | (extra_context or {})
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except self.refusals as refused:
            request.refusal = refused
            return super().changeform_view(request, object_id, form_url, context)

    def entering(self, request, form, obj=None):
        """The form for this reader, with what was refused."""
        return type(form.__name__, (form,), {"user": request.user, "refusal": getattr(request, "refusal", None)})

    def response_add(self, request, obj, post_url_continue=None):
        return self._to_list(request, self.added)

    def response_change(self, request, obj):
        return self._to_list(request, self.changed)

    def _to_list(self, request, text):
        messages.success(request, text)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))


def said(date: dt.date | None) -> str | None:
    return date_format(date, "DATE_FORMAT") if date else None


class OneFormAdmin(EnteringAdmin):
    """One form enters a row, another changes what may still change about it; all else is read."""

    enter_form: Any
    change_form: Any
    enter_fields: list[str]
    shown: list[str]
    change_fields: list[str]
    change_title: Any

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            return self.entering(request, super().get_form(request, obj, change, form=self.enter_form, **kwargs))
        if self.has_change_permission(request, obj):
            return self.entering(request, super().get_form(request, obj, change, form=self.change_form, **kwargs))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [(None, {"fields": self.enter_fields})]
        facts = [(None, {"fields": self.shown})]
        if self.has_change_permission(request, obj):
            return [*facts, (self.change_title, {"fields": self.change_fields})]
        return facts

    def get_readonly_fields(self, request, obj=None):
        return self.shown if obj else []

    def may_read(self, user):
        return holds_any(user, READS_SCORES)


class RecordAdmin(OneFormAdmin):
    """Rows about people that HR enters and ends, and auditors read: leave, discipline, absences, facts."""

    list_filter: Any = [UnitFilter]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = gettext_lazy("Name or NIP")
    of_agency = "agency_id"  # path to the agency whose HR and auditors read a row
    added = gettext_lazy("The record is kept.")
    changed = gettext_lazy("The record is changed.")

    def scope(self, user):
        """The people one reads about as HR or auditor; one's own are on one's own pages."""
        covered = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id", agency=self.of_agency)
        return self.model.objects.visible_to(user).filter(covered)

    def get_queryset(self, request):
        rows = super().get_queryset(request).annotate(unit_name=unit_now("employee_id"))
        return rows.select_related("employee")

    @display(description=gettext_lazy("employee"), ordering="employee__name", header=True)
    def person(self, row):
        return [row.employee.full_name, row.employee.nip]

    @display(description=gettext_lazy("unit"), empty_value="–")
    def unit(self, row):
        return row.unit_name

    def has_add_permission(self, request):
        return holds_any(request.user, HR)

    def has_change_permission(self, request, obj=None):
        if obj is None:
            return False  # in the list nothing is edited
        return Employee.objects.filter(people_of(request.user), pk=obj.employee_id).exists()
