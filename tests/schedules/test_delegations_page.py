"""Stand-ins by the supervisor's own hand: named in three taps, ended, and never for oneself."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from employees.models import User
from ledger.models import Event
from schedules.models import Delegation, Notice
from tests import factories
from tests.searching import search

from .deciding import lend
from .pages import FRIDAY, MONDAY, as_, text

LAST = MONDAY + dt.timedelta(days=13)


def english(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def form(person, **fields):
    return {"delegate": person.pk, "first": MONDAY.isoformat(), "last": LAST.isoformat()} | fields


def test_a_stand_in_is_named_from_the_people_around_one(cast, now):
    client = english(cast.budi_user)
    assert 'href="/delegations/"' in text(client.get("/approvals/"))
    page = text(client.get("/delegations/"))  # the first tap; the second chooses
    assert f'name="delegate" value="{cast.sari.pk}"' in page
    assert f'value="{cast.eko.pk}"' not in page
    assert f'value="{MONDAY}"' in page  # from today, for a week
    told = text(client.post("/delegations/", form(cast.sari), follow=True))  # the third
    one = Delegation.objects.get()
    assert (one.delegator, one.delegate, one.created_by) == (cast.budi, cast.sari, cast.budi_user)
    assert (one.valid.lower, one.valid.upper) == (MONDAY, LAST + dt.timedelta(days=1))
    assert "notice-success" in told
    assert "Sari Rahmawati" in told
    assert Event.objects.filter(verb="delegation.give").count() == 1
    assert Notice.objects.filter(kind="delegation-given", receiver=cast.sari).count() == 1


def test_somebody_else_of_the_agency_is_found_by_name(cast, now):
    client = english(cast.budi_user)
    assert f'value="{cast.eko.pk}"' in text(search(client, "/delegations/", "prasetyo"))
    assert f'value="{cast.eko.pk}"' not in text(search(client, "/delegations/", "pr"))
    assert (
        "Ratna"
        not in text(search(client, "/delegations/", "Ratna Sari")).split('id="id_q"')[0].split("<legend>")[1][30:]
    )
    assert cast.eko.nip not in text(search(client, "/delegations/", "Eko"))
    assert search(client, "/delegations/", "x' OR %").status_code == 200


def test_who_has_no_account_is_not_offered_and_refused(cast, now):
    client = english(cast.eko_user)
    assert "Anggota 1" not in text(client.get("/delegations/"))
    assert client.post("/delegations/", form(cast.team[0])).status_code == 409
    User.objects.filter(employee=cast.sari).update(is_active=False)
    assert "Sari" not in text(as_(cast.budi_user).get("/delegations/"))
    assert not Delegation.objects.exists()


def test_the_next_known_leave_is_what_the_form_offers(cast, now):
    factories.leave(cast.budi, FRIDAY, LAST)
    page = text(as_(cast.budi_user).get("/delegations/"))
    assert f'value="{FRIDAY}"' in page
    assert f'value="{LAST}"' in page


def test_a_standing_one_counts_only_while_on_leave_and_needs_no_end(cast, now):
    client = english(cast.budi_user)
    client.post("/delegations/", form(cast.sari, last="", on_leave_only="on"))
    one = Delegation.objects.get()
    assert (one.on_leave_only, one.valid.upper) == (True, None)
    assert "only while on leave" in text(client.get("/delegations/"))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"delegate": ""}, 422),
        ({"delegate": "x"}, 422),
        ({"delegate": "9" * 30}, 422),
        ({"first": ""}, 422),
        ({"first": "besok"}, 422),
        ({"first": "0001-01-01"}, 422),
        ({"last": "9999-12-31"}, 422),
        ({"last": ""}, 409),
        ({"first": "2026-11-20"}, 409),
        ({"last": "2026-11-01"}, 409),
        ({"last": "2028-01-01"}, 409),
        ({"delegate": "999999"}, 409),
    ],
)
def test_bad_input_is_told_in_place(cast, now, fields, status):
    answer = as_(cast.budi_user).post("/delegations/", form(cast.sari) | fields)
    assert answer.status_code == status
    assert 'role="alert"' in text(answer)
    assert not Delegation.objects.exists()


def test_oneself_and_strangers_cannot_be_named(cast, now):
    client = as_(cast.budi_user)
    for person in (cast.budi, cast.ratna, cast.stranger):
        assert client.post("/delegations/", form(person)).status_code == 409
    assert not Delegation.objects.exists()


def test_one_at_a_time(cast, now):
    client = as_(cast.budi_user)
    client.post("/delegations/", form(cast.sari))
    assert client.post("/delegations/", form(cast.dewi)).status_code == 409
    assert Delegation.objects.count() == 1


@pytest.mark.parametrize("who", ["sari", "dewi", "ratna"])
def test_who_leads_nobody_names_nobody(cast, now, who):
    user = getattr(cast, f"{who}_user")
    if who == "ratna":
        cast.stranger.placements.update(supervisor=None)
    page = text(english(user).get("/delegations/"))
    assert 'name="delegate"' not in page
    other = cast.budi if who != "ratna" else cast.stranger
    assert as_(user).post("/delegations/", form(other)).status_code == 409
    assert not Delegation.objects.exists()


def test_for_whom_one_stands_in_is_shown_to_both(cast, now):
    lend(cast, cast.budi, cast.sari, now)
    assert "<strong>Sari Rahmawati</strong> for you" in text(english(cast.budi_user).get("/delegations/"))
    assert "you for <strong>Budi Santoso</strong>" in text(english(cast.sari_user).get("/delegations/"))
    assert "Sari Rahmawati" not in text(english(cast.eko_user).get("/delegations/"))


@pytest.mark.parametrize(
    ("who", "expected"),
    [("budi", 302), ("sari", 302), ("dewi", 302), ("hadi", 302), ("eko", 404), ("ratna", 404)],
)
def test_who_ends_it(cast, now, who, expected):
    one = lend(cast, cast.budi, cast.sari, now)
    where = f"/delegations/{one.pk}/end/"
    client = as_(getattr(cast, f"{who}_user"))
    assert client.get(where).status_code == 405
    assert client.post(where).status_code == expected
    one.refresh_from_db()
    assert (one.ended_at is not None) is (expected == 302)
    assert client.post("/delegations/999999/end/").status_code == 404
    if expected == 302:
        again = as_(cast.budi_user).post(where, follow=True)
        assert "notice-error" in text(again)


def told_of_the_end(user):
    page = text(english(user).get("/notices/"))
    return page.split("<main")[1] if "no longer stands in" in page else ""


def test_both_are_told_once_when_it_ends_early_and_nobody_else(cast, now):
    one = lend(cast, cast.budi, cast.sari, now)
    for _again in range(2):
        as_(cast.dewi_user).post(f"/delegations/{one.pk}/end/")
    found = Notice.objects.filter(kind="delegation-ended")
    assert sorted(found.values_list("receiver", flat=True)) == sorted([cast.budi.pk, cast.sari.pk])
    boss, stand_in = told_of_the_end(cast.budi_user), told_of_the_end(cast.sari_user)
    for page in (boss, stand_in):
        assert "Dewi Lestari has ended it before its time" in page
        assert "Sari Rahmawati no longer stands in for Budi Santoso" in page
    assert "Sari Rahmawati no longer decides for you" in boss
    assert "are yours to decide again" in boss
    assert "Stand-in for Budi Santoso has ended" in stand_in
    assert "no longer wait for you" in stand_in
    for user in (cast.eko_user, cast.ratna_user, cast.dewi_user):
        assert not told_of_the_end(user)


def test_a_stand_in_finds_the_way_before_anything_waits(cast, now):
    assert 'href="/approvals/"' not in text(as_(cast.sari_user).get("/"))
    lend(cast, cast.budi, cast.sari, now)
    assert 'href="/approvals/"' in text(as_(cast.sari_user).get("/"))


def test_an_auditor_sees_it_but_does_not_end_it(cast, now):
    user = factories.account(factories.employee(cast.planning, "Pengawas Intern"))
    factories.grant(user, "AUDITOR", cast.agency)
    one = lend(cast, cast.budi, cast.sari, now)
    assert as_(user).post(f"/delegations/{one.pk}/end/").status_code == 403
    one.refresh_from_db()
    assert one.ended_at is None


def test_from_the_next_click_on_an_ended_one_counts_no_more(cast, now):
    one = lend(cast, cast.budi, cast.sari, now)
    assert "Budi Santoso" in text(as_(cast.sari_user).get("/approvals/")).split("<main")[1]
    as_(cast.budi_user).post(f"/delegations/{one.pk}/end/")
    assert "Budi Santoso" not in text(as_(cast.sari_user).get("/approvals/")).split("<main")[1]


def test_a_form_from_elsewhere_changes_nothing(cast, now):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.budi_user)
    assert client.post("/delegations/", form(cast.sari)).status_code == 403
    assert not Delegation.objects.exists()


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_in_both_languages(cast, now, language):
    lend(cast, cast.budi, cast.sari, now)
    lend(cast, cast.eko, cast.budi, now, on_leave_only=True)
    client = as_(cast.budi_user)
    client.cookies["language"] = language
    page = client.get("/delegations/").content.decode()
    assert f'<html lang="{language}">' in page
    assert "style=" not in page
    assert "{#" not in page


def test_queries_do_not_grow(cast, now):
    counts = []
    for n in range(2):
        people = [factories.employee(cast.general, f"Orang {n} {m}", cast.budi) for m in range(1 + 2 * n)]
        for m, person in enumerate(people):
            factories.account(person)
            ended = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
            lend(cast, cast.budi, person, now, ended_at=ended)
            lend(cast, person, cast.budi, now, on_leave_only=bool(m % 2))
        client = as_(cast.budi_user)
        with CaptureQueriesContext(connection) as ran:
            assert client.get("/delegations/").status_code == 200
        counts.append(len(ran))
    assert counts[0] == counts[1] <= 16


def test_a_search_with_a_sign_no_text_can_hold_is_answered(cast, now):
    page = search(english(cast.budi_user), "/delegations/", "a\0bc")
    assert (page.status_code, page.context["text"]) == (200, "abc")
