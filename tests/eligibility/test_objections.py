"""Objections and suspensions: terms, who may what, once only, and what follows."""

import datetime as dt

import pytest
from django.utils import translation

from eligibility import actions, queries
from eligibility.actions import Refused, load_policies, publish_run, put_in_force, start_run, work_run
from eligibility.models import Correction, Objection, Suspension
from eligibility.permissions import Denied
from employees.models import AgencyInputs, Employee
from ledger.models import Event
from performance.rating import Rating
from tests import factories
from tests.worlds import world

MONDAY = dt.date(2026, 11, 23)
DAY = dt.timedelta(days=1)
TEXT = "Predikat saya sudah diperbaiki; SK terlampir di HR."


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@world
def decided(cast, at):
    """2026-W48 published by Hadi on Monday 23 November: Sari is not eligible, Budi is."""
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    factories.appraisal(cast.sari, rating=Rating.GOOD)
    factories.appraisal(cast.budi)
    made = start_run(agency=cast.agency, track="REWARD", week=MONDAY, by=None, at=at)
    made = work_run(job_id=made.job_id, at=at)
    cast.run = publish_run(run_id=made.pk, by=cast.hadi_user, at=at, version=made.version)
    return cast


@pytest.fixture
def uu30(decided):
    decided.agency.objection_track = "UU30"
    decided.agency.save()
    return decided


def filed(cast, at, by=None, text=TEXT):
    return actions.file_objection(run_id=cast.run.pk, text=text, by=by or cast.sari_user, at=at)


def answered(one, by, at, upheld=False, answer="Predikat Baik tidak memenuhi syarat.", version=None):
    return actions.answer_objection(
        objection_id=one.pk, upheld=upheld, answer=answer, version=version or one.version, by=by, at=at
    )


def refused(call, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value


# --- filing -----------------------------------------------------------------------------------------


def test_filing_fixes_the_terms_of_the_agencys_procedure(decided, at):
    one = filed(decided, at)
    assert (one.procedure, one.state) == ("PP79", "FILED")
    assert one.file_until == dt.date(2026, 12, 11)  # 14 working days after Monday 23 November
    assert one.answer_due == dt.date(2026, 12, 22)  # 21
    assert one.reasons == ["R-PREDIKAT"]
    event = Event.objects.get(verb="objection.file")
    assert (event.subject_id, event.actor_id) == (one.pk, decided.sari_user.pk)
    assert TEXT not in str(event.after)


def test_terms_of_uu30(uu30, at):
    one = filed(uu30, at)
    assert (one.file_until, one.answer_due) == (dt.date(2026, 12, 22), dt.date(2026, 12, 7))


def test_after_the_term_it_says_when_that_ended(decided, at):
    last = at + 18 * DAY  # Friday 11 December
    late = refused(filed, decided, last + DAY)
    assert late.code == "TOO_LATE"
    assert "11 December 2026" in str(late)
    assert filed(decided, last).state == "FILED"


def test_a_holiday_moves_the_end(decided, at):
    from employees.models import Holiday

    Holiday.objects.create(date=dt.date(2026, 12, 9), name="Pilkada")
    assert filed(decided, at).file_until == dt.date(2026, 12, 14)


def test_delivery_is_the_date_in_the_agencys_zone(decided, at):
    decided.run.published_at = dt.datetime(2026, 11, 23, 18, tzinfo=dt.UTC)  # Tuesday, 01.00 in Jakarta
    decided.run.save()
    (found,) = queries.challenges(decided.sari, MONDAY, at)
    assert (found.delivered, found.file_until) == (dt.date(2026, 11, 24), dt.date(2026, 12, 14))


def test_an_applied_correction_is_a_new_decision(decided, at):
    one = filed(decided, at)
    answered(one, decided.dewi_user, at)
    assert refused(filed, decided, at).code == "ANSWERED"
    Correction.objects.create(
        run=decided.run, agency=decided.agency, employee=decided.sari, state="APPLIED", after_eligible=False,
        after_reasons=["R-PREDIKAT"], proposed_at=at, decided_by=decided.hadi_user, decided_at=at + 7 * DAY, reason="x",
    )  # fmt: skip
    (found,) = queries.challenges(decided.sari, MONDAY, at + 8 * DAY)
    assert (found.delivered, found.answered) == (dt.date(2026, 11, 30), False)
    assert filed(decided, at + 8 * DAY).file_until == dt.date(2026, 12, 18)


@pytest.mark.parametrize(("text", "code"), [("", "EMPTY"), (" \n ", "EMPTY"), ("x" * 4001, "TOO_LONG")])
def test_words_are_needed_and_have_an_end(decided, at, text, code):
    assert refused(filed, decided, at, text=text).code == code


def test_one_open_a_person_and_week_and_again_after_taking_it_back(decided, at):
    one = filed(decided, at)
    assert refused(filed, decided, at).code == "OPEN"
    actions.withdraw_objection(objection_id=one.pk, by=decided.sari_user, at=at)
    assert filed(decided, at).pk != one.pk
    assert list(Objection.objects.order_by("pk").values_list("state", flat=True)) == ["WITHDRAWN", "FILED"]


def test_who_is_eligible_has_nothing_to_object_to(decided, at):
    assert refused(filed, decided, at, by=decided.budi_user).code == "NOTHING_TO_OBJECT"


def test_of_another_agencys_run_there_is_nothing(decided, at):
    assert refused(filed, decided, at, by=decided.ratna_user).code == "UNKNOWN"
    assert refused(filed, decided, at, by=factories.account()).code == "UNKNOWN"


@pytest.mark.parametrize("who", ["budi", "dewi", "hadi", "eko", "ratna"])
def test_nobody_else_takes_it_back(decided, at, who):
    one = filed(decided, at)
    user = getattr(decided, f"{who}_user")
    assert refused(actions.withdraw_objection, objection_id=one.pk, by=user, at=at).code == "UNKNOWN"


# --- answering --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["sari", "budi", "eko", "ratna", "hadi"])
def test_who_may_not_answer(decided, at, who):
    """Hadi is the HR head, but he published the week."""
    one = filed(decided, at)
    with pytest.raises(Denied):
        answered(one, getattr(decided, f"{who}_user"), at)
    one.refresh_from_db()
    assert one.state == "FILED"


def test_hr_never_answers_their_own(decided, at):
    one = filed(decided, at, by=decided.dewi_user)
    with pytest.raises(Denied, match="own objection"):
        answered(one, decided.dewi_user, at)


def test_whoever_applied_a_correction_does_not_answer(decided, at):
    Correction.objects.create(
        run=decided.run, agency=decided.agency, employee=decided.sari, state="APPLIED", after_eligible=False,
        after_reasons=["R-PREDIKAT"], proposed_at=at, decided_by=decided.dewi_user, decided_at=at, reason="x",
    )  # fmt: skip
    one = filed(decided, at)
    with pytest.raises(Denied, match="decided"):
        answered(one, decided.dewi_user, at)


def test_rejected_in_words(decided, at):
    one = filed(decided, at)
    assert refused(answered, one, decided.dewi_user, at, answer=" ").code == "EMPTY"
    assert refused(answered, one, decided.dewi_user, at, version=one.version + 1).code == "STALE"
    done = answered(one, decided.dewi_user, at)
    assert (done.state, done.decided_by, done.correction) == ("REJECTED", decided.dewi_user, None)
    assert not Correction.objects.exists()
    assert refused(answered, one, decided.dewi_user, at, upheld=True, version=done.version).code == "ANSWERED"
    assert refused(actions.withdraw_objection, objection_id=one.pk, by=decided.sari_user, at=at).code == "ANSWERED"


def test_upheld_proposes_a_correction_of_that_week_only(decided, at):
    done = answered(filed(decided, at), decided.dewi_user, at, upheld=True, answer="Benar; predikat sudah diperbaiki.")
    (made,) = Correction.objects.all()
    assert (made.run, made.employee, made.state, made.cause) == (decided.run, decided.sari, "PROPOSED", "OBJECTION")
    assert (made.before_eligible, made.before_reasons, made.after_eligible) == (False, ["R-PREDIKAT"], True)
    assert (done.state, done.correction, done.effect_due) == ("UPHELD", made, None)


def test_a_correction_that_waits_already_becomes_it(decided, at):
    waits = Correction.objects.create(
        run=decided.run, agency=decided.agency, employee=decided.sari, before_eligible=False,
        before_reasons=["R-PREDIKAT"], after_eligible=False, after_reasons=["R-STATUS"], proposed_at=at, reason="SK",
    )  # fmt: skip
    done = answered(filed(decided, at), decided.dewi_user, at, upheld=True)
    waits.refresh_from_db()
    assert done.correction == waits
    assert (waits.cause, waits.after_eligible, waits.after_reasons, waits.version) == ("OBJECTION", True, [], 2)
    assert waits.reason == done.answer  # nothing stays of what was proposed before


def test_an_upheld_objections_correction_is_not_written_over_by_hand(decided, at):
    done = answered(filed(decided, at), decided.dewi_user, at, upheld=True)
    other = {"run_id": decided.run.pk, "employee_id": decided.sari.pk, "eligible": False, "reasons": ["R-AKTIF"]}
    assert refused(actions.propose_by_hand, **other, by=decided.hadi_user, at=at, reason="x").code == "UPHELD"
    done.correction.refresh_from_db()
    assert (done.correction.cause, done.correction.after_eligible) == ("OBJECTION", True)


def test_whoever_works_elsewhere_by_now_is_put_right_all_the_same(decided, at):
    one = filed(decided, at)
    Employee.objects.filter(pk=decided.sari.pk).update(agency=decided.stranger.agency)
    assert answered(one, decided.dewi_user, at, upheld=True).correction.agency == decided.agency


def test_late_answers_are_possible_where_silence_grants_nothing(decided, at):
    assert answered(filed(decided, at), decided.dewi_user, at + 60 * DAY).state == "REJECTED"


# --- silence ----------------------------------------------------------------------------------------


def test_silence_grants_on_the_day_after_and_once(uu30, at):
    one = filed(uu30, at)
    due = at + 14 * DAY  # Monday 7 December, the tenth working day
    assert queries.silent(due) == []
    assert actions.grant_by_silence(objection_id=one.pk, at=due) is None
    assert queries.silent(due + DAY) == [one.pk]
    done = actions.grant_by_silence(objection_id=one.pk, at=due + DAY)
    assert (done.state, done.deemed_granted_on, done.decided_by) == ("UPHELD", dt.date(2026, 12, 8), None)
    assert done.effect_due == dt.date(2026, 12, 14)  # five working days after the term
    assert (done.correction.state, done.correction.reason) == ("PROPOSED", "")
    assert actions.grant_by_silence(objection_id=one.pk, at=due + 2 * DAY) is None
    assert queries.silent(due + 2 * DAY) == []
    assert Event.objects.filter(verb="objection.granted-by-silence").count() == 1


def test_hr_cannot_answer_what_silence_has_granted(uu30, at):
    one = filed(uu30, at)
    silent = refused(answered, one, uu30.dewi_user, at + 15 * DAY)
    assert silent.code == "GRANTED_BY_SILENCE"
    assert "7 December 2026" in str(silent)
    assert answered(one, uu30.dewi_user, at + 14 * DAY).state == "REJECTED"


def test_midnight_is_the_agencys_own(uu30, at):
    one = filed(uu30, at)
    before = dt.datetime(2026, 12, 7, 16, 59, tzinfo=dt.UTC)  # 23.59 in Jakarta
    assert queries.silent(before) == []
    assert queries.silent(before + dt.timedelta(minutes=1)) == [one.pk]


def test_under_pp79_silence_grants_nothing(decided, at):
    one = filed(decided, at)
    assert queries.silent(at + 90 * DAY) == []
    assert actions.grant_by_silence(objection_id=one.pk, at=at + 90 * DAY) is None


def test_a_procedure_changed_later_leaves_open_ones_as_they_are(decided, at):
    one = filed(decided, at)
    decided.agency.objection_track = "UU30"
    decided.agency.save()
    assert actions.grant_by_silence(objection_id=one.pk, at=at + 90 * DAY) is None


# --- who sees what ----------------------------------------------------------------------------------


def test_who_sees_an_objection(decided, at):
    filed(decided, at)
    seen = {who: Objection.objects.visible_to(getattr(decided, f"{who}_user")).count() for who in
            ("sari", "budi", "dewi", "hadi", "eko", "ratna")}  # fmt: skip
    assert seen == {"sari": 1, "budi": 0, "dewi": 1, "hadi": 1, "eko": 0, "ratna": 0}


# --- suspension -------------------------------------------------------------------------------------


def test_a_suspension_lasts_until_it_is_taken_back(decided, at):
    before = AgencyInputs.objects.get(agency=decided.agency).changes
    one = actions.suspend(by=decided.sari_user, at=at)
    assert (one.valid.lower, one.valid.upper) == (MONDAY, None)
    assert refused(actions.suspend, by=decided.sari_user, at=at).code == "SUSPENDED"
    assert queries.suspension_of(decided.sari.pk) == one
    assert queries.suspension_of(decided.budi.pk) is None
    actions.resume(by=decided.sari_user, at=at + 10 * DAY)
    assert queries.suspension_of(decided.sari.pk) is None
    assert queries.suspended_in(decided.sari.pk, MONDAY + 7 * DAY) == one
    assert queries.suspended_in(decided.sari.pk, MONDAY + 14 * DAY) is None
    assert AgencyInputs.objects.get(agency=decided.agency).changes == before + 2
    assert refused(actions.resume, by=decided.sari_user, at=at).code == "NOT_SUSPENDED"
    assert list(Event.objects.filter(verb__startswith="suspension").order_by("pk").values_list("verb", flat=True)) == [
        "suspension.ask",
        "suspension.end",
    ]


def test_taken_back_on_the_same_day_and_asked_again(decided, at):
    for _n in range(2):
        actions.suspend(by=decided.sari_user, at=at)
        actions.resume(by=decided.sari_user, at=at)
    assert Suspension.objects.count() == 2


def test_an_account_without_a_person_has_nothing_to_suspend(db, at):
    assert refused(actions.suspend, by=factories.account(), at=at).code == "UNKNOWN"
    assert refused(actions.resume, by=factories.account(), at=at).code == "NOT_SUSPENDED"
