"""`/account/push/`: this browser wants a push, or no more. Without the keys these addresses do not exist."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from employees.views import reader_of
from schedules.actions import pushes
from schedules.actions.refused import Refused
from schedules.forms import PushForm
from schedules.notices.push import is_on


@require_POST
def switch_on(request):
    """Fields `endpoint`, `p256dh`, `auth`, as the browser names them."""
    _check_on()
    form = PushForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This browser did not say where to push to. Notices keep coming by mail."))
        return redirect("account")
    try:
        pushes.subscribe(by=request.user, at=reader_of(request).now, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("This device now shows your notices at once, outside your quiet hours."))
    return redirect("account")


@require_POST
def switch_off(request):
    """`endpoint` names this browser; without it all of one's devices."""
    _check_on()
    endpoint = request.POST.get("endpoint", "").replace("\0", "\ufffd")[:500]  # no browser, rather than all of them
    pushes.unsubscribe(by=request.user, at=reader_of(request).now, endpoint=endpoint)
    messages.success(request, _("No more push messages; notices keep coming by mail."))
    return redirect("account")


def _check_on() -> None:
    if not is_on():
        raise Http404
