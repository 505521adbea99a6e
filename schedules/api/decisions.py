"""Decisions: who is eligible in a week, and why; the same explanation as the page and the command."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from eligibility.models import Decision
from employees.calendar import BadWeek, parse_week, week_name
from employees.models import Employee
from ledger.api import problems
from ledger.reading import seen
from schedules.explaining import Hidden, explain
from schedules.queries import published_decisions

from .fields import WEEK, read_week
from .reading import ListOfRecords


class FactSerializer(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's own fields have attributes of these names
    value = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    date = serializers.CharField(allow_null=True, help_text="as of")


class RuleSerializer(serializers.Serializer):
    code = serializers.CharField(allow_null=True, help_text="of what fails; null: passed")
    codes = serializers.ListField(
        child=serializers.CharField(), help_text="all of them; a rule put together from others may give several"
    )
    label = serializers.CharField()  # type: ignore[assignment]
    passed = serializers.BooleanField()
    sentence = serializers.CharField()
    text = serializers.CharField(help_text="what the rule asks, with the numbers of that version of the policy")
    article = serializers.CharField(help_text="its source")
    facts = FactSerializer(many=True)


class PolicyViewSerializer(serializers.Serializer):
    code = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    basis = serializers.CharField()
    run = serializers.IntegerField(source="run_number", allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    eligible = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())
    rules = RuleSerializer(many=True)
    evidence = serializers.DictField(help_text="the facts as they were stored, by name")


class CorrectionSerializer(serializers.Serializer):
    """A change to the published decision."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField()
    before_eligible = serializers.BooleanField(allow_null=True, help_text="null: no decision until then")
    before = serializers.ListField(child=serializers.CharField(), help_text="reason codes")
    after_eligible = serializers.BooleanField()
    after = serializers.ListField(child=serializers.CharField(), help_text="reason codes")
    given = serializers.CharField(help_text="the WFH days that came of it, or why none; empty: there was none to give")


class DecisionSerializer(serializers.Serializer):
    week = serializers.CharField(source="week_name", help_text="ISO week, e.g. 2026-W48")
    eligible = serializers.BooleanField(allow_null=True, help_text="null: no decision published for the week")
    headline = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    policies = PolicyViewSerializer(many=True)
    corrections = CorrectionSerializer(many=True, help_text="applied since, the newest first")


class DecisionLineSerializer(serializers.Serializer):
    url = serializers.SerializerMethodField()
    employee = serializers.UUIDField(source="employee.public_id")
    nip = serializers.CharField(source="employee.nip")
    name = serializers.CharField(source="employee.full_name")
    track = serializers.CharField()
    eligible = serializers.BooleanField(source="now_eligible", help_text="corrections counted")
    reasons = serializers.ListField(source="now_reasons", child=serializers.CharField())
    corrected = serializers.BooleanField(help_text="whether it was corrected after publication")

    def get_url(self, decision: Decision) -> str:
        week = week_name(self.context["week"])
        return reverse("api-decision", args=[decision.employee.public_id, week])


class Decisions(ListOfRecords):
    """The published decisions of a week about the people whose reasons one may read (HR, auditors; oneself)."""

    what = "api-decisions"
    serializer_class = DecisionLineSerializer
    queryset = Decision.objects.none()

    @extend_schema(
        operation_id="decisions",
        parameters=[
            OpenApiParameter(
                "week", OpenApiTypes.STR, required=True, pattern=WEEK, description="ISO week, e.g. 2026-W48"
            ),
            OpenApiParameter("unit", OpenApiTypes.STR, description="code of a unit"),
        ],
        responses={200: DecisionLineSerializer(many=True), **problems(400, 404)},
    )
    def get(self, request, *args, **kwargs):
        try:
            self.week = read_week(request.query_params.get("week", ""))
        except ValidationError as error:
            raise exceptions.ValidationError({"week": error.messages}) from error
        return super().get(request, *args, **kwargs)

    def get_serializer_context(self):
        return {**super().get_serializer_context(), "week": getattr(self, "week", None)}

    def get_queryset(self):
        return published_decisions(self.request.user, self.week, self.request.query_params.get("unit"))


class OneDecision(APIView):
    """One person's week (`{public_id}~2026-W48`): each rule with its text, its facts, their sources and dates."""

    @extend_schema(operation_id="decision", responses={200: DecisionSerializer, **problems(404)})
    def get(self, request, person, week):
        try:
            monday = parse_week(week)
        except BadWeek as error:
            raise Http404 from error
        rows = Employee.objects.visible_to(request.user).select_related("agency")
        employee = get_object_or_404(rows, public_id=person)
        try:
            found = explain(employee, monday, viewer=request.user)
        except Hidden as error:
            raise Http404 from error
        seen(by=request.user, people=[(employee.pk, employee.agency_id)], what="api-decision", at=timezone.now())
        return Response(DecisionSerializer(found).data)
