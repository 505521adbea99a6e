"""Appraisals from files (interface.md "Files"). They are submitted, and count only once HR has approved them."""

from employees.intake.outcome import Outcome, Refused
from employees.reading import UnusableFile

from .batches import apply_batch, bad_rows, cancel_batch, check_appraisals, import_appraisals, preview

__all__ = [
    "Outcome",
    "Refused",
    "UnusableFile",
    "apply_batch",
    "bad_rows",
    "cancel_batch",
    "check_appraisals",
    "import_appraisals",
    "preview",
]
