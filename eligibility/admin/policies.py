"""Policies with their page and buttons, and where they are in force. The editor is in `policy_editor`."""

import datetime as dt

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from eligibility import permissions, states
from eligibility.actions.drafting import approve_policy, drop_policy, return_policy, submit_policy
from eligibility.actions.policies import put_in_force, take_back_plan
from eligibility.actions.refused import Refused
from eligibility.forms import InForceForm, ReasonForm
from eligibility.models import Policy, PolicyInForce
from eligibility.queries import latest_published
from eligibility.queries import policies as queries
from eligibility.rules import BadPolicy
from employees.admin import ActionAdmin, only_read, row_number, tones
from employees.calendar import week_name
from employees.models import Agency, Role
from employees.models.access import READS_SCORES
from employees.permissions import HR

from .policy_editor import draft_view, edit_view

MOST_RUNS = 10  # on the page of a policy
WEEK = dt.timedelta(days=7)
TONES = tones(Policy.State, APPROVED="success", SUBMITTED="warning", DRAFT="info")
DONE = {
    "submit": gettext_lazy("The draft waits for approval by another person."),
    "approve": gettext_lazy("The policy is approved. It applies once it is put in force."),
    "return": gettext_lazy("The draft is returned; its writers read why."),
    "drop": gettext_lazy("The draft is dropped."),
}
VERBS = {
    "policy.load": gettext_lazy("loaded from a file"),
    "policy.draft": gettext_lazy("drafted"),
    "policy.change": gettext_lazy("changed"),
    "policy.submit": gettext_lazy("handed in for approval"),
    "policy.approve": gettext_lazy("approved"),
    "policy.return": gettext_lazy("returned"),
    "policy.drop": gettext_lazy("dropped"),
}


@admin.register(Policy)
class PolicyAdmin(ActionAdmin):
    list_display = ["name", "code", "version", "agency_label", "track", "state_label"]
    list_select_related = ["agency"]
    list_filter = [("state", ChoicesDropdownFilter)]
    search_fields = ["code", "name_id", "name_en"]

    def may_read(self, user):
        return bool(user.reach.grants)

    def has_add_permission(self, request):
        return bool(request.user.reach.whole_agencies(HR))

    @display(description=gettext_lazy("name"))
    def name(self, policy):
        return policy.name

    @display(description=gettext_lazy("agency"), ordering="agency__name")
    def agency_label(self, policy):
        return policy.agency or _("everybody's")

    @display(description=gettext_lazy("state"), label=TONES)
    def state_label(self, policy):
        return policy.state, policy.get_state_display()

    def get_urls(self):
        views = {
            "edit": self.edit_page,
            "submit": self.submit_view,
            "approve": self.approve_view,
            "return": self.return_view,
            "drop": self.drop_view,
            "in-force": self.in_force_view,
        }
        mine = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"eligibility_policy_{name}")
            for name, view in views.items()
        ]
        return mine + super().get_urls()

    def policy_for(self, request, pk) -> Policy:
        """The policy, if this reader may see it; another agency's draft does not exist."""
        if not self.may_read(request.user):
            raise PermissionDenied
        rows = Policy.objects.visible_to(request.user)
        return get_object_or_404(rows.select_related("agency", "drafted_by__employee", "approved_by__employee"), pk=pk)

    # --- looking ---

    @only_read
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """What the policy says, how it differs from the version before, who did what, where it applies."""
        return self._page(request, self.policy_for(request, row_number(object_id)))

    def _page(self, request, policy: Policy, *, reason=None, start=None, status=200):
        user, before = request.user, queries.version_before(policy)
        heads, writers = self._agencies_to_start_in(user, policy), queries.writers(policy)
        if start is None and heads:
            start = InForceForm(agencies=heads, since=self._first_day(policy, heads))
        runs = queries.runs_of(policy, user)
        context = self.admin_site.each_context(request) | {
            "title": policy.name,
            "policy": policy,
            "said": _reading(policy),
            "before": before,
            "differences": queries.differences(before, policy) if before else [],
            "past": self._past(policy),
            "in_force": self._in_force(policy, user),
            "runs": [{"run": run, "week": week_name(run.week)} for run in runs[:MOST_RUNS]],
            "run_count": runs.count(),
            "reason_form": reason or ReasonForm(),
            "in_force_form": start,
        }
        context |= self._buttons(user, policy, writers)
        return TemplateResponse(request, "admin/eligibility/policy/page.html", context, status=status)

    def _buttons(self, user, policy: Policy, writers) -> dict:
        """What this reader may do with this policy now: may this person, may this thing."""
        drafts = permissions.may_draft(user, policy.agency_id)
        head = permissions.may_put_in_force(user, policy.agency_id)
        next_one = bool(user.reach.whole_agencies(HR)) if policy.agency_id is None else drafts
        return {
            "changeable": drafts and states.can(policy, "change"),
            "submittable": drafts and states.can(policy, "submit"),
            "droppable": drafts and states.can(policy, "drop"),
            "approvable": permissions.may_approve(user, policy, writers) and states.can(policy, "approve"),
            "returnable": head and states.can(policy, "return"),
            "wrote_it": head and user.pk in writers and states.can(policy, "approve"),
            "versionable": next_one and policy.state == Policy.State.APPROVED,
            "what_if": _what_if(user, policy),
        }

    def _agencies_to_start_in(self, user, policy: Policy):
        """Where this reader may put it in force."""
        if not states.can(policy, "put in force"):
            return Agency.objects.none()
        agencies = Agency.objects.filter(pk__in=user.reach.whole_agencies({Role.HR_HEAD})).order_by("name")
        return agencies.filter(pk=policy.agency_id) if policy.agency_id else agencies

    def _first_day(self, policy: Policy, agencies) -> dt.date:
        """The next Monday that is not in a published week, and not before the policy may apply."""
        agency = agencies[0]
        today = timezone.localdate(timezone=agency.zone)
        newest = latest_published(agency.pk, policy.track)
        monday = today - dt.timedelta(days=today.weekday()) + WEEK
        days = [monday, newest.week + WEEK if newest else monday, policy.since or monday]
        return max(days)

    def _past(self, policy: Policy) -> list[dict]:
        """Who did what, in words."""
        return [line | {"what": VERBS.get(line["event"].verb, line["event"].verb)} for line in queries.history(policy)]

    def _in_force(self, policy: Policy, user) -> list[dict]:
        """Where it applies or will, and whether this reader may take that back."""
        rows = queries.in_force_seen_by(user).filter(policy=policy).select_related("agency", "approved_by__employee")
        shown = []
        for row in rows.order_by("agency__name", "-valid"):
            first, after = row.valid.lower, row.valid.upper
            ahead = bool(first and first > timezone.localdate(timezone=row.agency.zone))
            last = after - dt.timedelta(days=1) if after else None
            planned = ahead and permissions.may_put_in_force(user, row.agency_id)
            shown.append({"row": row, "last": last, "planned": planned})
        return shown

    # --- writing ---

    def add_view(self, request, form_url="", extra_context=None):
        return draft_view(self, request)

    def edit_page(self, request, pk):
        return edit_view(self, request, self.policy_for(request, pk))

    def submit_view(self, request, pk):
        return self._step(request, pk, "submit", submit_policy)

    def approve_view(self, request, pk):
        return self._step(request, pk, "approve", approve_policy)

    def drop_view(self, request, pk):
        return self._step(request, pk, "drop", drop_policy)

    def return_view(self, request, pk):
        form = ReasonForm(request.POST)
        if request.method == "POST" and not form.is_valid():
            return self._page(request, self.policy_for(request, pk), reason=form, status=422)
        return self._step(request, pk, "return", return_policy, reason=form.data.get("reason", ""))

    def _step(self, request, pk, change, action, **more):
        """One call; what it answered is said on the policy's page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        policy = self.policy_for(request, pk)
        edition = row_number(request.POST.get("edition", ""))
        self._try(
            request,
            lambda: action(policy_id=policy.pk, by=request.user, at=timezone.now(), edition=edition, **more),
            DONE[change],
        )
        return HttpResponseRedirect(reverse("admin:eligibility_policy_change", args=[policy.pk]))

    def in_force_view(self, request, pk):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        policy = self.policy_for(request, pk)
        agencies = self._agencies_to_start_in(request.user, policy)
        if not agencies:
            raise PermissionDenied(_("Putting a policy in force is the HR head's task."))
        form = InForceForm(request.POST, agencies=agencies)
        if not form.is_valid():
            return self._page(request, policy, start=form, status=422)
        self._try(
            request,
            lambda: put_in_force(policy=policy, by=request.user, at=timezone.now(), **form.cleaned_data),
            _("The policy is in force from that day; what applied before ends there."),
        )
        return HttpResponseRedirect(reverse("admin:eligibility_policy_change", args=[policy.pk]))

    def _try(self, request, do, text):
        try:
            do()
            messages.success(request, text)
        except permissions.Denied as denied:
            raise PermissionDenied(str(denied)) from denied
        except Refused as refused:
            messages.error(request, str(refused))


def _what_if(user, policy: Policy) -> str:
    """The address that asks who would gain and lose under it; "" where that page is not for this reader."""
    agencies = user.reach.whole_agencies(READS_SCORES)
    if policy.state == Policy.State.DROPPED or not (policy.agency_id in agencies if policy.agency_id else agencies):
        return ""
    asked = {"policy": policy.pk} | ({"agency": policy.agency_id} if policy.agency_id else {})
    return f"{reverse('admin:what_if')}?{urlencode(asked)}"


def _reading(policy: Policy) -> list[queries.Said]:
    """What the policy says; nothing where it was stored under rules that are gone (the page then shows its data)."""
    try:
        return queries.reading(policy.rules)
    except BadPolicy:
        return []


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
        return queries.in_force_seen_by(user)

    @display(description=gettext_lazy("from"), ordering="valid")
    def since(self, row):
        return row.valid.lower

    @display(description=gettext_lazy("until"), empty_value="…")
    def until(self, row):
        return row.valid.upper

    def get_urls(self):
        view = self.admin_site.admin_view(self.take_back_view)
        mine = [path("<int:pk>/take-back/", view, name="eligibility_policyinforce_take_back")]
        return mine + super().get_urls()

    def take_back_view(self, request, pk):
        if not self.may_read(request.user):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.scope(request.user).filter(pk=pk).first()
        if row is None:
            raise Http404
        try:
            take_back_plan(in_force_id=row.pk, by=request.user, at=timezone.now())
            messages.success(request, _("The plan is taken back; what applied before goes on."))
        except permissions.Denied as denied:
            raise PermissionDenied(str(denied)) from denied
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:eligibility_policy_change", args=[row.policy_id]))
