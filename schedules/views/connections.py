"""`/account/connections/`: the address of one's calendar and one's API tokens. A secret is on the page of the very
answer that made it, and nowhere afterwards."""

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from knox.models import AuthToken

from employees import actions
from employees.endings import ended_since
from employees.models import CalendarAddress, TokenScopes
from employees.scopes import Scope
from employees.views import reader_of

SHOWN = 8  # characters of a token by which its owner knows it


@require_GET
def connections(request):
    """What programmes may read in one's name, and since when."""
    return _page(request)


@require_POST
def calendar(request):
    """`do`: `renew` (make one, or another in its place) or `end`."""
    now = reader_of(request).now
    if request.POST.get("do") == "end":
        actions.end_calendar(by=request.user, at=now)
        messages.success(request, _("The calendar address has ended."))
        return redirect("connections")
    try:
        secret = actions.renew_calendar(by=request.user, at=now)
    except actions.Refused as refused:
        messages.error(request, str(refused))
        return redirect("connections")
    return _page(request, address=settings.PUBLIC_URL + reverse("api-calendar", args=[secret]))


@require_POST
@reauthentication_required
def token_make(request):
    """A new token; `digest` names one in whose place it comes."""
    now, digest = reader_of(request).now, _digest(request)
    try:
        if digest:
            text = actions.renew_own_token(digest=digest, by=request.user, at=now)
        else:
            scopes = [Scope.WRITE] if request.POST.get("may") == "write" else []
            text = actions.make_own_token(by=request.user, at=now, scopes=scopes)
    except actions.Refused as refused:
        messages.error(request, str(refused))
        return redirect("connections")
    return _page(request, token=text)


@require_POST
def token_end(request):
    """`digest` names the token."""
    try:
        actions.end_own_token(digest=_digest(request), by=request.user, at=reader_of(request).now)
        messages.success(request, _("The token has ended."))
    except actions.Refused as refused:
        messages.error(request, str(refused))
    return redirect("connections")


def _digest(request) -> str:
    return request.POST.get("digest", "").replace("\x00", "")


def _page(request, address: str = "", token: str = ""):
    reader = reader_of(request)
    rows = AuthToken.objects.filter(user=request.user, expiry__gt=reader.now).order_by("-created")
    tokens = [one for one in rows if not ended_since(request.user, one.created)]  # the others open nothing any more
    writing = set(TokenScopes.objects.visible_to(request.user).values_list("token", flat=True))
    context = {
        "calendar": CalendarAddress.objects.visible_to(request.user).first(),
        "person": reader.person,
        "address": address,
        "token": token,
        "tokens": [{"one": one, "begins": one.token_key[:SHOWN], "writes": one.pk in writing} for one in tokens],
    }
    return render(request, "account/connections.html", context)
