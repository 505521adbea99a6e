"""The weekly runs with their two buttons: publish, compute again."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, OuterRef, Subquery
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from eligibility import permissions
from eligibility.actions.refused import Refused
from eligibility.actions.runs import publish_run, recompute
from eligibility.models import Decision, Run
from eligibility.rules import label_of
from employees.admin import ActionAdmin, tones
from employees.calendar import week_name
from employees.models.access import READS_SCORES
from employees.permissions import holds_any

MOST = 100  # changed people on the page of a run


@admin.register(Run)
class RunAdmin(ActionAdmin):
    list_display = ["week_label", "agency", "track", "state_label", "why", "in_scope", "eligible", "gained", "lost"]
    list_select_related = ["agency", "policy", "published_by__employee"]
    list_filter = [("state", ChoicesDropdownFilter)]
    ordering = ["-week", "-number"]
    change_form_outer_before_template = "admin/eligibility/run/page.html"
    fields = ["week_label", "agency", "number", "policy", "state", "cutoff_at", "published_at", "published_by"]
    readonly_fields = ["week_label"]

    def may_read(self, user):
        return holds_any(user, READS_SCORES)

    @display(description=gettext_lazy("week"), ordering="week")
    def week_label(self, run):
        return week_name(run.week)

    @display(description=gettext_lazy("state"), label=tones(Run.State, PUBLISHED="success", WAITING="warning"))
    def state_label(self, run):
        return run.state, run.get_state_display()

    @display(description=gettext_lazy("why it waits"), empty_value="–")
    def why(self, run):
        return run.get_hold_display() if run.state == Run.State.WAITING else None

    def get_queryset(self, request):
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_urls(self):
        mine = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"eligibility_run_{name}")
            for name, view in (("publish", self.publish_view), ("recompute", self.recompute_view))
        ]
        return mine + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        context = dict(extra_context or {})
        run = self.get_object(request, object_id)
        run.week_name = week_name(run.week)
        run.publishable = run.state == Run.State.WAITING and permissions.may_publish(request.user, run.agency_id)
        context |= {"run": run, "changes": changes(run), "most": MOST}
        return super().change_view(request, object_id, form_url, context)

    def publish_view(self, request, pk):
        version = request.POST.get("version", "")

        def publish(run_id):
            publish_run(
                run_id=run_id,
                by=request.user,
                at=timezone.now(),
                version=int(version) if version.isdigit() else -1,
            )

        return self._do(request, pk, publish, _("The week is published."))

    def recompute_view(self, request, pk):
        def again(run_id):
            recompute(run_id=run_id, by=request.user, at=timezone.now())

        return self._do(request, pk, again, _("The week is being computed again; it appears here when it is done."))

    def _do(self, request, pk, do, text):
        if not self.may_read(request.user):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            do(pk)
            messages.success(request, text)
        except (Refused, permissions.Denied) as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:index"))


def changes(run: Run) -> list[dict]:
    """The people whose decision a run changed, those whose answer turned first; at most `MOST`."""
    if run.state not in (Run.State.WAITING, Run.State.PUBLISHED):
        return []
    rows = Decision.objects.filter(agency_id=run.agency_id, track=run.track)
    before = rows.filter(employee=OuterRef("employee"), until_run=run.number).values("eligible")[:1]
    changed = (
        rows.filter(from_run=run.number)
        .annotate(before=Subquery(before, output_field=BooleanField()))
        .select_related("employee")
        .order_by("eligible", "employee__name", "pk")[:MOST]
    )
    return [
        {
            "employee": row.employee,
            "before": row.before,
            "eligible": row.eligible,
            "reasons": ", ".join(str(label_of(code)) for code in row.reasons),
        }
        for row in changed
    ]
