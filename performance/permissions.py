"""May this person decide on this score? The button, the list and the action ask the same two functions.

`covered_by` is the same question for many rows at once, as a condition for the database.
"""

from django.db.models import Q

from employees.models import Employee
from employees.permissions import HR, holds_any

from .models import Appraisal

# Why a score is left alone; the sentences for them are in `performance.actions`.
NOT_YOURS, ARRIVED_LATER, NOT_WAITING = "NOT_YOURS", "ARRIVED_LATER", "NOT_WAITING"
UNRATED, OWN_SCORE, OWN_IMPORT = "UNRATED", "OWN_SCORE", "OWN_IMPORT"

WAITING_STATES = (Appraisal.State.DRAFT, Appraisal.State.SUBMITTED, Appraisal.State.RETURNED)


def covered_by(user, employee: str = "employee_id", agency: str = "agency_id") -> Q:
    """Q over appraisals: the people for whom this user is the HR officer or head (agency or sub-tree)."""
    return Employee.objects.none().granted(user, HR, employee=employee, agency=agency)


def may_decide_any(user) -> bool:
    """Whether the user decides on scores at all: HR officers and heads, never auditors or administrators."""
    return holds_any(user, HR)


def not_by_you(user, score: Appraisal, four_eyes: bool) -> str:
    """Why this covered score is not for this user to decide: a code, or "" if it is."""
    if score.employee_id == user.employee_id:
        return OWN_SCORE
    if four_eyes and score.imported_by_id == user.pk:
        return OWN_IMPORT
    return ""


def not_now(score: Appraisal) -> str:
    """Why this score cannot be decided now, by whomever: a code, or "" if it can."""
    if score.state != Appraisal.State.SUBMITTED or score.superseded_at is not None:
        return NOT_WAITING
    return ""


def may_correct(user, score: Appraisal) -> bool:
    """Whether a score the user covers may be replaced by a new version: never one's own, never a replaced one."""
    return score.superseded_at is None and score.employee_id != user.employee_id
