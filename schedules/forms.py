"""Input about requests for another day."""

from django import forms
from django.utils.translation import gettext_lazy as _

REJECTIONS = [
    ("COVER", _("On that day too few colleagues would be in the office.")),
    ("PRESENCE", _("Your presence in the office is needed on that day.")),
    ("TASK", _("The work planned for that day cannot be done outside the office.")),
]


class RequestForm(forms.Form):
    """One of the offered days, with an optional reason. `gives_up` is the WFH day it shall replace."""

    date = forms.DateField(
        label=_("Day"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": _("Choose a day."), "invalid": _("Choose one of the days shown.")},
    )
    gives_up = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason (may stay empty)"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DecisionForm(forms.Form):
    """The version of the request as it was shown, so that nobody decides on something that has changed."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class RejectForm(DecisionForm):
    """A rejection needs a reason: one of the usual ones, or one's own words."""

    usual = forms.ChoiceField(required=False, choices=REJECTIONS)
    reason = forms.CharField(required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        reason = cleaned.get("reason") or str(dict(REJECTIONS).get(cleaned.get("usual", ""), ""))
        if not reason and not self.errors:
            self.add_error("reason", _("A rejection needs a reason: choose one or write your own."))
        cleaned["reason"] = reason
        return cleaned
