"""Leave of an agency's people from a file. `akhir` is the last day away; leave once recorded is never overwritten."""

import dataclasses
import datetime as dt
from collections import defaultdict

from django.utils.translation import gettext as _

from employees.leave import days_of, misfit, overlap_sentence, span
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
    """A leave, of the file or recorded: whose, its first and last day, its kind (None: the file has no such column)."""

    line: int
    employee_id: int
    first: dt.date
    last: dt.date
    kind: str | None

    def shares_a_day(self, other: "Row") -> bool:
        return self.first <= other.last and other.first <= self.last

    def same(self, recorded: "Row") -> bool:
        return (self.first, self.last) == (recorded.first, recorded.last) and self.kind in (None, recorded.kind)


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
        met = next((there for there in known[row.employee_id] if row.shares_a_day(there)), None)
        if met is None:
            new.append(row)
        elif row.same(met):
            same += 1
        else:
            bad.append(BadRow(row.line, "mulai", overlap_sentence(span(met.first, met.last))))
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
            rows.append(Row(line, ids[values["nip"]], values["first"], values["last"], values.get("kind")))
    return rows


def _apart(rows: list[Row], bad: list[BadRow]) -> list[Row]:
    """The rows that share no day with another row of the same person; both of those that do are bad."""
    people = defaultdict(list)
    for row in rows:
        people[row.employee_id].append(row)
    clashes: dict[int, int] = {}
    for own in people.values():
        own.sort(key=lambda row: (row.first, row.line))
        reaching = own[0]  # of those already passed, the one that lasts longest
        for row in own[1:]:
            if row.shares_a_day(reaching):
                clashes[row.line] = reaching.line
                clashes.setdefault(reaching.line, row.line)
            reaching = max(reaching, row, key=lambda one: one.last)
    message = _("Line %(line)d has leave of the same person on the same day. Keep one of the two rows.")
    bad += [BadRow(line, "mulai", message % {"line": other}) for line, other in clashes.items()]
    return [row for row in rows if row.line not in clashes]


def _known(rows: list[Row]) -> dict[int, list[Row]]:
    """What is recorded for these people about the days of the file, earliest first, by person."""
    known: dict[int, list[Row]] = defaultdict(list)
    if not rows:
        return known
    days = span(min(row.first for row in rows), max(row.last for row in rows))
    there = Leave.objects.filter(employee__in={row.employee_id for row in rows}, valid__overlap=days)
    for person, valid, kind in there.order_by("valid").values_list("employee_id", "valid", "kind"):
        known[person].append(Row(0, person, *days_of(valid), kind))
    return known


def _write(agency: Agency, new: list[Row]) -> None:
    rows = ([row.employee_id, f"[{row.first},{row.last}]", row.kind or ""] for row in new)
    with staged("staged_leave", STAGED, rows):
        execute(
            """INSERT INTO employees_leave (employee_id, agency_id, valid, kind, source)
               SELECT employee_id, %(agency)s, valid, kind, %(source)s FROM staged_leave""",
            {"agency": agency.pk, "source": SOURCE},
        )
    analyze("employees_leave", rows=len(new))
