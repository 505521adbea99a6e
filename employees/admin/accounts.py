"""Accounts and roles. Every change is an action's; no form of the admin can make anybody an administrator (M10)."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from employees.access_forms import AccountForm, ReasonForm, RoleEndForm, RoleForm
from employees.actions import (
    Refused,
    create_account,
    deactivate,
    end_role,
    end_sessions,
    forget_password,
    give_role,
    reactivate,
    reset_factors,
)
from employees.actions.roles import today_of
from employees.leave import days_of
from employees.links import first_link
from employees.models import Employee, Role, RoleGrant, User
from employees.permissions import HR, holds_any, may_end, may_manage
from employees.roles import GIVEN

from .entering import EnteringAdmin, OneFormAdmin

READS_ACCESS = frozenset({Role.AGENCY_ADMIN, Role.AUDITOR, Role.HR_HEAD})
MANAGES = frozenset({Role.AGENCY_ADMIN, Role.PLATFORM_ADMIN})
ACTS = {  # each with a reason
    "close": deactivate,
    "open": reactivate,
    "new-link": forget_password,
    "reset-factors": reset_factors,
}


@admin.register(User)
class UserAdmin(EnteringAdmin):
    """Accounts of one's own people: made, closed, opened again; a first password by a link that is shown once."""

    list_display = ["who", "number", "language", "is_active", "last_login"]
    list_select_related = ["employee"]
    list_filter = ["is_active"]
    search_fields = ["employee__name", "employee__nip", "username"]
    ordering = ["employee__name", "pk"]
    fields = ["who", "number", "email", "language", "is_active", "last_login", "roles"]
    readonly_fields = ["who", "number", "roles"]
    change_form_outer_before_template = "admin/employees/user/buttons.html"

    def may_read(self, user):
        return holds_any(user, MANAGES | {Role.AUDITOR})

    def scope(self, user):
        """Those one manages, and as an auditor those of the people one audits and of whoever holds a role there."""
        audits = {Role.AUDITOR}
        people = Employee.objects.none().granted(user, audits, "employee_id", "employee__agency_id")
        roles = RoleGrant.objects.all()
        if not user.reach.everywhere(audits):
            roles = roles.filter(agency_id__in=user.reach.whole_agencies(audits))
        audited = people | Q(pk__in=roles.values("user"))
        seen = User.objects.visible_to(user)
        return seen | User.objects.filter(audited) if holds_any(user, audits) else seen

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("employee__agency")

    def has_add_permission(self, request):
        return holds_any(request.user, MANAGES)

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            return self.entering(request, super().get_form(request, obj, change, form=AccountForm, **kwargs))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": self.fields if obj else ["nip"]})]

    def get_readonly_fields(self, request, obj=None):
        return self.fields if obj else []

    def save_model(self, request, obj, form, change):
        made = create_account(employee=form.cleaned_data["nip"], by=request.user, at=timezone.now())
        obj.pk = made.pk

    def response_add(self, request, obj, post_url_continue=None):
        return self._link(request, User.objects.select_related("employee").get(pk=obj.pk))

    def get_urls(self):
        view = self.admin_site.admin_view(self.act_view)
        return [path("<int:pk>/do/<str:what>/", view, name="employees_user_do"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.may_read(request.user):
            raise PermissionDenied
        account = self.get_object(request, object_id)
        context = {"manageable": _manageable(request.user, account), "reason_form": ReasonForm(auto_id="reason-%s")}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def act_view(self, request, pk, what):
        """Close, open, take the password away, or log out everywhere: one action each."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not holds_any(request.user, MANAGES):
            raise PermissionDenied
        account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
        known = {"user": account, "by": request.user, "at": timezone.now()}
        try:
            if what == "end-sessions":
                ended = end_sessions(**known)
                messages.success(request, _("Logged out everywhere: %(count)d sessions and tokens.") % {"count": ended})
            elif what in ACTS:
                done = ACTS[what](reason=request.POST.get("reason", ""), **known)
                if what == "new-link":
                    return self._link(request, done)
                messages.success(request, _("Saved."))
            else:
                raise PermissionDenied
        except Refused as refused:
            if refused.code in ("OWN", "HIGHER"):
                raise PermissionDenied(str(refused)) from refused
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:employees_user_change", args=[pk]))

    def _link(self, request, account):
        """The link, in the answer to the very click that made it: it is kept nowhere, so it is shown once."""
        context = self.admin_site.each_context(request) | {
            "title": _("Link for a first password"),
            "account": account,
            "link": first_link(account),
        }
        return TemplateResponse(
            request, "admin/employees/user/link.html", context, headers={"Cache-Control": "no-store"}
        )

    @display(description=gettext_lazy("account"), ordering="employee__name")
    def who(self, account):
        return str(account)

    @display(description=gettext_lazy("NIP"), empty_value="–")
    def number(self, account):
        return account.employee.nip if account.employee_id else None

    @display(description=gettext_lazy("roles"), empty_value="–")
    def roles(self, account):
        rows = account.grants.select_related("agency", "unit").order_by("-valid")
        return format_html_join(
            "\n", "<p>{} · {} · {}</p>", ((g.get_role_display(), g.unit or g.agency or "–", period(g)) for g in rows)
        )


def _manageable(user, account) -> bool:
    agency = account.employee.agency if account.employee else None
    return may_manage(user, account, today_of(agency, timezone.now()))


def period(grant) -> str:
    """From–until (the last day), in the reader's format."""
    first = date_format(grant.valid.lower, "SHORT_DATE_FORMAT")
    last = date_format(days_of(grant.valid)[1], "SHORT_DATE_FORMAT") if grant.valid.upper else "…"
    return f"{first} – {last}"


@admin.register(RoleGrant)
class RoleGrantAdmin(OneFormAdmin):
    """Who holds which role, where and when; administrators give and end them here."""

    list_display = ["who", "role_label", "agency", "unit", "during", "both"]
    list_select_related = ["user__employee", "agency", "unit"]
    list_filter = [("role", ChoicesDropdownFilter)]
    search_fields = ["user__employee__name", "user__employee__nip"]
    ordering = ["user__employee__name", "pk"]
    added = gettext_lazy("The role is given. It holds from the next log-in.")
    changed = gettext_lazy("The role is changed.")
    enter_form, change_form = RoleForm, RoleEndForm
    enter_fields = ["account", "role", "agency", "unit_code", "first", "last", "reason"]
    shown = ["who", "role_label", "meaning", "agency", "unit", "during"]
    change_fields = ["last", "reason"]
    change_title = gettext_lazy("End this role")

    def may_read(self, user):
        return holds_any(user, READS_ACCESS | {Role.PLATFORM_ADMIN})

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related(*self.list_select_related)
        other = RoleGrant.objects.filter(user=OuterRef("user"), agency=OuterRef("agency"), role__in=HR)
        other = other.filter(valid__overlap=OuterRef("valid")).exclude(role=OuterRef("role"))
        return rows.annotate(holds_both=Exists(other))

    def has_add_permission(self, request):
        return holds_any(request.user, MANAGES)

    def has_change_permission(self, request, obj=None):
        if obj is None or obj.user_id == request.user.pk:
            return False
        today = today_of(obj.agency, timezone.now())
        over = obj.valid.upper is not None and obj.valid.upper <= today
        return not over and may_end(request.user, obj.role, obj.agency_id, obj.unit.path if obj.unit else None, today)

    def get_changeform_initial_data(self, request):
        return {"first": timezone.localdate()}

    def save_model(self, request, obj, form, change):
        who = {"by": request.user, "at": timezone.now()}
        if change:
            end_role(grant_id=obj.pk, last=form.cleaned_data["last"], reason=form.cleaned_data["reason"], **who)
        else:
            obj.pk = give_role(**form.inputs(), **who).pk

    @display(description=gettext_lazy("account"), ordering="user__employee__name")
    def who(self, grant):
        return str(grant.user)

    @display(description=gettext_lazy("role"), ordering="role")
    def role_label(self, grant):
        return grant.get_role_display()

    @display(description=gettext_lazy("what it may"))
    def meaning(self, grant):
        return capfirst(str(GIVEN[grant.role].sentence))

    @display(description=gettext_lazy("valid"))
    def during(self, grant):
        return period(grant)

    @display(description=gettext_lazy("note"), empty_value="")
    def both(self, grant):
        """A small agency may give both roles of HR to one person; everybody who reads the roles sees it."""
        return _("both HR roles: no second pair of eyes") if grant.role in HR and grant.holds_both else None
