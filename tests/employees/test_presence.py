"""How long a log-in lasts, by role, and what an old one may still do."""

import contextlib
import datetime as dt

import pytest
from django.conf import settings as configured
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from employees.models import User
from performance.models import Appraisal
from tests import factories
from wfh_portal import presence

MINUTE = dt.timedelta(minutes=1)
HOUR = 60 * MINUTE
DAY = 24 * HOUR
PASSWORD = "rahasia-sekali-1"


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = timezone.now()

    monkeypatch.setattr("django.utils.timezone.now", lambda: Clock.now)
    monkeypatch.setattr("time.time", lambda: Clock.now.timestamp())
    return Clock


def inside(client, path="/account/") -> bool:
    return client.get(path).status_code == 200


def busy(client, clock, span, step=29 * MINUTE):
    """Somebody who is here all the time."""
    end = clock.now + span
    while clock.now + step <= end:
        clock.now += step
        client.get("/account/")
    clock.now = end


def test_hr_is_logged_out_after_half_an_hour_away(cast, client, clock):
    client.force_login(cast.dewi_user)
    clock.now += 30 * MINUTE
    assert inside(client)
    clock.now += 31 * MINUTE
    assert not inside(client)
    assert client.get("/admin/").status_code == 302


def test_hr_logs_in_every_twelve_hours_however_busy(cast, client, clock):
    client.force_login(cast.dewi_user)
    busy(client, clock, 11 * HOUR + 55 * MINUTE)
    assert inside(client)
    busy(client, clock, 6 * MINUTE, step=2 * MINUTE)
    assert not inside(client)


def test_a_role_given_meanwhile_shortens_the_session_that_is_open(cast, client, clock):
    client.force_login(cast.sari_user)
    factories.grant(cast.sari_user, "AUDITOR", cast.agency)
    clock.now += 31 * MINUTE
    assert not inside(client)


def test_who_only_reads_stays_for_a_week_but_not_half_a_day_away(cast, client, clock):
    client.force_login(cast.sari_user)
    clock.now += 11 * HOUR
    assert inside(client)
    busy(client, clock, 6 * DAY, step=11 * HOUR)
    assert inside(client)
    busy(client, clock, 15 * HOUR, step=5 * HOUR)
    assert not inside(client)
    client.force_login(cast.sari_user)
    clock.now += 12 * HOUR + MINUTE
    assert not inside(client)


CHOICE = {"digest": "1", "quiet_from": "20:00", "quiet_until": "06:00", "quiet_days_off": "on"}


def test_an_old_log_in_changes_nothing_before_it_is_confirmed_and_the_input_is_kept(cast, client, clock):
    client.force_login(cast.sari_user)
    busy(client, clock, 13 * HOUR, step=6 * HOUR)
    asked = client.post("/account/notices/", CHOICE)
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Faccount%2Fnotices%2F"
    assert not User.objects.get(pk=cast.sari_user.pk).digest
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/account/notices/"})
    assert User.objects.get(pk=cast.sari_user.pk).digest


def test_a_wrong_password_confirms_nothing(cast, client, clock):
    client.force_login(cast.sari_user)
    busy(client, clock, 13 * HOUR, step=6 * HOUR)
    client.post("/account/notices/", CHOICE)
    client.post("/accounts/reauthenticate/", {"password": "salah", "next": "/account/notices/"})
    assert not User.objects.get(pk=cast.sari_user.pk).digest
    assert client.post("/account/notices/", CHOICE)["Location"].startswith("/accounts/reauthenticate/")


def test_a_supervisors_screen_left_alone_decides_nothing(cast, client, clock):
    client.force_login(cast.budi_user)
    clock.now += 29 * MINUTE
    address = "/approvals/0/approve/"
    assert not client.post(address).get("Location", "").startswith("/accounts/")
    clock.now += 31 * MINUTE
    assert client.post(address)["Location"].startswith("/accounts/reauthenticate/")


def address_of(name) -> str:
    for args in ([], [0], [0, "close"]):
        with contextlib.suppress(NoReverseMatch):
            return reverse(name, args=args)
    raise AssertionError(name)


@pytest.mark.parametrize("name", sorted(presence.WEIGHTY))
def test_what_weighs_most_asks_for_the_password_after_ten_minutes(cast, client, clock, name):
    address = address_of(name)
    client.force_login(cast.hadi_user)
    clock.now += 9 * MINUTE
    assert not client.post(address).get("Location", "").startswith("/accounts/")
    clock.now += 2 * MINUTE
    asked = client.post(address, {"kept": "x"})
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not client.get(address).get("Location", "").startswith("/accounts/")  # looking is free
    client.post("/accounts/reauthenticate/", {"password": "salah", "next": address})
    assert client.post(address)["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})
    assert not client.post(address).get("Location", "").startswith("/accounts/")


def test_scores_chosen_before_the_password_was_asked_are_approved_after_it(cast, client, clock):
    score = factories.appraisal(cast.sari, state=Appraisal.State.SUBMITTED)
    client.force_login(cast.hadi_user)
    clock.now += 11 * MINUTE
    address = reverse("admin:performance_appraisal_changelist")
    form = {"action": "approve_selected", "_selected_action": [score.pk], "confirmed": "1"}
    client.post(address, form)
    score.refresh_from_db()
    assert score.state == Appraisal.State.SUBMITTED
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})
    score.refresh_from_db()
    assert score.state == Appraisal.State.APPROVED


def test_being_here_is_written_every_few_minutes_only(cast, client, clock):
    client.force_login(cast.sari_user)
    clock.now += 4 * MINUTE
    seen = client.session["seen"]
    inside(client)
    assert client.session["seen"] == seen
    clock.now += 2 * MINUTE
    inside(client)
    assert client.session["seen"] > seen


def test_logging_in_again_begins_anew(cast, client, clock):
    client.post("/accounts/login/", {"login": cast.sari.nip, "password": PASSWORD})
    first = client.cookies[configured.SESSION_COOKIE_NAME].value
    clock.now += HOUR
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": cast.sari.nip, "password": PASSWORD})
    assert client.cookies[configured.SESSION_COOKIE_NAME].value != first
    assert client.session["started"] == clock.now.timestamp()
