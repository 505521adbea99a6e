"""`/` my week, and `/why/<week>/` why I may or may not."""

import dataclasses
import datetime as dt
from typing import cast
from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from eligibility import queries as decisions
from eligibility.models import Correction
from eligibility.queries import challenges, suspended_in
from employees.calendar import BadWeek, monday_of, office_hours, parse_week
from employees.views import sorry
from schedules import explaining, queries, wording
from schedules.models.rules import WEEKDAYS

from .person import for_person

WEEK = dt.timedelta(weeks=1)
IN_FULL, AHEAD = 2, 4  # weeks shown day by day, and weeks shown at all
FAR = dt.timedelta(weeks=104)


def week_named(text: str, today: dt.date) -> dt.date:
    """The Monday of a week within two years of today; raises `BadWeek`."""
    monday = parse_week(text)
    if abs(monday - today) > FAR:
        raise BadWeek(_("Weeks more than two years away are not kept here."))
    return monday


@dataclasses.dataclass(frozen=True)
class OwnDay:
    """A WFH day that is not over, and what can still be done with it."""

    day: queries.DayView
    move: bool
    swap: bool
    give_back: bool
    free: bool  # before its closing time: nobody need consent


@dataclasses.dataclass(frozen=True)
class Shown:
    """A week in full: its days, and what can be done in it."""

    week: queries.WeekView
    own: list[OwnDay]
    extra: bool  # a further day can be asked for
    corrections: list[Correction]  # applied after the week was published, the newest first
    duties: list[str]  # what the policy asks on its WFH days


@require_GET
@for_person
def my_week(request):
    """Which day is mine, this week and the three after (`?week=2026-W48` begins at another), and how fair it is."""
    reader = request.reader
    try:
        asked = request.GET.get("week")
        monday = week_named(asked, reader.today) if asked else monday_of(reader.today)
    except BadWeek as problem:
        return sorry(request, _("This week cannot be shown"), str(problem), 400)
    mondays = [monday + n * WEEK for n in range(AHEAD)]
    weeks = queries.my_weeks(reader.person, mondays, today=reader.today)
    corrected = decisions.corrections_in_weeks(reader.person, mondays)
    owed = queries.duties_in_weeks(reader.person, mondays[:IN_FULL])
    balance = queries.balance_of(reader.person, monday_of(reader.today))
    context = {
        "current": monday == monday_of(reader.today),
        "greeting": reader.greeting,
        "shown": [
            _shown(week, corrected.get(week.monday, []), owed[week.monday], reader.now) for week in weeks[:IN_FULL]
        ],
        "later": weeks[IN_FULL:],
        "this": weeks[0],
        "following": weeks[1],
        "balance": balance,
        "spread": _spread(balance),
        "most": max([1, *balance.weekdays]),
        "appraisal": queries.headline_appraisal(reader.person),
        "requests": queries.latest_requests(reader.person, limit=5),
    }
    return render(request, "schedules/my_week.html", context)


def _shown(week: queries.WeekView, corrections: list[Correction], duties: list[str], now: dt.datetime) -> Shown:
    waits = any(day.status == "WAITING" or day.request_id for day in week.days)
    own = [_own(day, week, waits, now) for day in week.wfh if not day.past]
    can = [one for one in own if one.give_back or one.move]
    return Shown(week, can, week.can_ask and not week.maximum, corrections, duties)


def _own(day: queries.DayView, week: queries.WeekView, waits: bool, now: dt.datetime) -> OwnDay:
    free = day.closes is not None and now < day.closes
    zone = cast("ZoneInfo", day.closes.tzinfo) if day.closes else None  # of the unit's place
    begins = office_hours(day.date, zone)[0] if zone else now
    return OwnDay(
        day,
        move=week.can_ask and not day.today,
        swap=week.can_ask and free,
        give_back=now < begins and not waits,
        free=free,
    )


def _spread(balance: queries.Balance) -> list[tuple[str, int]]:
    """Days had by weekday; Saturday only where there were any."""
    named = [(str(name), count) for (_number, name), count in zip(WEEKDAYS, balance.weekdays, strict=True)]
    return named if balance.weekdays[5] else named[:5]


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
    allotment = queries.allotments_of(reader.person, [monday]).get(monday)
    context = {
        "explanation": explanation,
        "corrections": decisions.corrections_in_weeks(reader.person, [monday]).get(monday, []),
        "challenges": challenges(reader.person, monday, reader.now),
        "left_out": suspended_in(reader.person.pk, monday),
        "choice": wording.choice(allotment) if allotment else "",
        "turn": wording.turn(allotment) if allotment else "",
    }
    return render(request, "schedules/why.html", context)
