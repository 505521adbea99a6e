"""Policies under four eyes: who drafts, who approves, what is refused, and where they apply."""

import dataclasses
import datetime as dt

import pytest
from django.db import Error, connection, transaction
from django.utils import translation

from eligibility import queries, rules
from eligibility.actions import (
    Refused,
    approve_policy,
    change_draft,
    draft_policy,
    drop_policy,
    load_policy,
    put_in_force,
    return_policy,
    submit_policy,
)
from eligibility.models import Policy, PolicyInForce
from eligibility.permissions import Denied
from eligibility.rules import WeekRule
from employees.models import Role
from ledger.models import Event
from tests import factories
from tests.employees.roles import somebody

pytestmark = pytest.mark.usefixtures("english")

MONDAY = dt.date(2026, 11, 23)
NEXT = MONDAY + dt.timedelta(days=7)
RULES = [{"rule": "IdentityNumber"}, {"rule": "MinimumRating", "minimum": 4}, {"rule": "WeeklyMaximum", "days": 1}]


def content(**other):
    return {"name_id": "Coba", "name_en": "Trial", "track": "REWARD", "rules": RULES} | other


def drafted(cast, at, code="COBA-2026", by=None, before=None, **other):
    by = by or cast.dewi_user
    return draft_policy(agency=cast.agency, code=code, content=content(**other), by=by, at=at, before=before)


def approved(cast, at, **other):
    policy = drafted(cast, at, **other)
    policy = submit_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=policy.edition)
    return approve_policy(policy_id=policy.pk, by=cast.hadi_user, at=at, edition=policy.edition)


def in_force(cast, at, policy, since=NEXT, by=None):
    return put_in_force(agency=cast.agency, policy=policy, since=since, by=by or cast.hadi_user, at=at)


def events(policy):
    return [(one.verb, one.actor_id) for one in queries.events_of(policy)]


# --- four eyes ---


def test_one_person_drafts_and_another_approves(cast, at):
    policy = approved(cast, at)
    assert (policy.state, policy.drafted_by, policy.approved_by) == ("APPROVED", cast.dewi_user, cast.hadi_user)
    assert policy.approved_at == at
    dewi, hadi = cast.dewi_user.pk, cast.hadi_user.pk
    assert events(policy) == [("policy.draft", dewi), ("policy.submit", dewi), ("policy.approve", hadi)]
    last = queries.events_of(policy).last()
    assert (last.before, last.after["state"], last.agency_id) == ({"state": "SUBMITTED"}, "APPROVED", cast.agency.pk)


WHO = ["dewi", "hadi", "ratna", "hr_of_general", "auditor", "agency_admin", "platform", "sari", "budi", "eko"]


@pytest.mark.parametrize("who", WHO)
def test_who_drafts_and_changes(cast, at, who):
    user, may = somebody(cast, who), who in ("dewi", "hadi")
    policy = drafted(cast, at)
    tries = (
        lambda: drafted(cast, at, code="LAIN-1", by=user),
        lambda: change_draft(policy_id=policy.pk, content=content(), by=user, at=at, edition=1),
        lambda: submit_policy(policy_id=policy.pk, by=user, at=at, edition=2),
        lambda: drop_policy(policy_id=policy.pk, by=user, at=at, edition=3),
    )
    for attempt in tries:
        if may:
            attempt()
        else:
            with pytest.raises(Denied):
                attempt()
    policy.refresh_from_db()
    assert policy.state == ("DROPPED" if may else "DRAFT")


@pytest.mark.parametrize("who", WHO)
def test_who_approves_returns_and_puts_in_force(cast, at, who):
    user, may = somebody(cast, who), who == "hadi"
    waiting, other, ready = drafted(cast, at), drafted(cast, at, code="DUA"), approved(cast, at, code="TIGA")
    for one in (waiting, other):
        submit_policy(policy_id=one.pk, by=cast.dewi_user, at=at, edition=1)
    tries = (
        lambda: approve_policy(policy_id=waiting.pk, by=user, at=at, edition=2),
        lambda: return_policy(policy_id=other.pk, by=user, at=at, edition=2, reason="No"),
        lambda: in_force(cast, at, ready, by=user),
    )
    for attempt in tries:
        if may:
            attempt()
        else:
            with pytest.raises(Denied):
                attempt()
    assert PolicyInForce.objects.exists() == may
    assert Event.objects.filter(verb="policy.return", reason="No").exists() == may


def test_nobody_approves_what_they_wrote(cast, at):
    """One person with both roles drafts; and an HR head who only changed a number is a writer too."""
    factories.grant(cast.dewi_user, Role.HR_HEAD, cast.agency)
    own = drafted(cast, at)
    submit_policy(policy_id=own.pk, by=cast.dewi_user, at=at, edition=1)
    with pytest.raises(Denied, match="You have written in this draft yourself"):
        approve_policy(policy_id=own.pk, by=cast.dewi_user, at=at, edition=2)
    other = drafted(cast, at, code="DUA")
    change_draft(policy_id=other.pk, content=content(brake_percent=9), by=cast.hadi_user, at=at, edition=1)
    change_draft(policy_id=other.pk, content=content(brake_percent=8), by=cast.dewi_user, at=at, edition=2)
    submit_policy(policy_id=other.pk, by=cast.hadi_user, at=at, edition=3)
    with pytest.raises(Denied, match="another HR head approves it"):
        approve_policy(policy_id=other.pk, by=cast.hadi_user, at=at, edition=4)


def test_the_database_holds_the_four_eyes_too(cast, at):
    policy = drafted(cast, at)
    with pytest.raises(Error, match="policy_four_eyes"), transaction.atomic():
        Policy.objects.filter(pk=policy.pk).update(state="APPROVED", approved_by=cast.dewi_user)
    with pytest.raises(Error, match="policy_approved_by_somebody"), transaction.atomic():
        Policy.objects.filter(pk=policy.pk).update(state="APPROVED")


def test_an_approved_policy_never_changes_not_even_by_sql(cast, at):
    policy = approved(cast, at)
    steps = {
        "change": lambda: change_draft(policy_id=policy.pk, content=content(), by=cast.dewi_user, at=at, edition=3),
        "submit": lambda: submit_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=3),
        "drop": lambda: drop_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=3),
        "return": lambda: return_policy(policy_id=policy.pk, by=cast.hadi_user, at=at, edition=3, reason="x"),
        "approve": lambda: approve_policy(policy_id=policy.pk, by=cast.hadi_user, at=at, edition=3),
    }
    for step in steps.values():
        with pytest.raises(Refused, match="Already approved by|Sudah") as refused:
            step()
        assert refused.value.code == "ALREADY_DECIDED"
    for sql in (
        "UPDATE eligibility_policy SET brake_percent = 99 WHERE id = %s",
        "DELETE FROM eligibility_policy WHERE id = %s",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [policy.pk])
    policy.refresh_from_db()
    assert policy.brake_percent == 20


def test_a_returned_draft_says_why_and_may_be_handed_in_again(cast, at):
    policy = drafted(cast, at)
    submit_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=1)
    with pytest.raises(Refused, match="Say what to change"):
        return_policy(policy_id=policy.pk, by=cast.hadi_user, at=at, edition=2, reason=" ")
    with pytest.raises(Denied, match="Approving policies is the HR head's task"):
        return_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=2, reason="x")
    returned = return_policy(policy_id=policy.pk, by=cast.hadi_user, at=at, edition=2, reason="Two days, please")
    assert returned.state == "DRAFT"
    assert queries.history(policy)[-1]["event"].reason == "Two days, please"
    assert submit_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=3).state == "SUBMITTED"


def test_a_stale_edition_changes_and_decides_nothing(cast, at):
    policy = drafted(cast, at)
    change_draft(policy_id=policy.pk, content=content(name_en="First"), by=cast.hadi_user, at=at, edition=1)
    with pytest.raises(Refused) as stale:
        change_draft(policy_id=policy.pk, content=content(name_en="Second"), by=cast.dewi_user, at=at, edition=1)
    assert stale.value.code == "STALE"
    with pytest.raises(Refused) as stale:
        submit_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=1)
    assert stale.value.code == "STALE"
    policy.refresh_from_db()
    assert (policy.name_en, policy.state, policy.edition) == ("First", "DRAFT", 2)
    changed = queries.events_of(policy).last()
    assert (changed.verb, changed.before["edition"], changed.after["edition"]) == ("policy.change", 1, 2)


# --- versions ---


def test_a_next_version_counts_on_from_everybodys_and_stays_on_its_track(cast, at):
    shared = load_policy(data={"code": "BERSAMA", "version": 3} | content(), by=None, at=at)
    policy = drafted(cast, at, before=shared, track="OTHER")
    assert (policy.code, policy.version, policy.track, policy.agency) == ("BERSAMA", 4, "REWARD", cast.agency)
    changed = change_draft(
        policy_id=policy.pk, content=content(track="OTHER"), by=cast.dewi_user, at=at, edition=1
    )  # fmt: skip
    assert changed.track == "REWARD"
    assert queries.version_before(policy) == shared
    with pytest.raises(Refused, match="is still a draft or waits for approval"):
        drafted(cast, at, before=shared)
    drop_policy(policy_id=policy.pk, by=cast.dewi_user, at=at, edition=2)
    assert drafted(cast, at, before=shared).version == 5  # a number once given is not given again


def test_a_code_that_is_there_is_taken(cast, at):
    shared = load_policy(data={"code": "BERSAMA", "version": 1} | content(), by=None, at=at)
    with pytest.raises(Refused, match="The code BERSAMA is taken."):
        drafted(cast, at, code="BERSAMA")
    draft = drafted(cast, at)
    with pytest.raises(Refused, match="begins from an approved one"):
        drafted(cast, at, before=draft)
    other = drafted(cast, at, code="DUA", before=None)
    assert other.version == 1
    theirs = draft_policy(agency=cast.other, code="COBA-2026", content=content(), by=cast.ratna_user, at=at)
    assert theirs.version == 1  # a code of one agency is nobody else's matter
    with pytest.raises(Refused, match="begins from an approved one"):
        drafted(cast, at, before=theirs)
    assert shared.version == 1


FACT = {"rule": "FactPresent", "key": "poin"}
LEAST = {"rule": "FactAtLeast", "key": "poin", "minimum": "5"}
MOST = {"rule": "FactAtMost", "key": "poin", "maximum": "3"}
BACKWARDS = {"rule": "DateWindow", "since": "2026-05-01", "until": "2026-04-01"}
EARLIER = {"rule": "DateWindow", "until": "2026-04-01"}


@pytest.mark.parametrize(
    ("other", "code", "said"),
    [
        ({"rules": []}, "NO_RULES", "without any, everybody would be eligible"),
        ({"rules": "all"}, "NO_RULES", "needs at least one rule"),
        ({"rules": ["MinimumRating"]}, "UNKNOWN_RULE", "There is no rule “MinimumRating”"),
        ({"rules": [{"rule": "Magic"}]}, "UNKNOWN_RULE", "There is no rule “Magic”. Choose one of: IdentityNumber"),
        ({"rules": [{}]}, "UNKNOWN_RULE", "There is no rule “None”"),
        ({"rules": [{"rule": "MinimumRating", "least": 4}]}, "UNKNOWN_NUMBER", "no number “least”; it knows: minimum"),
        ({"rules": [{"rule": "IdentityNumber", "least": 4}]}, "UNKNOWN_NUMBER", "it knows: –"),
        ({"rules": [{"rule": "MinimumRating", "minimum": 6}]}, "BAD_POLICY", "a whole number from 1 to 5"),
        ({"rules": [{"rule": "MinimumRating", "minimum": "x"}]}, "BAD_POLICY", "MinimumRating"),
        ({"rules": [{"rule": "MinimumRating", "minimum": "4.7"}]}, "BAD_POLICY", "a whole number from 1 to 5"),
        ({"rules": [{"rule": "MinimumRating", "minimum": True}]}, "BAD_POLICY", "a whole number from 1 to 5"),
        ({"rules": [{"rule": "MinimumRating", "previous_year_counts_until": "02-31"}]}, "BAD_POLICY", "must be MM-DD"),
        ({"rules": [{"rule": "Weekday", "movable": "no"}]}, "BAD_POLICY", "Weekday.movable must be true or false"),
        ({"rules": [{"rule": "AllOf", "of": [FACT | {"present": "no"}]}]}, "BAD_POLICY", "must be true or false"),
        ({"rules": [LEAST, MOST]}, "BAD_POLICY", "“poin”: the minimum, 5, is above the maximum, 3"),
        ({"rules": [{"rule": "AllOf", "of": [LEAST]}, MOST]}, "BAD_POLICY", "the minimum, 5, is above the maximum, 3"),
        ({"rules": [{"rule": "FactEquals", "key": "poin"}]}, "BAD_POLICY", "FactEquals.value must be the text"),
        ({"rules": [{"rule": "DateWindow"}]}, "BAD_POLICY", "DateWindow needs a first or a last day"),
        ({"rules": [{"rule": "DateWindow", "since": "20260401"}]}, "BAD_POLICY", "must be YYYY-MM-DD"),
        ({"rules": [BACKWARDS]}, "BAD_POLICY", "until (2026-04-01) lies before DateWindow.since (2026-05-01)"),
        ({"rules": [EARLIER], "since": MONDAY}, "VALIDITY", "all lie outside the policy's validity"),
        ({"rules": [{"rule": "WeeklyMaximum", "days": 1, "earned": {"5": 2}}]}, "BAD_POLICY", "from 0 to 1"),
        ({"rules": [{"rule": "WeeklyMaximum", "earned": "x"}]}, "BAD_POLICY", "WeeklyMaximum"),
        ({"rules": [{"rule": "WorkingDay"}, {"rule": "WorkingDay"}]}, "BAD_POLICY", "listed twice: WorkingDay"),
        ({"rules": [{"rule": "WorkingDay", "except": ["X"]}]}, "BAD_POLICY", "unknown ground"),
        ({"rules": [{"rule": "AnyOf", "of": [{"rule": "Weekday"}]}]}, "BAD_POLICY", "asks about a day"),
        ({"since": NEXT, "until": MONDAY}, "VALIDITY", "The last day (2026-11-23) lies before the first (2026-11-30)."),
        ({"brake_percent": 101}, "BAD_FIELD", "from 0 to 100"),
        ({"brake_percent": -1}, "BAD_FIELD", "brake"),
        ({"brake_percent": "many"}, "BAD_FIELD", "brake"),
        ({"feed_days": -1}, "BAD_FIELD", "records at most so many days old"),
        ({"name_id": ""}, "BAD_FIELD", "name (Indonesian)"),
        ({"name_en": "x" * 201}, "BAD_FIELD", "name (English)"),
        ({"track": "a track"}, "BAD_CODE", "A track is written in capital letters"),
        ({"colour": "red"}, "BAD_FIELD", "A policy has no field colour."),
    ],
)  # fmt: skip
def test_what_a_policy_cannot_say_is_refused_with_its_own_sentence(cast, at, other, code, said):
    with translation.override("en"), pytest.raises(Refused) as refused:
        drafted(cast, at, **other)
    assert refused.value.code == code
    assert said in str(refused.value)
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    "rules",
    [
        [LEAST, MOST | {"key": "lain"}],
        [LEAST, MOST | {"maximum": "5.0"}],
        [{"rule": "AnyOf", "of": [LEAST, MOST]}],
        [{"rule": "DateWindow", "since": "2026-04-01", "until": "2026-04-01"}],
        [{"rule": "MinimumRating", "previous_year_counts_until": "02-29"}],
    ],
)
def test_what_only_looks_like_a_contradiction_is_taken(cast, at, rules):
    assert drafted(cast, at, rules=rules).rules == rules


def test_a_number_without_a_default_is_missing(cast, at, monkeypatch):
    @dataclasses.dataclass(frozen=True)
    class Needy(WeekRule):
        needed: int

    monkeypatch.setitem(rules.RULES, "Needy", Needy)
    with pytest.raises(Refused) as refused:
        drafted(cast, at, rules=[{"rule": "Needy"}])
    assert refused.value.code == "MISSING_NUMBER"
    assert "needed" in str(refused.value)
