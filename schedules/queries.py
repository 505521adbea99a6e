"""What pages, API, planner and actions ask about days. Each list is a constant number of queries."""

import dataclasses
import datetime as dt

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from eligibility import queries as decisions
from eligibility.models import Policy, Run
from eligibility.rules import DayFacts, DayRule, UnitCap, failing, read
from employees.calendar import days_of_week, is_working_day, monday_of, week_name
from employees.models import Employee, Placement, Unit
from employees.queries import holidays, people_in_units, placement_on, settings_of, unit_settings
from performance.models import Appraisal

from .models import Request, WfhDay
from .permissions import DECIDES_ORPHANS

HORIZON_WEEKS = 4  # how far ahead another day may be asked for


@dataclasses.dataclass(frozen=True)
class DayView:
    date: dt.date
    status: str  # WFH, OFFICE, HOLIDAY, OFF, WAITING
    slot: str = "FULL"
    note: str = ""
    day_id: int | None = None
    request_id: int | None = None
    today: bool = False
    past: bool = False


@dataclasses.dataclass(frozen=True)
class WeekView:
    monday: dt.date
    name: str
    days: list[DayView]
    eligible: bool | None  # None: no decision published for the week
    sentence: str
    can_ask: bool

    @property
    def wfh(self) -> list[DayView]:
        return [day for day in self.days if day.status == "WFH"]


@dataclasses.dataclass(frozen=True)
class Offer:
    date: dt.date
    fits: bool
    reason: str
    used: int
    cap: int | None


@dataclasses.dataclass(frozen=True)
class InboxLine:
    request: Request
    used: int
    cap: int | None
    fits: bool
    reason: str


@dataclasses.dataclass(frozen=True)
class AppraisalLine:
    rating_label: str
    score: object
    year: int
    approved_by: str
    approved_at: dt.datetime


def day_rules(policy: Policy) -> list[DayRule]:
    return [rule for rule in read(policy.rules) if isinstance(rule, DayRule)]


def cap_rule(rules: list[DayRule]) -> UnitCap:
    """The policy's cap; a policy without one still honours the unit's own share."""
    return next((rule for rule in rules if isinstance(rule, UnitCap)), UnitCap())


def day_facts(
    placement: Placement, dates: list[dt.date], *, on_request: bool = False, without: int | None = None
) -> dict[dt.date, DayFacts]:
    """Facts for one person on some dates (five queries). `without`: a WFH day of theirs that would be given up."""
    unit = settings_of(placement.unit)
    first, last = monday_of(min(dates)), monday_of(max(dates)) + dt.timedelta(days=6)
    off = holidays(placement.agency_id, first, last)
    own = WfhDay.objects.active().filter(employee=placement.employee_id, date__range=(first, last)).exclude(pk=without)
    mine = list(own.values_list("date", "origin"))
    moved = {date for date, origin in mine if origin == WfhDay.Origin.REQUEST}
    home = at_home([placement.unit_id], dates, but=placement.employee_id)
    sizes = people_in_units([placement.unit_id], dates)
    return {
        date: DayFacts(
            date=date,
            working_day=is_working_day(date, off, unit.working_days),
            holiday=off.get(date, ""),
            on_request=on_request or date in moved,
            used_this_week=sum(1 for day, _o in mine if day != date and monday_of(day) == monday_of(date)),
            at_home=home.get((placement.unit_id, date), 0),
            unit_size=sizes.get((placement.unit_id, date), 0),
            unit_percent=unit.percent,
        )
        for date in dates
    }


def at_home(unit_ids: list[int], dates: list[dt.date], but: int = 0) -> dict[tuple[int, dt.date], int]:
    """How many people of each unit work from home on each date, one person left out."""
    rows = WfhDay.objects.active().filter(unit_id__in=unit_ids, date__in=dates).exclude(employee=but)
    return {(u, d): n for u, d, n in rows.values_list("unit_id", "date").annotate(n=Count("employee", distinct=True))}


def allowing(placement: Placement, week: dt.date) -> list[Policy]:
    """The policies under which the person is eligible in a week, by the runs published for it."""
    runs = decisions.published_runs(placement.agency_id, week)
    found = ((run, decisions.decision_at(run, placement.employee_id)) for run in runs)
    return [run.computed_under for run, decision in found if decision and decision.eligible]


def my_weeks(employee: Employee, mondays: list[dt.date], *, today: dt.date) -> list[WeekView]:
    """The weeks as the person sees them: which day is theirs, or why there is none."""
    first, last = min(mondays), max(mondays) + dt.timedelta(days=6)
    placement = placement_on(employee.pk, max(today, first)) or placement_on(employee.pk, first)
    working_days = settings_of(placement.unit).working_days if placement else 5
    off = holidays(employee.agency_id, first, last)
    taken = {d.date: d for d in WfhDay.objects.active().filter(employee=employee, date__range=(first, last))}
    asked = {r.date: r for r in Request.objects.waiting().filter(employee=employee, date__range=(first, last))}
    views = []
    for monday in mondays:
        days = [
            _day_view(
                date, taken.get(date), asked.get(date), off.get(date, ""), today, date.isoweekday() <= working_days
            )
            for date in days_of_week(monday, max(working_days, 5))
        ]
        views.append(_week_view(employee, monday, days, asked, today))
    return views


def _day_view(date, taken, asked, holiday, today, works) -> DayView:
    status, note, slot = "OFFICE", _("At the office"), "FULL"
    if holiday:
        status, note = "HOLIDAY", holiday
    elif not works:
        status, note = "OFF", _("Not a working day")
    if taken:
        status, slot = "WFH", taken.slot
        note = _("From the weekly plan") if taken.origin == "PLAN" else _("Approved request")
    elif asked:
        status, slot, note = "WAITING", asked.slot, _("Waiting for the supervisor")
    return DayView(date, status, slot, note, taken and taken.pk, asked and asked.pk, date == today, date < today)


def _week_view(employee, monday, days, asked, today) -> WeekView:
    runs = decisions.published_runs(employee.agency_id, monday)
    found = [decisions.decision_at(run, employee.pk) for run in runs]
    known = [decision for decision in found if decision]
    eligible = any(decision.eligible for decision in known) if known else None
    wfh = [day for day in days if day.status == "WFH"]
    waiting = any(day.status == "WAITING" for day in days)
    ahead = any(day.status == "OFFICE" and day.date > today for day in days)
    movable = not wfh or any(day.date > today for day in wfh)
    can_ask = bool(eligible and ahead and movable and not waiting)
    return WeekView(monday, week_name(monday), days, eligible, _week_sentence(eligible, wfh, days), can_ask)


def _week_sentence(eligible, wfh, days) -> str:
    if wfh:
        return ", ".join(date_format(day.date, "l, j F") for day in wfh)
    if eligible is None:
        return _("The week has not been published yet.")
    if not eligible:
        return _("The conditions for a WFH day are not met this week.")
    if any(day.status == "HOLIDAY" for day in days):
        return _("The conditions are met; the day falls on a day off or the unit's places are taken.")
    return _("The conditions are met, but the unit's places at home are taken this week.")


def headline_appraisal(employee: Employee) -> AppraisalLine | None:
    """The newest approved annual appraisal in force: the rating, with its number where the regime has one."""
    found = Appraisal.objects.in_force().filter(employee=employee, kind=Appraisal.Kind.ANNUAL)
    one = found.select_related("decided_by__employee").order_by("-year").first()
    if one is None or one.rating is None:
        return None
    return AppraisalLine(one.get_rating_display(), one.score, one.year, str(one.decided_by), one.decided_at)


def offers(employee: Employee, monday: dt.date, *, today: dt.date) -> list[Offer]:
    """The other days of a week, those that fit first (most room first), the rest with the reason."""
    dates = [date for date in days_of_week(monday, 6) if date > today]
    placement = placement_on(employee.pk, dates[0]) if dates else None
    if placement is None:
        return []
    own = list(WfhDay.objects.active().filter(employee=employee, date__range=(monday, monday + dt.timedelta(days=6))))
    current = own[0] if own else None
    if current and current.date <= today:
        return []
    policies = allowing(placement, monday)
    facts = day_facts(placement, dates, on_request=True, without=current.pk if current else None)
    working = [facts[date] for date in dates if not (current and current.date == date)]
    made = [_offer(policies, day) for day in working if day.working_day or day.holiday]
    return sorted(made, key=lambda o: (not o.fits, o.used - (o.cap if o.cap is not None else 10**6), o.date))


def _offer(policies: list[Policy], day: DayFacts) -> Offer:
    code, rule, cap = judge(policies, day)
    reason = rule.sentence(code, dataclasses.asdict(day)) if rule else ""
    if not policies:
        reason = _("The conditions for a WFH day are not met in that week.")
    return Offer(day.date, not reason, reason, day.at_home, cap)


def judge(policies: list[Policy], day: DayFacts) -> tuple[str | None, DayRule | None, int | None]:
    """The first failing rule of a day (code, rule) and its cap; a day is allowed if one policy in force allows it."""
    answer: tuple[str | None, DayRule | None, int | None] = (None, None, None)
    for policy in policies:
        rules = day_rules(policy)
        cap = cap_rule(rules).cap(day.unit_size, day.unit_percent)
        codes = failing(rules, day)
        if not codes:
            return None, None, cap
        answer = (codes[0], next(rule for rule in rules if codes[0] in rule.codes), cap)
    return answer


def latest_requests(employee: Employee, limit: int = 5) -> list[Request]:
    rows = Request.objects.filter(employee=employee)
    return list(rows.select_related("supervisor", "decided_by__employee", "gives_up", "agency")[:limit])


def waiting_for(user):
    """Requests this user may decide: laid before them, or of people without a supervisor in their HR agencies."""
    orphans = Q(supervisor__isnull=True, agency_id__in=user.reach.whole_agencies(DECIDES_ORPHANS))
    mine = Q(supervisor=user.reach.me)
    return Request.objects.waiting().filter(mine | orphans).exclude(employee=user.reach.me)


def inbox(user, *, today: dt.date) -> list[InboxLine]:
    """What waits for this user, what expires first on top, each with the cover of its day. Constant queries."""
    rows = list(
        waiting_for(user).select_related("employee", "agency", "gives_up", "supervisor").order_by("date", "sent_at")
    )
    if not rows:
        return []
    dates = sorted({row.date for row in rows})
    places = _placements([row.employee_id for row in rows], today)
    units = {place.unit_id: place.unit for place in places.values()}
    home = at_home(list(units), dates)
    sizes = people_in_units(list(units), dates)
    percents = _percents(units)
    caps = _caps({(row.agency_id, row.week) for row in rows})
    lines = []
    for row in rows:
        place = places.get(row.employee_id)
        key = (place.unit_id, row.date) if place else (0, row.date)
        rule = caps.get((row.agency_id, row.week), UnitCap())
        cap = rule.cap(sizes.get(key, 0), percents.get(key[0]))
        used = home.get(key, 0)
        fits = row.date > today and (cap is None or used + 1 <= cap)
        reason = "" if fits else _("The day has passed.") if row.date <= today else _("The unit's places are taken.")
        lines.append(InboxLine(row, used, cap, fits, reason))
    return lines


def _placements(employee_ids, on) -> dict[int, Placement]:
    rows = Placement.objects.on(on).filter(employee_id__in=employee_ids).select_related("unit__agency")
    return {place.employee_id: place for place in rows}


def _percents(units: dict) -> dict[int, int | None]:
    if not units:
        return {}
    line = {int(pk) for unit in units.values() for pk in unit.path.split(".")}
    agency = next(iter(units.values())).agency
    known = unit_settings(agency, Unit.objects.filter(pk__in=line))
    return {pk: known[pk].percent for pk in units}


def _caps(keys: set) -> dict:
    wanted = Q()
    for agency_id, week in keys:
        wanted |= Q(agency_id=agency_id, week=week)
    runs = Run.objects.published().filter(wanted).select_related("policy")
    return {(run.agency_id, run.week): cap_rule(day_rules(run.computed_under)) for run in runs}


def decided_lately(user, limit: int = 20) -> list[Request]:
    rows = Request.objects.exclude(state=Request.State.SENT).filter(supervisor=user.reach.me)
    return list(
        rows.select_related("employee", "decided_by__employee", "agency", "gives_up").order_by("-decided_at")[:limit]
    )
