"""Where the day is spent: asked only where a policy allows days at the registered home alone (PermenPANRB 4/2025)."""

import datetime as dt

import pytest

from eligibility.actions import load_policies, publish_run, start_run, work_run
from eligibility.models import Policy, PolicyInForce
from ledger.models import Event
from schedules.actions import plans
from schedules.actions.refused import Refused
from schedules.actions.requests import save_draft, send_again, send_request
from schedules.models import Request, WfhDay
from tests import factories
from tests.worlds import world

from .calls import Caller
from .pages import MONDAY, THURSDAY, as_, text

NEW = "/requests/new/?day=2026-11-25"


@world
def at_home(cast, now):
    """As `week`, under a policy that asks for the registered home too."""
    load_policies(by=None, at=now)
    rules = [*Policy.objects.get(code="REWARD-2019").rules, {"rule": "RegisteredHome"}]
    policy = Policy.objects.create(code="DI-RUMAH", version=1, track="REWARD", rules=rules, name_id="Rumah")
    PolicyInForce.objects.create(agency=cast.agency, track="REWARD", policy=policy, valid=("2026-01-01", None))
    factories.appraisal(cast.sari, by=cast.dewi_user)
    made = start_run(agency=cast.agency, track="REWARD", week=MONDAY, by=None, at=now)
    made = work_run(job_id=made.job_id, at=now)
    publish_run(run_id=made.pk, by=cast.hadi_user, at=now, version=made.version)
    plans.plan_week(agency=cast.agency, week=MONDAY, by=None, at=now, publish=True)
    cast.day = WfhDay.objects.get(employee=cast.sari)
    return cast


def form_of(week, **fields):
    return {"date": "2026-11-26", "gives_up": week.day.pk, "slot": "FULL", "reason": ""} | fields


def test_the_place_is_asked_only_where_the_policy_does(week):
    assert 'name="place"' not in text(as_(week.sari_user).get(NEW))


def test_at_the_registered_home_is_sent_and_said_in_the_event(at_home):
    client = as_(at_home.sari_user)
    assert 'name="place"' in text(client.get(NEW))
    client.post(NEW, form_of(at_home, place="HOME"))
    request = Request.objects.get()
    assert Event.objects.get(verb="request.send", subject_id=request.pk).after["registered_home"] is True


def test_elsewhere_is_refused_with_the_rules_sentence_and_no_other_day(at_home):
    client = as_(at_home.sari_user)
    client.cookies["language"] = "en"
    answer = client.post(NEW, form_of(at_home, place="ELSEWHERE", reason="Di rumah orang tua"))
    assert answer.status_code == 409
    page = text(answer)
    assert "A WFH day is spent at the home registered in the personnel data." in page
    assert "The next day that fits" not in page
    assert "Di rumah orang tua" in page
    assert not Request.objects.exists()


def test_elsewhere_is_nothing_to_a_policy_that_does_not_ask(week):
    client = as_(week.sari_user)
    client.post(NEW, form_of(week, place="ELSEWHERE"))
    request = Request.objects.get()
    assert Event.objects.get(verb="request.send", subject_id=request.pk).after["registered_home"] is False


def test_a_draft_is_asked_when_it_is_sent(at_home, at):
    ask = {"by": at_home.sari_user, "at": at}
    draft = save_draft(date=THURSDAY, gives_up_id=at_home.day.pk, reason="", registered_home=False, **ask)
    with pytest.raises(Refused) as refused:
        send_again(request_id=draft.pk, version=draft.version, registered_home=False, **ask)
    assert refused.value.code == "R-DOMISILI"
    assert send_again(request_id=draft.pk, version=draft.version, registered_home=True, **ask).state == "SENT"


@pytest.mark.parametrize(("stated", "status"), [(False, 409), (True, 201), (None, 201)])
def test_the_api_asks_the_same(at_home, stated, status):
    body = {"kind": "MOVE", "date": "2026-11-26", "gives_up": at_home.day.pk, "registered_home": stated}
    answer = Caller(at_home.sari_user).post("requests/", body, key="satu")
    assert answer.status_code == status, answer.content
    if status == 409:
        assert answer.json()["code"] == "R-DOMISILI"


def test_without_the_statement_a_planned_day_counts_as_at_home(at_home, at):
    sent = send_request(by=at_home.sari_user, date=THURSDAY, gives_up_id=at_home.day.pk, reason="", at=at)
    assert sent.date == dt.date(2026, 11, 26)
