"""Cleaning what an officer types: a score by hand, a correction, the reason of a return, a file."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from employees.identity import BadNip, parse_nip
from employees.models import Agency, Employee

from .actions import RATED_FROM
from .models import Appraisal
from .permissions import covered_by
from .rating import Unratable, rate

WEIGHTS = [("", "–"), ("70", "70 / 30"), ("60", "60 / 40")]


def _decimal(label, help_text=""):
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    return forms.DecimalField(
        label=label, required=False, localize=True, max_digits=5, decimal_places=2, widget=widget, help_text=help_text
    )


class RatedForm(forms.ModelForm):
    """What was appraised, under one of the three regimes. Checks it by rating it; the action does the saving."""

    goals = _decimal(_("Goals (SKP)"), _("0–120, for example 89,90"))
    behaviour_score = _decimal(_("Behaviour score"), _("0–120"))
    weight_goals = forms.TypedChoiceField(
        label=_("Weights of goals and behaviour (%)"),
        choices=WEIGHTS,
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Appraisal
        fields = ["regime", *RATED_FROM, "appraiser", "note"]
        widgets = {"note": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def _post_clean(self):
        """The action checks the row as a whole, and the database its constraints."""

    def clean(self):
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            inputs: dict[str, Any] = {name: data.get(name) for name in RATED_FROM}
            rate(data["regime"], **inputs)
        except Unratable as problem:
            self.add_error(problem.field if problem.field in self.fields else None, problem.message)
        return data

    def inputs(self) -> dict:
        """What the action takes."""
        return {name: self.cleaned_data[name] for name in RatedForm.Meta.fields}


class CorrectionForm(RatedForm):
    reason = forms.CharField(
        label=_("Reason of the correction"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("A new version is made; it waits for a colleague. Until then the approved one counts."),
    )


class EntryForm(RatedForm):
    """A first score by hand. The person is named by their number, and must be one of the officer's people."""

    user = None  # set by the admin: whose people may be entered

    nip = forms.CharField(
        label=_("NIP or NI PPPK"),
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    class Meta(RatedForm.Meta):
        fields = ["kind", "year", "period", *RatedForm.Meta.fields]
        help_texts = {"period": _("0 for a year, 1–4 for a quarter, 1–12 for a month")}

    def clean_nip(self):
        try:
            number = parse_nip(self.cleaned_data["nip"]).number
        except BadNip as problem:
            raise forms.ValidationError(problem.args[0]) from None
        person = Employee.objects.filter(covered_by(self.user, employee="pk"), nip=number).first()
        if person is None:
            raise forms.ValidationError(_("There is nobody with this number among the people you are HR for."))
        return person


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autofocus": True}),
        help_text=_("Whoever entered the score reads this; say what must be put right."),
    )


class UploadForm(forms.Form):
    """A CSV file of appraisals for one of the agencies whose HR the reader is."""

    agency = forms.ModelChoiceField(Agency.objects.none(), label=_("Agency"), widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text=_("CSV in UTF-8 with comma or semicolon; the NIP column as text."),
    )

    def __init__(self, *args, agencies, **kwargs):
        super().__init__(*args, **kwargs)
        choice = cast(forms.ModelChoiceField, self.fields["agency"])
        choice.queryset = agencies
        if len(agencies) == 1:
            choice.initial = agencies[0]
