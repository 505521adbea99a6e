"""The read API: the same queries and the same scope as the pages (interface.md, "API")."""

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, generics, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from employees.calendar import BadWeek, local_date, monday_of, parse_week

from . import queries
from .models import WfhDay


class DaySerializer(serializers.Serializer):
    date = serializers.DateField()
    status = serializers.ChoiceField(["WFH", "OFFICE", "HOLIDAY", "OFF", "WAITING"])
    slot = serializers.ChoiceField(WfhDay.Slot.values)
    note = serializers.CharField()


class WeekSerializer(serializers.Serializer):
    week = serializers.CharField(source="name", help_text="ISO week, e.g. 2026-W48")
    eligible = serializers.BooleanField(allow_null=True, help_text="null: no decision published for the week")
    sentence = serializers.CharField()
    days = DaySerializer(many=True)


class WfhDaySerializer(serializers.ModelSerializer):
    employee = serializers.UUIDField(source="employee.public_id")
    nip = serializers.CharField(source="employee.nip")
    unit = serializers.CharField(source="unit.code")

    class Meta:
        model = WfhDay
        fields = ["employee", "nip", "unit", "date", "slot", "origin"]


class WfhDayFilter(filters.FilterSet):
    date = filters.DateFilter(required=True)
    unit = filters.CharFilter("unit__code")

    class Meta:
        model = WfhDay
        fields = ["date", "unit"]


class MyWeek(APIView):
    """The week of the token's own person: which day is theirs."""

    @extend_schema(
        operation_id="my_week",
        parameters=[OpenApiParameter("week", OpenApiTypes.STR, description="ISO week (default: this week)")],
        responses={200: WeekSerializer, 400: OpenApiResponse(description="not a week")},
    )
    def get(self, request):
        employee = request.user.employee
        if employee is None:
            raise exceptions.NotFound
        today = local_date(timezone.now(), employee.agency.zone)
        try:
            named = request.query_params.get("week")
            monday = parse_week(named) if named else monday_of(today)
        except BadWeek as error:
            raise exceptions.ValidationError({"week": [str(error)]}) from error
        (week,) = queries.my_weeks(employee, [monday], today=today)
        return Response(WeekSerializer(week).data)


class WfhDays(generics.ListAPIView):
    """Who works from home on a date, for an attendance system; within the token's sight."""

    serializer_class = WfhDaySerializer
    filterset_class = WfhDayFilter
    queryset = WfhDay.objects.none()  # the schema reads the model from here; requests read `get_queryset`

    def get_queryset(self):
        days = WfhDay.objects.active().visible_to(self.request.user)
        return days.select_related("employee", "unit").order_by("date", "pk")
