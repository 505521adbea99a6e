"""What every door of the API shares: a key makes a write repeatable, a version says what was seen when deciding.

Views that write are `Writes` first; decisions ask `version_of`. The rest says how both are documented.
"""

import hashlib
import json
import re

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import exceptions, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from . import replies
from .models import Reply

PROBLEM = "application/problem+json"
KEY = re.compile(r"[!-~]{1,100}")  # visible ASCII
VERSION = re.compile(r'(?:W/)?"([0-9]{1,18})"|([0-9]{1,18})')
NOT_BEGUN = frozenset({400, 412, 415, 428, 429})  # nothing was done: the caller corrects it or reads again, and retries


class BadHeader(exceptions.APIException):
    status_code, default_code = 400, "BAD_HEADER"


class NeedsVersion(exceptions.APIException):
    status_code, default_code = 428, "PRECONDITION_REQUIRED"
    default_detail = _('Send the version you have seen as If-Match, for example If-Match: "3"; “*” is not enough.')


class KeyReused(exceptions.APIException):
    status_code, default_code = 422, "KEY_REUSED"
    default_detail = _("This Idempotency-Key was used for another request before. Give each new request a new key.")


class InProgress(exceptions.APIException):
    status_code, default_code, wait = 409, "IN_PROGRESS", 5
    default_detail = _("The first request with this Idempotency-Key is still at work. Repeat it in a few seconds.")


class Replayed(Exception):
    """This request was answered before; the answer is repeated."""

    def __init__(self, reply: Reply):
        super().__init__(reply.key)
        self.reply = reply


def version_of(request) -> int:
    """The version that the caller has seen, from `If-Match`: `"3"`, `W/"3"` or `3`. Missing or `*`: 428; else 400."""
    said = request.headers.get("If-Match", "").strip()
    if said in ("", "*"):
        raise NeedsVersion
    match = VERSION.fullmatch(said)
    if match is None:
        raise BadHeader(_('If-Match names one version, for example If-Match: "3".'))
    return int(match[1] or match[2])


def answer(data: dict, status: int = 200) -> Response:
    """A row as the answer to a read or a write, its version as the ETag."""
    return Response(data, status=status, headers={"ETag": f'"{data["version"]}"'})


class Writes(APIView):
    """Base of views with a POST: with an `Idempotency-Key` the first answer is kept and repeated for a day.

    Nothing is kept of what was never begun (400, 412, 415, 428, 429) or what failed on our side (5xx).
    """

    claimed: Reply | None = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.method != "POST":
            return
        body = request.body  # read here, under the limit of size; the parser gets it from memory
        _parsed(request)
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return
        if not KEY.fullmatch(key):
            raise BadHeader(
                _("An Idempotency-Key has 1 to 100 letters, digits or signs without spaces, such as a UUID.")
            )
        said = [request.method, request.get_full_path(), request.headers.get("If-Match", "").strip()]
        digest = hashlib.sha256(b"\n".join([*(one.encode() for one in said), body]))
        self.claimed = _claim(request.user.pk, key, digest.hexdigest())

    def handle_exception(self, exc):
        if isinstance(exc, Replayed):
            return _again(exc.reply)
        return super().handle_exception(exc)

    def raise_uncaught_exception(self, exc):
        self._settle(None)
        super().raise_uncaught_exception(exc)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 201 and response.data.get("url"):
            response["Location"] = response.data["url"]
        self._settle(response)
        return response

    def _settle(self, response: Response | None) -> None:
        claimed, self.claimed = self.claimed, None
        if claimed is None:
            return
        if response is None or response.status_code in NOT_BEGUN or response.status_code >= 500:
            replies.release(claimed)
        else:
            body = JSONRenderer().render(response.data).decode()
            replies.keep(claimed, status=response.status_code, body=body, etag=response.headers.get("ETag", ""))


def _claim(user_id: int, key: str, digest: str) -> Reply:
    try:
        reply = replies.claim(user_id=user_id, key=key, digest=digest, at=timezone.now())
    except replies.Reused as reused:
        raise KeyReused from reused
    except replies.Busy as busy:
        raise InProgress from busy
    if reply.status is not None:
        raise Replayed(reply)
    return reply


def _parsed(request) -> None:
    try:
        request.data  # noqa: B018 - parsing is the point: what cannot be read is refused before a key is claimed
    except RecursionError as error:
        raise exceptions.ParseError(_("The JSON is nested too deeply.")) from error


def _again(reply: Reply) -> Response:
    kept, status = json.loads(reply.body or "null"), reply.status or 500
    response = Response(kept, status=status, headers={"Idempotent-Replayed": "true"})
    if reply.etag:
        response["ETag"] = reply.etag
    if status >= 400:
        response.content_type = PROBLEM
    return response


# --- how it is documented -------------------------------------------------------------------------


class ProblemSerializer(serializers.Serializer):
    """RFC 9457. `code` is stable; `title` is a sentence in the reader's language."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    errors = serializers.JSONField(  # type: ignore[assignment]  # the field's name is the document's
        required=False, help_text="by field, where the input was not understood"
    )


WHY = {
    400: "not understood: `errors` names the fields",
    401: "no token, or one that has ended",
    403: "seen, but not yours to do: `code` and `title` say why",
    404: "does not exist, or not for you to see",
    409: "not possible now: `code` and `title` say why (ALREADY_DECIDED names who and when)",
    412: "STALE: it has changed since; read it again",
    413: "TOO_LARGE",
    415: "only application/json is read",
    422: "REASON_MISSING or otherwise never possible; KEY_REUSED: the Idempotency-Key had another request",
    428: "PRECONDITION_REQUIRED: If-Match is missing",
    429: "too many requests: Retry-After says when",
    503: "BUSY: repeat after Retry-After seconds",
}


def problems(*statuses: int) -> dict:
    """Responses for `extend_schema`: these problems beside those any call may meet."""
    named = sorted({401, 429, *statuses})
    return {(status, PROBLEM): OpenApiResponse(ProblemSerializer, WHY[status]) for status in named}


KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    pattern="^[!-~]{1,100}$",
    description=(
        "1–100 visible ASCII characters, new for each new request. A repeat within 24 hours gets the first answer "
        "again, with `Idempotent-Replayed: true`; while the first is at work 409 IN_PROGRESS; with another body or "
        "If-Match 422 KEY_REUSED. Answers 400, 412, 415, 428, 429 and 5xx are not kept."
    ),
)
MATCH_HEADER = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    pattern='^((W/)?"[0-9]{1,18}"|[0-9]{1,18})$',
    description='the version you have seen, as in the ETag: `"3"`',
)
ETAG = OpenApiParameter(
    "ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, description="the version, for If-Match", response=[200, 201]
)
REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="`true` on a repeat",
    response=[200, 201, 403, 404, 409, 422],
)
RETRY = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    description="seconds, with IN_PROGRESS and BUSY and where there were too many requests",
    response=[409, 429, 503],
)
WRITE_HEADERS = [KEY_HEADER, REPLAYED, RETRY]
WRITE_PROBLEMS = (400, 409, 413, 415, 422, 503)
