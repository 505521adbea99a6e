"""`/account/devices/`: where one is logged in, and ending it."""

import datetime as dt

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from employees import actions
from employees.endings import ended_since
from employees.models import Session
from employees.sessions import DEVICE, SEEN, STARTED


@require_GET
def devices(request):
    """One's own log-ins, the latest first."""
    lines = [_line(row, request.session.session_key) for row in _open(request.user)]
    lines.sort(key=lambda line: (line["here"], line["seen"]), reverse=True)
    return render(request, "account/devices.html", {"lines": lines})


@require_POST
def device_end(request):
    """`which`: a line's mark, or `others`: all but this one."""
    which, here, now = request.POST.get("which", ""), request.session.session_key, timezone.now()
    if which == "others":
        ended = actions.end_others(by=request.user, key=here, at=now)
        text = ngettext("%(count)d log-in is ended.", "%(count)d log-ins are ended.", ended)
        messages.success(request, text % {"count": ended})
        return redirect("devices")
    key = next((row.session_key for row in _open(request.user) if constant_time_compare(_mark(row), which)), None)
    if key and key != here and actions.end_one(by=request.user, key=key, at=now):
        messages.success(request, _("The log-in is ended."))
    else:
        messages.error(request, _("There is no such log-in of yours; perhaps it has already ended."))
    return redirect("devices")


def _open(user) -> list[Session]:
    """Those that a request would still find open."""
    rows = Session.objects.visible_to(user).filter(expire_date__gt=timezone.now())
    return [row for row in rows if not ended_since(user, _instant(row.get_decoded().get(STARTED, 0)))]


def _line(row: Session, here: str) -> dict:
    data = row.get_decoded()
    since, seen = (_instant(data.get(name, 0)) for name in (STARTED, SEEN))
    known = {"device": data.get(DEVICE, ""), "since": since, "seen": seen}
    return known | {"mark": _mark(row), "here": row.session_key == here}


def _instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)


def _mark(row: Session) -> str:
    """Stands for a log-in on the page: the key itself would open it."""
    return salted_hmac("employees.devices", row.session_key, algorithm="sha256").hexdigest()[:32]
