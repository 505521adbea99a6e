"""Every approver silent, absent or without an account: all requests end by their deadline, with one notice each."""

import datetime as dt
import types

import pytest
from django.db.models import F

from employees.models import Placement, User
from ledger.models import Event
from performance.rating import Rating
from schedules.actions.requests import (
    ask_to_swap,
    give_back,
    return_request,
    run_clock,
    save_draft,
    send_request,
    send_series,
)
from schedules.models import Notice, Request, UnitRule, WfhDay
from tests import factories
from tests.schedules.weeks import WEEK, in_force, planned

pytestmark = pytest.mark.slow

HOUR = dt.timedelta(hours=1)
OPEN = ["DRAFT", "SENT", "RETURNED"]
# how each unit's supervisor fails, and what else is odd there
UNITS = {
    "silent": {},
    "silent, far east": {"time_zone": "Asia/Jayapura"},
    "on leave": {},
    "no account": {},
    "nobody": {},
    "in a circle": {},
    "two stages, six days": {"working_days": 6},
    "closes at six": {},
}
EACH = 5  # people asking in each unit, besides the one who lends a day to swap


@pytest.fixture
def house(db, at):
    """Eight units of eight people, whose supervisors all fail; next week is planned for them."""
    cast = factories.cast()
    in_force(cast.agency, at, "BERJENJANG-2026")
    cast.units = {}
    for n, (title, fields) in enumerate(UNITS.items()):
        unit = factories.unit(cast.agency, f"T{n}", title, cast.root, **fields)
        boss = factories.employee(unit, f"Kepala {n}", cast.dewi)
        boss_user = factories.account(boss)
        some = [factories.employee(unit, f"Orang {n} {k}", boss) for k in range(7)]
        for person in some:
            factories.appraisal(person, rating=Rating.GOOD)
        users = [factories.account(person) for person in some]
        cast.units[title] = types.SimpleNamespace(unit=unit, boss=boss, boss_user=boss_user, people=some, users=users)
    _fail(cast)
    planned(cast.agency, at)
    return cast


def _fail(cast):
    units = cast.units
    factories.leave(units["on leave"].boss, dt.date(2026, 1, 1), dt.date(2027, 1, 1))
    User.objects.filter(pk=units["no account"].boss_user.pk).update(is_active=False)
    Placement.objects.filter(unit=units["nobody"].unit).update(supervisor=None)
    circle = units["in a circle"]
    Placement.objects.filter(employee=circle.boss).update(supervisor=circle.people[0])
    rules = [("two stages, six days", "STAGES", 2), ("closes at six", "CUTOFF", 6)]
    for title, kind, number in rules:
        row = dict(agency=cast.agency, unit=units[title].unit, kind=kind, number=number)
        UnitRule.objects.create(valid=factories.ALWAYS, **row)


def own(person):
    return WfhDay.objects.active().get(employee=person)


def free(person, unit):
    """A weekday of next week on which the person is not at home and the unit has room."""
    taken = own(person).date
    days = [WEEK + dt.timedelta(days=n) for n in (4, 3, 2, 1)]
    homes = {day: WfhDay.objects.active().filter(unit=unit, date=day).count() for day in days if day != taken}
    return min(homes, key=homes.get)


def ask(one, at):
    """One request of each kind by five people of a unit."""
    mover, extra, drafter, regular, swapper, lender, _late = zip(one.people, one.users, strict=True)
    person, user = mover
    send_request(by=user, date=free(person, one.unit), gives_up_id=own(person).pk, reason="pindah", at=at)
    person, user = extra
    request = send_request(by=user, date=free(person, one.unit), gives_up_id=None, reason="tambah", at=at)
    if request.holder_id == one.boss.pk:
        return_request(by=one.boss_user, request_id=request.pk, version=1, reason="Alasannya?", at=at)
    person, user = drafter
    save_draft(by=user, date=free(person, one.unit), gives_up_id=own(person).pk, reason="", at=at)
    until = WEEK + dt.timedelta(weeks=6)
    send_series(by=regular[1], date=WEEK + dt.timedelta(days=3), until=until, reason="kuliah", at=at)
    mine, theirs = own(swapper[0]), own(lender[0])
    if mine.date == theirs.date:
        other = next(d for d in (WEEK + dt.timedelta(days=n) for n in (1, 2, 3)) if d != mine.date)
        WfhDay.objects.filter(pk=theirs.pk).update(date=other)
    ask_to_swap(by=swapper[1], day_id=mine.pk, for_day_id=theirs.pk, reason="tukar", at=at)


def give_back_late(cast, now):
    """Whoever's day can no longer be given back freely, and has not begun, asks for consent."""
    for one in cast.units.values():
        person, user = one.people[-1], one.users[-1]
        day = WfhDay.objects.active().filter(employee=person).first()
        zone = dt.timezone(dt.timedelta(hours=9 if "east" in one.unit.name else 7))
        begins = dt.datetime.combine(day.date, dt.time(7, 30), tzinfo=zone)
        if begins - 3 * HOUR <= now < begins and not Request.objects.filter(employee=person).exists():
            give_back(by=user, day_id=day.pk, reason="rapat", at=now)


def check_all_ended(cast):
    requests = Request.objects.all()
    assert requests.count() == 8 * (EACH + 1)
    assert set(requests.values_list("state", flat=True)) == {"EXPIRED"}
    expired, asker = Notice.objects.filter(kind="request-expired"), dict(requests.values_list("pk", "employee"))
    assert sorted(expired.values_list("subject_id", flat=True)) == sorted(requests.values_list("pk", flat=True))
    assert all(n.receiver_id == asker[n.subject_id] for n in expired)
    assert Event.objects.filter(verb="request.expire").count() == requests.count()
    kinds = set(requests.values_list("kind", flat=True))
    assert kinds == {"MOVE", "EXTRA", "RETURN", "SWAP", "RECUR"}


def test_hour_by_hour_nothing_outlives_its_deadline(house, at):
    for one in house.units.values():
        ask(one, at)
    days = list(WfhDay.objects.order_by("pk").values())
    now, end = at, dt.datetime.combine(WEEK + dt.timedelta(days=6), dt.time(0), tzinfo=at.tzinfo)
    while now <= end:
        give_back_late(house, now)
        run_clock(at=now)
        open_ones = Request.objects.filter(state__in=OPEN)
        assert not open_ones.filter(due_at__lte=now).exists()
        assert not open_ones.filter(holder=F("employee")).exists()
        now += HOUR
    check_all_ended(house)
    assert list(WfhDay.objects.order_by("pk").values()) == days  # the stated outcome: every day stays as it was
    late = [r.pk for r in Request.objects.all() if r.decided_at - r.due_at >= HOUR]
    assert late == []
    reminders = Notice.objects.filter(kind="request-reminder").values_list("receiver", "subject_id", "at__date")
    assert len(set(reminders)) == len(reminders)
    assert set(Notice.objects.filter(kind="request-escalated").values_list("subject_id", flat=True))


def test_a_clock_that_stood_still_for_weeks_makes_it_all_good(house, at):
    for one in house.units.values():
        ask(one, at)
    for n in range(6 * 24):  # one unit works on Saturday too
        give_back_late(house, dt.datetime.combine(WEEK, dt.time(0), tzinfo=at.tzinfo) + n * HOUR)
    run_clock(at=at + dt.timedelta(weeks=4))
    check_all_ended(house)
    assert not Notice.objects.filter(kind__in=["request-reminder", "request-escalated"]).exists()
    for _n in range(3):
        run_clock(at=at + dt.timedelta(weeks=5))
    check_all_ended(house)
