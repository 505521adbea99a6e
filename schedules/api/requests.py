"""Requests: asked for, decided one by one or many at once, sent back, taken back."""

from collections import Counter
from collections.abc import Callable

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from ledger.api import ETAG, MATCH_HEADER, WRITE_HEADERS, WRITE_PROBLEMS, Writes, answer, problems, version_of
from ledger.reading import seen
from schedules.actions import requests as actions
from schedules.models import Request
from schedules.refusals import status_of

from .asking import KINDS, REGISTERED_HOME, ask, cleaned
from .days import EndedDaySerializer
from .fields import DayField, KeyField, ReasonField, Strict
from .plans import NothingSerializer
from .reading import ListOfRecords
from .rows import OneRequestSerializer, RequestFilter, RequestSerializer, seen_requests

AT_ONCE = 1_000  # requests decided by one call


class Requests(Writes, ListOfRecords):
    """Requests within one's sight, the latest sent first; and asking for something."""

    what = "api-requests"
    serializer_class = RequestSerializer
    filterset_class = RequestFilter
    queryset = Request.objects.none()

    def get_queryset(self):
        return seen_requests(self.request.user)

    @extend_schema(operation_id="requests", responses={200: RequestSerializer(many=True), **problems(400, 404)})
    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="ask",
        parameters=[ETAG, *WRITE_HEADERS],
        request=PolymorphicProxySerializer(component_name="Asking", serializers=KINDS, resource_type_field_name="kind"),
        responses={201: RequestSerializer, 200: EndedDaySerializer, **problems(*WRITE_PROBLEMS)},
    )
    def post(self, request):
        """Ask for another day, an extra one, half a day, a fixed weekday or a swap; or give a day back.

        201 with the request. 200 with the day where it was given back before its cut-off, since nobody is asked then.
        """
        made = ask(cleaned(request.data), by=request.user, at=timezone.now())
        if isinstance(made, Request):
            return answer(RequestSerializer(made).data, status=201)
        return Response(EndedDaySerializer(made).data)


class OneRequest(APIView):
    """One request with its version, who has it or decided it, and the cover of its day."""

    @extend_schema(operation_id="request", parameters=[ETAG], responses={200: OneRequestSerializer, **problems(404)})
    def get(self, request, pk):
        one = get_object_or_404(seen_requests(request.user), pk=pk)
        seen(by=request.user, people=[(one.employee_id, one.agency_id)], what="api-request", at=timezone.now())
        return answer(OneRequestSerializer(one).data)


class Change(Writes):
    """One change of one request: seen (else 404), of the version seen (`If-Match`), by the action of that change."""

    body: type[Strict] = NothingSerializer
    act: Callable[..., Request]

    def post(self, request, pk):
        if not Request.objects.visible_to(request.user).filter(pk=pk).exists():
            raise Http404
        version = version_of(request)
        wanted = self.body(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = self.act(by=request.user, request_id=pk, version=version, at=timezone.now(), **wanted.validated_data)
        return answer(RequestSerializer(changed).data)


def documented(name: str, body: type[Strict]):
    """How a change is documented; its description is the docstring of its class."""
    answers = {200: RequestSerializer, **problems(403, 404, 412, 428, *WRITE_PROBLEMS)}
    parameters = [MATCH_HEADER, ETAG, *WRITE_HEADERS]
    return extend_schema_view(
        post=extend_schema(operation_id=name, parameters=parameters, request=body, responses=answers)
    )


class WhySerializer(Strict):
    """Why not; the usual ones are offered on the pages."""

    reason = ReasonField(help_text="the person reads it; it stays on record")


class SendSerializer(Strict):
    """What is changed before it is sent; what is left out stays as it was."""

    date = DayField(required=False)
    reason = ReasonField(default=serializers.empty, required=False)
    registered_home = serializers.BooleanField(required=False, allow_null=True, help_text=REGISTERED_HOME)


@documented("approve_request", NothingSerializer)
class ApproveRequest(Change):
    """Give what was asked for; every day rule is checked again. The first of two stages passes it on: `stage` 2."""

    act = staticmethod(actions.approve_request)


@documented("reject_request", WhySerializer)
class RejectRequest(Change):
    """Refuse it, with a reason."""

    body, act = WhySerializer, staticmethod(actions.reject_request)


@documented("return_request", WhySerializer)
class ReturnRequest(Change):
    """Send it back to be changed and sent again before its deadline, with a reason."""

    body, act = WhySerializer, staticmethod(actions.return_request)


@documented("withdraw_request", NothingSerializer)
class WithdrawRequest(Change):
    """Take back one's own request: while it is open, or once approved until the cut-off of its day."""

    act = staticmethod(actions.withdraw_request)


@documented("send_request", SendSerializer)
class SendRequest(Change):
    """Send a draft, or what was sent back, perhaps changed."""

    body, act = SendSerializer, staticmethod(actions.send_again)


# --- many at once ---------------------------------------------------------------------------------


class ChosenSerializer(Strict):
    """One request to approve, in the version seen."""

    id = KeyField()
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="the version you have seen")


class OutcomeSerializer(serializers.Serializer):
    """What became of one of the chosen; where `status` is not 200 it stays as it was."""

    id = serializers.IntegerField()
    status = serializers.IntegerField(help_text="as a call for this one would have been answered")
    code = serializers.CharField(help_text="APPROVED, ENDORSED (first of two stages), or why not")
    title = serializers.CharField(allow_blank=True, help_text="why not, as a sentence")
    version = serializers.IntegerField(allow_null=True)


class OutcomesSerializer(serializers.Serializer):
    done = serializers.IntegerField()
    left = serializers.IntegerField()
    results = OutcomeSerializer(many=True, help_text="in the order in which they were named")


class ApproveMany(Writes):
    """Approve up to 1,000 requests: each is checked like a single one, the earlier sent first. What does not fit, was
    decided or changed, or is not yours stays as it is and says why; the rest is decided, all in one transaction."""

    @extend_schema(
        operation_id="approve_requests",
        parameters=WRITE_HEADERS,
        request=ChosenSerializer(many=True),
        responses={200: OutcomesSerializer, **problems(*WRITE_PROBLEMS)},
    )
    def post(self, request):
        chosen = _chosen(request.data)
        ids = [pk for pk, _version in chosen]
        seen = set(Request.objects.visible_to(request.user).filter(pk__in=ids).values_list("pk", flat=True))
        mine = [(pk, version) for pk, version in chosen if pk in seen]
        outcomes = actions.approve_many(by=request.user, chosen=mine, at=timezone.now())
        by_id = {outcome.request.pk: outcome for outcome in outcomes}
        results = [_result(pk, by_id.get(pk)) for pk in ids]
        done = sum(1 for one in results if one["status"] == 200)
        return Response({"done": done, "left": len(results) - done, "results": results})


def _chosen(data) -> list[tuple[int, int]]:
    rows: serializers.ListSerializer = serializers.ListSerializer(
        child=ChosenSerializer(), data=data, max_length=AT_ONCE, allow_empty=False
    )
    rows.is_valid(raise_exception=True)
    chosen = [(row["id"], row["version"]) for row in rows.validated_data]
    twice = [str(pk) for pk, times in Counter(pk for pk, _version in chosen).items() if times > 1]
    if twice:
        text = _("Each request is named once; named more often: %(ids)s.") % {"ids": ", ".join(twice[:10])}
        raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [text]})
    return chosen


def _result(pk: int, outcome: actions.Outcome | None) -> dict:
    if outcome is None:
        missing = exceptions.NotFound()
        return {"id": pk, "status": 404, "code": missing.get_codes(), "title": str(missing.detail), "version": None}
    refusal, version = outcome.refusal, outcome.request.version
    if refusal is None:
        code = "APPROVED" if outcome.request.state == Request.State.APPROVED else "ENDORSED"
        return {"id": pk, "status": 200, "code": code, "title": "", "version": version}
    status = status_of(refusal)
    return {"id": pk, "status": status, "code": refusal.code, "title": str(refusal), "version": version}
