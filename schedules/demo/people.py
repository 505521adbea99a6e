"""The world of the demo as plain rows: units of three levels, people under supervisors, all from one seed."""

import dataclasses
import datetime as dt
import random

from employees.models import Employee, Placement

from . import names

Kind, Legal, Group = Employee.Kind, Employee.Legal, Placement.Group
TEAM = 12  # how many people report to one person at most


@dataclasses.dataclass(frozen=True)
class AgencySpec:
    code: str
    name: str
    scope: str
    zone: str
    policy: str
    share: float  # of all people
    areas: tuple[str, ...]


AGENCIES = (
    AgencySpec(
        "KPUR", "Kementerian Pelayanan Umum (contoh)", "PUSAT", "Asia/Jakarta", "BERJENJANG-2026", 0.8, names.AREAS
    ),
    AgencySpec(
        "BPAD", "Badan Penilaian Daerah (contoh)", "PROVINSI", "Asia/Makassar", "NILAI-2026", 0.2, names.REGIONAL_AREAS
    ),
)


@dataclasses.dataclass(frozen=True)
class Named:
    """A person of the demo who has a part to play."""

    key: str
    agency: str
    name: str
    nip: str
    role: str  # the role granted, or ""


CAST = (
    Named("head", "KPUR", "Bambang Wicaksono", "196805121994031901", ""),
    Named("supervisor", "KPUR", "Budi Santoso", "197903142005011902", ""),
    Named("employee", "KPUR", "Sari Rahmawati", "199104182015022903", ""),
    Named("hr_officer", "KPUR", "Dewi Lestari", "198507222010012904", "HR_OFFICER"),
    Named("hr_data", "KPUR", "Rizky Pratama", "199309302018011905", "HR_OFFICER"),
    Named("hr_head", "KPUR", "Hadi Wijaya", "197311051999031906", "HR_HEAD"),
    Named("auditor", "KPUR", "Indah Permatasari", "198402102009122907", "AUDITOR"),
    Named("agency_admin", "KPUR", "Yusuf Hidayat", "198812242014021908", "AGENCY_ADMIN"),
    Named("head", "BPAD", "Made Winata", "196909171995031911", ""),
    Named("supervisor", "BPAD", "Wayan Mahendra", "198006082006041912", ""),
    Named("employee", "BPAD", "Luh Pratiwi", "199206152016022913", ""),
    Named("hr_officer", "BPAD", "Ratna Safitri", "198611032011012914", "HR_OFFICER"),
    Named("hr_data", "BPAD", "Komang Saputri", "199401272019032915", "HR_OFFICER"),
    Named("hr_head", "BPAD", "Gede Susanto", "197407191998031916", "HR_HEAD"),
)
# Where they sit: the team of the supervisor is the first unit below the first area; HR is the second.
SEATS = {"supervisor": 0, "employee": 0, "auditor": 2, "hr_officer": 1, "hr_data": 1, "hr_head": 1, "agency_admin": 1}


def cast_of(code: str) -> dict[str, Named]:
    return {one.key: one for one in CAST if one.agency == code}


class Numbers:
    """Numbers nobody has: a serial from 920 on (the cast has those from 901), each given out once."""

    def __init__(self, chance: random.Random, spec: AgencySpec):
        self.chance = chance
        self.serials = (920, 979) if spec is AGENCIES[0] else (980, 999)  # so that the agencies never meet
        self.given: set[str] = set()

    def make(self, *, pppk: bool, female: bool, fresh: bool) -> str:
        """A NIP, or an NI PPPK; `fresh` for somebody appointed lately."""
        chance = self.chance
        while True:
            born = dt.date(1968, 1, 1) + dt.timedelta(days=chance.randrange(33 * 365))
            year = 2025 if fresh else min(2024, max(born.year + chance.randint(22, 30), 2021 if pppk else 1990))
            month = "21" if pppk else f"{chance.randint(1, 12):02d}"
            number = f"{born:%Y%m%d}{year}{month}{2 if female else 1}{chance.randint(*self.serials)}"
            if number not in self.given:
                self.given.add(number)
                return number


def units(spec: AgencySpec, people: int, chance: random.Random) -> tuple[list[dict], list[tuple[str, int]]]:
    """Rows of the units file, and (code, size) of those in which people work."""
    rows = [_unit(spec, "00", spec.name, "", layanan_langsung="tidak")]
    sizes: list[tuple[str, int]] = []
    left = people - 1
    area = 0
    while left > 0:
        area += 1
        regional = area > len(spec.areas)
        name = f"Kantor Wilayah {names.PROVINCES[area % len(names.PROVINCES)]}" if regional else spec.areas[area - 1]
        quota = str(chance.choice((20, 25, 30, 40, 50)))
        rows.append(_unit(spec, f"{area:02d}", name, f"{spec.code}-00", kuota_wfh_persen=quota))
        left -= 1
        for place in range(1, chance.randint(6, 10) + 1):
            if left <= 0:
                break
            size = min(left, 16 if (area, place) == (1, 1) else chance.randint(8, 40))
            service = place > 3 and chance.random() < 0.2
            title = chance.choice(names.SERVICES) if service else f"Bagian {_field(area, place, chance)}"
            code = f"{area:02d}{place:02d}"
            above = f"{spec.code}-{area:02d}"
            rows.append(_unit(spec, code, title, above, layanan_langsung="ya" if service else ""))
            sizes.append((f"{spec.code}-{code}", size))
            left -= size
    return rows, sizes


def _field(area: int, place: int, chance: random.Random) -> str:
    return (
        ("Umum", "Kepegawaian", "Pengawasan Internal")[place - 1]
        if area == 1 and place <= 3
        else chance.choice(names.FIELDS)
    )


def _unit(spec: AgencySpec, code: str, name: str, above: str, **more: str) -> dict:
    row = {"kode_instansi": spec.code, "kode": f"{spec.code}-{code}", "nama": name, "kode_induk": above}
    return row | {"kuota_wfh_persen": "", "layanan_langsung": ""} | more


def people(spec: AgencySpec, sizes: list[tuple[str, int]], chance: random.Random) -> list[dict]:
    """Rows of the employees file: the head, the heads of the areas, and every unit's people under their supervisors."""
    numbers = Numbers(chance, spec)
    cast = cast_of(spec.code)
    head = _person(chance, numbers, f"{spec.code}-00", "", Group.MIDDLE, f"Kepala {spec.name}", cast["head"])
    rows, area_heads = [head], {}
    for place, (unit, size) in enumerate(sizes):
        area = unit[: len(spec.code) + 3]
        if area not in area_heads:
            # The leaders sit together at the top: alone in a unit each would be its whole minimum presence.
            top = f"{spec.code}-00"
            area_heads[area] = _person(chance, numbers, top, head["nip"], Group.FIRST, "Pimpinan Tinggi Pratama", None)
            rows.append(area_heads[area])
        seated = [cast[key] for key, seat in SEATS.items() if seat == place and key in cast]
        rows += _staff(chance, numbers, unit, size, area_heads[area]["nip"], seated)
    return rows


def _staff(chance, numbers, unit: str, size: int, above: str, seated: list[Named]) -> list[dict]:
    """A unit's head and the others: up to a team directly below, in larger units below leaders of teams."""
    leader = next((one for one in seated if one.key == "supervisor"), None)
    head = _person(chance, numbers, unit, above, Group.ADMINISTRATOR, "Kepala Bagian", leader)
    rows = [head]
    members = [one for one in seated if one is not leader]
    boss, room = head["nip"], TEAM if size <= TEAM + 4 else 4
    for _ in range(max(size - 1, len(members))):
        named = members.pop(0) if members else None
        if room == 0:
            lead = _person(chance, numbers, unit, head["nip"], Group.FUNCTIONAL, "Ketua Tim", named)
            boss, room = lead["nip"], TEAM - 1
            rows.append(lead)
            continue
        functional = chance.random() < 0.6
        group, posts = (Group.FUNCTIONAL, names.FUNCTIONAL) if functional else (Group.EXECUTING, names.EXECUTING)
        rows.append(_person(chance, numbers, unit, boss, group, chance.choice(posts), named))
        room -= 1
    return rows


def _person(chance, numbers: Numbers, unit: str, boss: str, group: str, post: str, named: Named | None) -> dict:
    manages = group not in (Group.FUNCTIONAL, Group.EXECUTING)
    kind: Employee.Kind = Kind.PNS if named or manages else chance.choices(list(Kind), (72, 4, 22, 2))[0]
    pppk = kind in (Kind.PPPK, Kind.PPPK_PARUH_WAKTU)
    female = named.nip[14] == "2" if named else chance.random() < 0.52
    nip = named.nip if named else numbers.make(pppk=pppk, female=female, fresh=kind == Kind.CPNS)
    name = named.name if named else _name(chance, female)
    first, last = name.split()[0].lower(), name.split()[-1].lower()
    yes = "ya" if chance.random() < 0.9 else ""
    return {
        "nip": nip,
        "nama": name,
        "gelar_depan": "" if named else chance.choice(names.BEFORE),
        "gelar_belakang": "" if named else chance.choice(names.AFTER),
        "jenis_kelamin": "P" if female else "L",
        "status_kepegawaian": kind.value,
        "kode_unit": unit,
        "nip_atasan": boss,
        "kelompok_jabatan": str(group),
        "nama_jabatan": post,
        "golongan": chance.choice(("V", "VII", "IX", "X") if pppk else ("II/c", "III/a", "III/b", "III/c", "III/d")),
        "tmt_jabatan": f"{chance.randint(2019, 2024)}-{chance.randint(1, 12):02d}-01",
        "kedudukan_hukum": _legal(chance, bool(named) or manages).value,
        "tugas_dapat_di_luar_kantor": yes,
        "tugas_tanpa_ruang_alat_khusus": yes,
        "tugas_memanfaatkan_tik": yes,
        "tugas_minim_tatap_muka": yes,
        "tugas_tanpa_supervisi_terus_menerus": yes,
        "email": f"{first}.{last}.{nip[6:8]}{nip[15:]}@contoh.test",
    }


def _name(chance: random.Random, female: bool) -> str:
    if chance.random() < 0.04:
        return chance.choice(names.SINGLE)  # people with one name exist
    first = chance.choice(names.WOMEN if female else names.MEN)
    middle = f" {chance.choice(names.LAST)}" if chance.random() < 0.2 else ""
    return f"{first}{middle} {chance.choice(names.LAST)}"


def _legal(chance: random.Random, active: bool) -> Employee.Legal:
    if active or chance.random() < 0.975:
        return Legal.ACTIVE
    return chance.choice((Legal.STUDY, Legal.STUDY, Legal.UNPAID_LEAVE, Legal.PRE_RETIREMENT, Legal.SUSPENDED))
