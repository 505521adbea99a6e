"""What the policy in force says beside its conditions: how soon a request is answered, and what is owed on the day."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

from eligibility import queries as decisions
from eligibility.models import Policy, Run
from eligibility.rules import AnswerBy, Term, duties, read, term
from employees.calendar import local_date, monday_of, office_hours
from employees.models import Employee
from employees.queries import UnitSettings, holidays
from schedules.models import Request, WfhDay

ANSWERED = (Request.Kind.MOVE, Request.Kind.EXTRA, Request.Kind.RECUR)  # by a supervisor, ahead of the day
FURTHEST = dt.timedelta(days=400)


@dataclasses.dataclass(frozen=True)
class AnswerTerm:
    """Until when a request is to be answered under a policy, and what follows where nobody has."""

    rule: AnswerBy
    track: str
    due: dt.datetime  # when the office closes on the last day of the term


def answer_term(request: Request, unit: UnitSettings, since: dt.datetime) -> AnswerTerm | None:
    """The term of a request that lies with somebody `since` an instant: of the track of the day given up, else of all
    tracks in force in that week the earliest. None where no policy names one: the house's own clock then holds."""
    if request.kind not in ANSWERED:
        return None
    found = []
    for row in decisions.in_force(request.agency_id, request.week):
        rule = term(read(row.policy.rules), AnswerBy)
        if rule and (request.gives_up is None or request.gives_up.track == row.track):
            found.append((rule, row.track))
    if not found:
        return None
    sent = local_date(since, unit.zone)
    off = holidays(request.agency_id, sent, sent + FURTHEST)
    terms = [
        AnswerTerm(rule, track, office_hours(rule.last_day(sent, off, unit.working_days), unit.zone)[1])
        for rule, track in found
    ]
    return min(terms, key=lambda one: (one.due, one.track))


def duties_of(policy: Policy) -> list[Term]:
    """What a policy asks on a WFH day: windows of presence, the report, the time to react. The same numbers serve what
    the person reads and whoever checks the day."""
    return duties(read(policy.rules))


def duties_on(days: Iterable[WfhDay]) -> dict[int, list[str]]:
    """What is owed on each of some WFH days, in the reader's words, under the policy by which its week was decided. One
    query for all of them."""
    days = list(days)
    if not days:
        return {}
    weeks = {monday_of(day.date) for day in days}
    runs = Run.objects.published().filter(agency__in={day.agency_id for day in days}, week__in=weeks)
    owed = {
        (run.agency_id, run.track, run.week): [rule.describe() for rule in duties_of(run.computed_under)]
        for run in runs.select_related("policy")
    }
    return {day.pk: owed.get((day.agency_id, day.track, monday_of(day.date)), []) for day in days}


def duties_in_weeks(employee: Employee, mondays: list[dt.date]) -> dict[dt.date, list[str]]:
    """What is owed on a person's WFH days of some weeks, each sentence once. Two queries, one where there is no day."""
    last = max(mondays) + dt.timedelta(days=6)
    days = list(WfhDay.objects.active().filter(employee=employee, date__range=(min(mondays), last)).order_by("date"))
    owed, found = duties_on(days), {monday: dict[str, None]() for monday in mondays}
    for day in days:
        found[monday_of(day.date)] |= dict.fromkeys(owed[day.pk])
    return {monday: list(said) for monday, said in found.items()}


def duties_of_approved(requests: Iterable[Request]) -> dict[int, list[str]]:
    """What is owed on the days that came of approved requests, by request. Two queries for all of them."""
    wanted = [one for one in requests if one.kind in (Request.Kind.MOVE, Request.Kind.EXTRA, Request.Kind.SWAP)]
    if not wanted:
        return {}
    rows = WfhDay.objects.active().filter(
        employee__in={one.employee_id for one in wanted}, date__in={one.date for one in wanted}
    )
    days = {(day.employee_id, day.date): day for day in rows}
    owed = duties_on(days.values())
    found = ((one.pk, days.get((one.employee_id, one.date))) for one in wanted)
    return {pk: owed[day.pk] for pk, day in found if day}
