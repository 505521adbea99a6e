"""What changes after a week was published becomes a proposal; a person applies or dismisses it, once, with a reason."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from eligibility import permissions, queries
from eligibility.actions import (
    Refused,
    apply_correction,
    dismiss_correction,
    load_policies,
    propose,
    propose_by_hand,
    propose_due,
    publish_run,
    put_in_force,
    start_run,
    work_run,
)
from eligibility.models import Correction, Decision
from employees.models import AgencyInputs
from ledger.models import Event
from performance.models import Appraisal
from performance.rating import Rating
from tests import factories
from tests.worlds import world

MONDAY = dt.date(2026, 11, 23)
LATER = dt.timedelta(hours=2)


@world
def published(cast, at):
    """REWARD-2019, 2026-W48: Sari is eligible, Budi is not."""
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    cast.score = factories.appraisal(cast.sari)
    factories.appraisal(cast.budi, rating=Rating.GOOD)
    run = start_run(agency=cast.agency, track="REWARD", week=MONDAY, by=None, at=at)
    run = work_run(job_id=run.job_id, at=at)
    cast.run = publish_run(run_id=run.pk, by=cast.hadi_user, at=at, version=run.version)
    cast.digest = queries.digest_of(cast.run)
    return cast


def changed(agency):
    AgencyInputs.objects.filter(agency=agency).changed()


def rescinded(cast, at):
    Appraisal.objects.filter(pk=cast.score.pk).update(state=Appraisal.State.RESCINDED, superseded_at=at)
    changed(cast.agency)


def proposal(cast, at):
    rescinded(cast, at)
    propose_due(at=at + LATER)
    return Correction.objects.get(employee=cast.sari)


def refusal(call, **kwargs):
    with pytest.raises(Refused) as refused:
        call(**kwargs)
    return refused.value.code


def decide(call, one, by, at, **other):
    given = {"correction_id": one.pk, "by": by, "at": at, "reason": "SK dibatalkan", "version": one.version} | other
    return call(**given)


def test_nothing_changed_nothing_is_proposed(published, at):
    assert propose_due(at=at) == 0
    changed(published.agency)
    assert propose_due(at=at) == 0
    assert not Correction.objects.exists()


def test_a_rescinded_appraisal_becomes_a_proposal_with_before_after_and_what_changed(published, at):
    one = proposal(published, at)
    assert (one.state, one.cause) == ("PROPOSED", "INPUTS")
    assert (one.before_eligible, one.before_reasons, one.after_eligible) == (True, [], False)
    assert one.after_reasons
    assert one.changed_facts["appraisal_id"] == [published.score.pk, None]
    assert Event.objects.get(verb="corrections.propose").after == {"needless": 0, "changed": 0, "new": 1}
    assert propose_due(at=at + LATER) == 0  # looked at already
    assert queries.decision_at(published.run, published.sari.pk).eligible  # until a person says so


def test_a_late_appraisal_is_a_gain_and_a_vanished_difference_is_no_longer_needed(published, at):
    late = factories.appraisal(published.eko, at=at + dt.timedelta(hours=1))
    changed(published.agency)
    assert propose_due(at=at + LATER) == 1
    one = Correction.objects.get()
    assert (one.employee, one.before_eligible, one.after_eligible) == (published.eko, False, True)
    Appraisal.objects.filter(pk=late.pk).update(state=Appraisal.State.RESCINDED)
    changed(published.agency)
    propose_due(at=at + 2 * LATER)
    one.refresh_from_db()
    assert one.state == "OBSOLETE" or one.after_eligible is False


def test_a_proposal_follows_the_newest_difference(published, at):
    one = proposal(published, at)
    factories.appraisal(published.sari, rating=Rating.GOOD, number=2, at=at + LATER)
    changed(published.agency)
    propose_due(at=at + 2 * LATER)
    again = Correction.objects.get()
    assert (again.pk, again.version) == (one.pk, 2)
    assert again.after_reasons != one.after_reasons
    assert refusal(lambda **_k: decide(apply_correction, one, published.hadi_user, at)) == "STALE"


def test_applied_it_counts_from_then_on_and_the_published_rows_stay(published, at):
    rows = list(Decision.objects.order_by("pk").values())
    one = decide(apply_correction, proposal(published, at), published.hadi_user, at + LATER)
    assert (one.state, one.reason, one.decided_by) == ("APPLIED", "SK dibatalkan", published.hadi_user)
    now = queries.decision_at(published.run, published.sari.pk)
    assert (now.eligible, now.reasons) == (False, one.after_reasons)
    assert queries.eligible_at(published.run, [published.sari.pk, published.budi.pk]) == set()
    assert list(Decision.objects.order_by("pk").values()) == rows
    assert queries.digest_of(published.run) == published.digest
    event = Event.objects.get(verb="correction.apply")
    assert (event.reason, event.before["eligible"], event.after["eligible"]) == ("SK dibatalkan", True, False)
    changed(published.agency)
    assert propose_due(at=at + 2 * LATER) == 0  # the overlay is what is compared
    assert refusal(lambda **_k: decide(dismiss_correction, one, published.hadi_user, at)) == "DECIDED"


def test_dismissed_nothing_changes_and_it_is_not_proposed_again(published, at):
    decide(dismiss_correction, proposal(published, at), published.hadi_user, at + LATER)
    assert queries.decision_at(published.run, published.sari.pk).eligible
    changed(published.agency)
    assert propose_due(at=at + 2 * LATER) == 0
    assert Correction.objects.count() == 1


def test_a_reason_is_asked_for(published, at):
    one = proposal(published, at)
    for call in (apply_correction, dismiss_correction):
        assert refusal(lambda **_k: decide(call, one, published.hadi_user, at, reason="  ")) == "REASON_MISSING"  # noqa: B023


@pytest.mark.parametrize("who", ["sari", "budi", "dewi", "eko", "ratna"])
def test_only_the_hr_head_of_the_agency_decides(published, at, who):
    one = proposal(published, at)
    for call in (apply_correction, dismiss_correction):
        with pytest.raises(permissions.Denied):
            decide(call, one, getattr(published, f"{who}_user"), at)
    one.refresh_from_db()
    assert one.state == "PROPOSED"


@pytest.mark.parametrize("who", ["sari", "budi", "eko", "ratna"])
def test_only_hr_of_the_agency_has_the_machine_look(published, at, who):
    rescinded(published, at)
    with translation.override("en"), pytest.raises(permissions.Denied, match="Proposing corrections is the task"):
        propose(run_id=published.run.pk, by=getattr(published, f"{who}_user"), at=at + LATER)
    assert not Correction.objects.exists()
    assert propose(run_id=published.run.pk, by=published.dewi_user, at=at + LATER) == 1


def by_hand(cast, at, by, employee=None, **other):
    given = {"run_id": cast.run.pk, "employee_id": (employee or cast.budi).pk, "eligible": True, "reasons": []}
    return propose_by_hand(**given | {"by": by, "at": at, "reason": "Putusan keberatan"} | other)


def test_the_officer_proposes_by_hand_and_the_head_decides(published, at):
    one = by_hand(published, at, published.dewi_user)
    assert (one.cause, one.before_eligible, one.after_eligible) == ("BY_HAND", False, True)
    decide(apply_correction, one, published.hadi_user, at)
    assert queries.decision_at(published.run, published.budi.pk).eligible
    changed(published.agency)
    assert propose_due(at=at) == 0  # what a person decided is not undone by the machine


def test_what_cannot_be_proposed(published, at):
    dewi = published.dewi_user
    assert refusal(by_hand, cast=published, at=at, by=dewi, reason=" ") == "REASON_MISSING"
    assert refusal(by_hand, cast=published, at=at, by=dewi, employee=published.sari) == "NO_DIFFERENCE"
    assert refusal(by_hand, cast=published, at=at, by=dewi, reasons=["R-X"]) == "NO_REASONS"
    assert refusal(by_hand, cast=published, at=at, by=dewi, eligible=False) == "NO_REASONS"
    assert refusal(by_hand, cast=published, at=at, by=dewi, eligible=False, reasons=["R-X"]) == "UNKNOWN_CODE"
    assert refusal(by_hand, cast=published, at=at, by=dewi, employee=published.stranger) == "NOT_HERE"
    for who, whom in (("ratna", "sari"), ("eko", "sari"), ("sari", "sari"), ("dewi", "dewi"), ("hadi", "hadi")):
        with pytest.raises(permissions.Denied):
            by_hand(published, at, getattr(published, f"{who}_user"), employee=getattr(published, whom))
    one = by_hand(published, at, dewi, employee=published.hadi)
    with pytest.raises(permissions.Denied):
        decide(apply_correction, one, published.hadi_user, at)  # never their own case


def statements(cast, at):
    with CaptureQueriesContext(connection) as seen:
        propose_due(at=at)
    return len(seen)


def test_as_many_statements_for_twenty_of_a_thousand_as_for_one(published, at):
    """2 % of the people changed."""
    people = [factories.employee(published.general, f"Pegawai {n}") for n in range(100)]
    changed(published.agency)
    propose_due(at=at)
    factories.appraisal(people[0], at=at + LATER / 2)
    changed(published.agency)
    one = statements(published, at + LATER)
    for person in people[1:21]:
        factories.appraisal(person, at=at + LATER / 2)
    changed(published.agency)
    many = statements(published, at + 2 * LATER)
    assert Correction.objects.filter(after_eligible=True).count() == 21
    assert many == one
