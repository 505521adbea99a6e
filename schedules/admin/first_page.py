"""The admin's first page: what waits for this reader, and only that."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from eligibility import permissions as eligibility_permissions
from eligibility.models import Run
from eligibility.queries import objections_waiting, policies, waiting_corrections
from employees.calendar import week_name
from employees.models import Agency, Employee, Role, RoleGrant, Unit
from employees.models.access import READS_SCORES
from employees.permissions import holds_any
from employees.queries import data_requests_waiting
from ledger.models import Outbox
from performance import queries as performance_queries
from performance.models import ImportBatch
from performance.permissions import may_decide_any
from schedules.queries import plans

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
            ImportBatch.objects.worked_on_by(user)
            .filter(state=ImportBatch.State.PREVIEW)
            .select_related("uploaded_by__employee")[:NEWEST]
        )
    if holds_any(user, READS_SCORES):
        context |= _of_plans(user)
        context["objections"] = objections_waiting(user)
        context["data_requests"] = data_requests_waiting(user, timezone.now())
        context["corrections"] = waiting_corrections(user).count()
        context["decides_corrections"] = holds_any(user, {Role.HR_HEAD})
        context["policies"] = list(policies.submitted(user)[:NEWEST])
        context["runs"] = _open_runs(user)
        context["published"] = _published(user)
    if user.reach.platform or holds_any(user, {Role.AGENCY_ADMIN}):
        context["house"] = _house(user)
    return context


def _of_plans(user):
    """Drafts that wait for the HR head, and published weeks on which a day fell away, each with whose task it is."""
    today = timezone.localdate()
    whole = user.reach.whole_agencies(READS_SCORES)
    drafts = [
        {
            "plan": draft,
            "week_name": week_name(draft.week),
            "publishable": eligibility_permissions.may_publish(user, draft.agency_id),
        }
        for draft in plans.drafts(whole, today)
    ]
    fallen = [
        {"one": one, "mendable": eligibility_permissions.may_publish(user, one.agency_id)}
        for one in plans.fallen(whole, today)
    ]
    return {"drafts": drafts, "fallen": fallen}


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
