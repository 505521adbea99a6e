"""People and where they are placed, from a file. What is empty in the file is not known; what has no column stays."""

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _

from employees.identity import matches_kind, parse_nip
from employees.models import Agency, Employee, Placement, Role, Unit
from employees.permissions import HR
from employees.reading import (
    BadRow,
    Column,
    code,
    date,
    email,
    nip,
    one_of,
    read_rows,
    read_table,
    words,
    yes_no,
)

from .outcome import Outcome, check_right, has_right, outcome, recorded, refuse_bad, writing
from .placing import PERSON, PLACE, write_people

RIGHTS = frozenset({Role.HR_OFFICER, Role.HR_HEAD, Role.AGENCY_ADMIN})
COLUMNS = (
    Column("nip", "nip", nip, required=True),
    Column("nama", "name", words(200), required=True),
    Column("gelar_depan", "title_before", words(60), empty=""),
    Column("gelar_belakang", "title_after", words(60), empty=""),
    Column("jenis_kelamin", "sex", one_of(Employee.Sex.values), empty=""),
    Column("status_kepegawaian", "kind", one_of(Employee.Kind.values), required=True),
    Column("kode_unit", "unit", code(40), required=True),
    Column("nip_atasan", "supervisor", nip),
    Column("kelompok_jabatan", "job_group", one_of(Placement.Group.values), empty=""),
    Column("nama_jabatan", "job_title", words(200), empty=""),
    Column("golongan", "grade", words(8), empty=""),
    Column("tmt_jabatan", "in_post_since", date),
    Column("kedudukan_hukum", "legal_status", one_of(Employee.Legal.values), filled=True),
    Column("layanan_langsung", "direct_service", yes_no),
    Column("tugas_dapat_di_luar_kantor", "duty_outside_office", yes_no),
    Column("tugas_tanpa_ruang_alat_khusus", "duty_no_special_room", yes_no),
    Column("tugas_memanfaatkan_tik", "duty_uses_ict", yes_no),
    Column("tugas_minim_tatap_muka", "duty_little_face_to_face", yes_no),
    Column("tugas_tanpa_supervisi_terus_menerus", "duty_no_constant_supervision", yes_no),
    Column("keadaan_khusus_sampai", "special_until", date),
    Column("email", "email", email, empty=""),
    Column("nomor_hp", "phone", code(30), empty=""),
)
TEXTS = {c.field: "" for c in COLUMNS if c.empty == ""}
DEFAULTS = (
    dict.fromkeys([*PERSON, *PLACE, "unit", "supervisor"]) | TEXTS | {"legal_status": Employee.Legal.ACTIVE.value}
)


def transfer_sentence() -> str:
    """The one sentence for numbers that are unknown and numbers that belong elsewhere (rulings.md 23)."""
    return _("No such person in this agency. Check the number, or ask the platform administrator for the transfer.")


def check_employees(*, content: bytes, agency: Agency, on: dt.date) -> Outcome:
    """What the file would do from the date `on`, without doing it. Raises `UnusableFile`."""
    return _judge(content, agency, on)[0]


def import_employees(*, content: bytes, agency: Agency, on: dt.date, by, at, partial: bool = False) -> Outcome:
    """Add and change people. A new unit, supervisor or post begins on the date `on` and ends the one before.

    Special circumstances that are new or changed count as verified by who imports, so only HR brings them, and nobody
    their own. All rows or none, unless `partial`. Raises `UnusableFile`, `Refused`.
    """
    check_right(by, RIGHTS, agency.pk)
    with writing(agency.pk):
        result, new, changed = _judge(content, agency, on, by)
        if refuse_bad(result, partial):
            return result
        units = dict(Unit.objects.filter(agency=agency).values_list("code", "pk"))
        write_people(agency, new, changed, units=units, on=on, by=by, at=at)
        return recorded(result, kind="employees", content=content, subject=agency, agency_id=agency.pk, by=by, at=at)


def _judge(content: bytes, agency: Agency, on: dt.date, by=None) -> tuple[Outcome, list[dict], list[dict]]:
    table = read_table(content, COLUMNS)
    good, bad = read_rows(table, COLUMNS)
    known = _known(agency, on)
    good = _without_misfits(good, bad, agency, known, on)
    good = _without_unverified(good, bad, agency, known, by)
    good = _without_lost(good, bad, known)
    new, changed, same = [], [], 0
    for _line, values in good:
        before = known.get(values["nip"])
        after = (before or DEFAULTS) | values
        if before is None:
            new.append(after | {"placed": True, "starts": None})
        elif after != before:
            placed = any(after[f] != before[f] for f in (*PLACE, "unit", "supervisor"))
            changed.append(after | {"placed": placed})
        else:
            same += 1
    return outcome(new, changed, same, bad, table.unknown), new, changed


def _without_unverified(good, bad, agency, known, by):
    """The rows that change nothing about special circumstances, or that the person's HR brings, never they themselves.
    Without `by` it is only a look, for which nobody answers."""
    if by is None:
        return good
    verifies, kept = has_right(by, HR, agency.pk), []
    for line, values in good:
        before = known.get(values["nip"], {"id": None, "special_until": None})
        if values.get("special_until", before["special_until"]) == before["special_until"]:
            kept.append((line, values))
        elif not verifies:
            message = _("Only HR verifies special circumstances. Ask HR to import this row.")
            bad.append(BadRow(line, "keadaan_khusus_sampai", message))
        elif before["id"] and before["id"] == by.employee_id:
            message = _("Nobody verifies their own circumstances. Ask a colleague of HR to import this row.")
            bad.append(BadRow(line, "keadaan_khusus_sampai", message))
        else:
            kept.append((line, values))
    return kept


def _known(agency: Agency, on: dt.date) -> dict[str, dict]:
    """The agency's people by number, with their placement on that date; `starts` is when it began."""
    placed = Placement.objects.filter(agency=agency).on(on)
    names = {"unit": "unit__code", "supervisor": "supervisor__nip", "starts": "valid"} | {f: f for f in PLACE}
    places = {
        row[0]: dict(zip(names, row[1:], strict=True)) for row in placed.values_list("employee_id", *names.values())
    }
    nowhere = dict.fromkeys(names) | {f: TEXTS.get(f) for f in PLACE}
    people = {}
    for row in Employee.objects.filter(agency=agency).order_by().values("id", "nip", *PERSON):
        place = places.get(row["id"], nowhere)
        people[row["nip"]] = row | place | {"starts": place["starts"] and place["starts"].lower}
    return people


def _without_misfits(good, bad, agency, known, on):
    """The rows that stand alone: the number once, of the right kind and not another agency's, the unit known."""
    units = set(Unit.objects.filter(agency=agency).values_list("code", flat=True))
    lines: dict[str, list[int]] = {}
    for line, values in good:
        lines.setdefault(values["nip"], []).append(line)
    elsewhere = _elsewhere([number for number in lines if number not in known])
    later = _placed_later(agency, on)
    kept = []
    for line, values in good:
        number = values["nip"]
        problem = _misfit(values, units, [n for n in lines[number] if n != line])
        if not problem and number in elsewhere:
            problem = "nip", transfer_sentence()
        if not problem and number in known and known[number]["id"] in later:
            problem = "kode_unit", _("A placement that begins later is already recorded for this person.")
        if problem:
            bad.append(BadRow(line, *problem))
        else:
            kept.append((line, values))
    return kept


def _misfit(values: dict, units: set[str], others: list[int]) -> tuple[str, str] | None:
    """The first thing wrong with a row by itself, as (column, reason)."""
    if others:
        return "nip", _("This number also stands on line %(lines)s.") % {"lines": ", ".join(map(str, others))}
    if not matches_kind(parse_nip(values["nip"]), values["kind"]):
        return "status_kepegawaian", _("The number is of another kind: digits 13–14 show whether it is a PPPK's.")
    if values["unit"] not in units:
        return "kode_unit", _("Unit “%(code)s” is not known in this agency.") % {"code": values["unit"]}
    if values.get("supervisor") == values["nip"]:
        return "nip_atasan", _("Nobody is their own supervisor.")
    return None


def _elsewhere(numbers: Iterable[str]) -> set[str]:
    """Those of the numbers that belong to somebody in whatever agency."""
    return set(Employee.objects.filter(nip__in=list(numbers)).order_by().values_list("nip", flat=True))


def _placed_later(agency: Agency, on: dt.date) -> set[int]:
    """Ids of the people whose placement begins only after that date."""
    return set(Placement.objects.filter(agency=agency, valid__startswith__gt=on).values_list("employee_id", flat=True))


def _without_lost(good, bad, known):
    """The rows whose supervisor exists (in the file or before) and whose reporting line is no circle."""
    while True:
        above = {number: row["supervisor"] for number, row in known.items()}
        above |= {v["nip"]: v.get("supervisor", above.get(v["nip"])) for _line, v in good}
        circles = _circles(above)
        kept = []
        for line, values in good:
            supervisor = values.get("supervisor")
            if supervisor and supervisor not in above:
                bad.append(BadRow(line, "nip_atasan", transfer_sentence()))
            elif values["nip"] in circles:
                message = _("The supervisors form a circle: %(chain)s.") % {"chain": circles[values["nip"]]}
                bad.append(BadRow(line, "nip_atasan", message))
            else:
                kept.append((line, values))
        if len(kept) == len(good):
            return kept
        good = kept  # whoever reports to a row just refused is looked at again


def _circles(above: dict[str, str | None]) -> dict[str, str]:
    """Everybody who stands in a circle of supervisors, with its chain in words. Linear in the number of people."""
    done: set[str] = set()
    found: dict[str, str] = {}
    for start in above:
        way: list[str] = []
        here: str | None = start
        on_way: dict[str, int] = {}
        while here is not None and here in above and here not in done and here not in on_way:
            on_way[here] = len(way)
            way.append(here)
            here = above[here]
        if here in on_way:
            circle = way[on_way[here] :]
            found |= dict.fromkeys(circle, " → ".join([*circle, circle[0]]))
        done.update(way)
    return found
