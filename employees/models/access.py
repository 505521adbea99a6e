"""Accounts and what they may reach: a user, dated grants of roles, and both together as `user.reach`."""

import dataclasses
import datetime as dt
import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import DateField, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Now
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from employees.endings import Midnight, columns, dated
from employees.roles import Columns, Role, reading
from ledger.tracking import versions

from .organisation import Agency, Unit

READS_PEOPLE = reading(Columns.PEOPLE)
READS_SCORES = reading(Columns.SCORES)
# Of `Employee.Legal`: who has left, for good or for a time, decides about nobody and holds no role meanwhile.
SERVING = ("AKTIF", "HUKUMAN_DISIPLIN")
PLATFORM_ZONE = "Asia/Jakarta"  # by whose date a role counts that belongs to no agency


@dataclasses.dataclass(frozen=True)
class Grant:
    role: str
    agency_id: int | None  # None: every agency
    path: str | None  # None: the whole agency


@dataclasses.dataclass(frozen=True)
class Reach:
    """What one account reaches today. Read anew at each request, so a role taken away is gone at once (F36)."""

    employee_id: int | None
    grants: tuple[Grant, ...]

    @property
    def me(self) -> int:
        """The person's key, or 0, which no row has: a NULL here would match every row without a supervisor."""
        return self.employee_id or 0

    @property
    def platform(self) -> bool:
        return any(g.role == Role.PLATFORM_ADMIN for g in self.grants)

    @property
    def agency_ids(self) -> list[int]:
        return sorted({g.agency_id for g in self.grants if g.agency_id})

    def having(self, roles) -> list[Grant]:
        return [g for g in self.grants if g.role in roles]

    def everywhere(self, roles) -> bool:
        return any(g.agency_id is None for g in self.having(roles))

    def whole_agencies(self, roles) -> list[int]:
        return sorted({g.agency_id for g in self.having(roles) if g.agency_id and g.path is None})

    def paths(self, roles) -> list[str]:
        return sorted({g.path for g in self.having(roles) if g.path})

    def over(self, *, agency: str, path: str, roles=READS_PEOPLE) -> Q:
        """Q over rows with an agency column and a unit path column: what grants of these roles cover."""
        if self.everywhere(roles):
            return Q(**{f"{agency}__isnull": False})
        covered = Q(**{f"{agency}__in": self.whole_agencies(roles)})
        for one in self.paths(roles):
            covered |= Q(**{f"{path}__within": Value(one)})
        return covered


class UserQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Oneself; the accounts of the people one administers; for the platform, those with a role or of nobody."""
        from .people import Employee  # people know who verified them, so they come after accounts

        people = Employee.objects.none().granted(user, {Role.AGENCY_ADMIN}, "employee_id", "employee__agency_id")
        seen = Q(pk=user.pk) | people
        if user.reach.platform:
            seen |= Q(employee=None) | Q(pk__in=RoleGrant.objects.values("user"))
        return self.filter(seen)

    def with_endings(self):
        """Each with when its dated rights ended last (`employees.endings`)."""
        return self.annotate(**columns())

    def without_password(self):
        """The open accounts whose holder has not set a first password yet."""
        return self.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, username=None, password=None, **fields):
        user = self.model(username=username or uuid.uuid4().hex, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username, password, is_superuser=True, **fields)


# How an account wants to be told is a taste, not a right: the ledger's event keeps it, no history of rows.
TASTES = ["digest", "quiet_from", "quiet_until", "quiet_days_off"]


@versions(exclude=["last_login", "password", *TASTES])
class User(AbstractBaseUser, PermissionsMixin):
    """An account. Its rights come from grants and the reporting line, never from Django's groups or flags."""

    username = models.CharField(_("account name"), max_length=64, unique=True)
    employee = models.OneToOneField(
        "Employee", models.PROTECT, null=True, blank=True, related_name="user", verbose_name=_("employee")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=[("id", "Bahasa Indonesia"), ("en", "English")], default="id"
    )
    is_active = models.BooleanField(_("active"), default=True)
    # The database knows the defaults too: accounts of the demo come in by SQL.
    digest = models.BooleanField(_("one mail a day with all notices"), default=False, db_default=False)
    quiet_from = models.TimeField(  # on the clock of the person's place
        _("no mail from"), default=dt.time(18), db_default=dt.time(18)
    )
    quiet_until = models.TimeField(  # the same as `quiet_from`: never quiet
        _("no mail until"), default=dt.time(7), db_default=dt.time(7)
    )
    quiet_days_off = models.BooleanField(_("no mail on days off"), default=True, db_default=True)

    objects = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return str(self.employee) if self.employee_id else self.username

    def get_full_name(self) -> str:
        """What Django's admin and libraries call the account."""
        return str(self)

    @property
    def is_staff(self) -> bool:
        """Django's admin and allauth ask for it: whoever has a grant has something to do there."""
        return self.is_active and bool(self.reach.grants)

    @cached_property
    def reach(self) -> Reach:
        today = Cast(
            Func(Coalesce(F("agency__time_zone"), Value(PLATFORM_ZONE)), Now(), function="timezone"), DateField()
        )
        # As an annotation the agency is joined from outside; inside filter() the join would lose grants without one.
        here = Q(user__employee=None) | Q(user__employee__legal_status__in=SERVING)
        held = RoleGrant.objects.alias(today=today).filter(here, user=self, valid__contains=F("today"))
        rows = held.values_list("role", "agency_id", "unit__path")
        grants = tuple(Grant(*row) for row in rows) if self.is_active else ()
        return Reach(self.employee_id, grants)


class RoleGrantQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; those of one's agency for its administrator and auditor; all for a platform administrator."""
        reach = user.reach
        if reach.platform:
            return self
        agencies = reach.whole_agencies({Role.AGENCY_ADMIN, Role.AUDITOR, Role.HR_HEAD})
        if reach.everywhere({Role.AUDITOR}):
            return self
        below = Q(pk__in=[])
        for path in reach.paths({Role.AGENCY_ADMIN}):
            below |= Q(agency_id__in=reach.agency_ids, unit__path__within=Value(path))
        return self.filter(Q(user=user) | Q(agency_id__in=agencies) | below)

    def not_over(self, date):
        """Those that hold on the date or will hold later."""
        return self.filter(Q(valid__upper_inf=True) | Q(valid__endswith__gt=date))


@versions()
class RoleGrant(models.Model):
    """A role given to an account for an agency or a sub-tree, from–until (half-open)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="grants", verbose_name=_("account"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    valid = DateRangeField(_("valid"))

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            ExclusionConstraint(
                name="grant_once",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (Coalesce("agency", 0), RangeOperators.EQUAL),
                    (Coalesce("unit", 0), RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(role=Role.PLATFORM_ADMIN, agency__isnull=True)
                | Q(role=Role.AUDITOR)
                | (Q(agency__isnull=False) & ~Q(role=Role.PLATFORM_ADMIN)),
                name="grant_agency",
            ),
            models.CheckConstraint(condition=Q(unit__isnull=True) | Q(agency__isnull=False), name="grant_unit_agency"),
            models.CheckConstraint(condition=Q(valid__isempty=False, valid__lower_inf=False), name="grant_has_start"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


def _role_ended() -> Subquery:
    until = Midnight(Coalesce(F("agency__time_zone"), Value(PLATFORM_ZONE)), Func(F("valid"), function="upper"))
    rows = RoleGrant.objects.filter(user=OuterRef("pk")).annotate(until=until).filter(until__lte=Now())
    return Subquery(rows.order_by("-until").values("until")[:1])


dated("role", _("A role of yours has ended since you logged in. Please log in again."), _role_ended)
