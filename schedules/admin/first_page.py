"""The admin's first page (what waits for this reader), plans, WFH days and requests (read-only here)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from eligibility import permissions as eligibility_permissions
from eligibility.models import Run
from employees.admin import ActionAdmin, UnitFilter, tones
from employees.calendar import week_name
from employees.models import Agency, Employee, Role, RoleGrant, Unit
from employees.models.access import READS_PEOPLE, READS_SCORES
from employees.permissions import holds_any
from ledger.models import Outbox
from performance import queries as performance_queries
from performance.models import ImportBatch
from performance.permissions import may_decide_any

from .models import Plan, Request, WfhDay

NEWEST = 8  # published weeks on the first page


def waiting(request, context):
    """Fill the admin's first page with what waits for this reader, and only that (unfold's dashboard callback)."""
    user = request.user
    context["title"] = _("What waits for you")
    if may_decide_any(user):
        mine = performance_queries.to_decide(user).count()
        context["scores"] = {
            "mine": mine,
            "others": performance_queries.waiting_under(user).count() - mine,
        }
        context["batches"] = list(
            ImportBatch.objects.visible_to(user)
            .filter(state=ImportBatch.State.PREVIEW)
            .select_related("uploaded_by__employee")[:NEWEST]
        )
    if holds_any(user, READS_SCORES):
        context["runs"] = _open_runs(user)
        context["published"] = _published(user)
    if user.reach.platform or holds_any(user, {Role.AGENCY_ADMIN}):
        context["house"] = _house(user)
    return context


def _open_runs(user):
    """Runs being computed or waiting, each with whether this reader may publish it."""
    runs = list(
        Run.objects.visible_to(user).open().select_related("agency", "policy").order_by("agency__name", "track")
    )
    for run in runs:
        run.publishable = run.state == Run.State.WAITING and eligibility_permissions.may_publish(user, run.agency_id)
        run.week_name = week_name(run.week)
    return runs


def _published(user):
    runs = Run.objects.visible_to(user).published().select_related("agency", "policy", "published_by__employee")
    newest = list(runs.order_by("-week", "agency__name", "track")[:NEWEST])
    for run in newest:
        run.week_name = week_name(run.week)
    return newest


def _house(user):
    """Counts for administrators; no person's data."""
    house = [(_("agencies"), Agency.objects.visible_to(user).count(), "admin:employees_agency_changelist")]
    if holds_any(user, {Role.AGENCY_ADMIN}):
        house.append((_("employees"), Employee.objects.visible_to(user).count(), "admin:employees_employee_changelist"))
        house.append((_("units"), Unit.objects.visible_to(user).count(), "admin:employees_unit_changelist"))
    house.append((_("roles"), RoleGrant.objects.visible_to(user).count(), "admin:employees_rolegrant_changelist"))
    if user.reach.platform:
        late = Outbox.objects.filter(done_at__isnull=True, dead_at__isnull=True).count()
        dead = Outbox.objects.filter(dead_at__isnull=False).count()
        house.append((_("outbox: still to do"), late, "admin:ledger_outbox_changelist"))
        house.append((_("outbox: given up"), dead, "admin:ledger_outbox_changelist"))
    return house


@admin.register(Plan)
class PlanAdmin(ActionAdmin):
    list_display = ["week_label", "agency", "revision", "state_label", "given", "without", "published_at"]
    list_select_related = ["agency"]
    list_filter = [("state", ChoicesDropdownFilter)]
    ordering = ["-week", "-revision"]
    fields = ["week_label", "agency", "revision", "state", "given", "without", "created_at", "published_at"]
    readonly_fields = ["week_label"]

    def may_read(self, user):
        return holds_any(user, READS_PEOPLE)

    def scope(self, user):
        """Plans of the agencies whose people the user may see as a whole."""
        if user.reach.everywhere(READS_PEOPLE):
            return Plan.objects.all()
        return Plan.objects.filter(agency__in=user.reach.whole_agencies(READS_PEOPLE))

    @display(description=_("week"), ordering="week")
    def week_label(self, plan):
        return week_name(plan.week)

    @display(description=_("state"), label=tones(Plan.State, PUBLISHED="success", DRAFT="warning"))
    def state_label(self, plan):
        return plan.state, plan.get_state_display()


@admin.register(WfhDay)
class WfhDayAdmin(ActionAdmin):
    list_display = ["date", "person", "unit", "slot", "origin", "state_label"]
    list_select_related = ["employee", "unit"]
    list_filter = [UnitFilter, ("state", ChoicesDropdownFilter), ("origin", ChoicesDropdownFilter)]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = _("Name or NIP")
    ordering = ["-date", "pk"]
    fields = ["date", "employee", "unit", "slot", "origin", "state"]

    def may_read(self, user):
        return holds_any(user, READS_PEOPLE)

    @display(description=_("employee"), ordering="employee__name", header=True)
    def person(self, day):
        return [day.employee.full_name, day.employee.nip]

    @display(description=_("state"), label=tones(WfhDay.State, ACTIVE="success", CANCELLED="danger"))
    def state_label(self, day):
        return day.state, day.get_state_display()


@admin.register(Request)
class RequestAdmin(ActionAdmin):
    list_display = ["sent_at", "person", "instead_of", "date", "supervisor", "state_label", "decided_by"]
    list_select_related = ["employee", "gives_up", "supervisor", "decided_by__employee"]
    list_filter = [("state", ChoicesDropdownFilter), UnitFilter]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = _("Name or NIP")
    ordering = ["-sent_at", "-pk"]
    fields = [
        "employee",
        "instead_of",
        "date",
        "slot",
        "reason",
        "state",
        "supervisor",
        "sent_at",
        "decided_by",
        "decided_at",
        "decision_reason",
    ]
    readonly_fields = ["instead_of"]

    def may_read(self, user):
        return holds_any(user, READS_PEOPLE)

    @display(description=_("employee"), ordering="employee__name", header=True)
    def person(self, request):
        return [request.employee.full_name, request.employee.nip]

    @display(description=_("instead of"), empty_value="–")
    def instead_of(self, request):
        return request.gives_up.date if request.gives_up else None

    @display(description=_("state"), label=tones(Request.State, SENT="warning", APPROVED="success", REJECTED="danger"))
    def state_label(self, request):
        return request.state, request.get_state_display()
