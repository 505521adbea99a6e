"""Log-in, account page, language, error pages, health: what everybody meets first."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from employees.models import User
from ledger import outbox
from ledger.models import Event, Outbox
from schedules import tasks
from tests import factories

PASSWORD = "rahasia-sekali-1"


def post_mails():
    """What the worker does with the mails that wait."""
    outbox.drain(kind=Outbox.Kind.MAIL, handle=tasks._send, at=timezone.now() + dt.timedelta(minutes=1))


@pytest.fixture
def sari(cast, client):
    client.force_login(cast.sari_user)
    return client


def test_a_stranger_is_led_to_the_log_in(client, db):
    answer = client.get("/account/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/account/"


def test_log_in_with_the_number_as_people_write_it(cast, client):
    number = cast.sari.nip
    typed = f"{number[:8]} {number[8:14]} {number[14]} {number[15:]}"
    answer = client.post("/accounts/login/", {"login": typed, "password": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_a_wrong_password_says_so_and_keeps_the_number(cast, client):
    answer = client.post("/accounts/login/", {"login": cast.sari.nip, "password": "salah"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'role="alert"' in page
    assert cast.sari.nip in page
    assert "nama pengguna" not in page.lower()  # people here have a number, not a user name


def test_log_out_asks_first(sari):
    assert sari.get("/accounts/logout/").status_code == 200
    assert sari.post("/accounts/logout/").status_code == 302
    assert sari.get("/account/").status_code == 302


@pytest.mark.parametrize("path", ["login", "password/reset", "password/reset/done", "inactive"])
def test_pages_before_the_log_in(client, db, path):
    assert client.get(f"/accounts/{path}/").status_code == 200


def test_nobody_signs_up(client, db):
    for answer in (client.get("/accounts/signup/"), client.post("/accounts/signup/", {"username": "x"})):
        assert answer.status_code == 302
        assert answer["Location"] == "/accounts/login/"
    assert not User.objects.exists()


def test_the_password_is_changed(sari, cast):
    assert sari.get("/accounts/password/change/").status_code == 200
    new = "kunci-baru-yang-panjang-7"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new, "next": "/account/"}
    answer = sari.post("/accounts/password/change/", form)
    assert answer["Location"] == "/account/"
    cast.sari_user.refresh_from_db()
    assert cast.sari_user.check_password(new)


def test_a_link_for_a_new_password_works_once(cast, client, mailoutbox):
    User.objects.filter(pk=cast.sari_user.pk).update(email="sari@contoh.test")
    client.post("/accounts/password/reset/", {"email": "Sari@contoh.test"})
    assert not mailoutbox
    post_mails()
    (mail,) = mailoutbox
    link = next(word for word in mail.body.split() if "/password/reset/key/" in word)
    path = "/" + link.split("/", 3)[3]
    form_page = client.get(path, follow=True)
    new = "kunci-baru-yang-panjang-7"
    where = form_page.redirect_chain[-1][0]
    done = client.post(where, {"password1": new, "password2": new}, follow=True)
    assert done.status_code == 200
    cast.sari_user.refresh_from_db()
    assert cast.sari_user.check_password(new)
    client.logout()
    assert reverse("account_reset_password") in client.get(path).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(cast, client, mailoutbox):
    answer = client.post("/accounts/password/reset/", {"email": "siapa@contoh.test"})
    assert answer["Location"] == "/accounts/password/reset/done/"
    post_mails()
    assert not mailoutbox


def test_an_address_known_or_not_costs_the_same_and_no_mail_is_sent_meanwhile(cast, client, mailoutbox):
    """One look, one entry, whoever it is: the clock of the page tells nothing."""
    User.objects.filter(pk=cast.sari_user.pk).update(email="sari@contoh.test")
    User.objects.filter(pk=cast.eko_user.pk).update(email="eko@contoh.test", is_active=False)
    asked = []
    for address in ("sari@contoh.test", "siapa@contoh.test", "eko@contoh.test"):
        with CaptureQueriesContext(connection) as queries:
            client.post("/accounts/password/reset/", {"email": address}, REMOTE_ADDR=f"10.1.1.{len(asked)}")
        asked.append([re.sub(r"\d+|'[^']*'", "?", one["sql"]) for one in queries if "portal_cache" not in one["sql"]])
    assert not mailoutbox
    assert asked[0] == asked[1] == asked[2]
    assert sum("ledger_outbox" in sql for sql in asked[0]) == 1
    assert "contoh.test" not in str(list(Outbox.objects.values_list("key", "payload")))
    post_mails()
    assert [mail.to for mail in mailoutbox] == [["sari@contoh.test"]]


def test_a_mail_sent_at_once_would_show_which_address_is_known(cast, client, mailoutbox, monkeypatch):
    """The twin: the library's own form sends within the request."""
    monkeypatch.delattr("employees.login.ForgottenForm.save")
    User.objects.filter(pk=cast.sari_user.pk).update(email="sari@contoh.test")
    client.post("/accounts/password/reset/", {"email": "sari@contoh.test"})
    assert len(mailoutbox) == 1


def test_account_page(sari, cast, django_assert_num_queries):
    with django_assert_num_queries(9):
        page = sari.get("/account/").content.decode()
    number = cast.sari.nip
    assert f"{number[:8]} {number[8:14]} {number[14]} {number[15:]}" in page
    assert "Biro Umum" in page
    assert "Budi Santoso" in page


def test_account_page_of_an_account_without_a_person(client, db):
    client.force_login(factories.account(username="platform"))
    page = client.get("/account/").content.decode()
    assert "platform" in page


def test_account_page_where_nothing_is_known(cast, client):
    person = factories.employee(cast.general, "Tanpa Penempatan", place=False)
    client.force_login(factories.account(person))
    assert client.get("/account/").status_code == 200


def test_language_of_an_account_is_kept_and_recorded(sari, cast):
    answer = sari.post("/account/language/", {"language": "en", "next": "/account/"})
    assert answer["Location"] == "/account/"
    assert answer.cookies["language"].value == "en"
    cast.sari_user.refresh_from_db()
    assert cast.sari_user.language == "en"
    event = Event.objects.get(verb="LANGUAGE_CHOSEN")
    assert (event.actor_id, event.agency_id) == (cast.sari_user.pk, cast.agency.pk)
    assert (event.before, event.after) == ({"language": "id"}, {"language": "en"})
    assert '<html lang="en">' in sari.get("/account/").content.decode()


def test_the_same_language_again_is_no_event(sari):
    sari.post("/account/language/", {"language": "id"})
    assert not Event.objects.exists()


def test_language_of_a_visitor_is_a_cookie_only(client, db):
    assert '<html lang="id">' in client.get("/accounts/login/").content.decode()
    client.post("/account/language/", {"language": "en", "next": "/accounts/login/"})
    assert '<html lang="en">' in client.get("/accounts/login/").content.decode()
    assert not Event.objects.exists()


def test_a_language_nobody_speaks_is_refused(sari, cast):
    answer = sari.post("/account/language/", {"language": "xx"})
    assert answer.status_code == 400
    cast.sari_user.refresh_from_db()
    assert cast.sari_user.language == "id"


@pytest.mark.parametrize(
    "where", ["//jahat.test", "https://jahat.test/", "\\\\jahat.test", "https:jahat.test", "", "/\\x"]
)
def test_the_language_form_leads_nowhere_else(client, db, where):
    assert client.post("/account/language/", {"language": "en", "next": where})["Location"] == "/"


def test_a_page_that_does_not_exist(client, sari):
    for path in ("/tidak-ada/", "/accounts/tidak-ada/"):
        answer = sari.get(path)
        assert answer.status_code == 404
        assert 'class="site-header"' in answer.content.decode()


def test_a_visitor_gets_the_same_page_of_nothing(client, db):
    assert client.get("/tidak-ada/").status_code == 404


def test_a_form_without_its_key_changes_nothing(cast):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.sari_user)
    answer = client.post("/account/language/", {"language": "en"})
    assert answer.status_code == 403
    assert 'class="site-header"' in answer.content.decode()
    cast.sari_user.refresh_from_db()
    assert cast.sari_user.language == "id"


def test_an_unknown_host_is_answered_without_context(client, db):
    answer = client.get("/livez", HTTP_HOST="jahat.test")
    assert answer.status_code == 400
    assert "Portal WFH ASN" in answer.content.decode()


def test_the_fault_page_needs_nothing(rf, settings):
    from django.views.defaults import server_error

    answer = server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "Portal WFH ASN" in answer.content.decode()


def test_alive_without_a_database(client):
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_tells_the_state_and_no_error_text(client, db, settings):
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/valkey.sock?virtual_host=0"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "migrations": "ok", "broker": "down"}


def test_not_ready_without_a_database(client, db, monkeypatch):
    from wfh_portal import health

    monkeypatch.setattr(health, "_database", lambda: False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"


def test_not_ready_with_pending_migrations(client, db, monkeypatch):
    from wfh_portal import health

    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: [("x", False)])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "pending"
