"""How the API answers: errors as RFC 9457 problem documents, lists in pages."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg2.errors import DeadlockDetected, LockNotAvailable
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ledger.api import PROBLEM
from schedules.refusals import status_of


class Pages(PageNumberPagination):
    page_size_query_param = "page_size"
    max_page_size = 1000


class Problem(exceptions.APIException):
    """A refusal of the rooms below: their code and sentence, with the status that says what kind it is."""

    def __init__(self, status: int, code: str, title: str | Promise, wait: int | None = None):
        super().__init__(str(title), code)
        self.status_code, self.wait = status, wait


def problem(exc, context) -> Response | None:
    """DRF's exception handler: `application/problem+json` with a stable `code`, and fields where input was bad."""
    exc = _translated(exc)
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    codes = exc.get_codes()
    body = {
        "type": "about:blank",
        "status": exc.status_code,
        "code": codes if isinstance(codes, str) else "invalid",
        "title": str(exc.detail) if isinstance(codes, str) else str(exceptions.ValidationError.default_detail),
    }
    if not isinstance(codes, str):
        body["errors"] = exc.detail
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    response = Response(body, status=exc.status_code, headers=headers)
    response.content_type = PROBLEM
    return response


def is_busy(exc: Exception) -> bool:
    """Whether the database gave up waiting for somebody else's change (a lock's time-out or a deadlock)."""
    return isinstance(exc, OperationalError) and isinstance(exc.__cause__, LockNotAvailable | DeadlockDetected)


def _translated(exc):
    """What is raised below, as the API says it; the rest as it came."""
    if isinstance(exc, Http404):
        return exceptions.NotFound()  # the same body as for a random id
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied(*exc.args)
    if status := status_of(exc):
        return Problem(status, exc.code, str(exc))
    if isinstance(exc, RequestDataTooBig):
        return Problem(413, "TOO_LARGE", _("The request is too large. Send less at a time."))
    if is_busy(exc):
        return Problem(
            503, "BUSY", _("Others are changing the same days just now. Repeat it in a few seconds."), wait=5
        )
    return exc
