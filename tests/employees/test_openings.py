"""Accounts that administrators make, close and open: for whom, by whom, and what ends with them."""

import re
import stat

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from employees.actions import (
    Refused,
    create_account,
    create_accounts,
    create_named_account,
    deactivate,
    end_sessions,
    forget_password,
    reactivate,
)
from employees.links import first_link
from employees.models import Role, User
from ledger.models import Event
from tests import factories
from tests.at_once import together

from .roles import somebody

ACTS = {"close": deactivate, "open": reactivate, "forget": forget_password, "end": end_sessions}


def act(name, user, by):
    reason = {} if name == "end" else {"reason": "Permintaan"}
    return ACTS[name](user=user, by=by, at=timezone.now(), **reason)


def code(call, *args, **kwargs):
    try:
        with transaction.atomic():
            call(*args, **kwargs)
    except Refused as refused:
        return refused.code
    return None


def make(person, by):
    return create_account(employee=person, by=by, at=timezone.now())


# --- making -----------------------------------------------------------------------------------------


def test_an_account_begins_without_a_password(cast):
    user = make(cast.team[0], somebody(cast, "agency_admin"))
    assert not is_password_usable(user.password)
    assert user.email == cast.team[0].email
    event = Event.objects.get(verb="account.create")
    assert (event.subject_id, event.agency_id, event.after) == (user.pk, cast.agency.pk, {})


@pytest.mark.parametrize(
    "who", ["sari", "budi", "dewi", "hadi", "eko", "ratna", "auditor", "other_admin", "admin_of_general", "platform"]
)
def test_only_the_administrator_of_the_person_makes_an_account(cast, who):
    somebody(cast, "agency_admin")
    assert code(make, cast.team[0], somebody(cast, who)) == "UNKNOWN"
    assert not User.objects.filter(employee=cast.team[0]).exists()


def test_the_platform_makes_the_first_account_of_an_agency(cast):
    assert code(make, cast.team[0], somebody(cast, "platform")) is None


def test_one_account_a_person(cast):
    admin = somebody(cast, "agency_admin")
    assert code(make, cast.sari, admin) == "TAKEN"


@pytest.mark.parametrize("name", ["", "ab", "x" * 65, "198503202010011001", "nama lain", "a/b", "a@b"])
def test_a_name_is_a_name(cast, name):
    call = {"name": name, "email": "", "at": timezone.now()}
    assert code(create_named_account, by=somebody(cast, "platform"), **call) == "BAD_NAME"


def test_accounts_of_nobody_are_the_platforms(cast):
    call = {"name": "simpeg", "email": "", "at": timezone.now()}
    for who in ("agency_admin", "dewi", "sari"):
        assert code(create_named_account, by=somebody(cast, who), **call) == "NOT_YOURS"
    assert code(create_named_account, by=somebody(cast, "platform"), **call) is None
    assert code(create_named_account, by=somebody(cast, "platform"), **call) == "TAKEN"
    assert code(create_named_account, by=None, **call) == "NOT_YOURS", "the platform has its administrator"


def test_everybody_of_an_agency_gets_one(cast):
    admin = somebody(cast, "agency_admin")
    gone = factories.employee(cast.general, "Purna", legal_status="PENSIUN")
    assert create_accounts(agency=cast.agency, by=admin, at=timezone.now()) == len(cast.team)
    assert not User.objects.filter(employee__in=[gone, cast.stranger]).exists()
    assert {user.employee for user in User.objects.without_password()} == set(cast.team), (
        "who has a password needs no link"
    )
    assert create_accounts(agency=cast.agency, by=admin, at=timezone.now()) == 0
    assert Event.objects.filter(verb="accounts.create").count() == 1
    for who in ("dewi", "hadi", "ratna", "other_admin", "admin_of_general", "platform"):
        by = somebody(cast, who)
        assert code(create_accounts, agency=cast.agency, by=by, at=timezone.now()) == "NOT_YOURS"


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_same_account_make_one():
    cast = factories.cast()
    admin = somebody(cast, "agency_admin")
    assert together(*[lambda: make(cast.team[0], admin)] * 2) == [None, "TAKEN"]


# --- the first password -----------------------------------------------------------------------------


def test_the_first_password_is_set_once_by_a_link(cast):
    user = make(cast.team[0], somebody(cast, "agency_admin"))
    link = first_link(user).removeprefix("http://127.0.0.1:8000")
    visitor, late = Client(), Client()
    form = visitor.get(link, follow=True)
    new = "gunung-tinggi-sekali-7"
    answer = visitor.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.check_password(new)
    again = late.get(link, follow=True)
    assert not again.redirect_chain, "the second time the link leads nowhere"
    assert late.post(link, {"password1": "x" * 15, "password2": "x" * 15}).status_code == 200
    user.refresh_from_db()
    assert user.check_password(new)


def test_a_link_says_nothing_of_the_person(cast):
    link = first_link(cast.sari_user)
    assert cast.sari.nip not in link
    assert cast.sari.nip[:8] not in link


def test_a_link_dies_with_the_next_one_used(cast):
    admin, user = somebody(cast, "agency_admin"), cast.sari_user
    old = first_link(user)
    act("forget", user, admin)
    assert Client().get(old.removeprefix("http://127.0.0.1:8000")).status_code == 200, "no redirect: not valid"


# --- managing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", sorted(ACTS))
@pytest.mark.parametrize(
    ("who", "whom", "expected"),
    [
        ("agency_admin", "sari", None),
        ("agency_admin", "hadi", None),
        ("agency_admin", "agency_admin", "OWN"),
        ("agency_admin", "platform", "UNKNOWN"),
        ("agency_admin", "ratna", "UNKNOWN"),
        ("agency_admin", "platform_of_the_agency", "HIGHER"),
        ("admin_of_general", "sari", None),
        ("admin_of_general", "eko", "UNKNOWN"),
        ("admin_of_general", "head_in_general", "HIGHER"),
        ("other_admin", "sari", "UNKNOWN"),
        ("platform", "sari", "UNKNOWN"),
        ("platform", "dewi", "HIGHER"),
        ("platform", "agency_admin_person", None),
        ("platform", "platform", "OWN"),
        ("dewi", "sari", "UNKNOWN"),
        ("hadi", "sari", "UNKNOWN"),
        ("budi", "sari", "UNKNOWN"),
        ("sari", "sari", "OWN"),
        ("auditor", "sari", "UNKNOWN"),
    ],
)
def test_who_manages_whose_account(cast, what, who, whom, expected):
    by, user = somebody(cast, who), holder(cast, whom)
    somebody(cast, "agency_admin")
    before = User.objects.values().get(pk=user.pk)
    assert code(act, what, user, by) == expected
    if expected:
        assert User.objects.values().get(pk=user.pk) == before


def holder(cast, whom):
    if whom == "platform_of_the_agency":
        factories.grant(cast.eko_user, Role.PLATFORM_ADMIN)
        return cast.eko_user
    if whom == "head_in_general":
        factories.grant(cast.budi_user, Role.HR_HEAD, cast.agency)
        return cast.budi_user
    if whom == "agency_admin_person":
        factories.grant(cast.eko_user, Role.AGENCY_ADMIN, cast.agency)
        return cast.eko_user
    return somebody(cast, whom)


def test_a_closed_account_is_dead_at_the_next_request(cast, client):
    """F36: an old cookie, an old token, a new log-in."""
    admin, user = somebody(cast, "agency_admin"), cast.dewi_user
    token = AuthToken.objects.create(user=user)[1]
    headers = {"authorization": f"Token {token}"}
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    assert client.get("/api/v1/me/week/", headers=headers).status_code in (200, 404)
    act("close", user, admin)
    assert client.get("/admin/").status_code == 302
    assert Client().get("/api/v1/me/week/", headers=headers).status_code == 401
    assert not Client().login(username=cast.dewi.nip, password="rahasia-sekali-1")
    act("open", user, admin)
    assert client.get("/admin/").status_code == 302, "the old session does not come back"
    assert Client().get("/api/v1/me/week/", headers=headers).status_code == 401
    verbs = list(Event.objects.filter(subject_type="employees.user").order_by("pk").values_list("verb", "reason"))
    assert [verb for verb in verbs if verb[0] in ("account.close", "account.open")] == [
        ("account.close", "Permintaan"),
        ("account.open", "Permintaan"),
    ]


def test_ended_sessions_leave_the_account(cast, client):
    client.force_login(cast.sari_user)
    assert act("end", cast.sari_user, somebody(cast, "agency_admin")) == 1
    assert client.get("/account/").status_code == 302
    client.force_login(cast.sari_user)
    assert client.get("/account/").status_code == 200


def test_a_reason_is_needed(cast):
    admin = somebody(cast, "agency_admin")
    for name in ("close", "open", "forget"):
        call = {"user": cast.sari_user, "by": admin, "at": timezone.now(), "reason": "  "}
        assert code(ACTS[name], **call) == "NO_REASON"


def test_the_last_administrator_of_the_platform_stays(cast):
    one, two = somebody(cast, "platform"), factories.account(username="kedua")
    factories.grant(two, Role.PLATFORM_ADMIN)
    assert code(act, "close", two, one) is None
    assert code(act, "open", two, one) is None


@pytest.mark.django_db(transaction=True)
def test_two_who_close_each_other_leave_one():
    cast = factories.cast()
    one, two = somebody(cast, "platform"), factories.account(username="kedua")
    factories.grant(two, Role.PLATFORM_ADMIN)
    outcomes = together(lambda: act("close", two, one), lambda: act("close", one, two))
    assert outcomes.count(None) == 1
    assert User.objects.filter(pk__in=[one.pk, two.pk], is_active=True).count() == 1


# --- commands ---------------------------------------------------------------------------------------


def test_an_installation_begins_with_two_commands(db, english, capsys):
    call_command("create_account", "--name", "admin", "--email", "admin@contoh.test", "--first")
    assert re.search(r"http://127.0.0.1:8000/accounts/password/reset/key/\S+/", capsys.readouterr().out)
    call_command("give_role", "admin", "PLATFORM_ADMIN", "--first", "--reason", "Installation")
    with pytest.raises(CommandError, match="has its administrator"):
        call_command("create_account", "--name", "kedua", "--first")


def test_links_go_into_a_file_of_the_administrators_own(cast, english, tmp_path, capsys):
    factories.grant(cast.budi_user, Role.AGENCY_ADMIN, cast.agency)
    file = tmp_path / "links.csv"
    command = ("create_accounts", "--agency", "KC", "--by", cast.budi.nip, "--links", str(file))
    call_command(*command)
    assert "Accounts made: 3." in capsys.readouterr().out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = file.read_text().splitlines()
    assert len(lines) == 1 + len(cast.team)
    with pytest.raises(CommandError, match="cannot be written"):
        call_command(*command)


def test_one_account_by_command(cast, english, capsys):
    factories.grant(cast.budi_user, Role.AGENCY_ADMIN, cast.agency)
    by = ("--by", cast.budi.nip, "--reason", "Lupa")
    call_command("manage_account", "new-link", cast.sari.nip, *by)
    assert "/password/reset/key/" in capsys.readouterr().out
    call_command("manage_account", "close", cast.sari.nip, *by)
    assert not User.objects.get(pk=cast.sari_user.pk).is_active
    call_command("manage_account", "open", cast.sari.nip, *by)
    call_command("manage_account", "end-sessions", cast.sari.nip, *by)
    assert User.objects.get(pk=cast.sari_user.pk).is_active
    with pytest.raises(CommandError):
        call_command("manage_account", "close", cast.ratna.nip, *by)
    call_command("create_account", cast.team[0].nip, "--by", cast.budi.nip)
    assert User.objects.filter(employee=cast.team[0]).exists()
    with pytest.raises(CommandError, match="nobody with this number"):
        call_command("create_account", cast.stranger.nip, "--by", cast.budi.nip)
