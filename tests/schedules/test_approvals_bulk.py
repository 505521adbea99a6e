"""All that fits in one tap; the rest stays with its reason and best other day."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eligibility.actions import load_policies, put_in_force
from schedules.actions import weekly
from schedules.models import Request, UnitRule, WfhDay
from tests import factories
from tests.worlds import world

from .deciding import post, states, ticked
from .pages import FRIDAY, MONDAY, THURSDAY, WEDNESDAY, as_, asked, text


@world
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
