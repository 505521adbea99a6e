"""Days off from a file: everybody's, by a platform administrator, or one agency's own. The list is revised yearly."""

import datetime as dt

from django.utils.translation import gettext as _

from employees.leave import EARLIEST, LATEST
from employees.models import Agency, AgencyInputs, Holiday
from employees.permissions import HR, is_platform_admin
from employees.reading import BadCell, BadRow, Column, date, one_of, read_rows, read_table, words
from employees.staging import execute, staged

from .outcome import Outcome, Refused, check_right, outcome, recorded, refuse_bad, writing


def day(text: str) -> dt.date:
    """A date of this century."""
    value = date(text)
    if not EARLIEST <= value <= LATEST:
        raise BadCell(_("Check the year: a day off lies between 2000 and 2100."))
    return value


COLUMNS = (
    Column("tanggal", "date", day, required=True),
    Column("nama", "name", words(200), required=True),
    Column("jenis", "kind", one_of(Holiday.Kind.values), empty=Holiday.Kind.NATIONAL.value),
    Column("sumber", "source", words(200), empty=""),
)
FIELDS = {"name": "text", "kind": "text", "source": "text"}
DEFAULTS = {"kind": Holiday.Kind.NATIONAL.value, "source": ""}
STAGED = {"date": "date"} | FIELDS


def check_holidays(*, content: bytes, agency: Agency | None) -> Outcome:
    """What the file would do, without doing it (`agency` None: days off for everybody). Raises `UnusableFile`."""
    return _judge(content, agency)[0]


def import_holidays(*, content: bytes, agency: Agency | None, by, at: dt.datetime, partial: bool = False) -> Outcome:
    """Add and correct days off; all rows or none, unless `partial`. Dates not in the file stay as they are.

    For everybody (`agency` None) only a platform administrator may. Raises `UnusableFile`, `Refused`.
    """
    _check_right(by, agency)
    agency_id = agency.pk if agency else None
    with writing(agency_id or 0):
        result, rows = _judge(content, agency)
        if refuse_bad(result, partial):
            return result
        _write(agency_id, rows)
        if agency is None and rows:  # `recorded` counts the change of one agency; this one concerns them all
            AgencyInputs.objects.changed()
        return recorded(
            result, kind="holidays", content=content, subject=agency or by, agency_id=agency_id, by=by, at=at
        )


def _check_right(by, agency: Agency | None) -> None:
    if agency is not None:
        check_right(by, HR, agency.pk)
    elif not is_platform_admin(by):
        message = _("Only a platform administrator imports days off for everybody. For one agency name it: --agency.")
        raise Refused("NOT_YOURS", message)


def _judge(content: bytes, agency: Agency | None) -> tuple[Outcome, list[dict]]:
    table = read_table(content, COLUMNS)
    good, bad = read_rows(table, COLUMNS)
    lines: dict[dt.date, list[int]] = {}
    for line, values in good:
        lines.setdefault(values["date"], []).append(line)
    own = _known(agency, lines)
    everybodys = _known(None, lines) if agency else {}
    new, changed, same = [], [], 0
    for line, values in good:
        others = [str(n) for n in lines[values["date"]] if n != line]
        before, general = own.get(values["date"]), everybodys.get(values["date"])
        after = (before or DEFAULTS) | values
        if others:
            message = _("This date also stands on line %(lines)s.")
            bad.append(BadRow(line, "tanggal", message % {"lines": ", ".join(others)}))
        elif before is None and general:
            if (after["name"], after["kind"]) == (general["name"], general["kind"]):
                same += 1
            else:
                message = _("This date is already a day off for everybody: %(name)s.")
                bad.append(BadRow(line, "tanggal", message % {"name": general["name"]}))
        elif before is None:
            new.append(after)
        elif after != before:
            changed.append(after)
        else:
            same += 1
    return outcome(new, changed, same, bad, table.unknown), new + changed


def _known(agency: Agency | None, dates) -> dict[dt.date, dict]:
    """Days off by date: the agency's own, or those of everybody (None)."""
    rows = Holiday.objects.filter(agency=agency, date__in=list(dates)).order_by()
    return {row["date"]: row for row in rows.values("date", *FIELDS)}


def _write(agency_id: int | None, rows: list[dict]) -> None:
    with staged("staged_holidays", STAGED, ([row[c] for c in STAGED] for row in rows)):
        params = {"agency": agency_id}
        execute(
            """UPDATE employees_holiday h SET name = s.name, kind = s.kind, source = s.source, version = h.version + 1
               FROM staged_holidays s WHERE h.date = s.date AND h.agency_id IS NOT DISTINCT FROM %(agency)s""",
            params,
        )
        execute(
            """INSERT INTO employees_holiday (date, name, kind, source, agency_id, version)
               SELECT date, name, kind, source, %(agency)s, 1 FROM staged_holidays s
               WHERE NOT EXISTS (SELECT FROM employees_holiday h
                 WHERE h.date = s.date AND h.agency_id IS NOT DISTINCT FROM %(agency)s)""",
            params,
        )
