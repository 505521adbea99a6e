"""May this person publish runs, put policies in force, see reasons?"""

from django.utils.translation import gettext as _

from employees.models import Role
from employees.models.access import READS_SCORES


class Denied(Exception):
    """This person may see the thing, but not do this to it."""

    code = "DENIED"


def may_publish(user, agency_id: int) -> bool:
    """The HR head of the agency (the whole of it) publishes runs and starts them anew."""
    return agency_id in user.reach.whole_agencies({Role.HR_HEAD})


def check_may_publish(user, agency_id: int) -> None:
    if not may_publish(user, agency_id):
        raise Denied(_("Publishing is the HR head's task."))


def sees_reasons(user, employee) -> bool:
    """Reasons and evidence: only the person, HR and the auditor (rulings.md 22)."""
    if user.reach.me == employee.pk:
        return True
    people = type(employee).objects
    return people.filter(people.all().granted(user, READS_SCORES), pk=employee.pk).exists()
