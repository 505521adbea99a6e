"""Clicks on one objection at the same moment: one wins, the others are told; without the lock more than one would."""

import contextlib
import datetime as dt
import threading
import time

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from eligibility import actions
from eligibility.actions import corrections, load_policies, publish_run, put_in_force, start_run, work_run
from eligibility.actions import objections as room
from eligibility.models import Correction, Objection, Suspension
from employees.calendar import week_of
from employees.models import Agency, Role
from ledger.models import Event
from performance.models import Appraisal
from performance.rating import Rating
from tests import factories
from tests.at_once import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
VERBS = ("objection.uphold", "objection.reject")


@pytest.fixture
def house(transactional_db):
    """This week published by Hadi; Sari is not eligible. Dewi and Eko are HR officers."""
    cast, at = factories.cast(), timezone.now()
    monday = week_of(at, cast.agency.zone)
    factories.grant(cast.eko_user, Role.HR_OFFICER, cast.agency)
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=monday, by=None, at=at)
    factories.appraisal(cast.sari, year=monday.year - 1, rating=Rating.GOOD, at=at - dt.timedelta(days=30))
    made = start_run(agency=cast.agency, track="REWARD", week=monday, by=None, at=at)
    made = work_run(job_id=made.job_id, at=at)
    cast.run = publish_run(run_id=made.pk, by=cast.hadi_user, at=at, version=made.version)
    return cast


def file_(cast):
    return actions.file_objection(run_id=cast.run.pk, text="Keliru", by=cast.sari_user, at=timezone.now())


def answers(cast, one):
    def answer(user, upheld):
        return lambda: actions.answer_objection(
            objection_id=one.pk, upheld=upheld, answer="Sudah diperiksa", version=1, by=user, at=timezone.now()
        )

    return [answer(cast.dewi_user, True), answer(cast.eko_user, False)] * 2


def read_before_either_writes():
    """What stands for the lock: both have read the objection before one of them goes on."""
    gate = threading.Barrier(2)

    def unlocked(pk):
        row = Objection.objects.select_related("agency", "run").get(pk=pk)
        with contextlib.suppress(Exception):
            gate.wait(5)
        return row

    return unlocked


def test_two_answers_at_once_and_one_counts(house):
    one = file_(house)
    assert together(*answers(house, one)) == ["ANSWERED"] * 3 + [None]
    one.refresh_from_db()
    assert Event.objects.filter(verb__in=VERBS).count() == 1
    assert Correction.objects.count() == (one.state == "UPHELD")


def test_twin_without_the_lock_two_answers_would_count(house, monkeypatch):
    """The protection is what the test above tests: rows read without a lock, checked, then written."""
    one = file_(house)
    monkeypatch.setattr(room, "_locked", read_before_either_writes())
    assert together(*answers(house, one)[:2]) == [None, None]
    assert Event.objects.filter(verb__in=VERBS).count() == 2


def clocks(cast):
    """Two clocks that look long after the term of UU 30/2014."""
    Agency.objects.filter(pk=cast.agency.pk).update(objection_track="UU30")
    one = file_(cast)
    at = timezone.now() + dt.timedelta(days=60)
    return [lambda: actions.grant_by_silence(objection_id=one.pk, at=at)] * 2


def granted():
    return Event.objects.filter(verb="objection.granted-by-silence").count()


def test_two_clocks_grant_by_silence_once(house):
    assert together(*clocks(house)) == [None, None]
    assert (granted(), Correction.objects.get().version, Objection.objects.get().version) == (1, 1, 2)


def test_twin_without_the_lock_both_clocks_would_grant(house, monkeypatch):
    calls = clocks(house)
    monkeypatch.setattr(room, "_locked", read_before_either_writes())
    assert together(*calls) == [None, None]
    assert (granted(), Correction.objects.get().version) == (2, 2)


def test_filing_at_once_makes_one_objection(house):
    assert together(*[lambda: file_(house)] * 4) == [None] + ["OPEN"] * 3
    assert Objection.objects.count() == Event.objects.filter(verb="objection.file").count() == 1


def test_filing_at_once_without_the_lock_is_still_stopped_by_the_database(house, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self)
    assert together(*[lambda: file_(house)] * 4) == [None] + ["OPEN"] * 3


def test_taking_back_and_answering_at_once(house):
    one = file_(house)

    def back():
        actions.withdraw_objection(objection_id=one.pk, by=house.sari_user, at=timezone.now())

    assert together(back, answers(house, one)[0]) == ["ANSWERED", None]
    one.refresh_from_db()
    assert one.version == 2
    assert Correction.objects.count() == (one.state == "UPHELD")


def test_upholding_while_the_machine_proposes_for_the_same_person(house, monkeypatch):
    """One proposal a person: whoever upholds stands in line and makes the machine's their own."""
    one, remember, proposed = file_(house), corrections._remember, threading.Event()
    Appraisal.objects.filter(employee=house.sari).update(state="RESCINDED", superseded_at=timezone.now())

    def slowly(*args):
        proposed.set()  # written, and not yet seen by anybody else
        time.sleep(0.3)
        remember(*args)

    def uphold():
        assert proposed.wait(5)
        answers(house, one)[0]()

    monkeypatch.setattr(corrections, "_remember", slowly)
    look = lambda: actions.propose(run_id=house.run.pk, by=None, at=timezone.now())  # noqa: E731
    assert together(look, uphold) == [None, None]
    made = Correction.objects.get()
    assert (made.cause, made.after_eligible, made.version) == ("OBJECTION", True, 2)


def test_suspending_at_once_makes_one_suspension(house):
    def ask():
        actions.suspend(by=house.sari_user, at=timezone.now())

    assert together(*[ask] * 4) == [None] + ["SUSPENDED"] * 3
    assert Suspension.objects.count() == 1
