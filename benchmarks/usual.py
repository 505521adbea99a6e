"""The usual ways with Django's ORM, for comparison: REWARD-2025 in Python, over objects with prefetched relations."""

import datetime as dt
import itertools
import time

from django.db import transaction
from django.db.models import Prefetch

from eligibility.models import Decision
from employees.models import Absence, Agency, Discipline, Employee, Placement
from performance.models import Appraisal

BATCH = 1_000
TRACK = "USUAL"
DUTY = (
    "duty_outside_office",
    "duty_no_special_room",
    "duty_uses_ict",
    "duty_little_face_to_face",
    "duty_no_constant_supervision",
)


def people_of(agency: Agency, week: dt.date):
    """The people of an agency with what the rules look at, as one would write it."""
    return (
        Employee.objects.filter(agency=agency)
        .order_by("pk")
        .prefetch_related(
            Prefetch("placements", Placement.objects.filter(valid__contains=week).select_related("unit"), "now"),
            Prefetch("appraisals", Appraisal.objects.in_force(), "counting"),
            Prefetch("disciplines", Discipline.objects.filter(start__lte=week).exclude(status="DIBATALKAN"), "records"),
            Prefetch("absences", Absence.objects.filter(date__year=week.year, date__lte=week), "missed"),
        )
    )


def by_bulk_create(agency: Agency, week: dt.date, most: int) -> tuple[float, int, set[int]]:
    """Seconds for at most so many people in batches, how many they were, and who was eligible."""
    begin, made, eligible = time.perf_counter(), 0, set()
    people = people_of(agency, week)[:most].iterator(chunk_size=BATCH)
    with transaction.atomic():
        while some := list(itertools.islice(people, BATCH)):
            rows = [_decision(person, week) for person in some]
            Decision.objects.bulk_create(rows)
            made += len(rows)
            eligible |= {row.employee_id for row in rows if row.eligible}
    return time.perf_counter() - begin, made, eligible


def by_loop(agency: Agency, week: dt.date, sample: int) -> float:
    """Seconds for so many people, one after the other, each with its own queries and `update_or_create`."""
    ids = list(Employee.objects.filter(agency=agency).order_by("-pk").values_list("pk", flat=True)[:sample])
    begin = time.perf_counter()
    for pk in ids:
        row = _decision(people_of(agency, week).get(pk=pk), week)
        values = {"eligible": row.eligible, "reasons": row.reasons, "rating": row.rating, "kind": row.kind}
        values |= {"legal_status": row.legal_status, "evidence": row.evidence, "placement_id": row.placement_id}
        key = {"agency_id": agency.pk, "track": TRACK, "employee_id": pk, "from_run": 1}
        Decision.objects.update_or_create(**key, defaults=values)
    return time.perf_counter() - begin


def _decision(person: Employee, week: dt.date) -> Decision:
    place = person.now[0]
    annual = next((a for a in person.counting if a.kind == "TAHUNAN" and a.year == week.year - 1), None)
    quarter = next((a for a in person.counting if a.kind == "TRIWULAN" and (a.year, a.period) == (week.year, 3)), None)
    codes = {
        "R-NIP": person.kind.startswith("PPPK") != (person.nip[12:13] == "2"),
        "R-AKTIF": person.legal_status != "AKTIF",
        "R-TUGAS": any(getattr(person, name) is False for name in DUTY),
        "R-TUGAS-BELUM-DIKETAHUI": {getattr(person, name) for name in DUTY} == {True, None},
        "R-MASA-JABATAN-BELUM-DIKETAHUI": place.in_post_since is None,
        "R-PEGAWAI-BARU": place.in_post_since is not None and place.in_post_since > _months_before(week, 6),
        "R-HUKDIS": any(r.status == "DIJATUHKAN" and r.end and r.end >= week for r in person.records),
        "R-HUKDIS-PROSES": any(r.status == "DALAM_PROSES" and (r.end is None or r.end >= week) for r in person.records),
        "R-HUKDIS-MASA-BERSIH": any(
            r.status == "DIJATUHKAN" and r.start > _months_before(week, 12) for r in person.records
        ),
        "R-ALPA": len(person.missed) > 2,
        "R-PENILAIAN": annual is None,
        "R-PREDIKAT": annual is not None and (annual.rating or 0) < 4,
        "R-PERIODIK-BELUM-FINAL": quarter is None,
        "R-PERIODIK-PREDIKAT": quarter is not None and (quarter.rating or 0) < 4,
    }
    reasons = [code for code, fails in codes.items() if fails]
    return Decision(
        agency_id=person.agency_id,
        track=TRACK,
        employee=person,
        from_run=1,
        eligible=not reasons,
        reasons=reasons,
        placement_id=place.pk,
        appraisal_id=annual.pk if annual else None,
        rating=annual.rating if annual else None,
        score=annual.score if annual else None,
        kind=person.kind,
        legal_status=person.legal_status,
        direct_service=place.direct_service if place.direct_service is not None else place.unit.serves_public,
        evidence={"unit_id": place.unit_id, "quarter_rating": quarter.rating if quarter else None},
    )


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, 28))
