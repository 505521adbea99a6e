"""Facts of an agency's own from a file, their values typed here once. A fact is known by person, key and first day."""

import datetime as dt

from employees.models import Agency, Fact, Feed
from employees.reading import Column, date, nip, words
from employees.records import days_between, period_misfit
from employees.values import Value, key, value

from .records import Kind

COLUMN_OF = {"first": "mulai", "last": "akhir"}
COLUMNS = ("text", "number", "flag", "day")


def _known(agency: Agency, rows: list[dict]):
    there = Fact.objects.filter(employee__agency=agency, key__in={row["key"] for row in rows})
    # the one that lasts longest, where there are several from one day on
    for row in there.order_by("employee_id", "valid").values("id", "employee_id", "key", "valid", "source", *COLUMNS):
        first, last = days_between(row.pop("valid"))
        meaning = Value(*(row.pop(name) for name in COLUMNS))
        yield row | {"value": meaning, "first": first, "last": last}


def _misfit(row: dict, _today: dt.date) -> tuple[str, str] | None:
    problem = period_misfit(row["first"], row["last"])
    return problem and (COLUMN_OF[problem[0]], problem[2])


def _spread(row: dict) -> dict:
    return row | {name: getattr(row["value"], name) for name in COLUMNS}


FACTS = Kind(
    name="facts",
    feed=Feed.Kind.FACTS,
    columns=(
        Column("nip", "nip", nip, required=True),
        Column("kunci", "key", key, required=True),
        Column("nilai", "value", value, required=True),
        Column("mulai", "first", date),
        Column("akhir", "last", date),
        Column("sumber", "source", words(200), empty=""),
    ),
    table="employees_fact",
    stored={
        "key": "text",
        "text": "text",
        "number": "numeric",
        "flag": "boolean",
        "day": "date",
        "first": "date",
        "last": "date",
        "source": "text",
    },
    target={
        "key": "s.key",
        "text": "s.text",
        "number": "s.number",
        "flag": "s.flag",
        "day": "s.day",
        "valid": "daterange(s.first, s.last, '[]')",
        "source": "s.source",
    },
    key=("key", "first"),
    key_column="kunci",
    defaults={"first": None, "last": None, "source": ""},
    known=_known,
    misfit=_misfit,
    spread=_spread,
)
