"""Discipline, absences, own facts and special circumstances of some people, as the files an agency would send."""

import dataclasses
import datetime as dt
import random
from collections.abc import Collection

from .people import AgencySpec, cast_of

PUNISHED, ABSENT, SPECIAL, TRAINED, AGREED = 0.03, 0.03, 0.015, 0.7, 0.6  # shares of the people
MEDIUM = (6, 9, 12)  # months (PP 94/2021)


@dataclasses.dataclass(frozen=True)
class RecordFiles:
    discipline: list[dict]
    absences: list[dict]
    facts: list[dict]
    special: list[dict]  # of the employees file, with no more than it needs


def records(
    spec: AgencySpec, people: list[dict], week: dt.date, off: Collection[dt.date], chance: random.Random
) -> RecordFiles:
    """The files as they stand in a week (its Monday), without the cast; nobody can be absent on the days `off`."""
    cast = {one.nip for one in cast_of(spec.code).values()}
    files = RecordFiles([], [], [], [])
    for person in people:
        nip = person["nip"]
        if nip in cast:
            continue
        if chance.random() < PUNISHED:
            files.discipline.append({"nip": nip} | _discipline(week, len(files.discipline), chance))
        if chance.random() < ABSENT:
            days = _days_before(week, off, chance)
            files.absences.extend({"nip": nip, "tanggal": str(day), "jenis": "ALPA"} for day in days)
        if chance.random() < SPECIAL:
            until = week + dt.timedelta(days=chance.randint(20, 180))
            known = {name: person[name] for name in ("nip", "nama", "status_kepegawaian", "kode_unit")}
            files.special.append(known | {"keadaan_khusus_sampai": str(until)})
        files.facts.extend(_facts(nip, week, chance))
    return files


def _discipline(week: dt.date, count: int, chance: random.Random) -> dict:
    """In turn a light punishment, a medium one, a case in process, a cancelled one and a severe one."""
    first = week - dt.timedelta(days=chance.randint(20, 400))
    row = {"mulai": str(first), "akhir": "", "status": "DIJATUHKAN", "nomor_sk": f"{count + 1:03d}/HD/{first.year}"}
    turn = count % 5
    if turn == 2:
        return row | {"tingkat": "", "status": "DALAM_PROSES", "nomor_sk": ""}
    if turn == 0:
        return row | {"tingkat": "RINGAN"}
    months = chance.choice(MEDIUM) if turn != 4 else 12
    status = "DIBATALKAN" if turn == 3 else "DIJATUHKAN"
    last = first + dt.timedelta(days=30 * months)
    return row | {"tingkat": "BERAT" if turn == 4 else "SEDANG", "akhir": str(last), "status": status}


def _days_before(week: dt.date, off: Collection[dt.date], chance: random.Random) -> list[dt.date]:
    """One to four working days of the months before."""
    near = [week - dt.timedelta(days=n) for n in range(1, 120)]
    working = [day for day in near if day.isoweekday() <= 5 and day not in off]
    return sorted(chance.sample(working, chance.randint(1, 4)))


def _facts(nip: str, week: dt.date, chance: random.Random):
    trained = week - dt.timedelta(days=chance.randint(30, 500))
    if chance.random() < TRAINED:
        row = {"nip": nip, "mulai": str(trained), "akhir": "", "sumber": "Pusdiklat"}
        yield row | {"kunci": "jam_pelatihan", "nilai": chance.choice(("2,5", "4", "6", "8", "12,5"))}
    if chance.random() < AGREED:
        row = {"nip": nip, "mulai": str(trained), "akhir": "", "sumber": "Surat perjanjian"}
        yield row | {"kunci": "perjanjian_wfh", "nilai": "ya"}
