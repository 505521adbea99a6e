"""Writing judged appraisals set-based: staged once, then one statement each (rulings.md 12)."""
# ruff: noqa: S608 (only our own column names are put into the statements)

import datetime as dt

from employees.models import User
from employees.staging import analyze, execute, staged
from performance.models import Appraisal, ImportBatch

from .judging import Judged

VERSION = {
    "employee_id": "bigint",
    "kind": "text",
    "year": "smallint",
    "period": "smallint",
    "number": "integer",
    "regime": "text",
    "goals": "numeric",
    "behaviour_score": "numeric",
    "weight_goals": "smallint",
    "new_idea": "boolean",
    "result": "text",
    "behaviour": "text",
    "score": "numeric",
    "rating": "smallint",
    "appraiser": "text",
    "note": "text",
}


def write(judged: Judged, *, batch: ImportBatch, imported_by: User, at: dt.datetime) -> None:
    """Add the new versions, waiting for HR; what waited before them is replaced, what is approved keeps counting."""
    columns = VERSION | {"waiting_id": "bigint"}
    rows = ([values[column] for column in columns] for values in judged.new + judged.changed)
    names = ", ".join(VERSION)
    with staged("staged_appraisals", columns, rows):
        execute(
            """UPDATE performance_appraisal a SET superseded_at = %(at)s
               FROM staged_appraisals s WHERE s.waiting_id = a.id AND a.superseded_at IS NULL""",
            {"at": at},
        )
        execute(
            f"""INSERT INTO performance_appraisal (agency_id, state, source, fetched_at, batch, imported_by_id,
                  decision_reason, {names})
                SELECT %(agency)s, %(state)s, %(source)s, %(at)s, %(batch)s, %(by)s, '', {names}
                FROM staged_appraisals""",
            {
                "agency": batch.agency_id,
                "state": Appraisal.State.SUBMITTED,
                "source": Appraisal.Source.FILE,
                "at": at,
                "batch": str(batch.pk),
                "by": imported_by.pk,
            },
        )
    analyze("performance_appraisal", rows=len(judged.new) + len(judged.changed))
