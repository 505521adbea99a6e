"""The page of a policy: what each reader sees and may press, and that a press is one call, answered in a sentence."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from eligibility.actions import load_policy, publish_run, start_run, submit_policy, work_run
from eligibility.models import Policy, PolicyInForce
from tests.employees.roles import somebody
from tests.schedules.pages import as_, text

from .test_policies import MONDAY, NEXT, RULES, approved, content, drafted, in_force

LIST = "/admin/eligibility/policy/"


def client_of(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def page(policy):
    return reverse("admin:eligibility_policy_change", args=[policy.pk])


def bare(answer):
    """The answer without the form's token and the address that was asked for."""
    return re.sub(r'value="[A-Za-z0-9]{64}"|policy/[0-9]+/', "", text(answer))


def press(client, policy, step, **sent):
    edition = Policy.objects.values_list("edition", flat=True).get(pk=policy.pk)
    return client.post(f"{LIST}{policy.pk}/{step}/", {"edition": edition} | sent, follow=True)


def waiting(cast, at, **other):
    policy = drafted(cast, at, **other)
    return submit_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=1)


SEES = {
    "dewi": 200,
    "hadi": 200,
    "auditor": 200,
    "platform": 200,
    "ratna": 404,
    "hr_of_general": 404,
    "agency_admin": 404,
    "sari": 302,
    "budi": 302,
    "eko": 302,
}


@pytest.mark.parametrize(("who", "status"), SEES.items())
def test_a_draft_of_an_agency_is_its_own_matter(cast, at, who, status):
    policy = drafted(cast, at)
    client = client_of(somebody(cast, who))
    assert client.get(page(policy)).status_code == status
    if status == 404:
        assert bare(client.get(page(policy))) == bare(client.get(f"{LIST}999999/change/"))
    if status in (200, 404):
        assert ("Trial" in text(client.get(LIST))) == (status == 200)
    for step in ("submit", "approve", "drop", "return", "in-force"):
        address = f"{LIST}{policy.pk}/{step}/"
        assert client.get(address).status_code in (302, 404, 405)
        if who not in ("dewi", "hadi"):
            answer = client.post(address, {"edition": "1", "reason": "x"})
            assert answer.status_code in ({404} if status == 404 else {302, 403})
    if who not in ("dewi", "hadi"):
        policy.refresh_from_db()
        assert policy.state == "DRAFT"


@pytest.mark.parametrize("who", ["dewi", "hadi", "auditor", "platform", "ratna", "hr_of_general", "agency_admin"])
def test_everybody_with_a_role_reads_what_is_for_everybody(cast, at, who):
    policy = load_policy(data={"code": "BERSAMA", "version": 1} | content(), by=None, at=at)
    answer = client_of(somebody(cast, who)).get(page(policy))
    assert answer.status_code == 200
    said = text(answer)
    assert "MinimumRating" in said
    assert "loaded from a file" in said
    assert ("Draft the next version" in said) == (who in ("dewi", "hadi", "ratna"))
    assert ("Put in force" in said) == (who in ("hadi", "ratna"))
    assert ("What if?" in said) == (who in ("dewi", "hadi", "auditor", "ratna"))


def test_from_the_draft_to_the_day_it_applies(cast, at, freezing):
    policy = drafted(cast, at)
    dewi, hadi = client_of(cast.dewi_user), client_of(cast.hadi_user)
    said = text(dewi.get(page(policy)))
    assert "Change the draft" in said
    assert "Hand in for approval" in said
    assert "drafted by Dewi Lestari" in said
    assert "Approve</button>" not in said
    assert "The draft waits for approval" in text(press(dewi, policy, "submit"))
    assert "The HR head of the agency approves it." in text(dewi.get(page(policy)))
    assert press(dewi, policy, "approve").status_code == 403
    said = text(press(hadi, policy, "approve"))
    assert "The policy is approved." in said
    assert "approved on" in said
    assert "Approve</button>" not in said
    said = text(press(hadi, policy, "in-force", agency=cast.agency.pk, since="2026-11-30"))
    assert "The policy is in force from that day" in said
    assert "Take the plan back" in said
    row = PolicyInForce.objects.get()
    assert (row.policy, row.valid.lower, row.approved_by) == (policy, NEXT, cast.hadi_user)
    assert "Take the plan back" not in text(dewi.get(page(policy)))
    shown = text(hadi.get(reverse("admin:eligibility_policyinforce_change", args=[row.pk])))
    assert f"{policy} · {cast.agency}" in shown  # called by names, not by numbers
    address = reverse("admin:eligibility_policyinforce_take_back", args=[row.pk])
    assert hadi.get(address).status_code == 405
    assert dewi.post(address).status_code == 403
    assert client_of(cast.ratna_user).post(address).status_code == 404
    assert "The plan is taken back" in text(hadi.post(address, follow=True))
    assert not PolicyInForce.objects.exists()


@pytest.fixture
def freezing(at, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    return at


@pytest.mark.parametrize("who", ["dewi", "hadi", "ratna", "auditor", "hr_of_general"])
def test_what_waits_stands_on_the_first_page(cast, at, who):
    drafted(cast, at, code="DRAF")
    waiting(cast, at, code="TUNGGU")
    said = text(client_of(somebody(cast, who)).get("/admin/"))
    assert ("TUNGGU v1" in said) == (who in ("dewi", "hadi"))
    assert "DRAF v1" not in said


def test_returned_with_a_reason_that_the_writers_read(cast, at):
    policy = waiting(cast, at)
    hadi = client_of(cast.hadi_user)
    answer = press(hadi, policy, "return", reason="")
    assert answer.status_code == 422
    assert "This field is required." in text(answer)
    press(hadi, policy, "return", reason="Two days <a> week")
    said = text(client_of(cast.dewi_user).get(page(policy)))
    assert "Two days &lt;a&gt; week" in said
    assert "Change the draft" in said


def test_who_wrote_in_it_is_told_why_there_is_no_button(cast, at):
    policy = drafted(cast, at, by=cast.hadi_user)
    press(client_of(cast.hadi_user), policy, "submit")
    said = text(client_of(cast.hadi_user).get(page(policy)))
    assert "You have written in this draft yourself; another HR head approves it." in said
    assert "Approve</button>" not in said
    assert press(client_of(cast.hadi_user), policy, "approve").status_code == 403


def test_pressed_twice_or_late_is_told_in_a_sentence(cast, at):
    policy = waiting(cast, at)
    hadi = client_of(cast.hadi_user)
    assert "has been changed since you opened it" in text(press(hadi, policy, "approve", edition="1"))
    press(hadi, policy, "approve")
    assert "Already approved by Hadi Wijaya on" in text(press(hadi, policy, "approve"))
    assert "Already approved by Hadi Wijaya on" in text(press(client_of(cast.dewi_user), policy, "drop"))
    policy.refresh_from_db()
    assert policy.state == "APPROVED"


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"since": "soon"}, 422, "Enter a valid date."),
        ({"since": ""}, 422, "This field is required."),
        ({"since": "2026-11-30", "agency": "0"}, 422, "Select a valid choice."),
        ({"since": "2026-11-20"}, 200, "may apply from"),
    ],
)
def test_a_day_that_cannot_be_is_said_on_the_form(cast, at, sent, status, said):
    policy = approved(cast, at, since=MONDAY)
    answer = press(client_of(cast.hadi_user), policy, "in-force", **{"agency": cast.agency.pk} | sent)
    assert answer.status_code == status
    assert said in text(answer)
    assert not PolicyInForce.objects.exists()


def test_another_agency_is_not_ones_to_put_a_policy_in_force_in(cast, at):
    policy = load_policy(data={"code": "BERSAMA", "version": 1} | content(), by=None, at=at)
    answer = press(client_of(cast.hadi_user), policy, "in-force", agency=cast.other.pk, since="2026-11-30")
    assert answer.status_code == 422
    assert press(client_of(cast.dewi_user), policy, "in-force", since="2026-11-30").status_code == 403
    assert not PolicyInForce.objects.exists()


def test_the_page_shows_the_runs_and_what_differs_in_as_many_questions_for_one_as_for_three(cast, at):
    first = approved(cast, at)
    in_force(cast, at, first, MONDAY)
    weekly(cast, at, MONDAY)
    client = client_of(cast.hadi_user)
    client.get(page(first))
    with_one = count(client, page(first))
    for number in (1, 2):
        weekly(cast, at, MONDAY + dt.timedelta(days=7 * number))
    assert count(client, page(first)) == with_one
    said = text(client.get(page(first)))
    assert "3 runs were computed under it" in said
    assert "2026-W48" in said
    longer = drafted(cast, at, before=first, rules=[*RULES[:1], {"rule": "WeeklyMaximum", "days": 2}])
    said = text(client.get(page(longer)))
    assert "What differs from COBA-2026 v1" in said
    assert "no longer asked" in said
    assert "days: 2" in said
    assert "IdentityNumber" not in said.split("What differs from")[1]


def weekly(cast, at, week):
    made = start_run(agency=cast.agency, track="REWARD", week=week, by=None, at=at)
    done = work_run(job_id=made.job_id, at=at)
    if done.state == "WAITING":
        publish_run(run_id=done.pk, by=None, at=at, version=done.version)


def count(client, address):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_runs_and_agencies_of_others_are_not_told(cast, at):
    shared = load_policy(data={"code": "BERSAMA", "version": 1} | content(), by=None, at=at)
    in_force(cast, at, shared, MONDAY)
    weekly(cast, at, MONDAY)
    said = text(client_of(cast.ratna_user).get(page(shared)))
    assert "It is in force in none of the agencies that you see." in said
    assert "computed under it" not in said
    assert cast.agency.name not in said
    assert "Hadi" not in said
