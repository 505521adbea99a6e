"""`/approvals/`: what waits for whoever decides, and their decisions, one by one or all that fit at once."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from schedules import permissions, queries, wording
from schedules.actions import requests as actions
from schedules.decision_forms import (
    DECLINES,
    REJECTIONS,
    RETURNS,
    ApproveManyForm,
    DecisionForm,
    RejectForm,
    ReturnForm,
)
from schedules.models import Request

from .person import REFUSALS, for_person, seen

Kind = Request.Kind
SHOWN = 200  # lines on one page; the others follow when these are decided
NAMED = 3  # so many that stay are named in the answer; of more, each line says it itself


@require_GET
@for_person
def inbox(request):
    """The inbox, what expires first on top, with the cover of the requested day beside each."""
    return _inbox(request)


@require_POST
@for_person
def approve(request, pk: int):
    """Approve, endorse or agree to one request."""
    pk = seen(request, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _stale(request)
    try:
        decided = actions.approve_request(
            by=request.user, request_id=pk, version=form.cleaned_data["version"], at=request.reader.now
        )
    except REFUSALS as refusal:
        return _refused(request, refusal)
    return _told(request, _approved(decided), decided)


@require_POST
@for_person
def approve_chosen(request):
    """Approve everything ticked: what fits is given, what does not stays and says why."""
    form = ApproveManyForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["chosen"]))
        return redirect("approvals")
    chosen = dict(form.cleaned_data["chosen"])
    known = set(Request.objects.visible_to(request.user).filter(pk__in=chosen).values_list("pk", flat=True))
    here = [(pk, version) for pk, version in chosen.items() if pk in known]
    outcomes = actions.approve_many(by=request.user, chosen=here, at=request.reader.now)
    _told_many(request, outcomes, len(chosen) - len(here))
    return redirect("approvals")


@require_POST
@for_person
def reject(request, pk: int):
    """Refuse a request or decline a swap, with a reason."""
    return _refuse(request, pk, "reject")


@require_POST
@for_person
def send_back(request, pk: int):
    """Return a request to be changed and sent again, with a reason."""
    return _refuse(request, pk, "return")


def _refuse(request, pk: int, what: str):
    pk = seen(request, pk)
    form = (RejectForm if what == "reject" else ReturnForm)(request.POST)
    if not form.is_valid():
        if "version" in form.errors:
            return _stale(request)
        return _inbox(request, failed=(pk, what), form=form, status=422)
    act = actions.reject_request if what == "reject" else actions.return_request
    try:
        decided = act(
            by=request.user,
            request_id=pk,
            version=form.cleaned_data["version"],
            reason=form.cleaned_data["reason"],
            at=request.reader.now,
        )
    except REFUSALS as refusal:
        return _refused(request, refusal)
    if what == "return":
        return _told(request, _("Sent back: %(name)s reads your reason and may send it again."), decided)
    return _told(request, _("Rejected: the request of %(name)s for %(day)s. They read your reason."), decided)


def _inbox(request, *, failed: tuple[int, str] | None = None, form=None, status: int = 200):
    reader = request.reader
    lines = queries.inbox(request.user, at=reader.now, limit=SHOWN)
    waiting = len(lines) if len(lines) < SHOWN else queries.waiting_for(request.user).count()
    lenders = list(permissions.stands_in_for(request.user.reach.me).values())
    decides = bool(lines) or bool(lenders) or permissions.is_supervisor(request.user, reader.today)
    context = {
        "decides": decides,
        "lenders": lenders,
        "waiting": waiting,
        "lines": lines,
        "more": waiting - len(lines),
        "fitting": sum(_in_bulk(line) for line in lines),
        "decided": queries.decided_lately(request.user, limit=20) if decides else [],
        "rejections": REJECTIONS,
        "returns": RETURNS,
        "declines": DECLINES,
        "failed": failed or (None, ""),
        "form": form,
    }
    return render(request, "schedules/approvals.html", context, status=status)


def _in_bulk(line: queries.InboxLine) -> bool:
    """Whether a line is ticked beforehand: it fits, and is no colleague's swap, which is one's own affair."""
    return line.fits and line.request.kind != Kind.SWAP


def _approved(decided: Request) -> str:
    """What an approval has done, by what was asked."""
    if decided.state == Request.State.SENT:
        return _("Endorsed: the request of %(name)s for %(day)s goes on to the second stage.")
    if decided.kind == Kind.SWAP:
        return _("Agreed: %(name)s has %(day)s now, and you have %(given)s.")
    if decided.kind == Kind.RETURN:
        return _("Agreed: %(name)s gives %(day)s back.")
    if decided.kind == Kind.RECUR:
        return _("Approved: %(name)s gets this weekday every week until %(until)s wherever the plan allows it.")
    return _("Approved: %(name)s works from home on %(day)s.")


def _told(request, text: str, decided: Request):
    messages.success(request, text % _named(decided))
    return redirect("approvals")


def _named(one: Request) -> dict[str, str]:
    return {
        "name": one.employee.full_name,
        "day": wording.dated(one.date, one.slot),
        "given": date_format(one.gives_up.date, "l, j F") if one.gives_up else "",
        "until": date_format(one.until, "j F Y") if one.until else "",
    }


def _told_many(request, outcomes: list[actions.Outcome], gone: int) -> None:
    """One sentence for what was done, one for each that stays with its reason and a day that fits."""
    done = [outcome.request for outcome in outcomes if outcome.done]
    staying = [outcome for outcome in outcomes if not outcome.done]
    endorsed = sum(one.state == Request.State.SENT for one in done)
    approved = len(done) - endorsed
    if approved:
        messages.success(request, ngettext("%(n)s approved.", "%(n)s approved.", approved) % {"n": approved})
    if endorsed:
        text = ngettext("%(n)s endorsed for the second stage.", "%(n)s endorsed for the second stage.", endorsed)
        messages.success(request, text % {"n": endorsed})
    for outcome in staying if len(staying) <= NAMED else ():
        messages.warning(request, _stays(outcome))
    if len(staying) > NAMED:
        text = ngettext("%(n)s stays; its line says why.", "%(n)s stay; each line says why.", len(staying))
        messages.warning(request, text % {"n": len(staying)})
    if gone or not outcomes:
        messages.error(request, _("Some of the ticked requests are no longer here. Please look at the list again."))


def _stays(outcome: actions.Outcome) -> str:
    named = _named(outcome.request) | {"reason": outcome.refusal}
    return _("Stays: %(name)s, %(day)s. %(reason)s") % named


def _refused(request, refusal):
    messages.error(request, str(refusal))
    return redirect("approvals")


def _stale(request):
    messages.error(request, _("This request has changed meanwhile. Please look at it again before you decide."))
    return redirect("approvals")
