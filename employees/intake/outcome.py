"""What every import shares: its outcome, its refusals, and the frame around its writing."""

import contextlib
import dataclasses
import hashlib
from collections.abc import Collection, Iterator

from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from employees.models import AgencyInputs
from employees.permissions import holds, is_platform_admin
from employees.reading import BadRow
from employees.staging import only_import
from ledger.trail import record


class Refused(Exception):
    """The import does not take place. `code` is stable; the message says what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a file brings: how many rows are new, changed, the same, and which cannot be taken and why."""

    new: int
    changed: int
    same: int
    bad: tuple[BadRow, ...]
    unknown_columns: tuple[str, ...]
    applied: bool = False

    @property
    def bad_lines(self) -> int:
        """How many rows cannot be taken (one row may have several problems)."""
        return len({row.line for row in self.bad})

    @property
    def counts(self) -> dict[str, int]:
        return {"new": self.new, "changed": self.changed, "same": self.same, "bad": self.bad_lines}


def outcome(
    new: Collection, changed: Collection, same: int, bad: Collection[BadRow], unknown, *, applied: bool = False
) -> Outcome:
    """An outcome with its bad rows in the order of the file."""
    in_order = tuple(sorted(bad, key=lambda row: row.line))
    return Outcome(len(new), len(changed), same, in_order, tuple(unknown), applied)


def has_right(by, roles, agency_id: int) -> bool:
    """Whether `by` holds one of the roles over the whole agency, or runs the platform."""
    return is_platform_admin(by) or holds(by, roles, agency_id)


def check_right(by, roles, agency_id: int) -> None:
    """Raises `Refused` unless `has_right`."""
    if not has_right(by, roles, agency_id):
        raise Refused("NOT_YOURS", _("This account has no right to import this for this agency."))


def check_platform(by) -> None:
    """Raises `Refused` unless `by` is a platform administrator."""
    if not is_platform_admin(by):
        raise Refused("NOT_YOURS", _("Only a platform administrator may import agencies."))


@contextlib.contextmanager
def writing(agency_id: int) -> Iterator[None]:
    """One transaction in which nobody else imports for the agency. Raises `Refused`."""
    try:
        with transaction.atomic():
            if not only_import(agency_id):
                raise Refused("BUSY", _("Another import for this agency is under way. Try again when it has ended."))
            yield
    except IntegrityError as error:
        message = _("Somebody changed the same data meanwhile. Nothing was imported; please try again.")
        raise Refused("CHANGED_MEANWHILE", message) from error
    except DatabaseError as error:
        message = _("The database could not finish the import. Nothing was imported; please try again.")
        raise Refused("DATABASE", message) from error


def refuse_bad(result: Outcome, partial: bool) -> bool:
    """Whether to leave everything as it is: bad rows, and only the whole file was wanted."""
    return bool(result.bad) and not partial


def recorded(result: Outcome, *, kind: str, content: bytes, subject, agency_id, by, at) -> Outcome:
    """Note a finished import in the ledger and among the agency's inputs; the outcome, now applied."""
    if result.new or result.changed:
        AgencyInputs.objects.filter(agency_id=agency_id).changed()
    record(
        verb=f"import.{kind}",
        subject=subject,
        by=by,
        at=at,
        agency_id=agency_id,
        after=result.counts | {"file": hashlib.sha256(content).hexdigest()},
    )
    return dataclasses.replace(result, applied=True)
