"""The team of the demo's supervisor asks for days, in every way and state; one request no longer fits the cover."""

import datetime as dt
import functools
from collections.abc import Callable, Iterator

from employees.calendar import local_date, monday_of
from employees.models import Agency, Placement, User
from schedules.actions import requests
from schedules.actions.delegations import delegate
from schedules.actions.refused import Refused
from schedules.actions.unit_rules import set_rule
from schedules.models import Request, UnitRule, WfhDay
from schedules.permissions import Denied
from schedules.queries import Cover

from .people import AgencySpec, cast_of

REASONS = (
    "Menyelesaikan laporan triwulan tanpa gangguan rapat.",
    "Ada rapat tatap muka pada hari semula.",
    "Menyusun bahan paparan pimpinan.",
    "Perbaikan jaringan di ruang kerja pada hari tersebut.",
)
SERIES_WEEKS = 12
ORDER = (3, 4, 1, 2, 0)  # Thursday first


def ask(spec: AgencySpec, agency: Agency, at: dt.datetime) -> int:
    """Ask about days that are still to come; how many requests for another day wait afterwards."""
    cast = cast_of(spec.code)
    boss = User.objects.select_related("employee").get(employee__nip=cast["supervisor"].nip)
    today = local_date(at, agency.zone)
    team = Placement.objects.on(today).filter(supervisor=boss.employee_id)
    days = WfhDay.objects.active().filter(employee__in=team.values("employee"), date__gt=today)
    others = days.exclude(employee__nip=cast["employee"].nip).select_related("employee__user", "unit")
    everyone = list(others.order_by("date", "employee__nip"))
    asked: set[int] = set()
    for step in _steps(boss, today, at):
        first_those_who_did_not_ask = sorted(everyone, key=lambda day: day.employee_id in asked)
        done = next((day for day in first_those_who_did_not_ask if _done(step, day)), None)
        if done is not None:
            asked.add(done.employee_id)
    waiting = Request.objects.waiting().filter(supervisor=boss.employee_id, date__gt=today)
    waiting = list(waiting.exclude(kind=Request.Kind.RECUR).order_by("pk"))
    _break_cover(cast, agency, waiting, today, at)
    return len([one for one in waiting if one.kind == Request.Kind.MOVE])


def _done(step: Callable[[WfhDay], bool], day: WfhDay) -> bool:
    try:
        return step(day)
    except (Refused, Denied):
        return False  # for this person it does not fit; the next may


def _steps(boss: User, today: dt.date, at: dt.datetime) -> Iterator[Callable[[WfhDay], bool]]:
    """What to try, each once, with whoever it fits; the telling ones first, for late in a week few days are left."""
    for n in (0, 1, 2):
        yield functools.partial(_moved, today=today, at=at, first=n)
    yield lambda day: _extra_half(day, at)
    yield lambda day: _swap(day, at)
    yield lambda day: _series(day, at)
    yield lambda day: _decided(requests.approve_request, day, boss, today, at)
    yield lambda day: _decided(requests.reject_request, day, boss, today, at, reason="Ada rapat wajib pada hari itu.")
    yield lambda day: _decided(requests.return_request, day, boss, today, at, reason="Mohon memilih hari Kamis.")
    yield lambda day: _withdrawn(day, today, at)
    yield lambda day: _drafted(day, today, at)


def _moved(day: WfhDay, today: dt.date, at: dt.datetime, first: int) -> bool:
    return _move(day, today, REASONS[first], at, first=first) is not None


def _move(
    day: WfhDay, today: dt.date, reason: str, at: dt.datetime, *, first: int = 0, save=requests.send_request
) -> Request | None:
    """A request for another day of the week, the first that fits of an order that begins somewhere else each time."""
    monday = monday_of(day.date)
    for date in (monday + dt.timedelta(days=n) for n in (*ORDER[first:], *ORDER[:first])):
        if date <= today or date == day.date:
            continue
        try:
            return save(by=day.employee.user, date=date, gives_up_id=day.pk, reason=reason, at=at)
        except Refused:
            continue  # that day does not fit; the next may
    return None


def _decided(action, day: WfhDay, boss: User, today: dt.date, at: dt.datetime, **more) -> bool:
    made = _move(day, today, REASONS[3], at)
    if made is None:
        return False
    action(by=boss, request_id=made.pk, version=made.version, at=at, **more)
    return True


def _extra_half(day: WfhDay, at: dt.datetime) -> bool:
    """Half a day more in the week, beside the day there is."""
    for n in (1, 2, 3, -1):
        date = day.date + dt.timedelta(days=n)
        if monday_of(date) == monday_of(day.date) and date.isoweekday() <= 5:
            try:
                requests.send_request(
                    by=day.employee.user, date=date, gives_up_id=None, reason=REASONS[2], at=at, slot="AM"
                )
            except Refused:
                continue
            return True
    return False


def _swap(day: WfhDay, at: dt.datetime) -> bool:
    """Ask a colleague of the unit for their day of the same week."""
    week = monday_of(day.date)
    theirs = WfhDay.objects.active().filter(unit=day.unit, date__gt=day.date, date__lt=week + dt.timedelta(days=6))
    other = theirs.exclude(employee=day.employee_id).order_by("date", "pk").first()
    if other is None:
        return False
    requests.ask_to_swap(by=day.employee.user, day_id=day.pk, for_day_id=other.pk, reason=REASONS[1], at=at)
    return True


def _series(day: WfhDay, at: dt.datetime) -> bool:
    """The same weekday every week from next week on."""
    first = day.date + dt.timedelta(days=7)
    until = first + dt.timedelta(weeks=SERIES_WEEKS)
    requests.send_series(by=day.employee.user, date=first, until=until, reason="Jadwal antar jemput anak.", at=at)
    return True


def _withdrawn(day: WfhDay, today: dt.date, at: dt.datetime) -> bool:
    made = _move(day, today, REASONS[0], at)
    if made is None:
        return False
    requests.withdraw_request(by=day.employee.user, request_id=made.pk, at=at)
    return True


def _drafted(day: WfhDay, today: dt.date, at: dt.datetime) -> bool:
    return _move(day, today, REASONS[2], at, save=requests.save_draft) is not None


def _break_cover(cast, agency: Agency, waiting: list[Request], today: dt.date, at: dt.datetime) -> None:
    """On one of the days asked for everybody who is at the office has come to be needed there."""
    moves = [one for one in waiting if one.kind == Request.Kind.MOVE]
    if not moves:
        return
    dates = [one.date for one in waiting]
    chosen = min(moves, key=lambda one: (dates.count(one.date), -one.pk))
    place = Placement.objects.on(chosen.date).select_related("unit").get(employee=chosen.employee_id)
    cover = Cover(agency, [chosen.date], [place.unit_id])
    set_rule(
        by=User.objects.get(employee__nip=cast["hr_officer"].nip),
        agency=agency,
        unit=place.unit,
        kind=UnitRule.Kind.MIN_PRESENT,
        number=min(cover.present(place.unit_id, chosen.date, half) for half in (0, 1)),
        date=chosen.date,
        since=today,
        last=chosen.date,
        reason="Kunjungan kerja pimpinan",
        at=at,
    )


def stand_ins(spec: AgencySpec, agency: Agency, at: dt.datetime) -> None:
    """The supervisor has a stand-in for days of leave, and stands in for their own supervisor for a fortnight."""
    cast = cast_of(spec.code)
    boss = User.objects.select_related("employee").get(employee__nip=cast["supervisor"].nip)
    officer = User.objects.get(employee__nip=cast["hr_officer"].nip)
    today = local_date(at, agency.zone)
    team = Placement.objects.on(today).filter(supervisor=boss.employee_id)
    mate = team.exclude(employee__nip=cast["employee"].nip).order_by("employee").first()
    above = Placement.objects.on(today).get(employee=boss.employee_id).supervisor_id
    if mate:
        delegate(
            by=boss,
            delegator_id=boss.reach.me,
            delegate_id=mate.employee_id,
            first=today,
            last=None,
            on_leave_only=True,
            at=at,
        )
    if above:
        until = today + dt.timedelta(days=14)
        delegate(by=officer, delegator_id=above, delegate_id=boss.reach.me, first=today, last=until, at=at)
