"""The pages of civil servants and supervisors, over a real published week."""

import datetime as dt

import pytest
from django.utils import translation

from ledger.models import Event
from performance.rating import Rating
from schedules import wording
from schedules.models import Allotment, Request, WfhDay
from tests import factories

from .pages import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, as_, asked, given, text

# --- my week ---------------------------------------------------------------------------------------


def test_the_first_page_names_the_day_and_why_is_one_tap_away(week):
    answer = as_(week.sari_user).get("/")
    page = text(answer)
    assert answer.status_code == 200
    assert "<strong>Rabu, 25 November</strong>" in page.split("</h1>")[0]
    assert 'href="/why/2026-W48/"' in page
    assert "/requests/new/?day=2026-11-25" in page
    assert 'aria-current="date"' in page


def test_the_first_page_shows_who_approved_the_score(week):
    page = text(as_(week.sari_user).get("/"))
    assert "Dewi Lestari" in page
    assert "2 Februari 2026" in page


def test_a_number_is_shown_where_the_regime_has_one(cast, now):
    factories.numeric(cast.sari, "109.50", rating=Rating.GOOD)
    assert "109,50" in text(as_(cast.sari_user).get("/"))


def test_who_is_not_eligible_reads_so_and_finds_no_dead_button(week):
    page = text(as_(week.budi_user).get("/"))
    assert "/requests/new/" not in page
    assert 'href="/why/2026-W48/"' in page


def test_a_holiday_is_named_and_a_waiting_request_stands_on_its_day(week, now):
    from employees.models import Holiday

    Holiday.objects.create(date=THURSDAY, name="Hari Contoh")
    asked(week, week.sari, FRIDAY, now, gives_up=week.day)
    page = text(as_(week.sari_user).get("/"))
    assert "Hari Contoh" in page
    assert "day-WAITING" in page
    assert "/requests/new/?day=2026-11-25" not in page  # one waits already


def test_another_week_by_its_name(week):
    page = text(as_(week.sari_user).get("/?week=2026-W50"))
    assert "2026-W50" in page
    assert "2026-W51" in page


@pytest.mark.parametrize("name", ["2026-W54", "x", "2026-W00", "9999-W52", "0001-W01", "%00", "2026-W48'"])
def test_a_week_that_does_not_exist_gets_a_sentence(week, name):
    answer = as_(week.sari_user).get("/", {"week": name})
    assert answer.status_code == 400
    assert 'class="site-header"' in answer.content.decode()


def test_an_account_without_a_person_gets_a_friendly_page(db):
    user = factories.account(username="platform")
    factories.grant(user, "PLATFORM_ADMIN")
    for path in ("/", "/requests/", "/approvals/", "/why/2026-W48/", "/requests/new/?day=2026-11-25"):
        answer = as_(user).get(path)
        assert answer.status_code == 200
        assert 'href="/admin/"' in answer.content.decode()


def test_a_person_without_a_placement_gets_a_page(cast, now):
    person = factories.employee(cast.general, "Tanpa Penempatan", place=False)
    user = factories.account(person)
    for path in ("/", "/requests/", "/approvals/", "/why/2026-W48/", "/requests/new/?day=2026-11-25", "/account/"):
        assert as_(user).get(path).status_code == 200


def test_the_plans_own_sentence_stands_under_the_day(week):
    page = text(as_(week.sari_user).get("/"))
    assert "giliran" in page or "turn" in page
    client = as_(week.sari_user)
    client.cookies["language"] = "en"
    assert "Wednesday: the policy&#x27;s weekday; it was your turn." in text(client.get("/"))


def test_of_two_days_the_sentence_claims_no_single_one(week):
    one = Allotment(dates=[TUESDAY, FRIDAY], why="CHOICE", rank=1, earned=2)
    with translation.override("en"):
        assert wording.choice(one) == "Tuesday and Friday: choice number 1 of your wishes is among them."


def test_four_weeks_are_shown_and_each_can_be_opened(week):
    page = text(as_(week.sari_user).get("/"))
    assert page.count('<ol class="week">') == 2
    assert "?week=2026-W50" in page
    assert "?week=2026-W51" in page


def test_a_day_of_leave_is_a_tile_of_its_own(week):
    factories.leave(week.sari, THURSDAY, FRIDAY, "Cuti tahunan")
    page = text(as_(week.sari_user).get("/"))
    assert page.count("day-LEAVE") == 2
    assert "Cuti tahunan" in page


@pytest.mark.parametrize(
    ("moment", "swap", "give"),
    [
        ("2026-11-24T14:59", True, True),  # the last minute in which the day is free
        ("2026-11-24T15:00", False, True),  # from here on with consent
        ("2026-11-25T07:29", False, True),
        ("2026-11-25T07:30", False, False),  # the day has begun
    ],
)
def test_what_can_be_done_with_a_day_hangs_on_the_clock(week, monkeypatch, now, moment, swap, give):
    at = dt.datetime.fromisoformat(moment).replace(tzinfo=now.tzinfo)
    monkeypatch.setattr("employees.views.timezone.now", lambda: at)
    page = text(as_(week.sari_user).get("/"))
    assert (f"/swaps/new/?day={week.day.pk}" in page) is swap
    assert (f"/days/{week.day.pk}/give-back/" in page) is give
    assert ("24 November, 15.00 WIB" in page) is give


def test_an_extra_day_is_offered_below_the_maximum_only(week):
    assert "extra=1" not in text(as_(week.sari_user).get("/"))
    WfhDay.objects.filter(pk=week.day.pk).update(state="RETURNED")
    assert "/requests/new/?day=2026-11-23&amp;extra=1" in text(as_(week.sari_user).get("/"))


def test_fairness_shows_what_was_earned_had_and_owed_and_the_weekdays(week):
    WfhDay.objects.filter(pk=week.day.pk).update(state="RECALLED")
    given(week, week.sari, dt.date(2026, 11, 16), slot="AM")
    client = as_(week.sari_user)
    client.cookies["language"] = "en"
    page = text(client.get("/"))
    card = page.split('id="h-fair"')[1].split("</section>")[0]
    figures = [part.split("</dd>")[0].strip() for part in card.split("<dd>")[1:]]
    assert figures == ["1", "0.5", "1", "0.5"]  # earned, had, recalled, owed
    assert card.count('class="spread-count"') == 5
    assert 'href="/wishes/#order"' in card


# --- why -------------------------------------------------------------------------------------------


def test_why_shows_each_condition_with_its_facts_and_the_policy(week):
    page = text(as_(week.sari_user).get("/why/2026-W48/"))
    for part in ("REWARD-2019", "Penghargaan kinerja 2019", "Gagasan Menteri PANRB", "Dewi Lestari", "✓"):
        assert part in page
    assert "✗" not in page


def test_why_says_what_the_plan_did(week):
    client = as_(week.sari_user)
    client.cookies["language"] = "en"
    page = text(client.get("/why/2026-W48/"))
    assert "Place 1 in the unit&#x27;s order; days owed before: 0." in page
    assert 'id="h-plan"' not in text(as_(week.budi_user).get("/why/2026-W48/"))


def test_why_not_names_the_condition_that_failed(week):
    page = text(as_(week.budi_user).get("/why/2026-W48/"))
    assert "R-PREDIKAT" in page
    assert "✗" in page


def test_why_for_a_week_without_a_decision(week):
    assert as_(week.sari_user).get("/why/2026-W50/").status_code == 200


@pytest.mark.parametrize("name", ["2026-W54", "besok", "9999-W52"])
def test_why_for_no_week_is_404_with_a_sentence(week, name):
    answer = as_(week.sari_user).get(f"/why/{name}/")
    assert answer.status_code == 404
    assert 'class="lead"' in answer.content.decode()


# --- asking ----------------------------------------------------------------------------------------


def test_three_taps_to_another_day(week):
    client = as_(week.sari_user)
    page = text(client.get("/requests/new/?day=2026-11-25"))
    assert 'value="2026-11-26"' in page
    assert 'value="2026-11-25"' not in page
    form = {"date": "2026-11-26", "gives_up": week.day.pk, "reason": "Rapat di kantor pada Rabu"}
    answer = client.post("/requests/new/?day=2026-11-25", form)
    assert answer["Location"] == "/"
    one = Request.objects.get()
    assert (one.employee, one.date, one.gives_up, one.supervisor) == (week.sari, THURSDAY, week.day, week.budi)
    assert "26 November" in text(client.get("/"))


def test_what_does_not_fit_is_shown_with_its_reason_and_cannot_be_chosen(week):
    from employees.models import Unit

    Unit.objects.filter(pk=week.general.pk).update(wfh_quota_percent=50)
    given(week, week.budi, THURSDAY)
    page = text(as_(week.sari_user).get("/requests/new/?day=2026-11-25"))
    assert "Kamis, 26 November" in page
    assert 'value="2026-11-26"' not in page
    assert 'value="2026-11-27"' in page


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 422),
        ({"date": "besok"}, 422),
        ({"date": "2026-11-26", "gives_up": "x"}, 422),
        ({"date": "2026-11-26", "reason": "a" * 501}, 422),
        ({"date": "2026-11-20"}, 409),
        ({"date": "2026-11-28"}, 409),
        ({"date": "2026-11-26", "gives_up": "999999"}, 409),
        ({"date": "2026-11-26", "slot": "NIGHT"}, 422),
        ({"date": "9999-12-31"}, 422),
        ({"date": "2099-12-31"}, 409),
    ],
)
def test_a_bad_request_is_told_in_place_and_nothing_typed_is_lost(week, form, status):
    form = {"reason": "Alasan yang sudah diketik", "gives_up": week.day.pk} | form
    answer = as_(week.sari_user).post("/requests/new/?day=2026-11-25", form)
    page = text(answer)
    assert answer.status_code == status
    assert 'role="alert"' in page
    assert form["reason"] in page
    assert not Request.objects.exists()
    assert not Event.objects.filter(verb="request.send").exists()


@pytest.mark.parametrize("day", ["", "x", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_does_not_exist_gets_a_sentence(week, day):
    answer = as_(week.sari_user).get("/requests/new/", {"day": day})
    assert answer.status_code == 400
    assert 'class="lead"' in answer.content.decode()


def test_who_may_not_ask_finds_no_form(week):
    page = text(as_(week.budi_user).get("/requests/new/?day=2026-11-25"))
    assert 'name="date"' not in page


def test_a_colleagues_day_cannot_be_given_up(week):
    theirs = given(week, week.budi, WEDNESDAY)
    form = {"date": "2026-11-26", "gives_up": theirs.pk}
    assert as_(week.sari_user).post("/requests/new/?day=2026-11-25", form).status_code == 409
    assert not Request.objects.exists()


def test_withdrawing_while_it_waits_and_only_ones_own(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    where = f"/requests/{one.pk}/withdraw/"
    assert where in text(as_(week.sari_user).get("/requests/"))
    assert as_(week.eko_user).post(where).status_code == 404
    assert as_(week.ratna_user).post(where).status_code == 404
    assert as_(week.budi_user).post(where).status_code == 403  # sees it, but it is not theirs
    assert as_(week.dewi_user).post(where).status_code == 403
    client = as_(week.sari_user)
    assert client.get(where).status_code == 405
    assert client.post(where)["Location"] == "/requests/"
    one.refresh_from_db()
    assert one.state == Request.State.WITHDRAWN
    again = client.post(where, follow=True)
    assert "notice-error" in text(again)
    assert where not in text(again)


def test_the_administration_is_offered_to_officers_only(week):
    assert 'href="/admin/"' in text(as_(week.dewi_user).get("/"))
    assert 'href="/admin/"' not in text(as_(week.sari_user).get("/"))


# --- both languages, and the number of queries -------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/why/2026-W48/", "/requests/", "/requests/new/?day=2026-11-25", "/approvals/", "/account/", "/wishes/"),
        *("/requests/series/", "/requests/series/?date=2026-12-02&until=2026-12-30", "/?week=2026-W50"),
    ],
)
def test_every_page_in_both_languages(week, now, language, path):
    asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    for user in (week.sari_user, week.budi_user):
        client = as_(user)
        client.cookies["language"] = language
        answer = client.get(path)
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.content.decode()
        assert "style=" not in answer.content.decode()  # the content policy allows none


def test_policy_headers(week):
    headers = as_(week.sari_user).get("/").headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("path", "queries"), [("/", 32), ("/requests/", 10)])
def test_queries_of_ones_own_lists(week, now, django_assert_num_queries, rows, path, queries):
    state = {"state": "REJECTED", "decision_reason": "x", "decided_by": week.budi_user, "decided_at": now}
    for n in range(rows):
        asked(week, week.sari, FRIDAY, now - dt.timedelta(days=n), gives_up=week.day, **state)
    client = as_(week.sari_user)
    with django_assert_num_queries(queries):
        assert client.get(path).status_code == 200
