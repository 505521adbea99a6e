"""Giving and ending roles: who may give what to whom, from when, and what two do at once."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from psycopg2.extras import DateRange

from employees import roles
from employees.actions import Refused, end_role, give_role
from employees.actions import roles as room
from employees.models import Role, RoleGrant, User
from ledger.models import Event
from tests import factories
from tests.at_once import together

from .roles import somebody

DAY = dt.timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


def today(cast, now):
    return room.today_of(cast.agency, now)


def give(cast, by, user, role, *, agency="own", unit=None, first=None, last=None, at=None, reason="Tugas baru"):
    at = at or timezone.now()
    return give_role(
        user=user,
        role=role,
        agency=cast.agency if agency == "own" else agency,
        unit=unit,
        first=first or room.today_of(cast.agency, at),
        last=last,
        by=by,
        at=at,
        reason=reason,
    )


def end(grant, by, last=None, at=None, reason="Tugas selesai"):
    return end_role(grant_id=grant.pk, last=last, by=by, at=at or timezone.now(), reason=reason)


def code(call, *args, **kwargs):
    try:
        with transaction.atomic():
            call(*args, **kwargs)
    except Refused as refused:
        return refused.code
    return None


# --- the table of who gives what --------------------------------------------------------------------

HERE = {Role.HR_OFFICER, Role.HR_HEAD, Role.AUDITOR, Role.AGENCY_ADMIN}


@pytest.mark.parametrize("who", ["sari", "budi", "dewi", "hadi", "eko", "ratna", "auditor", "agency_admin", "platform"])
@pytest.mark.parametrize("role", list(Role))
def test_only_the_agencys_administrator_gives_its_roles(cast, who, role):
    """The platform's administrator sets up, and gives nothing in an agency that has its own administrator."""
    somebody(cast, "agency_admin")
    by, account = somebody(cast, who), cast.team[0]
    account = factories.account(account)
    agency = None if role == Role.PLATFORM_ADMIN else cast.agency
    allowed = (who == "agency_admin" and role in HERE) or (who == "platform" and role == Role.PLATFORM_ADMIN)
    before = RoleGrant.objects.count()
    assert code(give, cast, by, account, role, agency=agency) == (None if allowed else "NOT_YOURS")
    assert RoleGrant.objects.count() == before + allowed


@pytest.mark.parametrize("role", [Role.HR_OFFICER, Role.AGENCY_ADMIN])
def test_whoever_administers_some_units_gives_within_them(cast, role):
    sub = somebody(cast, "admin_of_general")
    assert code(give, cast, sub, cast.sari_user, role, unit=cast.general) is None
    assert code(give, cast, sub, cast.budi_user, role) == "NOT_YOURS"
    assert code(give, cast, sub, cast.budi_user, role, unit=cast.root) == "NOT_YOURS"
    assert code(give, cast, sub, cast.budi_user, role, unit=cast.planning) == "NOT_YOURS"
    assert code(give, cast, sub, cast.eko_user, role, unit=cast.general) == "UNKNOWN", "not one of their people"
    assert code(give, cast, sub, cast.budi_user, Role.HR_HEAD) == "NOT_YOURS"


def test_an_agency_gives_roles_to_its_own_people_only(cast):
    admin = somebody(cast, "agency_admin")
    assert code(give, cast, admin, cast.ratna_user, Role.AUDITOR) == "UNKNOWN"
    assert code(give, cast, admin, factories.account(username="mesin"), Role.AUDITOR) == "UNKNOWN"
    assert code(give, cast, admin, cast.sari_user, Role.AUDITOR, agency=cast.other) == "NOT_YOURS"
    assert code(give, cast, admin, cast.sari_user, Role.AUDITOR, agency=None) == "NOT_YOURS"
    stranger = somebody(cast, "other_admin")
    assert code(give, cast, stranger, cast.sari_user, Role.HR_OFFICER) == "NOT_YOURS"


def test_the_platform_gives_the_first_roles_of_an_agency_and_none_afterwards(cast):
    platform = somebody(cast, "platform")
    assert code(give, cast, platform, cast.sari_user, Role.HR_HEAD) is None
    first = give(cast, platform, cast.budi_user, Role.AGENCY_ADMIN)
    assert code(give, cast, platform, cast.eko_user, Role.AGENCY_ADMIN) == "NOT_YOURS"
    assert code(give, cast, platform, cast.eko_user, Role.HR_OFFICER) == "NOT_YOURS"
    assert code(give, cast, platform, cast.eko_user, Role.AUDITOR, agency=None) is None
    User.objects.filter(pk=cast.budi_user.pk).update(is_active=False)
    assert code(give, cast, platform, cast.eko_user, Role.AGENCY_ADMIN) is None, "nobody is there to do it"
    assert code(end, first, platform) is None


def test_nobody_changes_their_own_roles(cast):
    for who in ("agency_admin", "platform"):
        user = somebody(cast, who)
        own = RoleGrant.objects.get(user=user)
        assert code(give, cast, user, user, Role.HR_HEAD) == "OWN"
        assert code(end, own, user) == "OWN"
        own.refresh_from_db()
        assert own.valid == factories.ALWAYS


@pytest.mark.parametrize(
    ("role", "agency", "unit", "expected"),
    [
        ("SUPERUSER", "own", None, "BAD_ROLE"),
        ("", "own", None, "BAD_ROLE"),
        (Role.HR_OFFICER, None, None, "BAD_SCOPE"),
        (Role.PLATFORM_ADMIN, "own", None, "BAD_SCOPE"),
        (Role.HR_HEAD, "own", "general", "BAD_SCOPE"),
        (Role.HR_OFFICER, "own", "theirs", "BAD_SCOPE"),
    ],
)
def test_a_role_has_its_own_kind_of_scope(cast, role, agency, unit, expected):
    admin = somebody(cast, "agency_admin")
    place = getattr(cast, unit) if unit else None
    assert code(give, cast, admin, cast.sari_user, role, agency=agency, unit=place) == expected


# --- dates -----------------------------------------------------------------------------------------


def test_a_role_holds_from_its_first_to_its_last_day(cast, now):
    day = today(cast, now)
    admin = somebody(cast, "agency_admin")
    grant = give(cast, admin, cast.sari_user, Role.HR_OFFICER, first=day, last=day)
    assert grant.valid == DateRange(day, day + DAY)
    assert fresh(cast.sari_user).reach.having({Role.HR_OFFICER})
    ahead = give(cast, admin, cast.budi_user, Role.HR_OFFICER, first=day + DAY)
    assert not fresh(cast.budi_user).reach.grants, "not yet"
    assert code(end, ahead, admin, last=day) == "LAST_BEFORE_FIRST"
    end(ahead, admin)
    assert not RoleGrant.objects.filter(pk=ahead.pk).exists(), "never held"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(-1, None, "PAST"), (0, -1, "LAST_BEFORE_FIRST"), (0, 40_000, "BAD_YEAR"), (40_000, None, "BAD_YEAR")],
)
def test_days_that_cannot_be(cast, now, first, last, expected):
    day, admin = today(cast, now), somebody(cast, "agency_admin")
    last = None if last is None else day + last * DAY
    assert code(give, cast, admin, cast.sari_user, "AUDITOR", first=day + first * DAY, last=last) == expected


def test_the_date_is_the_agencys(cast):
    """Sunday 16:30 UTC is still Sunday in Jakarta and already Monday in Jayapura."""
    at = dt.datetime(2026, 11, 22, 16, 30, tzinfo=dt.UTC)
    assert room.today_of(cast.agency, at) == dt.date(2026, 11, 22)
    cast.agency.time_zone = "Asia/Jayapura"
    assert room.today_of(cast.agency, at) == dt.date(2026, 11, 23)


def test_ended_at_once_is_gone_at_the_next_request(cast, client, now):
    admin = somebody(cast, "agency_admin")
    grant = RoleGrant.objects.get(user=cast.dewi_user)
    client.force_login(cast.dewi_user)
    assert client.get("/admin/").status_code == 200
    end(grant, admin)
    answer = client.get("/admin/")
    assert (answer.status_code, "login" in answer["Location"]) == (302, True), "the session too"
    grant.refresh_from_db()
    assert grant.valid.upper == today(cast, now)
    client.force_login(cast.dewi_user)
    assert client.get("/admin/").status_code in (302, 403)


@pytest.mark.parametrize(("status", "holds"), [("AKTIF", True), ("HUKUMAN_DISIPLIN", True), ("PENSIUN", False)])
def test_whoever_has_left_holds_no_role(cast, client, status, holds):
    cast.hadi.legal_status = status
    cast.hadi.save()
    client.force_login(cast.hadi_user)
    assert (client.get("/admin/employees/employee/").status_code == 200) == holds
    hadi = User.objects.get(pk=cast.hadi_user.pk)
    assert bool(hadi.reach.grants) == holds


def test_an_end_is_not_moved_back(cast, now):
    admin, day = somebody(cast, "agency_admin"), today(cast, now)
    grant = give(cast, admin, cast.sari_user, Role.AUDITOR, last=day + 5 * DAY)
    assert code(end, grant, admin, last=day + 6 * DAY) == "ENDS_EARLIER"
    assert code(end, grant, admin, last=day - DAY) == "PAST"
    assert code(end, grant, admin, last=day + 2 * DAY) is None
    old = RoleGrant.objects.create(
        user=cast.budi_user, role="AUDITOR", agency=cast.agency, valid=DateRange(dt.date(2020, 1, 1), day)
    )
    assert code(end, old, admin) == "ENDS_EARLIER"


@pytest.mark.parametrize("who", ["sari", "dewi", "hadi", "ratna", "other_admin", "auditor", "admin_of_general"])
def test_who_may_not_give_may_not_end_either(cast, who):
    grant = RoleGrant.objects.get(user=cast.dewi_user)
    by = somebody(cast, who)
    assert code(end, grant, by) in ("NOT_YOURS", "OWN")
    grant.refresh_from_db()
    assert grant.valid == factories.ALWAYS


def test_somebody_always_runs_the_platform(cast):
    platform = somebody(cast, "platform")
    other = give(cast, platform, factories.account(username="kedua"), Role.PLATFORM_ADMIN, agency=None).user
    mine = RoleGrant.objects.get(user=platform)
    User.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(Refused, match=r".+"):
        end(mine, other)
    User.objects.filter(pk=other.pk).update(is_active=True)
    end(mine, fresh(other))
    assert not fresh(platform).reach.platform


# --- what is kept ----------------------------------------------------------------------------------


def test_who_gave_what_and_why_is_kept(cast):
    admin = somebody(cast, "agency_admin")
    grant = give(cast, admin, cast.sari_user, Role.HR_OFFICER, reason="  SK\n12/2026 ")
    end(grant, admin, reason="Pindah")
    given, ended = Event.objects.filter(subject_type="employees.rolegrant").order_by("pk")
    assert (given.verb, given.reason, given.actor_id, given.agency_id) == (
        "role.give",
        "SK 12/2026",
        admin.pk,
        cast.agency.pk,
    )
    assert given.after["user"] == cast.sari_user.pk
    assert (ended.verb, ended.before["role"]) == ("role.end", "HR_OFFICER")
    assert code(give, cast, admin, cast.budi_user, Role.HR_OFFICER, reason=" ") == "NO_REASON"
    assert code(give, cast, admin, cast.budi_user, Role.HR_OFFICER, reason="x" * 501) == "TOO_LONG"


def test_both_pairs_of_eyes_may_be_one_persons(cast):
    admin = somebody(cast, "agency_admin")
    give(cast, admin, cast.dewi_user, Role.HR_HEAD)
    assert code(give, cast, admin, cast.dewi_user, Role.HR_HEAD) == "TAKEN"


def test_a_closed_account_gets_no_role(cast):
    admin = somebody(cast, "agency_admin")
    User.objects.filter(pk=cast.sari_user.pk).update(is_active=False)
    assert code(give, cast, admin, cast.sari_user, Role.AUDITOR) == "INACTIVE"


def test_each_role_says_what_it_is(english):
    assert {one.role for one in roles.GIVEN.values()} == set(Role)
    for one in roles.ALL:
        assert str(one.name)
        assert str(one.sentence).endswith(".")
    for one in roles.GIVEN.values():
        assert not (Role.PLATFORM_ADMIN in one.gives and one.for_agency), "no way up from an agency"


# --- at the same moment ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_same_role_given_twice_at_once_is_given_once():
    cast = factories.cast()
    one, two = somebody(cast, "agency_admin"), factories.account(username="admin-2")
    factories.grant(two, Role.AGENCY_ADMIN, cast.agency)
    calls = [lambda by=by: give(cast, by, cast.sari_user, Role.HR_OFFICER) for by in (one, two)]
    assert together(*calls) == [None, "TAKEN"]
    assert RoleGrant.objects.filter(user=cast.sari_user).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_end_each_other_leave_one():
    cast = factories.cast()
    one, two = (factories.account(factories.employee(cast.root, name)) for name in ("Satu", "Dua"))
    grants = [factories.grant(user, Role.AGENCY_ADMIN, cast.agency) for user in (one, two)]
    assert together(lambda: end(grants[1], one), lambda: end(grants[0], two)) == ["NOT_YOURS", None]


@pytest.mark.django_db(transaction=True)
def test_there_is_one_first_administrator_of_the_platform():
    cast = factories.cast()
    calls = [
        lambda user=user: give(cast, None, user, Role.PLATFORM_ADMIN, agency=None)
        for user in (cast.sari_user, cast.budi_user)
    ]
    assert together(*calls) == ["NOT_YOURS", None]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_there_would_be_two_first_administrators(monkeypatch):
    """The twin: this test sees the race that the lock prevents."""
    import threading

    cast, gate = factories.cast(), threading.Barrier(2)
    monkeypatch.setattr(room, "one_at_a_time", lambda: None)
    check = room._check_giver

    def both_look_first(*args):
        check(*args)
        gate.wait(10)

    monkeypatch.setattr(room, "_check_giver", both_look_first)
    calls = [
        lambda user=user: give(cast, None, user, Role.PLATFORM_ADMIN, agency=None)
        for user in (cast.sari_user, cast.budi_user)
    ]
    assert together(*calls) == [None, None]


# --- the command -----------------------------------------------------------------------------------


def test_the_command_gives_the_first_platform_role_and_no_second(cast, english):
    boss = factories.account(username="admin")
    call_command("give_role", "admin", "PLATFORM_ADMIN", "--first", "--reason", "Installation")
    assert fresh(boss).reach.platform
    with pytest.raises(CommandError, match="has its administrator"):
        call_command("give_role", cast.sari.nip, "PLATFORM_ADMIN", "--first", "--reason", "x")
    call_command("give_role", cast.sari.nip, "AGENCY_ADMIN", "--agency", "KC", "--by", "admin", "--reason", "Pertama")
    call_command(
        *("give_role", cast.budi.nip, "HR_OFFICER", "--agency", "KC", "--unit", "UMUM"),
        *("--until", "2099-12-31", "--by", cast.sari.nip, "--reason", "SK"),
    )
    assert fresh(cast.budi_user).reach.paths({Role.HR_OFFICER}) == [cast.general.path]
    with pytest.raises(CommandError):
        call_command("give_role", cast.eko.nip, "HR_HEAD", "--agency", "KC", "--by", cast.budi.nip, "--reason", "x")
    ending = ("end_role", cast.budi.nip, "HR_OFFICER", "--agency", "KC", "--unit", "UMUM")
    call_command(*ending, "--by", cast.sari.nip, "--reason", "x")
    assert not fresh(cast.budi_user).reach.grants
    with pytest.raises(CommandError):
        call_command(*ending, "--by", cast.sari.nip, "--reason", "x")


def fresh(user):
    return User.objects.get(pk=user.pk)


def test_the_tests_run_as_the_owner_and_the_application_may_write_roles(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('wfh_app', 'employees_rolegrant', 'INSERT, UPDATE, DELETE')")
        assert cursor.fetchone() == (True,)
