"""Swapping a day, giving one back, and wishes: pages of one's own, where a stranger's day does not exist."""

import datetime as dt
import re

import pytest

from ledger.models import Event
from schedules.models import Preference, Request, WfhDay
from tests import factories
from tests.worlds import world

from .pages import FRIDAY, MONDAY, THURSDAY, WEDNESDAY, as_, asked, given, text

STRANGERS = ["eko", "ratna", "budi", "dewi", "hadi"]


@world
def tono(week):
    """A colleague of Sari's with Thursday."""
    person = factories.employee(week.general, "Tono Hartono", week.budi)
    person.day = given(week, person, THURSDAY)
    return person


# --- swapping ----------------------------------------------------------------------------------------


def test_a_swap_is_asked_for_in_three_taps(week, tono):
    client = as_(week.sari_user)
    where = f"/swaps/new/?day={week.day.pk}"
    assert where in text(client.get("/"))
    page = text(client.get(where))
    assert "Tono Hartono" in page
    assert "Kamis, 26 November" in page
    assert tono.nip not in page  # names and dates, nothing else
    answer = client.post(where, {"for_day": tono.day.pk, "reason": "Anak saya sakit"})
    assert answer["Location"] == "/"
    one = Request.objects.get()
    assert (one.kind, one.colleague, one.takes, one.gives_up) == ("SWAP", tono, tono.day, week.day)
    assert "Tono Hartono" in text(client.get("/requests/"))


def test_only_days_that_could_be_swapped_are_offered(week, tono):
    away = factories.employee(week.general, "Sedang Cuti", week.budi)
    given(week, away, FRIDAY)
    factories.leave(away, WEDNESDAY, WEDNESDAY)
    has = factories.employee(week.general, "Sudah Punya", week.budi)
    given(week, has, FRIDAY)
    given(week, has, WEDNESDAY)
    half = factories.employee(week.general, "Setengah Hari", week.budi)
    given(week, half, FRIDAY, slot="AM")
    given(week, factories.employee(week.planning, "Unit Lain"), FRIDAY)
    given(week, factories.employee(week.general, "Pekan Depan", week.budi), FRIDAY + dt.timedelta(days=7))
    given(week, factories.employee(week.general, "Sudah Berakhir", week.budi), FRIDAY, state="RETURNED")
    page = text(as_(week.sari_user).get(f"/swaps/new/?day={week.day.pk}"))
    assert page.count('name="for_day"') == 1
    assert "Tono Hartono" in page


def test_a_date_on_which_i_am_on_leave_is_not_offered(week, tono):
    factories.leave(week.sari, THURSDAY, THURSDAY)
    page = text(as_(week.sari_user).get(f"/swaps/new/?day={week.day.pk}"))
    assert 'name="for_day"' not in page
    assert 'class="lead"' in page


def test_after_the_closing_time_the_page_says_so(week, tono, monkeypatch, now):
    monkeypatch.setattr("employees.views.timezone.now", lambda: now + dt.timedelta(days=1, hours=6))
    client = as_(week.sari_user)
    where = f"/swaps/new/?day={week.day.pk}"
    page = text(client.get(where))
    assert "24 November, 15.00 WIB" in page
    assert 'name="for_day"' not in page
    assert client.post(where, {"for_day": tono.day.pk}).status_code == 409
    assert not Request.objects.exists()


@pytest.mark.parametrize("form", [{}, {"for_day": "x"}, {"for_day": "-1"}, {"for_day": "9" * 30}])
def test_no_day_chosen_is_told_in_place(week, tono, form):
    answer = as_(week.sari_user).post(f"/swaps/new/?day={week.day.pk}", form | {"reason": "Sudah diketik"})
    assert answer.status_code == 422
    assert 'role="alert"' in text(answer)
    assert "Sudah diketik" in text(answer)


def test_a_day_of_another_unit_or_of_nobody_is_refused(week, tono):
    theirs = given(week, week.team[0], THURSDAY)
    for number in (theirs.pk, 10**9, week.day.pk):
        answer = as_(week.sari_user).post(f"/swaps/new/?day={week.day.pk}", {"for_day": number, "reason": "Tetap ada"})
        assert answer.status_code == 409
        assert "Tetap ada" in text(answer)
    assert not Request.objects.exists()


@pytest.mark.parametrize("day", ["", "x", "0", "-1", "9" * 40, "²"])
def test_no_own_day_is_404(week, day):
    assert as_(week.sari_user).get("/swaps/new/", {"day": day}).status_code == 404


@pytest.mark.parametrize("who", STRANGERS)
def test_anothers_day_does_not_exist(week, tono, who):
    client = as_(getattr(week, f"{who}_user"))
    assert client.get(f"/swaps/new/?day={week.day.pk}").status_code == 404
    assert client.post(f"/swaps/new/?day={week.day.pk}", {"for_day": tono.day.pk}).status_code == 404
    assert client.get(f"/days/{week.day.pk}/give-back/").status_code == 404
    assert client.post(f"/days/{week.day.pk}/give-back/", {"slot": "FULL"}).status_code == 404
    assert client.get(f"/days/{10**9}/give-back/").status_code == 404
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE
    assert not Request.objects.exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_swap_page(week, django_assert_num_queries, rows):
    for n in range(rows):
        given(week, factories.employee(week.general, f"Rekan {n}", week.budi), THURSDAY)
    client = as_(week.sari_user)
    with django_assert_num_queries(26):
        assert client.get(f"/swaps/new/?day={week.day.pk}").status_code == 200


# --- giving back -------------------------------------------------------------------------------------


def test_a_day_is_given_back_at_once_before_it_closes(week):
    client = as_(week.sari_user)
    where = f"/days/{week.day.pk}/give-back/"
    assert where in text(client.get("/"))
    page = text(client.get(where))
    assert "24 November, 15.00 WIB" in page
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE  # looking changes nothing
    told = client.post(where, {"slot": "FULL", "reason": "Rapat"}, follow=True)
    assert "notice-success" in text(told)
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.RETURNED
    assert Event.objects.get(verb="day.return").reason == "Rapat"
    assert client.post(where, {"slot": "FULL"}).status_code == 404  # it is not there any more


def test_half_of_it_can_be_given_back(week):
    as_(week.sari_user).post(f"/days/{week.day.pk}/give-back/", {"slot": "AM"})
    left = WfhDay.objects.active().get(employee=week.sari)
    assert (left.date, left.slot) == (WEDNESDAY, "PM")


def test_after_the_closing_time_the_supervisor_is_asked(week, monkeypatch, now):
    monkeypatch.setattr("employees.views.timezone.now", lambda: now + dt.timedelta(days=1, hours=7))
    client = as_(week.sari_user)
    where = f"/days/{week.day.pk}/give-back/"
    page = text(client.get(where))
    for slot in ("FULL", "AM", "PM"):
        assert re.search(rf'name="slot"\s+value="{slot}"', page)
    assert "25 November, 07.30 WIB" in page
    told = client.post(where, {"reason": "Ada rapat mendadak"}, follow=True)
    assert "notice-success" in text(told)
    assert where not in text(told)
    one = Request.objects.get()
    assert (one.kind, one.holder, one.state) == ("RETURN", week.budi, "SENT")
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE
    again = client.post(where, {"reason": "Alasan kedua"})
    assert again.status_code == 409
    assert "Alasan kedua" in text(again)


def test_half_of_it_is_asked_for_after_the_closing_time_and_everybody_reads_which(week, monkeypatch, now):
    late = now + dt.timedelta(days=1, hours=7)
    monkeypatch.setattr("employees.views.timezone.now", lambda: late)
    sari, budi = as_(week.sari_user), as_(week.budi_user)
    sari.cookies["language"] = budi.cookies["language"] = "en"
    told = text(sari.post(f"/days/{week.day.pk}/give-back/", {"slot": "PM"}, follow=True))
    assert "whether Wednesday, 25 November (afternoon) can be given back" in told
    one = Request.objects.get()
    assert (one.kind, one.slot) == ("RETURN", "PM")
    line = text(budi.get("/approvals/"))
    assert "give half of <strong>Wednesday, 25 November</strong> back" in line
    assert "<strong>afternoon</strong>" in line
    page = text(budi.get("/notices/"))
    assert "give back half of a WFH day, Wednesday, 25 November 2026 (afternoon)" in page
    done = text(budi.post(f"/approvals/{one.pk}/approve/", {"version": 1}, follow=True))
    assert "gives Wednesday, 25 November (afternoon) back" in done
    assert "Wednesday, 25 November (afternoon)" in done.split('id="h-decided"')[1]
    assert "half of a WFH day is given back, Wednesday, 25 November 2026 (afternoon)" in text(sari.get("/notices/"))
    left = WfhDay.objects.active().get(employee=week.sari)
    assert (left.date, left.slot) == (WEDNESDAY, "AM")


def test_once_the_day_has_begun_it_stays(week, monkeypatch, now):
    monkeypatch.setattr("employees.views.timezone.now", lambda: now + dt.timedelta(days=2))
    client = as_(week.sari_user)
    where = f"/days/{week.day.pk}/give-back/"
    assert client.get(where).status_code == 409
    assert client.post(where, {"slot": "FULL"}).status_code == 409
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE


def test_a_day_that_is_being_moved_is_not_given_back(week, now):
    asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    client = as_(week.sari_user)
    assert f"/days/{week.day.pk}/give-back/" not in text(client.get("/"))
    answer = client.post(f"/days/{week.day.pk}/give-back/", {"slot": "FULL"})
    assert answer.status_code == 409
    assert 'role="alert"' in text(answer)


@pytest.mark.parametrize("form", [{"slot": "NIGHT"}, {"slot": "FULL", "reason": "a" * 501}])
def test_a_bad_form_gives_nothing_back(week, form):
    assert as_(week.sari_user).post(f"/days/{week.day.pk}/give-back/", form).status_code == 422
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE


# --- wishes ------------------------------------------------------------------------------------------


def test_wishes_are_kept_in_their_order_shown_again_and_forgotten(week):
    client = as_(week.sari_user)
    assert 'href="/wishes/"' in text(client.get("/account/"))
    assert 'href="/wishes/"' in text(client.get("/"))
    assert client.post("/wishes/", {"first": "5", "second": "", "third": "2"})["Location"] == "/wishes/"
    assert Preference.objects.get().weekdays == [5, 2]
    page = text(client.get("/wishes/"))
    assert '<option value="5" selected>' in page
    assert '<option value="2" selected>' in page
    client.post("/wishes/", {"first": "", "second": "", "third": ""})
    assert not Preference.objects.exists()


@pytest.mark.parametrize(
    "form", [{"first": "3", "second": "3"}, {"first": "7"}, {"first": "x"}, {"first": "6"}, {"second": "0"}]
)
def test_bad_wishes_are_told_in_place(week, form):
    answer = as_(week.sari_user).post("/wishes/", form)
    assert answer.status_code == 422
    assert 'role="alert"' in text(answer)
    assert not Preference.objects.exists()


def test_saturday_can_be_wished_for_in_a_unit_of_six_days(week):
    type(week.general).objects.filter(pk=week.general.pk).update(working_days=6)
    assert as_(week.sari_user).post("/wishes/", {"first": "6"}).status_code == 302
    assert Preference.objects.get().weekdays == [6]


def test_wishes_are_ones_own_and_need_a_civil_servant(week):
    as_(week.eko_user).post("/wishes/", {"first": "1"})
    assert Preference.objects.get().employee == week.eko
    platform = factories.account(username="platform")
    factories.grant(platform, "PLATFORM_ADMIN")
    for where in ("/wishes/", "/requests/series/", f"/swaps/new/?day={week.day.pk}", f"/days/{week.day.pk}/give-back/"):
        answer = as_(platform).post(where, {"first": "1"})
        assert answer.status_code == 403
        assert 'href="/admin/"' in text(answer)
    assert Preference.objects.count() == 1


@pytest.mark.parametrize("language", ["id", "en"])
def test_both_languages(week, tono, language):
    client = as_(week.sari_user)
    client.cookies["language"] = language
    for where in (f"/swaps/new/?day={week.day.pk}", f"/days/{week.day.pk}/give-back/", "/wishes/"):
        page = client.get(where).content.decode()
        assert f'<html lang="{language}">' in page
        assert "style=" not in page


def test_without_a_placement_the_pages_still_answer(week):
    person = factories.employee(week.general, "Tanpa Penempatan", place=False)
    user = factories.account(person)
    assert as_(user).get("/wishes/").status_code == 200
    assert as_(user).get("/requests/series/", {"date": MONDAY, "until": FRIDAY}).status_code == 409
