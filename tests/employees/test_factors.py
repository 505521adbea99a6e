"""The second factor: who must have one, that it cannot be guessed or used twice, and who may take it away."""

import contextlib
import datetime as dt
import re
import threading

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from employees import limits
from employees.actions import Refused, add_passkey, deactivate, remove_factor, renew_codes, reset_factors, use_code
from employees.actions import factors as of_factors
from employees.actions.factors import codes_left, factors_of, lend_app
from employees.models import Role, Session
from ledger import outbox
from ledger.models import Event, Outbox
from schedules import tasks
from tests import factories
from tests.entering import SECRET, an_app, password_alone, shown

PASSWORD = "rahasia-sekali-1"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = timezone.now()

    monkeypatch.setattr("django.utils.timezone.now", lambda: Clock.now)
    monkeypatch.setattr("time.time", lambda: Clock.now.timestamp())
    return Clock


def enter(client, user, **more):
    return client.post("/accounts/login/", {"login": user.employee.nip, "password": PASSWORD}, **more)


def give(client, code):
    return client.post("/accounts/code/", {"code": code})


def only_password(user) -> Client:
    client = Client()
    password_alone(client, user)
    return client


def key_of(client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def codes_on(answer) -> list[str]:
    return re.findall(r"<code>([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})</code>", answer.content.decode())


def letters() -> list[str]:
    return list(
        Outbox.objects.filter(payload__has_key="letter").order_by("pk").values_list("payload__letter", flat=True)
    )


# --- who needs one --------------------------------------------------------------------------------

CLOSED = ("/", "/admin/", "/account/", "/account/connections/", "/requests/", "/admin/performance/appraisal/")


@pytest.mark.parametrize("role", Role.values)
def test_whoever_holds_a_role_reaches_nothing_before_there_is_a_second_factor(cast, role):
    agency = None if role == Role.PLATFORM_ADMIN else cast.agency
    factories.grant(cast.sari_user, role, agency)
    client = Client()
    enter(client, cast.sari_user)
    for path in CLOSED:
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"] == "/account/factors/", path
    assert client.post("/account/notices/").status_code == 302
    refused = client.get("/api/v1/me/week/")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "SECOND_FACTOR"
    assert client.get("/account/factors/").status_code == 200
    assert client.get("/account/factors/app/").status_code == 200
    assert client.get("/account/factors/passkey/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/account/factors/")["Location"].startswith("/accounts/login/")


def test_the_gate_is_what_closes_it(cast, settings):
    """The twin: without the middleware the password alone would do."""
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if not one.endswith("FactorMiddleware")]
    client = only_password(cast.dewi_user)
    assert client.get("/admin/").status_code == 200


def test_who_holds_no_role_comes_in_with_the_password(cast, client):
    enter(client, cast.sari_user)
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/me/week/").status_code == 200


def test_a_role_that_is_over_asks_for_nothing(cast, client):
    over = factories.DateRange(dt.date(2020, 1, 1), dt.date(2021, 1, 1))
    factories.grant(cast.sari_user, Role.AUDITOR, cast.agency, valid=over)
    enter(client, cast.sari_user)
    assert client.get("/").status_code == 200


def test_a_session_of_the_password_alone_gives_the_factor_and_cannot_set_up_another(cast):
    an_app(cast.dewi_user)
    client = only_password(cast.dewi_user)
    for path in ("/admin/", "/account/factors/", "/account/factors/app/", "/account/factors/passkey/"):
        assert client.get(path)["Location"].startswith("/accounts/reauthenticate/code/?next="), path
    client.post("/account/factors/passkey/", {"credential": "{}"})
    assert factors_of(cast.dewi_user).count() == 1
    old = key_of(client)
    answer = client.post("/accounts/reauthenticate/code/", {"code": shown(), "next": "/admin/"})
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert key_of(client) != old


# --- coming in ------------------------------------------------------------------------------------


def test_the_code_comes_after_the_password_and_opens_the_door(cast, client, clock):
    an_app(cast.dewi_user)
    answer = enter(client, cast.dewi_user)
    assert answer["Location"].startswith("/accounts/code/")
    assert client.get("/admin/").status_code == 302
    before = key_of(client)
    assert give(client, "000000").status_code == 200
    noted = Event.objects.get(verb="denied")
    assert (noted.subject_type, noted.subject_id, noted.after["what"]) == (
        "employees.user",
        cast.dewi_user.pk,
        "authn_login_fail",
    )
    assert "000000" not in str(noted.after)
    assert client.get("/admin/").status_code == 302
    assert give(client, shown()).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert key_of(client) != before


def test_nobody_comes_to_the_code_without_the_password(client, db):
    assert client.get("/accounts/code/")["Location"] == "/accounts/login/"
    assert client.post("/accounts/code/", {"code": "123456"})["Location"] == "/accounts/login/"


def test_a_code_works_once(cast, clock):
    an_app(cast.dewi_user)
    code = shown()
    for status in (302, 200):
        client = Client()
        enter(client, cast.dewi_user)
        assert give(client, code).status_code == status
    clock.now += MINUTE
    assert give(client, code).status_code == 200
    assert give(client, shown()).status_code == 302


def test_the_code_before_and_the_one_after_are_taken_and_no_others(cast, clock):
    for seconds, taken in ((-90, False), (-30, True), (30, True), (90, False)):
        an_app(cast.dewi_user)
        code = shown(clock.now + dt.timedelta(seconds=seconds))
        assert bool(use_code(user=cast.dewi_user, code=code, at=clock.now)) is taken, seconds
        Authenticator.objects.all().delete()
        limits.clear(limits.CODE, str(cast.dewi_user.pk))


def test_an_earlier_code_is_worthless_once_a_later_one_was_used(cast, clock):
    an_app(cast.dewi_user)
    early, late = shown(), shown(clock.now + dt.timedelta(seconds=30))
    assert use_code(user=cast.dewi_user, code=late, at=clock.now)
    assert not use_code(user=cast.dewi_user, code=early, at=clock.now)


def at_once(number, call):
    """The answers of a call made by so many threads, each with a connection of its own."""
    gate, answers = threading.Barrier(number), []

    def one():
        gate.wait()
        try:
            answers.append(call())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def looked_at(user, at, monkeypatch) -> int:
    """How many of 200 wrong codes from ten threads are looked at."""
    seen = []
    inner = of_factors._spent
    monkeypatch.setattr(of_factors, "_spent", lambda *args: seen.append(1) or inner(*args))

    def guess():
        for number in range(20):
            try:
                use_code(user=user, code=f"{number:06}", at=at)
            except limits.TooMany:
                continue

    at_once(10, guess)
    return len(seen)


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_guesses_from_ten_threads_five_are_looked_at(monkeypatch):
    user, at = factories.cast().dewi_user, timezone.now()
    an_app(user)
    assert looked_at(user, at, monkeypatch) == limits.CODE.amount
    assert Event.objects.filter(verb="account.codes-guessed", subject_id=user.pk).count() == 1
    assert letters() == ["codes-guessed"]


@pytest.mark.django_db(transaction=True)
def test_without_the_limit_all_of_them_are(monkeypatch):
    user, at = factories.cast().dewi_user, timezone.now()
    an_app(user)
    monkeypatch.setattr(limits, "take", lambda *_args, **_more: 0)
    assert looked_at(user, at, monkeypatch) == 200


@pytest.mark.django_db(transaction=True)
def test_one_code_given_by_ten_at_once_opens_one_door(monkeypatch):
    user, at = factories.cast().dewi_user, timezone.now()
    an_app(user)
    monkeypatch.setattr(limits, "take", lambda *_args, **_more: 0)  # it would stop most before the row is looked at
    code = shown(at)
    assert sum(map(bool, at_once(10, lambda: use_code(user=user, code=code, at=at)))) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_row_one_code_opens_several(monkeypatch):
    user, at = factories.cast().dewi_user, timezone.now()
    an_app(user)
    monkeypatch.setattr(limits, "take", lambda *_args, **_more: 0)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_more: self)
    inner, met = of_factors._spend_app, threading.Barrier(2)

    def both_look_first(*args):
        with contextlib.suppress(threading.BrokenBarrierError):
            met.wait(5)
        return inner(*args)

    monkeypatch.setattr(of_factors, "_spend_app", both_look_first)
    code = shown(at)
    assert sum(map(bool, at_once(2, lambda: use_code(user=user, code=code, at=at)))) == 2


def test_who_guesses_is_told_to_wait_and_a_good_code_waits_too(cast, client, clock, english):
    client.cookies["language"] = "en"
    an_app(cast.dewi_user)
    enter(client, cast.dewi_user)
    assert [give(client, "000000").status_code for _ in range(5)] == [200] * 5
    refused = give(client, shown())
    assert refused.status_code == 429
    assert refused["Retry-After"] == "300"
    assert "Please wait 5 minutes" in refused.content.decode()
    clock.now += 5 * MINUTE
    assert give(client, shown()).status_code == 302


# --- setting up -----------------------------------------------------------------------------------


def set_up_app(client, clock=None):
    client.get("/account/factors/app/")
    secret = client.session["mfa.totp.secret"]
    code = of_factors.code_now(secret, clock.now if clock else timezone.now())
    return client.post("/account/factors/app/", {"code": code})


def test_an_app_is_set_up_in_one_step_and_the_portal_opens(cast, client):
    enter(client, cast.dewi_user)
    elsewhere = only_password(cast.dewi_user)
    old = key_of(client)
    answer = set_up_app(client)
    assert answer.status_code == 200
    assert len(codes_on(answer)) == 10
    assert key_of(client) != old
    assert client.get("/admin/").status_code == 200
    assert elsewhere.get("/account/")["Location"].startswith("/accounts/login/")
    assert letters() == ["factor-added"]
    assert Event.objects.get(verb="account.factor-added").after == {"type": "totp"}
    assert len(codes_on(client.get("/account/factors/"))) == 0


def test_a_wrong_code_sets_up_nothing_and_the_square_stays(cast, client):
    enter(client, cast.dewi_user)
    client.get("/account/factors/app/")
    secret = client.session["mfa.totp.secret"]
    answer = client.post("/account/factors/app/", {"code": "1"})
    assert answer.status_code == 422
    assert client.session["mfa.totp.secret"] == secret
    assert not Authenticator.objects.exists()


def test_what_is_kept_gives_no_code_away(cast, client):
    enter(client, cast.dewi_user)
    client.get("/account/factors/app/")
    secret = client.session["mfa.totp.secret"]
    codes = codes_on(set_up_app_with(client, secret))
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]
    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret
    everywhere = str(list(Event.objects.values_list("before", "after"))) + str(
        list(Outbox.objects.values_list("payload"))
    )
    assert secret not in everywhere


def set_up_app_with(client, secret):
    return client.post("/account/factors/app/", {"code": of_factors.code_now(secret, timezone.now())})


def test_a_recovery_code_opens_once_and_is_told(cast, client):
    enter(client, cast.dewi_user)
    codes = codes_on(set_up_app(client))
    for status in (302, 200):
        other = Client()
        enter(other, cast.dewi_user)
        assert give(other, codes[3].lower().replace("-", " ")).status_code == status
    assert codes_left(cast.dewi_user) == 9
    assert Event.objects.get(verb="account.recovery-used").after == {"left": 9}
    assert "recovery-used" in letters()


def test_new_recovery_codes_end_the_old_ones(cast, client):
    enter(client, cast.dewi_user)
    old = codes_on(set_up_app(client))
    new = codes_on(client.post("/account/factors/codes/"))
    assert len(new) == 10
    assert not set(old) & set(new)
    assert not use_code(user=cast.dewi_user, code=old[0], at=timezone.now())
    assert use_code(user=cast.dewi_user, code=new[0], at=timezone.now())


def test_without_a_factor_there_are_no_recovery_codes(cast, at):
    with pytest.raises(Refused) as refused:
        renew_codes(by=cast.dewi_user, at=at)
    assert refused.value.code == "NO_FACTOR"


def test_after_ten_minutes_factors_change_only_for_somebody_who_confirms(cast, client, clock):
    client.force_login(cast.dewi_user)
    one = an_app(cast.dewi_user)
    clock.now += 11 * MINUTE
    for path in (f"/account/factors/{one.pk}/remove/", "/account/factors/codes/", "/account/factors/passkey/"):
        assert client.post(path)["Location"].startswith("/accounts/reauthenticate/"), path
    assert factors_of(cast.dewi_user).count() == 1
    assert codes_left(cast.dewi_user) == 0


def test_the_last_factor_of_a_role_stays_and_anybody_elses_goes(cast, client, at):
    app = an_app(cast.dewi_user)
    with pytest.raises(Refused) as refused:
        remove_factor(by=cast.dewi_user, pk=app.pk, at=at)
    assert refused.value.code == "LAST"
    add_passkey(by=cast.dewi_user, name="kunci", credential={}, key="", at=at)
    remove_factor(by=cast.dewi_user, pk=app.pk, at=at)
    assert [one.type for one in factors_of(cast.dewi_user)] == ["webauthn"]
    mine = an_app(cast.sari_user)
    renew_codes(by=cast.sari_user, at=at)
    remove_factor(by=cast.sari_user, pk=mine.pk, at=at)
    assert not Authenticator.objects.filter(user=cast.sari_user).exists()


def test_nobody_removes_anybody_elses_factor(cast, client, at):
    app = an_app(cast.dewi_user)
    client.force_login(cast.eko_user)
    answers = [client.post(f"/account/factors/{pk}/remove/").status_code for pk in (app.pk, app.pk + 1000)]
    assert answers == [404, 404]  # another's is as one that never was
    assert factors_of(cast.dewi_user).exists()


def test_the_pages_read_as_they_are_meant(cast, client, english):
    client.cookies["language"] = "en"
    password_alone(client, cast.dewi_user)
    assert "Set up a second factor to go on" in client.get("/account/factors/").content.decode()
    page = client.get("/account/factors/app/").content.decode()
    assert "data:image/svg+xml;base64," in page
    assert "otpauth://totp/Dewi%20Lestari" in page
    assert cast.dewi.nip not in page


# --- taking it away -------------------------------------------------------------------------------


@pytest.fixture
def admin(cast):
    user = factories.account(factories.employee(cast.root, "Ade Admin"))
    factories.grant(user, Role.AGENCY_ADMIN, cast.agency)
    return user


def test_an_administrator_resets_what_somebody_lost_and_they_are_told(cast, admin, client, at):
    an_app(cast.dewi_user)
    renew_codes(by=cast.dewi_user, at=at)
    open_ = Client()
    open_.force_login(cast.dewi_user)
    client.force_login(admin)
    address = f"/admin/employees/user/{cast.dewi_user.pk}/do/reset-factors/"
    client.post(address, {"reason": "Ponsel hilang"})
    assert not Authenticator.objects.filter(user=cast.dewi_user).exists()
    assert not Session.objects.filter(account=cast.dewi_user).exists()
    event = Event.objects.get(verb="account.factors-reset")
    assert (event.actor_id, event.subject_id, event.reason) == (admin.pk, cast.dewi_user.pk, "Ponsel hilang")
    assert letters()[-1] == "factors-reset"
    again = Client()
    enter(again, cast.dewi_user)
    assert again.get("/admin/")["Location"] == "/account/factors/"


def test_nobody_resets_their_own_nor_without_a_reason_nor_beyond_their_people(cast, admin, at):
    for user in (admin, cast.dewi_user, cast.ratna_user):
        an_app(user)
    for user, reason, code in (
        (admin, "x", "OWN"),
        (cast.dewi_user, " ", "NO_REASON"),
        (cast.ratna_user, "x", "UNKNOWN"),
        (cast.sari_user, "x", "NO_FACTOR"),
    ):
        with pytest.raises(Refused) as refused:
            reset_factors(user=user, by=admin, at=at, reason=reason)
        assert refused.value.code == code
    assert Authenticator.objects.count() == 3


def test_the_last_platform_administrator_is_let_in_again_by_the_installation_alone(cast, at):
    boss, other = factories.account(username="admin"), factories.account(username="admin-2")
    factories.grant(boss, Role.PLATFORM_ADMIN)
    second = factories.grant(other, Role.PLATFORM_ADMIN)
    an_app(boss)
    an_app(cast.dewi_user)
    for name in ("admin", cast.dewi.nip):
        with pytest.raises(CommandError):
            call_command("manage_account", "reset-factors", name, "--last", "--reason", "x")
    second.delete()
    with pytest.raises(CommandError):
        call_command("manage_account", "close", "admin", "--last", "--reason", "x")
    call_command("manage_account", "reset-factors", "admin", "--last", "--reason", "Ponsel hilang")
    assert [one.user for one in Authenticator.objects.all()] == [cast.dewi_user]


def test_the_mails_reach_the_holder_in_their_language_and_no_closed_account(cast, admin, at, mailoutbox):
    an_app(cast.dewi_user)
    cast.dewi_user.language = "en"
    cast.dewi_user.save()
    reset_factors(user=cast.dewi_user, by=admin, at=at, reason="Ponsel hilang")
    assert not mailoutbox
    outbox.drain(kind=Outbox.Kind.MAIL, handle=tasks._send, at=timezone.now() + dt.timedelta(days=365))
    (mail,) = mailoutbox
    assert mail.to == ["dewi.lestari@contoh.test"]
    assert mail.subject == "Your second factor was reset"
    assert "Ponsel" not in mail.body
    an_app(cast.dewi_user)
    reset_factors(user=cast.dewi_user, by=admin, at=at, reason="lagi")
    deactivate(user=cast.dewi_user, by=admin, at=at, reason="keluar")
    outbox.drain(kind=Outbox.Kind.MAIL, handle=tasks._send, at=timezone.now() + dt.timedelta(days=365))
    assert len(mailoutbox) == 1


# --- the demo -------------------------------------------------------------------------------------


def test_only_the_demos_own_apps_show_their_code_and_only_in_a_demo(cast, client, settings, clock):
    settings.EMBEDDED = True
    lend_app(user=cast.dewi_user, at=clock.now)
    an_app(cast.hadi_user)
    for _twice in range(2):  # the second time within half a minute the next code is shown
        enter(client, cast.dewi_user)
        code = re.search(r"<strong>(\d{6})</strong>", client.get("/accounts/code/").content.decode()).group(1)
        assert give(client, code).status_code == 302
        client.post("/accounts/logout/")
    enter(client, cast.hadi_user)
    assert not re.search(r"<strong>\d{6}</strong>", client.get("/accounts/code/").content.decode())
    client.post("/accounts/logout/")
    settings.EMBEDDED = False
    enter(client, cast.dewi_user)
    assert not re.search(r"<strong>\d{6}</strong>", client.get("/accounts/code/").content.decode())


def test_the_secret_of_the_tests_is_one(db):
    assert of_factors.code_now(SECRET, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)).isdecimal()
