"""The engine for all and `explain` for one never drift apart: one table of cases per rule runs both ways."""

import datetime as dt

import pytest
from django.utils import translation
from psycopg2.extras import DateRange

from eligibility import engine, queries
from eligibility.actions import publish_run
from eligibility.models import Policy, PolicyInForce
from eligibility.rules import DAY_RULES, OWN_CODES, RULES, WEEK_RULES, WeekRule, read
from employees.models import Employee, Holiday, Unit
from schedules import explaining
from schedules.actions import weekly
from schedules.explaining import explain
from schedules.models import WfhDay
from schedules.planning import Candidate, allocate
from schedules.queries import Cover, day_rules
from schedules.queries.limits import limits
from tests import factories

from .cases import TABLES, WEEK


def in_force(agency, rules, track="UJI"):
    policy = Policy.objects.create(
        code=f"UJI-{track}",
        version=1,
        track=track,
        name_id="Uji",
        name_en="Test",
        rules=rules,
        brake_percent=100,
        state=Policy.State.APPROVED,
    )
    PolicyInForce.objects.create(agency=agency, track=track, policy=policy, valid=DateRange(dt.date(2026, 1, 1), None))
    return policy


@pytest.mark.parametrize("rule", TABLES)
def test_week_rule(cast, at, rule):
    params, cases = TABLES[rule]
    unit = factories.unit(cast.agency, "TBL", "Tabel")
    policy = in_force(cast.agency, [{"rule": rule, **params}])
    people = []
    for number, case in enumerate(cases):
        person = factories.employee(unit, f"Kasus {number}", **case.person)
        case.scores(person)
        people.append(person)
    run = weekly.run_week(agency=cast.agency, track="UJI", week=WEEK, by=None, at=at, publish=True)
    for case, person in zip(cases, people, strict=True):
        expected = list(case.code) if isinstance(case.code, tuple) else [case.code] if case.code else []
        assert queries.decision_at(run, person.pk).reasons == expected, case.title
        stored = explain(person, WEEK, viewer=None)
        fresh = explain(person, WEEK, viewer=None, policy=policy, now=at)
        for found in (stored, fresh):
            assert (found.eligible, found.reasons) == (not expected, sorted(expected)), case.title
            assert all(outcome.sentence for view in found.policies for outcome in view.rules)
            assert all(outcome.text and outcome.label for view in found.policies for outcome in view.rules)
    assert list(engine.misjudged()) == []  # the stored decision follows from its own evidence


SIGNED = {"rule": "FactPresent", "key": "tanda_tangan", "text_en": "Signed."}
TRAINED = {"rule": "FactPresent", "key": "pelatihan", "text_en": "Trained."}
NIGHT = {"rule": "FactEquals", "key": "regu", "value": "malam", "text_en": "Works at night."}
POINTS = {"rule": "FactAtLeast", "key": "poin", "minimum": "2", "text_en": "Two points."}
PNS, RATED = {"rule": "ServantKind", "kinds": ["CPNS"]}, {"rule": "MinimumRating", "minimum": 4}


@pytest.mark.parametrize(
    ("rules", "failing", "said"),
    [  # on record: trained, works at night
        ([SIGNED, TRAINED], [("R-SYARAT",), ()], "Not met: Signed."),
        ([POINTS, NIGHT], [(), ("R-FAKTA-BELUM-DIKETAHUI",)], "Not recorded: Two points. HR can record it."),
        ([{"rule": "AllOf", "of": [TRAINED, SIGNED]}], [("R-SYARAT",)], "Not met: Signed."),
        ([{"rule": "AnyOf", "of": [PNS, SIGNED]}, SIGNED], None, "Not met: Signed."),
        ([{"rule": "AnyOf", "of": [TRAINED, RATED]}, RATED], [("R-PENILAIAN-TIDAK-ADA",), ()], ""),
        ([{"rule": "AnyOf", "of": [SIGNED, RATED]}], [("R-SYARAT", "R-PENILAIAN-TIDAK-ADA")], "Not met: Signed."),
    ],
)
def test_of_two_rules_with_one_code_only_the_one_that_failed_says_so(cast, at, english, rules, failing, said):
    policy = in_force(cast.agency, rules)
    factories.fact(cast.sari, "pelatihan", "ya")
    factories.fact(cast.sari, "regu", "malam")
    weekly.run_week(agency=cast.agency, track="UJI", week=WEEK, by=None, at=at, publish=True)
    for found in (explain(cast.sari, WEEK, viewer=None), explain(cast.sari, WEEK, viewer=None, policy=policy, now=at)):
        (view,) = found.policies
        if failing is not None:
            assert sorted(rule.codes for rule in view.rules) == sorted(failing)
        assert {code for rule in view.rules for code in rule.codes} == set(view.reasons)
        assert all(rule.passed == (not rule.codes) for rule in view.rules)
        assert said in " ".join(rule.sentence for rule in view.rules if not rule.passed)
        assert "Trained" not in " ".join(rule.sentence for rule in view.rules if not rule.passed)
        assert "night" not in " ".join(rule.sentence for rule in view.rules if not rule.passed)


def test_what_a_correction_says_stands_at_its_rule_whatever_the_facts_say(db):
    rules = [rule for rule in read([SIGNED, TRAINED]) if isinstance(rule, WeekRule)]
    facts = {"own_tanda_tangan_present": True, "own_pelatihan_present": True}
    outcomes = explaining._week_outcomes(rules, ["R-SYARAT"], WEEK, facts, dict)
    assert [rule.codes for rule in outcomes] == [("R-SYARAT",), ()]
    assert [rule.codes for rule in explaining._week_outcomes(rules, [], WEEK, {}, dict)] == [(), ()]


def test_an_absent_appraisal_is_reported_once(cast, at):
    in_force(cast.agency, [{"rule": "MinimumRating", "minimum": 4}, {"rule": "MinimumScore", "minimum": "90"}])
    weekly.run_week(agency=cast.agency, track="UJI", week=WEEK, by=None, at=at, publish=True)
    assert explain(cast.sari, WEEK, viewer=None).reasons == ["R-PENILAIAN-TIDAK-ADA"]


@pytest.mark.parametrize(
    ("week", "year", "reasons"),
    [
        (dt.date(2026, 1, 5), 2025, []),
        (dt.date(2026, 1, 5), 2024, []),
        (dt.date(2026, 2, 23), 2024, []),
        (dt.date(2026, 3, 2), 2024, ["R-PENILAIAN-KEDALUWARSA"]),
        (dt.date(2026, 1, 5), 2023, ["R-PENILAIAN-KEDALUWARSA"]),
    ],
)
def test_the_year_before_counts_until_the_policys_day(cast, at, week, year, reasons):
    rule = {"rule": "MinimumRating", "minimum": 4, "previous_year_counts_until": "02-28"}
    policy = in_force(cast.agency, [rule])
    factories.appraisal(cast.sari, year=year, at=dt.datetime(2025, 1, 2, tzinfo=dt.UTC))
    assert explain(cast.sari, week, viewer=None, policy=policy, now=at).reasons == reasons


def test_direct_service_comes_down_the_tree_and_may_be_overridden(cast, at):
    policy = in_force(cast.agency, [{"rule": "NotDirectService"}])
    Unit.objects.filter(pk=cast.root.pk).update(direct_service=True)
    Unit.objects.filter(pk=cast.planning.pk).update(direct_service=False)
    cast.sari.placements.update(direct_service=None)
    cast.eko.placements.update(direct_service=None)
    now = dict(viewer=None, policy=policy, now=at)
    assert explain(cast.sari, WEEK, **now).reasons == ["R-LAYANAN-LANGSUNG"]
    assert explain(cast.eko, WEEK, **now).eligible


MONDAY, WEDNESDAY, THURSDAY, SATURDAY = (WEEK + dt.timedelta(days=n) for n in (0, 2, 3, 5))


def nothing(cast):
    """The day as it is."""


def holiday(cast):
    Holiday.objects.create(date=WEDNESDAY, name="Hari Uji")


def another_day(cast):
    WfhDay.objects.create(employee=cast.sari, agency=cast.agency, unit=cast.general, date=MONDAY, track="UJI")


def another_day_excused(cast):
    another_day(cast)
    Employee.objects.filter(pk=cast.sari.pk).update(special_until=WEDNESDAY)


def earlier_in_the_month(cast):
    """A WFH day in the month before its weeks begin would not count: 1 December is a Tuesday of this week."""
    date = WEEK + dt.timedelta(days=1)
    WfhDay.objects.create(employee=cast.sari, agency=cast.agency, unit=cast.general, date=date, track="UJI")


def full(cast):
    Unit.objects.filter(pk=cast.root.pk).update(wfh_quota_percent=50)  # inherited: one of two
    WfhDay.objects.create(employee=cast.budi, agency=cast.agency, unit=cast.general, date=WEDNESDAY, track="UJI")


DAY_CASES = [
    ({"rule": "WorkingDay"}, WEDNESDAY, nothing, None),
    ({"rule": "WorkingDay"}, WEDNESDAY, holiday, "R-HARI-LIBUR"),
    ({"rule": "WorkingDay"}, SATURDAY, nothing, "R-HARI-LIBUR"),
    ({"rule": "Weekday", "days": [3]}, WEDNESDAY, nothing, None),
    ({"rule": "Weekday", "days": [3]}, THURSDAY, nothing, "R-HARI-SALAH"),
    ({"rule": "Weekday", "days": [3], "movable": True}, THURSDAY, nothing, "R-HARI-SALAH"),
    ({"rule": "WeeklyMaximum", "days": 1}, WEDNESDAY, nothing, None),
    ({"rule": "WeeklyMaximum", "days": 1}, WEDNESDAY, another_day, "R-BATAS-MINGGU"),
    ({"rule": "WeeklyMaximum", "days": 2}, WEDNESDAY, another_day, None),
    ({"rule": "UnitCap"}, WEDNESDAY, nothing, None),
    ({"rule": "UnitCap"}, WEDNESDAY, full, "R-KUOTA-UNIT"),
    ({"rule": "UnitCap", "percent": 49}, WEDNESDAY, nothing, "R-KUOTA-UNIT"),  # floor(0.98) = 0
    ({"rule": "UnitCap", "percent": 49, "rounding": "max(1, floor)"}, WEDNESDAY, nothing, None),
    ({"rule": "UnitCap", "percent": 0, "rounding": "max(1, floor)"}, WEDNESDAY, nothing, "R-KUOTA-UNIT"),
    ({"rule": "UnitCap", "number": 1}, WEDNESDAY, nothing, None),
    ({"rule": "UnitCap", "number": 0}, WEDNESDAY, nothing, "R-KUOTA-UNIT"),
    ({"rule": "RegisteredHome"}, WEDNESDAY, nothing, None),
    ({"rule": "WeeklyMaximum", "days": 1, "except": "KEADAAN_KHUSUS"}, WEDNESDAY, another_day, "R-BATAS-MINGGU"),
    ({"rule": "WeeklyMaximum", "days": 1, "except": "KEADAAN_KHUSUS"}, WEDNESDAY, another_day_excused, None),
    ({"rule": "MonthlyMaximum", "days": 1}, WEDNESDAY, nothing, None),
    ({"rule": "MonthlyMaximum", "days": 1}, WEDNESDAY, earlier_in_the_month, "R-BATAS-BULAN"),
    ({"rule": "OfficeShare", "percent": 80}, WEDNESDAY, nothing, None),
    ({"rule": "OfficeShare", "percent": 80}, WEDNESDAY, another_day, "R-KEHADIRAN-KANTOR"),
    ({"rule": "DateWindow", "since": "2026-12-02"}, WEDNESDAY, nothing, None),
    ({"rule": "DateWindow", "since": "2026-12-03"}, WEDNESDAY, nothing, "R-TANGGAL-DI-LUAR-MASA"),
    ({"rule": "DateWindow", "until": "2026-12-01"}, WEDNESDAY, nothing, "R-TANGGAL-DI-LUAR-MASA"),
]


@pytest.mark.parametrize(("rule", "date", "given", "code"), DAY_CASES)
def test_day_rule(cast, at, rule, date, given, code):
    """`explain --date` names the code, and the planner offered that date alone gives it where the rule passes."""
    in_force(cast.agency, [rule])
    given(cast)
    run = weekly.run_week(agency=cast.agency, track="UJI", week=WEEK, by=None, at=at)
    publish_run(run_id=run.pk, by=None, at=at, version=run.version)
    assert explain(cast.sari, WEEK, viewer=None, date=date).reasons == ([code] if code else [])
    if given in (another_day, another_day_excused, earlier_in_the_month):
        return  # the planner leaves alone whoever has a day in the week already
    cover = Cover(cast.agency, [date], [cast.general.pk])
    bounds = limits(cover, cast.general.pk, [date], day_rules(run.policy))
    (sari,) = allocate([Candidate(cast.sari.pk, lot=1, earned=1)], [date], bounds)
    assert sari.dates == ([] if code else [date])


def test_every_rule_is_in_a_table():
    assert set(TABLES) == {rule.__name__ for rule in WEEK_RULES}
    assert {row[0]["rule"] for row in DAY_CASES} == {rule.__name__ for rule in DAY_RULES}
    given = [case.code for _params, cases in TABLES.values() for case in cases] + [row[3] for row in DAY_CASES]
    covered = {code for one in given for code in (one if isinstance(one, tuple) else [one])}
    assert {code for rule in RULES.values() for code in rule.codes} - set(OWN_CODES) - {
        "R-DOMISILI"
    } <= covered  # its place is stated by nobody yet


@pytest.mark.parametrize(
    ("rule", "weeks", "said"),
    [
        ("MinimumRating", (dt.date(2026, 12, 28), dt.date(2027, 1, 4)), ("2025", "2026")),
        ("PeriodicRating", (dt.date(2026, 9, 28), dt.date(2026, 10, 5)), ("2/2026", "3/2026")),
    ],
)
def test_a_decision_that_stays_is_explained_with_the_year_and_quarter_of_its_week(cast, at, rule, weeks, said):
    in_force(cast.agency, [{"rule": rule}])
    with translation.override("en"):
        for week, named in zip(weeks, said, strict=True):
            weekly.run_week(agency=cast.agency, track="UJI", week=week, by=None, at=at, publish=True)
            (outcome,) = explain(cast.sari, week, viewer=None).policies[0].rules
            assert f" {named} " in outcome.sentence, outcome.sentence


def test_whoever_is_excused_is_told_so_and_not_that_the_condition_is_met(cast, at):
    """On a day as in a week, whatever the ground."""
    rating = {"rule": "MinimumRating", "except": ["KEADAAN_KHUSUS", "FAKTA:tugas_belajar"]}
    days = {"rule": "WeeklyMaximum", "days": 1, "except": "KEADAAN_KHUSUS"}
    policy = in_force(cast.agency, [rating, {"rule": "MinimumScore"}, days])
    another_day(cast)
    Employee.objects.filter(pk=cast.sari.pk).update(special_until=WEDNESDAY)
    factories.fact(cast.budi, "tugas_belajar", "ya")
    with translation.override("en"):
        for person, said in ((cast.sari, "special circumstances, verified until"), (cast.budi, "“tugas_belajar”")):
            person.refresh_from_db()
            found = explain(person, WEEK, viewer=None, policy=policy, now=at, date=WEDNESDAY).policies[0].rules
            told = {outcome.label: (outcome.code, outcome.sentence) for outcome in found}
            code, sentence = told["Performance rating"]
            assert (code, sentence.startswith("Not asked because")) == (None, True)
            assert said in sentence
            assert told["Performance score"][0] == "R-PENILAIAN-TIDAK-ADA"
            assert told["Days a week"][1].startswith("Not asked because") == (person == cast.sari), told


def test_unknown_people_are_not_in_scope(cast, at):
    nowhere = factories.employee(cast.general, "Tanpa Tempat", place=False)
    policy = in_force(cast.agency, [{"rule": "ActiveStatus"}])
    assert explain(nowhere, WEEK, viewer=None, policy=policy, now=at).eligible is None
    assert Employee.objects.filter(pk=nowhere.pk).exists()
