"""Uploading a file of scores: look at what it would do, then take it, or the good rows of it, or put it aside."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.admin import ActionAdmin, only_read, row_number, tones
from employees.models import Agency
from employees.models.access import READS_SCORES
from employees.permissions import HR, holds_any
from ledger import exports
from performance import intake, permissions
from performance.forms import UploadForm
from performance.models import ImportBatch

FIRST = 20  # bad rows shown on the page; the file to download has them all


@admin.register(ImportBatch)
class ImportBatchAdmin(ActionAdmin):
    list_display = ["file_name", "agency", "state_label", "new", "changed", "same", "bad", "uploaded_by", "uploaded_at"]
    list_select_related = ["agency", "uploaded_by__employee"]
    list_filter = [("state", ChoicesDropdownFilter)]
    ordering = ["-pk"]
    change_list_template = "admin/performance/importbatch/change_list.html"

    def may_read(self, user):
        return holds_any(user, READS_SCORES)

    def changelist_view(self, request, extra_context=None):
        uploads = {"may_upload": permissions.may_decide_any(request.user)}
        return super().changelist_view(request, uploads | (extra_context or {}))

    @display(description=gettext_lazy("state"), label=tones(ImportBatch.State, APPLIED="success", PREVIEW="warning"))
    def state_label(self, batch):
        return batch.state, batch.get_state_display()

    @display(description=gettext_lazy("new"))
    def new(self, batch):
        return batch.counts.get("new")

    @display(description=gettext_lazy("changed"))
    def changed(self, batch):
        return batch.counts.get("changed")

    @display(description=gettext_lazy("the same"))
    def same(self, batch):
        return batch.counts.get("same")

    @display(description=gettext_lazy("bad"))
    def bad(self, batch):
        return batch.counts.get("bad")

    def get_urls(self):
        def mine(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"performance_importbatch_{name}")

        return [
            mine("upload/", self.upload_view, "upload"),
            mine("<int:pk>/apply/", self.apply_view, "apply"),
            mine("<int:pk>/cancel/", self.cancel_view, "cancel"),
            mine("<int:pk>/bad.csv", self.bad_view, "bad"),
            *super().get_urls(),
        ]

    def upload_view(self, request):
        self._check(request)
        agencies = Agency.objects.filter(pk__in={grant.agency_id for grant in request.user.reach.having(HR)})
        form = UploadForm(request.POST or None, request.FILES or None, agencies=agencies)
        if request.method == "POST" and form.is_valid():
            try:
                batch = intake.preview(
                    content=form.cleaned_data["file"].read(),
                    file_name=form.cleaned_data["file"].name,
                    agency=form.cleaned_data["agency"],
                    by=request.user,
                    at=timezone.now(),
                )
                return HttpResponseRedirect(reverse("admin:performance_importbatch_change", args=[batch.pk]))
            except (intake.UnusableFile, intake.Refused) as problem:
                form.add_error("file", str(problem))
        context = self.admin_site.each_context(request) | {
            "title": _("Upload scores"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/performance/importbatch/upload.html", context)

    @only_read
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The preview, or what became of it. An auditor looks at it, and does nothing about it."""
        if not self.may_read(request.user):
            raise PermissionDenied
        batch = get_object_or_404(self.get_queryset(request), pk=row_number(object_id))
        problems = []
        for row in intake.bad_rows(batch):
            problems.append(row)
            if len(problems) == FIRST:
                break
        context = self.admin_site.each_context(request) | {
            "title": batch.file_name,
            "opts": self.opts,
            "batch": batch,
            "ours": ImportBatch.objects.worked_on_by(request.user).filter(pk=batch.pk).exists(),
            "taking": batch.counts.get("new", 0) + batch.counts.get("changed", 0),
            "problems": problems,
        }
        return TemplateResponse(request, "admin/performance/importbatch/preview.html", context)

    def apply_view(self, request, pk):
        def take(batch_id):
            return intake.apply_batch(
                batch_id=batch_id, by=request.user, at=timezone.now(), partial=request.POST.get("partial") == "1"
            )

        return self._done(request, pk, take, _("The scores are in; they wait for a colleague's approval."))

    def cancel_view(self, request, pk):
        def put_aside(batch_id):
            return intake.cancel_batch(batch_id=batch_id, by=request.user, at=timezone.now())

        return self._done(request, pk, put_aside, _("The file was put aside; nothing was taken from it."))

    def _done(self, request, pk, do, text):
        self._check(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        get_object_or_404(ImportBatch.objects.worked_on_by(request.user), pk=pk)
        try:
            do(pk)
            messages.success(request, text)
        except intake.Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:performance_importbatch_change", args=[pk]))

    def bad_view(self, request, pk):
        """All bad rows as a file; taking it is recorded, so it is asked for by POST."""
        self._check(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        batch = get_object_or_404(ImportBatch.objects.worked_on_by(request.user), pk=pk)
        try:
            made = exports.export(
                what="import-bad",
                header=[_("line"), _("column"), _("reason")],
                rows=intake.bad_rows(batch),
                people=[],  # rows that are no record of anybody
                subject=batch,
                reason=_("To correct the file %(name)s") % {"name": batch.file_name},
                by=request.user,
                at=timezone.now(),
                agency_id=batch.agency_id,
            )
        except exports.ExportRefused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse("admin:performance_importbatch_change", args=[pk]))
        return exports.download(made, f"import-{batch.pk}-bad")

    def _check(self, request):
        if not permissions.may_decide_any(request.user):
            raise PermissionDenied
