"""How the API answers: errors as RFC 9457 problem documents, lists in pages."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import set_rollback


class Pages(PageNumberPagination):
    page_size_query_param = "page_size"
    max_page_size = 1000


def problem(exc, context) -> Response | None:
    """DRF's exception handler: `application/problem+json` with a stable `code`, and fields where input was bad."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()  # the same body as for a random id
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied(*exc.args)
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
    response.content_type = "application/problem+json"
    return response
