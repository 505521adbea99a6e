"""`/team/`: who is where this week and next, how the units stand, and recalling a day."""

import dataclasses
import datetime as dt

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from employees.calendar import BadWeek, monday_of, week_name
from employees.models import Agency, Unit
from employees.searches import typed
from employees.views import sorry
from schedules import permissions
from schedules.actions.requests import recall_day
from schedules.decision_forms import RECALLS, RecallForm
from schedules.queries import team as queries

from .person import REFUSALS, for_person
from .week import FAR, WEEK, week_named


@dataclasses.dataclass(frozen=True)
class Scope:
    """Whose days are shown: of a unit that the reader's grants cover, or of those they are the supervisor of."""

    agency: Agency
    unit: Unit | None
    of: queries.Bosses

    @property
    def query(self) -> str:
        return f"?unit={self.unit.pk}" if self.unit else ""


@require_GET
@for_person
def week(request):
    """This week and next (`?week=2026-W48` another and the one after); `?unit=` for HR."""
    reader = request.reader
    asked = request.GET.get("week")
    try:
        monday = week_named(asked, reader.today) if asked else monday_of(reader.today)
    except BadWeek as problem:
        return sorry(request, _("This week cannot be shown"), str(problem), 400)
    scope, start = _scope(request), _start(request)
    weeks, people = queries.team(
        scope.agency, [monday, monday + WEEK], of=scope.of, at=reader.now, unit=scope.unit, start=start
    )
    text = typed(request)
    context = {
        "scope": scope,
        "weeks": weeks,
        "people": people,
        "start": start,
        "last": min(start + queries.SHOWN, people),
        "following": start + queries.SHOWN if start + queries.SHOWN < people else None,
        "current": monday == monday_of(reader.today),
        "asked": week_name(monday),
        "before": week_name(monday - 2 * WEEK),
        "after": week_name(monday + 2 * WEEK),
        "text": text,
        "units": queries.units_found(request.user, text) if request.user.reach.grants else [],
    }
    return render(request, "schedules/team.html", context)


@require_GET
@for_person
def day(request, date: str):
    """One date of the team: who is where, and whom one may still call back."""
    reader = request.reader
    wanted = _date(date, reader.today)
    if wanted is None:
        text = _("Choose a day on the page of the team; dates are written like 2026-11-25.")
        return sorry(request, _("This day cannot be shown"), text, 404)
    scope = _scope(request)
    monday = monday_of(wanted)
    weeks, people = queries.team(
        scope.agency, [monday], of=scope.of, at=reader.now, unit=scope.unit, start=_start(request)
    )
    shown = next((one for week in weeks for one in week.days if one.date == wanted), None)
    context = {"scope": scope, "date": wanted, "asked": week_name(monday), "day": shown, "people": people}
    return render(request, "schedules/team_day.html", context)


@require_http_methods(["GET", "POST"])
@for_person
def recall(request, pk: int):
    """Call somebody to the office on their WFH day: says the notice first, needs a reason."""
    seen = queries.day_seen(request.user, pk, at=request.reader.now)
    if seen is None:
        raise Http404
    permissions.check_may_recall(request.user, seen.day.employee_id, seen.day.date)
    if not seen.there:
        messages.error(request, _("This day is not a WFH day any more."))
        return redirect("team")
    if request.method == "GET":
        return _confirm(request, seen, None)
    form = RecallForm(request.POST)
    if not form.is_valid():
        return _confirm(request, seen, form, status=422)
    try:
        done = recall_day(by=request.user, day_id=pk, reason=form.cleaned_data["reason"], at=request.reader.now)
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return _confirm(request, seen, form, status=409)
    text = _("Recalled: %(name)s comes to the office on %(day)s and reads your reason. The day is owed to them.")
    named = {"name": done.employee.full_name, "day": date_format(done.date, "l, j F")}
    messages.success(request, text % named)
    return redirect(f"{reverse('team')}?week={week_name(done.date)}")


def _confirm(request, seen: queries.Recallable, form, status: int = 200):
    context = {"seen": seen, "day": seen.day, "form": form, "usual": RECALLS}
    return render(request, "schedules/recall.html", context, status=status)


def _scope(request) -> Scope:
    """Raises `Http404` for a unit that the reader's grants do not cover."""
    asked, of = request.GET.get("unit"), queries.bosses(request.user)
    if not asked:
        return Scope(request.reader.agency, None, of)
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        raise Http404
    unit = Unit.objects.visible_to(request.user).select_related("agency").filter(pk=int(asked)).first()
    if unit is None:
        raise Http404
    return Scope(unit.agency, unit, of)


def _start(request) -> int:
    text = request.GET.get("start", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _date(text: str, today: dt.date) -> dt.date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and abs(found - today) <= FAR else None
