"""Files that leave the portal: CSV that no spreadsheet runs, JSON and PDF, each with a last line that proves where it
came from (F43).

The last line carries the number of rows, a SHA-256 of everything above it, and an HMAC of that digest by a key derived
from SECRET_KEY: who holds the file sees that it is whole, and `manage.py verify_export` that it is ours.
"""

import csv
import dataclasses
import datetime as dt
import hashlib
import io
import json
import math
import re
import uuid
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import limits
from .models import Event
from .reading import seen
from .request_id import REQUEST_ID
from .trail import denied, unusual

SALT = "ledger.exports"
PROOF = rb"file=([0-9a-f-]{36}) rows=([0-9]+) sha256=([0-9a-f]{64}) hmac=([0-9a-f]{64})"
LAST = re.compile(rb'(?:# |% |"proof": ")' + PROOF + rb'(?:"\})?\r\n')
# Kind of file → what a browser is told, and what stands around the proof so that the file stays of its kind.
KINDS = {
    "csv": ("text/csv; charset=utf-8", "# ", ""),
    "json": ("application/json", '"proof": "', '"}'),
    "pdf": ("application/pdf", "% ", ""),
}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")  # the last four are full-width
NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


HOUR, DAY = 3600, 24 * 3600


class ExportRefused(Exception):
    """An export that is not made; carries a sentence for whoever asked. Nothing was written."""

    code = "EXPORT_REFUSED"


class NoReason(ExportRefused):
    code = "NO_REASON"

    def __init__(self):
        super().__init__(_("Say what the file is for; it is recorded with it."))


class TooManyExports(ExportRefused):
    """More files than an account may take in an hour."""

    code = "TOO_MANY_EXPORTS"

    def __init__(self, seconds: int):
        minutes = max(1, math.ceil(seconds / 60))
        text = ngettext(
            "You have taken many files within an hour. Please wait %(minutes)d minute.",
            "You have taken many files within an hour. Please wait %(minutes)d minutes.",
            minutes,
        )
        super().__init__(text % {"minutes": minutes})


class TooManyRows(ExportRefused):
    """More rows than one export may carry."""

    code = "TOO_MANY_ROWS"

    def __init__(self, limit: int):
        text = ngettext(
            "An export holds at most %(limit)d row. Narrow it and export again.",
            "An export holds at most %(limit)d rows. Narrow it and export again.",
            limit,
        )
        super().__init__(text % {"limit": limit})


@dataclasses.dataclass(frozen=True)
class Export:
    """A finished file: its bytes, how many rows stand in it, and the digest on its last line."""

    content: bytes
    rows: int
    digest: str
    number: str  # of this very file; the event and the last line carry it
    kind: str = "csv"


@dataclasses.dataclass(frozen=True)
class Checked:
    """What a file says of itself and whether that is so."""

    rows: int
    number: str
    whole: bool  # the digest fits what stands above it
    ours: bool  # and the digest was signed with this installation's key


def limit() -> int:
    """How many rows one export may hold; whoever gathers them need read no more than one beyond."""
    return settings.EXPORT_MAX_ROWS


def cell(value) -> str:
    """One value as text that a spreadsheet shows and never runs: `=`, `+`, `-` or `@` in front gets an apostrophe."""
    if value is None:
        return ""
    text = str(value)
    if text.startswith(DANGEROUS) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def signed_csv(*, header: Sequence[str], rows: Iterable[Sequence]) -> Export:
    """A CSV of these rows with its proof as the last line. Raises `TooManyRows`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([cell(name) for name in header])
    count = 0
    for count, row in enumerate(rows, 1):
        if count > settings.EXPORT_MAX_ROWS:
            raise TooManyRows(settings.EXPORT_MAX_ROWS)
        writer.writerow([cell(value) for value in row])
    return _proved(b"\xef\xbb\xbf" + text.getvalue().encode(), count, "csv")  # with the mark by which they know UTF-8


def signed_json(content: dict, *, rows: int) -> Export:
    """A JSON object with its proof as the last member, on a line of its own."""
    text = json.dumps(content, ensure_ascii=False, indent=1).removesuffix("\n}")
    return _proved(f"{text},\r\n".encode(), rows, "json")


def signed_pdf(content: bytes, *, rows: int) -> Export:
    """A PDF with its proof as a comment behind its end, which readers pass over."""
    return _proved(content.rstrip(b"\r\n") + b"\r\n", rows, "pdf")


def _proved(body: bytes, rows: int, kind: str) -> Export:
    _type, before, after = KINDS[kind]
    number = str(uuid.uuid4())
    digest = _digest(body, number, rows)
    last = f"{before}file={number} rows={rows} sha256={digest} hmac={_sign(digest)}{after}\r\n"
    return Export(body + last.encode(), rows, digest, number, kind)


def export(
    *,
    what: str,
    header: Sequence[str],
    rows: Iterable[Sequence],
    people,
    subject,
    reason: str,
    by,
    at: dt.datetime,
    agency_id,
) -> Export:
    """Make a signed CSV and record it: one event `export` with what, why, count, digest, and a reading of each person.

    `people`: (employee id, agency id) of everybody whose data stand in it; `subject`: the row the export is about;
    `reason`: what it is for, in the words of whoever takes it. Call it outside a transaction, for tries are counted.
    Beyond `EXPORTS_A_DAY` each further one is also an alarm (F43). Raises `ExportRefused`: NO_REASON,
    TOO_MANY_EXPORTS (`EXPORTS_AN_HOUR`), TOO_MANY_ROWS.
    """
    if not reason.strip():
        raise NoReason
    count_one(what, by=by, at=at)
    with transaction.atomic():
        made = signed_csv(header=header, rows=rows)
        Event.objects.create(
            at=at,
            verb="export",
            actor_id=by.pk,
            agency_id=agency_id,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            reason=reason.strip(),
            after={"what": what, "rows": made.rows, "sha256": made.digest, "file": made.number},
            request_id=REQUEST_ID.get(),
        )
        seen(by=by, people=people, what=what, at=at)
    if limits.hit(f"export-day:{by.pk}", limit=settings.EXPORTS_A_DAY, seconds=DAY):
        unusual(by=by, at=at, verb="export.alarm", agency_id=agency_id, after={"what": what, "rows": made.rows})
    return made


def count_one(what: str, *, by, at: dt.datetime) -> None:
    """Count a file that is asked for. Call it outside a transaction. Raises `TooManyExports`."""
    if wait := limits.hit(f"export-hour:{by.pk}", limit=settings.EXPORTS_AN_HOUR, seconds=HOUR):
        denied(by=by, at=at, route=f"export {what}", what="excess_rate", status=429, code=TooManyExports.code)
        raise TooManyExports(wait)


def download(made: Export, name: str) -> HttpResponse:
    """The answer of a door: a file to keep, named after what it is and the number on its last line."""
    response = HttpResponse(made.content, content_type=KINDS[made.kind][0])
    response["Content-Disposition"] = f'attachment; filename="{name}-{made.number}.{made.kind}"'
    return response


def check(content: bytes) -> Checked:
    """What the last line of a file claims, and whether it holds. Raises `ValueError` with a sentence without one."""
    start = content[:-2].rfind(b"\r\n") + 2  # 1 where there is no other line: then nothing fits
    body, line = content[:start], content[start:]
    said = LAST.fullmatch(line)
    if said is None:
        raise ValueError(_("The last line with the digest is missing: the file was changed, or it is not ours."))
    number, rows, digest, signature = (part.decode() for part in said.groups())
    whole = constant_time_compare(_digest(body, number, int(rows)), digest)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    ours = any(constant_time_compare(_sign(digest, str(key)), signature) for key in keys)
    return Checked(int(rows), number, whole, whole and ours)


def _digest(body: bytes, number: str, rows: int) -> str:
    return hashlib.sha256(body + f"{number} {rows}".encode()).hexdigest()


def _sign(digest: str, key: str | None = None) -> str:
    return salted_hmac(SALT, digest, secret=key, algorithm="sha256").hexdigest()
