"""Leave of an agency's people from a file. `akhir` is the last day away; leave once recorded is never overwritten."""

import dataclasses
import datetime as dt
from collections import defaultdict

from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from employees.leave import misfit, overlap_sentence, span
from employees.models import Agency, Employee, Leave
from employees.permissions import HR
from employees.reading import BadRow, Column, date, nip, read_rows, read_table, words
from employees.staging import analyze, execute, staged

from .outcome import Outcome, check_right, outcome, recorded, refuse_bad, writing
from .people import transfer_sentence

COLUMNS = (
    Column("nip", "nip", nip, required=True),
    Column("mulai", "first", date, required=True),
    Column("akhir", "last", date, required=True),
    Column("jenis", "kind", words(60), empty=""),
)
COLUMN_OF = {"first": "mulai", "last": "akhir"}
SOURCE = "import"  # where the leave is known from; which file it was stands in the ledger
STAGED = {"employee_id": "bigint", "valid": "daterange", "kind": "text"}


@dataclasses.dataclass(frozen=True)
class Row:
    """A readable row: whose leave, its days (half-open), its kind (None: the file has no such column)."""

    line: int
    employee_id: int
    valid: DateRange
    kind: str | None

    def shares_a_day(self, other: DateRange) -> bool:
        return self.valid.lower < other.upper and other.lower < self.valid.upper

    def same(self, valid: DateRange, kind: str) -> bool:
        return self.valid == valid and self.kind in (None, kind)


def check_leave(*, content: bytes, agency: Agency) -> Outcome:
    """What the file would do, without doing it. Raises `UnusableFile`."""
    return _judge(content, agency)[0]


def import_leave(*, content: bytes, agency: Agency, by, at: dt.datetime, partial: bool = False) -> Outcome:
    """Add the leave of a file; all rows or none, unless `partial`. Raises `UnusableFile`, `Refused`."""
    check_right(by, HR, agency.pk)
    with writing(agency.pk):
        result, new = _judge(content, agency)
        if refuse_bad(result, partial):
            return result
        _write(agency, new)
        return recorded(result, kind="leave", content=content, subject=agency, agency_id=agency.pk, by=by, at=at)


def _judge(content: bytes, agency: Agency) -> tuple[Outcome, list[Row]]:
    table = read_table(content, COLUMNS)
    good, bad = read_rows(table, COLUMNS)
    rows = _apart(_fitting(good, bad, agency), bad)
    known = _known(rows)
    new, same = [], 0
    for row in rows:
        met = [(valid, kind) for valid, kind in known[row.employee_id] if row.shares_a_day(valid)]
        if not met:
            new.append(row)
        elif row.same(*met[0]):
            same += 1
        else:
            bad.append(BadRow(row.line, "mulai", overlap_sentence(met[0][0])))
    return outcome(new, [], same, bad, table.unknown), new


def _fitting(good, bad, agency) -> list[Row]:
    """The rows of the agency's people with days that a leave may have."""
    numbers = {values["nip"] for _line, values in good}
    ids = dict(Employee.objects.filter(agency=agency, nip__in=numbers).order_by().values_list("nip", "pk"))
    rows = []
    for line, values in good:
        wrong = misfit(values["first"], values["last"])
        if values["nip"] not in ids:
            bad.append(BadRow(line, "nip", transfer_sentence()))
        elif wrong:
            which, _code, sentence = wrong
            bad.append(BadRow(line, COLUMN_OF[which], sentence))
        else:
            days = span(values["first"], values["last"])
            rows.append(Row(line, ids[values["nip"]], days, values.get("kind")))
    return rows


def _apart(rows: list[Row], bad: list[BadRow]) -> list[Row]:
    """The rows that share no day with another row of the same person; both of those that do are bad."""
    people = defaultdict(list)
    for row in rows:
        people[row.employee_id].append(row)
    clashes: dict[int, int] = {}
    for own in people.values():
        own.sort(key=lambda row: (row.valid.lower, row.line))
        reaching = own[0]  # of those already passed, the one that lasts longest
        for row in own[1:]:
            if row.shares_a_day(reaching.valid):
                clashes[row.line] = reaching.line
                clashes.setdefault(reaching.line, row.line)
            reaching = max(reaching, row, key=lambda one: one.valid.upper)
    message = _("Line %(line)d has leave of the same person on the same day. Keep one of the two rows.")
    bad += [BadRow(line, "mulai", message % {"line": other}) for line, other in clashes.items()]
    return [row for row in rows if row.line not in clashes]


def _known(rows: list[Row]) -> dict[int, list[tuple[DateRange, str]]]:
    """What is recorded for these people about the days of the file, earliest first: (days, kind) by person."""
    known: dict[int, list[tuple[DateRange, str]]] = defaultdict(list)
    if not rows:
        return known
    days = DateRange(min(row.valid.lower for row in rows), max(row.valid.upper for row in rows))
    there = Leave.objects.filter(employee__in={row.employee_id for row in rows}, valid__overlap=days)
    for person, valid, kind in there.order_by("valid").values_list("employee_id", "valid", "kind"):
        known[person].append((valid, kind))
    return known


def _write(agency: Agency, new: list[Row]) -> None:
    rows = ([row.employee_id, f"[{row.valid.lower},{row.valid.upper})", row.kind or ""] for row in new)
    with staged("staged_leave", STAGED, rows):
        execute(
            """INSERT INTO employees_leave (employee_id, agency_id, valid, kind, source)
               SELECT employee_id, %(agency)s, valid, kind, %(source)s FROM staged_leave""",
            {"agency": agency.pk, "source": SOURCE},
        )
    analyze("employees_leave", rows=len(new))
