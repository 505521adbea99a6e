"""Who is told of what, when it is mailed, and that it is mailed once."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from employees.models import Holiday, Unit, User
from ledger import outbox
from ledger.models import Outbox
from schedules import tasks
from schedules.actions.requests import approve_request, ask_to_swap, recall_day, reject_request
from schedules.models import Notice, Plan, WfhDay
from schedules.notices import deliver, tell, tell_many, tell_plan
from tests import factories
from tests.worlds import world

JAKARTA = ZoneInfo("Asia/Jakarta")
WEDNESDAY = dt.date(2026, 12, 2)
EVENING = dt.datetime(2026, 11, 23, 20, 0, tzinfo=JAKARTA)  # a Monday
SIXTEEN = dt.datetime(2026, 11, 23, 16, 0, tzinfo=JAKARTA)
NEXT_MORNING = dt.datetime(2026, 11, 24, 7, 0, tzinfo=JAKARTA)


def day_of(person, date, **fields):
    unit = person.placements.get().unit
    return WfhDay.objects.create(employee=person, agency=person.agency, unit=unit, date=date, track="REWARD", **fields)


def due(**named):
    return dict(Outbox.objects.filter(**named).values_list("key", "due_at"))


def mails(at, monkeypatch):
    """What the worker sends at an instant."""
    monkeypatch.setattr(tasks.timezone, "now", lambda: at)
    outbox.drain(kind=Outbox.Kind.MAIL, handle=tasks._send, at=at)


@world
def cast(cast):
    """Beside Sari a colleague of the same unit and supervisor."""
    cast.tono = factories.employee(cast.general, "Tono Susilo", cast.budi)
    cast.tono_user = factories.account(cast.tono)
    factories.appraisal(cast.tono)
    return cast


@pytest.fixture
def digest(cast):
    User.objects.filter(pk=cast.sari_user.pk).update(digest=True)
    return cast


def test_at_once_by_day_in_the_morning_by_night(cast, at):
    tell("day-lost", day_of(cast.sari, WEDNESDAY), cast.sari.pk, at, key="a")
    tell("day-lost", WfhDay.objects.get(), cast.sari.pk, EVENING, key="b")
    number = WfhDay.objects.get().pk
    assert due(kind="MAIL") == {f"day-lost:{number}:a": at, f"day-lost:{number}:b": NEXT_MORNING}


def test_a_unit_in_the_east_has_its_own_night(cast, at):
    Unit.objects.filter(pk=cast.general.pk).update(time_zone="Asia/Jayapura")
    at = dt.datetime(2026, 11, 23, 16, 30, tzinfo=JAKARTA)  # 18.30 there
    tell("day-lost", day_of(cast.sari, WEDNESDAY), cast.sari.pk, at)
    assert list(due().values()) == [dt.datetime(2026, 11, 24, 7, tzinfo=ZoneInfo("Asia/Jayapura"))]


def test_days_off_of_ones_own_agency_are_quiet(cast, at):
    Holiday.objects.create(date=dt.date(2026, 11, 24), name="Libur", agency=cast.agency, source="uji")
    for person in (cast.sari, cast.stranger):
        tell("day-lost", day_of(person, WEDNESDAY), person.pk, EVENING)
    waits = dict(Outbox.objects.values_list("agency_id", "due_at"))
    assert waits[cast.agency.pk] == NEXT_MORNING + dt.timedelta(days=1)
    assert waits[cast.other.pk] == NEXT_MORNING


@pytest.mark.parametrize(
    ("kind", "date", "now"),
    [
        ("day-recalled", dt.date(2026, 11, 24), True),
        ("day-lost", dt.date(2026, 11, 24), True),
        ("day-repaired", dt.date(2026, 11, 24), True),
        ("day-recalled", dt.date(2026, 11, 25), False),
        ("day-repaired", dt.date(2026, 11, 27), False),
    ],
)
def test_what_changes_tomorrow_does_not_wait_for_the_morning(digest, kind, date, now):
    tell(kind, day_of(digest.sari, date), digest.sari.pk, EVENING, facts={"reason": "x"})
    ((key, when),) = due().items()
    assert (when == EVENING) is now
    assert key.startswith(kind if now else "digest:")


def test_a_repair_towards_tomorrow_goes_at_once_too(digest):
    tell(
        "day-repaired", day_of(digest.sari, dt.date(2026, 11, 27)), digest.sari.pk, EVENING, facts={"to": "2026-11-24"}
    )
    assert list(due().values()) == [EVENING]


def test_a_swap_about_tomorrow_goes_at_once(planned, at):
    at = dt.datetime(2026, 11, 30, 20, 0, tzinfo=JAKARTA)
    mine, theirs = WfhDay.objects.get(employee=planned.sari), WfhDay.objects.get(employee=planned.budi)
    WfhDay.objects.filter(pk=theirs.pk).update(date=dt.date(2026, 12, 3))
    # Wednesday and Thursday, asked for on Monday night: it can wait for Tuesday
    ask_to_swap(by=planned.sari_user, day_id=mine.pk, for_day_id=theirs.pk, reason="", at=at)
    assert list(due(key__startswith="swap-asked").values()) == [dt.datetime(2026, 12, 1, 7, tzinfo=JAKARTA)]


def test_one_digest_a_day_with_all_of_it_and_each_mailed_once(digest, at, monkeypatch, mailoutbox):
    User.objects.filter(pk=digest.sari_user.pk).update(language="en")
    for n, date in enumerate((WEDNESDAY, dt.date(2026, 12, 3))):
        tell("day-lost", day_of(digest.sari, date), digest.sari.pk, at + dt.timedelta(hours=n), facts={"reason": "x"})
    assert due() == {f"digest:{digest.sari.pk}:2026-11-23": SIXTEEN}
    mails(SIXTEEN - dt.timedelta(minutes=1), monkeypatch)
    assert not mailoutbox
    mails(SIXTEEN, monkeypatch)
    (mail,) = mailoutbox
    assert mail.subject == "2 notices, Monday, 23 November 2026"
    assert "- No WFH day on Wednesday, 2 December 2026\n  http" in mail.body
    assert "- No WFH day on Thursday, 3 December 2026\n  http" in mail.body
    assert set(Notice.objects.values_list("mailed_at", flat=True)) == {SIXTEEN}
    tell("day-lost", day_of(digest.sari, dt.date(2026, 12, 4)), digest.sari.pk, EVENING, facts={"reason": "x"})
    mails(SIXTEEN + dt.timedelta(days=1), monkeypatch)
    assert len(mailoutbox) == 2
    assert "Friday, 4 December" in mailoutbox[1].body
    assert "2 December" not in mailoutbox[1].body


def test_what_went_out_at_once_is_not_in_the_digest(digest, at, monkeypatch, mailoutbox):
    tell("day-lost", day_of(digest.sari, dt.date(2026, 11, 24)), digest.sari.pk, at, facts={"reason": "mendesak"})
    tell("day-lost", day_of(digest.sari, WEDNESDAY), digest.sari.pk, at, facts={"reason": "x"})
    mails(at, monkeypatch)
    mails(SIXTEEN, monkeypatch)
    first, second = mailoutbox
    assert "24" in first.subject
    assert "24 November" not in second.body


def test_the_digest_takes_what_still_waited_for_the_morning(cast, at, monkeypatch, mailoutbox):
    """Chosen in between: nothing is told twice, nothing is left out."""
    friday = dt.datetime(2026, 11, 27, 19, 0, tzinfo=JAKARTA)
    tell("day-lost", day_of(cast.sari, WEDNESDAY), cast.sari.pk, friday, facts={"reason": "x"})  # due on Monday 07.00
    User.objects.filter(pk=cast.sari_user.pk).update(digest=True)
    monday = friday + dt.timedelta(days=2, hours=14)
    tell("day-lost", day_of(cast.sari, dt.date(2026, 12, 9)), cast.sari.pk, monday, facts={"reason": "x"})
    mails(monday.replace(hour=16), monkeypatch)
    assert len(mailoutbox) == 2
    assert sorted(Notice.objects.values_list("mailed_at", flat=True)) == [monday.replace(hour=16)] * 2


def test_an_entry_delivered_twice_is_one_mail(cast, at):
    tell("day-lost", day_of(cast.sari, WEDNESDAY), cast.sari.pk, at)
    sent = []
    payload = {"notice": Notice.objects.get().key}
    assert deliver(payload=payload, key="k", at=at, send=sent.append)
    assert not deliver(payload=payload, key="k", at=at, send=sent.append)
    assert len(sent) == 1


def test_a_mail_that_was_not_taken_is_tried_again(cast, at, monkeypatch, mailoutbox):
    tell("day-lost", day_of(cast.sari, WEDNESDAY), cast.sari.pk, at)

    def refuse(letter):
        raise OSError("no mail server")

    monkeypatch.setattr(tasks, "_mail", refuse)
    mails(at, monkeypatch)
    assert Notice.objects.get().mailed_at is None
    monkeypatch.undo()
    mails(at + dt.timedelta(minutes=5), monkeypatch)
    assert len(mailoutbox) == 1
    assert Notice.objects.get().mailed_at


def test_nobody_to_write_to_and_closed_accounts(cast, at):
    sent = []
    tell("day-lost", day_of(cast.sari, WEDNESDAY), cast.sari.pk, at)
    payload = {"notice": Notice.objects.get().key}
    User.objects.filter(pk=cast.sari_user.pk).update(is_active=False)
    assert not deliver(payload=payload, key="k", at=at, send=sent.append)
    User.objects.filter(pk=cast.sari_user.pk).update(is_active=True, email="")
    type(cast.sari).objects.filter(pk=cast.sari.pk).update(email="")
    assert not deliver(payload=payload, key="k", at=at, send=sent.append)
    User.objects.filter(pk=cast.sari_user.pk).update(email="sari@rumah.test")  # the account's own address goes first
    assert deliver(payload=payload, key="k", at=at, send=sent.append)
    assert [letter.to for letter in sent] == ["sari@rumah.test"]


def test_nothing_is_told_twice_and_nobody_is_no_receiver(cast, at):
    day = day_of(cast.sari, WEDNESDAY)
    for _again in range(2):
        tell("day-lost", day, cast.sari.pk, at)
    tell("day-lost", day, None, at)
    tell_many([], at=at)
    assert Notice.objects.count() == Outbox.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_a_constant_number_of_statements(cast, at, count, django_assert_num_queries):
    people = [cast.sari, cast.budi, cast.stranger][:count]
    told = [("day-lost", day_of(person, WEDNESDAY), person.pk, "") for person in people]
    with django_assert_num_queries(7):
        tell_many(told, at=at)
    assert Outbox.objects.count() == count


# --- swaps ----------------------------------------------------------------------------------------


@pytest.fixture
def swap(planned, at):
    mine, theirs = (WfhDay.objects.get(employee=one) for one in (planned.sari, planned.tono))
    WfhDay.objects.filter(pk=theirs.pk).update(date=dt.date(2026, 12, 3))
    return ask_to_swap(by=planned.sari_user, day_id=mine.pk, for_day_id=theirs.pk, reason="", at=at)


def told(**named):
    return sorted(Notice.objects.filter(**named).values_list("kind", "receiver__name"))


def test_a_refused_swap_is_told_to_who_asked(planned, swap, at):
    reject_request(by=planned.tono_user, request_id=swap.pk, version=1, reason="Ada rapat", at=at)
    assert told(kind="request-rejected") == [("request-rejected", "Sari Rahmawati")]


def test_a_recall_is_told_with_reason_and_notice(planned, at):
    day = WfhDay.objects.get(employee=planned.sari)
    recall_day(by=planned.budi_user, day_id=day.pk, reason="Rapat pimpinan", at=at)
    one = Notice.objects.get(kind="day-recalled")
    assert (one.receiver, one.facts["reason"], one.facts["by"]) == (
        planned.sari,
        "Rapat pimpinan",
        planned.budi_user.pk,
    )
    assert one.facts["hours"] > 24


# --- a whole plan ---------------------------------------------------------------------------------


def test_a_plan_is_told_to_who_uses_the_portal_each_in_their_time(planned, at):
    plan = Plan.objects.select_related("agency").get(agency=planned.agency)
    Notice.objects.all().delete()
    Outbox.objects.all().delete()
    for user in (planned.sari_user, planned.budi_user, planned.eko_user):
        User.objects.filter(pk=user.pk).update(last_login=at)
    User.objects.filter(pk=planned.budi_user.pk).update(digest=True)
    User.objects.filter(pk=planned.eko_user.pk).update(quiet_from=dt.time(21), quiet_until=dt.time(5))
    Unit.objects.filter(pk=planned.planning.pk).update(time_zone="Asia/Jayapura")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        tell_plan(plan, EVENING)  # 22.00 in Jayapura
    assert len(asked) == 4
    key = f"plan-published:{plan.pk}:"
    assert due() == {
        f"{key}{planned.sari.pk}": NEXT_MORNING,
        f"digest:{planned.budi.pk}:2026-11-24": SIXTEEN + dt.timedelta(days=1),
        f"{key}{planned.eko.pk}": dt.datetime(2026, 11, 24, 5, 0, tzinfo=ZoneInfo("Asia/Jayapura")),
    }
    tell_plan(plan, EVENING)
    assert Notice.objects.filter(kind="plan-published").count() == 3
    assert Outbox.objects.count() == 3


def test_nobody_uses_the_portal_yet(planned, at):
    Notice.objects.all().delete()
    tell_plan(Plan.objects.get(agency=planned.agency), at)
    assert not Notice.objects.exists()


def test_an_agreed_swap_is_told_to_both_and_to_the_supervisor(planned, swap, at):
    approve_request(by=planned.tono_user, request_id=swap.pk, version=1, at=at)
    assert told() == [
        ("request-approved", "Sari Rahmawati"),
        ("request-approved", "Tono Susilo"),
        ("swap-agreed", "Budi Santoso"),
        ("swap-asked", "Tono Susilo"),
    ]
