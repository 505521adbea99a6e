"""Half a day given back or moved: only one's own half, the other stays or counts as given back, nothing is owed."""

import datetime as dt
from decimal import Decimal

import pytest

from performance.rating import Rating
from schedules.actions.requests import (
    approve_many,
    approve_request,
    give_back,
    reject_request,
    send_request,
    withdraw_request,
)
from schedules.models import Request, WfhDay
from schedules.queries import balance_of
from tests import factories
from tests.worlds import world

from .weeks import FRIDAY, MONDAY, WEEK, day_of, in_force, planned, refusal

DAY, HALF, NONE = Decimal(1), Decimal("0.5"), Decimal(0)


@world
def week(cast, at):
    """Sari and Wati have one whole day each, Budi decides (BERJENJANG-2026: any weekday)."""
    in_force(cast.agency, at, "BERJENJANG-2026")
    cast.wati = factories.employee(cast.general, "Wati Utami", cast.budi)
    cast.wati_user = factories.account(cast.wati)
    for person in (cast.sari, cast.wati):
        factories.appraisal(person, rating=Rating.GOOD)
    planned(cast.agency, at)
    return cast


def late(day, at):
    """The morning of a day, before work begins: after its cut-off."""
    return dt.datetime.combine(day.date, dt.time(5), tzinfo=at.tzinfo)


def halves(person):
    """The rows of somebody's week that still stand or were given back, as (date, slot, state)."""
    rows = WfhDay.objects.filter(employee=person, state__in=["ACTIVE", "RETURNED"]).order_by("date", "slot")
    return list(rows.values_list("date", "slot", "state"))


def ledger(person):
    one = balance_of(person, WEEK)
    return one.had, one.returned, one.owed


def moved_to_half(week, at, slot="AM"):
    """Sari's whole day moved to half of another; the whole day as it was, and the request."""
    day = day_of(week.sari)
    date = FRIDAY if day.date != FRIDAY else MONDAY
    sent = send_request(by=week.sari_user, date=date, gives_up_id=day.pk, reason="", slot=slot, at=at)
    return day, approve_request(by=week.budi_user, request_id=sent.pk, version=1, at=at)


# --- given back ---------------------------------------------------------------------------------


def test_only_the_half_one_has_is_given_back(week, at):
    give_back(by=week.sari_user, day_id=day_of(week.sari).pk, slot="AM", at=at)
    half = day_of(week.sari)
    before = halves(week.sari)
    assert refusal(give_back, by=week.sari_user, day_id=half.pk, slot="AM", at=at) == "WRONG_HALF"
    assert refusal(give_back, by=week.sari_user, day_id=half.pk, slot="AM", at=late(half, at)) == "WRONG_HALF"
    assert halves(week.sari) == before
    give_back(by=week.sari_user, day_id=half.pk, slot="PM", at=at)
    assert ledger(week.sari) == (NONE, DAY, NONE)


def test_the_half_of_another_is_not_there_to_give(week, at):
    day = day_of(week.sari)
    for user in (week.wati_user, week.budi_user, week.eko_user, week.ratna_user):
        assert refusal(give_back, by=user, day_id=day.pk, slot="AM", at=at) == "NOT_YOURS"


def test_half_a_day_after_the_cutoff_is_asked_for_and_the_other_half_stays(week, at):
    day = day_of(week.sari)
    request = give_back(by=week.sari_user, day_id=day.pk, slot="AM", reason="Rapat", at=late(day, at))
    assert (request.kind, request.slot, request.gives_up) == ("RETURN", "AM", day)
    assert halves(week.sari) == [(day.date, "FULL", "ACTIVE")]
    approve_request(by=week.budi_user, request_id=request.pk, version=1, at=late(day, at))
    assert halves(week.sari) == [(day.date, "AM", "RETURNED"), (day.date, "PM", "ACTIVE")]
    assert (day_of(week.sari).replaces, day_of(week.sari).plan) == (day, day.plan)
    assert ledger(week.sari) == (HALF, HALF, NONE)


def test_a_half_kept_stays_when_the_supervisor_refuses(week, at):
    day = day_of(week.sari)
    request = give_back(by=week.sari_user, day_id=day.pk, slot="AM", at=late(day, at))
    reject_request(by=week.budi_user, request_id=request.pk, version=1, reason="Tetap", at=late(day, at))
    assert halves(week.sari) == [(day.date, "FULL", "ACTIVE")]


@pytest.mark.parametrize("slot", ["FULL", "PM"])
def test_all_of_half_a_day_is_returned_after_the_cutoff(week, at, slot):
    give_back(by=week.sari_user, day_id=day_of(week.sari).pk, slot="AM", at=at)
    half = day_of(week.sari)
    request = give_back(by=week.sari_user, day_id=half.pk, slot=slot, at=late(half, at))
    assert request.slot == "PM"
    approve_request(by=week.budi_user, request_id=request.pk, version=1, at=late(half, at))
    assert ledger(week.sari) == (NONE, DAY, NONE)


def test_a_whole_day_is_still_returned_whole(week, at):
    day = day_of(week.sari)
    request = give_back(by=week.sari_user, day_id=day.pk, at=late(day, at))
    approve_request(by=week.budi_user, request_id=request.pk, version=1, at=late(day, at))
    assert halves(week.sari) == [(day.date, "FULL", "RETURNED")]


def test_many_halves_are_decided_at_once(week, at):
    people = {week.sari: week.sari_user, week.wati: week.wati_user}
    WfhDay.objects.active().update(date=FRIDAY)
    then = late(day_of(week.sari), at)
    sent = [give_back(by=user, day_id=day_of(person).pk, slot="PM", at=then) for person, user in people.items()]
    outcomes = approve_many(by=week.budi_user, chosen=[(one.pk, 1) for one in sent], at=then)
    assert all(outcome.done for outcome in outcomes)
    for person in people:
        assert halves(person) == [(FRIDAY, "AM", "ACTIVE"), (FRIDAY, "PM", "RETURNED")]


# --- a whole day moved to half of one -----------------------------------------------------------


@pytest.mark.parametrize(("slot", "other"), [("AM", "PM"), ("PM", "AM")])
def test_a_whole_day_moved_to_half_of_one_owes_nothing(week, at, slot, other):
    day, request = moved_to_half(week, at, slot)
    assert sorted(halves(week.sari)) == sorted([(request.date, slot, "ACTIVE"), (day.date, other, "RETURNED")])
    assert ledger(week.sari) == (HALF, HALF, NONE)


def test_a_day_beyond_the_plan_moved_to_half_of_one_is_no_credit(week, at):
    """It was earned by no plan: a half given back of it would count against the person."""
    WfhDay.objects.filter(employee=week.sari).update(plan=None)
    moved_to_half(week, at)
    assert ledger(week.sari) == (HALF, NONE, HALF)
    assert WfhDay.objects.filter(employee=week.sari, state="CANCELLED", slot="PM").count() == 1


def test_taking_the_move_back_takes_the_half_back_too(week, at):
    day, request = moved_to_half(week, at)
    withdraw_request(by=week.sari_user, request_id=request.pk, at=at)
    assert halves(week.sari) == [(day.date, "FULL", "ACTIVE")]
    assert ledger(week.sari) == (DAY, NONE, NONE)


def test_taking_the_move_back_gives_all_back_where_the_day_no_longer_fits(week, at):
    day, request = moved_to_half(week, at)
    factories.leave(week.sari, day.date, day.date)
    withdraw_request(by=week.sari_user, request_id=request.pk, at=at)
    assert ledger(week.sari) == (NONE, DAY, NONE)
    assert Request.objects.get().state == "WITHDRAWN"
