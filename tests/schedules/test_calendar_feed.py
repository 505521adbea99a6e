"""The calendar at a secret address: one's own WFH days and nothing else, for as long as its owner wants."""

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.test import Client
from icalendar import Calendar

from employees.actions import Refused, end_calendar, renew_calendar
from employees.actions.connections import digest_of
from employees.models import CalendarAddress, User
from ledger.models import Event
from schedules.models import Plan, WfhDay
from tests import factories

from .pages import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, given

State = WfhDay.State


@pytest.fixture(autouse=True)
def _no_counts_of_before(db):
    cache.clear()


@pytest.fixture
def clock(monkeypatch, now):
    monkeypatch.setattr("schedules.api.calendar.timezone.now", lambda: now)
    return now


@pytest.fixture
def secret(cast, clock):
    given(cast, cast.sari, WEDNESDAY)
    given(cast, cast.budi, THURSDAY)
    return renew_calendar(by=cast.sari_user, at=clock)


def address(secret):
    return f"/api/v1/calendar/{secret}.ics"


def read(secret, **headers):
    return Client().get(address(secret), headers=headers)


def events(secret):
    return list(Calendar.from_ical(read(secret).content).walk("VEVENT"))


def test_ones_own_days_without_a_log_in(cast, secret):
    answer = read(secret, accept="text/calendar")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (day,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert (day.decoded("dtstart"), day.decoded("dtend")) == (WEDNESDAY, THURSDAY)
    assert (str(day["summary"]), str(day["status"]), day["sequence"]) == ("WFH", "CONFIRMED", 0)
    assert day["dtstart"].params["VALUE"] == "DATE"
    assert "X-WR-TIMEZONE:Asia/Jakarta" in answer.content.decode()


def test_nothing_of_a_person_is_in_it(cast, secret):
    factories.numeric(cast.sari, "87.25")
    User.objects.filter(pk=cast.sari_user.pk).update(email="sari@contoh.test")
    said = read(secret).content.decode()
    for private in (
        cast.sari.nip,
        "Sari",
        "Budi",
        "87.25",
        "87,25",
        "contoh.test",
        cast.general.name,
        str(cast.sari.public_id),
    ):
        assert str(private) not in said
    assert not re.search(r"\d{18}", said)


def test_every_line_is_a_line_of_the_format(cast, secret):
    """No text of people is in it, so none can add a line; what there is, is folded to 75 bytes."""
    cast.general.name = "Biro\r\nBEGIN:VALARM\r\n" + "é" * 150
    cast.general.save()
    body = read(secret).content
    assert b"VALARM" not in body
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")


def test_half_a_day_says_so_in_the_owners_language(cast, secret):
    given(cast, cast.sari, FRIDAY, slot="AM")
    assert [str(one["summary"]) for one in events(secret)] == ["WFH", "WFH (pagi)"]
    User.objects.filter(pk=cast.sari_user.pk).update(language="en")
    assert [str(one["summary"]) for one in events(secret)] == ["WFH", "WFH (morning)"]


def test_a_day_that_falls_away_stays_as_cancelled_under_the_same_id(cast, secret):
    (before,) = events(secret)
    WfhDay.objects.filter(employee=cast.sari).update(state=State.RECALLED)
    (gone,) = events(secret)
    assert (gone["uid"], str(gone["status"]), gone["sequence"]) == (before["uid"], "CANCELLED", 1)
    given(cast, cast.sari, WEDNESDAY)
    (again,) = events(secret)
    assert (again["uid"], str(again["status"]), again["sequence"]) == (before["uid"], "CONFIRMED", 2)


def test_the_draft_of_a_plan_is_not_read_in_a_calendar(cast, secret, now):
    draft = Plan.objects.create(agency=cast.agency, week=dt.date(2026, 11, 30), created_at=now)
    given(cast, cast.sari, dt.date(2026, 12, 2), plan=draft)
    assert len(events(secret)) == 1


def test_the_same_days_are_not_sent_twice(cast, secret):
    first = read(secret)
    assert first["Cache-Control"] == "private, no-cache"
    same = read(secret, **{"if-none-match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    given(cast, cast.sari, TUESDAY)
    changed = read(secret, **{"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_what_leads_nowhere_is_one_and_the_same(cast, secret, clock):
    """Renewed, ended, closed account, never made: the same 404, the same body (F41)."""
    never = read("x" * 43)
    assert never.status_code == 404
    newer = renew_calendar(by=cast.sari_user, at=clock)
    assert read(newer).status_code == 200
    answers = [read(secret)]
    User.objects.filter(pk=cast.sari_user.pk).update(is_active=False)
    answers.append(read(newer))
    User.objects.filter(pk=cast.sari_user.pk).update(is_active=True)
    assert read(newer).status_code == 200
    end_calendar(by=cast.sari_user, at=clock)
    answers.append(read(newer))
    assert {(one.status_code, one.content) for one in answers} == {(404, never.content)}


def test_only_a_hash_is_kept_and_the_ledger_says_what_happened(cast, secret, clock):
    one = CalendarAddress.objects.get()
    assert one.digest == digest_of(secret)
    assert len(secret) >= 22  # 128 bits and more
    renew_calendar(by=cast.sari_user, at=clock)
    end_calendar(by=cast.sari_user, at=clock)
    end_calendar(by=cast.sari_user, at=clock)
    told = list(Event.objects.filter(verb__startswith="account.calendar").order_by("pk"))
    assert [e.verb for e in told] == ["account.calendar-made", "account.calendar-renewed", "account.calendar-ended"]
    assert all(secret not in str(vars(e)) and one.digest not in str(vars(e)) for e in told)


def test_an_account_of_nobody_has_no_calendar(db, clock):
    with pytest.raises(Refused) as refused:
        renew_calendar(by=factories.account(), at=clock)
    assert refused.value.code == "NOBODY"


def test_it_is_only_read(cast, secret):
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(), method)(address(secret)).status_code == 405
    assert Client().head(address(secret)).status_code == 200


def test_one_address_is_not_read_without_end_and_others_go_on(cast, secret, clock, settings):
    settings.API_LIMITS = settings.API_LIMITS | {"calendar": (2, 60)}
    other = renew_calendar(by=cast.budi_user, at=clock)
    assert [read(secret).status_code for _n in range(3)] == [200, 200, 429]
    assert read(other).status_code == 200


def test_who_guesses_addresses_is_stopped_and_nobody_else(cast, secret, settings):
    settings.API_LIMITS = settings.API_LIMITS | {"guess": (2, 60)}
    assert [read(f"{n}" * 43).status_code for n in range(3)] == [404, 404, 429]
    assert read(secret).status_code == 200


def test_a_constant_number_of_queries(cast, secret, django_assert_max_num_queries):
    for day in range(2, 20):
        given(cast, cast.sari, THURSDAY + dt.timedelta(days=day))
    read(secret)
    with django_assert_max_num_queries(12):  # the counts of the limit among them
        read(secret)
