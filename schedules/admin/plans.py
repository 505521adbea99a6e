"""HR's weekly plan: the draft with what to look at first, its units and people, and the buttons publish and draft anew.

The repair of a published week is in `repair`.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from eligibility import permissions as publishing
from employees.admin import ActionAdmin, only_read, row_number, tones
from employees.calendar import week_name
from employees.models import Unit
from employees.models.access import READS_PEOPLE, READS_SCORES
from employees.permissions import holds, holds_any
from employees.searches import typed
from schedules import permissions, wording
from schedules.actions.drafting import draft_anew
from schedules.actions.plans import publish_draft
from schedules.actions.refused import Refused
from schedules.models import Plan
from schedules.queries import plans

from .repair import repair_view

PER_PAGE = 50
MOST_EXCEPTIONS = 20  # above the table; the table can show them all


@admin.register(Plan)
class PlanAdmin(ActionAdmin):
    list_display = ["week_label", "agency", "revision", "state_label", "given", "without", "exceptions", "published_at"]
    list_select_related = ["agency"]
    list_filter = [("state", ChoicesDropdownFilter)]
    ordering = ["-week", "-revision"]

    def may_read(self, user):
        return holds_any(user, READS_PEOPLE)

    @display(description=gettext_lazy("week"), ordering="week")
    def week_label(self, plan):
        return week_name(plan.week)

    @display(description=gettext_lazy("state"), label=tones(Plan.State, PUBLISHED="success", DRAFT="warning"))
    def state_label(self, plan):
        return plan.state, plan.get_state_display()

    def get_urls(self):
        views = {
            "<int:pk>/publish/": (self.publish_view, "publish"),
            "<int:pk>/anew/": (self.anew_view, "anew"),
            "<int:pk>/repair/": (self.repair_view, "repair"),
            "<int:pk>/cover/": (self.cover_view, "cover"),
            "<int:pk>/units/<int:unit_id>/": (self.unit_view, "unit"),
        }
        mine = [
            path(address, self.admin_site.admin_view(view), name=f"schedules_plan_{name}")
            for address, (view, name) in views.items()
        ]
        return mine + super().get_urls()

    def plan_for(self, request, pk) -> Plan:
        """The plan, if this reader may see it; another agency's plan does not exist."""
        if not self.may_read(request.user):
            raise PermissionDenied
        rows = Plan.objects.visible_to(request.user).select_related(
            "agency", "created_by__employee", "published_by__employee"
        )
        return get_object_or_404(rows, pk=pk)

    def page(self, request, template, plan, **context):
        """One page about a plan, in the admin's frame."""
        context |= {"plan": plan, "week_name": week_name(plan.week)}
        context |= self.admin_site.each_context(request)
        return TemplateResponse(request, f"admin/schedules/plan/{template}.html", context)

    # --- looking ---

    @only_read
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The plan as HR looks at it: totals, what to look at first, all units, revisions."""
        plan = self.plan_for(request, row_number(object_id))
        source = plans.first_revision(plan)
        search = typed(request)
        only = request.GET.get("only") == "exceptions"
        found = plans.unit_lines(source, search=search, exceptions=only)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
        looked_at = (
            plans.unit_lines(source, exceptions=True).order_by("-without", "unit__name")[:MOST_EXCEPTIONS]
            if source.exceptions
            else []
        )
        return self.page(
            request,
            "page",
            plan,
            title=_("Weekly plan %(week)s") % {"week": week_name(plan.week)},
            source=source,
            totals=plans.totals(source),
            to_look_at=[spoken(line) for line in looked_at],
            page=page,
            lines=[spoken(line) for line in page],
            search=search,
            only=only,
            query=kept(q=request.GET["q"] if search else "", only="exceptions" if only else ""),
            revisions=plans.revisions(plan),
            **self.buttons(request.user, plan),
        )

    def buttons(self, user, plan: Plan) -> dict:
        """What this reader may do with this plan now."""
        over = plan.week + plans.LAST_DAY < timezone.localdate(timezone=plan.agency.zone)
        draft, published = plan.state == Plan.State.DRAFT, plan.state == Plan.State.PUBLISHED
        publisher = publishing.may_publish(user, plan.agency_id)
        return {
            "over": over,
            "publishable": draft and publisher and not over,
            "draftable": draft and permissions.may_draft(user, plan.agency_id) and not over,
            "repairable": published and publisher and not over,
            "drillable": holds(user, READS_SCORES, plan.agency_id),
        }

    @only_read
    def unit_view(self, request, pk, unit_id):
        """The people of one unit in the plan, each with the sentence they read themselves."""
        plan = self.plan_for(request, pk)
        if not holds(request.user, READS_SCORES, plan.agency_id):
            raise PermissionDenied
        unit = get_object_or_404(Unit, pk=unit_id, agency=plan.agency_id)
        source = plans.first_revision(plan)
        line = get_object_or_404(plans.unit_lines(source), unit=unit)
        page = Paginator(plans.allotments(source, unit), PER_PAGE).get_page(request.GET.get("p"))
        people = [
            {"line": one, "allotment": one.allotment, "choice": wording.choice(one.allotment)}
            for one in plans.person_lines(list(page), plan.week)
        ]
        published = plan.state != Plan.State.DRAFT
        return self.page(
            request,
            "unit",
            plan,
            title=unit.name,
            unit=unit,
            spoken=spoken(line),
            page=page,
            people=people,
            published=published,
        )

    @only_read
    def cover_view(self, request, pk):
        """Unit by day against the minimum, from the top of the tree down; a unit without others below shows itself."""
        plan = self.plan_for(request, pk)
        asked = request.GET.get("unit", "")
        units = Unit.objects.filter(agency=plan.agency_id).select_related("agency", "parent")
        unit = get_object_or_404(units, pk=row_number(asked)) if asked.isdecimal() else None
        page = Paginator(plans.branch(plan, unit), PER_PAGE).get_page(request.GET.get("p"))
        rows = list(page) or ([unit] if unit else [])
        return self.page(
            request,
            "cover",
            plan,
            title=_("Cover of %(week)s") % {"week": week_name(plan.week)},
            unit=unit,
            page=page,
            heat=plans.heat_of(plan, rows, plans.weekly_dates(plan.agency, plan.week)),
            query=kept(unit=asked if unit else ""),
        )

    # --- deciding ---

    def publish_view(self, request, pk):
        version = request.POST.get("version", "")

        def publish():
            publish_draft(plan_id=pk, by=request.user, at=timezone.now(), version=row_number(version) or -1)

        return self._do(request, pk, publish, _("The plan is published; everybody concerned is told."))

    def anew_view(self, request, pk):
        def anew():
            draft_anew(plan_id=pk, by=request.user, at=timezone.now())

        return self._do(request, pk, anew, _("The draft is made anew."))

    def _do(self, request, pk, do, text):
        """One call; what it answered is said on the plan's page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        plan = self.plan_for(request, pk)
        try:
            do()
            messages.success(request, text)
        except (publishing.Denied, permissions.Denied) as denied:
            raise PermissionDenied(str(denied)) from denied
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:schedules_plan_change", args=[plan.pk]))

    def repair_view(self, request, pk):
        return repair_view(self, request, self.plan_for(request, pk))


def kept(**parts) -> str:
    """The parts of an address that stay while one turns pages, each ending in an ampersand."""
    return "".join(f"{urlencode({name: value})}&" for name, value in parts.items() if value)


def spoken(line) -> dict:
    """A unit's line with its sentences in the reader's language."""
    return {
        "line": line,
        "exception": wording.exception(line),
        "clash": wording.clash(line),
        "proposals": wording.proposals(line),
    }
