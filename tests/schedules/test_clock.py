"""The clock over requests: office hours only, one reminder a working day, up the line to HR, and an end in time."""

import datetime as dt

import pytest
from psycopg2.extras import DateRange

from employees.calendar import add_office_time
from employees.models import Placement, User
from ledger.models import Event
from schedules.actions.requests import (
    approve_request,
    ask_to_swap,
    give_back,
    return_request,
    run_clock,
    save_draft,
    send_again,
    send_request,
    send_series,
)
from schedules.models import Delegation, Notice, Request, WfhDay
from tests import factories
from tests.worlds import JAKARTA, world

from .weeks import WEEK, day_of, in_force, planned, refusal

HR = ["Dewi Lestari", "Hadi Wijaya"]


def when(text) -> dt.datetime:
    return dt.datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=JAKARTA)


# --- office hours -------------------------------------------------------------------------------

OFFICE = [
    # sent, office time, days off, six days → when it has passed (25 Nov 2026 is a Wednesday)
    ("11-25 07:30", 8.5, [], 5, "11-25 16:00", "within a day"),
    ("11-25 09:00", 8.5, [], 5, "11-26 09:00", "over the night"),
    ("11-25 03:00", 8.5, [], 5, "11-25 16:00", "sent at night, it begins at 7.30"),
    ("11-25 20:00", 8.5, [], 5, "11-26 16:00", "sent in the evening"),
    ("11-26 12:00", 8.5, [], 5, "11-27 12:00", "Thursday to Friday"),
    ("11-27 09:00", 8.5, [], 5, "11-30 08:30", "Friday is longer: 16.30"),
    ("11-27 17:00", 8.5, [], 5, "11-30 16:00", "Friday evening"),
    ("11-28 10:00", 8.5, [], 5, "11-30 16:00", "on a Saturday"),
    ("11-28 10:00", 8.5, [], 6, "11-30 10:00", "on a Saturday that is worked"),
    ("11-25 09:00", 8.5, ["11-26"], 5, "11-27 09:00", "over a day off"),
    ("11-25 09:00", 8.5, ["11-26", "11-27"], 5, "11-30 09:00", "over a long weekend"),
    ("11-25 09:00", 17.0, [], 5, "11-27 09:00", "two days"),
    ("11-25 09:00", 0.0, [], 5, "11-25 09:00", "nothing"),
]


@pytest.mark.parametrize(("sent", "hours", "off", "days", "passed", "title"), OFFICE, ids=[row[5] for row in OFFICE])
def test_only_office_hours_count(sent, hours, off, days, passed, title):
    holidays = {when(f"{day} 00:00").date() for day in off}
    assert add_office_time(when(sent), dt.timedelta(hours=hours), JAKARTA, holidays, days) == when(passed)


def test_a_calendar_of_days_off_only_ends_all_the_same():
    start = when("11-25 09:00")
    off = {start.date() + dt.timedelta(days=n) for n in range(400)}
    assert add_office_time(start, dt.timedelta(hours=1), JAKARTA, off) - start < dt.timedelta(days=62)


# --- reminders and the line ---------------------------------------------------------------------


@world
def line(cast, at):
    """Sari under Budi under Eko; three weeks on is planned, so that there is time for everything."""
    in_force(cast.agency, at)
    Placement.objects.filter(employee=cast.budi).update(supervisor=cast.eko)
    for person in (cast.sari, cast.budi, cast.eko, *cast.team):
        factories.appraisal(person)
    cast.far = WEEK + dt.timedelta(weeks=2)
    planned(cast.agency, at, cast.far)
    return cast


def send(cast, at, days=3, **fields):
    day = day_of(cast.sari, cast.far)
    ask = dict(by=cast.sari_user, date=cast.far + dt.timedelta(days=days), gives_up_id=day.pk, reason="", at=at)
    return send_request(**ask | fields)


def run_until(end, start, step=dt.timedelta(hours=1)):
    """Run the clock every hour; the instants at which it did something, with what."""
    log, now = [], start
    while now <= end:
        done = {what: count for what, count in run_clock(at=now).items() if count}
        if done:
            log.append((now, done))
        now += step
    return log


def told(kind):
    return list(Notice.objects.filter(kind=kind).order_by("pk").values_list("receiver__name", flat=True))


def test_reminded_once_a_working_day_then_up_the_line_and_at_last_hr(line, at):
    request = send(line, at)  # Monday 23 November, 09.00
    log = run_until(when("12-08 18:00"), at)
    assert [(now.strftime("%a %H"), *done) for now, done in log[:4]] == [
        ("Tue 09", "reminded"),
        ("Wed 09", "escalated"),  # to Eko
        ("Thu 09", "reminded"),
        ("Fri 09", "escalated"),  # to HR
    ]
    request.refresh_from_db()
    assert request.holder is None
    assert told("request-reminder")[:2] == ["Budi Santoso", "Eko Prasetyo"]
    assert told("request-escalated") == ["Eko Prasetyo", *HR]
    assert set(told("request-reminder")[2:]) == set(HR)
    keys = Notice.objects.filter(kind="request-reminder").values_list("receiver", "at__date")
    assert len(keys) == len(set(keys))  # once a day
    assert {what for _now, done in log[4:] for what in done} <= {"reminded"}  # HR's list has it; nobody is above
    assert all(now.isoweekday() < 6 and 7 <= now.hour <= 17 for now, _done in log)
    approve_request(by=line.dewi_user, request_id=request.pk, version=request.version, at=when("12-08 18:00"))


def test_after_an_escalation_the_supervisor_may_still_decide(line, at):
    request = send(line, at)
    run_until(when("11-25 10:00"), at)
    request.refresh_from_db()
    assert request.holder == line.eko
    approve_request(by=line.budi_user, request_id=request.pk, version=request.version, at=when("11-25 11:00"))


def test_the_clock_run_many_times_does_it_once(line, at):
    send(line, at)
    for now in ("11-24 09:00", "11-24 09:01", "11-25 09:00", "11-27 09:00", "12-16 15:00"):
        for _n in range(5):
            run_clock(at=when(now))
    assert told("request-reminder") == ["Budi Santoso"]
    assert told("request-escalated") == ["Eko Prasetyo", *HR]
    assert told("request-expired") == ["Sari Rahmawati"]
    assert Event.objects.filter(verb="request.expire").count() == 1


@pytest.mark.parametrize("far", [False, True])
def test_a_circle_goes_to_hr_at_once(line, at, far):
    """Budi under Eko under Budi, or Eko under Sari herself: nobody in it decides."""
    Placement.objects.filter(employee=line.eko).update(supervisor=line.sari if far else line.budi)
    request = send(line, at)
    assert request.holder is None
    if far:
        assert refusal(approve_request, by=line.sari_user, request_id=request.pk, version=1, at=at) == "OWN_REQUEST"
    approve_request(by=line.dewi_user, request_id=request.pk, version=1, at=at)


def test_who_has_no_account_is_passed_over(line, at):
    User.objects.filter(pk=line.budi_user.pk).update(is_active=False)
    assert send(line, at).holder == line.eko


def test_nobody_at_all_is_hr(line, at):
    User.objects.filter(pk__in=[line.budi_user.pk, line.eko_user.pk]).update(is_active=False)
    assert send(line, at).holder is None


# --- the holder is on leave ---------------------------------------------------------------------


def stand_in(cast, delegate, **fields):
    always = DateRange(dt.date(2020, 1, 1), dt.date(2120, 1, 1))
    made = dict(agency=cast.agency, delegator=cast.budi, delegate=delegate, valid=always, created_by=cast.budi_user)
    return Delegation.objects.create(created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), **made | fields)


def test_sent_to_somebody_on_leave_it_goes_to_the_next_at_once(line, at):
    factories.leave(line.budi, at.date(), at.date())
    assert send(line, at).holder == line.eko


def test_whoever_goes_on_leave_hands_on_at_the_next_look(line, at):
    request = send(line, at)
    tomorrow = at + dt.timedelta(days=1)
    factories.leave(line.budi, tomorrow.date(), tomorrow.date())
    assert run_clock(at=at + dt.timedelta(hours=1))["escalated"] == 0  # not before it begins
    assert run_clock(at=tomorrow)["escalated"] == 1
    request.refresh_from_db()
    assert (request.holder, told("request-escalated")) == (line.eko, ["Eko Prasetyo"])
    assert run_clock(at=tomorrow)["escalated"] == 0


@pytest.mark.parametrize("on_leave_only", [False, True])
def test_with_a_stand_in_it_stays(line, at, on_leave_only):
    wati = factories.employee(line.general, "Wati Utami", line.budi)
    wati_user = factories.account(wati)
    stand_in(line, wati, on_leave_only=on_leave_only)
    factories.leave(line.budi, dt.date(2020, 1, 1), dt.date(2119, 1, 1))
    request = send(line, at)
    assert request.holder == line.budi
    run_clock(at=at + dt.timedelta(hours=1))
    request.refresh_from_db()
    assert request.holder == line.budi
    done = approve_request(by=wati_user, request_id=request.pk, version=1, at=at)
    assert (done.decided_by, done.decided_for) == (wati_user, line.budi)


def test_a_stand_in_who_is_the_one_who_asks_is_none(line, at):
    stand_in(line, line.sari)
    factories.leave(line.budi, dt.date(2020, 1, 1), dt.date(2119, 1, 1))
    assert send(line, at).holder == line.eko
    Request.objects.update(holder=line.budi)
    run_clock(at=at + dt.timedelta(minutes=5))
    assert Request.objects.get().holder == line.eko


def test_two_stages_go_on_to_somebody_else_and_both_names_are_recorded(line, at):
    from schedules.models import UnitRule

    UnitRule.objects.create(agency=line.agency, unit=line.general, kind="STAGES", number=2, valid=factories.ALWAYS)
    wati = factories.employee(line.general, "Wati Utami", line.budi)
    wati_user = factories.account(wati)
    stand_in(line, wati)
    request = send(line, at)
    request = approve_request(by=wati_user, request_id=request.pk, version=1, at=at)
    assert (request.state, request.stage, request.holder) == ("SENT", 2, line.eko)
    event = Event.objects.get(verb="request.endorse")
    assert (event.actor_id, event.on_behalf_of_id) == (wati_user.pk, line.budi_user.pk)
    again = dict(request_id=request.pk, version=request.version, at=at)
    assert refusal(approve_request, by=wati_user, **again) == "SAME_PERSON"
    assert refusal(approve_request, by=line.budi_user, **again) == "SAME_PERSON"  # it was endorsed in his name
    assert approve_request(by=line.eko_user, **again).state == "APPROVED"


# --- the end ------------------------------------------------------------------------------------


def sent(cast, at):
    return send(cast, at)


def draft(cast, at):
    day = day_of(cast.sari, cast.far)
    return save_draft(by=cast.sari_user, date=cast.far + dt.timedelta(days=3), gives_up_id=day.pk, reason="", at=at)


def returned(cast, at):
    request = send(cast, at)
    return return_request(by=cast.budi_user, request_id=request.pk, version=1, reason="Alasannya?", at=at)


def series(cast, at):
    first = cast.far + dt.timedelta(days=3)
    return send_series(by=cast.sari_user, date=first, until=first + dt.timedelta(weeks=4), reason="", at=at)


def swap(cast, at):
    WfhDay.objects.filter(employee=cast.budi).update(date=cast.far + dt.timedelta(days=4))
    mine, theirs = day_of(cast.sari, cast.far), day_of(cast.budi, cast.far)
    return ask_to_swap(by=cast.sari_user, day_id=mine.pk, for_day_id=theirs.pk, reason="", at=at)


# A request that moves a day ends when that day begins; others at the cut-off of the day asked for.
ENDS = [(sent, "12-16 07:30"), (draft, "12-16 07:30"), (returned, "12-16 07:30"), (series, "12-16 15:00")]
ENDS += [(swap, "12-15 15:00")]


@pytest.mark.parametrize(("make", "due"), ENDS, ids=[row[0].__name__ for row in ENDS])
def test_every_open_request_ends_at_its_deadline_with_one_notice(line, at, make, due):
    request = make(line, at)
    assert request.due_at == when(due)
    run_clock(at=when(due) - dt.timedelta(seconds=1))
    request.refresh_from_db()
    assert request.state in ("SENT", "DRAFT", "RETURNED")
    before = list(WfhDay.objects.order_by("pk").values())
    for _n in range(5):
        run_clock(at=when(due))
    request.refresh_from_db()
    assert (request.state, request.decided_by, request.next_at) == ("EXPIRED", None, None)
    assert told("request-expired") == ["Sari Rahmawati"]
    assert list(WfhDay.objects.order_by("pk").values()) == before  # the stated outcome: nothing changes
    assert Event.objects.filter(verb="request.expire").count() == 1


def test_a_day_given_back_late_waits_until_it_begins(line, at):
    day = day_of(line.sari, line.far)
    late = dt.datetime.combine(day.date - dt.timedelta(days=1), dt.time(15), tzinfo=at.tzinfo)
    request = give_back(by=line.sari_user, day_id=day.pk, at=late)
    assert request.due_at == dt.datetime.combine(day.date, dt.time(7, 30), tzinfo=at.tzinfo)
    run_clock(at=request.due_at)
    assert Request.objects.get().state == "EXPIRED"
    assert day_of(line.sari, line.far) == day


def test_at_the_deadline_nobody_decides_any_more_be_the_clock_late_or_not(line, at):
    request = send(line, at)
    assert refusal(approve_request, by=line.budi_user, request_id=request.pk, version=1, at=request.due_at) == "PAST"


def test_sent_again_it_has_its_new_days_deadline(line, at):
    request = returned(line, at)
    again = dict(by=line.sari_user, request_id=request.pk, version=request.version, at=at)
    request = send_again(date=line.far + dt.timedelta(days=1), **again)
    assert (request.state, request.due_at) == ("SENT", when("12-14 15:00"))
    assert run_clock(at=when("12-14 15:00"))["expired"] == 1


def test_a_clock_that_stood_still_makes_it_all_good_at_once(line, at):
    send(line, at)
    done = run_clock(at=at + dt.timedelta(weeks=9))
    assert done == {"expired": 1, "reminded": 0, "escalated": 0, "granted": 0}
    assert told("request-missed") == ["Budi Santoso"]
    assert told("request-reminder") == []
