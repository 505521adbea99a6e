"""Swaps: the colleague agrees or refuses, every rule is asked again for both, and a refused one leaves no trace."""

import datetime as dt

import pytest

from employees.models import Placement, Unit
from ledger.models import Event
from schedules.actions.requests import (
    approve_many,
    approve_request,
    ask_to_swap,
    give_back,
    recall_day,
    reject_request,
    return_request,
    run_clock,
    send_request,
    withdraw_request,
)
from schedules.models import Notice, Request, UnitRule, WfhDay
from tests import factories
from tests.worlds import world

from .weeks import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK, day_of, in_force, planned, refusal

POST = "Petugas Loket"


@world
def two(cast, at):
    """Sari has Wednesday, Wati of the same unit Friday; both by the plan."""
    in_force(cast.agency, at)
    cast.wati = factories.employee(cast.general, "Wati Utami", cast.budi, job_title=POST)
    cast.wati_user = factories.account(cast.wati)
    Placement.objects.filter(employee=cast.sari).update(job_title=POST)
    for person in (cast.sari, cast.wati, cast.eko, *cast.team):
        factories.appraisal(person)
    planned(cast.agency, at)
    WfhDay.objects.filter(employee=cast.wati).update(date=FRIDAY, origin="REQUEST")
    return cast


def ask(cast, at, mine=None, theirs=None, by=None):
    mine, theirs = mine or day_of(cast.sari), theirs or day_of(cast.wati)
    return ask_to_swap(by=by or cast.sari_user, day_id=mine.pk, for_day_id=theirs.pk, reason="Kontrol dokter", at=at)


def agree(cast, request, at, by=None):
    return approve_request(by=by or cast.wati_user, request_id=request.pk, version=request.version, at=at)


def rule(cast, kind, **fields):
    return UnitRule.objects.create(agency=cast.agency, unit=cast.general, kind=kind, valid=factories.ALWAYS, **fields)


def active(cast):
    return {(d.employee.name.split()[0], d.date) for d in WfhDay.objects.active().filter(unit=cast.general)}


BEFORE, AFTER = {("Sari", WEDNESDAY), ("Wati", FRIDAY)}, {("Sari", FRIDAY), ("Wati", WEDNESDAY)}


def test_both_days_change_hands_and_all_three_are_told(two, at):
    request = ask(two, at)
    assert (request.holder, request.colleague, request.kind) == (two.wati, two.wati, "SWAP")
    assert active(two) == BEFORE
    agree(two, request, at)
    assert active(two) == AFTER
    origins = WfhDay.objects.active().filter(unit=two.general).values_list("origin", flat=True)
    assert set(origins) == {"SWAP"}
    told = Notice.objects.order_by("pk").values_list("kind", "receiver__name")
    assert list(told) == [
        ("swap-asked", "Wati Utami"),
        ("request-approved", "Sari Rahmawati"),
        ("request-approved", "Wati Utami"),
        ("swap-agreed", "Budi Santoso"),
    ]
    assert Event.objects.filter(verb="request.approve", actor_id=two.wati_user.pk).count() == 1


@pytest.mark.parametrize("who", ["sari_user", "budi_user", "eko_user", "dewi_user", "hadi_user", "ratna_user"])
def test_only_the_colleague_agrees_or_refuses(two, at, who):
    request = ask(two, at)
    code = "OWN_REQUEST" if who == "sari_user" else "NOT_YOURS"
    assert refusal(agree, two, request, at, by=getattr(two, who)) == code
    no = dict(by=getattr(two, who), request_id=request.pk, version=1, reason="Tidak", at=at)
    assert refusal(reject_request, **no) == code
    assert active(two) == BEFORE


def test_the_colleague_refuses_with_a_reason_and_cannot_send_it_back(two, at):
    request = ask(two, at)
    decide = dict(by=two.wati_user, request_id=request.pk, version=1, at=at)
    assert refusal(reject_request, reason=" ", **decide) == "REASON_MISSING"
    assert refusal(return_request, reason="Lain hari", **decide) == "NOT_POSSIBLE"
    assert reject_request(reason="Ada rapat", **decide).state == "REJECTED"
    assert active(two) == BEFORE


def saturday_day(cast):
    return WfhDay.objects.create(
        employee=cast.wati, agency=cast.agency, unit=cast.general, date=WEEK + dt.timedelta(days=8), track="REWARD"
    )


def half(cast):
    WfhDay.objects.filter(employee=cast.wati).update(slot="AM")


def same_day(cast):
    WfhDay.objects.filter(employee=cast.wati).update(date=WEDNESDAY)


ASKED_IN_VAIN = [
    ("another's day as mine", lambda c: dict(mine=day_of(c.wati), theirs=day_of(c.sari)), "NOT_YOURS"),
    ("my day as theirs", lambda c: dict(theirs=day_of(c.sari)), "OTHER_UNIT"),
    ("another unit's", lambda c: dict(theirs=day_of(c.eko)), "OTHER_UNIT"),
    ("another week's", lambda c: dict(theirs=saturday_day(c)), "OTHER_WEEK"),
    ("the same date", lambda c: same_day(c) or {}, "SAME_DAY"),
    ("half against whole", lambda c: half(c) or {}, "SAME_DAY"),
]


@pytest.mark.parametrize(("title", "days", "code"), ASKED_IN_VAIN, ids=[row[0] for row in ASKED_IN_VAIN])
def test_what_cannot_be_swapped(two, at, title, days, code):
    assert refusal(ask, two, at, **days(two)) == code
    assert not Request.objects.exists()


def test_the_earlier_days_closing_hour_ends_it(two, at):
    closes = dt.datetime.combine(TUESDAY, dt.time(15), tzinfo=at.tzinfo)
    request = ask(two, closes - dt.timedelta(seconds=1))
    assert request.due_at == closes
    assert refusal(ask, two, closes) == "CLOSED"
    assert refusal(agree, two, request, closes) == "PAST"
    assert run_clock(at=closes)["expired"] == 1
    assert active(two) == BEFORE
    assert list(Notice.objects.filter(kind="request-expired").values_list("receiver", flat=True)) == [two.sari.pk]


def test_one_open_request_a_week(two, at):
    ask(two, at)
    assert refusal(ask, two, at) == "ALREADY_WAITING"
    other = dict(by=two.sari_user, date=THURSDAY, gives_up_id=day_of(two.sari).pk, reason="", at=at)
    assert refusal(send_request, **other) == "ALREADY_WAITING"


def sari_on_leave(cast):
    factories.leave(cast.sari, FRIDAY, FRIDAY)


def wati_on_leave(cast):
    factories.leave(cast.wati, WEDNESDAY, WEDNESDAY)


def audit(cast):
    rule(cast, "BLACKOUT", date=FRIDAY, reason="Audit")


def posts(cast):
    rule(cast, "STAFFED_POST", number=2, post=POST)


def everybody(cast):
    rule(cast, "MIN_PRESENT", number=3)


def moved(cast):
    Placement.objects.filter(employee=cast.wati).update(unit=cast.planning)


def gone(cast):
    day = day_of(cast.wati)
    give_back(by=cast.wati_user, day_id=day.pk, at=dt.datetime(2026, 11, 23, 3, tzinfo=dt.UTC))


CHANGED = [
    (sari_on_leave, "R-CUTI"),
    (wati_on_leave, "R-CUTI"),
    (audit, "R-HARI-DITUTUP"),
    (posts, "R-POS-WAJIB"),
    (everybody, "R-KEHADIRAN-MINIMUM"),
    (moved, "OTHER_UNIT"),
    (gone, "PAST"),
]


@pytest.mark.parametrize(("change", "code"), CHANGED, ids=[row[0].__name__ for row in CHANGED])
def test_every_rule_is_asked_again_for_both_when_it_is_agreed_to(two, at, change, code):
    request = ask(two, at)
    before = active(two)
    change(two)
    left = active(two)
    assert refusal(agree, two, request, at) == code
    assert active(two) == left <= before
    assert Request.objects.get().state == "SENT"


TIGHT = [("MIN_PRESENT", {"number": 2}), ("STAFFED_POST", {"number": 1, "post": POST}), ("MAX_REMOTE", {"percent": 34})]


@pytest.mark.parametrize(("kind", "fields"), TIGHT)
def test_a_swap_that_leaves_the_counts_as_they_are_fits_however_tight(two, at, kind, fields):
    rule(two, kind, **fields)
    agree(two, ask(two, at), at)
    assert active(two) == AFTER


def test_a_swap_that_is_refused_leaves_no_trace_in_the_counts(two, at):
    """In one go Wati (who also stands in nobody's way) agrees to a swap that fails, and decides a team member's request
    for the place that the swap would have freed."""
    rina = factories.employee(two.general, "Rina Putri", two.wati)
    factories.appraisal(rina)
    rina_user = factories.account(rina)
    WfhDay.objects.create(
        employee=rina, agency=two.agency, unit=two.general, date=TUESDAY, track="REWARD", plan=day_of(two.sari).plan
    )
    # decided by the published run: Rina joins it as the others did
    _eligible(rina, two.sari)
    swap = ask(two, at)
    Unit.objects.filter(pk=two.general.pk).update(wfh_quota_percent=34)  # one of four
    late = at + dt.timedelta(minutes=1)
    Unit.objects.filter(pk=two.general.pk).update(wfh_quota_percent=None)
    extra = send_request(by=rina_user, date=WEDNESDAY, gives_up_id=day_of(rina).pk, reason="", at=late)
    Unit.objects.filter(pk=two.general.pk).update(wfh_quota_percent=34)
    audit(two)  # the swap fails on Friday
    outcomes = approve_many(by=two.wati_user, chosen=[(swap.pk, 1), (extra.pk, 1)], at=late)
    assert [o.refusal.code for o in outcomes] == ["R-HARI-DITUTUP", "R-KUOTA-UNIT"]
    assert WfhDay.objects.active().filter(unit=two.general, date=WEDNESDAY).count() == 1


def _eligible(person, like):
    from eligibility.models import Decision

    row = Decision.objects.get(employee=like)
    row.pk, row.employee_id = None, person.pk
    row.save(force_insert=True)


def test_two_swaps_for_one_day_are_made_once(two, at):
    rina = factories.employee(two.general, "Rina Putri", two.budi)
    _eligible(rina, two.sari)
    day = WfhDay.objects.create(employee=rina, agency=two.agency, unit=two.general, date=MONDAY, track="REWARD")
    first = ask(two, at)
    second = ask(two, at, mine=day, by=factories.account(rina))
    outcomes = approve_many(by=two.wati_user, chosen=[(first.pk, 1), (second.pk, 1)], at=at)
    assert [o.refusal and o.refusal.code for o in outcomes] == [None, "PAST"]
    assert active(two) == AFTER | {("Rina", MONDAY)}


def test_a_recall_ends_the_swap_that_hangs_on_the_day(two, at):
    for mine in (True, False):
        request = ask(two, at)
        recall_day(by=two.budi_user, day_id=day_of(two.sari if mine else two.wati).pk, reason="Tamu", at=at)
        request.refresh_from_db()
        assert request.state == "EXPIRED"
        WfhDay.objects.filter(state="RECALLED").update(state="ACTIVE")


def test_an_agreed_swap_is_not_taken_back_by_one_alone(two, at):
    request = ask(two, at)
    agree(two, request, at)
    assert refusal(withdraw_request, by=two.sari_user, request_id=request.pk, at=at) == "DONE"
    assert active(two) == AFTER
