"""`/` my week, and `/why/<week>/` why I may or may not."""

import datetime as dt

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from employees.calendar import BadWeek, monday_of, parse_week
from employees.views import sorry
from schedules import explaining, queries

from .person import for_person

WEEK = dt.timedelta(weeks=1)
FAR = dt.timedelta(weeks=104)


def week_named(text: str, today: dt.date) -> dt.date:
    """The Monday of a week within two years of today; raises `BadWeek`."""
    monday = parse_week(text)
    if abs(monday - today) > FAR:
        raise BadWeek(_("Weeks more than two years away are not kept here."))
    return monday


@require_GET
@for_person
def my_week(request):
    """Which day is mine, this week and next (`?week=2026-W48` shows another week and the one after)."""
    reader = request.reader
    try:
        asked = request.GET.get("week")
        monday = week_named(asked, reader.today) if asked else monday_of(reader.today)
    except BadWeek as problem:
        return sorry(request, _("This week cannot be shown"), str(problem), 400)
    this, following = queries.my_weeks(reader.person, [monday, monday + WEEK], today=reader.today)
    context = {
        "current": monday == monday_of(reader.today),
        "greeting": reader.greeting,
        "weeks": [this, following],
        "this": this,
        "appraisal": queries.headline_appraisal(reader.person),
        "requests": queries.latest_requests(reader.person, limit=5),
    }
    return render(request, "schedules/my_week.html", context)


@require_GET
@for_person
def why(request, week: str):
    """Each rule of the policies in force, passed or not, with its facts, their sources, and who approved the score."""
    reader = request.reader
    try:
        monday = week_named(week, reader.today)
    except BadWeek as problem:
        return sorry(request, _("There is no such week"), str(problem), 404)
    explanation = explaining.explain(reader.person, monday, viewer=request.user)
    return render(request, "schedules/why.html", {"explanation": explanation})
