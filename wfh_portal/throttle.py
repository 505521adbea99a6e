"""How many calls of the API one token may make: reads, writes and downloads of files are counted apart."""

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import BaseThrottle

from ledger import limits


class TokenThrottle(BaseThrottle):
    """Counts per token, per account where the caller came by a session, per address where there is no account.

    One atomic statement a call (`ledger.limits`); DRF's own counters read, then write, and let a burst through. A view
    with `exports = True` hands out a file: it has the smaller count for downloads.
    """

    wait_seconds: int | None = None

    def allow_request(self, request, view) -> bool:
        limit, seconds = settings.API_LIMITS[kind := self._kind(request, view)]
        self.wait_seconds = limits.hit(f"api:{kind}:{self._who(request)}", limit=limit, seconds=seconds)
        return self.wait_seconds is None

    def wait(self) -> int | None:
        return self.wait_seconds

    def _kind(self, request, view) -> str:
        if not request.user.is_authenticated:
            return "anonymous"
        if getattr(view, "exports", False):
            return "export"
        return "read" if request.method in SAFE_METHODS else "write"

    def _who(self, request) -> str:
        if not request.user.is_authenticated:
            return f"address:{self.get_ident(request)}"  # forwarded addresses only as far as NUM_PROXIES trusts them
        return f"token:{request.auth.pk}" if request.auth else f"account:{request.user.pk}"
