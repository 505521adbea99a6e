"""Web push, behind a key: without one nothing is kept, sent or shown."""

import datetime as dt
import hashlib
import os
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from schedules.models import PushSubscription

from .sealing import LIFE, encoded, new_key, proof, seal

PATIENCE = 5  # seconds for one push service


def is_on() -> bool:
    """Whether this installation has the keys that push services ask for."""
    return bool(settings.WEBPUSH_PRIVATE_KEY and settings.WEBPUSH_PUBLIC_KEY)


def allowed(endpoint: str) -> bool:
    """Whether an address is a push service's that the settings name: the portal never posts anywhere else."""
    try:
        parts = urlsplit(endpoint)
        plain = parts.scheme == "https" and parts.port in (None, 443) and "@" not in parts.netloc
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    return plain and any(
        host == name or (name.startswith(".") and host.endswith(name))
        for name in map(str.lower, settings.WEBPUSH_HOSTS)
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An allowed host cannot send the portal on to another."""

    def redirect_request(self, *args, **kwargs):
        return None


def post_push(device: PushSubscription, data: bytes, *, at: dt.datetime) -> int:
    """Seal `data` for a browser and post it to its push service; the HTTP status. Raises `OSError` without an answer,
    `ValueError` for a key that is none."""
    try:
        who = proof(device.endpoint, settings.WEBPUSH_PRIVATE_KEY, settings.WEBPUSH_CONTACT, at)
    except ValueError as error:  # the portal's own fault: no reason to forget a device
        raise ImproperlyConfigured("WEBPUSH_PRIVATE_KEY is no key; make a pair: manage.py push_keys") from error
    body = seal(data, device.p256dh, device.auth, salt=os.urandom(16), once=new_key())
    headers = {
        "Authorization": who,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(LIFE.total_seconds())),
        "Topic": encoded(hashlib.sha256(data).digest())[:32],
    }
    request = urllib.request.Request(device.endpoint, body, headers, method="POST")  # noqa: S310 - see `allowed`
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
