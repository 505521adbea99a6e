"""One's own requests on their pages: half-days, drafts, sending again, every state, and the fixed weekday."""

import datetime as dt

import pytest

from employees.models import Holiday
from schedules.models import Request, WfhDay
from tests import factories

from .pages import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, as_, asked, given, text

NEW = "/requests/new/?day=2026-11-25"
Kind, State = Request.Kind, Request.State


def english(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def decided(week, now, state, **fields):
    return {"state": state, "decided_by": week.budi_user, "decided_at": now, "decision_reason": "Alasan"} | fields


# --- half-days, extra days, drafts ------------------------------------------------------------------


def test_a_half_day_is_one_tap_more_and_asks_anew_what_fits(week):
    client = as_(week.sari_user)
    page = text(client.get(NEW))
    assert 'href="/requests/new/?day=2026-11-25&amp;slot=PM"' in page
    page = text(client.get(f"{NEW}&slot=PM"))
    assert 'name="slot" value="PM"' in page
    form = {"date": "2026-11-26", "gives_up": week.day.pk, "slot": "PM"}
    assert client.post(f"{NEW}&slot=PM", form)["Location"] == "/"
    one = Request.objects.get()
    assert (one.slot, one.kind) == ("PM", Kind.MOVE)


def test_half_a_day_is_offered_again_as_half_a_day(week):
    WfhDay.objects.filter(pk=week.day.pk).update(slot="AM")
    assert 'name="slot" value="AM"' in text(as_(week.sari_user).get(NEW))


@pytest.mark.parametrize("slot", ["", "NIGHT", "%00"])
def test_an_unknown_part_of_the_day_is_the_whole_day(week, slot):
    assert 'name="slot" value="FULL"' in text(as_(week.sari_user).get("/requests/new/?day=2026-11-25&slot=" + slot))


def test_an_extra_day_gives_nothing_up(week):
    WfhDay.objects.filter(pk=week.day.pk).update(state="RETURNED")
    client = as_(week.sari_user)
    where = "/requests/new/?day=2026-11-23&extra=1"
    assert 'name="gives_up" value=""' in text(client.get(where))
    client.post(where, {"date": "2026-11-26", "gives_up": ""})
    assert Request.objects.get().kind == Kind.EXTRA


def test_an_extra_day_beyond_the_maximum_is_told_why(week):
    page = text(as_(week.sari_user).get("/requests/new/?day=2026-11-23&extra=1"))
    assert 'name="date"' not in page
    assert "choice-none" in page


def test_what_closes_when_is_shown_and_what_has_closed_too(week, monkeypatch, now):
    assert "25 November, 15.00 WIB" in text(as_(week.sari_user).get(NEW))  # Thursday closes on Wednesday
    monkeypatch.setattr("employees.views.timezone.now", lambda: now + dt.timedelta(days=1, hours=7))
    page = english(week.sari_user).get(NEW)
    assert 'value="2026-11-25"' not in text(page)
    assert 'value="2026-11-26"' in text(page)
    monkeypatch.setattr("employees.views.timezone.now", lambda: now + dt.timedelta(days=2, hours=7))
    late = text(english(week.sari_user).get("/requests/new/?day=2026-11-23&extra=1"))
    assert 'value="2026-11-26"' not in late


def test_a_draft_is_kept_changed_and_sent(week, now):
    client = as_(week.sari_user)
    form = {"date": "2026-11-26", "gives_up": week.day.pk, "reason": "Belum yakin", "keep": "1"}
    assert client.post(NEW, form)["Location"] == "/requests/"
    one = Request.objects.get()
    assert one.state == State.DRAFT
    where = f"/requests/{one.pk}/again/"
    assert where in text(client.get("/requests/"))
    page = text(client.get(where))
    assert "Belum yakin" in page
    assert 'name="keep"' not in page
    sent = client.post(where, {"version": one.version, "date": "2026-11-27", "reason": "Sekarang yakin"})
    assert sent["Location"] == "/"
    one.refresh_from_db()
    assert (one.state, one.date, one.reason, one.gives_up) == (State.SENT, FRIDAY, "Sekarang yakin", week.day)
    assert client.get(where).status_code == 409  # it waits now


def test_a_request_for_half_a_day_is_answered_with_that_half(week, now):
    client = english(week.sari_user)
    form = {"date": "2026-11-26", "gives_up": week.day.pk, "slot": "AM"}
    assert "for Thursday, 26 November (morning) is sent" in text(client.post(NEW, form, follow=True))
    answer = client.post(f"/requests/{Request.objects.get().pk}/withdraw/", follow=True)
    assert "for Thursday, 26 November (morning) is withdrawn" in text(answer)


def test_what_was_sent_back_shows_the_reason_and_is_sent_again(week, now):
    back = decided(week, now, State.RETURNED, decision_reason="Pilih hari Jumat saja")
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, **back)
    client = as_(week.sari_user)
    page = text(client.get(f"/requests/{one.pk}/again/"))
    assert "Pilih hari Jumat saja" in page
    assert "Budi Santoso" in page
    client.post(f"/requests/{one.pk}/again/", {"version": one.version, "date": "2026-11-27"})
    one.refresh_from_db()
    assert (one.state, one.date) == (State.SENT, FRIDAY)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"date": ""}, 422),
        ({"date": "besok"}, 422),
        ({"reason": "a" * 501}, 422),
        ({"date": "2026-11-28"}, 409),
        ({"version": "99"}, 409),
        ({"version": ""}, 302),
        ({"version": "x"}, 302),
    ],
)
def test_a_bad_change_is_told_in_place_and_nothing_is_sent(week, now, form, status):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, state=State.DRAFT)
    form = {"version": one.version, "date": "2026-11-26", "reason": "Alasan yang diketik"} | form
    answer = as_(week.sari_user).post(f"/requests/{one.pk}/again/", form)
    assert answer.status_code == status
    if status != 302:
        assert form["reason"] in text(answer)
        assert 'role="alert"' in text(answer)
    one.refresh_from_db()
    assert one.state == State.DRAFT


@pytest.mark.parametrize(
    ("who", "draft", "returned"),
    [("eko", 404, 404), ("ratna", 404, 404), ("budi", 404, 403), ("dewi", 404, 403), ("hadi", 404, 403)],
)
def test_nobody_else_changes_or_sends_it(week, now, who, draft, returned):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, state=State.DRAFT)
    other = asked(week, week.sari, FRIDAY, now, gives_up=week.day, **decided(week, now, State.RETURNED))
    client = as_(getattr(week, f"{who}_user"))
    for row, expected in ((one, draft), (other, returned)):
        where = f"/requests/{row.pk}/again/"
        assert client.get(where).status_code == expected
        assert client.post(where, {"version": row.version, "date": "2026-11-26"}).status_code == expected
        assert client.post(f"/requests/{row.pk}/withdraw/").status_code == expected
    assert set(Request.objects.values_list("state", flat=True)) == {State.DRAFT, State.RETURNED}


def test_of_other_kinds_nothing_is_changed_here(week, now):
    one = asked(week, week.sari, WEDNESDAY, now, gives_up=week.day, kind=Kind.RETURN, **decided(week, now, "RETURNED"))
    client = as_(week.sari_user)
    assert client.get(f"/requests/{one.pk}/again/").status_code == 404
    assert f"/requests/{one.pk}/again/" not in text(client.get("/requests/"))
    assert f"/requests/{one.pk}/withdraw/" in text(client.get("/requests/"))


# --- the list ---------------------------------------------------------------------------------------


def test_whom_it_waits_for_until_when_and_in_which_stage(week, now):
    asked(week, week.sari, THURSDAY, now, gives_up=week.day, stages=2, stage=2, holder=week.hadi)
    page = text(english(week.sari_user).get("/requests/"))
    assert "Stage 2 of 2:" in page
    assert "waits for Hadi Wijaya." in page
    assert "by Wednesday, 25 November, 15:00 WIB at the latest; without an answer it then ends without any" in page


def test_without_a_holder_it_waits_for_hr(week, now):
    asked(week, week.sari, THURSDAY, now, gives_up=week.day, holder=None)
    assert "waits for the HR office." in text(english(week.sari_user).get("/requests/"))


def test_who_decided_and_in_whose_name(week, now):
    both = decided(week, now, State.APPROVED, decided_by=week.hadi_user, decided_for=week.budi, decision_reason="")
    asked(week, week.sari, THURSDAY, now, gives_up=week.day, **both)
    page = text(english(week.sari_user).get("/requests/"))
    assert "Approved by Hadi Wijaya on behalf of Budi Santoso, 23 November 2026, 09:00 WIB." in page


@pytest.mark.parametrize(
    ("state", "hours", "withdraw", "again"),
    [
        (State.DRAFT, 0, True, True),
        (State.SENT, 0, True, False),
        (State.RETURNED, 0, True, True),
        (State.APPROVED, 0, True, False),
        (State.APPROVED, 54, False, False),  # Wednesday 15.00: Thursday has closed
        (State.REJECTED, 0, False, False),
        (State.WITHDRAWN, 0, False, False),
        (State.RECALLED, 0, False, False),
        (State.EXPIRED, 0, False, False),
    ],
)
def test_every_state_is_shown_with_what_can_still_be_done(week, now, monkeypatch, state, hours, withdraw, again):
    fields = {} if state in (State.DRAFT, State.SENT) else decided(week, now, state)
    if state == State.EXPIRED:
        fields["decided_by"] = None
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, **{"state": state} | fields)
    monkeypatch.setattr("employees.views.timezone.now", lambda: now + dt.timedelta(hours=hours))
    page = text(as_(week.sari_user).get("/requests/"))
    assert one.get_state_display().capitalize() in page
    assert (f"/requests/{one.pk}/withdraw/" in page) is withdraw
    assert (f"/requests/{one.pk}/again/" in page) is again


def test_an_approved_request_is_withdrawn_before_its_day_closes(week, now):
    WfhDay.objects.filter(pk=week.day.pk).update(state="REPLACED")
    given(week, week.sari, THURSDAY, replaces=week.day, origin="REQUEST")
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, **decided(week, now, State.APPROVED))
    told = as_(week.sari_user).post(f"/requests/{one.pk}/withdraw/", follow=True)
    assert "notice-success" in text(told)
    assert WfhDay.objects.active().get(employee=week.sari).date == WEDNESDAY


def test_older_requests_stand_on_the_next_page(week, now):
    for n in range(26):
        when = now - dt.timedelta(hours=n)
        asked(week, week.sari, THURSDAY, when, reason=f"Alasan {n:02d}.", **decided(week, now, State.REJECTED))
    client = as_(week.sari_user)
    first, second = text(client.get("/requests/")), text(client.get("/requests/?page=2"))
    assert "Alasan 24." in first
    assert "Alasan 25." not in first
    assert "?page=2" in first
    assert "Alasan 25." in second
    assert "Alasan 24." not in second
    for odd in ("x", "0", "-1", "99", "%00"):
        assert client.get(f"/requests/?page={odd}").status_code == 200


def test_nobody_finds_anothers_requests_in_their_own_list(week, now):
    asked(week, week.sari, THURSDAY, now, gives_up=week.day, reason="Hanya untuk Budi")
    for user in (week.eko_user, week.ratna_user, week.budi_user):
        assert "Hanya untuk Budi" not in text(as_(user).get("/requests/"))


# --- the same weekday every week ---------------------------------------------------------------------

SERIES = "/requests/series/"


def test_a_series_names_what_would_be_skipped_before_it_is_sent(week):
    Holiday.objects.create(date=dt.date(2026, 12, 9), name="Hari Contoh")
    factories.leave(week.sari, dt.date(2026, 12, 16), dt.date(2026, 12, 16), "Cuti tahunan")
    client = english(week.sari_user)
    assert client.get(f"{SERIES}?date=2026-12-02").status_code == 200
    page = text(client.get(f"{SERIES}?date=2026-12-02&until=2026-12-30"))
    assert "3 dates remain." in page
    assert "Hari Contoh" in page
    assert "Cuti tahunan" in page
    assert not Request.objects.exists()  # looking writes nothing
    form = {"date": "2026-12-02", "until": "2026-12-30", "reason": "Kuliah pada hari Rabu"}
    assert client.post(SERIES, form)["Location"] == "/requests/"
    one = Request.objects.get()
    assert (one.kind, one.until, one.state) == (Kind.RECUR, dt.date(2026, 12, 30), State.SENT)
    page = text(client.get("/requests/"))
    assert "every Wednesday, 2 December 2026 – 30 December 2026" in page
    assert "/requests/new/?day=2026-11-25" in text(client.get("/"))  # it keeps no single day from being asked for


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        ({"date": "", "until": ""}, 422),
        ({"date": "2026-12-02", "until": "x"}, 422),
        ({"date": "0001-01-01", "until": "9999-12-31"}, 422),
        ({"date": "2026-12-02", "until": "2026-12-01"}, 409),
        ({"date": "2026-12-02", "until": "2027-12-01"}, 409),
        ({"date": "2026-11-18", "until": "2026-12-30"}, 409),
    ],
)
def test_a_bad_series_is_told_in_place(week, dates, status):
    client = as_(week.sari_user)
    for answer in (client.get(SERIES, dates), client.post(SERIES, dates)):
        assert answer.status_code == status
        assert 'role="alert"' in text(answer)
        assert f'value="{dates["until"]}"' in text(answer) or not dates["until"]
    assert not Request.objects.exists()


def test_a_series_of_days_off_cannot_be_sent(week):
    client = as_(week.sari_user)
    dates = {"date": "2026-11-28", "until": "2026-12-05"}  # Saturdays
    assert f'action="{SERIES}"' in text(client.get(SERIES, dates))
    assert 'name="reason"' not in text(client.get(SERIES, dates))
    assert client.post(SERIES, dates).status_code == 409


def test_a_second_series_is_refused_while_the_first_waits(week):
    client = as_(week.sari_user)
    form = {"date": "2026-12-02", "until": "2026-12-30"}
    client.post(SERIES, form)
    again = client.post(SERIES, form | {"reason": "Sekali lagi"})
    assert again.status_code == 409
    assert Request.objects.count() == 1


def test_a_series_that_was_sent_back_is_asked_anew(week, now):
    asked(
        *(week, week.sari, dt.date(2026, 12, 2), now),
        **decided(week, now, State.RETURNED, kind=Kind.RECUR, until=dt.date(2026, 12, 30)),
    )
    page = text(as_(week.sari_user).get("/requests/"))
    assert "/requests/series/?date=2026-12-02&amp;until=2026-12-30" in page


def test_tuesday_is_no_longer_offered_once_it_has_closed(week, monkeypatch, now):
    monkeypatch.setattr("employees.views.timezone.now", lambda: now.replace(hour=15))
    page = text(english(week.sari_user).get(NEW))
    assert f'value="{TUESDAY}"' not in page
    assert "It closed on Monday, 23 November, 15:00 WIB." in page
