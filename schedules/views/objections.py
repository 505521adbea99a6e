"""Objecting to a week's decision, one's objections with their clocks, and no automatic decisions at one's own wish."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from eligibility.actions import Refused, resume, withdraw_objection
from eligibility.queries import challenges, days_left, objections_of, suspension_of
from employees.calendar import BadWeek, week_name
from employees.views import sorry
from schedules.actions.objections import file_objection, suspend
from schedules.forms import ObjectionForm

from .person import for_person
from .week import week_named

NEWEST = 50


@require_http_methods(["GET", "POST"])
@for_person
def object_to(request, week: str):
    """`/why/<week>/object/`: until when, by which procedure, who answers; and the form to file."""
    reader = request.reader
    try:
        monday = week_named(week, reader.today)
    except BadWeek as problem:
        return sorry(request, _("There is no such week"), str(problem), 404)
    found = challenges(reader.person, monday, reader.now)
    if not found:
        text = _("Nothing has been decided about you for this week, so there is nothing to object to yet.")
        return sorry(request, _("No decision yet"), text, 404)
    form = ObjectionForm(request.POST if request.method == "POST" else None, found=found)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            file_objection(**form.cleaned_data, by=request.user, at=reader.now)
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, _("Your objection is filed; the clock for the answer is running."))
            return redirect("objections")
    context = {"week": week_name(monday), "found": found, "form": form, "possible": [c for c in found if c.possible]}
    return render(request, "objections/new.html", context, status=status)


@require_GET
@for_person
def mine(request):
    """My objections, the newest first, with the clock of each open one and the answer of the others."""
    reader = request.reader
    lines = [
        {
            "one": one,
            "week": week_name(one.run.week),
            "left": days_left(one.agency, reader.today, one.answer_due) if one.state == "FILED" else None,
        }
        for one in objections_of(reader.person.pk)[:NEWEST]
    ]
    return render(request, "objections/mine.html", {"lines": lines})


@require_POST
@for_person
def take_back(request, pk: int):
    """Take one's own objection back; anybody else's does not exist."""
    if not objections_of(request.reader.person.pk).filter(pk=pk).exists():
        raise Http404
    try:
        withdraw_objection(objection_id=pk, by=request.user, at=request.reader.now)
        messages.success(request, _("Your objection is taken back."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("objections")


@require_http_methods(["GET", "POST"])
@for_person
def automatic(request):
    """`/automatic/`: ask that no run decides about me, or take that back; with what follows from it."""
    if request.method == "POST":
        back = request.POST.get("do") == "resume"
        try:
            (resume if back else suspend)(by=request.user, at=request.reader.now)
            done = _("Automatic decisions start again with the next computed week.")
            kept = _("From the next computed week on HR decides about you by hand.")
            messages.success(request, done if back else kept)
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("automatic-decisions")
    return render(request, "objections/automatic.html", {"suspension": suspension_of(request.reader.person.pk)})
