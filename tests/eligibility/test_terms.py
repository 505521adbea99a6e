"""What comes with a permission: terms of a policy that judge nobody, and the ladder of consequences in words."""

import datetime as dt

import pytest

from eligibility import queries
from eligibility.models import Policy
from eligibility.rules import BadPolicy, DayRule, WeekRule, duties, read, term
from eligibility.rules.breaches import FOR_GOOD, UNDATED, BreachLadder
from eligibility.rules.terms import AnswerBy
from schedules.explaining import explain
from tests import factories

from .cases import FOUR, WEEK, breaches

ANSWER = {"rule": "AnswerBy", "days": 21, "counted": "CALENDAR", "silence": "ESCALATE"}
TERMS = [
    {"rule": "ReactionTime", "minutes": 5},
    {"rule": "ReportDue", "days": 1, "by": "09:00"},
    {"rule": "PresenceWindow", "opens": "16:00", "closes": "18:00"},
    {"rule": "PresenceWindow", "opens": "06:00", "closes": "08:00"},
    ANSWER,
]
HOLIDAYS = {dt.date(2026, 12, 24), dt.date(2026, 12, 25)}


@pytest.mark.parametrize(
    ("numbers", "last"),
    [
        ({"days": 21, "counted": "CALENDAR"}, "2027-01-13"),
        ({"days": 3, "counted": "WORKING"}, "2026-12-30"),  # two days off and a weekend lie between
        ({"months": 2}, "2027-02-23"),
    ],
)
def test_the_last_day_of_a_term(numbers, last):
    assert AnswerBy(**numbers).last_day(dt.date(2026, 12, 23), HOLIDAYS) == dt.date.fromisoformat(last)


def test_months_are_held_to_the_end_of_the_month():
    assert AnswerBy(months=2).last_day(dt.date(2026, 12, 31), ()) == dt.date(2027, 2, 28)


def test_terms_judge_nobody():
    rules = read([{"rule": "ActiveStatus"}, *TERMS])
    assert [type(rule).__name__ for rule in rules if isinstance(rule, WeekRule | DayRule)] == ["ActiveStatus"]
    assert all(not rule.codes for rule in rules if not isinstance(rule, WeekRule | DayRule))


def test_duties_are_said_in_their_order_in_both_languages(english):
    rules = read(TERMS)
    assert [rule.describe() for rule in duties(rules)] == [
        "Presence is recorded between 06:00 and 08:00.",
        "Presence is recorded between 16:00 and 18:00.",
        "The report of the day is due by 09:00, 1 working day later.",
        "Calls and messages are answered within 5 minutes during office hours.",
    ]
    assert term(rules, AnswerBy).describe() == (
        "A request is answered within 21 calendar days. Without an answer by then, the next in the line decides."
    )
    assert duties(read([{"rule": "ActiveStatus"}])) == []


@pytest.mark.parametrize(
    "entry",
    [
        {"rule": "AnswerBy"},
        {"rule": "AnswerBy", "days": 2, "months": 1},
        {"rule": "AnswerBy", "days": 2, "counted": "WEEKS"},
        {"rule": "AnswerBy", "days": 2, "silence": "FORGET"},
        {"rule": "AnswerBy", "days": True},
        ANSWER | {"except": "KEADAAN_KHUSUS"},
        {"rule": "PresenceWindow", "opens": "8:00", "closes": "09:00"},
        {"rule": "PresenceWindow", "opens": "09:00", "closes": "09:00"},
        {"rule": "PresenceWindow", "opens": "09:00", "closes": "24:00"},
        {"rule": "ReportDue", "by": "noon"},
        {"rule": "ReactionTime", "minutes": 0},
        {"rule": "AnyOf", "of": [ANSWER, {"rule": "NotServing"}]},
        {"rule": "BreachLadder", "steps": []},
        {"rule": "BreachLadder", "steps": ["WARN", "REMIND"]},
        {"rule": "BreachLadder", "steps": ["BAR:3", "BAR:2"]},
        {"rule": "BreachLadder", "steps": ["BAR:0"]},
        {"rule": "BreachLadder", "steps": [3]},
        {"rule": "BreachLadder", "key": "x'; DROP"},
        {"rule": "BreachLadder", "lifted_by": "x' OR true"},
        {"rule": "BreachLadder", "key": "same", "lifted_by": "same"},
        {"rule": "BreachLadder", "months": 0},
    ],
)
def test_what_contradicts_is_refused(entry):
    with pytest.raises(BadPolicy):
        read([entry])


def test_a_term_is_listed_once():
    with pytest.raises(BadPolicy):
        read([ANSWER, ANSWER | {"days": 3}])


def test_the_rule_text_names_every_step(english):
    said = BreachLadder().describe()
    assert "1: a reminder; 2: a warning; 3: no WFH day for 3 months; 4: WFH is revoked until it is lifted" in said
    ((shown,)) = queries.reading([{"rule": "BreachLadder"}])
    assert shown.text == said
    assert shown.codes == ("R-PELANGGARAN", "R-FAKTA-BELUM-DIKETAHUI")


@pytest.mark.parametrize(
    ("until", "count", "code", "said"),
    [
        (None, 0, None, "No breach is recorded"),
        (None, 2, None, "2 breaches are on record in that time: a warning."),
        (dt.date(2026, 12, 5), 3, "R-PELANGGARAN", "No WFH day before Saturday, 5 December 2026"),
        (FOR_GOOD, 4, "R-PELANGGARAN", "revoked"),
        (UNDATED, 1, "R-FAKTA-BELUM-DIKETAHUI", "without its day"),
        (dt.date(2026, 11, 1), 3, None, "the time of being barred is over"),
    ],
)
def test_the_person_reads_where_they_stand(english, until, count, code, said):
    rule = BreachLadder()
    barred, counted = (fact.name for fact in rule.own_facts)
    for stored in (until, until.isoformat() if until else None):
        assert said in rule.sentence(code, {barred: stored, counted: count})


def test_revoked_is_told_and_lifted_is_explained(cast, at, english):
    rules = [{"rule": "BreachLadder"}]
    policy = Policy.objects.create(code="X", version=1, track="UJI", name_id="x", name_en="x", rules=rules)
    breaches(*FOUR)(cast.sari)
    found = explain(cast.sari, WEEK, viewer=None, policy=policy, now=at)
    assert found.reasons == ["R-PELANGGARAN"]
    assert "revoked" in found.policies[0].rules[0].sentence
    assert explain(cast.budi, WEEK, viewer=None, policy=policy, now=at).eligible  # nobody else's breaches
    factories.fact(cast.sari, "pelanggaran_wfh_dipulihkan", "ya", "2026-11-01")
    assert explain(cast.sari, WEEK, viewer=None, policy=policy, now=at).eligible
