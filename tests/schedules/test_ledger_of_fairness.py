"""The ledger of fairness over weeks: what was earned, had, given back, lost, recalled; who therefore comes first."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation
from psycopg2.extras import DateRange

from employees.models import Holiday, Placement, Unit
from performance.rating import Rating
from schedules.actions.repair import propose_repair, repair_week
from schedules.actions.requests import (
    approve_request,
    give_back,
    recall_day,
    send_request,
    send_series,
    withdraw_request,
)
from schedules.actions.wishes import save_wishes
from schedules.models import Allotment, Request, UnitPlan, UnitRule, WfhDay
from schedules.planning import PERIOD_WEEKS, period_of
from schedules.queries import balance_of
from schedules.wording import choice, clash, exception, proposals, turn
from tests import factories
from tests.worlds import world

from .weeks import FRIDAY, MONDAY, THURSDAY, WEDNESDAY, WEEK, day_of, in_force, planned

NEXT = WEEK + dt.timedelta(weeks=1)
DAY, HALF, NONE = Decimal(1), Decimal("0.5"), Decimal(0)


@world
def pair(cast, at):
    """Sari and Wati share one place at home a day in Budi's unit, any weekday (BERJENJANG-2026), one day earned each;
    the unit is open on Wednesday only, so that one of them waits."""
    in_force(cast.agency, at, "BERJENJANG-2026")
    cast.wati = factories.employee(cast.general, "Wati Utami", cast.budi)
    cast.wati_user = factories.account(cast.wati)
    for person in (cast.sari, cast.wati):
        factories.appraisal(person, rating=Rating.GOOD)
    Unit.objects.filter(pk=cast.general.pk).update(wfh_quota_percent=34)  # one of three
    return cast


def only_wednesdays(cast):
    for weekday in (1, 2, 4, 5):
        rule(cast, "BLACKOUT", weekday=weekday, reason="Layanan")


def rule(cast, kind, **fields):
    fields.setdefault("valid", factories.ALWAYS)
    return UnitRule.objects.create(agency=cast.agency, unit=cast.general, kind=kind, **fields)


def got(week):
    """Who has a day in a week, by first name, and which weekdays."""
    rows = WfhDay.objects.active().filter(date__range=(week, week + dt.timedelta(days=6)))
    found: dict[str, list[int]] = {}
    for day in rows.select_related("employee").order_by("date"):
        found.setdefault(day.employee.name.split()[0], []).append(day.date.isoweekday())
    return found


def ledger(person, week=WEEK):
    one = balance_of(person, week)
    return one.earned, one.had, one.returned, one.lost, one.recalled, one.owed


# --- one account --------------------------------------------------------------------------------


def test_a_day_had_owes_nothing(pair, at):
    planned(pair.agency, at)
    assert ledger(pair.sari) == (DAY, DAY, NONE, NONE, NONE, NONE)
    assert sum(balance_of(pair.sari, WEEK).weekdays) == 1


def test_a_day_given_back_is_not_owed_and_half_a_day_counts_half(pair, at):
    planned(pair.agency, at)
    give_back(by=pair.sari_user, day_id=day_of(pair.sari).pk, at=at)
    assert ledger(pair.sari) == (DAY, NONE, DAY, NONE, NONE, NONE)
    give_back(by=pair.wati_user, day_id=day_of(pair.wati).pk, at=at, slot="AM")
    assert ledger(pair.wati) == (DAY, HALF, HALF, NONE, NONE, NONE)


def test_a_day_moved_is_had_once(pair, at):
    planned(pair.agency, at)
    day = day_of(pair.sari)
    other = THURSDAY if day.date != THURSDAY else FRIDAY
    sent = send_request(by=pair.sari_user, date=other, gives_up_id=day.pk, reason="", at=at)
    approve_request(by=pair.budi_user, request_id=sent.pk, version=1, at=at)
    assert ledger(pair.sari) == (DAY, DAY, NONE, NONE, NONE, NONE)
    assert balance_of(pair.sari, WEEK).weekdays[other.isoweekday() - 1] == 1


def test_a_recalled_day_is_owed_and_comes_first_next_week(pair, at):
    only_wednesdays(pair)
    factories.employee(pair.general, "Orang Keempat")
    Unit.objects.filter(pk=pair.general.pk).update(wfh_quota_percent=50)  # two of four, this week
    planned(pair.agency, at)
    assert got(WEEK) == {"Sari": [3], "Wati": [3]}
    recall_day(by=pair.budi_user, day_id=day_of(pair.sari).pk, reason="Tamu", at=at)
    assert ledger(pair.sari) == (DAY, NONE, NONE, NONE, DAY, DAY)
    Unit.objects.filter(pk=pair.general.pk).update(wfh_quota_percent=25)
    planned(pair.agency, at, NEXT)
    assert got(NEXT) == {"Sari": [3]}
    row = Allotment.objects.get(employee=pair.sari, week=NEXT)
    assert (row.place, row.owed) == (1, DAY)


def test_a_day_lost_to_a_holiday_is_owed_and_comes_first_next_week(pair, at):
    only_wednesdays(pair)
    planned(pair.agency, at)
    (served,) = got(WEEK)
    first = {"Sari": pair.sari, "Wati": pair.wati}[served]
    look = propose_repair(agency=pair.agency, dates=[WEDNESDAY], unit=None, at=at)
    assert [line.date for line in look.lines] == [None]
    ask = dict(agency=pair.agency, dates=[WEDNESDAY], unit=None, at=at, digest=look.digest, kind="HOLIDAY")
    repair_week(by=pair.hadi_user, reason="Hari libur", **ask)
    assert ledger(first) == (DAY, NONE, NONE, DAY, NONE, DAY)
    planned(pair.agency, at, NEXT)
    assert len(got(NEXT)) == 1  # both are owed one; the lot decides
    planned(pair.agency, at, NEXT + dt.timedelta(weeks=1))
    assert got(NEXT).keys() | got(NEXT + dt.timedelta(weeks=1)).keys() == {"Sari", "Wati"}


def test_who_found_no_room_comes_first_next_week(pair, at):
    only_wednesdays(pair)
    for week in range(4):
        planned(pair.agency, at, WEEK + dt.timedelta(weeks=week))
    served = [next(iter(got(WEEK + dt.timedelta(weeks=n)))) for n in range(4)]
    assert served[0::2] == [served[0]] * 2
    assert served[1::2] == [({"Sari", "Wati"} - {served[0]}).pop()] * 2
    last = WEEK + dt.timedelta(weeks=3)
    assert ledger(pair.sari, last) == ledger(pair.wati, last) == (Decimal(4), Decimal(2), NONE, NONE, NONE, Decimal(2))


def test_nothing_is_owed_for_a_week_of_leave(pair, at):
    factories.leave(pair.sari, MONDAY, FRIDAY)
    planned(pair.agency, at)
    assert ledger(pair.sari) == (NONE, NONE, NONE, NONE, NONE, NONE)
    row = Allotment.objects.get(employee=pair.sari)
    assert (row.why, row.earned) == ("AWAY", 0)


def test_nothing_is_owed_where_leave_covers_every_open_day(pair, at):
    only_wednesdays(pair)
    factories.leave(pair.sari, WEDNESDAY, WEDNESDAY)
    planned(pair.agency, at)
    assert got(WEEK) == {"Wati": [3]}
    row = Allotment.objects.get(employee=pair.sari)
    assert (row.why, row.earned) == ("AWAY", 0)
    assert UnitPlan.objects.get(unit=pair.general).exception == ""


def test_a_closed_week_is_owed(pair, at):
    rule(pair, "BLACKOUT", reason="Audit", valid=DateRange(MONDAY, NEXT))
    planned(pair.agency, at)
    assert got(WEEK) == {}
    assert ledger(pair.sari) == (DAY, NONE, NONE, NONE, NONE, DAY)
    assert UnitPlan.objects.get(unit=pair.general).exception in ("CLOSED", "CLASH")


def test_a_week_of_days_off_owes_nothing(pair, at):
    for n in range(5):
        Holiday.objects.create(date=WEEK + dt.timedelta(days=n), name="Libur Panjang")
    planned(pair.agency, at)
    assert ledger(pair.sari) == (NONE, NONE, NONE, NONE, NONE, NONE)


def test_an_extra_day_taken_back_leaves_no_debt_the_other_way(cast, at):
    in_force(cast.agency, at, "BERJENJANG-2026")
    factories.appraisal(cast.sari, rating=Rating.GOOD)  # one earned, two allowed
    planned(cast.agency, at)
    other = THURSDAY if day_of(cast.sari).date != THURSDAY else FRIDAY
    extra = send_request(by=cast.sari_user, date=other, gives_up_id=None, reason="", at=at)
    approve_request(by=cast.budi_user, request_id=extra.pk, version=1, at=at)
    assert ledger(cast.sari) == (DAY, Decimal(2), NONE, NONE, NONE, -DAY)
    withdraw_request(by=cast.sari_user, request_id=extra.pk, at=at)
    assert ledger(cast.sari) == (DAY, DAY, NONE, NONE, NONE, NONE)
    extra = send_request(by=cast.sari_user, date=other, gives_up_id=None, reason="", at=at)
    approve_request(by=cast.budi_user, request_id=extra.pk, version=1, at=at)
    give_back(by=cast.sari_user, day_id=WfhDay.objects.active().get(employee=cast.sari, date=other).pk, at=at)
    assert ledger(cast.sari) == (DAY, DAY, NONE, NONE, NONE, NONE)


# --- over periods -------------------------------------------------------------------------------


def days_had(cast, person, dates, earned):
    """A past without plans of many people: what the person earned and had in weeks before."""
    from schedules.models import Plan

    for week in dates:
        plan, _new = Plan.objects.get_or_create(
            agency=cast.agency,
            week=week,
            defaults=dict(state="PUBLISHED", created_at=_utc(week), published_at=_utc(week)),
        )
        row = dict(agency_id=cast.agency.pk, employee=person, unit=cast.general, week=week, track="REWARD")
        Allotment.objects.create(plan=plan, earned=earned, dates=[], why="NO_ROOM", place=1, **row)


def _utc(week):
    return dt.datetime.combine(week - dt.timedelta(days=3), dt.time(8), tzinfo=dt.UTC)


def test_a_debt_is_carried_into_the_next_period_and_then_forgotten(pair, at):
    only_wednesdays(pair)
    start = period_of(WEEK) + PERIOD_WEEKS * dt.timedelta(weeks=1)  # the next period's first week
    days_had(pair, pair.wati, [start - dt.timedelta(weeks=1)], earned=1)  # owed one from the period before
    planned(pair.agency, at, start)
    assert got(start) == {"Wati": [3]}
    later = start + PERIOD_WEEKS * dt.timedelta(weeks=1)
    assert balance_of(pair.wati, start).owed == DAY
    assert balance_of(pair.wati, later).owed == NONE  # thirteen weeks on it is out of the ledger


def test_drafts_are_in_nobodys_ledger(pair, at):
    from schedules.actions.plans import draft_plan

    from .weeks import decided

    decided(pair.agency, at)
    draft_plan(agency=pair.agency, week=WEEK, by=None, at=at)
    assert ledger(pair.sari) == (NONE,) * 6


# --- rating, wishes, fixed weekday --------------------------------------------------------------

EARNED = [(Rating.VERY_GOOD, 2), (Rating.GOOD, 1)]


@pytest.mark.parametrize(("rating", "days"), EARNED)
def test_one_or_two_days_by_rating(cast, at, rating, days):
    in_force(cast.agency, at, "BERJENJANG-2026")
    factories.appraisal(cast.sari, rating=rating)
    planned(cast.agency, at)
    assert balance_of(cast.sari, WEEK).earned == days
    assert len(got(WEEK)["Sari"]) == days


def test_below_the_minimum_rating_there_is_no_day(cast, at):
    in_force(cast.agency, at, "BERJENJANG-2026")
    factories.appraisal(cast.sari, rating=Rating.FAIR)
    planned(cast.agency, at)
    assert got(WEEK) == {}
    assert not Allotment.objects.exists()


def test_wishes_are_honoured_after_fairness(pair, at):
    for user in (pair.sari_user, pair.wati_user):
        save_wishes(by=user, weekdays=[4, 2], at=at)
    planned(pair.agency, at)
    days = got(WEEK)
    assert sorted(days.values()) == [[2], [4]]
    assert {row.rank for row in Allotment.objects.all()} == {1, 2}
    planned(pair.agency, at, NEXT)
    assert sorted(got(NEXT).values()) == [[2], [4]]
    assert got(NEXT) != days  # who had the second choice comes first


def test_an_approved_weekday_is_tried_first_until_it_ends(pair, at):
    asked = send_series(by=pair.sari_user, date=FRIDAY, until=FRIDAY + dt.timedelta(weeks=1), reason="Kuliah", at=at)
    save_wishes(by=pair.sari_user, weekdays=[1], at=at)
    save_wishes(by=pair.wati_user, weekdays=[3], at=at)
    approve_request(by=pair.budi_user, request_id=asked.pk, version=1, at=at)
    assert Request.objects.get().state == "APPROVED"
    for n in range(3):
        planned(pair.agency, at, WEEK + dt.timedelta(weeks=n))
    assert [got(WEEK + dt.timedelta(weeks=n))["Sari"] for n in range(3)] == [[5], [5], [1]]
    whys = Allotment.objects.filter(employee=pair.sari).order_by("week").values_list("why", flat=True)
    assert list(whys) == ["SERIES", "SERIES", "CHOICE"]


def test_a_series_that_waits_or_was_withdrawn_changes_nothing(pair, at):
    asked = send_series(by=pair.sari_user, date=FRIDAY, until=FRIDAY + dt.timedelta(weeks=9), reason="Kuliah", at=at)
    save_wishes(by=pair.sari_user, weekdays=[1], at=at)
    save_wishes(by=pair.wati_user, weekdays=[3], at=at)
    planned(pair.agency, at)
    approve_request(by=pair.budi_user, request_id=asked.pk, version=1, at=at)
    withdraw_request(by=pair.sari_user, request_id=asked.pk, at=at)
    planned(pair.agency, at, NEXT)
    assert (got(WEEK)["Sari"], got(NEXT)["Sari"]) == ([1], [1])


# --- movers -------------------------------------------------------------------------------------


def test_who_moves_within_the_week_gets_a_day_where_they_are_most_of_it(pair, at):
    Placement.objects.filter(employee=pair.sari).update(valid=DateRange(dt.date(2019, 1, 1), THURSDAY))
    Placement.objects.create(
        employee=pair.sari, agency=pair.agency, unit=pair.planning, supervisor=pair.eko, valid=DateRange(THURSDAY, None)
    )
    rule(pair, "BLACKOUT", weekday=1, reason="Layanan")
    rule(pair, "BLACKOUT", weekday=2, reason="Layanan")
    planned(pair.agency, at)
    day = day_of(pair.sari)
    assert (day.unit, day.date) == (pair.general, WEDNESDAY)  # not a Thursday, on which she is elsewhere


def test_a_joiner_is_decided_on_from_the_first_monday_on(pair, at):
    new = factories.employee(pair.general, "Baru Datang", pair.budi, valid=DateRange(WEDNESDAY, None))
    factories.appraisal(new, rating=Rating.GOOD)
    planned(pair.agency, at)
    planned(pair.agency, at, NEXT)
    assert [list(got(week).get("Baru", [])) != [] for week in (WEEK, NEXT)] == [False, True]


def test_a_leaver_gets_no_day_after_the_last(pair, at):
    Placement.objects.filter(employee=pair.sari).update(valid=DateRange(dt.date(2019, 1, 1), WEDNESDAY))
    save_wishes(by=pair.sari_user, weekdays=[5, 4], at=at)
    planned(pair.agency, at)
    assert day_of(pair.sari).date < WEDNESDAY


# --- sentences ----------------------------------------------------------------------------------

SENTENCES = [
    # what the plan wrote, what it says in English
    (dict(dates=[WEDNESDAY], why="CHOICE", rank=1), "Wednesday: choice number 1 of your wishes."),
    (dict(dates=[FRIDAY], why="SERIES"), "Friday: the fixed weekday that was approved."),
    (dict(dates=[WEDNESDAY], why="FIXED"), "Wednesday: the policy's weekday; it was your turn."),
    (dict(dates=[MONDAY], why="ROOM"), "Monday: the day with the most room in the unit."),
    (
        dict(dates=[], why="NO_ROOM", wanted=WEDNESDAY, code="R-KUOTA-UNIT", used=5, cap=5),
        "Wednesday is full (5 of 5). No place was left. The day is owed: you come first next week.",
    ),
    (dict(dates=[], why="AWAY", earned=0), "Nothing is earned and nothing owed."),
    (dict(dates=[], why="CLOSED"), "no day of this week is open to WFH in the unit. The day is owed."),
    (dict(dates=[MONDAY], why="ROOM", earned=2), "A further day was earned but no place was left; it is owed."),
    (
        dict(dates=[MONDAY], why="CHOICE", rank=2, wanted=WEDNESDAY, code="R-POS-WAJIB"),
        "Wednesday is not possible: the post must stay staffed. Monday: choice number 2 of your wishes.",
    ),
]


@pytest.mark.parametrize(("fields", "said"), SENTENCES, ids=[said[:40] for _fields, said in SENTENCES])
def test_every_choice_has_its_sentence(fields, said):
    row = Allotment(**{"earned": 1, "place": 3, "owed": HALF} | fields)
    with translation.override("en"):
        assert said in choice(row)
        assert turn(row) == "Place 3 in the unit's order; days owed before: 0.5."
    with translation.override("id"):
        assert choice(row)
        assert "0,5" in turn(row)


def test_the_plan_writes_what_the_person_reads(pair, at):
    only_wednesdays(pair)
    planned(pair.agency, at)
    left = Allotment.objects.get(dates=[])
    with translation.override("en"):
        assert (
            choice(left) == "Wednesday is full (1 of 1). No place was left. The day is owed: you come first next week."
        )


def test_a_clash_names_the_limits_and_what_would_help(pair, at):
    only_wednesdays(pair)
    planned(pair.agency, at)
    line = UnitPlan.objects.get(unit=pair.general)
    assert line.exception == "CLASH"
    with translation.override("en"):
        assert exception(line) == "Limits clash: somebody is left without a day."
        assert len(clash(line)) == 2
        assert any("unit's share at home" in said.lower() for said in clash(line))
        assert any("1 more person a day" in said for said in proposals(line))


def test_leave_alone_below_the_minimum_is_named(pair, at):
    rule(pair, "MIN_PRESENT", number=3)
    factories.leave(pair.sari, THURSDAY, THURSDAY)
    planned(pair.agency, at)
    line = UnitPlan.objects.get(unit=pair.general)
    assert (line.exception, line.clash["dates"]) == ("UNDERSTAFFED", [THURSDAY.isoformat()])
