"""What is not known never lets anybody pass: not by an exception before it, another way in, or a condition reversed."""

import pytest

from eligibility import engine
from eligibility.models import Policy
from eligibility.rules import BadPolicy, read
from performance.rating import Rating
from tests import factories

from .cases import SPECIAL, WEEK, facts, rated

RATING, SCORE = {"rule": "MinimumRating", "minimum": 4}, {"rule": "MinimumScore", "minimum": "90"}
EXCUSED = RATING | {"except": "KEADAAN_KHUSUS"}
SIGNED = {"rule": "FactPresent", "key": "tanda_tangan", "code": "R-PERJANJIAN"}
TRAINED = {"rule": "FactPresent", "key": "pelatihan", "code": "R-PELATIHAN"}
SHIFT = {"rule": "FactEquals", "key": "regu", "value": "malam"}
AWOL = {"rule": "FactSumAtMost", "key": "awol", "maximum": "5"}
LATELY = {"rule": "FactWithinMonths", "key": "etika", "months": 12, "present": False}
NONE, UNKNOWN = "R-PENILAIAN-TIDAK-ADA", "R-FAKTA-BELUM-DIKETAHUI"


def any_of(*rules):
    return {"rule": "AnyOf", "of": list(rules)}


def all_of(*rules):
    return {"rule": "AllOf", "of": list(rules)}


def nothing(person):
    """Nothing on record."""


def contrary(rule):
    return {"rule": "Not", "of": rule}


def impossible(person):
    factories.numeric(person, "125", Rating.POOR)


@pytest.mark.parametrize(
    ("rules", "fields", "records", "codes"),
    [
        # whom the first rule is not asked of, the second tells that there is no appraisal
        ([EXCUSED, SCORE], SPECIAL, nothing, [NONE]),
        ([EXCUSED, SCORE], {}, nothing, [NONE]),
        ([EXCUSED, SCORE], SPECIAL, rated(Rating.POOR, "95"), []),
        # another way past the first missing appraisal is none past the second
        ([any_of(RATING, SIGNED), any_of(SCORE, TRAINED)], {}, facts(("tanda_tangan", "ya")), [NONE, "R-PELATIHAN"]),
        ([any_of(all_of(RATING), SIGNED), all_of(SCORE)], {}, facts(("tanda_tangan", "ya")), [NONE]),
        ([all_of(RATING), all_of(SCORE)], {}, nothing, [NONE]),
        # the contrary of something unknown is unknown, however deep it stands
        ([contrary(SHIFT)], {}, nothing, ["R-SYARAT"]),
        ([contrary(all_of(SHIFT))], {}, nothing, ["R-SYARAT"]),
        ([contrary(any_of(SHIFT))], {}, nothing, ["R-SYARAT"]),
        ([contrary(all_of(SHIFT))], {}, facts(("regu", "pagi")), []),
        ([contrary(RATING)], {}, nothing, ["R-SYARAT"]),
        ([contrary(RATING)], {}, impossible, ["R-SYARAT"]),
        ([contrary(any_of(RATING))], {}, impossible, ["R-SYARAT"]),
        ([contrary(RATING)], {}, rated(Rating.POOR), []),
        # what cannot be counted may be too many, or too recent; its contrary is no better known
        ([AWOL], {}, facts(("awol", "enam", "2026-01-05")), [UNKNOWN]),
        ([AWOL], {}, facts(("awol", "1")), [UNKNOWN]),
        ([contrary(AWOL)], {}, facts(("awol", "1")), ["R-SYARAT"]),
        ([LATELY], {}, facts(("etika", "ya")), [UNKNOWN]),
        ([LATELY | {"present": True}], {}, facts(("etika", "ya")), [UNKNOWN]),
        ([LATELY | {"present": True}], {}, facts(("etika", "ya"), ("etika", "ya", "2026-11-01")), []),
        ([contrary(LATELY)], {}, facts(("etika", "ya")), ["R-SYARAT"]),
        # a ground on which a condition is lifted need not be known
        ([contrary(SHIFT | {"except": "FAKTA:cacat"})], {}, facts(("regu", "pagi")), []),
        ([contrary(SHIFT | {"except": "FAKTA:cacat"})], {}, facts(("regu", "pagi"), ("cacat", "ya")), ["R-SYARAT"]),
    ],
)
def test_unknown_never_passes(cast, at, rules, fields, records, codes):
    policy = Policy.objects.create(code="X", version=1, track="UJI", name_id="x", name_en="x", rules=rules)
    person = factories.employee(cast.general, "Kasus", **fields)
    records(person)
    assert engine.one(policy, person, as_of=WEEK, at=at)["reasons"] == codes


@pytest.mark.parametrize(
    ("rule", "number", "one", "other"),
    [
        ("TopShare", "among", "UNIT", "AGENCY"),
        ("PeriodicRating", "grace_days", 0, 14),
        ("MinimumRating", "previous_year_counts_until", "02-28", None),
    ],
)
def test_what_is_read_for_all_cannot_differ_inside_a_policy(english, rule, number, one, other):
    first, second = {"rule": rule, number: one}, {"rule": rule, number: other}
    assert read([any_of(first, {"rule": "NotServing"}), first])
    with pytest.raises(BadPolicy, match=f"{rule}.{number} must be the same"):
        read([any_of(first, second)])
    with pytest.raises(BadPolicy, match=f"{rule}.{number} must be the same"):
        read([first, contrary(all_of(second))])
