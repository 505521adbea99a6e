"""Handing a notice to the devices of its receiver."""

import datetime as dt
import json
from collections.abc import Callable

from django.db import transaction
from django.utils import translation

from schedules.models import Notice, PushSubscription

from .letters import spoken
from .push import allowed, is_on

GONE = {404, 410}  # the browser has unsubscribed
LATER = {408, 425, 429, 500, 502, 503, 504}


class NotTaken(Exception):
    """A push service did not take a message now; the outbox tries again."""


@transaction.atomic
def deliver_push(*, payload: dict, at: dt.datetime, send: Callable[[PushSubscription, bytes], int]) -> int:
    """Hand a notice to every device of its receiver by `send`, which returns the service's HTTP status; returns how
    many took it. A device that is gone is forgotten. Raises `NotTaken` where a service should be asked again: a device
    that shows the same notice twice replaces the first.
    """
    notice = Notice.objects.select_related("receiver").filter(key=payload["notice"]).first()
    if notice is None or not is_on():
        return 0
    devices = PushSubscription.objects.filter(user__employee=notice.receiver, user__is_active=True)
    found = list(devices.select_related("user").order_by("pk"))
    if not found:
        return 0
    with translation.override(found[0].user.language):
        lines = spoken([notice])
    answers = {}
    for one in lines:
        data = json.dumps({"title": one.line, "path": one.path, "tag": notice.key}).encode()
        answers = {device.pk: _handed(device, data, send) for device in found}
    devices.filter(pk__in=[pk for pk, status in answers.items() if status in GONE]).delete()
    if any(status in LATER for status in answers.values()):
        raise NotTaken
    return sum(1 for status in answers.values() if 200 <= status < 300)


def _handed(device: PushSubscription, data: bytes, send) -> int:
    """The service's answer; a key that is none is as good as gone, and so is an address no longer allowed."""
    if not allowed(device.endpoint):
        return 410
    try:
        return send(device, data)
    except ValueError:
        return 410
    except OSError:
        return 503
