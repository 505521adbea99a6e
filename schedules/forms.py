"""Input about requests for another day, swaps, days given back, and wishes."""

import datetime as dt
from typing import cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from employees.models import DataRequest

from .models import WfhDay
from .models.rules import WEEKDAYS


class DayField(forms.DateField):
    """A date as the pages write it; far-off years have no calendar here."""

    def __init__(self, **kwargs):
        wrong = kwargs.pop("wrong", _("Choose one of the days shown."))
        limits = [
            MinValueValidator(dt.date(2000, 1, 1), message=wrong),
            MaxValueValidator(dt.date(2099, 12, 31), message=wrong),
        ]
        messages = {"required": _("Choose a day."), "invalid": wrong}
        super().__init__(input_formats=["%Y-%m-%d"], error_messages=messages, validators=limits, **kwargs)


class ReasonField(forms.CharField):
    """Why, in one's own words; may stay empty."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Reason (may stay empty)"))
        super().__init__(required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)


class RowField(forms.IntegerField):
    """The number of a row, as the page carries it."""

    def __init__(self, **kwargs):
        super().__init__(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput, **kwargs)


class PlaceForm(forms.Form):
    """Where the day is spent, as far as a policy asks: at the registered home or not. No address."""

    HOME, ELSEWHERE = "HOME", "ELSEWHERE"
    PLACES = ((HOME, _("At the home registered in my personnel data")), (ELSEWHERE, _("Somewhere else")))

    place = forms.ChoiceField(
        label=_("Where is the day spent?"),
        required=False,
        choices=PLACES,
        initial=HOME,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose where the day is spent.")},
    )

    def clean(self):
        super().clean()
        stated = self.cleaned_data.pop("place", "")
        self.cleaned_data["registered_home"] = stated == self.HOME if stated else None
        return self.cleaned_data


class RequestForm(PlaceForm):
    """One of the offered days, with an optional reason. `gives_up` is the WFH day it shall replace."""

    date = DayField(label=_("Day"))
    gives_up = RowField(required=False)
    slot = forms.ChoiceField(required=False, choices=WfhDay.Slot, widget=forms.HiddenInput)
    reason = ReasonField()

    def clean_slot(self):
        return self.cleaned_data["slot"] or WfhDay.Slot.FULL


class AgainForm(PlaceForm):
    """A draft, or what was sent back, perhaps with another day; `version` as it was shown."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    date = DayField(label=_("Day"))
    reason = ReasonField()


class SeriesDates(forms.Form):
    """The first and the last day of the same weekday every week."""

    WRITTEN = _("Dates are written like 2026-11-25.")

    date = DayField(label=_("First day"), wrong=WRITTEN, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = DayField(label=_("Every week until"), wrong=WRITTEN, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))


class SeriesForm(SeriesDates):
    """The series as it was looked at, with an optional reason."""

    reason = ReasonField()


class SwapForm(forms.Form):
    """The colleague's day that is asked for."""

    for_day = RowField(label=_("Colleague's day"), error_messages={"required": _("Choose the day of a colleague.")})
    reason = ReasonField(label=_("A word to your colleague (may stay empty)"))


class GiveBackForm(forms.Form):
    """The whole day or a half of it."""

    slot = forms.ChoiceField(required=False, choices=WfhDay.Slot)
    reason = ReasonField()

    def clean_slot(self):
        return self.cleaned_data["slot"] or WfhDay.Slot.FULL


class WishesForm(forms.Form):
    """Up to three weekdays, the most wished for first. `working_days`: how many days the unit's week has."""

    first = forms.TypedChoiceField(label=_("First wish"), coerce=int, empty_value=None, required=False)
    second = forms.TypedChoiceField(label=_("Second wish"), coerce=int, empty_value=None, required=False)
    third = forms.TypedChoiceField(label=_("Third wish"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args, working_days: int = 5, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.fields:
            field = cast("forms.ChoiceField", self.fields[name])
            field.choices = [("", _("no wish")), *WEEKDAYS[:working_days]]

    def clean(self):
        super().clean()
        wished = self.weekdays
        if len(set(wished)) != len(wished):
            raise forms.ValidationError(_("Name each weekday once, the most wished for first."))
        return self.cleaned_data

    @property
    def weekdays(self) -> list[int]:
        """The wishes in their order, without gaps."""
        return [day for name in self.fields if (day := self.cleaned_data.get(name))]


class PushForm(forms.Form):
    """A browser's own words about where to push to: base64 without padding, of 65 and 16 bytes."""

    endpoint = forms.URLField(max_length=500, assume_scheme="https")
    p256dh = forms.RegexField(r"^[A-Za-z0-9_-]{87}=?\Z")
    auth = forms.RegexField(r"^[A-Za-z0-9_-]{22}={0,2}\Z")


class ObjectionForm(forms.Form):
    """What is wrong with a decision, in one's own words; `found` are the decisions of the week."""

    run_id = forms.TypedChoiceField(label=_("Which decision"), coerce=int, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What is wrong, and what would be right?"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Say what is wrong and what would be right; HR answers what you write.")},
    )

    def __init__(self, data=None, *, found):
        super().__init__(data)
        field = cast(forms.TypedChoiceField, self.fields["run_id"])
        field.choices = [(one.run.pk, one.run.policy.name) for one in found]
        if len(found) == 1:
            field.widget = forms.HiddenInput()
            field.initial = found[0].run.pk


class DataRequestForm(forms.Form):
    """Something held about oneself is wrong."""

    about = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[("", "–"), *DataRequest.About.choices],
        error_messages={"required": _("Choose what it is about."), "invalid_choice": _("Choose what it is about.")},
    )
    wrong = forms.CharField(
        label=_("What is wrong?"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what is wrong.")},
    )
    wanted = forms.CharField(
        label=_("What should be there?"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what should be there.")},
    )
