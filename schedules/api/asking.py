"""The body of `POST requests/`: one shape for each kind, and the one call that each makes."""

import datetime as dt
from collections.abc import Mapping

from django.utils.translation import gettext as _
from rest_framework import serializers

from employees.models import User
from schedules.actions import requests as actions
from schedules.models import Request, WfhDay

from .fields import DayField, KeyField, ReasonField, SlotField, Strict

REGISTERED_HOME = "true: at the home registered in the personnel data; false: elsewhere, which a policy may refuse"


class MoveSerializer(Strict):
    """Another day of the same week in place of one's WFH day."""

    kind = serializers.CharField(help_text="`MOVE`")
    date = DayField(help_text="the wished day")
    gives_up = KeyField(help_text="the WFH day given up, by its id")
    slot = SlotField(default=WfhDay.Slot.FULL)
    reason = ReasonField()
    registered_home = serializers.BooleanField(default=None, allow_null=True, help_text=REGISTERED_HOME)
    draft = serializers.BooleanField(default=False, help_text="true: kept, not sent; `send/` sends it")


class ExtraSerializer(Strict):
    """A day beside those of the plan, where the policy leaves room."""

    kind = serializers.CharField(help_text="`EXTRA`")
    date = DayField(help_text="the wished day")
    slot = SlotField(default=WfhDay.Slot.FULL)
    reason = ReasonField()
    registered_home = serializers.BooleanField(default=None, allow_null=True, help_text=REGISTERED_HOME)
    draft = serializers.BooleanField(default=False, help_text="true: kept, not sent; `send/` sends it")


class ReturnSerializer(Strict):
    """One's WFH day, or half of it, given back: done at once before its cut-off, asked for afterwards."""

    kind = serializers.CharField(help_text="`RETURN`")
    day = KeyField(help_text="the WFH day, by its id")
    slot = SlotField(default=WfhDay.Slot.FULL)
    reason = ReasonField()


class RecurSerializer(Strict):
    """The weekday of a date, every week until another date."""

    kind = serializers.CharField(help_text="`RECUR`")
    date = DayField(help_text="the first date")
    until = DayField(help_text="the last date, at most 26 weeks on")
    reason = ReasonField()


class SwapSerializer(Strict):
    """One's WFH day for a colleague's of the same unit and week; the colleague agrees."""

    kind = serializers.CharField(help_text="`SWAP`")
    day = KeyField(help_text="one's own WFH day, by its id")
    for_day = KeyField(help_text="the colleague's WFH day, by its id")
    reason = ReasonField()


Kind = Request.Kind
KINDS: dict[str, serializers.Serializer | type[serializers.Serializer]] = {
    Kind.MOVE.value: MoveSerializer,
    Kind.EXTRA.value: ExtraSerializer,
    Kind.RETURN.value: ReturnSerializer,
    Kind.RECUR.value: RecurSerializer,
    Kind.SWAP.value: SwapSerializer,
}


def cleaned(data) -> dict:
    """What is asked for, with its kind. Raises DRF's `ValidationError` with the fields by name."""
    kind = data.get("kind") if isinstance(data, Mapping) else None
    found = KINDS.get(kind) if isinstance(kind, str) else None
    if found is None:
        text = _("Name one of: %(names)s.") % {"names": ", ".join(KINDS)}
        raise serializers.ValidationError({"kind": [text]})
    wanted = found(data=data)  # type: ignore[operator]
    wanted.is_valid(raise_exception=True)
    return wanted.validated_data


def ask(wanted: dict, *, by: User, at: dt.datetime) -> Request | WfhDay:
    """The same one call as the page of that kind. A day given back in time is the day itself, else a request."""
    kind, reason = wanted["kind"], wanted["reason"]
    if kind == Kind.RETURN:
        return actions.give_back(by=by, day_id=wanted["day"], slot=wanted["slot"], reason=reason, at=at)
    if kind == Kind.RECUR:
        return actions.send_series(by=by, date=wanted["date"], until=wanted["until"], reason=reason, at=at)
    if kind == Kind.SWAP:
        return actions.ask_to_swap(by=by, day_id=wanted["day"], for_day_id=wanted["for_day"], reason=reason, at=at)
    act = actions.save_draft if wanted["draft"] else actions.send_request
    gives_up = wanted.get("gives_up")
    return act(
        by=by,
        date=wanted["date"],
        gives_up_id=gives_up,
        slot=wanted["slot"],
        reason=reason,
        registered_home=wanted["registered_home"],
        at=at,
    )
