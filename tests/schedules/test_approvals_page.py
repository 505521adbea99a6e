"""The inbox: what waits, beside its cover; one by one or all that fit at once; who may decide, and who may not."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg2.extras import DateRange

from eligibility.actions import load_policies, put_in_force
from employees.models import Placement
from ledger.models import Event
from schedules.actions import weekly
from schedules.actions.requests import send_request
from schedules.models import Delegation, Request, UnitRule, WfhDay
from tests import factories

from .pages import FRIDAY, MONDAY, THURSDAY, WEDNESDAY, as_, asked, given, text

# --- deciding --------------------------------------------------------------------------------------


def test_a_supervisor_approves_with_one_tap(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, reason="Rapat <b>penting</b>")
    client = as_(week.budi_user)
    page = text(client.get("/approvals/"))
    assert "Sari Rahmawati" in page
    assert "Rapat &lt;b&gt;penting&lt;/b&gt;" in page
    assert 'class="count"' in page
    told = client.post(f"/approvals/{one.pk}/approve/", {"version": one.version}, follow=True)
    assert "notice-success" in text(told)
    assert WfhDay.objects.active().get(employee=week.sari).date == THURSDAY
    assert 'class="count"' not in text(told)
    assert "Kamis, 26 November" in text(as_(week.sari_user).get("/")).split("</h1>")[0]


def test_a_rejection_needs_a_reason_and_the_person_reads_it(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    client = as_(week.budi_user)
    where = f"/approvals/{one.pk}/reject/"
    empty = client.post(where, {"version": one.version, "reason": "   "})
    assert empty.status_code == 422
    assert 'role="alert"' in text(empty)
    one.refresh_from_db()
    assert one.state == Request.State.SENT
    client.post(where, {"version": one.version, "reason": "Ada kunjungan kerja"})
    assert "Ada kunjungan kerja" in text(as_(week.sari_user).get("/requests/"))


def test_a_usual_reason_is_enough(week, now):
    one = asked(week, week.sari, THURSDAY, now)
    as_(week.budi_user).post(f"/approvals/{one.pk}/reject/", {"version": one.version, "usual": "PRESENCE"})
    one.refresh_from_db()
    assert one.state == Request.State.REJECTED
    assert len(one.decision_reason) > 20


@pytest.mark.parametrize(
    ("who", "expected"), [("eko", 404), ("ratna", 404), ("sari", 403), ("dewi", 403), ("hadi", 403)]
)
@pytest.mark.parametrize("what", ["approve", "reject"])
def test_nobody_else_decides(week, now, who, expected, what):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    form = {"version": one.version, "reason": "x"}
    answer = as_(getattr(week, f"{who}_user")).post(f"/approvals/{one.pk}/{what}/", form)
    assert answer.status_code == expected
    one.refresh_from_db()
    assert one.state == Request.State.SENT
    other = as_(getattr(week, f"{who}_user")).post(f"/approvals/{one.pk + 10**6}/{what}/", form)
    assert other.status_code == 404


@pytest.mark.parametrize("version", ["99", "", "x", "-1", "9" * 30])
def test_what_changed_meanwhile_is_not_decided(week, now, version):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    for what in ("approve", "reject"):
        where = f"/approvals/{one.pk}/{what}/"
        told = as_(week.budi_user).post(where, {"version": version, "reason": "x"}, follow=True)
        assert "notice-error" in text(told)
    one.refresh_from_db()
    assert one.state == Request.State.SENT


def test_a_second_decision_is_told_who_was_first(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    client = as_(week.budi_user)
    client.post(f"/approvals/{one.pk}/approve/", {"version": one.version})
    told = client.post(f"/approvals/{one.pk}/reject/", {"version": one.version, "reason": "x"}, follow=True)
    assert "notice-error" in text(told)
    one.refresh_from_db()
    assert one.state == Request.State.APPROVED


def test_a_full_unit_shows_why_and_no_approve_button(week, now):
    from employees.models import Unit

    Unit.objects.filter(pk=week.general.pk).update(wfh_quota_percent=50)
    given(week, week.budi, THURSDAY)
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    page = text(as_(week.budi_user).get("/approvals/"))
    assert f"/approvals/{one.pk}/approve/" not in page
    assert f"/approvals/{one.pk}/reject/" in page
    assert "notice-warning" in page


def test_who_supervises_nobody_gets_a_friendly_page_and_no_entry(week):
    answer = as_(week.sari_user).get("/approvals/")
    assert answer.status_code == 200
    assert 'class="lead"' in text(answer)
    assert 'href="/approvals/"' not in text(answer)
    assert 'href="/approvals/"' in text(as_(week.eko_user).get("/"))


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_inbox(week, now, django_assert_num_queries, rows):
    done = {"state": "REJECTED", "decision_reason": "x", "decided_by": week.eko_user, "decided_at": now}
    for member in week.team[:rows]:
        asked(week, member, THURSDAY, now, supervisor=week.eko)
        asked(week, member, FRIDAY, now, supervisor=week.eko, **done)
    client = as_(week.eko_user)
    with django_assert_num_queries(24):
        assert client.get("/approvals/").status_code == 200


# --- all that fit at once ----------------------------------------------------------------------------


@pytest.fixture
def twelve(cast, now):
    """Twelve of Budi's people have Wednesday; eleven ask for Thursday, the twelfth for Friday, which is closed."""
    load_policies(by=None, at=now)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=now)
    people = [factories.employee(cast.general, f"Pegawai {n:02}", cast.budi) for n in range(1, 13)]
    for person in people:
        factories.appraisal(person)
    weekly.run_week(agency=cast.agency, track="REWARD", week=MONDAY, by=None, at=now, publish=True)
    reason = "Kunjungan pimpinan"
    UnitRule.objects.create(
        agency=cast.agency, unit=cast.general, kind="BLACKOUT", date=FRIDAY, reason=reason, valid=factories.ALWAYS
    )
    cast.asked = [
        asked(cast, person, FRIDAY if n == 11 else THURSDAY, now, WfhDay.objects.get(employee=person))
        for n, person in enumerate(people)
    ]
    return cast


def ticked(page):
    return re.findall(r'name="chosen" form="bulk" value="(\d+:\d+)"', page)


def post(user, chosen):
    return as_(user).post("/approvals/approve/", {"chosen": chosen}, follow=True)


def states(requests):
    return [Request.objects.get(pk=one.pk).state for one in requests]


def test_eleven_of_twelve_are_approved_by_the_second_tap_and_the_twelfth_stays_with_its_reason(twelve):
    page = text(as_(twelve.budi_user).get("/approvals/"))  # the first tap
    chosen = ticked(page)
    assert len(chosen) == 11
    assert '<span class="ticked">11</span>' in page
    told = text(post(twelve.budi_user, chosen))  # the second
    assert states(twelve.asked) == ["APPROVED"] * 11 + ["SENT"]
    assert "notice-success" in told
    assert "Kunjungan pimpinan" in told
    assert "Pegawai 12" in told.split("</h2>")[0]
    assert WfhDay.objects.active().filter(date=THURSDAY).count() == 11
    # the best other day stands beside it, and one tap sends it back with that proposal
    (reason,) = re.findall(r'name="reason" value="([^"]+)"', told)
    assert "24 November" in reason or "26 November" in reason
    last = twelve.asked[-1]
    form = {"version": last.version, "reason": reason}
    as_(twelve.budi_user).post(f"/approvals/{last.pk}/return/", form)
    last.refresh_from_db()
    assert (last.state, last.decision_reason) == ("RETURNED", reason)


def test_one_that_does_not_fit_stays_with_name_reason_and_best_day(twelve):
    told = text(post(twelve.budi_user, [f"{one.pk}:1" for one in twelve.asked]))
    warned = re.findall(r'notice-warning">(.*?)</div>', told)[0]
    for part in ("Pegawai 12", "Jumat, 27 November", "Kunjungan pimpinan"):
        assert part in warned
    assert re.search(r"Kunjungan pimpinan\..*(2[46] November)", warned)
    assert states(twelve.asked) == ["APPROVED"] * 11 + ["SENT"]


def test_what_arrived_since_the_page_was_made_is_not_decided(twelve, now):
    chosen = ticked(text(as_(twelve.budi_user).get("/approvals/")))
    late = factories.employee(twelve.general, "Datang Kemudian", twelve.budi)
    request = asked(twelve, late, THURSDAY, now)
    post(twelve.budi_user, chosen)
    assert states([request]) == ["SENT"]


def test_what_changed_since_the_page_was_made_stays(twelve):
    first, second = twelve.asked[:2]
    Request.objects.filter(pk=first.pk).update(version=2)
    told = text(post(twelve.budi_user, [f"{first.pk}:1", f"{second.pk}:1"]))
    assert states([first, second]) == ["SENT", "APPROVED"]
    assert "Pegawai 01" in re.findall(r'notice-warning">(.*?)</div>', told)[0]


def test_the_loser_of_a_race_reads_who_decided_and_when(twelve):
    first = twelve.asked[0]
    assert post(twelve.budi_user, [f"{first.pk}:1"]).status_code == 200
    told = text(post(twelve.budi_user, [f"{first.pk}:1"]))
    warned = re.findall(r'notice-warning">(.*?)</div>', told)[0]
    assert "Budi Santoso" in warned
    assert "23-11-2026 09.00" in warned
    again = as_(twelve.budi_user).post(f"/approvals/{first.pk}/approve/", {"version": 2}, follow=True)
    assert "Budi Santoso pada 23-11-2026 09.00" in text(again) or "Budi Santoso on 23-11-2026 09.00" in text(again)


@pytest.mark.parametrize(
    "chosen", [[], ["x"], ["1"], ["1:"], ["1:x"], ["9" * 30 + ":1"], ["1:1", "<b>:1"], ["1:1"] * 1001]
)
def test_a_list_that_cannot_be_read_decides_nothing(twelve, chosen):
    answer = post(twelve.budi_user, chosen)
    assert "notice-error" in text(answer)
    assert set(states(twelve.asked)) == {"SENT"}


@pytest.mark.parametrize("who", ["eko", "ratna"])
def test_strangers_decide_nothing_in_bulk_and_learn_no_name(twelve, who):
    told = text(post(getattr(twelve, f"{who}_user"), [f"{one.pk}:1" for one in twelve.asked] + [f"{10**9}:1"]))
    assert set(states(twelve.asked)) == {"SENT"}
    assert "Pegawai" not in told
    assert "notice-error" in told


@pytest.mark.parametrize("who", ["dewi", "hadi"])
def test_hr_sees_but_does_not_decide_what_has_a_holder(twelve, who):
    told = text(post(getattr(twelve, f"{who}_user"), [f"{one.pk}:1" for one in twelve.asked]))
    assert set(states(twelve.asked)) == {"SENT"}
    assert "notice-warning" in told


def test_only_a_post_decides_in_bulk(twelve):
    assert as_(twelve.budi_user).get("/approvals/approve/").status_code == 405
    client = Client(enforce_csrf_checks=True)
    client.force_login(twelve.budi_user)
    assert client.post("/approvals/approve/", {"chosen": [f"{twelve.asked[0].pk}:1"]}).status_code == 403
    assert set(states(twelve.asked)) == {"SENT"}


def test_queries_of_bulk_do_not_grow(twelve):
    counts = []
    for chosen in (twelve.asked[:1], twelve.asked[1:4]):
        client = as_(twelve.budi_user)
        with CaptureQueriesContext(connection) as ran:
            client.post("/approvals/approve/", {"chosen": [f"{one.pk}:1" for one in chosen]})
        counts.append(len(ran))
    assert counts[0] == counts[1]


# --- nobody decides their own -------------------------------------------------------------------------


def decide_all_ways(user, request, **form):
    """Every POST of the inbox on one request; their statuses."""
    form = {"version": request.version, "reason": "x"} | form
    found = [
        as_(user).post(f"/approvals/{request.pk}/{what}/", form).status_code for what in ("approve", "reject", "return")
    ]
    post(user, [f"{request.pk}:{request.version}"])
    return found


def test_nobody_decides_their_own_by_page_or_bulk(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    assert decide_all_ways(week.sari_user, one) == [403, 403, 403]
    assert states([one]) == ["SENT"]


def lend(cast, delegator, delegate, now, valid=factories.ALWAYS, **fields):
    return Delegation.objects.create(
        agency=cast.agency,
        delegator=delegator,
        delegate=delegate,
        valid=valid,
        created_at=now,
        created_by=cast.dewi_user,
        **fields,
    )


def test_a_stand_in_decides_in_the_supervisors_name_and_both_are_recorded(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    lend(week, week.budi, week.eko, now)
    client = as_(week.eko_user)
    page = text(client.get("/approvals/"))
    assert "Sari Rahmawati" in page
    assert "Budi Santoso" in page
    told = text(client.post(f"/approvals/{one.pk}/approve/", {"version": 1}, follow=True))
    one.refresh_from_db()
    assert (one.state, one.decided_by, one.decided_for) == ("APPROVED", week.eko_user, week.budi)
    event = Event.objects.get(verb="request.approve")
    assert (event.actor_id, event.on_behalf_of_id) == (week.eko_user.pk, week.budi_user.pk)
    decided = told.split('id="h-decided"')[1]
    assert "Eko Prasetyo" in decided
    assert "Budi Santoso" in decided
    assert "Eko Prasetyo" in text(as_(week.budi_user).get("/approvals/")).split('id="h-decided"')[1]


@pytest.mark.parametrize("what", ["approve", "reject", "return", "bulk"])
@pytest.mark.parametrize(
    ("fields", "away", "may"),
    [
        ({}, False, True),
        ({"valid": DateRange(dt.date(2019, 1, 1), dt.date(2019, 2, 1))}, False, False),  # expired
        ({"ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, False, False),
        ({"on_leave_only": True}, False, False),
        ({"on_leave_only": True}, True, True),
    ],
)
def test_when_a_stand_in_counts(week, now, fields, away, may, what):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    lend(week, week.budi, week.eko, now, **fields)
    if away:
        factories.leave(week.budi, dt.date(2020, 1, 1), dt.date(2035, 1, 1))
    if what == "bulk":
        post(week.eko_user, [f"{one.pk}:1"])
    else:
        answer = as_(week.eko_user).post(f"/approvals/{one.pk}/{what}/", {"version": 1, "reason": "x"})
        assert answer.status_code == (302 if may else 404)
    assert (states([one]) != ["SENT"]) is may


def test_a_stand_in_never_decides_for_whoever_lent_nor_their_own(week, now):
    """Budi lends to Sari: Sari's own request stays closed to her, and so does Budi's, which waits for Hadi."""
    lend(week, week.budi, week.sari, now)
    own = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    theirs = asked(week, week.budi, THURSDAY, now, supervisor=week.hadi)
    lend(week, week.hadi, week.sari, now)
    assert decide_all_ways(week.sari_user, own) == [403, 403, 403]
    assert decide_all_ways(week.sari_user, theirs) == [403, 403, 403]
    assert states([own, theirs]) == ["SENT", "SENT"]
    page = text(as_(week.sari_user).get("/approvals/"))
    assert 'name="chosen"' not in page


def test_what_is_lent_is_not_lent_on(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    lend(week, week.budi, week.eko, now)
    lend(week, week.eko, week.hadi, now)
    assert decide_all_ways(week.hadi_user, one) == [403, 403, 403]
    assert states([one]) == ["SENT"]


def test_in_a_circle_hr_decides_and_nobody_in_it(week, now):
    """Sari reports to Budi and Budi to Sari: whatever one asks has no holder."""
    Placement.objects.filter(employee=week.budi).update(supervisor=week.sari)
    one = send_request(by=week.sari_user, date=THURSDAY, gives_up_id=week.day.pk, reason="", at=now)
    assert one.holder is None
    assert decide_all_ways(week.sari_user, one) == [403, 403, 403]
    assert decide_all_ways(week.ratna_user, one) == [404, 404, 404]
    assert decide_all_ways(week.eko_user, one) == [404, 404, 404]
    assert f"/approvals/{one.pk}/approve/" in text(as_(week.dewi_user).get("/approvals/"))
    assert as_(week.dewi_user).post(f"/approvals/{one.pk}/approve/", {"version": 1}).status_code == 302
    assert states([one]) == ["APPROVED"]


def test_hr_without_a_holder_never_decides_their_own(week, now):
    one = asked(week, week.dewi, THURSDAY, now, holder=None)
    assert decide_all_ways(week.dewi_user, one) == [403, 403, 403]
    assert as_(week.ratna_user).post(f"/approvals/{one.pk}/approve/", {"version": 1}).status_code == 404
    assert as_(week.hadi_user).post(f"/approvals/{one.pk}/reject/", {"version": 1, "reason": "x"}).status_code == 302


def test_an_escalated_request_is_decided_by_the_next_or_still_by_the_supervisor(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, holder=week.hadi)
    for user in (week.hadi_user, week.budi_user):
        assert f"/approvals/{one.pk}/approve/" in text(as_(user).get("/approvals/"))
    assert as_(week.hadi_user).post(f"/approvals/{one.pk}/approve/", {"version": 1}).status_code == 302
    told = as_(week.budi_user).post(f"/approvals/{one.pk}/reject/", {"version": 1, "reason": "x"}, follow=True)
    assert "Hadi Wijaya" in text(told)
    assert states([one]) == ["APPROVED"]


# --- every kind has its own words ---------------------------------------------------------------------


def test_the_first_of_two_stages_endorses_and_the_second_is_somebody_else(week, now):
    Placement.objects.filter(employee=week.budi).update(supervisor=week.hadi)
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day, stages=2)
    client = as_(week.budi_user)
    client.cookies["language"] = "en"
    assert "Endorse (stage 1 of 2)" in text(client.get("/approvals/"))
    assert "second stage" in text(client.post(f"/approvals/{one.pk}/approve/", {"version": 1}, follow=True))
    one.refresh_from_db()
    assert (one.state, one.stage, one.holder) == ("SENT", 2, week.hadi)
    assert client.post(f"/approvals/{one.pk}/approve/", {"version": one.version}).status_code == 403
    second = as_(week.hadi_user)
    second.cookies["language"] = "en"
    page = text(second.get("/approvals/"))
    assert "Approve (stage 2 of 2)" in page
    assert "endorsed by Budi Santoso" in page
    second.post(f"/approvals/{one.pk}/approve/", {"version": one.version})
    assert states([one]) == ["APPROVED"]


def swap(week, now):
    """Sari offers her Wednesday for Budi's Thursday."""
    theirs = given(week, week.budi, THURSDAY)
    factories.appraisal(week.budi, year=2024)
    return asked(
        week,
        week.sari,
        THURSDAY,
        now,
        gives_up=week.day,
        kind="SWAP",
        takes=theirs,
        colleague=week.budi,
        holder=week.budi,
    )


def test_a_swap_is_the_colleagues_to_decline_with_a_reason_and_is_never_sent_back(week, now):
    one = swap(week, now)
    client = as_(week.budi_user)
    client.cookies["language"] = "en"
    page = text(client.get("/approvals/"))
    assert "offers you <strong>Wednesday, 25 November</strong> for your <strong>Thursday, 26 November</strong>" in page
    assert "Agree" in page
    assert f"/approvals/{one.pk}/return/" not in page
    for who in ("eko", "ratna"):
        assert (
            as_(getattr(week, f"{who}_user")).post(f"/approvals/{one.pk}/approve/", {"version": 1}).status_code == 404
        )
    for who in ("sari", "dewi", "hadi"):
        assert (
            as_(getattr(week, f"{who}_user")).post(f"/approvals/{one.pk}/approve/", {"version": 1}).status_code == 403
        )
    assert "notice-error" in text(
        client.post(f"/approvals/{one.pk}/return/", {"version": 1, "reason": "x"}, follow=True)
    )
    assert states([one]) == ["SENT"]
    client.post(f"/approvals/{one.pk}/reject/", {"version": 1, "usual": "KEEP"})
    assert states([one]) == ["REJECTED"]


def test_a_day_given_back_late_and_a_fixed_weekday_have_their_own_sentence(week, now):
    asked(week, week.sari, WEDNESDAY, now, gives_up=week.day, kind="RETURN")
    asked(week, week.team[0], THURSDAY, now, kind="RECUR", until=dt.date(2026, 12, 31))
    client = as_(week.budi_user)
    client.cookies["language"] = "en"
    page = text(client.get("/approvals/"))
    assert "would like to give <strong>Wednesday, 25 November</strong> back" in page
    assert "<strong>every Thursday</strong> from 26 November until 31 December 2026" in page
    assert len(ticked(page)) == 2
    told = text(client.post("/approvals/approve/", {"chosen": ticked(page)}, follow=True))
    assert "2 approved." in told


def test_sending_back_needs_a_reason_and_keeps_what_was_chosen(week, now):
    one = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    client = as_(week.budi_user)
    where = f"/approvals/{one.pk}/return/"
    empty = client.post(where, {"version": 1, "reason": " "})
    assert empty.status_code == 422
    assert 'role="alert"' in text(empty)
    assert '<details class="calm" open>' in text(empty)
    assert client.post(where, {"version": 1, "usual": "nonsense"}).status_code == 422
    assert client.post(where, {"version": 1, "reason": "x" * 501}).status_code == 422
    assert states([one]) == ["SENT"]
    client.post(where, {"version": 1, "usual": "OTHER_DAY"})
    one.refresh_from_db()
    assert one.state == "RETURNED"
    assert len(one.decision_reason) > 10


def test_what_expires_first_stands_on_top_with_its_local_time(week, now):
    asked(week, week.team[0], FRIDAY, now)
    asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    page = text(as_(week.budi_user).get("/approvals/"))
    assert page.index("Sari Rahmawati") < page.index("Anggota 1")
    assert "25 November 2026 15.00 WIB" in page or "25 November 2026, 15.00 WIB" in page


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_inbox_in_both_languages(twelve, language):
    client = as_(twelve.budi_user)
    client.cookies["language"] = language
    page = client.get("/approvals/").content.decode()
    assert f'<html lang="{language}">' in page
    assert "style=" not in page
    assert "{#" not in page


def test_a_swap_agreed_to_gives_each_the_others_day(twelve, now):
    first, second = twelve.asked[:2]
    Request.objects.filter(pk__in=[first.pk, second.pk]).update(state="WITHDRAWN", decided_at=now)
    theirs = second.gives_up
    WfhDay.objects.filter(pk=theirs.pk).update(date=THURSDAY)
    theirs.refresh_from_db()
    colleague = factories.account(second.employee)
    one = asked(
        twelve,
        first.employee,
        THURSDAY,
        now,
        gives_up=first.gives_up,
        kind="SWAP",
        takes=theirs,
        colleague=second.employee,
        holder=second.employee,
    )
    client = as_(colleague)
    client.cookies["language"] = "en"
    page = text(client.get("/approvals/"))
    assert "1 request waits for you" in page
    assert f'value="{one.pk}:1"' not in page  # a swap is agreed to by itself, never in bulk
    told = text(client.post(f"/approvals/{one.pk}/approve/", {"version": 1}, follow=True))
    assert "Agreed: Pegawai 01 has Thursday, 26 November now, and you have Wednesday, 25 November." in told
    days = dict(
        WfhDay.objects.active()
        .filter(employee__in=[first.employee, second.employee])
        .values_list("employee_id", "date")
    )
    assert days == {first.employee_id: THURSDAY, second.employee_id: WEDNESDAY}
