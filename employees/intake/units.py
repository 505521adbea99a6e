"""Units of an agency from a file: the tree may come in any order, and moving a unit moves all below it."""
# ruff: noqa: S608 (only our own column names are put into the statements)

from django.utils.translation import gettext as _

from employees.models import Agency, Employee, Role, Unit
from employees.reading import BadRow, Column, code, nip, one_of, read_rows, read_table, whole, words, yes_no
from employees.staging import analyze, execute, next_ids, staged

from .agencies import zone
from .outcome import Outcome, check_right, outcome, recorded, refuse_bad, writing

RIGHTS = frozenset({Role.HR_OFFICER, Role.HR_HEAD, Role.AGENCY_ADMIN})
COLUMNS = (
    Column("kode_instansi", "agency", code(32), required=True),
    Column("kode", "code", code(40), required=True),
    Column("nama", "name", words(200), required=True),
    Column("kode_induk", "parent", code(40)),
    Column("jenis", "kind", words(40), empty=""),
    Column("zona_waktu", "time_zone", zone, empty=""),
    Column("hari_kerja", "working_days", lambda text: int(one_of(["5", "6"])(text))),
    Column("kuota_wfh_persen", "wfh_quota_percent", whole(0, 100)),
    Column("layanan_langsung", "direct_service", yes_no),
    Column("nip_pimpinan", "head", nip),
)
FIELDS = {
    "name": "text",
    "kind": "text",
    "time_zone": "text",
    "working_days": "smallint",
    "wfh_quota_percent": "smallint",
    "direct_service": "boolean",
    "head_id": "bigint",
}
DEFAULTS = {field: None for field in FIELDS} | {"kind": "", "time_zone": "", "parent": None}


def check_units(*, content: bytes, agency: Agency) -> Outcome:
    """What the file would do, without doing it. Raises `UnusableFile`."""
    return _judge(content, agency)[0]


def import_units(*, content: bytes, agency: Agency, by, at, partial: bool = False) -> Outcome:
    """Add, change and move units; all rows or none, unless `partial`. Raises `UnusableFile`, `Refused`."""
    check_right(by, RIGHTS, agency.pk)
    with writing(agency.pk):
        result, new, changed = _judge(content, agency)
        if refuse_bad(result, partial):
            return result
        _write(agency, new, changed)
        return recorded(result, kind="units", content=content, subject=agency, agency_id=agency.pk, by=by, at=at)


def _judge(content: bytes, agency: Agency) -> tuple[Outcome, list[dict], list[dict]]:
    table = read_table(content, COLUMNS)
    good, bad = read_rows(table, COLUMNS)
    known = _known(agency)
    good = _without_strangers(good, bad, agency)
    good = _without_lost(good, bad, known)
    new, changed, same = [], [], 0
    for _line, values in good:
        before = known.get(values["code"])
        after = (before or DEFAULTS) | values
        if before is None:
            new.append(after)
        elif after != before:
            changed.append(after)
        else:
            same += 1
    return outcome(new, changed, same, bad, table.unknown), new, changed


def _known(agency: Agency) -> dict[str, dict]:
    """The agency's units by code, each with its parent's code."""
    rows = Unit.objects.filter(agency=agency).values("id", "code", "parent__code", *FIELDS)
    return {row["code"]: row | {"parent": row.pop("parent__code")} for row in rows}


def _without_strangers(good, bad, agency):
    """The rows that name this agency, each code once, and a head whom the agency knows."""
    heads = {values["head"] for _line, values in good if values.get("head")}
    ids = dict(Employee.objects.filter(agency=agency, nip__in=heads).values_list("nip", "pk"))
    seen: dict[str, int] = {}
    for _line, values in good:
        seen[values["code"]] = seen.get(values["code"], 0) + 1
    kept = []
    for line, values in good:
        named, head = "head" in values, values.pop("head", None)
        if values.pop("agency") != agency.code:
            message = _("The file is imported for %(code)s; a unit of another agency does not belong in it.")
            bad.append(BadRow(line, "kode_instansi", message % {"code": agency.code}))
        elif seen[values["code"]] > 1:
            bad.append(BadRow(line, "kode", _("This code stands in the file more than once.")))
        elif head and head not in ids:
            message = _("No such person in this agency. Import the employees first, then the heads of the units.")
            bad.append(BadRow(line, "nip_pimpinan", message))
        else:
            if named:  # a file without the column leaves the heads as they are
                values["head_id"] = ids.get(head)
            kept.append((line, values))
    return kept


def _without_lost(good, bad, known):
    """The rows whose parent exists (in the file or before) and whose way up ends at a root."""
    while True:
        parents = {c: row["parent"] for c, row in known.items()}
        parents |= {v["code"]: v["parent"] for _line, v in good if "parent" in v}
        for _line, values in good:
            parents.setdefault(values["code"], None)
        kept = []
        for line, values in good:
            reason = _lost(values["code"], parents)
            if reason:
                bad.append(BadRow(line, "kode_induk", reason))
            else:
                kept.append((line, values))
        if len(kept) == len(good):
            return kept
        good = kept  # whoever hangs on a row just refused is looked at again


def _lost(start: str, parents: dict[str, str | None]) -> str:
    """Why no root can be reached from here, or ""."""
    way = [start]
    while (above := parents[way[-1]]) is not None:
        if above not in parents:
            return _("Unit “%(code)s” is not known, or its own row cannot be taken.") % {"code": above}
        way.append(above)
        if above in way[:-1]:
            return _("The units lie in a circle: %(chain)s.") % {"chain": " → ".join(way[way.index(above) :])}
    return ""


def _write(agency: Agency, new: list[dict], changed: list[dict]) -> None:
    for row, pk in zip(new, next_ids("employees_unit", len(new)), strict=True):
        row["id"] = pk
    tree = _known(agency) | {row["code"]: row for row in new + changed}
    paths = _paths(tree)
    for row in new + changed:
        row["parent_id"] = tree[row["parent"]]["id"] if row["parent"] else None
    columns = {"id": "bigint", "code": "text", "parent_id": "bigint", "path": "ltree", "fresh": "boolean"} | FIELDS
    fresh = {row["id"] for row in new}
    rows = [
        [(row | {"path": paths[row["code"]], "fresh": row["id"] in fresh})[c] for c in columns] for row in new + changed
    ]
    names = ", ".join(FIELDS)
    with staged("staged_units", columns, rows):
        execute(
            f"""INSERT INTO employees_unit (id, agency_id, code, parent_id, path, {names})
                SELECT id, %(agency)s, code, parent_id, path, {names} FROM staged_units WHERE fresh""",
            {"agency": agency.pk},
        )
        execute(
            f"""UPDATE employees_unit u SET parent_id = s.parent_id, {", ".join(f"{n} = s.{n}" for n in FIELDS)}
                FROM staged_units s WHERE s.id = u.id AND NOT s.fresh"""
        )
    with staged("staged_paths", {"id": "bigint", "path": "ltree"}, ((r["id"], paths[c]) for c, r in tree.items())):
        execute("UPDATE employees_unit u SET path = s.path FROM staged_paths s WHERE s.id = u.id AND s.path <> u.path")
    analyze("employees_unit", rows=len(new) + len(changed))


def _paths(tree: dict[str, dict]) -> dict[str, str]:
    """The path of ids from the root, by code."""
    paths: dict[str, str] = {}
    for start in tree:
        way = [start]
        while way[-1] not in paths and tree[way[-1]]["parent"]:
            way.append(tree[way[-1]]["parent"])
        for name in reversed(way):
            if name not in paths:
                above = tree[name]["parent"]
                paths[name] = f"{paths[above]}.{tree[name]['id']}" if above else str(tree[name]["id"])
    return paths
