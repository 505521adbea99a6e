"""Who holds which role over an agency: the questions every floor asks, on top of `user.reach`. Pure."""

from django.db.models import Q

from .models import Employee, Role

HR = frozenset({Role.HR_OFFICER, Role.HR_HEAD})


def holds(user, roles, agency_id: int) -> bool:
    """Whether one of these roles is held today over the whole of the agency (a sub-tree is not enough)."""
    reach = user.reach
    return reach.everywhere(roles) or agency_id in reach.whole_agencies(roles)


def is_hr(user, agency_id: int) -> bool:
    """HR officer or HR head of the whole agency."""
    return holds(user, HR, agency_id)


def holds_any(user, roles) -> bool:
    """Whether one of these roles is held today over anything at all."""
    return bool(user.reach.having(roles))


def is_platform_admin(user) -> bool:
    return user.reach.platform


def may_declare_holiday(user, agency_id: int | None) -> bool:
    """HR of the whole agency for its own days off; a platform administrator for everybody's (None)."""
    return is_platform_admin(user) if agency_id is None else is_hr(user, agency_id)


def people_of(user, employee: str = "pk", agency: str = "agency_id") -> Q:
    """Q over people (or rows about them): those whose HR officer or head this user is, by agency or sub-tree."""
    return Employee.objects.none().granted(user, HR, employee=employee, agency=agency)
