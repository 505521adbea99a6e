"""Who decides and who never does: one's own request, stand-ins, circles, orphans, escalation."""

import datetime as dt

import pytest
from psycopg2.extras import DateRange

from employees.models import Placement
from ledger.models import Event
from schedules.actions.requests import send_request
from tests import factories

from .deciding import decide_all_ways, lend, post, states
from .pages import THURSDAY, as_, asked, text


def test_nobody_decides_their_own_by_page_or_bulk(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    assert decide_all_ways(week.sari_user, one) == [403, 403, 403]
    assert states([one]) == ["SENT"]


def test_a_stand_in_decides_in_the_supervisors_name_and_both_are_recorded(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    lend(week, week.budi, week.eko, now)
    client = as_(week.eko_user)
    page = text(client.get("/approvals/"))
    assert "Sari Rahmawati" in page
    assert "Budi Santoso" in page
    told = text(client.post(f"/approvals/{one.pk}/approve/", {"version": 1}, follow=True))
    one.refresh_from_db()
    assert (one.state, one.decided_by, one.decided_for) == ("APPROVED", week.eko_user, week.budi)
    event = Event.objects.get(verb="request.approve")
    assert (event.actor_id, event.on_behalf_of_id) == (week.eko_user.pk, week.budi_user.pk)
    decided = told.split('id="h-decided"')[1]
    assert "Eko Prasetyo" in decided
    assert "Budi Santoso" in decided
    assert "Eko Prasetyo" in text(as_(week.budi_user).get("/approvals/")).split('id="h-decided"')[1]


@pytest.mark.parametrize("what", ["approve", "reject", "return", "bulk"])
@pytest.mark.parametrize(
    ("fields", "away", "may"),
    [
        ({}, False, True),
        ({"valid": DateRange(dt.date(2019, 1, 1), dt.date(2019, 2, 1))}, False, False),  # expired
        ({"ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, False, False),
        ({"on_leave_only": True}, False, False),
        ({"on_leave_only": True}, True, True),
    ],
)
def test_when_a_stand_in_counts(week, now, fields, away, may, what):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    lend(week, week.budi, week.eko, now, **fields)
    if away:
        factories.leave(week.budi, dt.date(2020, 1, 1), dt.date(2035, 1, 1))
    if what == "bulk":
        post(week.eko_user, [f"{one.pk}:1"])
    else:
        answer = as_(week.eko_user).post(f"/approvals/{one.pk}/{what}/", {"version": 1, "reason": "x"})
        assert answer.status_code == (302 if may else 404)
    assert (states([one]) != ["SENT"]) is may


def test_a_stand_in_never_decides_for_whoever_lent_nor_their_own(week, now):
    """Budi lends to Sari: Sari's own request stays closed to her, and so does Budi's, which waits for Hadi."""
    lend(week, week.budi, week.sari, now)
    own = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    theirs = asked(week, week.budi, THURSDAY, now, supervisor=week.hadi)
    lend(week, week.hadi, week.sari, now)
    assert decide_all_ways(week.sari_user, own) == [403, 403, 403]
    assert decide_all_ways(week.sari_user, theirs) == [403, 403, 403]
    assert states([own, theirs]) == ["SENT", "SENT"]
    page = text(as_(week.sari_user).get("/approvals/"))
    assert 'name="chosen"' not in page


def test_what_is_lent_is_not_lent_on(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    lend(week, week.budi, week.eko, now)
    lend(week, week.eko, week.hadi, now)
    assert decide_all_ways(week.hadi_user, one) == [403, 403, 403]
    assert states([one]) == ["SENT"]


def test_in_a_circle_hr_decides_and_nobody_in_it(week, now):
    """Sari reports to Budi and Budi to Sari: whatever one asks has no holder."""
    Placement.objects.filter(employee=week.budi).update(supervisor=week.sari)
    one = send_request(by=week.sari_user, date=THURSDAY, gives_up_id=week.day.pk, reason="", at=now)
    assert one.holder is None
    assert decide_all_ways(week.sari_user, one) == [403, 403, 403]
    assert decide_all_ways(week.budi_user, one) == [404, 404, 404]
    assert decide_all_ways(week.ratna_user, one) == [404, 404, 404]
    assert decide_all_ways(week.eko_user, one) == [404, 404, 404]
    assert f"/approvals/{one.pk}/approve/" in text(as_(week.dewi_user).get("/approvals/"))
    assert as_(week.dewi_user).post(f"/approvals/{one.pk}/approve/", {"version": 1}).status_code == 302
    assert states([one]) == ["APPROVED"]


def test_hr_without_a_holder_never_decides_their_own(week, now):
    one = asked(week, week.dewi, THURSDAY, now, holder=None)
    assert decide_all_ways(week.dewi_user, one) == [403, 403, 403]
    assert as_(week.ratna_user).post(f"/approvals/{one.pk}/approve/", {"version": 1}).status_code == 404
    assert as_(week.hadi_user).post(f"/approvals/{one.pk}/reject/", {"version": 1, "reason": "x"}).status_code == 302


def test_an_escalated_request_is_decided_by_the_next_or_still_by_the_supervisor(week, now):
    Placement.objects.filter(employee=week.budi).update(supervisor=week.hadi)
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, holder=week.hadi)
    for user in (week.hadi_user, week.budi_user):
        assert f"/approvals/{one.pk}/approve/" in text(as_(user).get("/approvals/"))
    assert as_(week.hadi_user).post(f"/approvals/{one.pk}/approve/", {"version": 1}).status_code == 302
    told = as_(week.budi_user).post(f"/approvals/{one.pk}/reject/", {"version": 1, "reason": "x"}, follow=True)
    assert "Hadi Wijaya" in text(told)
    assert states([one]) == ["APPROVED"]
