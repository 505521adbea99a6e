"""`/delegations/`: my stand-ins, and those for whom I stand in."""

import datetime as dt

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from employees.searches import typed
from schedules import permissions
from schedules.actions import delegations as actions
from schedules.decision_forms import DelegateForm
from schedules.models import Delegation
from schedules.queries import delegations as queries

from .person import REFUSALS, for_person

USUALLY = dt.timedelta(days=6)


@require_http_methods(["GET", "POST"])
@for_person
def stand_ins(request):
    """Who stands in for me and for whom I do; naming one is a choice of person and days."""
    if request.method == "GET":
        return _page(request, DelegateForm(initial=_usual_days(request)))
    form = DelegateForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    wanted = form.cleaned_data
    try:
        made = actions.delegate(
            by=request.user,
            delegator_id=request.reader.person.pk,
            delegate_id=wanted["delegate"],
            first=wanted["first"],
            last=wanted["last"],
            on_leave_only=wanted["on_leave_only"],
            at=request.reader.now,
        )
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=409)
    messages.success(request, _("%(name)s stands in for you and gets a mail.") % {"name": made.delegate.full_name})
    return redirect("delegations")


@require_POST
@for_person
def end_stand_in(request, pk: int):
    """End one before its time: by whoever gave it or was given it, or HR."""
    if not Delegation.objects.visible_to(request.user).filter(pk=pk).exists():
        raise Http404
    try:
        actions.end_delegation(by=request.user, delegation_id=pk, at=request.reader.now)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("This stand-in has ended and decides no more."))
    return redirect("delegations")


def _usual_days(request) -> dict[str, dt.date]:
    """The next leave that is known, else a week from today."""
    today = request.reader.today
    first, last = queries.next_leave(request.reader.person, today) or (today, today + USUALLY)
    return {"first": max(first, today), "last": last}


def _page(request, form: DelegateForm, status: int = 200):
    reader = request.reader
    text = typed(request)
    leads = permissions.is_supervisor(request.user, reader.today)
    context = {
        "leads": leads,
        "form": form,
        "text": text,
        "enough": queries.ENOUGH,
        "found": queries.stand_ins(request.user, reader.today),
        "candidates": queries.candidates(reader.person, reader.today, text) if leads else [],
        "chosen": str(form["delegate"].value() or ""),
    }
    return render(request, "schedules/delegations.html", context, status=status)
