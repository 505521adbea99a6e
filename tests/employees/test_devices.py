"""Where one is logged in: seen by oneself alone, ended by oneself, and gone at once with what it rests on."""

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from employees.actions import deactivate, end_role, give_role, reactivate, renew_calendar, set_password
from employees.devices import device_of
from employees.models import CalendarAddress, Role, Session
from ledger.models import Event
from schedules.actions.delegations import delegate, end_delegation
from tests import factories

PASSWORD = "rahasia-sekali-1"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


def logged_in(user, agent="", address="10.0.0.9") -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/accounts/login/", {"login": user.employee.nip, "password": PASSWORD}, REMOTE_ADDR=address)
    client.cookies["language"] = "en"
    return client


def key_of(client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def stays(client) -> bool:
    return client.get("/account/").status_code == 200


def marks(client) -> list[str]:
    return [line["mark"] for line in client.get("/account/devices/").context["lines"] if not line["here"]]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (PHONE, "Chrome · Android"),
        (DESK, "Firefox · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge · macOS"),
        ("curl/8", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_a_device_is_known_by_two_words(agent, words):
    assert device_of(agent) == words


def test_one_sees_ones_own_log_ins_and_no_key_of_them(cast):
    here, there = logged_in(cast.sari_user, DESK), logged_in(cast.sari_user, PHONE)
    logged_in(cast.eko_user, "curl/8")
    page = here.get("/account/devices/").content.decode()
    assert "Firefox · Windows" in page
    assert "Chrome · Android" in page
    assert page.count("this device") == 1
    assert len(marks(here)) == 1
    assert key_of(here) not in page
    assert key_of(there) not in page
    kept = str([row.get_decoded() for row in Session.objects.all()])
    assert "Pixel" not in kept
    assert "10.0.0.9" not in kept


def test_one_ends_one_or_all_others_and_nobody_elses(cast):
    here, there, third = (logged_in(cast.sari_user, PHONE) for _ in range(3))
    stranger = logged_in(cast.eko_user)
    (theirs,) = marks(logged_in(cast.eko_user))
    answer = here.post("/account/devices/end/", {"which": theirs}, follow=True)
    assert "There is no such log-in of yours" in answer.content.decode()
    assert stays(stranger)
    here.post("/account/devices/end/", {"which": key_of(there)})
    assert stays(there)
    here.post("/account/devices/end/", {"which": marks(here)[0]})
    assert sorted([stays(there), stays(third)]) == [False, True]
    here.post("/account/devices/end/", {"which": "others"})
    assert [stays(one) for one in (here, there, third, stranger)] == [True, False, False, True]
    assert Event.objects.filter(verb="account.sessions_ended", subject_id=cast.sari_user.pk).count() == 2


def test_ending_takes_a_post(cast):
    here, there = logged_in(cast.sari_user), logged_in(cast.sari_user)
    assert here.get("/account/devices/end/", {"which": "others"}).status_code == 405
    assert stays(there)


# --- dead at once ---------------------------------------------------------------------------------


@pytest.fixture
def admin(cast):
    user = factories.account(factories.employee(cast.root, "Ade Admin"))
    factories.grant(user, Role.AGENCY_ADMIN, cast.agency)
    return user


def the_role_goes(cast, admin, at):
    first = at.astimezone(cast.agency.zone).date()
    given = dict(user=cast.sari_user, role=Role.AUDITOR, agency=cast.agency, unit=None, first=first, last=None)
    made = give_role(**given, by=admin, at=at, reason="x")
    yield
    end_role(grant_id=made.pk, last=None, by=admin, at=at, reason="x")


@pytest.mark.parametrize("what", ["closed", "role given", "role ended", "password"])
def test_what_an_account_has_open_dies_with_what_it_rests_on(cast, admin, what):
    at = timezone.now()
    role = the_role_goes(cast, admin, at)
    if what == "role ended":
        next(role)
    client = Client()
    client.force_login(cast.sari_user)
    assert stays(client)
    if what == "closed":
        deactivate(user=cast.sari_user, by=admin, at=at, reason="x")
    elif what == "password":
        set_password(user=cast.sari_user, password="kunci-baru-yang-panjang-7", by=None, at=at)
    else:
        next(role, None)
    assert not stays(client)
    assert not Session.objects.filter(account=cast.sari_user).exists()


def test_a_stand_in_decides_nothing_from_the_moment_it_ends(cast, client):
    """The log-in stays, for it is the stand-in's own; what it reached for the other is gone at the next click."""
    at = timezone.now()
    today = at.astimezone(cast.agency.zone).date()
    one = delegate(
        by=cast.budi_user, delegator_id=cast.budi.pk, delegate_id=cast.eko.pk, first=today, last=today, at=at
    )
    client.force_login(cast.eko_user)
    team = lambda: client.get("/approvals/").content.decode()  # noqa: E731
    before = team()
    end_delegation(by=cast.budi_user, delegation_id=one.pk, at=at)
    assert before != team()
    assert cast.budi.name in before
    assert cast.budi.name not in team()


def test_a_calendar_address_dies_with_the_account_and_does_not_come_back(cast, admin, client):
    at = timezone.now()
    secret = renew_calendar(by=cast.sari_user, at=at)
    address = f"/api/v1/calendar/{secret}.ics"
    assert client.get(address).status_code == 200
    deactivate(user=cast.sari_user, by=admin, at=at, reason="x")
    assert client.get(address).status_code == 404
    reactivate(user=cast.sari_user, by=admin, at=at + dt.timedelta(hours=1), reason="x")
    assert client.get(address).status_code == 404
    assert not CalendarAddress.objects.exists()
    assert Event.objects.get(verb="account.calendar-ended").actor_id == admin.pk
