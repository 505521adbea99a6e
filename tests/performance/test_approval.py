"""Approving, returning, correcting: who may, what counts afterwards, what is recorded, and the race for one score."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import translation

from employees.models import AgencyInputs
from ledger.models import Event
from performance import actions, queries
from performance.models import Appraisal
from performance.rating import Level, Rating, Regime
from tests import factories

SUBMITTED, APPROVED, RETURNED = "SUBMITTED", "APPROVED", "RETURNED"


def waiting(person, **fields):
    return factories.appraisal(person, state=SUBMITTED, **fields)


def state(score):
    return Appraisal.objects.values_list("state", flat=True).get(pk=score.pk)


def changes(agency):
    return AgencyInputs.objects.get(agency=agency).changes


# --- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "done", "code"),
    [
        ("dewi", 1, None),
        ("hadi", 1, None),
        ("sari", 0, "NOT_YOURS"),
        ("budi", 0, "NOT_YOURS"),
        ("eko", 0, "NOT_YOURS"),
        ("ratna", 0, "NOT_YOURS"),
    ],
)
def test_who_may_approve(cast, at, who, done, code):
    score = waiting(cast.sari)
    outcome = actions.approve(appraisal_ids=[score.pk], by=getattr(cast, f"{who}_user"), at=at)
    assert (outcome.done, outcome.skipped) == (done, {code: 1} if code else {})
    assert state(score) == (APPROVED if done else SUBMITTED)


@pytest.mark.parametrize("role", ["AUDITOR", "AGENCY_ADMIN", "PLATFORM_ADMIN"])
def test_other_roles_decide_on_no_score(cast, at, role):
    user = factories.account()
    factories.grant(user, role, None if role == "PLATFORM_ADMIN" else cast.agency)
    score = waiting(cast.sari)
    assert actions.approve(appraisal_ids=[score.pk], by=user, at=at).skipped == {"NOT_YOURS": 1}
    assert actions.return_(appraisal_ids=[score.pk], by=user, at=at, reason="x").skipped == {"NOT_YOURS": 1}
    with pytest.raises(actions.Refused) as refused:
        actions.correct(appraisal_id=score.pk, by=user, at=at, reason="x", result=Level.AS)
    assert refused.value.code == "NOT_YOURS"
    assert state(score) == SUBMITTED


def test_an_officer_of_a_subtree_decides_inside_it_only(cast, at):
    officer = factories.account()
    factories.grant(officer, "HR_OFFICER", cast.agency, cast.planning)
    inside, outside = waiting(cast.team[0]), waiting(cast.sari)
    outcome = actions.approve(appraisal_ids=[inside.pk, outside.pk], by=officer, at=at)
    assert (outcome.done, outcome.skipped) == (1, {"NOT_YOURS": 1})
    assert (state(inside), state(outside)) == (APPROVED, SUBMITTED)


def test_another_agencys_score_and_one_that_never_was_get_the_same_answer(cast, at):
    theirs = waiting(cast.stranger)
    answers = []
    for pk in (theirs.pk, 999_999_999):
        with pytest.raises(actions.Refused) as refused:
            actions.approve_one(appraisal_id=pk, by=cast.dewi_user, at=at)
        answers.append((refused.value.code, str(refused.value)))
    assert answers[0] == answers[1]
    assert state(theirs) == SUBMITTED


def test_never_ones_own_nor_ones_own_import(cast, at):
    own = waiting(cast.dewi)
    imported = waiting(cast.sari, imported_by=cast.dewi_user)
    outcome = actions.approve(appraisal_ids=[own.pk, imported.pk], by=cast.dewi_user, at=at)
    assert (outcome.done, outcome.skipped) == (0, {"OWN_SCORE": 1, "OWN_IMPORT": 1})
    assert actions.approve(appraisal_ids=[own.pk, imported.pk], by=cast.hadi_user, at=at).done == 2


def test_the_second_pair_of_eyes_is_a_switch_but_ones_own_score_is_not(cast, at):
    cast.agency.four_eyes_import = False
    cast.agency.save()
    own = waiting(cast.dewi, imported_by=cast.dewi_user)
    imported = waiting(cast.sari, imported_by=cast.dewi_user)
    outcome = actions.approve(appraisal_ids=[own.pk, imported.pk], by=cast.dewi_user, at=at)
    assert (outcome.done, outcome.skipped) == (1, {"OWN_SCORE": 1})


def test_what_waits_for_whom(cast):
    own, imported, other = waiting(cast.dewi), waiting(cast.sari, imported_by=cast.dewi_user), waiting(cast.eko)
    waiting(cast.stranger)
    factories.appraisal(cast.budi)
    assert set(queries.to_decide(cast.dewi_user)) == {other}
    assert set(queries.to_decide(cast.hadi_user)) == {own, imported, other}
    assert not queries.to_decide(cast.eko_user).exists()


# --- what is left alone -----------------------------------------------------------------------------


def test_a_second_approval_names_who_decided_and_when(cast, at):
    score = waiting(cast.sari)
    actions.approve_one(appraisal_id=score.pk, by=cast.dewi_user, at=at)
    with translation.override("en"), pytest.raises(actions.Refused) as refused:
        actions.approve_one(appraisal_id=score.pk, by=cast.hadi_user, at=at + dt.timedelta(minutes=5))
    assert refused.value.code == "NOT_WAITING"
    assert "Dewi Lestari already approved this score" in str(refused.value)
    assert "23" in str(refused.value)
    assert Appraisal.objects.get(pk=score.pk).decided_by == cast.dewi_user


def test_what_arrived_after_the_list_was_shown_is_left_alone(cast, at):
    seen, later = waiting(cast.sari), waiting(cast.budi)
    outcome = actions.approve(appraisal_ids=Appraisal.objects.all(), by=cast.dewi_user, at=at, shown_up_to=seen.pk)
    assert (outcome.done, outcome.skipped) == (1, {"ARRIVED_LATER": 1})
    assert state(later) == SUBMITTED


def test_unrated_scores_are_left_alone_but_can_be_returned(cast, at):
    score = waiting(cast.sari, rating=None)
    assert actions.approve(appraisal_ids=[score.pk], by=cast.dewi_user, at=at).skipped == {"UNRATED": 1}
    assert actions.return_(appraisal_ids=[score.pk], by=cast.dewi_user, at=at, reason="Nilai kosong").done == 1


def test_returning_needs_a_reason(cast, at):
    score = waiting(cast.sari)
    with pytest.raises(actions.Refused) as refused:
        actions.return_(appraisal_ids=[score.pk], by=cast.dewi_user, at=at, reason="  ")
    assert refused.value.code == "REASON_NEEDED"
    actions.return_one(appraisal_id=score.pk, by=cast.dewi_user, at=at, reason="Salah tahun")
    with pytest.raises(actions.Refused) as refused:
        actions.approve_one(appraisal_id=score.pk, by=cast.hadi_user, at=at)
    assert refused.value.code == "NOT_WAITING"
    assert state(score) == RETURNED


# --- what is recorded -------------------------------------------------------------------------------


def test_one_event_for_each_score_and_one_step_of_the_counter_for_each_agency(cast, at):
    scores = [waiting(person) for person in (cast.sari, cast.budi, cast.eko)]
    before = changes(cast.agency), changes(cast.other)
    actions.approve(appraisal_ids=[s.pk for s in scores], by=cast.dewi_user, at=at)
    events = Event.objects.filter(verb="appraisal.approve").order_by("subject_id")
    assert [e.subject_id for e in events] == [s.pk for s in scores]
    for event in events:
        assert (event.actor_id, event.at, event.agency_id) == (cast.dewi_user.pk, at, cast.agency.pk)
        assert event.subject_type == "performance.appraisal"
        assert (event.before, event.after) == ({"state": SUBMITTED}, {"state": APPROVED})
    assert (changes(cast.agency), changes(cast.other)) == (before[0] + 1, before[1])


def test_nothing_taken_changes_nothing(cast, at):
    before = changes(cast.agency)
    actions.approve(appraisal_ids=[waiting(cast.stranger).pk], by=cast.dewi_user, at=at)
    assert changes(cast.agency) == before
    assert not Event.objects.exists()


@pytest.mark.parametrize("people", [3, 40])
def test_the_number_of_statements_does_not_grow(cast, at, django_assert_num_queries, people):
    for n in range(people):
        person = factories.employee(cast.general, f"Pegawai {n}")
        factories.appraisal(person)
        waiting(person, number=2)
    user = cast.dewi_user
    assert user.reach.grants
    everything = Appraisal.objects.visible_to(user).filter(state=SUBMITTED)
    # savepoint, ids, lock, supersede, approve, events, counter, release
    with django_assert_num_queries(8):
        assert actions.approve(appraisal_ids=everything, by=user, at=at).done == people


# --- corrections ------------------------------------------------------------------------------------


def test_a_correction_waits_and_the_approved_version_counts_until_it_is_approved(cast, at):
    old = factories.appraisal(cast.sari)
    new = actions.correct(appraisal_id=old.pk, by=cast.dewi_user, at=at, reason="Salah kutip", result=Level.BELOW)
    assert (new.number, new.state, new.rating, new.imported_by) == (2, SUBMITTED, Rating.FAIR, cast.dewi_user)
    assert list(Appraisal.objects.in_force()) == [old]

    assert actions.approve(appraisal_ids=[new.pk], by=cast.dewi_user, at=at).skipped == {"OWN_IMPORT": 1}
    later = at + dt.timedelta(hours=1)
    actions.approve_one(appraisal_id=new.pk, by=cast.hadi_user, at=later)
    assert list(Appraisal.objects.in_force()) == [new]
    old.refresh_from_db()
    assert (old.state, old.superseded_at) == (APPROVED, later)


def test_a_replaced_version_stays_replaced_since_its_day(cast, at):
    old = factories.appraisal(cast.sari)
    new = actions.correct(appraisal_id=old.pk, by=cast.dewi_user, at=at, reason="x", result=Level.AS)
    actions.approve_one(appraisal_id=new.pk, by=cast.hadi_user, at=at)
    third = actions.correct(appraisal_id=new.pk, by=cast.dewi_user, at=at, reason="y", result=Level.BELOW)
    outcome = actions.approve(appraisal_ids=[old.pk, third.pk], by=cast.hadi_user, at=at + dt.timedelta(days=1))
    assert (outcome.done, outcome.skipped) == (1, {"NOT_WAITING": 1})
    old.refresh_from_db()
    assert old.superseded_at == at


def test_a_correction_replaces_the_one_that_waits(cast, at):
    first = waiting(cast.sari)
    second = actions.correct(appraisal_id=first.pk, by=cast.dewi_user, at=at, reason="Salah", result=Level.AS)
    first.refresh_from_db()
    assert (first.superseded_at, first.state, second.number) == (at, SUBMITTED, 2)
    with pytest.raises(actions.Refused) as refused:
        actions.approve_one(appraisal_id=first.pk, by=cast.hadi_user, at=at)
    assert refused.value.code == "NOT_WAITING"
    with pytest.raises(actions.Refused) as refused:
        actions.correct(appraisal_id=first.pk, by=cast.dewi_user, at=at, reason="lagi", result=Level.BELOW)
    assert refused.value.code == "REPLACED"


def test_sending_the_same_correction_twice_makes_one_version(cast, at):
    old = factories.appraisal(cast.sari)
    actions.correct(appraisal_id=old.pk, by=cast.dewi_user, at=at, reason="x", result=Level.AS)
    with pytest.raises(actions.Refused) as refused:
        actions.correct(appraisal_id=old.pk, by=cast.dewi_user, at=at, reason="x", result=Level.AS)
    assert refused.value.code == "UNCHANGED"
    assert Appraisal.objects.count() == 2


@pytest.mark.parametrize(
    ("inputs", "code", "field"),
    [
        ({"goals": Decimal(125)}, "UNRATABLE", "goals"),
        ({"goals": Decimal("NaN")}, "UNRATABLE", "goals"),
        ({"goals": None}, "UNRATABLE", "goals"),
        ({"behaviour_score": Decimal(-1)}, "UNRATABLE", "behaviour_score"),
        ({"weight_goals": 50}, "UNRATABLE", "weight_goals"),
        ({"goals": Decimal("90.123")}, "BAD_INPUT", "goals"),
        ({"regime": "P7"}, "UNRATABLE", "regime"),
        ({"appraiser": "9" * 31}, "BAD_INPUT", "appraiser"),
    ],
)
def test_bad_inputs_are_refused_by_name(cast, at, inputs, code, field):
    old = factories.numeric(cast.sari, "95.00")
    with pytest.raises(actions.Refused) as refused:
        actions.correct(appraisal_id=old.pk, by=cast.dewi_user, at=at, reason="x", **inputs)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert Appraisal.objects.count() == 1


def test_another_regime_empties_what_it_does_not_know(cast, at):
    old = factories.numeric(cast.sari, "95.00")
    new = actions.correct(
        appraisal_id=old.pk,
        by=cast.dewi_user,
        at=at,
        reason="Rezim keliru",
        regime=Regime.P6,
        result=Level.ABOVE,
        behaviour=Level.ABOVE,
    )
    assert (new.goals, new.behaviour_score, new.weight_goals, new.score) == (None, None, None, None)
    assert new.rating == Rating.VERY_GOOD


@pytest.mark.parametrize(("who", "code"), [("dewi", "OWN_SCORE"), ("eko", "NOT_YOURS"), ("ratna", "NOT_YOURS")])
def test_who_may_not_correct(cast, at, who, code):
    old = factories.appraisal(cast.dewi)
    with pytest.raises(actions.Refused) as refused:
        actions.correct(appraisal_id=old.pk, by=getattr(cast, f"{who}_user"), at=at, reason="x", result=Level.BELOW)
    assert refused.value.code == code


# --- by hand ----------------------------------------------------------------------------------------

P6 = {"kind": "TAHUNAN", "year": 2025, "regime": "P6", "result": "ATAS", "behaviour": "SESUAI"}


def test_a_score_entered_by_hand_waits_for_a_colleague(cast, at):
    score = actions.submit(by=cast.dewi_user, at=at, employee=cast.sari, **P6)
    assert (score.state, score.rating, score.source, score.number) == (SUBMITTED, Rating.GOOD, "ENTERED", 1)
    with pytest.raises(actions.Refused) as refused:
        actions.submit(by=cast.hadi_user, at=at, employee=cast.sari, **P6)
    assert refused.value.code == "EXISTS"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"year": 2027}, "BAD_YEAR"),
        ({"year": 1999}, "BAD_YEAR"),
        ({"period": 1}, "BAD_PERIOD"),
        ({"kind": "TRIWULAN"}, "BAD_PERIOD"),
        ({"kind": "TRIWULAN", "period": 5}, "BAD_PERIOD"),
        ({"kind": "MINGGUAN"}, "BAD_KIND"),
        ({"result": ""}, "UNRATABLE"),
    ],
)
def test_impossible_scores_by_hand(cast, at, change, code):
    with pytest.raises(actions.Refused) as refused:
        actions.submit(by=cast.dewi_user, at=at, employee=cast.sari, **P6 | change)
    assert refused.value.code == code
    assert not Appraisal.objects.exists()


@pytest.mark.parametrize(("whose", "code"), [("dewi", "OWN_SCORE"), ("ratna", "NOT_YOURS")])
def test_by_hand_never_for_oneself_nor_for_a_stranger(cast, at, whose, code):
    with pytest.raises(actions.Refused) as refused:
        actions.submit(by=cast.dewi_user, at=at, employee=getattr(cast, whose), **P6)
    assert refused.value.code == code


# --- the race ---------------------------------------------------------------------------------------


def together(count, job):
    """Run `job(index)` in `count` threads that start at the same moment, each with its own connection."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(index):
        try:
            barrier.wait()
            results[index] = job(index)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def without_lock(pk, by, at, pause):
    """The twin: reads, then writes, as a careless admin would."""
    if Appraisal.objects.values_list("state", flat=True).get(pk=pk) != SUBMITTED:
        return 0
    pause.wait()
    return Appraisal.objects.filter(pk=pk).update(state=APPROVED, decided_by=by, decided_at=at)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
class TestRace:
    OFFICERS = 8

    @pytest.fixture
    def officers(self, transactional_db):
        self.cast = factories.cast()
        made = [factories.account() for _n in range(self.OFFICERS)]
        for user in made:
            factories.grant(user, "HR_OFFICER", self.cast.agency)
            assert user.reach
        return made

    def test_exactly_one_of_eight_wins(self, officers, at):
        for _round in range(20):
            score = waiting(factories.employee(self.cast.general))
            won = together(
                self.OFFICERS,
                lambda n, pk=score.pk: actions.approve(appraisal_ids=[pk], by=officers[n], at=at).done,
            )
            assert sorted(won) == [0] * 7 + [1]
            assert Event.objects.filter(subject_id=score.pk).count() == 1
            score.refresh_from_db()
            assert score.decided_by == officers[won.index(1)]

    def test_approve_against_return_and_correct(self, officers, at):
        for _round in range(20):
            person = factories.employee(self.cast.general)
            factories.appraisal(person)
            score = waiting(person, number=2)

            def job(n, pk=score.pk):
                if n % 2:
                    return actions.return_(appraisal_ids=[pk], by=officers[n], at=at, reason="Salah").done
                return actions.approve(appraisal_ids=[pk], by=officers[n], at=at).done

            assert sum(together(self.OFFICERS, job)) == 1
            assert Appraisal.objects.in_force().filter(employee=person).count() == 1

    def test_without_the_lock_several_win(self, officers, at):
        score = waiting(factories.employee(self.cast.general))
        pause = threading.Barrier(self.OFFICERS)
        won = together(self.OFFICERS, lambda n: without_lock(score.pk, officers[n], at, pause))
        assert sum(won) > 1
