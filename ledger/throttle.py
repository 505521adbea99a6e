"""How many calls of the API one token may make: reads, writes and downloads of files are counted apart.

One atomic statement a call (`ledger.limits`); DRF's own counters read, then write, and let a burst through.
"""

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import BaseThrottle

from . import limits


class Throttle(BaseThrottle):
    """Lets as many calls of a kind through as `API_LIMITS` says; a subclass says what is counted and whose it is."""

    wait_seconds: int | None = None

    def counted(self, request, view) -> tuple[str, str]:
        """A kind of `API_LIMITS`, and whose count it is."""
        raise NotImplementedError

    def allow_request(self, request, view) -> bool:
        kind, whose = self.counted(request, view)
        limit, seconds = settings.API_LIMITS[kind]
        self.wait_seconds = limits.hit(f"api:{kind}:{whose}", limit=limit, seconds=seconds)
        return self.wait_seconds is None

    def wait(self) -> int | None:
        return self.wait_seconds


class TokenThrottle(Throttle):
    """Counts per token, per account where the caller came by a session, per address where there is no account.

    A view with `exports = True` hands out a file: it has the smaller count for downloads.
    """

    def counted(self, request, view) -> tuple[str, str]:
        if not request.user.is_authenticated:
            return "anonymous", self.get_ident(request)  # forwarded addresses only as far as NUM_PROXIES trusts them
        whose = f"token:{request.auth.pk}" if request.auth else f"account:{request.user.pk}"
        if getattr(view, "exports", False):
            return "export", whose
        return "read" if request.method in SAFE_METHODS else "write", whose
