"""The roles of the portal, each a class: what it is called, what it may, what it reads, which roles it may give.

Roles that are *given* stand in `RoleGrant`; the others follow from something else (the reporting line, a delegation, a
token). Pure: no tables, no questions about anybody. Who may give what to whom, `employees.permissions` asks.
"""

import enum
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    HR_OFFICER = "HR_OFFICER", _("HR officer")
    HR_HEAD = "HR_HEAD", _("HR head")
    AUDITOR = "AUDITOR", _("auditor")
    AGENCY_ADMIN = "AGENCY_ADMIN", _("agency administrator")
    PLATFORM_ADMIN = "PLATFORM_ADMIN", _("platform administrator")


class Columns(enum.Enum):
    """Groups of personal columns (rulings.md 22)."""

    PEOPLE = _("name, number, unit, post")
    SCORES = _("scores, ratings, reasons, leave, discipline")


class Everybody:
    """What all roles say of themselves."""

    name: ClassVar[object]
    sentence: ClassVar[object]
    reads: ClassVar[frozenset[Columns]] = frozenset()


class Given(Everybody):
    """A role that an administrator gives, from–until."""

    role: ClassVar[Role]
    for_unit: ClassVar[bool] = False  # may be given for a sub-tree of units, not only for a whole agency
    for_all: ClassVar[bool] = False  # may be given for every agency at once
    for_agency: ClassVar[bool] = True
    gives: ClassVar[frozenset[Role]] = frozenset()  # within the giver's own agency or sub-tree
    founds: ClassVar[frozenset[Role]] = frozenset()  # in an agency that has no administrator yet, or no more


class HrOfficer(Given):
    role = Role.HR_OFFICER
    name = Role.HR_OFFICER.label
    sentence = _(
        "Keeps the data of people, imports and approves scores, has weeks computed and planned, drafts policies and "
        "corrections; for an agency or for some of its units."
    )
    reads = frozenset({Columns.PEOPLE, Columns.SCORES})
    for_unit = True


class HrHead(Given):
    role = Role.HR_HEAD
    name = Role.HR_HEAD.label
    sentence = _("Approves policies, publishes weeks and plans, applies corrections: the second pair of eyes.")
    reads = frozenset({Columns.PEOPLE, Columns.SCORES})


class Auditor(Given):
    role = Role.AUDITOR
    name = Role.AUDITOR.label
    sentence = _("Reads everything of an agency, or of all agencies, and changes nothing.")
    reads = frozenset({Columns.PEOPLE, Columns.SCORES})
    for_all = True


class AgencyAdministrator(Given):
    role = Role.AGENCY_ADMIN
    name = Role.AGENCY_ADMIN.label
    sentence = _("Makes accounts and gives roles in an agency or in some of its units; reads no scores.")
    reads = frozenset({Columns.PEOPLE})
    for_unit = True
    gives = frozenset({Role.HR_OFFICER, Role.HR_HEAD, Role.AUDITOR, Role.AGENCY_ADMIN})


class PlatformAdministrator(Given):
    role = Role.PLATFORM_ADMIN
    name = Role.PLATFORM_ADMIN.label
    sentence = _(
        "Sets up agencies and their first administrator and watches over the installation; reads nobody's data."
    )
    for_agency, for_all = False, True
    gives = frozenset({Role.PLATFORM_ADMIN, Role.AUDITOR})  # for all agencies
    founds = frozenset({Role.AGENCY_ADMIN, Role.HR_OFFICER, Role.HR_HEAD, Role.AUDITOR})


class Employee(Everybody):
    name = _("employee")
    sentence = _("Sees their own week, decision and scores, asks for days and objects. Everybody with an account.")


class Supervisor(Everybody):
    name = _("supervisor")
    sentence = _("Decides the requests of whoever reports to them. Follows from the reporting line, by date.")
    reads = frozenset({Columns.PEOPLE})


class Delegate(Everybody):
    name = _("stand-in")
    sentence = _(
        "Decides in a supervisor's name from one day to another, never their own requests, and cannot lend it on."
    )
    reads = frozenset({Columns.PEOPLE})


class ServiceAccount(Everybody):
    name = _("service account")
    sentence = _("Another system with a token: it may do what the token's scopes name, and sees what its roles see.")


GIVEN: dict[str, type[Given]] = {
    one.role.value: one for one in (HrOfficer, HrHead, Auditor, AgencyAdministrator, PlatformAdministrator)
}
ALL: tuple[type[Everybody], ...] = (Employee, Supervisor, Delegate, *GIVEN.values(), ServiceAccount)


# Whoever holds one of these gives more than a password: HR, administrators, auditors (reliability.md 4.3).
NEEDS_FACTOR = frozenset(Role)


def reading(columns: Columns) -> frozenset[Role]:
    """The given roles that read these columns of the people they are given for."""
    return frozenset(one.role for one in GIVEN.values() if columns in one.reads)
