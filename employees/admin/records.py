"""Records of people: discipline, absences, facts of the agency's own, and until when they are complete.

HR and auditors read them, nobody else (rulings.md 22). HR enters and ends one here; many come in files (`import_…`).
"""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees import actions
from employees.forms import (
    AbsenceBackForm,
    AbsenceForm,
    DisciplineEndForm,
    DisciplineForm,
    FactEndForm,
    FactForm,
    FeedChangeForm,
    FeedForm,
)
from employees.models import Absence, Discipline, Fact, Feed
from employees.permissions import HR, is_hr
from employees.records import days_between

from .base import UnitFilter, tones
from .entering import OneFormAdmin, RecordAdmin, said


@admin.register(Discipline)
class DisciplineAdmin(RecordAdmin):
    list_display = ["person", "unit", "level", "standing", "first_day", "last_day"]
    list_filter = [UnitFilter, ("level", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter)]
    ordering = ["-start", "-pk"]
    enter_form, change_form = DisciplineForm, DisciplineEndForm
    enter_fields = ["nip", "status", "level", "first", "last", "decree"]
    shown = ["employee", "unit", "standing", "level", "first_day", "last_day", "decree"]
    change_fields = ["last", "cancelled"]
    change_title = gettext_lazy("It ends on another day, or was cancelled")

    @display(
        description=gettext_lazy("status"),
        ordering="status",
        label=tones(Discipline.Status, DALAM_PROSES="warning", DIJATUHKAN="danger"),
    )
    def standing(self, row):
        return row.status, row.get_status_display()

    @display(description=gettext_lazy("from"), ordering="start")
    def first_day(self, row):
        return said(row.start)

    @display(description=gettext_lazy("until (last day)"), ordering="end", empty_value="–")
    def last_day(self, row):
        return said(row.end)

    def save_model(self, request, obj, form, change):
        data, who = form.cleaned_data, {"by": request.user, "at": timezone.now()}
        if change and data["cancelled"]:
            actions.cancel_discipline(discipline_id=obj.pk, **who)
        elif change:
            actions.end_discipline(discipline_id=obj.pk, last=data["last"], **who)
        else:
            fields = {name: data[name] for name in ("level", "first", "last", "status", "decree")}
            obj.pk = actions.record_discipline(employee=data["nip"], **fields, **who).pk


@admin.register(Absence)
class AbsenceAdmin(RecordAdmin):
    list_display = ["person", "unit", "day", "kind"]
    ordering = ["-date", "-pk"]
    enter_form, change_form = AbsenceForm, AbsenceBackForm
    enter_fields = ["nip", "date", "kind"]
    shown = ["employee", "unit", "day", "kind"]
    change_fields = ["taken_back"]
    change_title = gettext_lazy("It was excused, or never was")

    @display(description=gettext_lazy("date"), ordering="date")
    def day(self, row):
        return said(row.date)

    def save_model(self, request, obj, form, change):
        data, who = form.cleaned_data, {"by": request.user, "at": timezone.now()}
        if change:
            actions.take_back_absence(absence_id=obj.pk, **who)
        else:
            made = actions.record_absence(employee=data["nip"], date=data["date"], kind=data["kind"], **who)
            obj.pk = made.pk


@admin.register(Fact)
class FactAdmin(RecordAdmin):
    list_display = ["person", "unit", "key", "text", "first_day", "last_day", "source"]
    search_fields = ["employee__name", "employee__nip", "^key"]
    search_help_text = gettext_lazy("Name, NIP or key")
    ordering = ["-pk"]  # there may be several for everybody: no other order has an index
    enter_form, change_form = FactForm, FactEndForm
    enter_fields = ["nip", "key", "text", "first", "last", "source"]
    shown = ["employee", "unit", "key", "text", "meaning", "first_day", "last_day", "source"]
    change_fields = ["last", "taken_back"]
    change_title = gettext_lazy("It holds until another day, or never held")

    @display(description=gettext_lazy("from"), empty_value="–")
    def first_day(self, row):
        return said(days_between(row.valid)[0])

    @display(description=gettext_lazy("until (last day)"), empty_value="–")
    def last_day(self, row):
        return said(days_between(row.valid)[1])

    @display(description=gettext_lazy("understood as"))
    def meaning(self, row):
        if row.number is not None:
            return _("the number %(number)s") % {"number": f"{row.number.normalize():f}"}
        if row.flag is not None:
            return _("yes") if row.flag else _("no")
        return said(row.day) or _("text")

    def save_model(self, request, obj, form, change):
        data, who = form.cleaned_data, {"by": request.user, "at": timezone.now()}
        if change:
            actions.end_fact(fact_id=obj.pk, last=data["last"], **who)
        else:
            fields = {name: data[name] for name in ("key", "text", "first", "last", "source")}
            obj.pk = actions.record_fact(employee=data["nip"], **fields, **who).pk


@admin.register(Feed)
class FeedAdmin(OneFormAdmin):
    """A feed that is too old holds the weekly run (rulings.md 16)."""

    list_display = ["kind", "agency", "until"]
    list_select_related = ["agency"]
    ordering = ["agency", "kind"]
    enter_form, change_form = FeedForm, FeedChangeForm
    enter_fields = ["agency", "kind", "complete_until"]
    shown = ["agency", "kind", "until"]
    change_fields = ["complete_until", "earlier"]
    change_title = gettext_lazy("Complete until another day")
    added = changed = gettext_lazy("The day is kept.")

    @display(description=gettext_lazy("complete until"), ordering="complete_until")
    def until(self, feed):
        return said(feed.complete_until)

    def has_add_permission(self, request):
        return bool(request.user.reach.whole_agencies(HR))

    def has_change_permission(self, request, obj=None):
        return obj is not None and is_hr(request.user, obj.agency_id)

    def save_model(self, request, obj, form, change):
        data = form.cleaned_data
        feed = actions.set_complete_until(
            agency=obj.agency if change else data["agency"],
            kind=obj.kind if change else data["kind"],
            until=data["complete_until"],
            earlier=data.get("earlier", False),
            by=request.user,
            at=timezone.now(),
        )
        obj.pk = feed.pk
