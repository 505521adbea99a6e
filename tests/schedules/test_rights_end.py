"""A dated right that ends – a stand-in, a role – ends what its holder had open, at the next request; they see why."""

import datetime as dt
import threading
import zoneinfo

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg2.extras import DateRange

from employees.actions import create_token
from employees.models import Agency, Session
from employees.sessions import SEEN, STARTED
from ledger.models import Event
from schedules.actions import delegations
from schedules.actions.requests import deciding
from schedules.permissions import Denied
from tests import factories

from .deciding import lend
from .pages import asked

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)


def logged_in(user, started=None) -> Client:
    client = Client()
    client.cookies["language"] = "en"
    client.force_login(user)
    if started:
        session = client.session
        session[STARTED], session[SEEN] = started.timestamp(), timezone.now().timestamp()
        session.save()
    return client


def led_to(client, path="/approvals/") -> str:
    answer = client.get(path)
    return "" if answer.status_code == 200 else answer["Location"]


def by_token(text, path="/api/v1/me/week/"):
    return Client().get(path, headers={"Authorization": f"Token {text}"}).status_code


def switched_off(monkeypatch):
    for where in ("wfh_portal.presence", "employees.tokens", "employees.views.devices"):
        monkeypatch.setattr(f"{where}.ended_since", lambda *_: None)


@pytest.fixture
def standing(cast):
    """Sari stands in for Budi since yesterday."""
    now = timezone.now()
    today = timezone.localdate(now, cast.agency.zone)
    cast.lent = lend(cast, cast.budi, cast.sari, now - DAY, valid=DateRange(today - DAY, today + 7 * DAY))
    return cast


def test_a_stand_in_ended_early_ends_what_was_open_and_the_log_in_says_why(standing):
    mine, elsewhere = logged_in(standing.sari_user), logged_in(standing.sari_user)
    boss, stranger = logged_in(standing.budi_user), logged_in(standing.eko_user)
    token = create_token(user=standing.sari_user, by=None, at=timezone.now(), scopes=["write"])
    assert (led_to(mine), by_token(token)) == ("", 200)
    assert boss.post(f"/delegations/{standing.lent.pk}/end/").status_code == 302
    assert led_to(mine) == "/accounts/login/?next=%2Fapprovals%2F&ended=stand-in"
    assert elsewhere.post("/approvals/approve/")["Location"] == "/accounts/login/?next=%2F&ended=stand-in"
    assert "You no longer stand in for somebody" in mine.get("/accounts/login/?ended=stand-in").content.decode()
    assert (by_token(token), logged_in(standing.sari_user).get("/api/v1/me/week/").status_code) == (401, 200)
    assert not Session.objects.filter(account=standing.sari_user, session_key=mine.session.session_key).exists()
    assert (led_to(boss), led_to(stranger)) == ("", "")
    anew = Client()
    anew.post("/accounts/login/", {"login": standing.sari.nip, "password": "rahasia-sekali-1"})
    assert led_to(anew) == ""
    assert by_token(create_token(user=standing.sari_user, by=None, at=timezone.now())) == 200


def test_with_the_check_off_the_old_session_still_opens_the_inbox(standing, monkeypatch):
    switched_off(monkeypatch)
    mine = logged_in(standing.sari_user)
    token = create_token(user=standing.sari_user, by=None, at=timezone.now())
    delegations.end_delegation(by=standing.budi_user, delegation_id=standing.lent.pk, at=timezone.now())
    assert (led_to(mine), by_token(token)) == ("", 200)


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
def test_its_last_day_is_over_at_midnight_on_the_agencys_clock(cast, zone):
    Agency.objects.filter(pk=cast.agency.pk).update(time_zone=zone)
    today = timezone.localdate(timezone.now(), zoneinfo.ZoneInfo(zone))
    lend(cast, cast.budi, cast.sari, timezone.now() - 9 * DAY, valid=DateRange(today - 5 * DAY, today - DAY))
    midnight = dt.datetime.combine(today - DAY, dt.time(), tzinfo=zoneinfo.ZoneInfo(zone))
    before, after = (logged_in(cast.sari_user, midnight + span) for span in (-MINUTE, MINUTE))
    assert led_to(before).endswith("&ended=stand-in")
    assert led_to(after) == ""
    assert led_to(logged_in(cast.sari_user)) == ""


def test_before_midnight_nothing_has_ended(cast):
    today = timezone.localdate(timezone.now(), cast.agency.zone)
    lend(cast, cast.budi, cast.sari, timezone.now() - 9 * DAY, valid=DateRange(today - 5 * DAY, today + DAY))
    assert led_to(logged_in(cast.sari_user, timezone.now() - 2 * DAY)) == ""


def test_what_never_began_ends_nothing(cast):
    now = timezone.now()
    today = timezone.localdate(now, cast.agency.zone)
    one = lend(cast, cast.budi, cast.sari, now - DAY, valid=DateRange(today + 3 * DAY, today + 7 * DAY))
    mine = logged_in(cast.sari_user, now - HOUR)
    delegations.end_delegation(by=cast.budi_user, delegation_id=one.pk, at=now)
    assert led_to(mine) == ""


@pytest.mark.parametrize("agency", [True, False])
def test_a_role_that_runs_out_ends_what_was_open_as_taking_it_away_does(cast, agency):
    where = cast.agency if agency else None
    zone = cast.agency.zone if agency else zoneinfo.ZoneInfo("Asia/Jakarta")
    today = timezone.localdate(timezone.now(), zone)
    factories.grant(cast.sari_user, "AUDITOR", where, valid=DateRange(today - 9 * DAY, today - DAY))
    midnight = dt.datetime.combine(today - DAY, dt.time(), tzinfo=zone)
    before, after = (logged_in(cast.sari_user, midnight + span) for span in (-MINUTE, MINUTE))
    assert led_to(before, "/account/").endswith("&ended=role")
    assert led_to(after, "/account/") == ""
    page = before.get("/accounts/login/?ended=role").content.decode()
    assert "A role of yours has ended" in page
    assert "notice-warning" not in before.get("/accounts/login/?ended=<b>").content.decode()


def test_a_session_that_is_over_is_not_among_the_devices_nor_its_token_among_the_tokens(standing):
    logged_in(standing.sari_user)
    create_token(user=standing.sari_user, by=None, at=timezone.now())
    anew = logged_in(standing.sari_user)
    assert len(anew.get("/account/devices/").context["lines"]) == 2
    assert len(anew.get("/account/connections/").context["tokens"]) == 1
    delegations.end_delegation(by=standing.budi_user, delegation_id=standing.lent.pk, at=timezone.now())
    anew = logged_in(standing.sari_user)
    assert len(anew.get("/account/devices/").context["lines"]) == 1
    assert len(anew.get("/account/connections/").context["tokens"]) == 0


def test_it_is_asked_in_the_statement_that_reads_the_account(cast):
    today = timezone.localdate(timezone.now(), cast.agency.zone)

    def statements():
        client = logged_in(cast.sari_user)
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get("/account/devices/")
        return [one["sql"] for one in found if "ended_stand_in" in one["sql"]], len(found)

    one, count = statements()
    for back in (10, 20, 30):
        valid = DateRange(today - (back + 5) * DAY, today - back * DAY)
        lend(cast, cast.budi, cast.sari, timezone.now() - 60 * DAY, valid=valid)
        factories.grant(cast.sari_user, "AUDITOR", cast.agency, valid=valid)
    more, still = statements()
    assert (len(one), len(more)) == (1, 1)
    assert still == count


# --- a decision posted at the moment of the end ---------------------------------------------------


def decided_while_it_ends(cast, monkeypatch) -> list[str]:
    """The stand-in approves; between the look at what was lent and the writing the supervisor ends it. The order in
    which both stand in the trail, and what the decision became."""
    now = timezone.now()
    today = timezone.localdate(now, cast.agency.zone)
    one = lend(cast, cast.budi, cast.eko, now, valid=DateRange(today, today + 7 * DAY))
    request = asked(cast, cast.sari, today + 9 * DAY, now, reason="x")
    looked, ended = threading.Event(), threading.Event()
    inner = deciding.acting_for

    def slowly(*args):
        found = inner(*args)
        looked.set()
        ended.wait(1.5)
        return found

    monkeypatch.setattr(deciding, "acting_for", slowly)

    def ending():
        try:
            looked.wait(10)
            delegations.end_delegation(by=cast.budi_user, delegation_id=one.pk, at=timezone.now())
            ended.set()
        finally:
            connections.close_all()

    thread = threading.Thread(target=ending)
    thread.start()
    said = dict(request_id=request.pk, version=request.version, reason="penuh", at=now)
    deciding.reject_request(by=cast.eko_user, **said)
    thread.join(20)
    verbs = ["delegation.end", "request.reject"]
    return list(Event.objects.filter(verb__in=verbs).order_by("pk").values_list("verb", flat=True))


@pytest.mark.django_db(transaction=True)
def test_nothing_is_decided_in_a_name_after_its_loan_has_ended(monkeypatch):
    cast = factories.cast()
    assert decided_while_it_ends(cast, monkeypatch) == ["request.reject", "delegation.end"]
    request = asked(cast, cast.sari, timezone.localdate() + 10 * DAY, timezone.now(), reason="y")
    with pytest.raises(Denied):
        deciding.reject_request(
            by=cast.eko_user, request_id=request.pk, version=request.version, reason="z", at=timezone.now()
        )


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_loan_it_is(monkeypatch):
    inner = deciding.stands_in_for
    monkeypatch.setattr(deciding, "stands_in_for", lambda me, at, lock: inner(me, at))
    assert decided_while_it_ends(factories.cast(), monkeypatch) == ["delegation.end", "request.reject"]
