"""Accounts with a role, by the name of the role, beside the named cast."""

from employees.models import User
from tests import factories


def somebody(cast, who):
    """An account of the cast, or a fresh one with the role its name says."""
    if user := getattr(cast, f"{who}_user", None):
        return user
    if user := User.objects.filter(username=who).first():
        return user
    user = factories.account(username=who)
    role, agency, unit = {
        "auditor": ("AUDITOR", cast.agency, None),
        "agency_admin": ("AGENCY_ADMIN", cast.agency, None),
        "platform": ("PLATFORM_ADMIN", None, None),
        "other_admin": ("AGENCY_ADMIN", cast.other, None),
        "admin_of_general": ("AGENCY_ADMIN", cast.agency, cast.general),
        "hr_of_general": ("HR_OFFICER", cast.agency, cast.general),
        "hr_of_planning": ("HR_OFFICER", cast.agency, cast.planning),
    }[who]
    factories.grant(user, role, agency, unit)
    return user
