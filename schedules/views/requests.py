"""`/requests/`: mine with their states, a new one, changing and sending one again, and taking one back."""

import dataclasses
import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from employees.calendar import monday_of
from employees.templatetags.portal import by_when
from employees.views import sorry
from schedules import queries, states, wording
from schedules.actions import requests as actions
from schedules.forms import AgainForm, RequestForm
from schedules.models import Request, WfhDay

from .person import REFUSALS, for_person, seen
from .week import FAR

A_PAGE = 25
Kind, State, Slot = Request.Kind, Request.State, WfhDay.Slot
CHANGED_BY_DAY = (Kind.MOVE, Kind.EXTRA)


@dataclasses.dataclass(frozen=True)
class Line:
    """One of my requests, and what I can still do with it."""

    one: Request
    send: bool  # change it and send it (again)
    anew: bool  # sent back, but of a kind that is asked for anew
    withdraw: bool


@require_GET
@for_person
def my_requests(request):
    """My requests, the newest first, `?page=2` the older ones."""
    page = Paginator(queries.requests_of(request.reader.person), A_PAGE).get_page(request.GET.get("page"))
    lines = [_line(one, request.reader) for one in page]
    return render(request, "schedules/requests.html", {"page": page, "lines": lines})


def _line(one: Request, reader) -> Line:
    open_again = states.can(one, "send") and reader.now < one.due_at
    withdraw = states.can(one, "withdraw")
    if one.state == State.APPROVED:
        series = one.kind == Kind.RECUR and one.until is not None and one.until > reader.today
        withdraw = series or (one.kind in CHANGED_BY_DAY and reader.now < one.due_at)
    by_day = one.kind in CHANGED_BY_DAY
    return Line(one, send=open_again and by_day, anew=open_again and one.kind == Kind.RECUR, withdraw=withdraw)


@require_http_methods(["GET", "POST"])
@for_person
def request_new(request):
    """`?day=2026-11-25`: the offered days of that day's week; one is chosen and sent, or kept as a draft.

    `slot=AM|PM` asks for half a day; `extra=1` for a day besides those that are had.
    """
    day = _day(request.GET.get("day", ""), request.reader.today)
    if day is None:
        text = _("Choose a day on the page of your week; dates are written like 2026-11-25.")
        return sorry(request, _("This day cannot be shown"), text, 400)
    if request.method == "GET":
        return _offer(request, day, RequestForm(initial={"date": ""}))
    form = RequestForm(request.POST)
    if not form.is_valid():
        return _offer(request, day, form, status=422)
    wanted, keep = form.cleaned_data, "keep" in request.POST
    send = actions.save_draft if keep else actions.send_request
    try:
        made = send(
            by=request.user,
            date=wanted["date"],
            gives_up_id=wanted["gives_up"],
            slot=wanted["slot"],
            reason=wanted["reason"],
            registered_home=wanted["registered_home"],
            at=request.reader.now,
        )
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _offer(request, day, form, status=409)
    return _kept(request, made) if keep else _sent(request, made)


@require_http_methods(["GET", "POST"])
@for_person
def request_again(request, pk: int):
    """A draft, or a request that was sent back: change the day or the reason, and send it."""
    reader, pk = request.reader, seen(request, pk)
    one = queries.requests_of(reader.person).filter(pk=pk).first()
    if one is None:
        raise PermissionDenied(_("Only the person who asked can send a request again."))
    if one.kind not in CHANGED_BY_DAY:
        raise Http404
    if not states.can(one, "send"):
        text = _("It has been decided meanwhile. Its state stands among your requests.")
        return sorry(request, _("This request cannot be changed any more"), text, 409)
    if request.method == "GET":
        values = {"version": one.version, "date": one.date.isoformat(), "reason": one.reason}
        return _change(request, one, AgainForm(initial=values))
    form = AgainForm(request.POST)
    if not form.is_valid():
        if "version" in form.errors:
            return _stale(request, one)
        return _change(request, one, form, status=422)
    try:
        sent = actions.send_again(by=request.user, request_id=pk, at=reader.now, **form.cleaned_data)
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _change(request, one, form, status=409)
    return _sent(request, sent)


@require_POST
@for_person
def withdraw(request, pk: int):
    """Take back my request while it is open, or once approved until its day closes."""
    try:
        taken = actions.withdraw_request(by=request.user, request_id=seen(request, pk), at=request.reader.now)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    else:
        text = _("Your request for %(day)s is withdrawn.")
        messages.success(request, text % {"day": wording.dated(taken.date, taken.slot)})
    return redirect("requests")


def _sent(request, made: Request):
    text = _("Your request for %(day)s is sent. You get a mail when it is decided.")
    messages.success(request, text % {"day": wording.dated(made.date, made.slot)})
    return redirect("my-week")


def _kept(request, made: Request):
    text = _("Kept as a draft. Send it before %(when)s; afterwards it ends by itself.")
    with timezone.override(request.reader.zone):
        messages.success(request, text % {"when": by_when(made.due_at)})
    return redirect("requests")


def _stale(request, one: Request):
    messages.error(request, _("This request has changed meanwhile. Please look at it again."))
    return redirect("request-again", one.pk)


def _day(text: str, today: dt.date) -> dt.date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and abs(day - today) <= FAR else None


def _offer(request, day: dt.date, form: RequestForm, status: int = 200):
    """The form of a new request: the tapped day, or the only one where no other is to be had, is what it gives up."""
    reader = request.reader
    (week,) = queries.my_weeks(reader.person, [monday_of(day)], today=reader.today)
    extra = "extra" in request.GET
    ahead = [] if extra else [own for own in week.wfh if own.date > reader.today]
    given = next((own for own in ahead if own.date == day), None)
    if given is None and len(ahead) == 1 and week.maximum:
        given = ahead[0]
    slot = request.GET.get("slot", "")
    if slot not in Slot.values:
        slot = given.slot if given else Slot.FULL
    query = {"day": day.isoformat()} | ({"extra": 1} if extra else {})
    where = reverse("request-new")
    context = {
        "day": day,
        "given": given,
        "slots": [(value, label, f"{where}?{urlencode(query | {'slot': value})}") for value, label in Slot.choices],
        "action": f"{where}?{urlencode(query | {'slot': slot})}",
        "again": None,
    }
    return _page(request, week, given.day_id if given else None, slot, form, context, status)


def _change(request, one: Request, form: AgainForm, status: int = 200):
    """The form of a request that exists already: its half of the day stays."""
    reader = request.reader
    (week,) = queries.my_weeks(reader.person, [one.week], today=reader.today)
    context: dict[str, Any] = {
        "day": one.date,
        "given": one.gives_up,
        "slots": [],
        "action": reverse("request-again", args=[one.pk]),
        "again": one,
    }
    return _page(request, week, one.gives_up_id, one.slot, form, context, status)


def _page(request, week, gives_up: int | None, slot: str, form, context: dict, status: int):
    reader = request.reader
    offers = (
        queries.offers(reader.person, week.monday, at=reader.now, gives_up=gives_up, slot=slot) if week.can_ask else []
    )
    context |= {
        "week": week,
        "slot": slot,
        "fitting": [offer for offer in offers if offer.fits],
        "others": [offer for offer in offers if not offer.fits],
        "now": reader.now,
        "form": form,
        "chosen": str(form["date"].value() or ""),
        "place": form["place"].value() or form.HOME,
    }
    return render(request, "schedules/request_new.html", context, status=status)
