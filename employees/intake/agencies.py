"""Agencies from a file."""

from django.utils.translation import gettext as _

from employees.models import Agency, AgencyInputs
from employees.models.organisation import ZONES
from employees.reading import BadRow, Column, code, one_of, read_rows, read_table, words
from employees.staging import execute, staged

from .outcome import Outcome, check_platform, outcome, recorded, refuse_bad, writing

_ZONES = {zone.upper(): zone for zone, _label in ZONES}


def zone(text: str) -> str:
    """A time zone of Indonesia as the database writes it."""
    return _ZONES[one_of(_ZONES)(text)]


COLUMNS = (
    Column("kode", "code", code(32), required=True),
    Column("nama", "name", words(200), required=True),
    Column("lingkup", "scope", one_of(Agency.Scope.values), empty=Agency.Scope.CENTRAL.value),
    Column("zona_waktu", "time_zone", zone, empty="Asia/Jakarta"),
    Column("hari_kerja", "working_days", lambda text: int(one_of(["5", "6"])(text)), empty=5),
)
FIELDS = {"name": "text", "scope": "text", "time_zone": "text", "working_days": "smallint"}
DEFAULTS = {"scope": Agency.Scope.CENTRAL.value, "time_zone": "Asia/Jakarta", "working_days": 5}


def check_agencies(*, content: bytes) -> Outcome:
    """What the file would do, without doing it. Raises `UnusableFile`."""
    return _judge(content)[0]


def import_agencies(*, content: bytes, by, at, partial: bool = False) -> Outcome:
    """Add and change agencies; all rows or none, unless `partial`. Raises `UnusableFile`, `Refused`."""
    check_platform(by)
    with writing(0):
        result, rows = _judge(content)
        if refuse_bad(result, partial):
            return result
        _write(rows)
        return recorded(result, kind="agencies", content=content, subject=by, agency_id=None, by=by, at=at)


def _judge(content: bytes) -> tuple[Outcome, list[dict]]:
    table = read_table(content, COLUMNS)
    good, bad = read_rows(table, COLUMNS)
    lines: dict[str, list[int]] = {}
    for line, values in good:
        lines.setdefault(values["code"], []).append(line)
    known = {row["code"]: row for row in Agency.objects.values("code", *FIELDS)}
    new, changed, same = [], [], 0
    for line, values in good:
        if len(lines[values["code"]]) > 1:
            bad.append(BadRow(line, "kode", _("This code stands in the file more than once.")))
            continue
        before = known.get(values["code"])
        after = (before or DEFAULTS) | values
        if before is None:
            new.append(after)
        elif after != before:
            changed.append(after)
        else:
            same += 1
    return outcome(new, changed, same, bad, table.unknown), new + changed


def _write(rows: list[dict]) -> None:
    columns = {"code": "text"} | FIELDS
    with staged("staged_agencies", columns, ([row[c] for c in columns] for row in rows)):
        execute(
            """UPDATE employees_agency a SET name = s.name, scope = s.scope, time_zone = s.time_zone,
                 working_days = s.working_days, version = a.version + 1
               FROM staged_agencies s WHERE s.code = a.code"""
        )
        execute(
            """INSERT INTO employees_agency
                 (code, name, scope, time_zone, working_days, run_weekday, run_hour, four_eyes_import, version)
               SELECT code, name, scope, time_zone, working_days, %(weekday)s, %(hour)s, true, 1
               FROM staged_agencies s WHERE NOT EXISTS (SELECT FROM employees_agency a WHERE a.code = s.code)""",
            {"weekday": Agency().run_weekday, "hour": Agency().run_hour},
        )
    missing = Agency.objects.filter(inputs__isnull=True)
    AgencyInputs.objects.bulk_create(AgencyInputs(agency=agency) for agency in missing)
