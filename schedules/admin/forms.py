"""What HR types about the week: a rule of a unit and its end, and a date that falls away."""

import datetime as dt
from typing import cast

from django import forms
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from employees.forms import DayInput, ForAction
from employees.models import Agency, Unit
from employees.permissions import HR
from schedules.models import UnitRule

Kind = UnitRule.Kind
OFFERED = 300  # units listed below the field; every other one can be typed
# Which fields say something about which kind of rule; the rest is hidden, and what was typed there is dropped.
SAYS = {
    "number": (Kind.MIN_PRESENT, Kind.STAFFED_POST, Kind.STAGES, Kind.CUTOFF),
    "percent": (Kind.MIN_PRESENT, Kind.MAX_REMOTE),
    "post": (Kind.STAFFED_POST,),
    "weekday": (Kind.MIN_PRESENT, Kind.MAX_REMOTE, Kind.STAFFED_POST, Kind.BLACKOUT, Kind.ANCHOR),
    "date": (Kind.MIN_PRESENT, Kind.MAX_REMOTE, Kind.STAFFED_POST, Kind.BLACKOUT, Kind.ANCHOR),
    "slot": (Kind.MIN_PRESENT, Kind.MAX_REMOTE, Kind.STAFFED_POST, Kind.BLACKOUT, Kind.ANCHOR),
}
AMOUNTS = ("number", "percent", "post")  # what a lifted rule says nothing about


class UnitInput(UnfoldAdminTextInputWidget):
    """A text field with the units to choose from below it; works without scripts, and for any number of units."""

    units: QuerySet[Unit] | None = None

    def render(self, name, value, attrs=None, renderer=None):
        listed = f"{(attrs or {}).get('id', name)}-units"
        field = super().render(name, value, {**(attrs or {}), "list": listed, "autocomplete": "off"}, renderer)
        rows = self.units.order_by("path").values_list("code", "name")[:OFFERED] if self.units is not None else ()
        options = format_html_join("", '<option value="{}">{}</option>', rows)
        return format_html('{}<datalist id="{}">{}</datalist>', field, listed, options)


class UnitField(forms.CharField):
    """A unit by its code or its whole name, out of `units`."""

    widget = UnitInput

    def among(self, units: QuerySet[Unit]) -> None:
        self.units = cast(UnitInput, self.widget).units = units

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        found = list(self.units.filter(code__iexact=text)[:1]) or list(self.units.filter(name__iexact=text)[:2])
        if len(found) > 1:
            raise forms.ValidationError(_("Several units have this name. Enter the code instead."))
        if not found:
            message = _("There is no unit “%(text)s” among those you are HR of. Enter its code or its whole name.")
            raise forms.ValidationError(message % {"text": text[:60]})
        return found[0]


def units_of(user) -> QuerySet[Unit]:
    """The units a user is HR of."""
    return Unit.objects.filter(user.reach.over(agency="agency_id", path="path", roles=HR)).select_related("agency")


class UnitRuleForm(ForAction):
    """A rule of a unit and everything below it."""

    unit = UnitField(
        label=gettext_lazy("Unit"),
        required=False,
        help_text=gettext_lazy(
            "Code or name. Empty: the whole agency. Units below inherit the rule unless they have one of this kind."
        ),
    )
    date = forms.DateField(
        label=gettext_lazy("Only on this date"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("Empty, with no weekday either: every day."),
    )
    since = forms.DateField(label=gettext_lazy("First day"), widget=DayInput)
    last = forms.DateField(
        label=gettext_lazy("Last day"), required=False, widget=DayInput, help_text=gettext_lazy("Empty: until ended.")
    )

    class Meta:
        model = UnitRule
        fields = ["kind", "weekday", "slot", "number", "percent", "post", "reason", "lifted"]
        help_texts = {
            "number": gettext_lazy(
                "At the office: people. Post: how many of its holders. Stages: 1 or 2. Requests close: an hour, 6–18."
            ),
            "percent": gettext_lazy(
                "Of the unit's people. A minimum is rounded up, a maximum down. For a minimum give the number or the "
                "share, not both."
            ),
            "post": gettext_lazy("As it is written on the placements."),
            "reason": gettext_lazy("Needed for days closed to WFH and days for all at the office: people read it."),
            "weekday": gettext_lazy("Only on this weekday. Empty: every day, or the date below."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        cast(UnitField, self.fields["unit"]).among(units_of(self.user))

    def clean(self):
        data = super().clean() or {}
        kind = data.get("kind")
        for name, kinds in SAYS.items():
            if kind and (kind not in kinds or (data.get("lifted") and name in AMOUNTS)):
                data[name] = type(self).base_fields[name].initial if name == "slot" else None
        if not self.errors:
            data["agency"] = self._agency(data.get("unit"))
        return data

    def _agency(self, unit: Unit | None) -> Agency:
        if unit is not None:
            return unit.agency
        whole = self.user.reach.whole_agencies(HR)
        if len(whole) != 1:
            raise forms.ValidationError({"unit": _("Name the unit: you are HR of parts, or of several agencies.")})
        return Agency.objects.get(pk=whole[0])

    def inputs(self) -> dict:
        """What the action takes."""
        data = self.cleaned_data
        taken = {name: data.get(name) for name in ("agency", "unit", "kind", "since", "last", "weekday", "date")}
        taken |= {name: data.get(name) for name in ("number", "percent")}
        taken |= {"post": data.get("post") or "", "reason": data.get("reason") or "", "slot": data.get("slot")}
        taken |= {"lifted": bool(data.get("lifted"))}
        return taken if taken["slot"] else taken | {"slot": "FULL"}


class RuleEndForm(ForAction):
    """The last day on which a rule holds."""

    ends = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=DayInput,
        help_text=gettext_lazy("Today at the earliest. It counts for the next plans and requests."),
    )

    class Meta:
        model = UnitRule
        fields: list[str] = []


class RepairForm(forms.Form):
    """Which dates of a published week fall away, for whom, and why."""

    WHAT = [
        ("EMERGENCY", gettext_lazy("An emergency: everybody is needed at the office")),
        ("HOLIDAY", gettext_lazy("A day off of the whole agency, declared here and now")),
        ("CALENDAR", gettext_lazy("A day off that is in the calendar already")),
    ]

    dates = forms.MultipleChoiceField(
        label=gettext_lazy("Dates"), widget=UnfoldAdminCheckboxSelectMultipleWidget, required=True
    )
    kind = forms.ChoiceField(label=gettext_lazy("What happened"), choices=WHAT, widget=UnfoldAdminRadioSelectWidget)
    unit = UnitField(
        label=gettext_lazy("Unit"),
        required=False,
        help_text=gettext_lazy("Code or name, with everything below it. Empty: the whole agency."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("Everybody affected reads it."),
    )

    def __init__(self, *args, agency: Agency, dates: list[dt.date], off: dict[dt.date, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.off = off
        choice = cast(forms.MultipleChoiceField, self.fields["dates"])
        choice.choices = [(date.isoformat(), self._named(date)) for date in dates]
        cast(UnitField, self.fields["unit"]).among(Unit.objects.filter(agency=agency))

    def _named(self, date: dt.date) -> str:
        day = date_format(date, "l, j F")
        return f"{day} ({self.off[date]})" if date in self.off else day

    def clean_dates(self) -> list[dt.date]:
        return [dt.date.fromisoformat(text) for text in self.cleaned_data["dates"]]

    def clean(self):
        data = super().clean() or {}
        kind, dates = data.get("kind"), data.get("dates") or []
        if kind == "HOLIDAY" and data.get("unit"):
            self.add_error("unit", _("A day off is the whole agency's. Leave this empty, or choose the emergency."))
        if kind == "HOLIDAY" and any(date in self.off for date in dates):
            self.add_error("kind", _("That date is in the calendar already: choose the third answer."))
        if kind == "CALENDAR" and any(date not in self.off for date in dates):
            self.add_error("dates", _("The calendar has no day off on that date. Choose the date, or declare it here."))
        return data

    def inputs(self) -> dict:
        """What proposal and repair both take."""
        return {"dates": self.cleaned_data["dates"], "unit": self.cleaned_data["unit"]}
