"""The policy editor: a page for a new draft, the next version of an approved policy, or a draft already there."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from eligibility import permissions, states
from eligibility.actions.contents import CONTENT
from eligibility.actions.drafting import change_draft, draft_policy
from eligibility.actions.refused import Refused
from eligibility.forms import PolicyEditor
from eligibility.models import Policy
from eligibility.queries import policies as queries
from employees.admin import row_number
from employees.models import Agency
from employees.permissions import HR


def agencies_of(user):
    """The agencies whose policies this user may draft."""
    return Agency.objects.filter(pk__in=user.reach.whole_agencies(HR)).order_by("name")


def draft_view(model_admin, request):
    """A new policy, or with `?from=` the next version of an approved one, prefilled from it."""
    agencies = agencies_of(request.user)
    if not agencies:
        raise PermissionDenied(_("Drafting policies is the task of the agency's HR."))
    before = None
    if source := request.POST.get("from") or request.GET.get("from"):
        approved = Policy.objects.visible_to(request.user).approved()
        own = Q(agency=None) | Q(agency__in=agencies)
        before = get_object_or_404(approved.filter(own), pk=row_number(source))
        agencies = agencies.filter(pk=before.agency_id) if before.agency_id else agencies
    data = request.POST if request.method == "POST" else None
    editor = PolicyEditor(data, policy=_prefilled(before), fixed=before is not None, agencies=agencies)

    def save():
        return draft_policy(
            agency=editor.head.cleaned_data["agency"],
            code=before.code if before else editor.head.cleaned_data["code"],
            content=editor.content(),
            before=before,
            by=request.user,
            at=timezone.now(),
        )

    title = _("Next version of %(policy)s") % {"policy": before} if before else _("New policy")
    back = before.pk if before else None
    return _edited(model_admin, request, editor, save, title=title, source=before, edition=0, back=back)


def _prefilled(before: Policy | None) -> Policy:
    if before is None:
        return Policy(track="REWARD")
    return Policy(**{name: getattr(before, name) for name in CONTENT} | {"note_id": "", "note_en": ""})


def edit_view(model_admin, request, policy: Policy):
    """A draft, changed by one of the agency's HR; an edition read earlier does not overwrite a newer one."""
    if not permissions.may_draft(request.user, policy.agency_id):
        raise PermissionDenied(_("Drafting policies is the task of the agency's HR."))
    if not states.can(policy, "change"):
        messages.error(request, _("Only a draft is changed; an approved policy gets a next version."))
        return HttpResponseRedirect(reverse("admin:eligibility_policy_change", args=[policy.pk]))
    before = queries.version_before(policy)
    data = request.POST if request.method == "POST" else None
    editor = PolicyEditor(data, policy=policy, fixed=True)
    read = row_number(request.POST.get("edition", "")) if data is not None else policy.edition

    def save():
        return change_draft(
            policy_id=policy.pk, content=editor.content(), by=request.user, at=timezone.now(), edition=read
        )

    title = _("Draft %(policy)s") % {"policy": policy}
    return _edited(model_admin, request, editor, save, title=title, source=before, edition=read, back=policy.pk)


def _edited(model_admin, request, editor: PolicyEditor, save, *, title, source, edition, back):
    """Save where that was asked and nothing is wrong; else the page, with everything typed still in it."""
    valid = editor.is_valid() if editor.judged else False
    if valid and editor.do == "save":
        try:
            saved = save()
            messages.success(request, _("The draft is saved."))
            return HttpResponseRedirect(reverse("admin:eligibility_policy_change", args=[saved.pk]))
        except permissions.Denied as denied:
            raise PermissionDenied(str(denied)) from denied
        except Refused as refused:
            editor.problem = str(refused)
    context = model_admin.admin_site.each_context(request) | {
        "title": title,
        "editor": editor,
        "source": source,
        "edition": edition,
        "back": back,
        "said": queries.reading(editor.entries()) if valid else [],
        "wrong": editor.judged and not valid,
    }
    return TemplateResponse(request, "admin/eligibility/policy/edit.html", context)
