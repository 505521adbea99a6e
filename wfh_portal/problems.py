"""How the API answers: errors as RFC 9457 problem documents, lists in pages."""

import re

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from psycopg2.errors import DeadlockDetected, LockNotAvailable
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ledger.api import PROBLEM
from schedules.refusals import status_of


class Pages(PageNumberPagination):
    """Pages of 100 rows or of as many as asked for; what is no number is refused, not passed over."""

    page_size_query_param = "page_size"
    max_page_size = 1000
    invalid_page_message = _("This list has no such page.")  # type: ignore[assignment]  # lazy, as theirs is

    def get_page_size(self, request):
        asked = request.query_params.get(self.page_size_query_param)
        if asked is not None and not re.fullmatch("0{0,9}[1-9][0-9]{0,8}", asked):
            raise exceptions.ValidationError({"page_size": [_("A page has 1 to 1000 rows.")]})
        return super().get_page_size(request)

    def get_schema_operation_parameters(self, view):
        parameters = super().get_schema_operation_parameters(view)
        for one in parameters:
            one["schema"] |= {"minimum": 1, "maximum": 999_999_999}
        return parameters


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


def nowhere(request, exception):
    """What is below /api/ and was never an address is answered as a row that is not there; elsewhere by a page."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    said = exceptions.NotFound()
    body = {"type": "about:blank", "status": 404, "code": said.get_codes(), "title": str(said.detail)}
    return HttpResponse(JSONRenderer().render(body), status=404, content_type=PROBLEM)


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
