"""Mending a published week: a holiday declared later, a unit's emergency. Under cover, the owed first, told once."""

import datetime as dt

import pytest

from employees.models import Holiday, Unit
from ledger.models import Event, Outbox
from performance.rating import Rating
from schedules.actions import plans, repair
from schedules.actions.repair import propose_repair, repair_week
from schedules.actions.requests import (
    approve_request,
    give_back,
    recall_day,
    save_draft,
    send_request,
    send_series,
)
from schedules.models import Allotment, Notice, Plan, Request, UnitRule, WfhDay
from schedules.queries import balance_of
from tests import factories
from tests.worlds import world

from .weeks import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK, day_of, in_force, planned, refusal


@world
def week(cast, at):
    """REWARD-2019, movable on request: Sari and Wati in Budi's unit, Eko and three in the other, all on Wednesday."""
    in_force(cast.agency, at)
    cast.wati = factories.employee(cast.general, "Wati Utami", cast.budi)
    cast.wati_user = factories.account(cast.wati)
    for person in (cast.sari, cast.wati, cast.eko, *cast.team):
        factories.appraisal(person)
    planned(cast.agency, at)
    return cast


def look(cast, at, dates=(WEDNESDAY,), unit=None):
    return propose_repair(agency=cast.agency, dates=list(dates), unit=unit, at=at)


def do(cast, at, dates=(WEDNESDAY,), unit=None, digest=None, kind="HOLIDAY", reason="Hari berkabung", by="hadi_user"):
    digest = look(cast, at, dates, unit).digest if digest is None else digest
    ask = dict(agency=cast.agency, dates=list(dates), unit=unit, reason=reason, at=at, digest=digest, kind=kind)
    return repair_week(by=getattr(cast, by), **ask)


def active(**filters):
    return WfhDay.objects.active().filter(**filters)


# --- a holiday declared later -------------------------------------------------------------------


def test_a_holiday_moves_everybodys_day_and_is_a_new_revision(week, at):
    proposal = look(week, at)
    assert (len(proposal.lines), proposal.lost) == (6, 0)
    plan = do(week, at)
    assert Holiday.objects.get(date=WEDNESDAY).agency == week.agency
    assert not active(date=WEDNESDAY).exists()
    assert {(d.employee_id, d.origin) for d in active()} == {(line.employee.pk, "REPAIR") for line in proposal.lines}
    assert {(d.employee_id, d.date) for d in active()} == {(line.employee.pk, line.date) for line in proposal.lines}
    old = Plan.objects.get(revision=1)
    assert (plan.revision, plan.state, plan.reason, plan.published_by) == (
        2,
        "PUBLISHED",
        "Hari berkabung",
        week.hadi_user,
    )
    assert (old.state, old.reason) == ("SUPERSEDED", "")
    event = Event.objects.get(verb="plan.revise")
    assert (event.reason, event.actor_id, event.after["moved"], event.after["lost"]) == (
        "Hari berkabung",
        week.hadi_user.pk,
        6,
        0,
    )
    assert Allotment.objects.filter(plan=old).count() == 6  # what the plan gave stays on record


def test_each_is_told_exactly_once(week, at):
    do(week, at)
    told = Notice.objects.filter(kind="day-repaired")
    assert sorted(told.values_list("receiver", flat=True)) == sorted(active().values_list("employee", flat=True))
    assert Outbox.objects.filter(kind="MAIL", key__startswith="day-").count() == 6
    assert Notice.objects.count() == 6


def test_nothing_is_owed_for_a_moved_day(week, at):
    do(week, at)
    assert balance_of(week.sari, WEEK).owed == 0


def test_a_second_repair_makes_a_third_revision(week, at):
    do(week, at)
    days = {d.date for d in active(unit=week.general)}
    plan = do(week, at, dates=sorted(days)[:1], unit=week.general, kind="EMERGENCY", reason="Listrik padam")
    assert plan.revision == 3
    assert list(Plan.objects.order_by("revision").values_list("state", flat=True)) == ["SUPERSEDED"] * 2 + ["PUBLISHED"]


# --- an emergency in a unit ---------------------------------------------------------------------


def test_an_emergency_touches_its_unit_and_those_below_only(week, at):
    do(week, at, unit=week.general, kind="EMERGENCY")
    assert not active(date=WEDNESDAY, unit=week.general).exists()
    assert active(date=WEDNESDAY, unit=week.planning).count() == 4
    rule = UnitRule.objects.get()
    assert (rule.kind, rule.unit, rule.date, rule.reason) == ("BLACKOUT", week.general, WEDNESDAY, "Hari berkabung")
    day = day_of(week.sari)
    ask = dict(by=week.sari_user, date=WEDNESDAY, gives_up_id=day.pk, reason="", at=at)
    assert refusal(send_request, **ask) == "R-HARI-DITUTUP"
    do(week, at, dates=[WEDNESDAY], unit=week.root, kind="EMERGENCY")
    assert not active(date=WEDNESDAY).exists()


def test_another_agency_is_not_touched(week, at):
    factories.appraisal(week.stranger)
    in_force(week.other, at)
    planned(week.other, at)
    do(week, at)
    assert day_of(week.stranger).date == WEDNESDAY


# --- under cover, the owed first ----------------------------------------------------------------


def test_cover_holds_after_the_repair_and_the_rest_is_lost_and_owed(week, at):
    Unit.objects.filter(pk=week.planning.pk).update(wfh_quota_percent=25)  # one of four a day from now on
    for weekday in (1, 2):
        UnitRule.objects.create(
            agency=week.agency,
            unit=week.planning,
            kind="BLACKOUT",
            weekday=weekday,
            reason="Layanan",
            valid=factories.ALWAYS,
        )
    proposal = look(week, at, unit=week.planning)
    assert sorted(str(line.date) for line in proposal.lines) == [str(THURSDAY), str(FRIDAY), "None", "None"]
    plan = do(week, at, unit=week.planning)
    assert [active(date=date, unit=week.planning).count() for date in (THURSDAY, FRIDAY)] == [1, 1]
    assert plan.given == 4
    lost = WfhDay.objects.filter(state="LOST")
    assert lost.count() == 2
    assert Notice.objects.filter(kind="day-lost").count() == 2
    for day in lost.select_related("employee"):
        assert (balance_of(day.employee, WEEK).lost, balance_of(day.employee, WEEK).owed) == (1, 1)


def test_the_owed_are_mended_first(week, at):
    last = max(week.eko, *week.team, key=lambda one: one.pk)  # by number they would come last
    earlier = WEEK - dt.timedelta(weeks=1)
    past = Plan.objects.create(agency=week.agency, week=earlier, state="PUBLISHED", created_at=at, published_at=at)
    row = dict(agency_id=week.agency.pk, unit=week.planning, week=earlier, track="REWARD", place=1, dates=[])
    Allotment.objects.create(plan=past, employee=last, earned=2, why="NO_ROOM", **row)
    UnitRule.objects.create(
        agency=week.agency, unit=week.planning, kind="MAX_REMOTE", percent=25, valid=factories.ALWAYS
    )
    for weekday in (1, 2, 4):
        UnitRule.objects.create(
            agency=week.agency, unit=week.planning, kind="ANCHOR", weekday=weekday, reason="x", valid=factories.ALWAYS
        )
    moved = [line.employee for line in look(week, at, unit=week.planning).lines if line.date]
    assert moved == [last]


def test_who_is_on_leave_on_the_other_days_gets_none_of_them(week, at):
    factories.leave(week.sari, MONDAY, TUESDAY)
    factories.leave(week.wati, THURSDAY, FRIDAY)
    dates = {line.employee: line.date for line in look(week, at).lines}
    assert dates[week.sari] in (THURSDAY, FRIDAY)
    assert dates[week.wati] in (MONDAY, TUESDAY)


def test_only_days_ahead_are_given_instead(week, at):
    tuesday = dt.datetime.combine(TUESDAY, dt.time(9), tzinfo=at.tzinfo)
    assert {line.date for line in look(week, tuesday).lines} <= {THURSDAY, FRIDAY}
    friday = dt.datetime.combine(FRIDAY, dt.time(5), tzinfo=at.tzinfo)
    WfhDay.objects.update(date=FRIDAY)
    assert {line.date for line in look(week, friday, dates=[FRIDAY]).lines} == {None}


def test_two_days_of_one_person_fall_on_two_others(cast, at):
    in_force(cast.agency, at, "BERJENJANG-2026")
    factories.appraisal(cast.sari, rating=Rating.VERY_GOOD)
    planned(cast.agency, at)
    closed = sorted(active().values_list("date", flat=True))
    assert len(closed) == 2
    do(cast, at, dates=closed)
    left = set(active().values_list("date", flat=True))
    assert len(left) == 2
    assert not left & set(closed)


def test_half_a_day_stays_half_a_day(week, at):
    give_back(by=week.sari_user, day_id=day_of(week.sari).pk, at=at, slot="AM")
    do(week, at)
    assert (day_of(week.sari).slot, day_of(week.sari).date != WEDNESDAY) == ("PM", True)


def test_a_day_given_beyond_the_plan_can_be_lost_too(week, at):
    """The plan's own count never falls below nothing."""
    for day in active():
        user = week.sari_user if day.employee == week.sari else None
        if user:
            recall_day(by=week.budi_user, day_id=day.pk, reason="Tamu", at=at)
    Plan.objects.update(given=0)
    WfhDay.objects.active().update(plan=None)
    for weekday in (1, 2, 4, 5):
        UnitRule.objects.create(
            agency=week.agency, unit=None, kind="ANCHOR", weekday=weekday, reason="x", valid=factories.ALWAYS
        )
    assert do(week, at).given == 0
    assert WfhDay.objects.filter(state="LOST").count() == 5


# --- requests about the date --------------------------------------------------------------------


def test_requests_that_can_no_longer_be_met_end_and_others_go_on(week, at):
    WfhDay.objects.filter(employee=week.wati).update(date=TUESDAY, origin="REQUEST")
    gives_up = send_request(by=week.sari_user, date=FRIDAY, gives_up_id=day_of(week.sari).pk, reason="", at=at)
    for_it = send_request(by=week.wati_user, date=WEDNESDAY, gives_up_id=day_of(week.wati).pk, reason="", at=at)
    draft = save_draft(by=week.wati_user, date=WEDNESDAY, gives_up_id=day_of(week.wati).pk, reason="", at=at)
    other = save_draft(by=week.wati_user, date=THURSDAY, gives_up_id=day_of(week.wati).pk, reason="", at=at)
    series = send_series(by=week.wati_user, date=WEDNESDAY, until=WEDNESDAY + dt.timedelta(weeks=8), reason="", at=at)
    do(week, at, unit=week.general, kind="EMERGENCY")
    states = dict(Request.objects.values_list("pk", "state"))
    assert [states[one.pk] for one in (gives_up, for_it, draft)] == ["EXPIRED"] * 3
    assert [states[one.pk] for one in (other, series)] == ["DRAFT", "SENT"]
    assert Notice.objects.filter(kind="request-ended").count() == 3
    assert not Notice.objects.filter(kind="request-expired").exists()
    assert day_of(week.wati).date == TUESDAY  # not touched


def test_requests_of_other_units_go_on(week, at):
    eko_user = week.eko_user
    day = day_of(week.eko)
    request = save_draft(by=eko_user, date=WEDNESDAY, gives_up_id=None, reason="", at=at)
    do(week, at, unit=week.general, kind="EMERGENCY")
    request.refresh_from_db()
    assert (request.state, day_of(week.eko)) == ("DRAFT", day)


# --- what was looked at is what is done ---------------------------------------------------------


def leave_since(cast, at):
    factories.leave(cast.sari, THURSDAY, FRIDAY)
    factories.leave(cast.wati, MONDAY, FRIDAY)


def given_back_since(cast, at):
    give_back(by=cast.sari_user, day_id=day_of(cast.sari).pk, at=at)


def moved_since(cast, at):
    sent = send_request(by=cast.sari_user, date=FRIDAY, gives_up_id=day_of(cast.sari).pk, reason="", at=at)
    approve_request(by=cast.budi_user, request_id=sent.pk, version=1, at=at)


@pytest.mark.parametrize("change", [leave_since, given_back_since, moved_since])
def test_what_changed_since_the_look_is_looked_at_again(week, at, change):
    digest = look(week, at).digest
    change(week, at)
    before = list(WfhDay.objects.order_by("pk").values())
    assert refusal(do, week, at, digest=digest) == "CHANGED"
    assert list(WfhDay.objects.order_by("pk").values()) == before
    assert not Holiday.objects.exists()  # nothing of it is done
    assert Plan.objects.get().state == "PUBLISHED"
    assert do(week, at).revision == 2


def test_looking_writes_nothing_and_says_the_same_twice(week, at):
    events = Event.objects.count()
    assert look(week, at).digest == look(week, at).digest
    assert Event.objects.count() == events


BAD = [
    (dict(dates=[]), "NO_DATES"),
    (dict(dates=[WEDNESDAY, WEDNESDAY + dt.timedelta(days=7)]), "TWO_WEEKS"),
    (dict(dates=[dt.date(2026, 11, 20)]), "PAST"),
    (dict(reason="  "), "REASON_MISSING"),
    (dict(dates=[WEDNESDAY + dt.timedelta(days=7)], digest=""), "CHANGED"),
    (dict(by="dewi_user"), "DENIED"),
    (dict(by="sari_user"), "DENIED"),
    (dict(by="budi_user"), "DENIED"),
    (dict(by="eko_user"), "DENIED"),
    (dict(by="ratna_user"), "DENIED"),
]


@pytest.mark.parametrize(("fields", "code"), BAD)
def test_bad_input_is_told_and_nothing_happens(week, at, fields, code):
    fields = {"digest": look(week, at).digest} | fields
    assert refusal(do, week, at, **fields) == code
    assert active(date=WEDNESDAY).count() == 6
    assert not Holiday.objects.exists()
    assert Plan.objects.get().revision == 1


def test_a_week_without_a_published_plan_is_drafted_anew_instead(week, at):
    following = WEDNESDAY + dt.timedelta(days=7)
    empty = look(week, at, dates=[following]).digest
    assert refusal(do, week, at, dates=[following], digest=empty) == "NO_PLAN"


def test_a_date_that_is_a_day_off_already_is_only_mended(week, at):
    Holiday.objects.create(date=WEDNESDAY, name="Hari Uji")
    assert refusal(do, week, at) == "TAKEN"
    plan = do(week, at, kind="CALENDAR")
    assert plan.revision == 2
    assert not active(date=WEDNESDAY).exists()
    assert not UnitRule.objects.exists()


def test_too_many_at_once_are_refused(week, at, monkeypatch):
    monkeypatch.setattr(repair, "MOST", 5)
    assert refusal(look, week, at) == "TOO_MANY"
    assert len(look(week, at, unit=week.planning).lines) == 4


def test_replanning_after_a_repair_changes_nothing(week, at):
    plan = do(week, at)
    days = list(WfhDay.objects.order_by("pk").values())
    again = plans.plan_week(agency=week.agency, week=WEEK, by=week.hadi_user, at=at, publish=True)
    assert (again.pk, list(WfhDay.objects.order_by("pk").values())) == (plan.pk, days)


@pytest.mark.parametrize("more", [0, 5])
def test_the_number_of_queries_of_a_look_does_not_grow(week, at, django_assert_num_queries, more):
    for n in range(more):
        person = factories.employee(week.general, f"Tambahan {n}", week.budi)
        WfhDay.objects.create(
            employee=person,
            agency=week.agency,
            unit=week.general,
            date=WEDNESDAY,
            track="REWARD",
            plan=Plan.objects.get(),
        )
    with django_assert_num_queries(13):
        look(week, at)
