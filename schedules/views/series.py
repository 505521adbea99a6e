"""`/requests/series/`: the same weekday every week, looked at before it is sent."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from schedules.actions import requests as actions
from schedules.forms import SeriesDates, SeriesForm

from .person import REFUSALS, for_person

WEEK = 7  # days


@require_http_methods(["GET", "POST"])
@for_person
def request_series(request):
    """`?date=…&until=…` looks ahead and names the dates that would be skipped; sending it is a form of its own."""
    if request.method == "POST":
        return _send(request)
    if "until" not in request.GET:
        return _page(request, SeriesDates(initial={"date": request.GET.get("date", "")}))
    dates = SeriesDates(request.GET)
    if not dates.is_valid():
        return _page(request, dates, status=422)
    return _look(request, dates, SeriesForm(initial=dates.cleaned_data))


def _send(request):
    form = SeriesForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        sent = actions.send_series(by=request.user, at=request.reader.now, **form.cleaned_data)
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=409)
    text = _("Your request for every %(weekday)s is sent. You get a mail when it is decided.")
    messages.success(request, text % {"weekday": date_format(sent.date, "l")})
    return redirect("requests")


def _look(request, dates: SeriesDates, form: SeriesForm):
    wanted = dates.cleaned_data
    try:
        skipped = actions.preview_series(by=request.user, at=request.reader.now, **wanted)
    except REFUSALS as refusal:
        dates.add_error(None, str(refusal))
        return _page(request, dates, status=409)
    count = (wanted["until"] - wanted["date"]).days // WEEK + 1
    found = {"date": wanted["date"], "until": wanted["until"], "skipped": skipped, "left": count - len(skipped)}
    return _page(request, dates, found=found, form=form)


def _page(request, dates, *, found: dict | None = None, form: SeriesForm | None = None, status: int = 200):
    """The two dates; below them what was found, with the form that sends it."""
    context = {"dates": dates, "found": found, "form": form}
    return render(request, "schedules/request_series.html", context, status=status)
