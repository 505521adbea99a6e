"""`/swaps/new/` and `/days/…/give-back/`: one's own WFH day for a colleague's, or for nobody's."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from employees.views import sorry
from schedules import queries, wording
from schedules.actions import requests as actions
from schedules.forms import GiveBackForm, SwapForm
from schedules.models import Request, WfhDay

from .person import REFUSALS, for_person


@require_http_methods(["GET", "POST"])
@for_person
def swap_new(request):
    """`?day=<id of one's own WFH day>`: the days of colleagues it could be swapped for; one is asked for."""
    own = _own(request, request.GET.get("day", ""))
    if request.method == "GET":
        return _swap(request, own, SwapForm())
    form = SwapForm(request.POST)
    if not form.is_valid():
        return _swap(request, own, form, status=422)
    try:
        sent = actions.ask_to_swap(
            by=request.user,
            day_id=own.day.pk,
            for_day_id=form.cleaned_data["for_day"],
            reason=form.cleaned_data["reason"],
            at=request.reader.now,
        )
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _swap(request, own, form, status=409)
    text = _("%(name)s is asked to swap. You get a mail when they have answered.")
    messages.success(request, text % {"name": sent.colleague})
    return redirect("my-week")


@require_http_methods(["GET", "POST"])
@for_person
def give_back(request, pk: int):
    """Give a WFH day back, or half of it: freely until it closes, afterwards with the supervisor's consent."""
    own = _own(request, str(pk))
    if request.method == "GET":
        if request.reader.now >= own.opens:
            text = _("The day has begun or is past; it can no longer be given back.")
            return sorry(request, _("This day stays as it is"), text, 409)
        return _give(request, own, GiveBackForm(initial={"slot": WfhDay.Slot.FULL}))
    form = GiveBackForm(request.POST)
    if not form.is_valid():
        return _give(request, own, form, status=422)
    try:
        made = actions.give_back(by=request.user, day_id=pk, at=request.reader.now, **form.cleaned_data)
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _give(request, own, form, status=409)
    if isinstance(made, Request):
        text = _("Your supervisor is asked whether %(day)s can be given back. Until then it stays yours.")
    else:
        text = _("Given back: %(day)s. The place is free for others.")
    messages.success(request, text % {"day": _named(made, form.cleaned_data["slot"])})
    return redirect("my-week")


def _named(made: WfhDay | Request, asked: str) -> str:
    """The date, with the half that was given where it is half a day; of half a day there is only that half."""
    half = isinstance(made, Request) or made.slot != WfhDay.Slot.FULL
    return wording.dated(made.date, made.slot if half else asked)


def _own(request, text: str) -> queries.OwnDay:
    """One's own WFH day by its number; anybody else's does not exist."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    own = queries.own_day(request.reader.person, number)
    if own is None:
        raise Http404
    return own


def _swap(request, own: queries.OwnDay, form: SwapForm, status: int = 200):
    context = {
        "own": own,
        "found": queries.swappable(own, at=request.reader.now),
        "closed": request.reader.now >= own.closes,
        "form": form,
        "chosen": str(form["for_day"].value() or ""),
    }
    return render(request, "schedules/swap_new.html", context, status=status)


def _give(request, own: queries.OwnDay, form: GiveBackForm, status: int = 200):
    free = request.reader.now < own.closes
    context = {
        "own": own,
        "free": free,
        "slots": WfhDay.Slot.choices if own.day.slot == WfhDay.Slot.FULL else [],
        "chosen": form["slot"].value() or WfhDay.Slot.FULL,
        "form": form,
    }
    return render(request, "schedules/give_back.html", context, status=status)
