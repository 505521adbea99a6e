"""What waits for whoever decides, what expires first on top, each with the cover of its day. Constant queries."""

import dataclasses
import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext as _

from eligibility.models import Policy
from employees.calendar import days_of_week
from employees.models import Employee, Placement
from schedules import wording
from schedules.models import Request, WfhDay
from schedules.permissions import HR, Denied, acting_for, serves, stands_in_for

from .cover import Cover
from .days import allowing_many, judge
from .person import Person, people
from .places import placed_on, places_of

Kind = Request.Kind


@dataclasses.dataclass(frozen=True)
class InboxLine:
    """One waiting request as its decider sees it."""

    request: Request
    used: int  # places at home taken on that day, the person left out
    cap: int | None
    present: int  # others at the office
    minimum: int
    fits: bool
    reason: str
    best: dt.date | None = None  # the best other day of the week, where this one does not fit
    for_whom: Employee | None = None  # decided in this supervisor's name


def waiting_for(user, lenders: dict[int, Employee] | None = None):
    """Requests this user may decide: laid before them or before whom they stand in for; of nobody, for HR. `lenders`:
    `stands_in_for`, where it is known already."""
    me = user.reach.me
    if lenders is None:
        lenders = stands_in_for(me) if me else {}
    orphans = Q(holder__isnull=True, agency_id__in=user.reach.whole_agencies(HR)) & ~Q(kind=Kind.SWAP)
    bosses = [*([me] if serves(user) else []), *lenders]
    direct = Q(stage=1, supervisor__in=bosses) | Q(holder__in=bosses)
    mine = direct & ~Q(kind=Kind.SWAP) | Q(kind=Kind.SWAP, colleague=me)
    rows = Request.objects.waiting().filter(mine | orphans)
    return rows.exclude(employee__in=[me, *lenders]).exclude(endorsed_by=user.pk)


@dataclasses.dataclass
class Situation:
    """Everything that deciding on some requests needs to know, in a constant number of queries for each agency.

    Pages show it, bulk and single decisions check by it: one place. `decided` keeps count as days are given.
    """

    places: dict[int, list[Placement]]  # of each person, in the weeks asked for
    persons: dict[int, Person]
    covers: dict[int, Cover]
    policies: dict[tuple[int, dt.date], dict[int, list[Policy]]]

    def placement(self, request: Request) -> Placement | None:
        return placed_on(self.places.get(request.employee_id, ()), request.date)

    def place(self, request: Request) -> Placement:
        """As `placement`, of whoever is known to have one."""
        found = self.placement(request)
        assert found is not None
        return found

    def facts(self, request: Request):
        """Day facts of what is asked for, the given-up day left out."""
        place = self.place(request)
        person = self.persons[request.employee_id].without(request.gives_up_id)
        person.post, person.job_group = place.job_title, place.job_group
        cover = self.covers[request.agency_id]
        return cover.facts(place.unit_id, request.date, person, slot=request.slot, on_request=True)

    def allowing(self, request: Request) -> list[Policy]:
        return self.policies[request.agency_id, request.week].get(request.employee_id, [])

    def judge(self, request: Request):
        return judge(self.allowing(request), self.facts(request))

    def today(self, request: Request, at: dt.datetime) -> dt.date:
        place = self.place(request)
        return self.covers[request.agency_id].today(place.unit_id, at)

    def begun(self, request: Request, date: dt.date, at: dt.datetime) -> bool:
        """Whether a date has begun where the person works."""
        place = self.place(request)
        return at >= self.covers[request.agency_id].opens(place.unit_id, date)

    def others(self, request: Request, at: dt.datetime) -> list[tuple[int, dt.date]]:
        """The other days of the week that fit and can still be asked for, each with its room: places taken less the
        cap, so that the least comes first."""
        cover = self.covers[request.agency_id]
        person, policies = self.persons[request.employee_id].without(request.gives_up_id), self.allowing(request)
        given_up = request.gives_up.date if request.gives_up else None
        found = []
        for date in days_of_week(request.week, 6):
            place = placed_on(self.places[request.employee_id], date)  # whoever moves has two units in that week
            if place is None or place.agency_id != request.agency_id or date in (request.date, given_up):
                continue
            if at >= cover.cutoff(place.unit_id, date):
                continue
            person.post, person.job_group = place.job_title, place.job_group
            facts = cover.facts(place.unit_id, date, person, slot=request.slot, on_request=True)
            code, _rule, cap = judge(policies, facts)
            if policies and not code:
                found.append((facts.at_home - (cap if cap is not None else 10**6), date))
        return found

    def moved(self, request: Request) -> None:
        """Count a day as given, and the one given up as free again."""
        place = self.place(request)
        cover, person = self.covers[request.agency_id], self.persons[request.employee_id]
        old = request.gives_up
        if old and any(pk == old.pk for pk, _d, _s, _o in person.days) and old.date not in person.leave:
            cover.move(old.unit_id, old.date, old.slot, -1, place.job_title)
        person.days = [day for day in person.days if day[0] != request.gives_up_id]
        if request.kind != Kind.RETURN:
            cover.move(place.unit_id, request.date, request.slot, 1, place.job_title)
            person.days.append((0, request.date, request.slot, WfhDay.Origin.REQUEST))


def situation(requests: list[Request]) -> Situation:
    """Load what these requests hang on: placements on their days, cover of their units, days, leave, decisions."""
    if not requests:
        return Situation({}, {}, {}, {})
    dates = [request.date for request in requests]
    places = places_of({r.employee_id for r in requests}, min(r.week for r in requests), max(dates))
    persons = people({r.employee_id for r in requests}, min(dates), max(dates))
    covers, policies = {}, {}
    for agency_id in {r.agency_id for r in requests}:
        units = {p.unit_id: p.unit for rows in places.values() for p in rows if p.agency_id == agency_id}
        weeks = {r.week for r in requests if r.agency_id == agency_id}
        days = [date for week in weeks for date in days_of_week(week, 6)]
        if units:
            covers[agency_id] = Cover(next(iter(units.values())).agency, days, list(units))
        for week in weeks:
            ids = [r.employee_id for r in requests if (r.agency_id, r.week) == (agency_id, week)]
            policies[agency_id, week] = allowing_many(agency_id, week, ids)
    return Situation(places, persons, covers, policies)


def inbox(user, *, at: dt.datetime, limit: int) -> list[InboxLine]:
    """What waits for this user, what expires first on top; at most `limit` lines. How many there are in all asks
    `waiting_for`."""
    rows = list(
        waiting_for(user)
        .select_related(
            "employee", "agency", "gives_up", "supervisor", "holder", "colleague", "takes", "endorsed_by__employee"
        )
        .order_by("due_at", "sent_at", "pk")[:limit]
    )
    now = situation(rows)
    lenders = stands_in_for(user.reach.me)
    return [_line(user, row, now, lenders, at) for row in rows]


def _line(user, row: Request, now: Situation, lenders, at: dt.datetime) -> InboxLine:
    try:
        for_whom = acting_for(user, row, lenders)
    except Denied:
        for_whom = None
    if now.placement(row) is None:
        return InboxLine(row, 0, None, 0, 0, False, _("The person has no placement in a unit on that day any more."))
    facts = now.facts(row)
    reason, cap = _against(row, now, facts, at)
    best = None
    if reason and row.kind in (Kind.MOVE, Kind.EXTRA):
        best = _best_other(row, now, at)
    return InboxLine(row, facts.at_home, cap, facts.present, facts.minimum, not reason, reason, best, for_whom)


def _against(row: Request, now: Situation, facts, at) -> tuple[str, int | None]:
    policies = now.allowing(row)
    code, rule, cap = judge(policies, facts)
    if row.kind == Kind.RETURN or row.kind == Kind.RECUR or row.kind == Kind.SWAP:
        return "", cap
    if row.date <= now.today(row, at):
        return _("The day has passed."), cap
    if rule:
        return wording.against(code, rule, dataclasses.asdict(facts)), cap
    return ("" if policies else _("The conditions for a WFH day are not met in that week.")), cap


def _best_other(row: Request, now: Situation, at) -> dt.date | None:
    """The fitting day of the week with the most room: what the supervisor may offer instead."""
    found = now.others(row, at)
    return min(found)[1] if found else None


def decided_lately(user, limit: int = 20) -> list[Request]:
    """What this user, or somebody in their name, decided lately."""
    mine = Q(decided_by=user.pk) | Q(decided_for=user.reach.me) | Q(supervisor=user.reach.me)
    rows = Request.objects.exclude(state__in=[Request.State.SENT, Request.State.DRAFT]).filter(mine)
    chosen = rows.exclude(employee=user.reach.me).select_related(
        "employee", "decided_by__employee", "decided_for", "agency", "gives_up"
    )
    return list(chosen.order_by("-decided_at")[:limit])
