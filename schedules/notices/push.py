"""Web push, behind a key: without one nothing is kept, sent or shown."""

from django.conf import settings


def is_on() -> bool:
    """Whether this installation has the keys that push services ask for."""
    return bool(settings.WEBPUSH_PRIVATE_KEY and settings.WEBPUSH_PUBLIC_KEY)
