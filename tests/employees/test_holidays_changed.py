"""A day off is moved or withdrawn: by whoever may declare it, with a reason, before it is over, and recorded."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command

from employees.actions import Refused, declare_holiday, move_holiday, withdraw_holiday
from employees.models import AgencyInputs, Holiday
from ledger.models import Event
from tests import factories
from tests.worlds import world

from .roles import somebody

CHRISTMAS, EVE = dt.date(2026, 12, 25), dt.date(2026, 12, 24)
PAGE = "/admin/employees/holiday/{}/change/"


@pytest.fixture(autouse=True)
def reading(english):
    """The sentences are read in English."""


@world
def platform(db):
    user = factories.account(username="platform")
    factories.grant(user, "PLATFORM_ADMIN")
    return user


@world
def own(cast, at):
    return declare_holiday(
        agency=cast.agency, date=EVE, name="Hari Jadi", kind="CUTI_BERSAMA", source="SK 7", by=cast.dewi_user, at=at
    )


@world
def general(platform, at):
    known = dict(date=CHRISTMAS, name="Natal", kind="LIBUR_NASIONAL", source="SKB")
    return declare_holiday(agency=None, by=platform, at=at, **known)


def ask(one, by, at, **other):
    return {"holiday_id": one.pk, "by": by, "at": at, "reason": "Keppres 9", "version": one.version} | other


def changes(*agencies):
    return [AgencyInputs.objects.get(agency=agency).changes for agency in agencies]


def test_moved_it_is_on_the_other_date_and_recorded_with_why(cast, at, own):
    moved = move_holiday(date=CHRISTMAS, **ask(own, cast.hadi_user, at))
    assert (moved.date, moved.version, Holiday.objects.get().date) == (CHRISTMAS, 2, CHRISTMAS)
    (event,) = Event.objects.filter(verb="holiday.move")
    assert (event.actor_id, event.agency_id, event.reason) == (cast.hadi_user.pk, cast.agency.pk, "Keppres 9")
    assert (event.before["date"], event.after["date"]) == ("2026-12-24", "2026-12-25")
    assert changes(cast.agency, cast.other) == [2, 0]


def test_withdrawn_it_is_gone_and_its_event_says_what_it_was(cast, at, general, platform):
    withdraw_holiday(**ask(general, platform, at))
    assert not Holiday.objects.exists()
    (event,) = Event.objects.filter(verb="holiday.withdraw")
    assert event.before == {"date": "2026-12-25", "kind": "LIBUR_NASIONAL", "name": "Natal"}
    assert (event.subject_id, event.agency_id, event.reason) == (general.pk, None, "Keppres 9")
    assert changes(cast.agency, cast.other) == [2, 2]


@pytest.mark.parametrize("who", ["dewi", "hadi", "ratna", "eko", "sari", "auditor", "agency_admin", "platform"])
def test_whoever_may_declare_it_may_change_it_and_nobody_else(cast, at, own, general, platform, who):
    by = platform if who == "platform" else somebody(cast, who)
    for one, may in ((own, who in ("dewi", "hadi")), (general, who == "platform")):
        if may:
            assert move_holiday(date=dt.date(2026, 12, 28), **ask(one, by, at)).date == dt.date(2026, 12, 28)
            continue
        for call, more in ((move_holiday, {"date": dt.date(2026, 12, 28)}), (withdraw_holiday, {})):
            with pytest.raises(Refused) as refused:
                call(**more, **ask(one, by, at))
            assert refused.value.code == "NOT_YOURS"
    assert Holiday.objects.count() == 2


def test_what_is_refused_says_why(cast, at, own, general):
    late = at + dt.timedelta(days=60)
    for code, call in {
        "REASON_MISSING": lambda: withdraw_holiday(**ask(own, cast.hadi_user, at, reason=" ")),
        "STALE": lambda: withdraw_holiday(**ask(own, cast.hadi_user, at, version=7)),
        "PAST": lambda: withdraw_holiday(**ask(own, cast.hadi_user, late)),
        "SAME": lambda: move_holiday(date=EVE, **ask(own, cast.hadi_user, at)),
        "TAKEN": lambda: move_holiday(date=CHRISTMAS, **ask(own, cast.hadi_user, at)),
        "NOT_YOURS": lambda: withdraw_holiday(**ask(own, cast.hadi_user, at, holiday_id=10**9)),
    }.items():
        with pytest.raises(Refused) as refused:
            call()
        assert (refused.value.code, str(refused.value) != "") == (code, True)
    with pytest.raises(Refused) as refused:  # nor is it moved to where nobody can follow
        move_holiday(date=dt.date(2026, 11, 2), **ask(own, cast.hadi_user, at))
    assert refused.value.code == "PAST"
    assert changes(cast.agency) == [2]
    own.refresh_from_db()
    assert (own.date, own.version) == (EVE, 1)


# --- the page -----------------------------------------------------------------------------------


@pytest.fixture
def visitor(cast, client):
    client.cookies["language"] = "en"
    client.force_login(cast.dewi_user)
    return client


def typed(one, **more):
    return {"last": "", "reason": "Keppres 9", "sure": "on", "seen": one.version} | more


def test_hr_moves_and_withdraws_it_on_its_page(visitor, own):
    page = PAGE.format(own.pk)
    shown = visitor.get(page).content.decode()
    assert "Move or withdraw it" in shown
    assert "Published weeks keep their plans" in shown
    answer = visitor.post(page, typed(own, last="2026-12-28"), follow=True)
    assert [str(m) for m in answer.context["messages"]] == [
        "The day off is changed. What it means for published weeks is proposed within minutes."
    ]
    own.refresh_from_db()
    assert own.date == dt.date(2026, 12, 28)
    assert visitor.post(page, typed(own, withdrawn="on")).status_code == 302
    assert not Holiday.objects.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"last": "2026-12-28", "sure": ""}, "Confirm the change"),
        ({"last": "2026-12-28", "reason": ""}, "Give a reason"),
        ({}, "Either enter the new date, or mark"),
        ({"last": "2026-12-28", "withdrawn": "on"}, "Either enter the new date, or mark"),
        ({"withdrawn": "on", "seen": 9}, "has changed since the page was opened"),
        ({"last": "2026-12-25"}, "already a day off: Natal"),
    ],
)
def test_what_is_missing_or_refused_is_said_on_the_form(visitor, own, general, more, words):
    answer = visitor.post(PAGE.format(own.pk), typed(own, **more))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    own.refresh_from_db()
    assert own.date == EVE


def test_who_may_not_change_it_has_no_form(cast, visitor, own, general):
    for one in (own, general):
        visitor.force_login(somebody(cast, "auditor"))
        assert "Move or withdraw" not in visitor.get(PAGE.format(one.pk)).content.decode()
        assert visitor.post(PAGE.format(one.pk), typed(one, withdrawn="on")).status_code == 403
    visitor.force_login(cast.dewi_user)
    assert visitor.post(PAGE.format(general.pk), typed(general, withdrawn="on")).status_code == 403
    visitor.force_login(cast.ratna_user)
    assert visitor.post(PAGE.format(own.pk), typed(own, withdrawn="on")).status_code == 404
    assert Holiday.objects.count() == 2


def test_a_day_off_that_is_over_has_no_form(cast, visitor):
    old = Holiday.objects.create(date=dt.date(2020, 12, 25), name="Natal", agency=cast.agency)
    assert "Move or withdraw" not in visitor.get(PAGE.format(old.pk)).content.decode()
    assert visitor.post(PAGE.format(old.pk), typed(old, withdrawn="on")).status_code == 403


# --- the command --------------------------------------------------------------------------------


def test_the_command(cast, own, general):
    def command(*arguments):
        out = io.StringIO()
        try:
            call_command("change_holiday", *arguments, "--reason", "Keppres 9", stdout=out)
        except CommandError as refused:
            return refused.returncode, str(refused)
        return 0, out.getvalue().strip()

    by = ("--agency", "KC", "--by", cast.dewi.nip)
    assert command("2026-12-24", "--to", "2026-12-28", *by) == (0, "The day off is moved.")
    assert command("2026-12-24", "--withdraw", *by)[0] == 2
    assert command("2026-12-25", "--withdraw", "--by", cast.dewi.nip)[0] == 2
    assert command("2026-12-28", "--withdraw", *by) == (0, "The day off is withdrawn.")
    assert [one.date for one in Holiday.objects.all()] == [CHRISTMAS]
    assert command("2026-12-25", "--withdraw", "--by", "platform") == (0, "The day off is withdrawn.")
    assert Event.objects.filter(verb__startswith="holiday.", reason="Keppres 9").count() == 3
