"""Scores, records, runs and publications in any order; after every step the invariants on decisions, runs and history
hold (reliability.md 3, 1–24), and each published decision is what a few lines of plain Python say it must be."""

import dataclasses
import datetime as dt
import itertools
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from eligibility import engine
from eligibility.actions import Refused, publish_run, recompute, start_run, withdraw_run, work_run
from eligibility.engine import facts
from eligibility.invariants import NEVER
from eligibility.models import Decision, Run
from eligibility.permissions import Denied
from employees.models import Absence, AgencyInputs, Discipline, Employee, Placement
from performance import actions as scores
from performance.models import Appraisal
from performance.rating import Level, Rating, Regime
from tests import factories
from tests.eligibility.test_explained_is_computed import in_force
from tests.worlds import JAKARTA

pytestmark = pytest.mark.slow
AT = dt.datetime(2026, 11, 20, 9, tzinfo=JAKARTA)
MONDAY = dt.date(2026, 11, 23)
WEEK = dt.timedelta(days=7)
RULES = [
    {"rule": "ActiveStatus"},
    {"rule": "NotDirectService"},
    {"rule": "NotServing"},
    {"rule": "FewAbsences", "days": 1},
    {"rule": "MinimumRating", "minimum": 4},
]
some = st.integers(0, 9)
LEVELS = {5: (Level.ABOVE, Level.ABOVE), 4: (Level.AS, Level.AS), 2: (Level.BELOW, Level.AS)}


def broken() -> list[str]:
    """The invariants that do not hold now."""
    found = []
    with connection.cursor() as cursor:
        for name, sql in NEVER.items():
            cursor.execute(sql)
            if cursor.fetchall():
                found.append(name)
    return found


def digest(run: Run):
    rows = Decision.objects.at(run).order_by("employee_id")
    return tuple(rows.values_list("employee_id", "eligible", "reasons", "appraisal_id", "evidence"))


class Decisions(RuleBasedStateMachine):
    """Six people of one agency and two of another; HR officer, HR head; one policy."""

    @initialize()
    def house(self):
        cast = self.cast = factories.cast()
        in_force(cast.agency, RULES)
        in_force(cast.other, RULES, track="LAIN")
        self.people = [cast.sari, cast.budi, cast.eko, *cast.team]
        for n, person in enumerate(self.people):
            Employee.objects.filter(pk=person.pk).update(public_id=uuid.UUID(int=n + 1))
            factories.appraisal(person, rating=Rating.GOOD if n % 2 else Rating.FAIR)
        self.now, self.week, self.frozen = AT, MONDAY, {}

    def attempt(self, action, **fields):
        """An action that is refused changes nothing."""
        before = self.counts()
        try:
            with transaction.atomic():
                return action(**fields)
        except (Refused, Denied, scores.Refused) as no:
            said = str(no)
        assert said
        assert self.counts() == before, action
        return None

    def counts(self):
        tables = ("eligibility_run", "eligibility_decision", "ledger_event", "performance_appraisal", "ledger_outbox")
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
            return cursor.fetchone()

    def changed(self):
        AgencyInputs.objects.filter(agency=self.cast.agency).changed()

    def who(self, n):
        return self.people[n % len(self.people)]

    # --- scores and records ---

    @rule(n=some, rating=st.sampled_from([5, 4, 2]))
    def enter_a_score(self, n, rating):
        person, (result, behaviour) = self.who(n), LEVELS[rating]
        old = Appraisal.objects.filter(employee=person, year=2025, state="APPROVED", superseded_at=None).first()
        inputs = dict(result=result, behaviour=behaviour, by=self.cast.dewi_user, at=self.now)
        if old:
            self.attempt(scores.correct, appraisal_id=old.pk, reason="Salah ketik", **inputs)
        else:
            about = dict(employee=person, kind="TAHUNAN", year=2025, regime=Regime.P6)
            self.attempt(scores.submit, **about, **inputs)

    @rule(n=some, by_head=st.booleans())
    def approve_a_score(self, n, by_head):
        waiting = list(Appraisal.objects.waiting().order_by("pk"))
        if waiting:
            self.now += dt.timedelta(seconds=1)  # nothing is approved in the very instant of a run's cut-off
            by = self.cast.hadi_user if by_head else self.cast.ratna_user
            self.attempt(scores.approve_one, appraisal_id=waiting[n % len(waiting)].pk, by=by, at=self.now)

    @rule(n=some)
    def rescind_a_score(self, n):
        found = list(Appraisal.objects.in_force().filter(agency=self.cast.agency).order_by("pk"))
        if found:
            self.now += dt.timedelta(seconds=1)
            Appraisal.objects.filter(pk=found[n % len(found)].pk).update(state="RESCINDED", superseded_at=self.now)
            self.changed()

    @rule(n=some, days=st.integers(0, 20), light=st.booleans())
    def punish(self, n, days, light):
        if Discipline.objects.count() < 4:
            start = self.week - dt.timedelta(days=10)
            end = None if light else start + dt.timedelta(days=days)
            factories.discipline(self.who(n), start, end, decree=str(next(TICKS)))
            self.changed()

    @rule(n=some)
    def cancel_a_punishment(self, n):
        found = list(Discipline.objects.order_by("pk"))
        if found:
            Discipline.objects.filter(pk=found[n % len(found)].pk).update(status="DIBATALKAN")
            self.changed()

    @rule(n=some, day=st.integers(1, 20))
    def be_absent(self, n, day):
        if not Absence.objects.filter(employee=self.who(n), date=dt.date(2026, 11, day)).exists():
            factories.absence(self.who(n), dt.date(2026, 11, day))
            self.changed()

    @rule(n=some, status=st.sampled_from(["AKTIF", "CLTN"]), serves=st.sampled_from([None, False, True]))
    def change_a_post(self, n, status, serves):
        person = self.who(n)
        Employee.objects.filter(pk=person.pk).update(legal_status=status)
        Placement.objects.filter(employee=person).update(direct_service=serves)
        self.changed()

    @rule(n=some)
    def another_agency_lives_on(self, n):
        factories.appraisal(factories.employee(self.cast.theirs, f"Orang lain {next(TICKS)}"))

    # --- runs ---

    def open_run(self):
        return Run.objects.open().filter(agency=self.cast.agency).first()

    @rule(week=st.integers(-1, 1))
    def start(self, week):
        monday = self.week + week * WEEK
        about = dict(agency=self.cast.agency, track="UJI", week=monday, by=None)
        made = self.attempt(start_run, **about, at=self.now, by_hand=True)
        if made:
            work_run(job_id=made.job_id, at=self.now)

    @rule(who=st.sampled_from(["hadi_user", "dewi_user", "ratna_user"]), stale=st.booleans())
    def publish(self, who, stale):
        run = self.open_run()
        if run:
            version = run.version - stale
            made = self.attempt(publish_run, run_id=run.pk, by=getattr(self.cast, who), at=self.now, version=version)
            if made:
                self.expected(run)
                self.week = max(self.week, run.week)
                self.frozen[run.pk] = digest(run)

    @rule()
    def compute_anew(self):
        run = self.open_run()
        if run:
            made = self.attempt(recompute, run_id=run.pk, by=self.cast.hadi_user, at=self.now)
            if made:
                work_run(job_id=made.job_id, at=self.now)

    @rule()
    def take_back(self):
        run = self.open_run()
        before = Decision.objects.filter(from_run__lt=run.number).count() if run else 0
        made = run and self.attempt(
            withdraw_run, run_id=run.pk, by=self.cast.hadi_user, at=self.now, reason="Salah minggu"
        )
        if made:
            assert not Decision.objects.filter(agency_id=run.agency_id, track="UJI", from_run=run.number).exists()
            assert Decision.objects.filter(from_run__lt=run.number).count() == before

    @rule()
    def computing_again_changes_nothing(self):
        """Run ∘ run = run, and the preview is what is published."""
        run = self.open_run()
        if run:
            before = digest(run)
            made = self.attempt(recompute, run_id=run.pk, by=self.cast.hadi_user, at=run.cutoff_at)
            again = work_run(job_id=made.job_id, at=run.cutoff_at)
            fresh = list(engine.verdicts(again.policy, engine.Scope(again.agency_id, again.week, again.cutoff_at)))
            assert {(row[0], tuple(row[1])) for row in fresh} == {(row[0], tuple(row[2])) for row in digest(again)}
            if AgencyInputs.objects.get(agency=self.cast.agency).changes == run.inputs_seen:
                assert digest(again) == before

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours):
        self.now += dt.timedelta(hours=hours)

    @rule()
    def the_next_week_comes(self):
        self.week += WEEK

    # --- what holds ---

    def expected(self, run):
        """The oracle: plain Python over plain rows."""
        for person in self.people:
            codes = set()
            fresh = Employee.objects.get(pk=person.pk)
            serves = Placement.objects.get(employee=person).direct_service
            if fresh.legal_status != "AKTIF":
                codes.add("R-AKTIF")
            if serves is not False:
                codes.add("R-LAYANAN-LANGSUNG" if serves else "R-LAYANAN-BELUM-DIKETAHUI")
            for one in Discipline.objects.filter(employee=person, status="DIJATUHKAN"):
                if one.end and one.start <= run.week <= one.end:
                    codes.add("R-HUKDIS")
            absent = Absence.objects.filter(employee=person, date__year=run.week.year, date__lte=run.week).count()
            if absent > 1:
                codes.add("R-ALPA")
            counts = Appraisal.objects.in_force().filter(employee=person, year=2025, decided_at__lte=run.cutoff_at)
            score = counts.first()
            if score is None:
                pending = Appraisal.objects.filter(employee=person, year=2025, state__in=["SUBMITTED", "RETURNED"])
                codes.add("R-PENILAIAN-BELUM-FINAL" if pending.exists() else "R-PENILAIAN-TIDAK-ADA")
            elif score.rating < 4:
                codes.add("R-PREDIKAT")
            decision = Decision.objects.at(run).get(employee=person)
            assert (set(decision.reasons), decision.eligible) == (codes, not codes), (person, decision.reasons, codes)

    @invariant()
    def nothing_is_broken(self):
        assert broken() == []

    @invariant()
    def published_weeks_are_frozen(self):
        for pk, before in getattr(self, "frozen", {}).items():
            assert digest(Run.objects.get(pk=pk)) == before

    @invariant()
    def every_decision_follows_from_its_evidence(self):
        assert list(engine.misjudged()) == []

    @invariant()
    def nothing_of_the_other_agency_is_decided_here(self):
        if getattr(self, "cast", None):
            ours = Decision.objects.filter(agency_id=self.cast.agency.pk)
            assert not ours.exclude(employee__agency=self.cast.agency).exists()


TICKS = itertools.count(1)


def test_decisions_and_runs_in_any_order(db):
    """Each run of the machine is undone as a whole: the next begins with an empty house."""

    class Isolated(Decisions):
        def __init__(self):
            super().__init__()
            self.saved = transaction.atomic()
            self.saved.__enter__()

        def teardown(self):
            transaction.set_rollback(True)
            self.saved.__exit__(None, None, None)

    run_state_machine_as_test(
        Isolated,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


# --- each invariant can fail: the protection off, the harm is seen ---


@pytest.fixture
def machine(db):
    made = Decisions()
    made.house()
    return made


def published(machine):
    machine.start(0)
    machine.publish("hadi_user", stale=False)


def test_twin_scores_that_nobody_approved(machine, monkeypatch):
    rows = Appraisal.objects.filter(employee=machine.cast.sari)
    rows.update(state="SUBMITTED", decided_by=None, decided_at=None, rating=5)
    machine.start(0)
    assert broken() == []
    machine.take_back()
    loose = facts.ANNUAL.join.replace("a.state = 'APPROVED'", "true").replace("a.decided_at <=", "now() >=")
    sources = [dataclasses.replace(one, join=loose) if one is facts.ANNUAL else one for one in facts.SOURCES]
    monkeypatch.setattr(facts, "SOURCES", tuple(sources))
    machine.start(0)
    assert broken() == ["rests on a score that was not approved, another's, or not the latest at the cut-off"]


def test_twin_a_withdrawal_that_leaves_its_decisions(machine, monkeypatch):
    monkeypatch.setattr(engine, "withdraw", lambda run: None)
    machine.start(0)
    assert broken() == []
    withdraw_run(run_id=machine.open_run().pk, by=machine.cast.hadi_user, at=machine.now, reason="x")
    assert "a decision by a run that is not there" in broken()


def test_twin_a_published_week_computed_again(machine):
    published(machine)
    machine.published_weeks_are_frozen()
    run = Run.objects.get(pk=next(iter(machine.frozen)))
    machine.change_a_post(0, "CLTN", None)
    machine.start(0)
    machine.published_weeks_are_frozen()
    with pytest.raises(IntegrityError), transaction.atomic():
        engine.compute(run, 0, 2**62)  # the table itself refuses what the action refuses
    Decision.objects.at(run).filter(eligible=False).update(eligible=True, reasons=[])
    with pytest.raises(AssertionError):
        machine.published_weeks_are_frozen()


def test_twin_evidence_changed_behind_the_back(machine):
    published(machine)
    machine.every_decision_follows_from_its_evidence()
    Decision.objects.filter(employee=machine.cast.budi).update(evidence={"kind": "PNS"})
    with pytest.raises(AssertionError):
        machine.every_decision_follows_from_its_evidence()


def test_twin_an_inputs_counter_that_is_not_asked(machine, monkeypatch):
    machine.start(0)
    run = machine.open_run()
    machine.change_a_post(1, "CLTN", None)
    with pytest.raises(Refused):
        publish_run(run_id=run.pk, by=machine.cast.hadi_user, at=machine.now, version=run.version)
    monkeypatch.setattr("eligibility.actions.runs._inputs", lambda agency_id: run.inputs_seen)
    publish_run(run_id=run.pk, by=machine.cast.hadi_user, at=machine.now, version=run.version)
    with pytest.raises(AssertionError):
        machine.expected(run)


def test_twin_counts_kept_wrong(machine):
    published(machine)
    assert broken() == []
    Run.objects.update(eligible=99)
    assert broken() == ["counts of a run that do not balance"]
