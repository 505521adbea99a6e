"""A person's weeks and days: which are theirs, which could be, and why."""

import dataclasses
import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from eligibility import queries as decisions
from eligibility import rules as policy_rules
from eligibility.models import Policy
from eligibility.rules import DayFacts, DayRule, RegisteredHome, UnitCap, WeeklyMaximum, failing
from employees.calendar import days_of_week, week_name
from employees.models import Employee, Placement, Unit
from employees.queries import placement_on
from performance.models import Appraisal
from schedules import wording
from schedules.models import Allotment, Plan, Request

from .cover import Cover
from .person import LENGTH, Person, people
from .places import Moves

HORIZON_WEEKS = 4  # how far ahead another day may be asked for


@dataclasses.dataclass(frozen=True)
class DayView:
    date: dt.date
    status: str  # WFH, OFFICE, HOLIDAY, OFF, LEAVE, WAITING
    slot: str = "FULL"
    note: str = ""
    day_id: int | None = None
    request_id: int | None = None
    today: bool = False
    past: bool = False
    closes: dt.datetime | None = None  # until when it is moved or given back freely


@dataclasses.dataclass(frozen=True)
class WeekView:
    monday: dt.date
    name: str
    days: list[DayView]
    eligible: bool | None  # None: no decision published for the week
    sentence: str
    can_ask: bool  # something of the week may still be asked for
    planned: bool  # a plan is published for it
    choice: str = ""  # why this day, or why none: the plan's own sentence
    maximum: bool = False  # as many days as the policy allows are had
    at_home: bool = False  # whoever asks for a day states that it is spent at the registered home

    @property
    def wfh(self) -> list[DayView]:
        return [day for day in self.days if day.status == "WFH"]


@dataclasses.dataclass(frozen=True)
class Offer:
    """A day that could be asked for, or why not. `used` and `cap`: places at home taken, and how many there are;
    `closes`: until when it can be asked for."""

    date: dt.date
    fits: bool
    reason: str
    used: int
    cap: int | None
    closes: dt.datetime


@dataclasses.dataclass(frozen=True)
class AppraisalLine:
    rating_label: str
    score: object
    year: int
    approved_by: str
    approved_at: dt.datetime


def day_rules(policy: Policy) -> list[DayRule]:
    """Everything a day is asked under a policy, what holds in every unit included."""
    return policy_rules.day_rules(policy.rules)


def cap_rule(rules: list[DayRule]) -> UnitCap:
    return next(rule for rule in rules if isinstance(rule, UnitCap))


def person_at(placement: Placement, first: dt.date, last: dt.date) -> Person:
    """The person of a placement with their leave and days over some weeks. Two queries."""
    person = people([placement.employee_id], first, last)[placement.employee_id]
    person.post, person.job_group = placement.job_title, placement.job_group
    return person


def day_facts(
    placement: Placement,
    dates: list[dt.date],
    *,
    on_request: bool = False,
    without: int | None = None,
    slot: str = "FULL",
) -> dict[dt.date, DayFacts]:
    """Facts for one person on some dates. `without`: a WFH day of theirs that would be given up."""
    cover = Cover(placement.unit.agency, dates, [placement.unit_id])
    person = person_at(placement, min(dates), max(dates)).without(without)
    return {date: cover.facts(placement.unit_id, date, person, slot=slot, on_request=on_request) for date in dates}


def allowing(placement: Placement, week: dt.date) -> list[Policy]:
    """The policies under which the person is eligible in a week, by the runs published for it."""
    return allowing_many(placement.agency_id, week, [placement.employee_id]).get(placement.employee_id, [])


def allowing_many(agency_id: int, week: dt.date, employee_ids: list[int]) -> dict[int, list[Policy]]:
    """As `allowing`, for many people of an agency: one query for the runs and one a run."""
    found: dict[int, list[Policy]] = {}
    for run in decisions.published_runs(agency_id, week):
        for pk in decisions.eligible_at(run, employee_ids):
            found.setdefault(pk, []).append(run.computed_under)
    return found


def my_weeks(employee: Employee, mondays: list[dt.date], *, today: dt.date) -> list[WeekView]:
    """The weeks as the person sees them: which day is theirs, or why there is none. Whoever moves within a week has
    each date as it is in its own unit."""
    first, last = min(mondays), max(mondays) + dt.timedelta(days=6)
    moves = Moves(employee.pk, [date for monday in mondays for date in days_of_week(monday, 6)])
    if not moves.places:
        return [_unplaced(monday, today) for monday in mondays]
    person = people([employee.pk], first, last)[employee.pk]
    waiting = Request.objects.waiting().filter(employee=employee, date__range=(first, last))
    asked = {row.date: row for row in waiting.exclude(kind=Request.Kind.RECUR)}  # a series blocks no single day
    allotments = allotments_of(employee, mondays)
    published = Plan.objects.filter(agency=employee.agency_id, week__in=mondays, state=Plan.State.PUBLISHED)
    plans = set(published.values_list("week", flat=True))
    views = []
    for monday in mondays:
        places = moves.in_week(monday)
        if not places:
            views.append(_unplaced(monday, today))
            continue
        span = max(5, *(cover.settings[place.unit_id].working_days for place, cover in places))
        days = [_day_view(moves, person, asked.get(date), date, today) for date in days_of_week(monday, span)]
        views.append(_week_view(places[0][0], monday, days, allotments.get(monday), monday in plans, today))
    return views


def _unplaced(monday: dt.date, today: dt.date) -> WeekView:
    return WeekView(
        monday, week_name(monday), _bare(monday, today), None, _week_sentence(None, []), can_ask=False, planned=False
    )


def _bare(monday: dt.date, today: dt.date) -> list[DayView]:
    return [DayView(d, "OFFICE", today=d == today, past=d < today) for d in days_of_week(monday)]


def _day_view(moves: Moves, person: Person, asked: Request | None, date, today) -> DayView:
    where = moves.on(date)
    if where is None:
        return DayView(date, "OFF", note=_("No unit on that day"), today=date == today, past=date < today)
    unit_id, cover = where[0].unit_id, where[1]
    mine = [(pk, slot, origin) for pk, d, slot, origin in person.days if d == date]
    status, note, slot, day_id, closes = "OFFICE", _("At the office"), "FULL", None, None
    if date in cover.off:
        status, note = "HOLIDAY", cover.off[date]
    elif not cover.working(unit_id, date):
        status, note = "OFF", _("Not a working day")
    elif date in person.leave:
        status, note = "LEAVE", person.leave[date]
    if mine and status != "LEAVE":
        day_id, slot, origin = mine[0]
        status, slot = "WFH", "FULL" if len(mine) > 1 else slot
        note = _("From the weekly plan") if origin == "PLAN" else _("Approved request")
        closes = cover.cutoff(unit_id, date)
    elif asked:
        status, slot, note = "WAITING", asked.slot, _("Waiting for the supervisor")
    asked_id = asked.pk if asked else None
    return DayView(date, status, slot, note, day_id, asked_id, date == today, date < today, closes)


def _week_view(placement: Placement, monday, days, allotment: Allotment | None, is_planned: bool, today) -> WeekView:
    runs = decisions.published_runs(placement.agency_id, monday)
    found = [(run, decisions.decision_at(run, placement.employee_id)) for run in runs]
    known = [(run, decision) for run, decision in found if decision]
    eligible = any(decision.eligible for _run, decision in known) if known else None
    wfh = [day for day in days if day.status == "WFH"]
    waiting = any(day.status == "WAITING" or day.request_id for day in days)
    ahead = any(day.status in ("OFFICE", "WFH") and day.date > today for day in days)
    policies = [run.computed_under for run, decision in known if decision.eligible]
    had = sum((LENGTH[day.slot] for day in wfh), LENGTH["FULL"] * 0)
    return WeekView(
        monday,
        week_name(monday),
        days,
        eligible,
        _week_sentence(eligible, wfh, is_planned),
        can_ask=bool(eligible and is_planned and ahead and not waiting),
        planned=is_planned,
        choice=wording.choice(allotment) if allotment and eligible else "",
        maximum=had >= max(map(weekly_maximum, policies), default=0),
        at_home=bool(policies) and all(map(at_registered_home, policies)),
    )


def at_registered_home(policy: Policy) -> bool:
    """Whether a policy allows days at the registered home only."""
    return any(isinstance(rule, RegisteredHome) for rule in day_rules(policy))


def weekly_maximum(policy: Policy) -> int:
    """How many days a week a policy allows at most."""
    return next((rule.days for rule in day_rules(policy) if isinstance(rule, WeeklyMaximum)), 7)


def _week_sentence(eligible, wfh, is_planned: bool = True) -> str:
    if wfh:
        return ", ".join(date_format(day.date, "l, j F") for day in wfh)
    if eligible is None:
        return _("The week has not been published yet.")
    if not eligible:
        return _("The conditions for a WFH day are not met this week.")
    if not is_planned:
        return _("The conditions are met; the plan of this week has not been published yet.")
    return _("The conditions are met, but there is no WFH day this week.")


def headline_appraisal(employee: Employee) -> AppraisalLine | None:
    """The newest approved annual appraisal in force: the rating, with its number where the regime has one."""
    found = Appraisal.objects.in_force().filter(employee=employee, kind=Appraisal.Kind.ANNUAL)
    one = found.select_related("decided_by__employee").order_by("-year").first()
    if one is None or one.rating is None:
        return None
    return AppraisalLine(one.get_rating_display(), one.score, one.year, str(one.decided_by), one.decided_at)


def offers(
    employee: Employee, monday: dt.date, *, at: dt.datetime, gives_up: int | None = None, slot: str = "FULL"
) -> list[Offer]:
    """The days of a week that can be asked for now, those that fit first (most room first), the rest with the reason.

    `gives_up`: the WFH day that would be moved; without it the week's own days stay. None where the person is in no
    unit in that week.
    """
    dates = days_of_week(monday, 6)
    moves = Moves(employee.pk, dates)
    person = people([employee.pk], monday, monday)[employee.pk]
    moved = next((date for pk, date, _s, _o in person.days if pk == gives_up), None)
    left = person.without(gives_up)
    policies = {place.agency_id: allowing(place, monday) for place, _cover in moves.in_week(monday)}
    made = []
    for date in dates:
        where = moves.on(date)
        if where is None or date == moved:
            continue
        place, cover = where  # of that date: whoever moves within the week is offered the new unit's days from then on
        if date <= cover.today(place.unit_id, at):
            continue
        left.post, left.job_group = place.job_title, place.job_group
        facts = cover.facts(place.unit_id, date, left, slot=slot, on_request=True)
        if facts.working_day or facts.holiday:
            made.append(_offer(policies[place.agency_id], facts, cover.cutoff(place.unit_id, date), at))
    return sorted(made, key=lambda o: (not o.fits, o.used - (o.cap if o.cap is not None else 10**6), o.date))


def _offer(policies: list[Policy], day: DayFacts, closes: dt.datetime, at: dt.datetime) -> Offer:
    code, rule, cap = judge(policies, day)
    reason = rule.sentence(code, dataclasses.asdict(day)) if rule else ""
    if at >= closes and not reason:
        reason = _("Requests for that day have closed.")
    if not policies:
        reason = _("The conditions for a WFH day are not met in that week.")
    return Offer(day.date, not reason, reason, day.at_home, cap, closes)


def policies_of_week(agency_id: int, week: dt.date) -> list[Policy]:
    """The policies under which a week was decided, one a track."""
    return [run.computed_under for run in decisions.published_runs(agency_id, week)]


def placed_within(request: Request, unit: Unit | None) -> bool:
    """Whether the person asking is placed in a unit, or below it, on the day they ask for."""
    if unit is None:
        return True
    place = placement_on(request.employee_id, request.date)
    return place is not None and f"{place.unit.path}.".startswith(f"{unit.path}.")


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
    return list(
        rows.select_related("supervisor", "holder", "decided_by__employee", "decided_for", "gives_up", "agency")[:limit]
    )


def planned(agency_id: int, week: dt.date) -> Plan | None:
    """The plan that counts for a week; without one no day of it can be asked for."""
    return Plan.objects.filter(agency=agency_id, week=week, state=Plan.State.PUBLISHED).first()


def allotments_of(employee: Employee, mondays: list[dt.date]) -> dict[dt.date, Allotment]:
    """What the published plans gave a person in some weeks; of two revisions of a week, the later one."""
    rows = Allotment.objects.filter(employee=employee, week__in=mondays).exclude(plan__state=Plan.State.DRAFT)
    return {row.week: row for row in rows.select_related("plan").order_by("plan__revision")}
