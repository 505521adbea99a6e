"""Accounts, roles and the audit trail: read-only. No form of the admin can make anybody an administrator (M10)."""

from django.contrib import admin
from django.db.models import CharField, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.models import Role, RoleGrant, User
from employees.permissions import holds_any
from ledger.models import Event, Outbox, ReadLog

from .base import ActionAdmin

READS_ACCESS = frozenset({Role.AGENCY_ADMIN, Role.AUDITOR, Role.HR_HEAD})
ABOUT_ACCESS = ["employees.user", "employees.rolegrant"]


@admin.register(User)
class UserAdmin(ActionAdmin):
    list_display = ["who", "number", "language", "is_active", "last_login"]
    list_select_related = ["employee"]
    list_filter = ["is_active"]
    search_fields = ["employee__name", "employee__nip"]
    ordering = ["employee__name", "pk"]
    fields = ["who", "number", "email", "language", "is_active", "last_login", "roles"]
    readonly_fields = ["who", "number", "roles"]

    def may_read(self, user):
        return holds_any(user, {Role.AGENCY_ADMIN, Role.PLATFORM_ADMIN})

    def scope(self, user):
        """Accounts of the agencies one administers; for the platform, those that hold a role or belong to nobody."""
        agencies = user.reach.whole_agencies({Role.AGENCY_ADMIN})
        seen = Q(employee__agency__in=agencies)
        if user.reach.platform:
            seen |= Q(employee=None) | Q(pk__in=RoleGrant.objects.values("user"))
        return User.objects.filter(seen)

    @display(description=_("account"), ordering="employee__name")
    def who(self, account):
        return str(account)

    @display(description=_("NIP"), empty_value="–")
    def number(self, account):
        return account.employee.nip if account.employee_id else None

    @display(description=_("roles"), empty_value="–")
    def roles(self, account):
        rows = account.grants.select_related("agency", "unit").order_by("-valid")
        return format_html_join(
            "\n", "<p>{} · {} · {}</p>", ((g.get_role_display(), g.unit or g.agency or "–", period(g)) for g in rows)
        )


def period(grant) -> str:
    """From–until, in the reader's format."""
    first = date_format(grant.valid.lower, "SHORT_DATE_FORMAT")
    last = date_format(grant.valid.upper, "SHORT_DATE_FORMAT") if grant.valid.upper else "…"
    return f"{first} – {last}"


@admin.register(RoleGrant)
class RoleGrantAdmin(ActionAdmin):
    list_display = ["who", "role_label", "agency", "unit", "during"]
    list_select_related = ["user__employee", "agency", "unit"]
    list_filter = [("role", ChoicesDropdownFilter)]
    search_fields = ["user__employee__name", "user__employee__nip"]
    ordering = ["user__employee__name", "pk"]
    fields = ["who", "role_label", "agency", "unit", "during"]
    readonly_fields = ["who", "role_label", "during"]

    def may_read(self, user):
        return holds_any(user, READS_ACCESS | {Role.PLATFORM_ADMIN})

    @display(description=_("account"), ordering="user__employee__name")
    def who(self, grant):
        return str(grant.user)

    @display(description=_("role"), ordering="role")
    def role_label(self, grant):
        return grant.get_role_display()

    @display(description=_("valid"))
    def during(self, grant):
        return period(grant)


@admin.register(Event)
class EventAdmin(ActionAdmin):
    """What happened. HR heads and auditors read all of it, administrators what concerns accounts and roles."""

    list_display = ["at", "verb", "actor", "subject", "reason"]
    search_fields = ["verb", "reason"]
    ordering = ["-pk"]
    fields = ["at", "verb", "actor", "subject", "reason", "before", "after", "request_id"]
    readonly_fields = ["actor", "subject"]

    def may_read(self, user):
        return holds_any(user, READS_ACCESS | {Role.PLATFORM_ADMIN})

    def scope(self, user):
        reach, everything = user.reach, Event.objects.all()
        if reach.everywhere({Role.AUDITOR}):
            return everything
        seen = Q(agency_id__in=reach.whole_agencies({Role.HR_HEAD, Role.AUDITOR}))
        seen |= Q(agency_id__in=reach.whole_agencies({Role.AGENCY_ADMIN}), subject_type__in=ABOUT_ACCESS)
        if reach.platform:
            seen |= Q(subject_type__in=ABOUT_ACCESS) | Q(agency_id=None)
        return everything.filter(seen)

    def get_queryset(self, request):
        name = User.objects.filter(pk=OuterRef("actor_id")).values(
            name=Coalesce(F("employee__name"), F("username"), Value(""), output_field=CharField())
        )
        return super().get_queryset(request).annotate(actor_name=Subquery(name))

    @display(description=_("who"))
    def actor(self, event):
        return event.actor_name or _("the system")

    @display(description=_("about"))
    def subject(self, event):
        return f"{event.subject_type} {event.subject_id}"


@admin.register(ReadLog)
class ReadLogAdmin(ActionAdmin):
    """Who opened whose record. Only auditors read it, and only of people of their agency."""

    list_display = ["at", "actor_id", "employee_id", "what", "request_id"]
    ordering = ["-pk"]

    def may_read(self, user):
        return holds_any(user, {Role.AUDITOR})

    def scope(self, user):
        if user.reach.everywhere({Role.AUDITOR}):
            return ReadLog.objects.all()
        return ReadLog.objects.filter(agency_id__in=user.reach.whole_agencies({Role.AUDITOR}))


@admin.register(Outbox)
class OutboxAdmin(ActionAdmin):
    """What must still follow a change (mail, jobs), and what was given up."""

    list_display = ["key", "kind", "due_at", "attempts", "done_at", "dead_at"]
    list_filter = [("kind", ChoicesDropdownFilter)]
    search_fields = ["key"]
    ordering = ["-pk"]

    def may_read(self, user):
        return user.reach.platform

    def scope(self, user):
        return Outbox.objects.all() if user.reach.platform else Outbox.objects.none()
