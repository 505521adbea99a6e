"""The audit trail and what must still follow: read-only."""

from django.contrib import admin
from django.db.models import CharField, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.models import Role, User
from employees.permissions import holds_any
from ledger.models import Event, Outbox, ReadLog
from ledger.reading import opened

from .accounts import READS_ACCESS
from .base import ActionAdmin
from .trail_filters import ActorFilter, PersonFilter, ReadPersonFilter

ABOUT_ACCESS = ["employees.user", "employees.rolegrant"]


@admin.register(Event)
class EventAdmin(ActionAdmin):
    """What happened. HR heads and auditors read all of it, administrators what concerns accounts and roles."""

    list_display = ["at", "verb", "actor", "subject", "reason"]
    search_fields = ["verb", "reason", "=request_id"]
    list_filter = [ActorFilter, PersonFilter]
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

    list_display = ["at", "actor_id", "employee_id", "opened", "request_id"]
    list_filter = [ActorFilter, ReadPersonFilter]
    ordering = ["-pk"]

    def may_read(self, user):
        return holds_any(user, {Role.AUDITOR})

    def scope(self, user):
        if user.reach.everywhere({Role.AUDITOR}):
            return ReadLog.objects.all()
        return ReadLog.objects.filter(agency_id__in=user.reach.whole_agencies({Role.AUDITOR}))

    @display(description=_("what was opened"), ordering="what")
    def opened(self, row):
        return opened(row.what)


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
