"""A day off is withdrawn or moved after publishing: whoever had lost a day to it is proposed to get one back."""

import datetime as dt

import pytest
from django.urls import reverse

from eligibility import permissions
from eligibility.actions import Refused
from eligibility.models import Correction
from employees.actions import declare_holiday, move_holiday, record_leave, withdraw_holiday
from ledger.models import Event
from schedules import wording
from schedules.actions.corrections import apply, dismiss
from schedules.actions.day_corrections import propose_days_due
from schedules.actions.unit_rules import set_rule
from schedules.models import Allotment, Notice, Plan, WfhDay
from schedules.notices import spoken
from schedules.queries import balance_of
from tests import factories
from tests.worlds import world

from .pages import as_, text
from .weeks import FRIDAY, THURSDAY, WEDNESDAY, WEEK, day_of, in_force, planned


@world
def house(cast, at):
    """REWARD-2019 in force, everybody of both units very good; nothing is planned yet."""
    in_force(cast.agency, at)
    for person in (cast.sari, cast.eko, *cast.team):
        factories.appraisal(person)
    return cast


def off(cast, at, date=WEDNESDAY):
    known = dict(name="Hari berkabung", kind="LIBUR_NASIONAL", source="", by=cast.hadi_user, at=at)
    return declare_holiday(agency=cast.agency, date=date, **known)


def changed(cast, at, one, to=None):
    ask = dict(holiday_id=one.pk, by=cast.hadi_user, at=at, reason="Keppres 9", version=one.version)
    return move_holiday(date=to, **ask) if to else withdraw_holiday(**ask)


def proposed(**filters):
    return Correction.objects.filter(state="PROPOSED", **filters)


def decide(cast, at, one, do=apply, **other):
    ask = dict(by=cast.hadi_user, at=at, reason="Hari libur dibatalkan", version=one.version) | other
    return do(correction_id=one.pk, **ask)


def closed(cast, at):
    """No day of the week is open in Sari's unit."""
    known = dict(unit=cast.general, since=WEEK, last=FRIDAY, date=None, reason="Pindah gedung")
    set_rule(by=cast.hadi_user, agency=cast.agency, kind="BLACKOUT", at=at, **known)


@world
def lost(house, at):
    """Sari's Wednesday was taken by a day off and no other day was open; then the day off is withdrawn."""
    planned(house.agency, at)
    one = off(house, at)
    rule = dict(unit=house.general, since=WEEK, last=FRIDAY, date=None, reason="Rapat")
    for weekday in (1, 2, 4, 5):
        set_rule(by=house.hadi_user, agency=house.agency, kind="BLACKOUT", weekday=weekday, at=at, **rule)
    propose_days_due(at=at)
    decide(house, at, proposed(employee=house.sari).get())
    assert WfhDay.objects.get(employee=house.sari).state == "LOST"
    changed(house, at, one)
    return house


def test_whoever_lost_a_day_is_proposed_one_and_nothing_is_given_by_itself(lost, at, english):
    assert propose_days_due(at=at)
    (one,) = proposed()  # the others had waited; their Wednesday stands again
    assert (one.cause, one.employee) == ("REOPENED", lost.sari)
    assert "no day off any more (Hari berkabung)" in wording.after_correction(one)
    assert "where the limits allow" in wording.after_correction(one)
    assert not WfhDay.objects.active().filter(employee=lost.sari).exists()
    assert propose_days_due(at=at) == 0


def test_applied_the_day_is_given_by_a_revision_nothing_is_owed_and_it_is_told(lost, at, english):
    propose_days_due(at=at)
    one = decide(lost, at, proposed().get())
    day = day_of(lost.sari)
    assert (day.date, day.origin, day.plan.revision) == (WEDNESDAY, "PLAN", 3)
    assert (balance_of(lost.sari, WEEK).earned, balance_of(lost.sari, WEEK).owed) == (1, 0)
    assert Allotment.objects.get(plan=day.plan).earned == 0  # earned once
    assert "WFH on Wednesday" in wording.after_correction(one)
    assert Event.objects.get(verb="plan.revise", subject_id=day.plan_id).reason == "Hari libur dibatalkan"
    (told,) = spoken(list(Notice.objects.filter(kind="decision-corrected").select_related("receiver")))
    assert told.notice.receiver == lost.sari
    assert "corrected the WFH days of week 2026-W49" in told.said
    assert "WFH on Wednesday" in told.said
    client = as_(lost.sari_user)
    client.cookies["language"] = "en"
    assert "no day off any more" in text(client.get(reverse("my-week"), {"week": "2026-W49"}))
    assert propose_days_due(at=at) == 0


def test_dismissed_nothing_is_given_and_it_is_not_proposed_again(lost, at):
    propose_days_due(at=at)
    decide(lost, at, proposed().get(), do=dismiss)
    off(lost, at, THURSDAY)
    propose_days_due(at=at)
    assert not proposed(employee=lost.sari).exists()
    assert not WfhDay.objects.active().filter(employee=lost.sari).exists()


def test_where_no_place_is_left_the_answer_says_so_and_it_ends_there(lost, at, english):
    propose_days_due(at=at)
    closed(lost, at)
    revision = Plan.objects.get(state="PUBLISHED").revision
    one = decide(lost, at, proposed().get())
    assert "no day of that week is open in the unit; the day is owed" in wording.after_correction(one)
    assert Plan.objects.get(state="PUBLISHED").revision == revision
    assert balance_of(lost.sari, WEEK).owed == 1
    assert propose_days_due(at=at) == 0
    assert not proposed().exists()


def test_what_is_needless_by_now_is_refused_and_then_goes(lost, at):
    propose_days_due(at=at)
    one = proposed().get()
    off(lost, at)  # a day off again
    with pytest.raises(Refused) as refused:
        decide(lost, at, one)
    assert refused.value.code == "NEEDLESS"
    propose_days_due(at=at)
    assert not proposed(cause="REOPENED").exists()


def test_a_day_off_withdrawn_before_anything_was_done_ends_the_proposals(house, at):
    planned(house.agency, at)
    one = off(house, at)
    propose_days_due(at=at)
    waiting = proposed(employee=house.sari).get()
    changed(house, at, one)
    with pytest.raises(Refused) as refused:  # nobody's day is moved from a working day
        decide(house, at, waiting)
    assert refused.value.code == "NEEDLESS"
    propose_days_due(at=at)
    assert not proposed().exists()
    assert day_of(house.sari).date == WEDNESDAY


def test_moved_it_takes_the_days_of_its_new_date_and_gives_back_those_of_the_old(lost, at):
    one = off(lost, at)
    changed(lost, at, one, to=THURSDAY)
    WfhDay.objects.active().filter(employee=lost.eko).update(date=THURSDAY)
    propose_days_due(at=at)
    assert set(proposed().values_list("cause", "employee")) == {("REOPENED", lost.sari.pk), ("CALENDAR", lost.eko.pk)}


def test_whoever_was_planned_none_because_of_it_is_proposed_one_too(house, at):
    one = off(house, at)
    planned(house.agency, at)  # REWARD-2019 names the Wednesday: nobody can be given a day
    assert not WfhDay.objects.exists()
    changed(house, at, one)
    assert propose_days_due(at=at) == 5
    decide(house, at, proposed(employee=house.sari).get())
    assert day_of(house.sari).date == WEDNESDAY
    assert balance_of(house.sari, WEEK).owed == 0


def test_a_day_off_of_before_publishing_or_on_a_weekday_the_policy_never_gives_proposes_nothing(house, at):
    wednesday, thursday = off(house, at), off(house, at, THURSDAY)
    changed(house, at - dt.timedelta(hours=1), wednesday)
    closed(house, at)
    planned(house.agency, at)
    changed(house, at, thursday)
    assert propose_days_due(at=at) == 0


def test_who_is_away_or_not_eligible_any_more_is_not_proposed_any(lost, at):
    known = dict(first=WEDNESDAY, last=WEDNESDAY, kind="Cuti", source="")
    record_leave(employee=lost.sari, by=lost.dewi_user, at=at, **known)
    propose_days_due(at=at)
    assert not proposed().exists()


def test_only_the_hr_head_decides(lost, at):
    propose_days_due(at=at)
    for user in (lost.budi_user, lost.dewi_user, lost.sari_user, lost.eko_user, lost.ratna_user):
        with pytest.raises(permissions.Denied):
            decide(lost, at, proposed().get(), by=user)
    assert not WfhDay.objects.active().filter(employee=lost.sari).exists()


@pytest.mark.parametrize("more", [0, 2])
def test_the_number_of_statements_does_not_hang_on_the_people(house, at, django_assert_num_queries, more):
    for n in range(more):
        factories.appraisal(factories.employee(house.general, f"Pegawai {n}", house.budi))
    one = off(house, at)
    planned(house.agency, at)
    changed(house, at, one)
    with django_assert_num_queries(32):
        assert propose_days_due(at=at) == 5 + more
