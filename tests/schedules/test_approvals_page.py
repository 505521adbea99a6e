"""The inbox: what waits, beside its cover, decided one by one; every kind in its own words."""

import datetime as dt
from importlib import import_module

import pytest

from employees.models import Placement
from schedules.models import Request, WfhDay
from tests import factories

from .deciding import states, ticked
from .pages import FRIDAY, THURSDAY, WEDNESDAY, as_, asked, given, text

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


def test_of_many_only_those_shown_are_worked_out_and_all_are_counted(week, now, monkeypatch):
    monkeypatch.setattr("schedules.views.approvals.SHOWN", 2)
    worked_out, inbox = [], import_module("schedules.queries.inbox")
    line = inbox._line
    monkeypatch.setattr(inbox, "_line", lambda *args: worked_out.append(args[1]) or line(*args))
    sent = [
        asked(week, member, date, now, supervisor=week.eko)
        for date, member in zip((FRIDAY, THURSDAY, WEDNESDAY), week.team, strict=True)
    ]
    client = as_(week.eko_user)
    client.cookies["language"] = "en"
    page = text(client.get("/approvals/"))
    assert "3 requests wait for you" in page
    assert "1 more waits" in page
    assert worked_out == [sent[2], sent[1]]  # what expires first
    assert "Anggota 1" not in page.split('class="inbox"')[1]
    Request.objects.filter(pk=sent[0].pk).update(state="WITHDRAWN", decided_at=now)
    page = text(client.get("/approvals/"))
    assert "2 requests wait for you" in page
    assert "more wait" not in page


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
    Placement.objects.filter(employee=week.team[0]).update(supervisor=week.budi)
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
