"""Rules of units: HR sets and ends them, each by one action; what a unit inherits has a page of its own."""

import datetime as dt

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.admin import EnteringAdmin, UnitFilter, only_read, row_number
from employees.models import Unit
from employees.models.access import READS_SCORES
from employees.permissions import HR, holds_any
from schedules.actions.refused import Refused
from schedules.actions.unit_rules import end_rule, set_rule
from schedules.models import UnitRule, WfhDay
from schedules.permissions import Denied, covers
from schedules.queries.unit_rules import holding

from .forms import AMOUNTS, SAYS, RuleEndForm, UnitRuleForm


class RuleUnitFilter(UnitFilter):
    """A unit, everything below it, and what the whole agency inherits down to it."""

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        unit = Unit.objects.visible_to(request.user).filter(pk=row_number(self.value())).first()
        if unit is None:
            return queryset.none()
        above = Q(unit__in=unit.path.split(".")) | Q(unit=None, agency=unit.agency_id)
        return queryset.filter(above | Q(unit__path__within=unit.path))


def _only_for(name: str) -> str:
    """When the page shows a field: for the kinds it says something about."""
    kinds = " || ".join(f"kind == '{kind.value}'" for kind in SAYS[name])
    return f"({kinds}) && !lifted" if name in AMOUNTS else kinds


@admin.register(UnitRule)
class UnitRuleAdmin(EnteringAdmin):
    list_display = ["for_whom", "kind_label", "amount_label", "when", "reason", "first_day", "last_day"]
    list_display_links = ["kind_label"]
    list_select_related = ["unit", "agency"]
    list_filter = [("kind", ChoicesDropdownFilter), RuleUnitFilter]
    search_fields = ["unit__name", "unit__code", "reason", "post"]
    search_help_text = gettext_lazy("Unit, reason or post")
    ordering = ["-valid", "-pk"]
    conditional_fields = {name: _only_for(name) for name in SAYS}
    added = gettext_lazy("The rule is set. It counts for the next plans and requests; a published week stays as it is.")
    changed = gettext_lazy("The rule ends.")
    refusals = (Refused, Denied)
    facts = ["for_whom", "kind_label", "amount_label", "when", "reason", "first_day", "last_day"]

    def may_read(self, user):
        return holds_any(user, READS_SCORES)

    @display(description=gettext_lazy("unit"))
    def for_whom(self, rule):
        if rule.unit is None:
            return _("the whole agency")
        address = reverse("admin:schedules_unitrule_holding", args=[rule.unit_id])
        return format_html('<a href="{}">{}</a>', address, rule.unit.name)

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, rule):
        return rule.get_kind_display()

    @display(description=gettext_lazy("amount"))
    def amount_label(self, rule):
        return _("what is inherited does not apply here") if rule.lifted else rule.amount or "–"

    @display(description=gettext_lazy("when"))
    def when(self, rule):
        return days_said(rule)

    @display(description=gettext_lazy("from"), ordering="valid")
    def first_day(self, rule):
        return date_format(rule.valid.lower, "SHORT_DATE_FORMAT")

    @display(description=gettext_lazy("until (last day)"), empty_value="…")
    def last_day(self, rule):
        return date_format(rule.valid.upper - dt.timedelta(days=1), "SHORT_DATE_FORMAT") if rule.valid.upper else None

    # --- setting and ending ---

    def has_add_permission(self, request):
        return holds_any(request.user, HR)

    def has_change_permission(self, request, obj=None):
        if obj is None:
            return False  # in the list nothing is edited
        over = obj.valid.upper is not None and obj.valid.upper <= timezone.localdate(timezone=obj.agency.zone)
        return not over and covers(request.user, obj.agency_id, obj.unit)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("unit", "agency")

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            return self.entering(request, super().get_form(request, obj, change, form=UnitRuleForm, **kwargs))
        if self.has_change_permission(request, obj):
            return self.entering(request, super().get_form(request, obj, change, form=RuleEndForm, **kwargs))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            what = ["kind", "unit", "number", "percent", "post", "weekday", "date", "slot", "reason", "lifted"]
            return [(None, {"fields": what}), (_("From when"), {"fields": ["since", "last"]})]
        facts = [(None, {"fields": self.facts})]
        if self.has_change_permission(request, obj):
            return [*facts, (_("The rule ends"), {"fields": ["ends"]})]
        return facts

    def get_readonly_fields(self, request, obj=None):
        return self.facts if obj else []

    def get_changeform_initial_data(self, request):
        return {"since": timezone.localdate()} | super().get_changeform_initial_data(request)

    def save_model(self, request, obj, form, change):
        if change:
            end_rule(by=request.user, rule_id=obj.pk, last=form.cleaned_data["ends"], at=timezone.now())
            return
        made = set_rule(by=request.user, at=timezone.now(), **form.inputs())
        obj.pk = made.pk

    # --- what holds in a unit ---

    def get_urls(self):
        view = self.admin_site.admin_view(self.holding_view)
        return [path("unit/<int:unit_id>/", view, name="schedules_unitrule_holding"), *super().get_urls()]

    @only_read
    def holding_view(self, request, unit_id):
        """Read-only: the rules that hold in a unit, its own and inherited ones."""
        if not self.may_read(request.user):
            raise PermissionDenied
        unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("agency"), pk=unit_id)
        rules = holding(unit, timezone.localdate(timezone=unit.agency.zone))
        context = self.admin_site.each_context(request) | {
            "title": _("What holds in %(unit)s") % {"unit": unit.name},
            "unit": unit,
            "rules": [{"one": one, "when": days_said(one.rule)} for one in rules],
            "may_rule": covers(request.user, unit.agency_id, unit),
        }
        return TemplateResponse(request, "admin/schedules/unitrule/holding.html", context)


def days_said(rule: UnitRule) -> str:
    """On which days a rule holds: `every day`, `Monday, morning`, a date."""
    day = rule.get_weekday_display() if rule.weekday else _("every day")
    if rule.date:
        day = date_format(rule.date, "SHORT_DATE_FORMAT")
    return day if rule.slot == WfhDay.Slot.FULL else f"{day}, {rule.get_slot_display()}"
