"""How a request is answered, and which filters its list has."""

from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from employees.calendar import week_name
from schedules import queries, states
from schedules.models import Request

from .fields import NamedFilters, NameField, SlotField, WeekFilter

RELATED = (
    "agency",
    "employee",
    "supervisor",
    "holder",
    "colleague",
    "gives_up",
    "takes",
    "endorsed_by__employee",
    "decided_by__employee",
    "decided_for",
)
COVERED = (Request.Kind.MOVE, Request.Kind.EXTRA)


class GivenUpSerializer(serializers.Serializer):
    day_id = serializers.IntegerField(source="pk")
    date = serializers.DateField()
    slot = SlotField()


class RequestSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()
    employee = serializers.UUIDField(source="employee.public_id")
    nip = serializers.CharField(source="employee.nip")
    name = serializers.CharField(source="employee.full_name")
    kind = serializers.ChoiceField(Request.Kind.values)
    week = serializers.SerializerMethodField(help_text="ISO week, e.g. 2026-W48")
    slot = SlotField()
    gives_up = GivenUpSerializer(allow_null=True, help_text="the WFH day given up")
    takes = GivenUpSerializer(allow_null=True, help_text="the colleague's day of a swap")
    colleague = NameField()
    state = serializers.ChoiceField(Request.State.choices)
    supervisor = NameField()
    holder = NameField(help_text="whom it waits for or waited for; null: HR")
    endorsed_by = NameField(help_text="who passed the first of two stages")
    decided_by = NameField(help_text="null: nobody, it ended at its deadline")
    decided_for = NameField(help_text="on behalf of whom")

    class Meta:
        model = Request
        fields = [
            "id",
            "url",
            "version",
            "state",
            "kind",
            "employee",
            "nip",
            "name",
            "week",
            "date",
            "slot",
            "until",
            "gives_up",
            "colleague",
            "takes",
            "reason",
            "supervisor",
            "holder",
            "stage",
            "stages",
            "endorsed_by",
            "sent_at",
            "due_at",
            "decided_by",
            "decided_for",
            "decided_at",
            "decision_reason",
        ]

    def get_url(self, request: Request) -> str:
        return reverse("api-request", args=[request.pk])

    def get_week(self, request: Request) -> str:
        return week_name(request.week)


class CoverSerializer(serializers.Serializer):
    """The requested day in the person's unit, the person left out."""

    used = serializers.IntegerField(help_text="places at home taken")
    cap = serializers.IntegerField(allow_null=True, help_text="places at home; null: no limit by share")
    present = serializers.IntegerField(help_text="others at the office")
    minimum = serializers.IntegerField(help_text="how many must be at the office")
    fits = serializers.BooleanField()


class OneRequestSerializer(RequestSerializer):
    """A request with the cover of its day."""

    cover = serializers.SerializerMethodField(help_text="null once it has ended, or where no day is asked for")

    class Meta(RequestSerializer.Meta):
        fields = [*RequestSerializer.Meta.fields, "cover"]

    @extend_schema_field(CoverSerializer(allow_null=True))
    def get_cover(self, request: Request) -> dict | None:
        if request.state not in states.OPEN or request.kind not in COVERED:
            return None
        now = queries.situation([request])
        if now.placement(request) is None:
            return None
        facts = now.facts(request)
        code, _rule, cap = now.judge(request)
        return {
            "used": facts.at_home,
            "cap": cap,
            "present": facts.present,
            "minimum": facts.minimum,
            "fits": code is None and bool(now.allowing(request)),
        }


@extend_schema_field({"type": "string", "enum": ["me"]})
class WaitingFilter(filters.ChoiceFilter):
    """`me`: what waits for the caller's decision, theirs or as a stand-in."""

    def filter(self, rows, value):
        return rows.filter(pk__in=queries.waiting_for(self.parent.request.user).values("pk")) if value else rows


class RequestFilter(NamedFilters):
    state = filters.ChoiceFilter(choices=Request.State.choices)
    kind = filters.ChoiceFilter(choices=Request.Kind.choices)
    week = WeekFilter()
    date = filters.DateFilter()
    waiting = WaitingFilter(choices=[("me", "me")])

    class Meta:
        model = Request
        fields = ["state", "kind", "week", "date", "waiting"]


def seen_requests(user):
    """The requests this user may see, with all that an answer shows."""
    return Request.objects.visible_to(user).select_related(*RELATED)
