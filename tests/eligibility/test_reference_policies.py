"""Every reference policy of domain.md §9 is data: who and when → the set of codes, complete, a line a case."""

import dataclasses
import datetime as dt

import pytest

from eligibility import engine
from eligibility.actions import load_policies
from eligibility.models import Policy, Run
from employees.models import Agency, Holiday
from performance.rating import Rating
from schedules.actions import weekly
from schedules.explaining import explain
from schedules.models import WfhDay
from tests import factories

from .cases import DUTY, NUMBER_OF_PPPK, SPECIAL, absent_on, facts, punished, quarter, rated, submitted
from .test_explained_is_computed import in_force

WEDNESDAY, THURSDAY, FRIDAY = dt.date(2026, 11, 25), dt.date(2026, 11, 26), dt.date(2026, 11, 27)
SATURDAY = dt.date(2026, 11, 28)
LONG_AGO = {"in_post_since": dt.date(2020, 1, 1)}
READY = DUTY | LONG_AGO  # fit for PermenPANRB 4/2025


def both(*made):
    """Several records of the same person."""

    def all_of_them(person):
        for one in made:
            one(person)

    return all_of_them


very_good, good = rated(Rating.VERY_GOOD), rated(Rating.GOOD)
WELL = both(good, quarter())


@dataclasses.dataclass(frozen=True)
class Case:
    policy: str
    title: str
    codes: set[str]
    person: dict = dataclasses.field(default_factory=dict)
    records: object = staticmethod(lambda person: None)
    date: dt.date = WEDNESDAY
    agency: str = "PUSAT"
    used: tuple[dt.date, ...] = ()  # other WFH days
    others: int = 9  # in the unit
    at_home: int = 0  # of the others, on that date


CASES = [
    Case("REWARD-2019", "very good on a Wednesday", set(), records=very_good),
    Case("REWARD-2019", "on a Thursday", {"R-HARI-SALAH"}, records=very_good, date=THURSDAY),
    Case("REWARD-2019", "good only", {"R-PREDIKAT"}, records=good),
    Case("REWARD-2019", "waiting for HR, and no R-PREDIKAT besides", {"R-PENILAIAN-BELUM-FINAL"}, records=submitted),
    Case(
        "REWARD-2019",
        "a PPPK serving the public, all codes at once",
        {"R-STATUS-ASN", "R-LAYANAN-LANGSUNG", "R-PENILAIAN-TIDAK-ADA", "R-HARI-SALAH"},
        NUMBER_OF_PPPK | {"kind": "PPPK", "direct_service": True},
        date=FRIDAY,
    ),
    Case("REWARD-2019", "a number over 120", {"R-DATA-TIDAK-VALID"}, records=rated(Rating.VERY_GOOD, "120.01")),
    Case("REWARD-2019", "a second day", {"R-BATAS-MINGGU"}, records=very_good, used=(THURSDAY,)),
    Case("PERMENPANRB-4-2025", "fit", set(), READY),
    Case("PERMENPANRB-4-2025", "before it was in force", {"R-TANGGAL-DI-LUAR-MASA"}, READY, date=dt.date(2025, 4, 15)),
    Case("PERMENPANRB-4-2025", "on its first day", set(), READY, date=dt.date(2025, 4, 16)),
    Case("PERMENPANRB-4-2025", "of the police", {"R-LINGKUP"}, READY, agency="POLRI"),
    Case("PERMENPANRB-4-2025", "being punished", {"R-HUKDIS"}, READY, punished("2026-06-01", "2026-12-31")),
    Case(
        "PERMENPANRB-4-2025",
        "case in process",
        {"R-HUKDIS-PROSES"},
        READY,
        punished("2026-11-01", None, "DALAM_PROSES"),
    ),
    Case("PERMENPANRB-4-2025", "new in the post", {"R-PEGAWAI-BARU"}, READY | {"in_post_since": dt.date(2026, 6, 1)}),
    Case("PERMENPANRB-4-2025", "duty not fit", {"R-TUGAS"}, READY | {"duty_uses_ict": False}),
    Case("PERMENPANRB-4-2025", "a third day", {"R-BATAS-MINGGU"}, READY, used=(THURSDAY, FRIDAY)),
    Case("PERMENPANRB-4-2025", "a third day in special circumstances", set(), READY | SPECIAL, used=(THURSDAY, FRIDAY)),
    Case("PERMENPANRB-4-2025", "on a Saturday", {"R-HARI-LIBUR"}, READY, date=SATURDAY),
    Case("PERMENPANRB-4-2025", "on leave without pay", {"R-AKTIF"}, READY | {"legal_status": "CLTN"}),
    Case("REWARD-2025", "good, and good in the last quarter", set(), READY, WELL),
    Case("REWARD-2025", "quarter not approved", {"R-PERIODIK-BELUM-FINAL"}, READY, good),
    Case("REWARD-2025", "quarter below", {"R-PERIODIK-PREDIKAT"}, READY, both(good, quarter(Rating.FAIR))),
    Case(
        "REWARD-2025",
        "absent three days",
        {"R-ALPA"},
        READY,
        both(WELL, absent_on("2026-01-05", "2026-03-02", "2026-03-03")),
    ),
    Case(
        "REWARD-2025",
        "punished half a year ago",
        {"R-HUKDIS-MASA-BERSIH"},
        READY,
        both(WELL, punished("2026-05-25", level="RINGAN")),
    ),
    Case("REWARD-2025", "half of the unit is at home", {"R-KUOTA-UNIT"}, READY, WELL, at_home=5),
    Case("REWARD-2025", "one place is left", set(), READY, WELL, at_home=4),
    Case("REWARD-2025-SB", "good is not enough", {"R-PREDIKAT"}, READY, WELL),
    Case(
        "REWARD-2025-SB",
        "a fifth of the unit is at home",
        {"R-KUOTA-UNIT"},
        READY,
        both(very_good, quarter()),
        at_home=2,
    ),
    Case("REWARD-2025-SB", "very good", set(), READY, both(very_good, quarter()), at_home=1),
    Case("JUMAT-2026", "a Friday, whatever the performance", set(), date=FRIDAY),
    Case("JUMAT-2026", "a Wednesday", {"R-HARI-SALAH"}),
    Case("JUMAT-2026", "before April", {"R-TANGGAL-DI-LUAR-MASA"}, date=dt.date(2026, 3, 27)),
    Case(
        "JUMAT-2026",
        "JPT pratama of a province",
        {"R-JABATAN-DIKECUALIKAN"},
        {"job_group": "JPT_PRATAMA"},
        date=FRIDAY,
        agency="PROVINSI",
    ),
    Case(
        "JUMAT-2026",
        "administrator of a province",
        set(),
        {"job_group": "ADMINISTRATOR"},
        date=FRIDAY,
        agency="PROVINSI",
    ),
    Case(
        "JUMAT-2026",
        "administrator of a regency",
        {"R-JABATAN-DIKECUALIKAN"},
        {"job_group": "ADMINISTRATOR"},
        date=FRIDAY,
        agency="KABKOTA",
    ),
    Case("JUMAT-2026", "serving the public", {"R-LAYANAN-LANGSUNG"}, {"direct_service": True}, date=FRIDAY),
    Case("LEBARAN-2024", "the first of the two days", set(), date=dt.date(2024, 4, 16)),
    Case("LEBARAN-2024", "the day after", {"R-TANGGAL-DI-LUAR-MASA"}, date=dt.date(2024, 4, 18)),
    Case("LEBARAN-2024", "half of the unit is at home", {"R-KUOTA-UNIT"}, date=dt.date(2024, 4, 17), at_home=5),
    Case(
        "LEBARAN-2024",
        "serving the public: the quota is not asked",
        {"R-LAYANAN-LANGSUNG"},
        {"direct_service": True},
        date=dt.date(2024, 4, 17),
        at_home=5,
    ),
    Case("FWS-2020", "good", set(), records=good),
    Case(
        "FWS-2020",
        "fair, and a case in process",
        {"R-PREDIKAT", "R-HUKDIS-PROSES"},
        records=both(rated(Rating.FAIR), punished("2026-11-02", None, "DALAM_PROSES")),
    ),
    Case(
        "FWS-2020",
        "before it was in force",
        {"R-TANGGAL-DI-LUAR-MASA", "R-PENILAIAN-KEDALUWARSA"},
        records=good,
        date=dt.date(2020, 5, 5),
    ),
    Case("TERBAIK-2026", "alone with a score in a unit of ten", set(), records=very_good),
    Case("TERBAIK-2026", "fair", {"R-PREDIKAT"}, records=rated(Rating.FAIR)),
    Case("US-TEA-2010", "rated three of five", set(), records=rated(Rating.FAIR)),
    Case("US-TEA-2010", "rated two", {"R-PREDIKAT"}, records=rated(Rating.POOR)),
    Case(
        "US-TEA-2010",
        "six days in 2020, ethics besides",
        {"R-AWOL", "R-ETIKA"},
        records=both(good, facts(("awol_hari", "6", "2020-03-01"), ("pelanggaran_etika", "ya", "2019-01-01"))),
    ),
    Case("UK-60", "the second day of five", set(), used=(THURSDAY,)),
    Case("UK-60", "the third", {"R-KEHADIRAN-KANTOR"}, used=(THURSDAY, FRIDAY)),
    Case(
        "UK-60",
        "a senior's second: exactly 60 % is not more",
        {"R-KEHADIRAN-KANTOR"},
        {"job_group": "JPT_MADYA"},
        used=(THURSDAY,),
    ),
    Case("APS-2023", "nothing against it", set()),
    Case("APS-2023", "a clear ground, agreement not attempted", set(), records=facts(("alasan_bisnis_jelas", "ya"))),
    Case(
        "APS-2023",
        "a clear ground, agreement attempted",
        {"R-ALASAN-BISNIS"},
        records=facts(("alasan_bisnis_jelas", "ya"), ("kesepakatan_diupayakan", "ya")),
    ),
    Case("SG-FWA-2024", "on probation", {"R-MASA-PERCOBAAN"}),
    Case("SG-FWA-2024", "past it", set(), records=facts(("masa_percobaan_lulus", "ya"))),
    Case(
        "SG-FWA-2024",
        "past it, a ground against it",
        {"R-ALASAN-BISNIS"},
        records=facts(("masa_percobaan_lulus", "ya"), ("alasan_bisnis", "ya")),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.policy}: {case.title}")
def test_case(db, at, case):
    agency = factories.agency(scope=case.agency)
    unit = factories.unit(agency)
    person = factories.employee(unit, **case.person)
    others = [factories.employee(unit, f"Rekan {n}") for n in range(case.others)]
    case.records(person)
    days = [(person, date) for date in case.used] + [(other, case.date) for other in others[: case.at_home]]
    for who, date in days:
        WfhDay.objects.create(employee=who, agency=agency, unit=unit, date=date, track="UJI")
    load_policies(by=None, at=at)
    policy = Policy.objects.get(code=case.policy)
    monday = case.date - dt.timedelta(days=case.date.weekday())
    found = explain(person, monday, viewer=None, date=case.date, policy=policy, now=at)
    assert set(found.reasons) == case.codes
    assert found.eligible == (not case.codes)
    (view,) = found.policies
    assert all(outcome.sentence and outcome.text for outcome in view.rules)


def test_every_reference_policy_has_cases_and_loads_twice(db, at):
    loaded = {policy.code for policy in load_policies(by=None, at=at)}
    assert loaded == {policy.code for policy in load_policies(by=None, at=at)}
    assert loaded - {case.policy for case in CASES} == {"BERJENJANG-2026", "NILAI-2026"}  # examples of the demo


@pytest.mark.parametrize("code", sorted({case.policy for case in CASES}))
def test_all_are_computed_as_one_is_explained(db, at, code):
    """One run over all the people of a policy's cases, of one agency, against `explain` of each."""
    cases = [case for case in CASES if case.policy == code]
    agency = factories.agency()
    people = []
    for number, case in enumerate(cases):
        people.append(factories.employee(factories.unit(agency, f"U{number}"), f"Kasus {number}", **case.person))
        case.records(people[-1])
    Holiday.objects.create(date=SATURDAY, name="Hari Uji")
    load_policies(by=None, at=at)
    policy = Policy.objects.get(code=code)
    in_force(agency, policy.rules)
    monday = WEDNESDAY - dt.timedelta(days=2)
    run = weekly.run_week(agency=agency, track="UJI", week=monday, by=None, at=at, publish=False)
    stored = {row.employee_id: row for row in run_decisions(run)}
    for person in people:
        fresh = explain(person, monday, viewer=None, policy=policy, now=at)
        assert (stored[person.pk].eligible, sorted(stored[person.pk].reasons)) == (fresh.eligible, fresh.reasons)
    assert list(engine.misjudged()) == []
    assert Agency.objects.count() == 1


def run_decisions(run: Run):
    from eligibility.models import Decision

    return Decision.objects.at(run)
