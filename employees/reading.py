"""From the bytes of a file to rows of text, and from one cell to one value. Pure; never guesses, never repairs.

A file that cannot be read as a whole raises `UnusableFile`; a cell that cannot be read raises `BadCell` with a sentence
that says what to write instead. (interface.md "Files"; reliability.md F46–F48.)
"""

import csv
import dataclasses
import datetime as dt
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from .identity import SPREADSHEET, BadNip, parse_nip

DELIMITERS = (",", ";", "\t")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
WHOLE = re.compile(r"[0-9]{1,6}")  # \d would accept other scripts' digits
NUMBER = re.compile(r"(-?)([0-9]{1,9})(?:[.,]([0-9]+))?")
DATES = (re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"), re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})"))


class UnusableFile(ValueError):
    """Nothing of the file can be taken. `code` is stable; the message says what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


class BadCell(ValueError):
    """One cell cannot be read; the message says what to write."""


@dataclasses.dataclass(frozen=True)
class BadRow:
    """A row that cannot be taken: its line in the file (from 1), the column, and what to do."""

    line: int
    column: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a file: its header, the name of the value it gives, and how to read a filled cell."""

    name: str
    field: str
    read: Callable[[str], object]
    required: bool = False  # the column must stand in the file, and every cell be filled
    filled: bool = False  # where the column stands in the file, every cell must be filled
    empty: object = None  # the value of an empty cell


@dataclasses.dataclass(frozen=True)
class Table:
    """The rows of a file, every cell still text."""

    header: tuple[str, ...]  # the known columns that stand in the file
    rows: list[tuple[int, dict[str, str]]]
    bad: list[BadRow]  # rows whose cells do not fit the header
    unknown: tuple[str, ...]
    delimiter: str


# --- bytes to rows ------------------------------------------------------------------------------


def read_table(content: bytes, columns: Collection[Column], *, max_rows: int | None = None) -> Table:
    """Read a CSV with a header row. Raises `UnusableFile`."""
    text = _decoded(content)
    records = _records(text)
    delimiter, _line, names = next(records)
    known = {column.name for column in columns}
    _check_header(names, columns)
    rows: list[tuple[int, dict[str, str]]] = []
    bad: list[BadRow] = []
    for _delimiter, line, cells in records:
        if not any(cells):
            continue  # an empty line, or the empty rows a spreadsheet leaves at the end
        if len(cells) != len(names):
            reason = _("This row has %(cells)d cells, the header has %(header)d. Put cells with commas in quotes.")
            bad.append(BadRow(line, "", reason % {"cells": len(cells), "header": len(names)}))
        else:
            rows.append((line, {n: c for n, c in zip(names, cells, strict=True) if n in known}))
        if max_rows is not None and len(rows) + len(bad) > max_rows:
            message = _("The file has more than %(rows)d rows. Split it, or ask your administrator to import it.")
            raise UnusableFile("TOO_MANY_ROWS", message % {"rows": max_rows})
    if not rows and not bad:
        raise UnusableFile("EMPTY", _("The file has a header but no rows."))
    unknown = tuple(name or _("(without a name)") for name in names if name not in known)
    return Table(tuple(n for n in names if n in known), rows, bad, unknown, delimiter)


def _decoded(content: bytes) -> str:
    _refuse_other_formats(content)
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # the mark makes UTF-16 certain
    encoding = "utf-16" if marked else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        message = _("The file is not UTF-8 (byte %(byte)d). Save it as “CSV UTF-8”.")
        raise UnusableFile("NOT_UTF8", message % {"byte": error.start + 1}) from None
    if "\x00" in text:
        raise UnusableFile("NOT_TEXT", _("The file is not plain text. Save it as “CSV UTF-8”."))
    if not text.strip():
        raise UnusableFile("EMPTY", _("The file is empty."))
    return text


def _refuse_other_formats(content: bytes) -> None:
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        message = _("This is a spreadsheet (XLSX or XLS). Open it, choose “Save as”, then “CSV UTF-8”.")
        raise UnusableFile("SPREADSHEET", message)
    if head.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise UnusableFile("MARKUP", _("This is a web page or XML, not CSV. Save it as “CSV UTF-8”."))


def _records(text: str) -> Iterator[tuple[str, int, list[str]]]:
    """(delimiter, line the record starts on, its trimmed cells), the header first."""
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells or line > 1:
                yield delimiter, line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error:
        message = _("Line %(line)d cannot be read: a quote is not closed, or a cell is too long.")
        raise UnusableFile("BROKEN", message % {"line": line}) from None


def _delimiter(text: str) -> str:
    """The delimiter of the header line: the one that occurs most often outside quotes."""
    first = re.sub(r'"[^"]*"', "", re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0])
    return max(DELIMITERS, key=first.count)


def _check_header(names: list[str], columns: Collection[Column]) -> None:
    names[:] = [name.casefold() for name in names]
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        message = _("The header names a column twice: %(columns)s. Keep one of them.")
        raise UnusableFile("REPEATED_COLUMN", message % {"columns": ", ".join(repeated)})
    missing = [column.name for column in columns if column.required and column.name not in names]
    if missing:
        message = _("The header has no column %(columns)s. The first line must name the columns.")
        raise UnusableFile("MISSING_COLUMN", message % {"columns": ", ".join(missing)})


# --- rows to records ----------------------------------------------------------------------------


def read_row(cells: Mapping[str, str], columns: Iterable[Column]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The values of one row by field, and its problems as (column, reason). Columns not in the file give nothing."""
    values: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    for column in columns:
        if column.name not in cells:
            continue
        text = cells[column.name]
        try:
            if text:
                values[column.field] = column.read(text)
            elif column.required or column.filled:
                raise BadCell(_("This cell must be filled."))
            else:
                values[column.field] = column.empty
        except (BadCell, BadNip) as problem:
            problems.append((column.name, str(problem)))
    return values, problems


def read_rows(table: Table, columns: Collection[Column]) -> tuple[list[tuple[int, dict[str, Any]]], list[BadRow]]:
    """All rows: (line, values) of the readable ones, and every problem of the others."""
    good, bad = [], list(table.bad)
    for line, cells in table.rows:
        values, problems = read_row(cells, columns)
        if problems:
            bad += [BadRow(line, column, reason) for column, reason in problems]
        else:
            good.append((line, values))
    return good, bad


# --- cells --------------------------------------------------------------------------------------


def nip(text: str) -> str:
    """The 18 digits of a NIP or NI PPPK."""
    return parse_nip(text).number


def words(longest: int) -> Callable[[str], str]:
    """One line of text of at most so many characters."""

    def read(text: str) -> str:
        if CONTROL.search(text):
            raise BadCell(_("Line breaks and tabs do not belong in this cell."))
        if len(text) > longest:
            raise BadCell(_("At most %(longest)d characters.") % {"longest": longest})
        return text

    return read


def code(longest: int) -> Callable[[str], str]:
    """A code or number kept as text; what a spreadsheet has turned into a number is refused."""
    line = words(longest)

    def read(text: str) -> str:
        if re.fullmatch(r"[0-9][0-9.,]*[eE]\+?[0-9]+", text) or (len(text) > 15 and SPREADSHEET.match(text)):
            raise BadCell(_("This cell is a number, not text. Format the column as text and enter it again."))
        return line(text)

    return read


def one_of(values: Iterable[str]) -> Callable[[str], str]:
    """One of the given codes, in capitals or not."""
    allowed = list(values)

    def read(text: str) -> str:
        if text.upper() not in allowed:
            raise BadCell(_("Write one of: %(values)s.") % {"values": ", ".join(allowed)})
        return text.upper()

    return read


def yes_no(text: str) -> bool:
    """`ya` or `tidak`."""
    if text.casefold() not in ("ya", "tidak"):
        raise BadCell(_("Write “ya” or “tidak”, or leave it empty if it is not known."))
    return text.casefold() == "ya"


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(text: str) -> int:
        if not WHOLE.fullmatch(text) or not lowest <= int(text) <= highest:
            message = _("Write a whole number from %(lowest)d to %(highest)d.")
            raise BadCell(message % {"lowest": lowest, "highest": highest})
        return int(text)

    return read


def score(text: str) -> Decimal:
    """A score from 0 to 120 with at most two decimals, comma or point."""
    match = NUMBER.fullmatch(text)
    if not match:
        raise BadCell(_("Write a number such as 87.50 or 87,5, without a percent sign or thousands separators."))
    sign, units, decimals = match.groups()
    number = Decimal(f"{sign}{units}.{decimals or 0}")
    if not 0 <= number <= 120:
        raise BadCell(_("%(score)s: a score lies between 0 and 120.") % {"score": text})
    if len((decimals or "").rstrip("0")) > 2:
        raise BadCell(_("%(score)s: at most two decimals.") % {"score": text})
    return number.quantize(Decimal("0.01"))


def date(text: str) -> dt.date:
    """`YYYY-MM-DD` or `DD-MM-YYYY`."""
    year_first, day_first = (pattern.fullmatch(text) for pattern in DATES)
    parts = year_first.groups() if year_first else day_first.groups()[::-1] if day_first else None
    try:
        if parts:
            return dt.date(*map(int, parts))
    except ValueError:
        pass
    raise BadCell(_("Write the date as 2026-11-25 or 25-11-2026."))


def email(text: str) -> str:
    """An e-mail address."""
    try:
        validate_email(text)
    except ValidationError:
        raise BadCell(_("This is not an e-mail address.")) from None
    return text
