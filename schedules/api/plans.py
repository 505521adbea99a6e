"""Weekly plans, for HR: drafts with what is to be looked at, and publishing."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.views import APIView

from employees.calendar import week_name
from employees.scopes import Scope
from ledger.api import ETAG, MATCH_HEADER, WRITE_HEADERS, WRITE_PROBLEMS, Writes, answer, problems, version_of
from schedules import wording
from schedules.actions.plans import publish_draft
from schedules.models import Plan, UnitPlan

from .fields import NamedFilters, NameField, Strict, WeekFilter


class PlanSerializer(serializers.ModelSerializer):
    agency = serializers.CharField(source="agency.code")
    week = serializers.SerializerMethodField(help_text="ISO week, e.g. 2026-W48")
    state = serializers.ChoiceField(Plan.State.choices)
    published_by = NameField()

    class Meta:
        model = Plan
        fields = [
            "id",
            "agency",
            "week",
            "revision",
            "state",
            "reason",
            "earned",
            "given",
            "without",
            "first_choices",
            "exceptions",
            "created_at",
            "published_at",
            "published_by",
            "version",
        ]

    def get_week(self, plan: Plan) -> str:
        return week_name(plan.week)


class UnitPlanSerializer(serializers.ModelSerializer):
    unit = serializers.CharField(source="unit.code")
    sentence = serializers.SerializerMethodField(help_text="what is to be looked at")
    clash = serializers.SerializerMethodField(help_text="the smallest set of limits that clash")
    proposals = serializers.SerializerMethodField(help_text="what would let everybody have a day")

    class Meta:
        model = UnitPlan
        fields = [
            "unit",
            "people",
            "earned",
            "given",
            "without",
            "gap",
            "balance",
            "exception",
            "sentence",
            "clash",
            "proposals",
        ]

    def get_sentence(self, line: UnitPlan) -> str:
        return wording.exception(line)

    def get_clash(self, line: UnitPlan) -> list[str]:
        return wording.clash(line)

    def get_proposals(self, line: UnitPlan) -> list[str]:
        return wording.proposals(line)


class OnePlanSerializer(PlanSerializer):
    """A plan with the units that need a look."""

    exceptional = UnitPlanSerializer(many=True, source="to_look_at", help_text="units that need a look")

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "exceptional"]


class PlanFilter(NamedFilters):
    week = WeekFilter()
    state = filters.ChoiceFilter(choices=Plan.State.choices)

    class Meta:
        model = Plan
        fields = ["week", "state"]


class NothingSerializer(Strict):
    """No fields: the address says it all."""


def seen_plans(user):
    return Plan.objects.visible_to(user).select_related("agency", "published_by__employee")


class Plans(generics.ListAPIView):
    """Weekly plans of the agencies whose HR one is (or audits), the latest week first."""

    serializer_class = PlanSerializer
    filterset_class = PlanFilter
    queryset = Plan.objects.none()

    @extend_schema(operation_id="plans", responses={200: PlanSerializer(many=True), **problems(400, 404)})
    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        return seen_plans(self.request.user)


class OnePlan(APIView):
    """One plan with its version, and the units that need a look."""

    @extend_schema(operation_id="plan", parameters=[ETAG], responses={200: OnePlanSerializer, **problems(404)})
    def get(self, request, pk):
        plan = get_object_or_404(seen_plans(request.user), pk=pk)
        plan.to_look_at = plan.units.exclude(exception="").select_related("unit").order_by("unit__code")
        return answer(OnePlanSerializer(plan).data)


class PublishPlan(Writes):
    """Make a draft the week's plan (HR head). Where leave or rules changed since, the draft is made anew: CHANGED."""

    scope = Scope.PUBLISH

    @extend_schema(
        operation_id="publish_plan",
        parameters=[MATCH_HEADER, ETAG, *WRITE_HEADERS],
        request=NothingSerializer,
        responses={200: PlanSerializer, **problems(403, 404, 412, 428, *WRITE_PROBLEMS)},
    )
    def post(self, request, pk):
        plan = get_object_or_404(seen_plans(request.user), pk=pk)
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        published = publish_draft(plan_id=plan.pk, by=request.user, at=timezone.now(), version=version_of(request))
        return answer(PlanSerializer(published).data)
