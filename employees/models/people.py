"""People and where they are placed, by date."""

import uuid
import zoneinfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models import DateField, Exists, F, Func, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _

from employees.leave import said
from ledger.tracking import versions

from .access import READS_PEOPLE, SERVING
from .organisation import Agency, Unit

# The shape of an 18-digit number (domain.md §1, Perka BKN 22/2007): birth date, month of appointment or PPPK code, sex,
# serial. The calendar itself (30 February) is checked by employees.identity, which also gives the friendly message.
NIP_SHAPE = r"^(18|19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{4}(0[1-9]|1[0-2]|2[1-9])[12](?!000)\d{3}$"


# Indonesia has three zones and no summer time; a unit's place decides which (domain.md §5).
UNIT_ZONE = """
(SELECT above.time_zone FROM employees_placement place
 JOIN employees_unit unit ON unit.id = place.unit_id
 JOIN employees_unit above ON above.path @> unit.path AND above.time_zone <> ''
 WHERE place.employee_id = employees_employee.id AND place.valid @> current_date
 ORDER BY nlevel(above.path) DESC LIMIT 1)
"""


def today_of_agency(agency="agency", at=None):
    """SQL for today's date in the agency's own zone, by the database's clock or at an instant."""
    return Cast(Func(F(f"{agency}__time_zone"), Now() if at is None else Value(at), function="timezone"), DateField())


class EmployeeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Oneself, the people one supervises today (whoever has left supervises nobody), and whom one's grants cover
        (agency or sub-tree)."""
        reach = user.reach
        mine = Q(pk=reach.me)
        team = Q(
            Exists(
                Placement.objects.filter(
                    employee=OuterRef("pk"),
                    supervisor=reach.me,
                    supervisor__legal_status__in=Employee.SERVING,
                    valid__contains=today_of_agency(),
                )
            )
        )
        return self.filter(mine | team | self.granted(user, READS_PEOPLE))

    def with_zone(self):
        """Each with `unit_zone`: the time zone of where they are placed today, of the nearest unit that has its own."""
        return self.annotate(unit_zone=RawSQL(UNIT_ZONE, []))  # noqa: S611  a constant  # nosec B611 - a constant

    @staticmethod
    def granted(user, roles, employee="pk", agency="agency_id"):
        """Q: the rows of people whom the user's grants of these roles cover."""
        reach = user.reach
        if reach.everywhere(roles):
            return Q(**{f"{agency}__isnull": False})
        whole = Q(**{f"{agency}__in": reach.whole_agencies(roles)})
        paths = reach.paths(roles)
        if not paths:
            return whole
        inside = Q()
        for path in paths:
            inside |= Q(unit__path__within=models.Value(path))
        placed = Placement.objects.filter(
            inside, employee=OuterRef(employee), agency_id__in=reach.agency_ids, valid__contains=today_of_agency()
        )
        return whole | Q(Exists(placed))


@versions()
class Employee(models.Model):
    """*Pegawai*: a civil servant. The number may change (NI PPPK first, NIP later); the person stays the same row."""

    class Kind(models.TextChoices):
        PNS = "PNS", "PNS"
        CPNS = "CPNS", "CPNS"
        PPPK = "PPPK", "PPPK"
        PPPK_PARUH_WAKTU = "PPPK_PARUH_WAKTU", _("part-time PPPK")

    class Legal(models.TextChoices):
        ACTIVE = "AKTIF", _("active")
        UNPAID_LEAVE = "CLTN", _("leave outside state responsibility")
        STUDY = "TUGAS_BELAJAR", _("study assignment")
        SUSPENDED = "PEMBERHENTIAN_SEMENTARA", _("temporarily suspended")
        WAITING = "UANG_TUNGGU", _("waiting pay")
        STATE_OFFICIAL = "PEJABAT_NEGARA", _("state official")
        DISCIPLINE = "HUKUMAN_DISIPLIN", _("under discipline")
        PRE_RETIREMENT = "MPP", _("pre-retirement leave")
        INACTIVE = "TIDAK_AKTIF", _("not active")
        DISMISSED = "DIBERHENTIKAN", _("dismissed")
        RETIRED = "PENSIUN", _("retired")

    SERVING = SERVING

    class Sex(models.TextChoices):
        MALE = "L", _("male")
        FEMALE = "P", _("female")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="employees", verbose_name=_("agency"))
    nip = models.CharField(_("NIP"), max_length=18, unique=True)
    name = models.CharField(_("name"), max_length=200)
    title_before = models.CharField(_("title before the name"), max_length=60, blank=True)
    title_after = models.CharField(_("title after the name"), max_length=60, blank=True)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, blank=True)
    kind = models.CharField(_("kind of civil servant"), max_length=20, choices=Kind)
    grade = models.CharField(_("grade"), max_length=8, blank=True)
    legal_status = models.CharField(_("legal status"), max_length=30, choices=Legal, default=Legal.ACTIVE)
    # PermenPANRB 4/2025: the five criteria of the duty; NULL is "not known", and unknown never passes.
    duty_outside_office = models.BooleanField(_("duty can be done outside the office"), null=True, blank=True)
    duty_no_special_room = models.BooleanField(_("needs no special room or equipment"), null=True, blank=True)
    duty_uses_ict = models.BooleanField(_("can use information technology"), null=True, blank=True)
    duty_little_face_to_face = models.BooleanField(_("little face-to-face contact"), null=True, blank=True)
    duty_no_constant_supervision = models.BooleanField(_("no constant supervision needed"), null=True, blank=True)
    # Of *keadaan khusus* only "yes, verified by, until" is kept, never what it is (UU 27/2022 art. 4).
    special_until = models.DateField(_("special circumstances until"), null=True, blank=True)
    special_verified_by = models.ForeignKey(
        "User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("verified by")
    )
    special_verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("mobile phone"), max_length=30, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(nip__regex=NIP_SHAPE),
                name="employee_nip_shape",
                violation_error_message=_("This is not an 18-digit NIP or NI PPPK."),
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "id"], name="employee_agency"),
            GinIndex(fields=["name"], name="employee_name_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone of the person's unit where the row was read `with_zone`, else the agency's."""
        return zoneinfo.ZoneInfo(getattr(self, "unit_zone", None) or self.agency.time_zone)

    @property
    def full_name(self) -> str:
        """The name with its titles, as Indonesian letters write it: `Dr. Siti Aminah, S.H., M.H.`"""
        front = f"{self.title_before} {self.name}".strip()
        return f"{front}, {self.title_after}" if self.title_after else front


class PlacementQuerySet(models.QuerySet):
    def on(self, date):
        """Placements valid on that date."""
        return self.filter(valid__contains=date)

    def visible_to(self, user):
        return self.filter(employee__in=Employee.objects.visible_to(user))


@versions()
class Placement(models.Model):
    """Where a person works, under whom, in which post, from–until (half-open). At most one on any day."""

    class Group(models.TextChoices):
        TOP = "JPT_UTAMA", _("top executive")
        MIDDLE = "JPT_MADYA", _("senior executive")
        FIRST = "JPT_PRATAMA", _("executive")
        ADMINISTRATOR = "ADMINISTRATOR", _("administrator")
        SUPERVISOR = "PENGAWAS", _("supervisory official")
        FUNCTIONAL = "FUNGSIONAL", _("functional post")
        EXECUTING = "PELAKSANA", _("executing post")

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="placements")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="placements", verbose_name=_("unit"))
    supervisor = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="subordinates", verbose_name=_("supervisor")
    )
    job_group = models.CharField(_("group of post"), max_length=20, choices=Group, blank=True)
    job_title = models.CharField(_("post"), max_length=200, blank=True)
    in_post_since = models.DateField(_("in this post since"), null=True, blank=True)
    direct_service = models.BooleanField(_("serves the public directly"), null=True, blank=True)
    valid = DateRangeField(_("valid"))

    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        constraints = [
            ExclusionConstraint(
                name="placement_one_a_day",
                expressions=[("employee", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=~Q(supervisor=F("employee")), name="placement_not_own_supervisor"),
            models.CheckConstraint(
                condition=Q(valid__isempty=False, valid__lower_inf=False, valid__lower_inc=True),
                name="placement_has_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} → {self.unit_id}"


class LeaveQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(employee__in=Employee.objects.visible_to(user))

    def on(self, date):
        return self.filter(valid__contains=date)


@versions()
class Leave(models.Model):
    """*Cuti*, sickness, a journey on duty: days on which a person is known to be away, from–until (half-open)."""

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="leaves", verbose_name=_("employee"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    valid = DateRangeField(_("valid"))
    kind = models.CharField(_("kind"), max_length=60, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leaves")
        constraints = [
            ExclusionConstraint(
                name="leave_once",
                expressions=[("employee", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(valid__isempty=False, valid__lower_inf=False, valid__upper_inf=False),
                name="leave_has_both_ends",
            ),
        ]
        indexes = [GistIndex(fields=["agency", "valid"], name="leave_agency")]

    def __str__(self) -> str:
        return said(self.valid)
