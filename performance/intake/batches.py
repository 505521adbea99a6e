"""Appraisals from a file: previewed in the browser and applied once, or checked and imported by command."""

import datetime as dt
import hashlib
from collections.abc import Iterator

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from employees.intake.outcome import Outcome, Refused, outcome, writing
from employees.models import Agency, AgencyInputs, User
from employees.permissions import HR
from employees.reading import BadRow, Table, UnusableFile, read_table
from employees.staging import copy
from ledger.trail import record
from performance.models import ImportBatch, ImportRow

from .judging import COLUMNS, Judged, judge
from .writing import write

State, Verdict = ImportBatch.State, ImportRow.Verdict


def check_appraisals(*, content: bytes, agency: Agency, at: dt.datetime) -> Outcome:
    """What the file would do, without doing it. Raises `UnusableFile`."""
    table = read_table(content, COLUMNS)
    return _outcome(_judged(table, agency=agency, at=at), table.unknown)


def import_appraisals(
    *, content: bytes, agency: Agency, by: User, at: dt.datetime, file_name: str = "", partial: bool = False
) -> Outcome:
    """Bring the file's appraisals, waiting for HR; all rows or none, unless `partial`. Without limits of size.

    Raises `UnusableFile`, `Refused`.
    """
    _check_right(by, agency)
    with writing(agency.pk):
        table = read_table(content, COLUMNS)
        judged = _judged(table, agency=agency, at=at, by=by, lock=True)
        result = _outcome(judged, table.unknown)
        if result.bad and not partial:
            return result
        batch = _batch(content, file_name, agency, by, at, result)
        _apply(batch, judged, by=by, at=at)
    return _outcome(judged, table.unknown, applied=True)


def preview(*, content: bytes, file_name: str, agency: Agency, by: User, at: dt.datetime) -> ImportBatch:
    """Read an uploaded file and keep what it would do, for HR to look at. Writes no appraisal.

    Raises `UnusableFile` (also for more bytes or rows than `IMPORT_UPLOAD_MAX_…`), `Refused`.
    """
    _check_right(by, agency)
    if len(content) > settings.IMPORT_UPLOAD_MAX_BYTES:
        message = _("The file is larger than %(size)d MB. Split it, or ask your administrator to import it.")
        raise UnusableFile("TOO_LARGE", message % {"size": settings.IMPORT_UPLOAD_MAX_BYTES // 1024**2})
    table = read_table(content, COLUMNS, max_rows=settings.IMPORT_UPLOAD_MAX_ROWS)
    judged = _judged(table, agency=agency, at=at, by=by)
    with transaction.atomic():
        batch = _batch(content, file_name, agency, by, at, _outcome(judged, table.unknown))
        with connection.cursor() as cursor:  # staging keeps no history, so COPY may go straight into it
            names = ("batch_id", "line", "verdict", '"column"', "reason", "data")
            copy(cursor, ImportRow._meta.db_table, names, _rows(batch, table, judged))
        record(verb="import.preview", subject=batch, by=by, at=at, agency_id=agency.pk, after=_counts(batch))
    return batch


def apply_batch(*, batch_id: int, by: User, at: dt.datetime, partial: bool) -> ImportBatch:
    """Do what a preview showed, looked at again against what stands now. A batch is applied once.

    Raises `ImportBatch.DoesNotExist` for a batch this user does not see, `Refused` with the code NOT_PREVIEW or
    BAD_ROWS. The scores count as entered by whoever uploaded the file.
    """
    known = ImportBatch.objects.worked_on_by(by).select_related("agency", "uploaded_by").get(pk=batch_id)
    _check_right(by, known.agency)
    with writing(known.agency_id):
        batch = _held(batch_id)
        kept = batch.rows.filter(data__isnull=False).order_by("line")
        rows = [(row.line, row.data or {}) for row in kept]
        judged = judge(rows, agency=known.agency, at=at, by=by, lock=True)
        unread = batch.rows.filter(data__isnull=True, verdict=Verdict.BAD, column="")
        judged.bad += [BadRow(row.line, row.column, row.reason) for row in unread]
        if judged.bad and not partial:
            message = _("%(count)d rows are bad, so nothing was taken. Correct the file, or take only the good rows.")
            raise Refused("BAD_ROWS", message % {"count": len({row.line for row in judged.bad})})
        batch.counts |= _outcome(judged, ()).counts
        _apply(batch, judged, by=by, at=at)
    return batch


def cancel_batch(*, batch_id: int, by: User, at: dt.datetime) -> ImportBatch:
    """Put a preview aside. Raises `ImportBatch.DoesNotExist`, `Refused`."""
    known = ImportBatch.objects.worked_on_by(by).select_related("agency").get(pk=batch_id)
    _check_right(by, known.agency)
    with writing(known.agency_id):
        batch = _held(batch_id)
        batch.state, batch.version = State.CANCELLED, batch.version + 1
        batch.save(update_fields=["state", "version"])
        record(verb="import.cancel", subject=batch, by=by, at=at, agency_id=batch.agency_id)
    return batch


def bad_rows(batch: ImportBatch) -> Iterator[tuple[int, str, str]]:
    """(line, column, reason) of every problem the preview found, in the order of the file."""
    rows = batch.rows.filter(verdict=Verdict.BAD).order_by("line", "pk")
    yield from rows.values_list("line", "column", "reason").iterator()


def _held(batch_id: int) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state == State.APPLIED:
        raise Refused("NOT_PREVIEW", _("This file has already been imported."))
    if batch.state == State.CANCELLED:
        raise Refused("NOT_PREVIEW", _("This import was cancelled. Upload the file again."))
    return batch


def _check_right(by: User, agency: Agency) -> None:
    """HR of the agency or of a sub-tree of it (the people outside it do not exist for them)."""
    if not any(grant.agency_id == agency.pk for grant in by.reach.having(HR)):
        raise Refused("NOT_YOURS", _("Only HR officers of the agency may import its appraisals."))


def _judged(table: Table, **known) -> Judged:
    judged = judge(table.rows, **known)
    judged.bad += table.bad
    return judged


def _outcome(judged: Judged, unknown, *, applied: bool = False) -> Outcome:
    return outcome(judged.new, judged.changed, len(judged.same), judged.bad, unknown, applied=applied)


def _counts(batch: ImportBatch) -> dict:
    return {name: batch.counts[name] for name in ("new", "changed", "same", "bad")}


def _batch(content: bytes, file_name: str, agency: Agency, by: User, at: dt.datetime, result: Outcome) -> ImportBatch:
    return ImportBatch.objects.create(
        agency=agency,
        uploaded_by=by,
        uploaded_at=at,
        file_name=file_name[:200],
        digest=hashlib.sha256(content).hexdigest(),
        counts=result.counts | {"unknown_columns": list(result.unknown_columns)},
    )


def _rows(batch: ImportBatch, table: Table, judged: Judged) -> Iterator[tuple]:
    """The entries of `ImportRow`: one a row, more for a row with several problems."""
    cells = dict(table.rows)
    good = dict.fromkeys((row["line"] for row in judged.new), Verdict.NEW)
    good |= dict.fromkeys((row["line"] for row in judged.changed), Verdict.CHANGED)
    good |= dict.fromkeys(judged.same, Verdict.SAME)
    entries = [(line, verdict, "", "") for line, verdict in good.items()]
    entries += [(row.line, Verdict.BAD, row.column, row.reason) for row in judged.bad]
    for line, verdict, column, reason in sorted(entries, key=lambda entry: entry[0]):
        yield batch.pk, line, verdict.value, column, reason, cells.pop(line, None)


def _apply(batch: ImportBatch, judged: Judged, *, by: User, at: dt.datetime) -> None:
    write(judged, batch=batch, imported_by=batch.uploaded_by, at=at)
    batch.state, batch.applied_by, batch.applied_at, batch.version = State.APPLIED, by, at, batch.version + 1
    batch.save(update_fields=["state", "applied_by", "applied_at", "version", "counts"])
    if judged.new or judged.changed:
        AgencyInputs.objects.filter(agency_id=batch.agency_id).changed()
    record(
        verb="import.appraisals",
        subject=batch,
        by=by,
        at=at,
        agency_id=batch.agency_id,
        after=_counts(batch) | {"file": batch.digest},
    )
