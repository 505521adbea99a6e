"""Days away: the leave of people, and days off. HR enters both here one by one; many come in files (`import_…`)."""

from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.actions import Refused, declare_holiday, end_leave, record_leave
from employees.forms import HolidayForm, LeaveEndForm, LeaveForm
from employees.leave import days_of
from employees.models import Employee, Holiday, Leave
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


@admin.register(Leave)
class LeaveAdmin(EnteringAdmin):
    """Readers are HR and auditors: the kind of a leave may tell of an illness."""

    list_display = ["person", "unit", "first_day", "last_day", "kind"]
    list_filter = [UnitFilter]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = gettext_lazy("Name or NIP")
    ordering = ["-valid", "-pk"]
    added = gettext_lazy("The leave is recorded.")
    changed = gettext_lazy("The leave is changed.")

    def may_read(self, user):
        return holds_any(user, READS_SCORES)

    def scope(self, user):
        """Among the people one sees, those one reads about as HR or auditor: a supervisor's team is not enough here."""
        read = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id", agency="employee__agency_id")
        return Leave.objects.visible_to(user).filter(read)

    def get_queryset(self, request):
        rows = super().get_queryset(request).annotate(unit_name=unit_now("employee_id"))
        return rows.select_related("employee")

    @display(description=gettext_lazy("employee"), ordering="employee__name", header=True)
    def person(self, leave):
        return [leave.employee.full_name, leave.employee.nip]

    @display(description=gettext_lazy("unit"), empty_value="–")
    def unit(self, leave):
        return leave.unit_name

    @display(description=gettext_lazy("from"))
    def first_day(self, leave):
        return date_format(days_of(leave.valid)[0], "DATE_FORMAT")

    @display(description=gettext_lazy("until (last day)"))
    def last_day(self, leave):
        return date_format(days_of(leave.valid)[1], "DATE_FORMAT")

    def has_add_permission(self, request):
        return holds_any(request.user, HR)

    def has_change_permission(self, request, obj=None):
        if obj is None:
            return False  # in the list nothing is edited
        return Employee.objects.filter(people_of(request.user), pk=obj.employee_id).exists()

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            return self.entering(request, super().get_form(request, obj, change, form=LeaveForm, **kwargs))
        if self.has_change_permission(request, obj):
            return self.entering(request, super().get_form(request, obj, change, form=LeaveEndForm, **kwargs))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [(None, {"fields": ["nip", "first", "last", "kind", "source"]})]
        facts = [(None, {"fields": self.get_readonly_fields(request, obj)})]
        if self.has_change_permission(request, obj):
            return [*facts, (_("The leave ends earlier"), {"fields": ["last", "taken_back"]})]
        return facts

    def get_readonly_fields(self, request, obj=None):
        return ["employee", "unit", "first_day", "last_day", "kind", "source"] if obj else []

    def save_model(self, request, obj, form, change):
        data, now = form.cleaned_data, timezone.now()
        if change:
            end_leave(leave_id=obj.pk, last=form.new_end(), by=request.user, at=now)
            return
        made = record_leave(
            employee=data["nip"],
            first=data["first"],
            last=data["last"],
            kind=data["kind"],
            source=data["source"],
            by=request.user,
            at=now,
        )
        obj.pk = made.pk


@admin.register(Holiday)
class HolidayAdmin(EnteringAdmin):
    list_display = ["date", "name", "kind", "for_whom", "source"]
    list_select_related = ["agency"]
    list_filter = [("kind", ChoicesDropdownFilter)]
    search_fields = ["name"]
    ordering = ["-date"]
    fields = ["date", "name", "kind", "agency", "source"]
    added = gettext_lazy("The day off is declared.")

    def may_read(self, user):
        return bool(user.reach.grants)

    def scope(self, user):
        """Everybody's days off and those of the user's own agencies."""
        rows = Holiday.objects.all()
        return rows if user.reach.platform else rows.filter(Q(agency=None) | Q(agency__in=user.reach.agency_ids))

    @display(description=gettext_lazy("for"))
    def for_whom(self, holiday):
        return holiday.agency or _("everybody")

    def has_add_permission(self, request):
        reach = request.user.reach
        return reach.platform or bool(reach.whole_agencies(HR))

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            return self.entering(request, super().get_form(request, obj, change, form=HolidayForm, **kwargs))
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request, obj, form, change):
        made = declare_holiday(**form.inputs(), by=request.user, at=timezone.now())
        obj.pk = made.pk
