"""My week, who works from home on a date, and recalling somebody's day."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from employees.calendar import local_date, monday_of
from employees.models import Employee
from ledger.api import WRITE_HEADERS, WRITE_PROBLEMS, Writes, problems
from schedules import queries
from schedules.actions import requests as actions
from schedules.models import WfhDay
from schedules.permissions import Denied, check_may_recall

from .fields import WEEK, NamedFilters, ReasonField, SlotField, Strict, read_week


class DaySerializer(serializers.Serializer):
    date = serializers.DateField()
    status = serializers.ChoiceField(["WFH", "OFFICE", "HOLIDAY", "OFF", "LEAVE", "WAITING"])
    slot = SlotField()
    note = serializers.CharField()
    day_id = serializers.IntegerField(allow_null=True, help_text="of a WFH day: to move it, give it back or swap it")
    request_id = serializers.IntegerField(allow_null=True, help_text="of the request that waits for this day")
    closes = serializers.DateTimeField(allow_null=True, help_text="until when it is moved or given back freely")


class WeekSerializer(serializers.Serializer):
    week = serializers.CharField(source="name", help_text="ISO week, e.g. 2026-W48")
    eligible = serializers.BooleanField(allow_null=True, help_text="null: no decision published for the week")
    sentence = serializers.CharField()
    days = DaySerializer(many=True)


class WfhDaySerializer(serializers.ModelSerializer):
    employee = serializers.UUIDField(source="employee.public_id")
    nip = serializers.CharField(source="employee.nip")
    unit = serializers.CharField(source="unit.code")
    slot = SlotField()
    origin = serializers.ChoiceField(WfhDay.Origin.values)

    class Meta:
        model = WfhDay
        fields = ["id", "employee", "nip", "unit", "date", "slot", "origin"]


class EndedDaySerializer(serializers.Serializer):
    """What became of a WFH day."""

    day_id = serializers.IntegerField(source="pk")
    date = serializers.DateField()
    slot = SlotField()
    state = serializers.ChoiceField(WfhDay.State.choices)


class WfhDayFilter(NamedFilters):
    date = filters.DateFilter(required=True)
    unit = filters.CharFilter("unit__code")

    class Meta:
        model = WfhDay
        fields = ["date", "unit"]


class MyWeek(APIView):
    """The week of the token's own person: which day is theirs."""

    @extend_schema(
        operation_id="my_week",
        parameters=[OpenApiParameter("week", OpenApiTypes.STR, pattern=WEEK, description="ISO week (default: this)")],
        responses={200: WeekSerializer, **problems(400, 404)},
    )
    def get(self, request):
        mine = Employee.objects.with_zone().select_related("agency").filter(pk=request.user.employee_id)
        employee = mine.first()
        if employee is None:
            raise exceptions.NotFound
        today = local_date(timezone.now(), employee.zone)
        try:
            named = request.query_params.get("week")
            monday = read_week(named) if named else monday_of(today)
        except ValidationError as error:
            raise exceptions.ValidationError({"week": error.messages}) from error
        (week,) = queries.my_weeks(employee, [monday], today=today)
        return Response(WeekSerializer(week).data)


class WfhDays(generics.ListAPIView):
    """Who works from home on a date, for an attendance system; within the token's sight."""

    serializer_class = WfhDaySerializer
    filterset_class = WfhDayFilter
    queryset = WfhDay.objects.none()  # the schema reads the model from here; requests read `get_queryset`

    @extend_schema(operation_id="wfh_days", responses={200: WfhDaySerializer(many=True), **problems(400, 404)})
    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        days = WfhDay.objects.active().visible_to(self.request.user)
        return days.select_related("employee", "unit").order_by("date", "pk")


class RecallSerializer(Strict):
    reason = ReasonField(help_text="the person reads it; it stays on record")


class RecallDay(Writes):
    """Call somebody to the office on their WFH day: their supervisor, or who stands in; until the day's cut-off."""

    @extend_schema(
        operation_id="recall_wfh_day",
        parameters=WRITE_HEADERS,
        request=RecallSerializer,
        responses={200: EndedDaySerializer, **problems(403, 404, *WRITE_PROBLEMS)},
    )
    def post(self, request, pk):
        day_id = seen_day(request.user, pk)
        wanted = RecallSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        day = actions.recall_day(
            by=request.user, day_id=day_id, reason=wanted.validated_data["reason"], at=timezone.now()
        )
        return Response(EndedDaySerializer(day).data)


def seen_day(user, pk: int) -> int:
    """The key of a WFH day this user may see, or may recall as a stand-in; else 404."""
    if WfhDay.objects.visible_to(user).filter(pk=pk).exists():
        return pk
    day = WfhDay.objects.filter(pk=pk).first()
    try:
        if day is None:
            raise Http404
        check_may_recall(user, day.employee_id, day.date)
    except Denied as denied:
        raise Http404 from denied
    return pk
