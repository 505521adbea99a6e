"""Who holds which role over an agency: the questions every floor asks, on top of `user.reach`. Pure."""

from django.db.models import Q
from django.utils.translation import gettext as _

from .models import Employee, Role, RoleGrant, User
from .roles import GIVEN

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


# --- accounts and roles ---------------------------------------------------------------------------


def inside(path: str, above: str) -> bool:
    """Whether a unit's path is that unit or below it."""
    return path == above or path.startswith(f"{above}.")


def covers(user, roles, agency_id: int | None, path: str | None) -> bool:
    """Whether these roles are held over all of it: an agency (`path` None), a sub-tree, or everything (both None)."""
    held = user.reach.having(roles)
    if any(g.agency_id is None for g in held):
        return True
    if agency_id is None:
        return False
    here = [g for g in held if g.agency_id == agency_id]
    return any(g.path is None or (path is not None and inside(path, g.path)) for g in here)


def governed(agency_id: int, on) -> bool:
    """Whether somebody with a working account administers the whole agency."""
    rows = RoleGrant.objects.filter(agency=agency_id, unit=None, role=Role.AGENCY_ADMIN, user__is_active=True)
    return rows.filter(valid__contains=on).exists()


def may_give(user, role: str, agency_id: int | None, path: str | None, on) -> bool:
    """Whether the user may give (or end) a role over an agency, a sub-tree or everything on a date.

    Nobody gives more than they have: roles by the table in `employees.roles`, within the own agency or sub-tree. A
    platform administrator gives a role in an agency only while nobody administers it.
    """
    held = user.reach.grants
    if any(
        role in GIVEN[g.role].gives and covers(user, {g.role}, agency_id, path) and _same_reach(g, agency_id)
        for g in held
    ):
        return True
    founding = any(role in GIVEN[g.role].founds for g in held)
    return founding and agency_id is not None and not governed(agency_id, on)


def _same_reach(grant, agency_id: int | None) -> bool:
    """Roles of the platform are given for everybody, those of an agency within it."""
    return (grant.agency_id is None) == (agency_id is None)


def may_end(user, role: str, agency_id: int | None, path: str | None, on) -> bool:
    """As `may_give`; and a platform administrator may always take an administrator's role away."""
    return may_give(user, role, agency_id, path, on) or (is_platform_admin(user) and role == Role.AGENCY_ADMIN)


def may_create_for(user, employee, on) -> bool:
    """Whether the user makes the account of this person: their administrator, or the platform's while there is none."""
    mine = Employee.objects.none().granted(user, {Role.AGENCY_ADMIN})
    if Employee.objects.filter(mine, pk=employee.pk).exists():
        return True
    return is_platform_admin(user) and not governed(employee.agency_id, on)


def may_manage(user, account, on) -> bool:
    """Whether the user may close, open or renew another's account: of their own people, with no role they could not
    give themselves. Accounts of nobody (services, administrators of the platform) are the platform's."""
    if account.pk == user.pk:
        return False
    if not User.objects.visible_to(user).filter(pk=account.pk).exists():
        return False
    rows = account.grants.not_over(on).values_list("role", "agency", "unit__path")
    if not all(may_end(user, role, agency_id, path, on) for role, agency_id, path in rows):
        return False
    if account.employee_id is None:
        return is_platform_admin(user)
    mine = Employee.objects.none().granted(user, {Role.AGENCY_ADMIN})
    if Employee.objects.filter(mine, pk=account.employee_id).exists():
        return True
    return is_platform_admin(user) and bool(rows)


# --- requests to correct data --------------------------------------------------------------------


class Denied(Exception):
    """This person may see the thing, but not do this to it."""

    code = "DENIED"


def check_may_answer_data_request(user, one) -> None:
    """HR of the whole agency answers a request to correct data; nobody their own."""
    if one.employee_id == user.reach.me:
        raise Denied(_("Nobody answers their own request; a colleague of HR does."))
    if one.agency_id not in user.reach.whole_agencies(HR):
        raise Denied(_("Requests to correct data are answered by the agency's HR."))
