"""Discipline of an agency's people from a file: level, dates, number of the decree; never what it was about."""

import datetime as dt

from django.db.models import F

from employees.models import Agency, Discipline, Feed
from employees.reading import Column, code, date, nip, one_of
from employees.records import discipline_misfit

from .records import Kind

COLUMN_OF = {"level": "tingkat", "first": "mulai", "last": "akhir"}
DEFAULTS = {"level": "", "last": None, "status": Discipline.Status.IMPOSED.value, "decree": ""}


def _known(agency: Agency, _rows: list[dict]):
    fields = ("id", "employee_id", "level", "status", "decree")
    rows = Discipline.objects.filter(employee__agency=agency).order_by()
    return rows.values(*fields, first=F("start"), last=F("end"))


def _misfit(row: dict, _today: dt.date) -> tuple[str, str] | None:
    problem = discipline_misfit(level=row["level"], first=row["first"], last=row["last"], status=row["status"])
    return problem and (COLUMN_OF[problem[0]], problem[2])


DISCIPLINE = Kind(
    name="discipline",
    feed=Feed.Kind.DISCIPLINE,
    columns=(
        Column("nip", "nip", nip, required=True),
        Column("tingkat", "level", one_of(Discipline.Level.values), empty=""),
        Column("mulai", "first", date, required=True),
        Column("akhir", "last", date),
        Column("status", "status", one_of(Discipline.Status.values), empty=DEFAULTS["status"]),
        Column("nomor_sk", "decree", code(100), empty=""),
    ),
    table="employees_discipline",
    stored={"level": "text", "first": "date", "last": "date", "status": "text", "decree": "text"},
    target={"level": "s.level", "start": "s.first", "end": "s.last", "status": "s.status", "decree": "s.decree"},
    key=("first", "decree"),
    key_column="mulai",
    defaults=DEFAULTS,
    known=_known,
    misfit=_misfit,
)
