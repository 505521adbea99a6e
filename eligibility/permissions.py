"""May this person draft and approve policies, put them in force, publish runs, see reasons?"""

from django.utils.translation import gettext as _

from employees.models import Role
from employees.models.access import READS_SCORES
from employees.permissions import HR


class Denied(Exception):
    """This person may see the thing, but not do this to it."""

    code = "DENIED"


def reads_whole_agency(user) -> bool:
    """What is told about an agency's people as a whole, by its HR and auditor; part of one would give away the rest."""
    return user.reach.everywhere({Role.AUDITOR}) or bool(user.reach.whole_agencies(READS_SCORES))


def may_publish(user, agency_id: int) -> bool:
    """The HR head of the agency (the whole of it) publishes runs and starts them anew."""
    return agency_id in user.reach.whole_agencies({Role.HR_HEAD})


def check_may_publish(user, agency_id: int) -> None:
    if not may_publish(user, agency_id):
        raise Denied(_("Publishing is the HR head's task."))


def may_draft(user, agency_id: int | None) -> bool:
    """HR officer or head of the whole agency drafts its policies; everybody's (None) come from files only."""
    return agency_id is not None and agency_id in user.reach.whole_agencies(HR)


def check_may_draft(user, agency_id: int | None) -> None:
    if not may_draft(user, agency_id):
        raise Denied(_("Drafting policies is the task of the agency's HR."))


def may_approve(user, policy, writers) -> bool:
    """The HR head of the agency approves or returns what somebody else wrote (`writers`: ids of all who did)."""
    return may_put_in_force(user, policy.agency_id) and user.pk not in writers


def check_may_approve(user, policy, writers) -> None:
    if not may_put_in_force(user, policy.agency_id):
        raise Denied(_("Approving policies is the HR head's task."))
    if user.pk in writers:
        raise Denied(_("You have written in this draft yourself; another HR head approves it."))


def may_put_in_force(user, agency_id: int | None) -> bool:
    """The HR head of the agency (the whole of it)."""
    return agency_id is not None and may_publish(user, agency_id)


def check_may_put_in_force(user, agency_id: int | None) -> None:
    if not may_put_in_force(user, agency_id):
        raise Denied(_("Putting a policy in force is the HR head's task."))


def check_may_answer(user, objection, deciders) -> None:
    """HR of the whole agency answers an objection: never one's own, never what one decided (`deciders`: user ids)."""
    if objection.employee_id == user.reach.me:
        raise Denied(_("Nobody answers their own objection; a colleague of HR does."))
    if objection.agency_id not in user.reach.whole_agencies(HR):
        raise Denied(_("Objections are answered by the agency's HR."))
    if user.pk in deciders:
        raise Denied(_("You decided what is objected to, by publishing or correcting it; a colleague of HR answers."))


def check_may_correct(user, agency_id: int, employee_id: int) -> None:
    """The HR head of the agency decides on corrections; nobody on their own case."""
    if not may_publish(user, agency_id):
        raise Denied(_("Applying and dismissing corrections is the HR head's task."))
    if employee_id == user.reach.me:
        raise Denied(_("Nobody decides on their own case; another HR head does."))


def check_may_apply(user, correction, proposer: int | None) -> None:
    """As `check_may_correct`; and what a person has proposed by hand somebody else applies (`proposer`: account id)."""
    check_may_correct(user, correction.agency_id, correction.employee_id)
    if correction.cause == correction.Cause.BY_HAND and proposer == user.pk:
        raise Denied(_("You proposed this correction yourself; another HR head applies it. You may dismiss it."))


def check_may_propose(user, agency_id: int, employee_id: int | None = None) -> None:
    """HR officer or head of the whole agency proposes corrections; nobody for themselves (None: the machine names whom,
    whoever has it look)."""
    if not may_draft(user, agency_id):
        raise Denied(_("Proposing corrections is the task of the agency's HR."))
    if employee_id is not None and employee_id == user.reach.me:
        raise Denied(_("Nobody decides on their own case; a colleague of HR proposes it."))


def sees_reasons(user, employee) -> bool:
    """Reasons and evidence: only the person, HR and the auditor (rulings.md 22)."""
    return user.reach.me == employee.pk or reads_scores(user, employee)


def reads_scores(user, employee) -> bool:
    """Whether the person is one of those about whom this user reads scores by a role: HR and the auditor."""
    people = type(employee).objects
    return people.filter(people.all().granted(user, READS_SCORES), pk=employee.pk).exists()
