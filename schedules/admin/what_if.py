"""What if: choose a policy, a week and other numbers, and read who would gain, who would lose and which units break.

A page of its own that is only ever read (GET): nothing is stored, not even the question.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eligibility import permissions
from eligibility.fields import LABELS
from eligibility.models import Policy
from eligibility.queries.what_if import Number, askable, numbers, with_numbers
from eligibility.rules import BadPolicy
from employees.admin import row_number
from employees.calendar import BadWeek, parse_week, week_name, week_of
from employees.models import Agency, Role
from employees.models.access import READS_SCORES
from schedules.queries.what_if import IN_FORCE, PUBLISHED, WEEK, NothingToCompare, TooSlow, WhatIf, what_if

MOST_UNITS, MOST_PLOTTED = 100, 12


def what_if_view(request):
    """The form, and below it the comparison once a policy is chosen. HR and auditors of a whole agency read it."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    asked = Asked(request)
    found, error = None, ""
    if asked.policy is not None:
        try:
            found = asked.answer(asked.policy)
        except (BadPolicy, BadWeek, NothingToCompare, TooSlow) as refused:
            error = str(refused)
    context = admin.site.each_context(request) | asked.form() | {"title": _("What if?"), "error": error, "found": found}
    return TemplateResponse(request, "admin/what_if/page.html", context | (shown(found) if found else {}))


class Asked:
    """What an address asks for. Another agency, or a policy that the reader may not see, does not exist."""

    def __init__(self, request):
        self.given = {name: value.replace("\0", "") for name, value in request.GET.items()}
        self.agencies = agencies_of(request.user)
        if not self.agencies:
            raise PermissionDenied
        own = getattr(getattr(request.user, "employee", None), "agency_id", None)
        self.agency = self._one(self.agencies, "agency") or next(
            (one for one in self.agencies if one.pk == own), self.agencies[0]
        )
        self.policies = list(askable(request.user, self.agency.pk))
        self.policy: Policy | None = self._one(self.policies, "policy")
        self.at = timezone.now()
        self.following = week_of(self.at, self.agency.zone) + WEEK
        self.against = PUBLISHED if self.given.get("against") == PUBLISHED else IN_FORCE

    def _one(self, rows, name: str):
        """The row whose number the address names, None where it names none."""
        if not self.given.get(name):
            return None
        found = [row for row in rows if row.pk == row_number(self.given[name])]
        if not found:
            raise Http404
        return found[0]

    @property
    def numbers(self) -> dict[str, str]:
        """The numbers to try out. Those typed for another policy than the one chosen now are forgotten."""
        typed_for = self.given.get("of", "")
        if self.policy is None or (typed_for and row_number(typed_for) != self.policy.pk):
            return {}
        return {name: value for name, value in self.given.items() if "." in name}

    def answer(self, policy: Policy) -> WhatIf:
        """One call: the comparison. Raises `BadPolicy`, `BadWeek`, `NothingToCompare`."""
        week = parse_week(self.given["week"]) if self.given.get("week") else self.following
        changed = with_numbers(policy, self.numbers)
        return what_if(agency=self.agency, policy=changed, week=week, at=self.at, against=self.against, names=True)

    def form(self) -> dict[str, Any]:
        """What the form shows: the choices, and each number of the policy as it is typed or stored."""
        typed = self.numbers
        known = numbers(self.policy) if self.policy else []
        fields = [_field(one, typed.get(one.address, one.text)) for one in known]
        return {
            "agencies": self.agencies,
            "agency": self.agency,
            "policies": self.policies,
            "policy": self.policy,
            "fields": fields,
            "changed": [field for field in fields if field["changed"]],
            "week": self.given.get("week") or week_name(self.following),
            "against": self.against,
        }


def _field(one: Number, value: str) -> dict[str, Any]:
    """A number of a rule with what is typed for it, called as the policy editor calls it."""
    label, help_text = LABELS.get(one.name, (one.name.replace("_", " "), ""))
    return {"one": one, "label": one.label or label, "help": help_text, "value": value, "changed": value != one.text}


def agencies_of(user) -> list[Agency]:
    """The agencies whose scores a reader may read as a whole."""
    rows = Agency.objects.order_by("name", "pk")
    if not user.reach.everywhere({Role.AUDITOR}):
        rows = rows.filter(pk__in=user.reach.whole_agencies(READS_SCORES))
    return list(rows)


def shown(found: WhatIf) -> dict[str, Any]:
    """The comparison as the page draws it."""
    breaking = found.breaking
    return {
        "week_name": week_name(found.week),
        "run_week": week_name(found.run.week) if found.run else "",
        "units": found.units[:MOST_UNITS],
        "plotted": [line for line in found.units if line.turned][:MOST_PLOTTED],
        "breaking": breaking[:MOST_UNITS],
        "breaking_count": len(breaking),
        "reasons": [line for line in found.reasons if line.before or line.after],
        "examples": [(_("Who gains"), "gained", found.gained), (_("Who loses"), "lost", found.lost)],
    }


admin.site.add_page(  # type: ignore[attr-defined]  # our own site
    name="what_if",
    address="what-if/",
    view=what_if_view,
    title=gettext_lazy("What if?"),
    may_read=permissions.reads_whole_agency,
)
