"""Asking for another day and deciding on it: the refusal, the stranger, and the day that really moves."""

import datetime as dt

import pytest
from django.utils import translation

from employees.models import Holiday, Placement, Unit
from ledger.models import Event, Outbox
from schedules.actions.delegations import delegate
from schedules.actions.refused import Refused
from schedules.actions.requests import (
    approve_request,
    preview_series,
    reject_request,
    run_clock,
    save_draft,
    send_request,
    send_series,
    withdraw_request,
)
from schedules.models import Notice, Request, WfhDay
from schedules.permissions import Denied
from schedules.states import Impossible
from tests import factories

WEDNESDAY, THURSDAY = dt.date(2026, 12, 2), dt.date(2026, 12, 3)


def send(cast, at, date=THURSDAY, by=None, gives_up="own", reason="Mengantar orang tua"):
    by = by or cast.sari_user
    day = WfhDay.objects.active().filter(employee=by.employee).first() if gives_up == "own" else gives_up
    return send_request(by=by, date=date, gives_up_id=day and day.pk, reason=reason, at=at)


def refusal(call, *args, **kwargs):
    with pytest.raises((Refused, Denied, Impossible)) as refused:
        call(*args, **kwargs)
    assert str(refused.value)
    return refused.value.code


def test_the_day_moves_and_a_mail_waits(planned, at):
    request = send(planned, at)
    assert request.supervisor == planned.budi
    approve_request(by=planned.budi_user, request_id=request.pk, version=1, at=at)
    old, new = WfhDay.objects.filter(employee=planned.sari).order_by("date")
    assert (old.date, old.state) == (WEDNESDAY, "REPLACED")
    assert (new.date, new.state, new.origin, new.replaces) == (THURSDAY, "ACTIVE", "REQUEST", old)
    assert list(Outbox.objects.filter(kind="MAIL").order_by("pk").values_list("key", flat=True)) == [
        f"request-sent:{request.pk}:1",
        f"request-approved:{request.pk}:2",
    ]
    verbs = Event.objects.filter(subject_type="schedules.request").order_by("pk").values_list("verb", "actor_id")
    assert list(verbs) == [("request.send", planned.sari_user.pk), ("request.approve", planned.budi_user.pk)]


def test_a_rejection_needs_a_reason_and_moves_nothing(planned, at):
    request = send(planned, at)
    decide = dict(by=planned.budi_user, request_id=request.pk, version=1, at=at)
    assert refusal(reject_request, reason="  ", **decide) == "REASON_MISSING"
    reject_request(reason="Rapat pimpinan", **decide)
    assert WfhDay.objects.active().get(employee=planned.sari).date == WEDNESDAY


@pytest.mark.parametrize("who", ["sari_user", "eko_user", "dewi_user", "hadi_user", "ratna_user"])
def test_nobody_but_the_supervisor_decides(planned, at, who):
    request = send(planned, at)
    stranger = getattr(planned, who)
    for decide in (approve_request, lambda **k: reject_request(reason="x", **k)):
        refusal(decide, by=stranger, request_id=request.pk, version=1, at=at)
    request.refresh_from_db()
    assert request.state == Request.State.SENT


def test_without_a_supervisor_hr_decides_but_never_their_own(planned, at):
    Placement.objects.filter(employee__in=[planned.sari, planned.dewi]).update(supervisor=None)
    request = send(planned, at)
    assert request.supervisor is None
    assert refusal(approve_request, by=planned.ratna_user, request_id=request.pk, version=1, at=at) == "NOT_YOURS"
    approve_request(by=planned.dewi_user, request_id=request.pk, version=1, at=at)
    Request.objects.filter(pk=request.pk).update(
        state="SENT", decided_by=None, decided_at=None, employee=planned.dewi, version=1
    )
    assert refusal(approve_request, by=planned.dewi_user, request_id=request.pk, version=1, at=at) == "OWN_REQUEST"


@pytest.mark.parametrize(
    ("date", "code"),
    [
        (dt.date(2026, 11, 20), "PAST"),
        (dt.date(2026, 11, 23), "PAST"),
        (dt.date(2027, 2, 3), "TOO_FAR"),
        (dt.date(9999, 12, 31), "TOO_FAR"),
        (dt.date(2026, 12, 5), "R-HARI-LIBUR"),  # a Saturday
        (dt.date(2026, 12, 4), "R-HARI-LIBUR"),  # declared below
        (dt.date(2026, 12, 9), "OTHER_WEEK"),
    ],
)
def test_days_that_cannot_be_asked_for(planned, at, date, code):
    Holiday.objects.create(date=dt.date(2026, 12, 4), name="Hari Uji", source="uji")
    assert refusal(send, planned, at, date=date) == code
    assert not Request.objects.exists()


def test_a_colleagues_day_cannot_be_given_up(planned, at):
    theirs = WfhDay.objects.get(employee=planned.eko)
    assert refusal(send, planned, at, gives_up=theirs) == "NOT_YOURS"


def test_without_giving_up_the_weekly_maximum_stands(planned, at):
    assert refusal(send, planned, at, gives_up=None) == "R-BATAS-MINGGU"


def test_who_is_not_eligible_asks_in_vain(planned, at):
    assert refusal(send, planned, at, by=planned.dewi_user) == "NOT_ELIGIBLE"
    assert refusal(send, planned, at, by=planned.ratna_user) == "NOT_ELIGIBLE"


def test_one_request_a_week_waits(planned, at):
    send(planned, at)
    assert refusal(send, planned, at, date=dt.date(2026, 12, 1)) == "ALREADY_WAITING"


def test_a_second_decision_names_the_first(planned, at):
    request = send(planned, at)
    approve_request(by=planned.budi_user, request_id=request.pk, version=1, at=at)
    with pytest.raises(Impossible, match="Budi Santoso"):
        approve_request(by=planned.budi_user, request_id=request.pk, version=2, at=at)
    assert WfhDay.objects.active().filter(employee=planned.sari).count() == 1


def test_a_full_day_is_refused_again_at_approval(planned, at):
    request = send(planned, at)
    Unit.objects.filter(pk=planned.general.pk).update(wfh_quota_percent=50)  # one of two
    WfhDay.objects.filter(employee=planned.budi).update(date=THURSDAY)
    decide = dict(by=planned.budi_user, request_id=request.pk, version=1, at=at)
    assert refusal(approve_request, **decide) == "R-KUOTA-UNIT"
    assert Request.objects.get().state == Request.State.SENT


def test_a_stale_page_is_told(planned, at):
    request = send(planned, at)
    assert refusal(approve_request, by=planned.budi_user, request_id=request.pk, version=7, at=at) == "STALE"


def test_only_the_asker_withdraws(planned, at):
    request = send(planned, at)
    assert refusal(withdraw_request, by=planned.budi_user, request_id=request.pk, at=at) == "NOT_YOURS"
    withdraw_request(by=planned.sari_user, request_id=request.pk, at=at)
    assert refusal(approve_request, by=planned.budi_user, request_id=request.pk, version=2, at=at) == "ALREADY_DECIDED"


@pytest.mark.parametrize(("state", "said"), [("EXPIRED", "expired"), ("WITHDRAWN", "withdrawn")])
def test_what_ended_by_itself_says_when_and_what_to_do(planned, at, state, said):
    request = send(planned, at)
    Request.objects.filter(pk=request.pk).update(state=state, decided_at=at, decided_by=None)
    with translation.override("en"), pytest.raises(Impossible) as refused:
        approve_request(by=planned.budi_user, request_id=request.pk, version=1, at=at)
    assert str(refused.value) == f"Already {said} on 23-11-2026 09.00. Ask for another day instead."


def test_no_draft_is_kept_for_the_end_of_the_calendar(planned, at):
    day = dt.date(9999, 12, 31)
    assert refusal(save_draft, by=planned.sari_user, date=day, gives_up_id=None, reason="", at=at) == "TOO_FAR"


def test_a_fixed_weekday_begins_within_twelve_weeks(planned, at):
    last = dt.date(2026, 11, 23) + dt.timedelta(weeks=12)
    for first in (last + dt.timedelta(days=1), dt.date(2030, 1, 7), dt.date(9999, 12, 31)):
        asked = dict(by=planned.sari_user, date=first, until=first, at=at)
        assert refusal(send_series, reason="", **asked) == refusal(preview_series, **asked) == "TOO_FAR"
    send_series(by=planned.sari_user, date=last, until=last, reason="", at=at)


def told(request):
    rows = Notice.objects.filter(kind="request-sent", subject_id=request.pk)
    return set(rows.values_list("receiver_id", flat=True))


def test_whoever_stands_in_is_told_too(planned, at):
    today = dt.date(2026, 11, 23)
    delegate(
        by=planned.budi_user, delegator_id=planned.budi.pk, delegate_id=planned.eko.pk, first=today, last=today, at=at
    )
    assert told(send(planned, at)) == {planned.budi.pk, planned.eko.pk}


def test_a_stand_in_for_leave_is_told_on_leave_only(planned, at):
    standing = dict(delegator_id=planned.budi.pk, delegate_id=planned.eko.pk, first=dt.date(2026, 11, 23), last=None)
    delegate(by=planned.budi_user, at=at, on_leave_only=True, **standing)
    assert told(send(planned, at)) == {planned.budi.pk}
    Request.objects.all().delete()
    factories.leave(planned.budi, dt.date(2026, 11, 23), dt.date(2026, 11, 24))
    assert told(send(planned, at)) == {planned.budi.pk, planned.eko.pk}


def test_of_nobody_hr_of_the_agency_is_told_but_for_the_asker(planned, at):
    Placement.objects.filter(employee__in=[planned.sari, planned.dewi]).update(supervisor=None)
    assert told(send(planned, at)) == {planned.dewi.pk, planned.hadi.pk}


def test_in_a_circle_neither_of_the_two_decides_the_other(planned, at):
    Placement.objects.filter(employee=planned.budi).update(supervisor=planned.sari)
    request = send(planned, at)
    assert (request.supervisor, request.holder) == (None, None)
    assert refusal(approve_request, by=planned.budi_user, request_id=request.pk, version=1, at=at) == "NOT_YOURS"
    approve_request(by=planned.dewi_user, request_id=request.pk, version=1, at=at)


def test_who_was_the_supervisor_decides_no_more_and_the_clock_lays_it_before_the_new_one(planned, at):
    request = send(planned, at)
    Placement.objects.filter(employee=planned.sari).update(supervisor=planned.eko)
    assert refusal(approve_request, by=planned.budi_user, request_id=request.pk, version=1, at=at) == "NOT_YOURS"
    run_clock(at=at)
    request.refresh_from_db()
    assert (request.supervisor, request.holder) == (planned.eko, planned.eko)
    approve_request(by=planned.eko_user, request_id=request.pk, version=1, at=at)


def test_a_boss_named_as_stand_in_is_passed_over(planned, at):
    today = dt.date(2026, 11, 23)
    Placement.objects.filter(employee=planned.team[0]).update(supervisor=planned.sari)
    Placement.objects.filter(employee=planned.budi).update(supervisor=planned.eko)
    naming = dict(delegator_id=planned.sari.pk, delegate_id=planned.budi.pk, first=today, last=today, at=at)
    delegate(by=planned.sari_user, **naming)
    request = send(planned, at)
    assert (request.supervisor, request.holder) == (planned.budi, planned.eko)


def test_the_supervisor_learns_of_no_leave(planned, at):
    request = send(planned, at)
    factories.leave(planned.sari, THURSDAY, THURSDAY, kind="Cuti sakit")
    with pytest.raises(Refused) as refused:
        approve_request(by=planned.budi_user, request_id=request.pk, version=1, at=at)
    assert refused.value.code == "R-CUTI"
    assert "sakit" not in str(refused.value)


def test_a_day_that_has_begun_is_moved_no_more(planned, at):
    request = send(planned, at)
    late = dt.datetime.combine(WEDNESDAY, dt.time(7, 30), tzinfo=planned.agency.zone)
    assert refusal(approve_request, by=planned.budi_user, request_id=request.pk, version=1, at=late) == "PAST"
