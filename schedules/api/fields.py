"""What the API reads: bodies and addresses with named fields only; dates and numbers the database can hold."""

import datetime as dt
from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from employees.calendar import BadWeek, parse_week
from schedules.models import WfhDay

EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2199, 12, 31)
LONGEST_REASON = 500  # as on the pages
WEEK = "^[0-9]{4}-W[0-9]{2}$"
PAGING = {"page", "page_size", "format"}


class Strict(serializers.Serializer):
    """A body in which a misspelt or foreign field is refused by its name instead of being passed over."""

    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                text = _("There is no such field here. Known: %(names)s.") % {"names": ", ".join(self.fields)}
                raise serializers.ValidationError({name[:50]: [text] for name in unknown[:10]})
        return super().to_internal_value(data)


class KeyField(serializers.IntegerField):
    """The number of a row."""

    def __init__(self, **kwargs):
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class DayField(serializers.DateField):
    """A date within the two centuries that calendars here can reckon with."""

    def to_internal_value(self, value):
        date = super().to_internal_value(value)
        if not EARLIEST <= date <= LATEST:
            raise serializers.ValidationError(_("Dates lie between 2000 and 2199."))
        return date


class NameField(serializers.CharField):
    """The name of a person or account that a row points to; null where it points to nobody."""

    def __init__(self, **kwargs):
        super().__init__(read_only=True, allow_null=True, **kwargs)


class ReasonField(serializers.CharField):
    def __init__(self, default="", **kwargs):
        super().__init__(max_length=LONGEST_REASON, allow_blank=True, default=default, **kwargs)


class SlotField(serializers.ChoiceField):
    """The whole day or one half of it."""

    def __init__(self, **kwargs):
        super().__init__(choices=WfhDay.Slot.values, **kwargs)


class NamedFilters(filters.FilterSet):
    """Filters by the names that are documented; any other name is refused, since it would widen what is listed."""

    def is_valid(self):
        unknown = sorted(set(self.data) - set(self.filters) - PAGING)
        for name in unknown[:10]:
            text = _("There is no such filter here. Known: %(names)s.") % {"names": ", ".join(self.filters)}
            self.form.errors[name[:50]] = self.form.error_class([text])
        return super().is_valid()


class _WeekField(forms.CharField):
    def clean(self, value):
        text = super().clean(value)
        return read_week(text) if text else None


@extend_schema_field({"type": "string", "pattern": WEEK})
class WeekFilter(filters.Filter):
    """An ISO week such as 2026-W49, on a column that holds its Monday."""

    field_class = _WeekField

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label", gettext_lazy("ISO week, e.g. 2026-W48"))
        super().__init__(*args, **kwargs)


def read_week(text: str) -> dt.date:
    """The Monday of a week that calendars here can reckon with. Raises Django's `ValidationError` with a sentence."""
    try:
        monday = parse_week(text)
    except BadWeek as error:
        # What was sent stands in the sentence: a "%" of theirs is no placeholder.
        raise forms.ValidationError("%(why)s", params={"why": str(error)}) from error
    if not EARLIEST <= monday <= LATEST - dt.timedelta(days=7):
        raise forms.ValidationError(_("Dates lie between 2000 and 2199."))
    return monday
