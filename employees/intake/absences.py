"""Days of absence of an agency's people from a file. A day excused later gets another kind, and counts no longer."""

import datetime as dt

from employees.models import Absence, Agency, Feed
from employees.reading import Column, date, nip
from employees.records import UNEXCUSED, absence_misfit

from .records import Kind

COLUMN_OF = {"date": "tanggal", "kind": "jenis"}


def _known(agency: Agency, rows: list[dict]):
    dates = [row["date"] for row in rows]
    there = Absence.objects.filter(employee__agency=agency, date__range=(min(dates), max(dates)))
    return there.order_by().values("id", "employee_id", "date", "kind")


def _misfit(row: dict, today: dt.date) -> tuple[str, str] | None:
    problem = absence_misfit(date=row["date"], kind=row["kind"], today=today)
    return problem and (COLUMN_OF[problem[0]], problem[2])


ABSENCES = Kind(
    name="absences",
    feed=Feed.Kind.ABSENCE,
    columns=(
        Column("nip", "nip", nip, required=True),
        Column("tanggal", "date", date, required=True),
        Column("jenis", "kind", str.upper, empty=UNEXCUSED),
    ),
    table="employees_absence",
    stored={"date": "date", "kind": "text"},
    target={"date": "s.date", "kind": "s.kind"},
    key=("date",),
    key_column="tanggal",
    defaults={"kind": UNEXCUSED},
    known=_known,
    misfit=_misfit,
)
