"""One table of cases per rule, readable by a clerk: what is on record → the code, or None for a pass.

`test_explained_is_computed` sends every row through `compute` (for all) and `explain` (for one); both must agree.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable

from performance.models import Appraisal
from performance.rating import Rating
from tests import factories

WEEK = dt.date(2026, 11, 30)
LATE = dt.datetime(2026, 12, 24, tzinfo=dt.UTC)  # after every cut-off of these tests
State = Appraisal.State


@dataclasses.dataclass(frozen=True)
class Case:
    title: str
    code: str | None
    person: dict = dataclasses.field(default_factory=dict)
    scores: Callable = lambda person: None


def very_good(person):
    factories.appraisal(person)


def both_states(person):
    factories.appraisal(person, rating=Rating.GOOD)
    factories.appraisal(person, number=2, state=State.SUBMITTED)


def replaced(person):
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    factories.appraisal(person, superseded_at=at)
    factories.appraisal(person, number=2, rating=Rating.GOOD, at=at)


def replaced_later(person):
    factories.appraisal(person, superseded_at=LATE)
    factories.appraisal(person, number=2, rating=Rating.GOOD, at=LATE)


MINIMUM_RATING = [
    Case("nothing on record", "R-PENILAIAN-TIDAK-ADA"),
    Case("only two years ago", "R-PENILAIAN-KEDALUWARSA", scores=lambda p: factories.appraisal(p, year=2024)),
    Case("only this year", "R-PENILAIAN-KEDALUWARSA", scores=lambda p: factories.appraisal(p, year=2026)),
    Case("waiting for HR", "R-PENILAIAN-BELUM-FINAL", scores=lambda p: factories.appraisal(p, state=State.SUBMITTED)),
    Case(
        "returned",
        "R-PENILAIAN-BELUM-FINAL",
        scores=lambda p: factories.appraisal(p, state=State.RETURNED, decision_reason="salah tahun"),
    ),
    Case("under objection", "R-PENILAIAN-BELUM-FINAL", scores=lambda p: factories.appraisal(p, state=State.OBJECTED)),
    Case("rescinded", "R-PENILAIAN-TIDAK-ADA", scores=lambda p: factories.appraisal(p, state=State.RESCINDED)),
    Case("approved after the cut-off", "R-PENILAIAN-BELUM-FINAL", scores=lambda p: factories.appraisal(p, at=LATE)),
    Case(
        "a quarter is not a year",
        "R-PENILAIAN-TIDAK-ADA",
        scores=lambda p: factories.appraisal(p, kind="TRIWULAN", period=4),
    ),
    Case("good is below very good", "R-PREDIKAT", scores=lambda p: factories.appraisal(p, rating=Rating.GOOD)),
    Case("rating not known", "R-PREDIKAT", scores=lambda p: factories.appraisal(p, rating=None)),
    Case(
        "impossible score from a feed",
        "R-DATA-TIDAK-VALID",
        scores=lambda p: factories.numeric(p, "125", Rating.VERY_GOOD),
    ),
    Case("very good", None, scores=very_good),
    Case("the approved version counts while its correction waits", "R-PREDIKAT", scores=both_states),
    Case("the newer approved version counts", "R-PREDIKAT", scores=replaced),
    Case("a version approved after the cut-off does not count yet", None, scores=replaced_later),
]
MINIMUM_SCORE = [
    Case("nothing on record", "R-PENILAIAN-TIDAK-ADA"),
    Case(
        "waiting for HR", "R-PENILAIAN-BELUM-FINAL", scores=lambda p: factories.numeric(p, "110", state=State.SUBMITTED)
    ),
    Case("exactly the minimum passes", None, scores=lambda p: factories.numeric(p, "100.00")),
    Case("a hundredth below fails", "R-NILAI", scores=lambda p: factories.numeric(p, "99.99")),
    Case("zero is a score", "R-NILAI", scores=lambda p: factories.numeric(p, "0")),
    Case("a quadrant has no number", "R-NILAI-TIDAK-ADA", scores=very_good),
    Case("impossible", "R-DATA-TIDAK-VALID", scores=lambda p: factories.numeric(p, "120.01")),
]
NUMBER_OF_PPPK = {"nip": "199204252022211993"}
TABLES: dict[str, tuple[dict, list[Case]]] = {
    "IdentityNumber": (
        {},
        [
            Case("NIP of a PNS", None),
            Case("NIP of a CPNS", None, {"kind": "CPNS"}),
            Case("NI PPPK of a PPPK", None, {"kind": "PPPK"}),
            Case("part-time PPPK has one too", None, {"kind": "PPPK_PARUH_WAKTU"}),
            Case("NI PPPK of a PNS", "R-NIP", NUMBER_OF_PPPK),
            Case("NIP of a PPPK", "R-NIP", {"kind": "PPPK", "nip": "197811202005012992"}),
        ],
    ),
    "ActiveStatus": (
        {},
        [
            Case("active", None),
            Case("leave outside state responsibility", "R-AKTIF", {"legal_status": "CLTN"}),
            Case("study assignment", "R-AKTIF", {"legal_status": "TUGAS_BELAJAR"}),
            Case("retired", "R-AKTIF", {"legal_status": "PENSIUN"}),
        ],
    ),
    "ServantKind": (
        {"kinds": ["PNS"]},
        [
            Case("PNS", None),
            Case("CPNS", "R-STATUS-ASN", {"kind": "CPNS"}),
            Case("PPPK", "R-STATUS-ASN", {"kind": "PPPK"}),
        ],
    ),
    "NotDirectService": (
        {},
        [
            Case("the post does not", None, {"direct_service": False}),
            Case("the post does", "R-LAYANAN-LANGSUNG", {"direct_service": True}),
            Case("not known anywhere", "R-LAYANAN-BELUM-DIKETAHUI", {"direct_service": None}),
        ],
    ),
    "MinimumRating": ({"minimum": 5}, MINIMUM_RATING),
    "MinimumScore": ({"minimum": "100.00"}, MINIMUM_SCORE),
}
