"""The weekly runs: one page a run with how it went, whom it changes, whose data broke a rule, and its buttons."""

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
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from eligibility import permissions, queries
from eligibility.actions import Refused, preview_run, propose, publish_run, recompute, resume_run, withdraw_run
from eligibility.models import Run
from eligibility.rules import label_of
from employees.admin import ActionAdmin, only_read, row_number, tones
from employees.calendar import week_name
from employees.models import Unit
from employees.models.access import READS_SCORES
from employees.permissions import holds_any

PER_PAGE = 50
MOST_UNITS = 300  # in the dropdown
DECISIVE = (Run.State.WAITING, Run.State.PUBLISHED)  # states in which a run's decisions stand


@admin.register(Run)
class RunAdmin(ActionAdmin):
    list_display = ["week_label", "agency", "track", "state_label", "why", "in_scope", "eligible", "gained", "lost"]
    list_select_related = ["agency", "policy", "published_by__employee", "started_by__employee"]
    list_filter = [("state", ChoicesDropdownFilter)]
    ordering = ["-week", "-number"]

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
        views = {
            "publish": self.publish_view,
            "recompute": self.recompute_view,
            "resume": self.resume_view,
            "withdraw": self.withdraw_view,
            "preview": self.preview_view,
            "compare": self.compare_view,
        }
        mine = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"eligibility_run_{name}")
            for name, view in views.items()
        ]
        return mine + super().get_urls()

    # --- looking ---

    @only_read
    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.may_read(request.user):
            raise PermissionDenied
        run = get_object_or_404(self.get_queryset(request), pk=row_number(object_id))
        run.week_name = week_name(run.week)
        context = self.admin_site.each_context(request) | {
            "title": _("Weekly run %(week)s") % {"week": run.week_name},
            "run": run,
            "progress": queries.progress_of(run),
            "feeds": queries.feeds_of(run),
            "head": permissions.may_publish(request.user, run.agency_id),
            "officer": permissions.may_draft(request.user, run.agency_id),
            "problems": queries.problems_of(run, request.user)[:PER_PAGE],
            **self._changes(request, run),
        }
        return TemplateResponse(request, "admin/eligibility/run/page.html", context)

    def _changes(self, request, run: Run) -> dict:
        """Whom the run changes, filtered by kind and unit, a page of them."""
        if run.state not in DECISIVE:
            return {"shown": False}
        kind = request.GET.get("kind", "")
        kind = kind if kind in queries.KINDS else ""
        units = list(Unit.objects.visible_to(request.user).filter(agency=run.agency_id).order_by("path")[:MOST_UNITS])
        chosen = row_number(request.GET.get("unit", ""))
        unit = next((one for one in units if one.pk == chosen), None)
        rows = queries.changed_by(run, request.user, kind=kind, unit=unit)
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        parts = {"kind": kind, "unit": unit.pk if unit else ""}
        return {
            "shown": True,
            "kinds": queries.KINDS.items(),
            "kind": kind,
            "units": units,
            "unit": unit,
            "page": page,
            "query": "".join(f"{urlencode({name: value})}&" for name, value in parts.items() if value),
            "changes": [_line(row) for row in page],
        }

    # --- deciding ---

    def publish_view(self, request, pk):
        def publish():
            return publish_run(run_id=pk, by=request.user, at=timezone.now(), version=_version(request))

        return self._do(request, pk, publish, _("The week is published."))

    def recompute_view(self, request, pk):
        def again():
            return recompute(run_id=pk, by=request.user, at=timezone.now(), version=_version(request))

        return self._do(request, pk, again, _("The week is being computed again; it appears here when it is done."))

    def resume_view(self, request, pk):
        def resume():
            return resume_run(run_id=pk, by=request.user, at=timezone.now(), version=_version(request))

        return self._do(request, pk, resume, _("The run is handed to a worker again."))

    def withdraw_view(self, request, pk):
        reason = request.POST.get("reason", "").replace("\0", "")[:500]

        def withdraw():
            version = _version(request)
            return withdraw_run(run_id=pk, by=request.user, at=timezone.now(), reason=reason, version=version)

        return self._do(request, pk, withdraw, _("The run is withdrawn; nothing of it counts."))

    def preview_view(self, request, pk):
        def preview():
            run = self.get_queryset(request).get(pk=pk)
            found = preview_run(agency=run.agency, track=run.track, week=run.week, at=timezone.now())
            text = _("Computed now, without writing anything: %(counts)s.") % {"counts": found}
            messages.info(request, text)

        return self._do(request, pk, preview, "")

    def compare_view(self, request, pk):
        def compare():
            count = propose(run_id=pk, by=request.user, at=timezone.now())
            text = ngettext(
                "%(count)s correction is new or changed.", "%(count)s corrections are new or changed.", count
            )
            messages.info(request, text % {"count": count})

        return self._do(request, pk, compare, "")

    def _do(self, request, pk, do, text):
        """One call; what it answered is said on the run's page (of the new run, where there is one)."""
        if not self.may_read(request.user):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            run = do()
            pk = run.pk if run else pk
            if text:
                messages.success(request, text)
        except permissions.Denied as denied:
            raise PermissionDenied(str(denied)) from denied
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:eligibility_run_change", args=[pk]))


def _version(request) -> int:
    """The version that the page was opened with; -1, which no run has, for anything else."""
    return row_number(request.POST.get("version", "")) or -1


def _line(row) -> dict:
    return {
        "employee": row.employee,
        "before": row.before_eligible if row.stays else row.eligible,
        "before_reasons": _labels(row.before_reasons if row.stays else row.reasons),
        "stays": row.stays,
        "eligible": row.eligible,
        "reasons": _labels(row.reasons) if row.stays else "",
    }


def _labels(codes) -> str:
    return ", ".join(str(label_of(code)) for code in codes or [])
