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
    """`code` None: passes; several: all of them, in any order."""

    title: str
    code: str | tuple[str, ...] | None
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
NUMBER_OF_PPPK_2 = {"nip": "199204252022211994"}


def punished(start, end=None, status="DIJATUHKAN", level="SEDANG"):
    return lambda person: factories.discipline(person, start, end, status=status, level=level)


def quarter(rating=Rating.GOOD, period=3, year=2026, **fields):
    return lambda person: factories.appraisal(
        person, year=year, kind="TRIWULAN", period=period, rating=rating, **fields
    )


def absent_on(*days):
    def on_those(person):
        for day in days:
            factories.absence(person, dt.date.fromisoformat(day))

    return on_those


def facts(*rows):
    """(key, value, from, until) rows of the agency's own facts."""

    def recorded(person):
        for key, value, *valid in rows:
            factories.fact(person, key, value, *valid)

    return recorded


def awol(*rows):
    return facts(*(("hari_awol", number, first) for number, first in rows))


def submitted(person):
    factories.appraisal(person, state=State.SUBMITTED)


OUTSIDE = ("2025-12-31", "2025-12-30", "2025-12-29", "2026-12-01")  # last year, and later
BOTH_CODES = ("R-STATUS-ASN", "R-PENILAIAN-TIDAK-ADA")


def rated(rating, score=None):
    if score is None:
        return lambda person: factories.appraisal(person, rating=rating)
    return lambda person: factories.numeric(person, score, rating)


DUTY = {
    name: True
    for name in (
        "duty_outside_office",
        "duty_no_special_room",
        "duty_uses_ict",
        "duty_little_face_to_face",
        "duty_no_constant_supervision",
    )
}
SPECIAL = {"special_until": dt.date(2026, 12, 31)}
DISCIPLINE = {
    "NotServing": [
        Case("no record", None),
        Case("until that very day", "R-HUKDIS", scores=punished("2026-06-01", "2026-11-30")),
        Case("until the day before", None, scores=punished("2026-06-01", "2026-11-29")),
        Case("from that very day", "R-HUKDIS", scores=punished("2026-11-30", "2027-11-29")),
        Case("from the day after", None, scores=punished("2026-12-01", "2027-12-01")),
        Case("a light one has no period", None, scores=punished("2026-11-01", level="RINGAN")),
        Case("cancelled", None, scores=punished("2026-06-01", "2027-06-01", "DIBATALKAN")),
        Case("still in process", None, scores=punished("2026-06-01", None, "DALAM_PROSES")),
    ],
    "NoCaseInProcess": [
        Case("no record", None),
        Case("in process", "R-HUKDIS-PROSES", scores=punished("2026-11-02", None, "DALAM_PROSES")),
        Case("begins later", None, scores=punished("2026-12-01", None, "DALAM_PROSES")),
        Case("ended before", None, scores=punished("2026-06-01", "2026-11-29", "DALAM_PROSES")),
        Case("imposed is not in process", None, scores=punished("2026-06-01", "2027-06-01")),
    ],
    "CleanPeriod": [
        Case("no record", None),
        Case("a day short of twelve months", "R-HUKDIS-MASA-BERSIH", scores=punished("2025-12-01", level="RINGAN")),
        Case("on the anniversary", None, scores=punished("2025-11-30", level="RINGAN")),
        Case("cancelled", None, scores=punished("2026-06-01", "2027-06-01", "DIBATALKAN")),
    ],
}
OWN = {"key": "pelatihan", "code": "R-PELATIHAN", "text_id": "Pelatihan WFH selesai.", "text_en": "WFH training done."}


def breaches(*days, lifted=None):
    """Breaches on these days (None: without a day), and a fact that lifts what they led to."""
    rows = [("pelanggaran_wfh", "tidak menjawab", day) for day in days]
    return facts(*rows, *([("pelanggaran_wfh_dipulihkan", "ya", lifted)] if lifted else []))


BARRED, UNDATED = "R-PELANGGARAN", "R-FAKTA-BELUM-DIKETAHUI"
THREE = ("2026-01-10", "2026-02-10", "2026-08-31")  # the third bars for three months: until 30 November
FOUR = (*THREE, "2026-09-01")
LADDER = [  # of REMIND, WARN, BAR:3, REVOKE within twelve months, at Monday 30 November 2026
    Case("no breach", None),
    Case("one is a reminder", None, scores=breaches("2026-11-29")),
    Case("two are a warning", None, scores=breaches("2026-11-28", "2026-11-29")),
    Case("three bar", BARRED, scores=breaches("2026-11-01", "2026-11-28", "2026-11-29")),
    Case("of that very Monday", BARRED, scores=breaches("2026-11-01", "2026-11-28", "2026-11-30")),
    Case("of later do not count yet", None, scores=breaches("2026-11-01", "2026-11-28", "2026-12-01")),
    Case("the bar is over on its last day, held to the month", None, scores=breaches(*THREE)),
    Case("a day short", BARRED, scores=breaches(*THREE[:2], "2026-09-01")),
    Case("the fourth revokes, however long ago", BARRED, scores=breaches(*FOUR)),
    Case("two of them a year before the third", None, scores=breaches("2024-01-10", "2024-02-10", "2026-11-20")),
    Case("at the anniversary it counts no longer", None, scores=breaches("2025-11-20", "2026-11-19", "2026-11-20")),
    Case("a day before, it does", BARRED, scores=breaches("2025-11-21", "2026-11-19", "2026-11-20")),
    Case("lifted", None, scores=breaches(*FOUR, lifted="2026-10-01")),
    Case("lifted, and broken again", BARRED, scores=breaches(*FOUR, "2026-11-02", lifted="2026-10-01")),
    Case("lifted later", BARRED, scores=breaches(*FOUR, lifted="2026-12-01")),
    Case(
        "a further breach never shortens a bar",
        BARRED,
        scores=breaches("2025-09-10", "2025-09-11", "2026-09-09", "2026-09-15"),
    ),
    Case("without its day", UNDATED, scores=breaches(None)),
    Case("without its day, and barred", BARRED, scores=breaches(None, "2026-11-01", "2026-11-28", "2026-11-29")),
    Case("without its day, lifted", None, scores=breaches(None, lifted="2026-11-01")),
]


ANSWERS: dict[str, tuple[dict, list[Case]]] = {
    "BreachLadder": ({}, LADDER),
    "FactEquals": (
        OWN | {"value": "lulus"},
        [
            Case("not recorded", "R-FAKTA-BELUM-DIKETAHUI"),
            Case("says so", None, scores=facts(("pelatihan", "LULUS"))),
            Case("says something else", "R-PELATIHAN", scores=facts(("pelatihan", "gagal"))),
            Case(
                "no longer valid", "R-FAKTA-BELUM-DIKETAHUI", scores=facts(("pelatihan", "lulus", None, "2026-11-29"))
            ),
            Case("valid until that day", None, scores=facts(("pelatihan", "lulus", None, "2026-11-30"))),
            Case(
                "the later one counts",
                "R-PELATIHAN",
                scores=facts(("pelatihan", "lulus", "2026-01-01"), ("pelatihan", "gagal", "2026-06-01")),
            ),
        ],
    ),
    "FactAtLeast": (
        OWN | {"minimum": "2.5"},
        [
            Case("not recorded", "R-FAKTA-BELUM-DIKETAHUI"),
            Case("exactly", None, scores=facts(("pelatihan", "2.5"))),
            Case("just below", "R-PELATIHAN", scores=facts(("pelatihan", "2.4999"))),
            Case("not a number", "R-FAKTA-BELUM-DIKETAHUI", scores=facts(("pelatihan", "lulus"))),
        ],
    ),
    "FactAtMost": (
        OWN | {"maximum": "2"},
        [
            Case("not recorded", "R-FAKTA-BELUM-DIKETAHUI"),
            Case("exactly", None, scores=facts(("pelatihan", "2"))),
            Case("just above", "R-PELATIHAN", scores=facts(("pelatihan", "2.0001"))),
        ],
    ),
    "FactSumAtMost": (
        OWN | {"maximum": "5", "any_year": True, "key": "hari_awol", "code": "R-AWOL"},
        [
            Case("none is zero", None),
            Case(
                "five in a year", None, scores=facts(("hari_awol", "2", "2024-02-01"), ("hari_awol", "3", "2024-11-01"))
            ),
            Case(
                "six in a year",
                "R-AWOL",
                scores=facts(("hari_awol", "3", "2024-02-01"), ("hari_awol", "3", "2024-11-01")),
            ),
            Case(
                "six over two years",
                None,
                scores=facts(("hari_awol", "3", "2023-12-31"), ("hari_awol", "3", "2024-01-01")),
            ),
            Case("not a number", UNDATED, scores=facts(("hari_awol", "enam", "2024-02-01"))),
            Case("of a year not recorded", UNDATED, scores=facts(("hari_awol", "1"))),
            Case(
                "too many, whatever the other one says",
                "R-AWOL",
                scores=facts(("hari_awol", "6", "2024-02-01"), ("hari_awol", "enam", "2023-02-01")),
            ),
        ],
    ),
    "FactWithinMonths": (
        OWN | {"months": 6, "present": False, "code": "R-ETIKA"},
        [
            Case("none", None),
            Case("lately", "R-ETIKA", scores=facts(("pelatihan", "ya", "2026-06-01", "2026-06-01"))),
            Case("on the anniversary", None, scores=facts(("pelatihan", "ya", "2026-05-30", "2026-05-30"))),
            Case("without a day", UNDATED, scores=facts(("pelatihan", "ya"))),
            Case(
                "lately, and another without a day",
                "R-ETIKA",
                scores=facts(("pelatihan", "ya", "2026-06-01"), ("pelatihan", "ya", None, "2020-01-01")),
            ),
        ],
    ),
    "FactPresent": (
        OWN,
        [
            Case("not there", "R-PELATIHAN"),
            Case("there", None, scores=facts(("pelatihan", "apa saja"))),
            Case("no longer", "R-PELATIHAN", scores=facts(("pelatihan", "ya", "2026-01-01", "2026-06-30"))),
        ],
    ),
    "AnyOf": (
        {"of": [{"rule": "ServantKind", "kinds": ["PNS"]}, {"rule": "MinimumRating", "minimum": 5}]},
        [
            Case("the first", None),
            Case("the second", None, NUMBER_OF_PPPK | {"kind": "PPPK"}, very_good),
            Case(
                "neither: both say why", ("R-STATUS-ASN", "R-PENILAIAN-TIDAK-ADA"), NUMBER_OF_PPPK_2 | {"kind": "PPPK"}
            ),
        ],
    ),
    "AllOf": (
        {"of": [{"rule": "ServantKind", "kinds": ["PNS"]}, {"rule": "DutyCriteria"}]},
        [
            Case("both", None, DUTY),
            Case("one", "R-TUGAS-BELUM-DIKETAHUI"),
        ],
    ),
    "Not": (
        {"of": {"rule": "NotDirectService"}, "code": "R-SYARAT"},
        [
            Case("the contrary holds", None, {"direct_service": True}),
            Case("the condition holds", "R-SYARAT", {"direct_service": False}),
            Case("unknown never passes", "R-SYARAT", {"direct_service": None}),
        ],
    ),
}
MORE: dict[str, tuple[dict, list[Case]]] = {
    "ExcludedLevels": (
        {"levels": ["PUSAT"]},
        [Case("central government, left out here", "R-LINGKUP")],
    ),
    "ExcludedPosts": (
        {"posts": {"PUSAT": ["JPT_MADYA", "JPT_PRATAMA"], "KABKOTA": ["ADMINISTRATOR"]}},
        [
            Case("left out", "R-JABATAN-DIKECUALIKAN", {"job_group": "JPT_PRATAMA"}),
            Case("left out elsewhere only", None, {"job_group": "ADMINISTRATOR"}),
            Case("not known", "R-JABATAN-BELUM-DIKETAHUI", {"job_group": ""}),
        ],
    ),
    "DutyCriteria": (
        {},
        [
            Case("all five", None, DUTY),
            Case("one is not met", "R-TUGAS", DUTY | {"duty_uses_ict": False}),
            Case("one is not known", "R-TUGAS-BELUM-DIKETAHUI", DUTY | {"duty_uses_ict": None}),
            Case("not met weighs more than not known", "R-TUGAS", {"duty_uses_ict": False}),
        ],
    ),
    "TimeInPost": (
        {"months": 6},
        [
            Case("not known", "R-MASA-JABATAN-BELUM-DIKETAHUI"),
            Case("on the anniversary", None, {"in_post_since": dt.date(2026, 5, 30)}),
            Case("a day short", "R-PEGAWAI-BARU", {"in_post_since": dt.date(2026, 5, 31) + dt.timedelta(days=1)}),
            Case("the 31st is held to the 30th", None, {"in_post_since": dt.date(2026, 5, 31)}),
        ],
    ),
    **{name: ({}, cases) for name, cases in DISCIPLINE.items()},
    "FewAbsences": (
        {"days": 2},
        [
            Case("none", None),
            Case("two", None, scores=absent_on("2026-01-05", "2026-11-30")),
            Case("three", "R-ALPA", scores=absent_on("2026-01-05", "2026-02-02", "2026-11-27")),
            Case(
                "of last year and of later do not count",
                None,
                scores=absent_on("2025-12-31", "2025-12-30", "2025-12-29", "2026-12-01"),
            ),
        ],
    ),
    "TopShare": (
        {"percent": 20},
        [  # ten people are placed in the unit: the best two
            Case("very good", None, scores=rated(Rating.VERY_GOOD)),
            Case("good, the higher score", None, scores=rated(Rating.GOOD, "90.5")),
            Case("good, the lower score", "R-PERINGKAT", scores=rated(Rating.GOOD, "90.4")),
            Case("fair with a high score stands below good", "R-PERINGKAT", scores=rated(Rating.FAIR, "99")),
            Case("nothing on record", "R-PENILAIAN-TIDAK-ADA"),
            Case(
                "waiting for HR",
                "R-PENILAIAN-BELUM-FINAL",
                scores=lambda p: factories.appraisal(p, state=State.SUBMITTED),
            ),
            *[Case(f"another {n}", "R-PENILAIAN-TIDAK-ADA") for n in range(3)],
            Case("of another year", "R-PENILAIAN-KEDALUWARSA", scores=lambda p: factories.appraisal(p, year=2024)),
        ],
    ),
    "PeriodicRating": (
        {"minimum": 4, "grace_days": 14},
        [
            Case("nothing on record", "R-PERIODIK-BELUM-FINAL"),
            Case("good", None, scores=quarter()),
            Case("below", "R-PERIODIK-PREDIKAT", scores=quarter(Rating.FAIR)),
            Case("rating not known", "R-PERIODIK-PREDIKAT", scores=quarter(None)),
            Case("waiting for HR", "R-PERIODIK-BELUM-FINAL", scores=quarter(state=State.SUBMITTED)),
            Case("the quarter before", "R-PERIODIK-BELUM-FINAL", scores=quarter(period=2)),
        ],
    ),
    **ANSWERS,
}
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
    **MORE,
}
