"""`/requests/`: mine, a new one, and taking one back."""

import datetime as dt

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from employees.calendar import monday_of
from employees.views import sorry
from schedules import queries
from schedules.actions import requests as actions
from schedules.forms import RequestForm

from .person import REFUSALS, for_person, seen
from .week import FAR

SHOWN = 50


@require_GET
@for_person
def my_requests(request):
    """My requests, the newest first."""
    return render(
        request, "schedules/requests.html", {"requests": queries.latest_requests(request.reader.person, limit=SHOWN)}
    )


@require_http_methods(["GET", "POST"])
@for_person
def request_new(request):
    """`?day=2026-11-25`: the offered days of that day's week; one is chosen and sent."""
    day = _day(request.GET.get("day", ""), request.reader.today)
    if day is None:
        text = _("Choose a day on the page of your week; dates are written like 2026-11-25.")
        return sorry(request, _("This day cannot be shown"), text, 400)
    if request.method == "GET":
        return _offer(request, day, RequestForm(initial={"date": ""}))
    form = RequestForm(request.POST)
    if not form.is_valid():
        return _offer(request, day, form, status=422)
    wanted = form.cleaned_data
    try:
        sent = actions.send_request(
            by=request.user,
            date=wanted["date"],
            gives_up_id=wanted["gives_up"],
            reason=wanted["reason"],
            at=request.reader.now,
        )
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _offer(request, day, form, status=409)
    text = _("Your request for %(day)s is sent. You get a mail when it is decided.")
    messages.success(request, text % {"day": date_format(sent.date, "l, j F")})
    return redirect("my-week")


@require_POST
@for_person
def withdraw(request, pk: int):
    """Take back my request while it waits."""
    try:
        taken = actions.withdraw_request(by=request.user, request_id=seen(request, pk), at=request.reader.now)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    else:
        text = _("Your request for %(day)s is withdrawn.")
        messages.success(request, text % {"day": date_format(taken.date, "l, j F")})
    return redirect("requests")


def _day(text: str, today: dt.date) -> dt.date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and abs(day - today) <= FAR else None


def _offer(request, day: dt.date, form: RequestForm, status: int = 200):
    reader, monday = request.reader, monday_of(day)
    (week,) = queries.my_weeks(reader.person, [monday], today=reader.today)
    # The day tapped, else the week's only one, is what the request gives up.
    given = next((d for d in week.wfh if d.date == day), week.wfh[0] if len(week.wfh) == 1 else None)
    offers = (
        queries.offers(reader.person, monday, at=reader.now, gives_up=given.day_id if given else None)
        if week.can_ask
        else []
    )
    context = {
        "day": day,
        "week": week,
        "given": given,
        "fitting": [offer for offer in offers if offer.fits],
        "others": [offer for offer in offers if not offer.fits],
        "form": form,
        "chosen": str(form["date"].value() or ""),
    }
    return render(request, "schedules/request_new.html", context, status=status)
