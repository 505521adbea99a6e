"""Devices that want a push: switched on and off by whoever holds them."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from employees.models import User
from ledger.trail import record
from schedules.models import PushSubscription
from schedules.notices.push import allowed, is_on

from .refused import Refused

MOST = 10  # devices of one account; the oldest make room


@transaction.atomic
def subscribe(*, by: User, endpoint: str, p256dh: str, auth: str, at: dt.datetime) -> PushSubscription:
    """Push to this browser what its reader is told. A browser belongs to whoever switched it on last.

    Raises `Refused`: PUSH_OFF, NO_PERSON, UNKNOWN_HOST.
    """
    if not is_on():
        raise Refused("PUSH_OFF", _("This portal sends no push messages; notices come by mail."))
    if by.employee_id is None:
        raise Refused("NO_PERSON", _("This account belongs to no civil servant, so there is nothing to push."))
    if not allowed(endpoint):
        text = _("The portal does not know the push service of this browser. Notices keep coming by mail.")
        raise Refused("UNKNOWN_HOST", text)
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    kept = {"user": by, "p256dh": p256dh, "auth": auth, "created_at": at}
    device, _made = PushSubscription.objects.update_or_create(endpoint=endpoint, defaults=kept)
    mine = PushSubscription.objects.visible_to(by).order_by("-created_at", "-pk")
    mine.filter(pk__in=list(mine.values_list("pk", flat=True)[MOST:])).delete()
    record(verb="push.on", subject=by, by=by, at=at, agency_id=_agency(by), after={"device": device.pk})
    return device


@transaction.atomic
def unsubscribe(*, by: User, at: dt.datetime, endpoint: str = "") -> int:
    """No more pushes to this browser, or to any of one's own where none is named; returns how many are forgotten."""
    mine = PushSubscription.objects.visible_to(by)
    if endpoint:
        mine = mine.filter(endpoint=endpoint)
    count, _each = mine.delete()
    if count:
        record(verb="push.off", subject=by, by=by, at=at, agency_id=_agency(by), after={"devices": count})
    return count


def _agency(user: User) -> int | None:
    return user.employee.agency_id if user.employee else None
