"""What every request gets: an id, headers, a content policy, a language."""

import uuid

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from employees import searches
from employees.views import sorry
from ledger.api import PROBLEM
from ledger.request_id import REQUEST_ID
from ledger.trail import denied, denied_reading

from .problems import is_busy

RETRY_AFTER = 5  # seconds
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class RequestIdMiddleware:
    """Gives each request an id that its events and log lines carry."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = str(uuid.uuid4())  # Django writes its line about a refusal after this has returned
        token = REQUEST_ID.set(request.id)
        try:
            return self.get_response(request)
        finally:
            REQUEST_ID.reset(token)


class HeadersMiddleware:
    """The headers of every response, whoever made it; personal pages are never cached.

    Those that Django sets too stand here again: what is raised before its own middleware runs (an unknown host, a
    failing middleware) has them as well.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers[name] = value  # a library's own idea (the API's page of documents has one) does not count
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        if not request.path.startswith(f"/{settings.STATIC_URL.lstrip('/')}") or response.status_code >= 400:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class RefusalMiddleware:
    """Refuses what no page and no API answers: methods nobody here knows (TRACE), and the API without encryption.

    Whoever calls the API over http has sent a token in the clear; a redirect would hide that from them (ASVS 4.1.2).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if settings.SECURE_SSL_REDIRECT and request.path.startswith("/api/") and not request.is_secure():
            title = _("The API answers over https only. The token just sent is not safe any more: renew it.")
            body = {"type": "about:blank", "status": 403, "code": "HTTPS_REQUIRED", "title": title}
            return JsonResponse(body, status=403, content_type=PROBLEM)
        return self.get_response(request)


class PolicyMiddleware(CSPMiddleware):
    """The strict content policy, with the two documented exceptions (rulings.md 36)."""

    def process_response(self, request, response):
        for prefix, directives in settings.CONTENT_SECURITY_POLICY_EXCEPTIONS.items():
            if request.path.startswith(prefix):
                response._csp_replace = directives
        return super().process_response(request, response)


class LanguageMiddleware:
    """Indonesian unless the reader chose otherwise: their cookie, else their account's language."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen not in dict(settings.LANGUAGES):
            user = request.user
            chosen = user.language if user.is_authenticated else settings.LANGUAGE_CODE
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or chosen)
        return response


class TypedMiddleware:
    """An address that spells out what somebody is searched by is left for one that does not; nothing else is done."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        names = [] if request.path.startswith("/api/") else searches.spelled_out(request)
        if not names:
            return None
        if request.user.is_authenticated:
            text = _("Please type again what you search for: addresses carry no names and numbers of people.")
            messages.info(request, text)
        query = request.GET.copy()
        for name in names:
            del query[name]
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}" if query else request.path)


class BusyMiddleware:
    """Who waited in vain for somebody else's change is asked to try again, on pages and in the admin."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not is_busy(exception):
            return None
        text = _("Somebody else is changing the same thing. Try again in a few seconds.")
        response = sorry(request, _("One moment, please"), text, 503)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response


class DeniedMiddleware:
    """Records what a known account tried to change and was refused; pages, admin and API alike (rulings.md 25).

    It stands outside every transaction of the doors, which have rolled back by now. A refused reading is a log line
    only, for GET writes nothing. What never had an address is no denial.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        match = request.resolver_match
        # Below /admin/ the site itself answers for addresses that never were; that route has no name.
        if response.status_code in (403, 404) and match and match.url_name and request.user.is_authenticated:
            self._record(request, response)
        return response

    def _record(self, request, response):
        subject_type, subject_id = _subject_of(request.resolver_match)
        what = {
            "route": request.resolver_match.view_name,
            "method": request.method,
            "status": response.status_code,
            "code": str((getattr(response, "data", None) or {}).get("code", ""))[:40],
            "subject_type": subject_type,
            "subject_id": subject_id,
        }
        if request.method in SAFE_METHODS:
            denied_reading(by=request.user, **what)
        else:
            person = request.user.employee
            denied(by=request.user, at=timezone.now(), agency_id=person.agency_id if person else None, **what)


def _subject_of(match) -> tuple[str, int]:
    """Kind and number of the row an address is about, as far as it says: the admin's names it, others by `pk`."""
    number = str(match.kwargs.get("object_id") or match.kwargs.get("pk") or "")
    parts = (match.url_name or "").split("_")
    kind = ".".join(parts[:2]) if match.app_names == ["admin"] and len(parts) == 3 else ""
    return kind, int(number) if number.isascii() and number.isdecimal() and len(number) < 13 else 0
