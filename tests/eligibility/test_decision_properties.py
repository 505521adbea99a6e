"""What holds for every person and policy (reliability.md 3, 7–9, 13, 14, 19), tried on people made up by hypothesis."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eligibility import engine
from eligibility.models import Decision, Policy, Run
from eligibility.rules.months import after_months, latest_reaching
from employees.models import Discipline, Employee, Placement
from performance.models import Appraisal
from performance.rating import Rating, Regime
from tests import factories

WEEK = dt.date(2026, 11, 23)
AT = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
EVERYTHING = [
    {"rule": "IdentityNumber"},
    {"rule": "ActiveStatus"},
    {"rule": "NotDirectService", "except": "KEADAAN_KHUSUS"},
    {"rule": "DutyCriteria"},
    {"rule": "TimeInPost", "months": 6},
    {"rule": "NotServing"},
    {"rule": "NoCaseInProcess"},
    {"rule": "CleanPeriod", "months": 12},
    {"rule": "FewAbsences", "days": 2},
    {"rule": "MinimumRating", "minimum": 3},
    {"rule": "MinimumScore", "minimum": "80.00"},
    {"rule": "TopShare", "percent": 50},
    {"rule": "PeriodicRating", "minimum": 3},
    {"rule": "AnyOf", "of": [{"rule": "ServantKind", "kinds": ["PNS"]}, {"rule": "DutyCriteria"}]},
]
quietly = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
maybe = st.sampled_from([None, True, False])
days = st.dates(dt.date(2024, 1, 1), dt.date(2027, 6, 30))
person = st.fixed_dictionaries(
    {
        "score": st.one_of(st.none(), st.decimals("0", "125", places=2)),
        "rating": st.one_of(st.none(), st.sampled_from([1, 2, 3, 4, 5])),
        "quarter": st.one_of(st.none(), st.sampled_from([1, 3, 5])),
        "legal_status": st.sampled_from(["AKTIF", "AKTIF", "CLTN"]),
        "direct_service": maybe,
        "duty": maybe,
        "special_until": st.one_of(st.none(), days),
        "in_post_since": st.one_of(st.none(), days),
        "punished": st.one_of(
            st.none(), st.tuples(days, st.integers(0, 400), st.sampled_from(Discipline.Status.values))
        ),
        "absent": st.integers(0, 4),
    }
)
DUTY = (
    "duty_outside_office",
    "duty_no_special_room",
    "duty_uses_ict",
    "duty_little_face_to_face",
    "duty_no_constant_supervision",
)


def make(unit, facts):
    made = factories.employee(
        unit,
        legal_status=facts["legal_status"],
        direct_service=facts["direct_service"],
        in_post_since=facts["in_post_since"],
        special_until=facts["special_until"],
        **dict.fromkeys(DUTY, facts["duty"]),
    )
    if facts["score"] is not None:
        factories.numeric(made, facts["score"], facts["rating"])
    elif facts["rating"]:
        factories.appraisal(made, rating=facts["rating"])
    if facts["quarter"]:
        factories.appraisal(made, year=2026, kind="TRIWULAN", period=3, rating=facts["quarter"])
    if facts["punished"]:
        start, length, status = facts["punished"]
        end = start + dt.timedelta(days=length) if length % 3 else None
        factories.discipline(made, start, end, status=status)
    for n in range(facts["absent"]):
        factories.absence(made, dt.date(2026, 3, 2 + n))
    return made


@pytest.fixture
def everything(cast):
    return Policy.objects.create(code="UJI", version=1, track="UJI", name_id="Uji", name_en="Test", rules=EVERYTHING)


def judged(policy, scope) -> dict:
    with transaction.atomic():
        return {
            pk: tuple(codes)
            for pk, codes in engine.verdicts(policy, engine.prepare(policy, scope)).values_list("pk", "reasons")
        }


class Undone(Exception):
    pass


def undone(test):
    """The people of an example are gone when it is over."""

    def inside(*args, **kwargs):
        try:
            with transaction.atomic():
                test(*args, **kwargs)
                raise Undone
        except Undone:
            pass

    return inside


def run_of(cast, policy, number, week=WEEK) -> Run:
    return Run.objects.create(
        agency=cast.agency, track="UJI", week=week, number=number, policy=policy, cutoff_at=AT, state="WITHDRAWN"
    )


def rows_of(run) -> set:
    rows = Decision.objects.at(run).values_list("employee_id", "reasons", "appraisal_id", "facts_key")
    return {(pk, tuple(codes), score, key) for pk, codes, score, key in rows}


@quietly
@given(crowd=st.lists(person, min_size=1, max_size=6), cuts=st.lists(st.integers(0, 20), max_size=3))
def test_one_is_judged_as_all_are_in_whatever_chunks_twice_the_same(cast, everything, crowd, cuts):
    @undone
    def example():
        people = [make(cast.general, facts) for facts in crowd]
        scope = engine.Scope(cast.agency.pk, WEEK, AT)
        together = judged(everything, scope)
        for one in people:
            alone = engine.one(everything, one, as_of=WEEK, at=AT)
            assert tuple(alone["reasons"]) == together[one.pk]
        ids = sorted(together)
        edges = sorted({0, *(ids[cut % len(ids)] for cut in cuts), 2**62})
        first, second, whole = (run_of(cast, everything, n) for n in (1, 2, 3))
        for lo, hi in zip(edges[:-1], edges[1:], strict=True):
            engine.compute(first, lo, hi)
        assert {(pk, codes) for pk, codes, _score, _key in rows_of(first)} == set(together.items())
        assert engine.compute(second, 0, 2**62).get("changed", 0) == 0  # run ∘ run = run
        engine.withdraw(first)
        engine.compute(whole, 0, 2**62)
        assert {row[:2] for row in rows_of(whole)} == set(together.items())
        assert list(engine.misjudged(Run.objects.filter(pk=whole.pk))) == []

    example()


@quietly
@given(facts=person, more=st.decimals("0", "20", places=2), better=st.integers(0, 4))
def test_a_better_score_never_turns_yes_into_no(cast, everything, facts, more, better):
    @undone
    def example():
        one = make(cast.general, facts | {"score": facts["score"] if facts["score"] is not None else Decimal(80)})
        before = engine.one(everything, one, as_of=WEEK, at=AT)["reasons"]
        score = Appraisal.objects.get(employee=one, kind="TAHUNAN")
        if score.score + more > 120:
            return
        Appraisal.objects.filter(pk=score.pk).update(
            score=score.score + more, rating=min(5, (score.rating or 1) + better) if score.rating else None
        )
        after = engine.one(everything, one, as_of=WEEK, at=AT)["reasons"]
        assert set(after) <= set(before)

    example()


@quietly
@given(cents=st.integers(0, 12000), least=st.integers(0, 12000))
def test_a_threshold_is_exact_to_the_hundredth(cast, cents, least):
    @undone
    def example():
        minimum = Decimal(least) / 100
        rules = [{"rule": "MinimumScore", "minimum": f"{minimum:.2f}"}]
        policy = Policy.objects.create(code="PAS", version=1, track="UJI", name_id="x", name_en="x", rules=rules)
        one = factories.employee(cast.general)
        factories.numeric(one, Decimal(cents) / 100)
        assert (engine.one(policy, one, as_of=WEEK, at=AT)["reasons"] == []) == (cents >= least)

    example()


@quietly
@given(facts=person)
def test_nothing_unknown_passes(cast, everything, facts):
    """Whatever is taken away from a person, no rule that failed passes by it — but for exceptions and clean records."""

    @undone
    def example():
        one = make(cast.general, facts | {"special_until": None, "punished": None, "absent": 0})
        before = set(engine.one(everything, one, as_of=WEEK, at=AT)["reasons"])
        Appraisal.objects.filter(employee=one).delete()
        Employee.objects.filter(pk=one.pk).update(**dict.fromkeys(DUTY))
        Placement.objects.filter(employee=one).update(direct_service=None, in_post_since=None)
        after = engine.one(everything, one, as_of=WEEK, at=AT)["reasons"]
        assert after
        assert before - set(after) <= ABOUT_THE_SAME
        assert len(after) >= min(len(before), 1)

    example()


ABOUT_THE_SAME = {  # a code that gave way to the one that says "not known"
    "R-PREDIKAT",
    "R-NILAI",
    "R-NILAI-TIDAK-ADA",
    "R-PERINGKAT",
    "R-DATA-TIDAK-VALID",
    "R-PERIODIK-PREDIKAT",
    "R-TUGAS",
    "R-LAYANAN-LANGSUNG",
    "R-PEGAWAI-BARU",
}


@settings(deadline=None)
@given(day=st.dates(dt.date(1990, 1, 1), dt.date(2080, 1, 1)), months=st.integers(1, 120), off=st.integers(-5, 5))
def test_months_are_reached_from_the_anniversary_on(day, months, off):
    """The latest day from which months have passed is the border: each day up to it has, each day after has not."""
    border = latest_reaching(day, months)
    assert after_months(border, months) <= day < after_months(border + dt.timedelta(days=1), months)
    near = border + dt.timedelta(days=off)
    assert (after_months(near, months) <= day) == (near <= border)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2025-08-31", 6, "2026-02-28"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-02-28", 12, "2027-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
    ],
)
def test_months_are_held_to_the_last_day(start, months, end):
    assert after_months(dt.date.fromisoformat(start), months) == dt.date.fromisoformat(end)


def test_the_rating_is_what_counts_whatever_the_regime(cast):
    """A quadrant has no number and fails a minimum score; its rating passes a minimum rating."""
    rules = [{"rule": "MinimumRating", "minimum": 5}]
    policy = Policy.objects.create(code="P", version=1, track="UJI", name_id="x", name_en="x", rules=rules)
    one, other = factories.employee(cast.general), factories.employee(cast.general)
    factories.appraisal(one, rating=Rating.VERY_GOOD, regime=Regime.P6)
    factories.numeric(other, "110", Rating.VERY_GOOD)
    assert all(engine.one(policy, who, as_of=WEEK, at=AT)["reasons"] == [] for who in (one, other))
