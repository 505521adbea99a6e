"""The admin's pages of accounts and roles: what they offer to whom, and that no form takes more than it shows."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from employees.actions.roles import today_of
from employees.models import Role, RoleGrant, User
from tests import factories

from .roles import somebody

ADD_ROLE = reverse("admin:employees_rolegrant_add")
ADD_ACCOUNT = reverse("admin:employees_user_add")
# What a forged form would add: every field that decides something.
MASS = {
    "is_superuser": "on",
    "is_staff": "on",
    "is_active": "on",
    "user": "1",
    "user_id": "1",
    "employee": "1",
    "password": "x",
    "username": "root",
    "groups": "1",
    "user_permissions": "1",
    "valid_0": "2000-01-01",
    "valid_1": "2099-01-01",
    "grants-TOTAL_FORMS": "1",
    "_popup": "1",
}


def enter(client, user):
    client.force_login(user)
    client.cookies["language"] = "en"
    return client


def filled(cast, account, role="HR_OFFICER", **changes):
    today = today_of(cast.agency, timezone.now())
    data = {
        "account": account,
        "role": role,
        "agency": cast.agency.pk,
        "unit_code": "",
        "first": today.isoformat(),
        "last": "",
        "reason": "SK 1",
    }
    return data | changes


def page_of(grant):
    return reverse("admin:employees_rolegrant_change", args=[grant.pk])


def test_an_administrator_gives_a_role_by_the_form(cast, client, english):
    enter(client, somebody(cast, "agency_admin"))
    page = client.get(ADD_ROLE).content.decode()
    assert "second pair of eyes" in page, "each role says what it is"
    assert "latform administrator" not in page
    assert client.post(ADD_ROLE, filled(cast, cast.sari.nip) | MASS).status_code == 302
    grant = RoleGrant.objects.get(user=cast.sari_user)
    assert (grant.role, grant.agency, grant.unit) == ("HR_OFFICER", cast.agency, None)
    assert grant.valid.lower == today_of(cast.agency, timezone.now())
    sari = User.objects.get(pk=cast.sari_user.pk)
    assert not sari.is_superuser
    assert sari.check_password("rahasia-sekali-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "PLATFORM_ADMIN"},
        {"role": "PLATFORM_ADMIN", "agency": ""},
        {"role": "SUPERUSER"},
        {"agency": "other"},
        {"agency": ""},
        {"account": "ratna"},
        {"account": "nobody"},
        {"account": "myself"},
        {"unit_code": "PUSAT"},
        {"first": "2020-01-01"},
        {"first": "31-02-2026"},
        {"last": "2020-01-01"},
        {"reason": ""},
        {"reason": "x" * 501},
    ],
)
def test_what_is_refused_stands_on_the_form(cast, client, changes):
    admin = somebody(cast, "agency_admin")
    known = {"ratna": cast.ratna.nip, "myself": admin.username, "other": cast.other.pk}
    before = list(RoleGrant.objects.order_by("pk").values())
    data = filled(cast, cast.sari.nip) | {name: known.get(value, value) for name, value in changes.items()}
    answer = enter(client, admin).post(ADD_ROLE, data)
    assert answer.status_code == 200
    assert "SK 1" in answer.content.decode() or "reason" in changes, "what was typed stays"
    assert list(RoleGrant.objects.order_by("pk").values()) == before


def test_what_no_keyboard_types_is_a_bad_request(cast, client):
    admin = enter(client, somebody(cast, "agency_admin"))
    before = RoleGrant.objects.count()
    data = filled(cast, cast.sari.nip) | {"unit_code": "\x00"}
    assert admin.post(ADD_ROLE, data).status_code == 400
    assert RoleGrant.objects.count() == before


@pytest.mark.parametrize("who", ["sari", "budi", "eko", "dewi", "hadi", "ratna", "auditor"])
def test_others_give_nothing(cast, client, who):
    enter(client, somebody(cast, who))
    before = RoleGrant.objects.count()
    for address, data in ((ADD_ROLE, filled(cast, cast.sari.nip)), (ADD_ACCOUNT, {"nip": cast.team[0].nip})):
        assert client.get(address).status_code in (302, 403)
        assert client.post(address, data | MASS).status_code in (302, 403)
    assert RoleGrant.objects.count() == before
    assert not User.objects.filter(employee=cast.team[0]).exists()


def test_a_role_ends_by_the_form(cast, client):
    grant = RoleGrant.objects.get(user=cast.dewi_user)
    enter(client, somebody(cast, "agency_admin"))
    today = today_of(cast.agency, timezone.now())
    later = today + dt.timedelta(days=9)
    answer = client.post(page_of(grant), {"last": later.isoformat(), "reason": "Pindah", "role": "HR_HEAD"} | MASS)
    assert answer.status_code == 302
    grant.refresh_from_db()
    assert (grant.role, grant.user, grant.valid.upper) == ("HR_OFFICER", cast.dewi_user, later + dt.timedelta(days=1))
    assert client.post(page_of(grant), {"last": "", "reason": "Sekarang"}).status_code == 302
    grant.refresh_from_db()
    assert grant.valid.upper == today


def test_a_strangers_role_does_not_exist(cast, client):
    grant = RoleGrant.objects.get(user=cast.dewi_user)
    nowhere = page_of(grant).replace(f"/{grant.pk}/", "/999999999/")
    for who in ("other_admin", "ratna", "admin_of_general"):
        enter(client, somebody(cast, who))
        for call in (client.get, client.post):
            answer, random = call(page_of(grant)), call(nowhere)
            assert (answer.status_code, random.status_code) == (404, 404)
            assert without_token(answer) == without_token(random)


def without_token(answer):
    """The page but for the token of forms and its own address."""
    own = answer.wsgi_request.path.encode()
    return re.sub(rb"[A-Za-z0-9]{64}", b"", answer.content.replace(own, b""))


def test_whoever_reads_roles_does_not_end_them(cast, client):
    grant = RoleGrant.objects.get(user=cast.dewi_user)
    for who in ("hadi", "auditor"):
        enter(client, somebody(cast, who))
        assert client.get(page_of(grant)).status_code == 200
        assert client.post(page_of(grant), {"last": "", "reason": "x"}).status_code == 403


def test_both_roles_in_one_person_are_seen(cast, client, english):
    factories.grant(cast.dewi_user, Role.HR_HEAD, cast.agency)
    enter(client, somebody(cast, "auditor"))
    page = client.get(reverse("admin:employees_rolegrant_changelist")).content.decode()
    assert page.count("no second pair of eyes") == 2


# --- accounts ---------------------------------------------------------------------------------------


def do(client, account, what, **data):
    return client.post(reverse("admin:employees_user_do", args=[account.pk, what]), data)


def test_an_account_is_made_and_its_link_shown_once(cast, client, english):
    enter(client, somebody(cast, "agency_admin"))
    answer = client.post(ADD_ACCOUNT, {"nip": cast.team[0].nip} | MASS)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    link = answer.content.decode().split("<code>")[1].split("</code>")[0]
    made = User.objects.get(employee=cast.team[0])
    assert not made.is_superuser
    assert not made.has_usable_password()
    assert made.username != "root"
    assert Client().get(link.removeprefix("http://127.0.0.1:8000")).status_code == 302, "it works"
    page = client.get(reverse("admin:employees_user_change", args=[made.pk])).content.decode()
    assert link not in page
    for nip in (cast.stranger.nip, "198503202010011001", "x", cast.sari.nip):
        assert client.post(ADD_ACCOUNT, {"nip": nip}).status_code == 200
    assert not User.objects.filter(employee=cast.stranger).exists()


def test_people_of_others_and_nobody_are_told_the_same(cast, client):
    enter(client, somebody(cast, "agency_admin"))
    pages = [client.post(ADD_ACCOUNT, {"nip": nip}).content.decode() for nip in (cast.stranger.nip, factories.nip())]
    said = [page.split("errornote")[-1].count("Tidak") for page in pages]
    assert said[0] == said[1]


def test_an_account_is_closed_and_opened(cast, client, english):
    enter(client, somebody(cast, "agency_admin"))
    page = client.get(reverse("admin:employees_user_change", args=[cast.sari_user.pk])).content.decode()
    assert "Close the account" in page
    hers = Client()
    hers.force_login(cast.sari_user)
    assert do(client, cast.sari_user, "close", reason="").status_code == 302
    assert User.objects.get(pk=cast.sari_user.pk).is_active, "not without a reason"
    do(client, cast.sari_user, "close", reason="Cuti panjang", **MASS)
    assert not User.objects.get(pk=cast.sari_user.pk).is_active
    assert hers.get("/").status_code == 302
    do(client, cast.sari_user, "open", reason="Kembali")
    assert User.objects.get(pk=cast.sari_user.pk).is_active
    hers.force_login(cast.sari_user)
    do(client, cast.sari_user, "end-sessions")
    assert hers.get("/").status_code == 302
    assert b"/password/reset/key/" in do(client, cast.sari_user, "new-link", reason="Lupa").content
    assert not User.objects.get(pk=cast.sari_user.pk).has_usable_password()


@pytest.mark.parametrize("what", ["close", "open", "new-link", "end-sessions", "delete", "x"])
def test_nobody_else_manages_accounts(cast, client, what):
    user = cast.sari_user
    before = User.objects.values().get(pk=user.pk)
    for who, expected in {
        "dewi": 403,
        "hadi": 403,
        "auditor": 403,
        "ratna": 403,
        "eko": 302,
        "sari": 302,
        "other_admin": 404,
        "platform": 404,
    }.items():
        enter(client, somebody(cast, who))
        answer = do(client, user, what, reason="x")
        assert answer.status_code == expected, who
    assert client.get(reverse("admin:employees_user_do", args=[user.pk, what])).status_code == 405
    after = User.objects.values().get(pk=user.pk)
    assert before | {"last_login": None} == after | {"last_login": None}


def test_not_oneself_and_nobody_higher(cast, client):
    admin = somebody(cast, "agency_admin")
    factories.grant(cast.eko_user, Role.PLATFORM_ADMIN)
    enter(client, admin)
    for user in (admin, cast.eko_user):
        for what in ("close", "new-link", "end-sessions"):
            assert do(client, user, what, reason="x").status_code == 403 if user != admin else 404
    assert User.objects.get(pk=cast.eko_user.pk).has_usable_password()
