"""Days away: the leave of people, and days off. HR enters both here one by one; many come in files (`import_…`)."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.actions import declare_holiday, end_leave, move_holiday, record_leave, withdraw_holiday
from employees.actions.days import is_over
from employees.forms import HolidayChangeForm, HolidayForm, LeaveEndForm, LeaveForm
from employees.leave import days_of
from employees.models import Holiday, Leave
from employees.permissions import HR, may_declare_holiday

from .entering import OneFormAdmin, RecordAdmin, said


@admin.register(Leave)
class LeaveAdmin(RecordAdmin):
    """Readers are HR and auditors, a supervisor's team is not enough: the kind of a leave may tell of an illness."""

    list_display = ["person", "unit", "first_day", "last_day", "kind"]
    ordering = ["-valid", "-pk"]
    of_agency = "employee__agency_id"  # whoever has moved brings their leave along
    added = gettext_lazy("The leave is recorded.")
    changed = gettext_lazy("The leave is changed.")
    enter_form, change_form = LeaveForm, LeaveEndForm
    enter_fields = ["nip", "first", "last", "kind", "source"]
    shown = ["employee", "unit", "first_day", "last_day", "kind", "source"]
    change_fields = ["last", "taken_back"]
    change_title = gettext_lazy("The leave ends earlier")

    @display(description=gettext_lazy("from"))
    def first_day(self, leave):
        return said(days_of(leave.valid)[0])

    @display(description=gettext_lazy("until (last day)"))
    def last_day(self, leave):
        return said(days_of(leave.valid)[1])

    def save_model(self, request, obj, form, change):
        data, who = form.cleaned_data, {"by": request.user, "at": timezone.now()}
        if change:
            end_leave(leave_id=obj.pk, last=data["last"], **who)
        else:
            fields = {name: data[name] for name in ("first", "last", "kind", "source")}
            obj.pk = record_leave(employee=data["nip"], **fields, **who).pk


@admin.register(Holiday)
class HolidayAdmin(OneFormAdmin):
    list_display = ["date", "name", "kind", "for_whom", "source"]
    list_select_related = ["agency"]
    list_filter = [("kind", ChoicesDropdownFilter)]
    search_fields = ["name"]
    ordering = ["-date"]
    enter_form, change_form = HolidayForm, HolidayChangeForm
    enter_fields = ["date", "name", "kind", "agency", "source"]
    shown = ["date", "name", "kind", "for_whom", "source"]
    change_fields = ["last", "withdrawn", "reason", "sure", "seen"]
    change_title = gettext_lazy("Move or withdraw it")
    added = gettext_lazy("The day off is declared.")
    changed = gettext_lazy("The day off is changed. What it means for published weeks is proposed within minutes.")

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

    def has_change_permission(self, request, obj=None):
        """Whoever may declare it, until the day is over."""
        if obj is None or is_over(obj.date, timezone.now()):
            return False
        return may_declare_holiday(request.user, obj.agency_id)

    def save_model(self, request, obj, form, change):
        who: dict[str, Any] = {"by": request.user, "at": timezone.now()}
        if not change:
            obj.pk = declare_holiday(**form.inputs(), **who).pk
            return
        data = form.cleaned_data
        known: dict[str, Any] = {"holiday_id": obj.pk, "reason": data["reason"], "version": data["seen"]} | who
        if data["withdrawn"]:
            withdraw_holiday(**known)
        else:
            move_holiday(date=data["last"], **known)
