"""Two stages in bulk: as many statements for three as for one, each before the right person, told once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from employees.models import Placement, User
from ledger.models import Event
from schedules.actions.requests import approve_many
from schedules.models import Notice, Request, WfhDay
from tests import factories
from tests.worlds import world

from .deciding import lend
from .pages import asked
from .weeks import THURSDAY, WEDNESDAY, day_of, in_force, planned


@world
def house(cast, at):
    """Three of Budi's people ask for the Thursday, in two stages: Budi, then Eko, to whom he reports."""
    in_force(cast.agency, at)
    Placement.objects.filter(employee=cast.budi).update(supervisor=cast.eko)
    cast.people = [cast.sari, *(factories.employee(cast.general, f"Pegawai {n}", cast.budi) for n in (1, 2))]
    for person in cast.people:
        factories.appraisal(person)
    planned(cast.agency, at)
    cast.sent = [asked(cast, person, THURSDAY, at, day_of(person), stages=2) for person in cast.people]
    return cast


def endorse(cast, at, some=None, by=None):
    """The codes of what stayed as it was."""
    chosen = [(one.pk, one.version) for one in (cast.sent if some is None else some)]
    outcomes = approve_many(by=by or cast.budi_user, chosen=chosen, at=at)
    return [outcome.refusal.code for outcome in outcomes if not outcome.done]


def again(cast):
    return [Request.objects.get(pk=one.pk) for one in cast.sent]


@pytest.mark.parametrize("count", [1, 3])
def test_the_statements_of_both_stages_do_not_grow(house, at, count):
    with CaptureQueriesContext(connection) as first:
        assert endorse(house, at, house.sent[:count]) == []
    left, eko = again(house)[:count], User.objects.get(pk=house.eko_user.pk)
    with CaptureQueriesContext(connection) as second:
        assert endorse(house, at, left, by=eko) == []
    assert [one.state for one in again(house)[:count]] == ["APPROVED"] * count
    assert (len(first), len(second)) == (35, 34)


def test_each_row_event_and_notice_is_what_one_by_one_makes(house, at):
    assert endorse(house, at) == []
    for one in again(house):
        assert (one.state, one.stage, one.holder, one.version) == ("SENT", 2, house.eko, 2)
        assert (one.endorsed_by, one.endorsed_for, one.reminded_at, one.escalated_at) == (
            house.budi_user,
            None,
            None,
            at,
        )
        assert at < one.next_at <= one.due_at
    assert Event.objects.filter(verb="request.endorse", actor_id=house.budi_user.pk).count() == 3
    assert {e.after["holder"] for e in Event.objects.filter(verb="request.endorse")} == {house.eko.pk}
    assert Notice.objects.filter(kind="request-sent", receiver=house.eko).count() == 3
    assert not WfhDay.objects.active().filter(date=THURSDAY).exists()
    assert endorse(house, at, again(house)) == ["SAME_PERSON"] * 3
    assert endorse(house, at, again(house), by=house.ratna_user) == ["NOT_YOURS"] * 3


def test_what_is_returned_is_what_was_written(house, at):
    for outcome in approve_many(by=house.budi_user, chosen=[(one.pk, 1) for one in house.sent], at=at):
        row, found = Request.objects.get(pk=outcome.request.pk), outcome.request
        for name in ("state", "stage", "holder_id", "version", "next_at", "endorsed_by_id", "endorsed_for_id"):
            assert getattr(found, name) == getattr(row, name), name


def test_whose_stand_in_the_next_one_is_goes_past_them(house, at):
    """Eko stands in for one of the three, so HR decides theirs; the others are his."""
    lend(house, house.people[1], house.eko, at)
    assert endorse(house, at) == []
    assert [one.holder for one in again(house)] == [house.eko, None, house.eko]
    assert Notice.objects.filter(kind="request-sent", receiver=house.dewi).count() == 1
    assert Notice.objects.filter(kind="request-sent", receiver=house.eko).count() == 2


def test_a_stand_in_endorses_some_in_anothers_name_and_both_names_stand(house, at):
    wati = factories.employee(house.general, "Wati Utami", house.budi)
    user = factories.account(wati)
    lend(house, house.budi, wati, at)
    assert endorse(house, at, house.sent[:2], by=user) == []
    assert [(one.endorsed_by, one.endorsed_for) for one in again(house)[:2]] == [(user, house.budi)] * 2
    events = Event.objects.filter(verb="request.endorse")
    assert set(events.values_list("actor_id", "on_behalf_of_id")) == {(user.pk, house.budi_user.pk)}
    assert endorse(house, at, again(house)[:2]) == ["SAME_PERSON"] * 2  # endorsed in his name


def test_an_account_that_is_closed_is_passed_over(house, at):
    User.objects.filter(pk=house.eko_user.pk).update(is_active=False)
    assert endorse(house, at) == []
    assert {one.holder for one in again(house)} == {None}


def test_the_second_stage_of_who_reports_elsewhere_by_now_is_refused(house, at):
    assert endorse(house, at) == []
    Placement.objects.filter(employee=house.people[2]).update(supervisor=house.dewi)
    assert endorse(house, at, again(house), by=house.eko_user) == ["NOT_YOURS"]
    assert [one.state for one in again(house)] == ["APPROVED", "APPROVED", "SENT"]
    assert day_of(house.people[2]).date == WEDNESDAY
