"""Policies, and where they are in force."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from eligibility.models import Policy, PolicyInForce
from employees.admin import ActionAdmin
from employees.models import Role


@admin.register(Policy)
class PolicyAdmin(ActionAdmin):
    list_display = ["name", "code", "version", "track", "brake_percent"]
    search_fields = ["code", "name_id", "name_en"]
    fields = ["name", "code", "version", "track", "basis", "brake_percent", "rules_text"]
    readonly_fields = ["name", "rules_text"]

    def may_read(self, user):
        return bool(user.reach.grants)

    def scope(self, user):
        """Policies are the same for everybody."""
        return Policy.objects.all()

    @display(description=gettext_lazy("name"))
    def name(self, policy):
        return policy.name

    @display(description=gettext_lazy("rules"))
    def rules_text(self, policy):
        return format_html('<pre class="portal-pre">{}</pre>', json.dumps(policy.rules, indent=2, ensure_ascii=False))


@admin.register(PolicyInForce)
class PolicyInForceAdmin(ActionAdmin):
    list_display = ["agency", "track", "policy", "since", "until", "approved_by"]
    list_select_related = ["agency", "policy", "approved_by__employee"]
    ordering = ["agency__name", "track", "-valid"]
    fields = ["agency", "track", "policy", "since", "until", "approved_by"]
    readonly_fields = ["since", "until"]

    def may_read(self, user):
        return bool(user.reach.grants)

    def scope(self, user):
        """What is in force in the agencies the user works for; everywhere for the platform and general auditors."""
        reach = user.reach
        if reach.platform or reach.everywhere({Role.AUDITOR}):
            return PolicyInForce.objects.all()
        return PolicyInForce.objects.filter(agency__in=reach.agency_ids)

    @display(description=gettext_lazy("from"), ordering="valid")
    def since(self, row):
        return row.valid.lower

    @display(description=gettext_lazy("until"), empty_value="…")
    def until(self, row):
        return row.valid.upper
