"""Agencies, units and people: read here; they change through files (see the commands `import_…`)."""

from django.contrib import admin
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.actions import end_special, verify_special
from employees.forms import SpecialForm
from employees.models import Agency, Employee, Placement, Role, Unit
from employees.models.access import READS_PEOPLE, READS_SCORES
from employees.permissions import holds_any, people_of

from .base import ActionAdmin, UnitFilter, tones, unit_now
from .entering import EnteringAdmin


@admin.register(Agency)
class AgencyAdmin(ActionAdmin):
    list_display = ["name", "code", "scope_label", "time_zone", "run_day", "four_eyes_import"]
    search_fields = ["name", "code"]
    exclude = ["version"]

    def may_read(self, user):
        return bool(user.reach.grants)

    @display(description=_("level of government"), ordering="scope")
    def scope_label(self, agency):
        return agency.get_scope_display()

    @display(description=_("weekly run"))
    def run_day(self, agency):
        days = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
        return f"{days[agency.run_weekday - 1]}, {agency.run_hour:02d}.00 {agency.get_time_zone_display()}"


@admin.register(Unit)
class UnitAdmin(ActionAdmin):
    list_display = ["name", "code", "above", "wfh_quota_percent", "direct_service", "head_name"]
    list_select_related = ["parent", "head", "agency"]
    search_fields = ["name", "code"]
    list_filter = ["direct_service"]
    fields = [
        "name",
        "code",
        "above",
        "kind",
        "wfh_quota_percent",
        "direct_service",
        "working_days",
        "time_zone",
        "head_name",
    ]
    readonly_fields = ["above", "head_name"]

    def may_read(self, user):
        return holds_any(user, READS_PEOPLE)

    @display(description=_("unit above"), empty_value="–")
    def above(self, unit):
        return unit.parent

    @display(description=_("head"), empty_value="–")
    def head_name(self, unit):
        return unit.head


class PlacementInline(TabularInline):
    """Where the person worked in this agency, newest first. Read-only."""

    model = Placement
    fk_name = "employee"
    verbose_name_plural = _("placements")
    fields = ["unit", "supervisor", "job_title", "job_group", "direct_service", "valid"]
    extra = 0
    can_delete = False

    def get_queryset(self, request):
        rows = Placement.objects.visible_to(request.user).filter(agency=F("employee__agency"))
        return rows.select_related("unit", "supervisor", "employee").order_by("-valid")

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class OwnUnitFilter(UnitFilter):
    person = "pk"  # the listed rows are the people themselves


@admin.register(Employee)
class EmployeeAdmin(EnteringAdmin):
    """Read-only, but for special circumstances, which HR verifies here (never their own)."""

    changed = _("The special circumstances are kept.")
    list_display = ["person", "unit", "kind", "grade", "standing"]
    list_filter = [OwnUnitFilter, ("kind", ChoicesDropdownFilter), ("legal_status", ChoicesDropdownFilter)]
    search_fields = ["name", "nip"]
    search_help_text = _("Name or NIP")
    ordering = ["name", "pk"]
    exclude = ["version"]
    inlines = [PlacementInline]
    change_form_outer_before_template = "admin/employees/employee/record_link.html"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name",
                    "title_before",
                    "title_after",
                    "nip",
                    "sex",
                    "agency",
                    "kind",
                    "grade",
                    "legal_status",
                ]
            },
        ),
        (
            _("Duty (criteria of PermenPANRB 4/2025)"),
            {
                "fields": [
                    "duty_outside_office",
                    "duty_no_special_room",
                    "duty_uses_ict",
                    "duty_little_face_to_face",
                    "duty_no_constant_supervision",
                ]
            },
        ),
        (_("Contact"), {"fields": ["email", "phone"]}),
    ]

    def may_read(self, user):
        return holds_any(user, READS_PEOPLE)

    def get_list_display(self, request):
        return [*self.list_display, "record"] if holds_any(request.user, {Role.AUDITOR}) else self.list_display

    def render_change_form(self, request, context, *args, **kwargs):
        context["audits"] = holds_any(request.user, {Role.AUDITOR})
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("record"))
    def record(self, employee):
        return format_html('<a href="{}">{}</a>', reverse("admin:record", args=[employee.pk]), _("Whole record"))

    def get_queryset(self, request):
        rows = super().get_queryset(request).annotate(unit_name=unit_now("pk"))
        return rows.select_related("agency", "special_verified_by__employee")

    def has_change_permission(self, request, obj=None):
        if obj is None or obj.pk == request.user.employee_id:
            return False
        return Employee.objects.filter(people_of(request.user), pk=obj.pk).exists()

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is not None and self.has_change_permission(request, obj):
            return self.entering(request, super().get_form(request, obj, change, form=SpecialForm, **kwargs))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        """Special circumstances are shown to HR and auditors of the person, and changed by their HR."""
        sets = list(self.fieldsets)
        if obj is not None and self._reads_special(request, obj):
            fields = ["special", *(["last", "ended"] if self.has_change_permission(request, obj) else [])]
            sets.insert(2, (_("Special circumstances"), {"fields": fields}))
        return sets

    def get_readonly_fields(self, request, obj=None):
        return [*(name for _title, options in self.fieldsets for name in options["fields"]), "special"]

    def _reads_special(self, request, employee) -> bool:
        covered = Employee.objects.none().granted(request.user, READS_SCORES)
        return Employee.objects.filter(covered, pk=employee.pk).exists()

    @display(description=_("verified"))
    def special(self, employee):
        if employee.special_until is None:
            return _("no")
        until = date_format(employee.special_until, "DATE_FORMAT")
        if employee.special_verified_by is None:
            return _("until %(day)s, not verified yet") % {"day": until}
        who = employee.special_verified_by
        return _("yes, by %(person)s, until %(day)s") % {"person": who, "day": until}

    def save_model(self, request, obj, form, change):
        until, who = form.cleaned_data["last"], {"by": request.user, "at": timezone.now()}
        if until:
            verify_special(employee=obj, until=until, **who)
        else:
            end_special(employee=obj, **who)

    @display(description=_("employee"), ordering="name", header=True)
    def person(self, employee):
        return [employee.full_name, employee.nip]

    @display(description=_("unit"), empty_value="–")
    def unit(self, employee):
        return employee.unit_name

    @display(
        description=_("legal status"),
        ordering="legal_status",
        label=tones(Employee.Legal, AKTIF="success", HUKUMAN_DISIPLIN="danger"),
    )
    def standing(self, employee):
        return employee.legal_status, employee.get_legal_status_display()
