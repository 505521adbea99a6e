"""`/account/data/requests/`: say that something held about me is wrong; the clock of each request and its answer."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from employees.actions import Refused, withdraw_correction
from employees.models import DataRequest
from schedules.actions.data_requests import ask_correction
from schedules.forms import DataRequestForm

from .person import for_person

NEWEST = 50


@require_http_methods(["GET", "POST"])
@for_person
def mine(request):
    """GET: my requests, the newest first, and the form (`?about=` chooses what it is about). POST: ask."""
    reader, asking = request.reader, request.method == "POST"
    form = DataRequestForm(request.POST if asking else None, initial={"about": request.GET.get("about", "")})
    status = 200
    if asking and form.is_valid():
        try:
            ask_correction(**form.cleaned_data, by=request.user, at=reader.now)
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, _("Your HR office has your request; the clock for the answer is running."))
            return redirect("data-requests")
    rows = DataRequest.objects.filter(employee=reader.person).select_related("answered_by__employee")
    lines = [{"one": one, "hours": hours_left(one, reader.now)} for one in rows.order_by("-pk")[:NEWEST]]
    return render(request, "account/data_requests.html", {"form": form, "lines": lines}, status=status)


def hours_left(one: DataRequest, now) -> int | None:
    """Whole hours until the answer is due, negative once it is overdue; None where nothing waits."""
    if one.state != DataRequest.State.OPEN:
        return None
    return int((one.due_at - now).total_seconds() // 3600)


@require_POST
@for_person
def take_back(request, pk: int):
    """Take one's own request back; anybody else's does not exist."""
    if not DataRequest.objects.filter(employee=request.reader.person, pk=pk).exists():
        raise Http404
    try:
        withdraw_correction(request_id=pk, by=request.user, at=request.reader.now)
        messages.success(request, _("Your request is taken back."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("data-requests")
