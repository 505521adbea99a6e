"""What files of discipline, absences and facts share: whose rows they are, which are new, changed or the same.

A row is known by its person and its key (`Kind.key`); what has no column in the file stays as it is.
"""
# ruff: noqa: S608 (only our own table and column names are put into the statements)

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from employees.calendar import local_date
from employees.feeds import Completeness, complete_until, misfit, write
from employees.models import Agency, Employee, User
from employees.permissions import HR
from employees.reading import BadRow, Column, read_rows, read_table
from employees.staging import analyze, execute, staged

from .outcome import Outcome, Refused, check_right, outcome, recorded, refuse_bad, writing
from .people import transfer_sentence

ByKey = dict[tuple, dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of record: its file, its table, and what its rows must be."""

    name: str  # of the event
    feed: str
    columns: tuple[Column, ...]
    table: str
    stored: dict[str, str]  # field of a row → SQL type, as staged
    target: dict[str, str]  # column of the table → SQL over the staged row `s`
    key: tuple[str, ...]
    key_column: str  # where a row that stands twice in the file is reported
    defaults: dict[str, Any]
    known: Callable[[Agency, list[dict]], Iterable[dict]]  # rows there, with `id` and `employee_id`
    misfit: Callable[[dict, dt.date], tuple[str, str] | None]  # (column, reason), given today's date
    spread: Callable[[dict], dict] = dict  # a row as its staged columns, where they differ from its fields


def check(
    kind: Kind, *, content: bytes, agency: Agency, at: dt.datetime, complete: Completeness | None = None
) -> Outcome:
    """What the file would do, without doing it. Raises `UnusableFile`, and `Refused` for a day that cannot be kept."""
    with transaction.atomic():  # the look locks the day for its own moment only
        _checked(kind, agency, complete, at)
    return _judge(kind, content, agency, at, None)[0]


def bring(
    kind: Kind,
    *,
    content: bytes,
    agency: Agency,
    by: User,
    at: dt.datetime,
    partial: bool = False,
    complete: Completeness | None = None,
) -> Outcome:
    """Add and change the records of a file; all rows or none, unless `partial`.

    `complete` is kept only if no row was bad: with rows left out the records are not complete. Raises `UnusableFile`,
    `Refused`.
    """
    check_right(by, HR, agency.pk)
    with writing(agency.pk):
        before = _checked(kind, agency, complete, at)
        result, new, changed = _judge(kind, content, agency, at, by)
        if refuse_bad(result, partial):
            return result
        _write(kind, agency, new, changed)
        result = recorded(result, kind=kind.name, content=content, subject=agency, agency_id=agency.pk, by=by, at=at)
        if complete and not result.bad:
            write(agency, kind.feed, complete.until, before=before, by=by, at=at)
        return result


def _checked(kind: Kind, agency: Agency, complete: Completeness | None, at: dt.datetime) -> dt.date | None:
    """Until when the records were complete; refuses what cannot be said about it now."""
    if complete is None:
        return None
    before = complete_until(agency, kind.feed)
    problem = misfit(before, complete, agency, at)
    if problem:
        raise Refused(*problem)
    return before


# --- judging ------------------------------------------------------------------------------------


def _judge(
    kind: Kind, content: bytes, agency: Agency, at: dt.datetime, by: User | None
) -> tuple[Outcome, list[dict], list[dict]]:
    table = read_table(content, kind.columns)
    good, bad = read_rows(table, kind.columns)
    rows = _once(kind, _own(good, bad, agency), bad)
    known: ByKey = {}
    if rows:
        known = {_key(kind, row): row for row in kind.known(agency, [values for _line, values in rows])}
    today = local_date(at, agency.zone)
    new: list[dict] = []
    changed: list[dict] = []
    same = 0
    for line, values in rows:
        before = known.get(_key(kind, kind.defaults | values))
        after = (before or kind.defaults | {"id": None}) | values
        if after == before:
            same += 1
            continue
        problem = kind.misfit(after, today) or _about_oneself(after, by)
        if problem:
            bad.append(BadRow(line, *problem))
        else:
            (changed if before else new).append(after)
    return outcome(new, changed, same, bad, table.unknown), new, changed


def _key(kind: Kind, row: dict) -> tuple:
    return (row["employee_id"], *(row[field] for field in kind.key))


def _own(good, bad: list[BadRow], agency: Agency) -> list[tuple[int, dict]]:
    """The rows about the agency's people, each with the person's id instead of the number."""
    numbers = {values["nip"] for _line, values in good}
    ids = dict(Employee.objects.filter(agency=agency, nip__in=numbers).order_by().values_list("nip", "pk"))
    rows = []
    for line, values in good:
        number = values.pop("nip")
        if number in ids:
            rows.append((line, values | {"employee_id": ids[number]}))
        else:
            bad.append(BadRow(line, "nip", transfer_sentence()))
    return rows


def _once(kind: Kind, rows, bad: list[BadRow]) -> list[tuple[int, dict]]:
    """The rows whose person and key stand in the file once; of those that stand twice all are bad."""
    lines: dict[tuple, list[int]] = {}
    for line, values in rows:
        lines.setdefault(_key(kind, kind.defaults | values), []).append(line)
    kept = []
    for line, values in rows:
        others = [str(n) for n in lines[_key(kind, kind.defaults | values)] if n != line]
        if others:
            reason = _("The same record also stands on line %(lines)s. Keep one of them.")
            bad.append(BadRow(line, kind.key_column, reason % {"lines": ", ".join(others)}))
        else:
            kept.append((line, values))
    return kept


def _about_oneself(row: dict, by: User | None) -> tuple[str, str] | None:
    if by is None or row["employee_id"] != by.employee_id:
        return None
    return "nip", _("Nobody changes records about themselves. Ask a colleague of HR to import this row.")


# --- writing ------------------------------------------------------------------------------------


def _write(kind: Kind, agency: Agency, new: list[dict], changed: list[dict]) -> None:
    if not (new or changed):
        return
    columns = {"id": "bigint", "employee_id": "bigint"} | kind.stored
    rows = ([row[column] for column in columns] for row in map(kind.spread, (*new, *changed)))
    names, values = ", ".join(f'"{name}"' for name in kind.target), ", ".join(kind.target.values())
    with staged("staged_records", columns, rows):
        execute(
            f"""INSERT INTO {kind.table} (employee_id, agency_id, {names})
                SELECT s.employee_id, %(agency)s, {values} FROM staged_records s WHERE s.id IS NULL""",
            {"agency": agency.pk},
        )
        sets = ", ".join(f'"{name}" = {sql}' for name, sql in kind.target.items())
        reached = execute(f"UPDATE {kind.table} t SET {sets} FROM staged_records s WHERE t.id = s.id")
    if reached != len(changed):  # taken back between our look and our write
        message = _("Somebody changed the same data meanwhile. Nothing was imported; please try again.")
        raise Refused("CHANGED_MEANWHILE", message)
    analyze(kind.table, rows=len(new) + len(changed))
