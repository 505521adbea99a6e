"""`/approvals/`: what waits for a supervisor, and their decisions."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from schedules import permissions, queries
from schedules.actions import requests as actions
from schedules.forms import REJECTIONS, DecisionForm, RejectForm

from .person import REFUSALS, for_person, seen


@require_GET
@for_person
def inbox(request):
    """The inbox, what expires first on top, with the cover of the requested day beside each."""
    return _inbox(request)


@require_POST
@for_person
def approve(request, pk: int):
    pk = seen(request, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _stale(request)
    try:
        decided = actions.approve_request(
            by=request.user, request_id=pk, version=form.cleaned_data["version"], at=request.reader.now
        )
    except REFUSALS as refusal:
        return _refused(request, refusal)
    return _told(request, _("Approved: %(name)s works from home on %(day)s."), decided)


@require_POST
@for_person
def reject(request, pk: int):
    pk = seen(request, pk)
    form = RejectForm(request.POST)
    if not form.is_valid():
        if "version" in form.errors:
            return _stale(request)
        return _inbox(request, failed=pk, form=form, status=422)
    try:
        decided = actions.reject_request(
            by=request.user,
            request_id=pk,
            version=form.cleaned_data["version"],
            reason=form.cleaned_data["reason"],
            at=request.reader.now,
        )
    except REFUSALS as refusal:
        return _refused(request, refusal)
    return _told(request, _("Rejected: the request of %(name)s for %(day)s. They read your reason."), decided)


def _inbox(request, *, failed: int | None = None, form=None, status: int = 200):
    reader = request.reader
    lines = queries.inbox(request.user, at=reader.now)
    decides = bool(lines) or permissions.is_supervisor(request.user, reader.today)
    context = {
        "decides": decides,
        "lines": lines,
        "decided": queries.decided_lately(request.user, limit=20) if decides else [],
        "usual": REJECTIONS,
        "failed": failed,
        "form": form,
    }
    return render(request, "schedules/approvals.html", context, status=status)


def _told(request, text: str, decided):
    day = date_format(decided.date, "l, j F")
    messages.success(request, text % {"name": decided.employee.full_name, "day": day})
    return redirect("approvals")


def _refused(request, refusal):
    messages.error(request, str(refusal))
    return redirect("approvals")


def _stale(request):
    messages.error(request, _("This request has changed meanwhile. Please look at it again before you decide."))
    return redirect("approvals")
