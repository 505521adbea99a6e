"""Two years of annual appraisals for the demo's people: a quadrant for one agency, numbers for the other."""

import dataclasses
import random

from performance.rating import Level, Regime

from .people import AgencySpec, cast_of

ABOVE, AS, BELOW = Level.ABOVE.value, Level.AS.value, Level.BELOW.value


@dataclasses.dataclass
class Files:
    """Rows of the appraisals files of an agency."""

    before: list[dict]  # the year before last year, long approved
    last: list[dict]  # last year, approved
    late: list[dict]  # last year, still waiting; imported by the colleague
    own: list[dict]  # last year, still waiting; imported by the HR officer, who therefore may not approve them


def scores(spec: AgencySpec, people: list[dict], year: int, chance: random.Random) -> Files:
    """Appraisals of `year` and of the year before. A few people have none."""
    files = Files([], [], [], [])
    cast = cast_of(spec.code)
    sure = {cast["employee"].nip, cast["supervisor"].nip}
    for person in people:
        good = person["nip"] in sure
        if not good and chance.random() < 0.02:
            continue
        if person["status_kepegawaian"] != "CPNS":
            files.before.append(_row(spec, person, year - 1, chance, good))
        row = _row(spec, person, year, chance, good)
        where = 1.0 if good else 0.0 if person["nip"] == cast["hr_officer"].nip else chance.random()
        (files.late if where < 0.06 else files.own if where < 0.07 else files.last).append(row)
    return files


def _row(spec: AgencySpec, person: dict, year: int, chance: random.Random, good: bool) -> dict:
    row = {"nip": person["nip"], "jenis": "TAHUNAN", "tahun": str(year), "nip_penilai": person["nip_atasan"]}
    return row | (_quadrant(chance, good) if spec.code == "KPUR" else _numbers(chance, good))


def _quadrant(chance: random.Random, good: bool) -> dict:
    result = ABOVE if good else chance.choices((ABOVE, AS, BELOW), (48, 47, 5))[0]
    behaviour = ABOVE if good else chance.choices((ABOVE, AS, BELOW), (70, 27, 3))[0]
    return {"rezim": Regime.P6.value, "hasil_kerja": result, "perilaku_kerja": behaviour}


def _numbers(chance: random.Random, good: bool) -> dict:
    goals, behaviour = (max(55.0, min(120.0, chance.gauss(112 if good else 101, 3 if good else 9))) for _ in "ab")
    return {
        "rezim": Regime.PP30.value,
        "nilai_skp": f"{goals:.2f}".replace(".", ","),
        "nilai_perilaku": f"{behaviour:.2f}".replace(".", ","),
        "bobot": "70/30" if chance.random() < 0.8 else "60/40",
        "ide_baru": "ya" if good or chance.random() < 0.2 else "tidak",
    }
