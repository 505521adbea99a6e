"""Input of whoever decides: which version was seen, reasons, days recalled, stand-ins."""

import datetime as dt
import re

from django import forms
from django.utils.translation import gettext_lazy as _

BIGGEST = 2**63 - 1
CHOSEN = re.compile(r"^(\d{1,18}):(\d{1,9})$", re.ASCII)
AT_ONCE = 1_000  # requests decided by one tap

REJECTIONS = [
    ("COVER", _("On that day too few colleagues would be in the office.")),
    ("PRESENCE", _("Your presence in the office is needed on that day.")),
    ("TASK", _("The work planned for that day cannot be done outside the office.")),
]
RETURNS = [
    ("OTHER_DAY", _("Please choose another day of that week.")),
    ("SAY_MORE", _("Please say more about the reason.")),
    ("AGREE", _("Please agree with your colleagues first who is at the office on that day.")),
]
DECLINES = [
    ("KEEP", _("I need my own day.")),
    ("WORK", _("My work of that week is already arranged around these days.")),
]
RECALLS = [
    ("DUTY", _("An urgent duty has come up that needs you at the office on that day.")),
    ("MEETING", _("A meeting on that day needs you at the office.")),
    ("SHORT", _("Too few colleagues would be at the office on that day.")),
]


class DecisionForm(forms.Form):
    """The version of the request as it was shown, so that nobody decides on something that has changed."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class Reasoned(forms.Form):
    """A reason is needed: one of the usual ones, or one's own words (they win)."""

    USUAL: list = []
    MISSING = _("A reason is needed: choose one or write your own.")

    usual = forms.ChoiceField(required=False)
    reason = forms.CharField(required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["usual"].choices = self.USUAL  # type: ignore[attr-defined]

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        reason = cleaned.get("reason") or str(dict(self.USUAL).get(cleaned.get("usual", ""), ""))
        if not reason and not self.errors:
            self.add_error("reason", self.MISSING)
        cleaned["reason"] = reason
        return cleaned


class RejectForm(Reasoned, DecisionForm):
    """A request refused, or a swap declined by the colleague."""

    USUAL = REJECTIONS + DECLINES
    MISSING = _("A rejection needs a reason: choose one or write your own.")


class ReturnForm(Reasoned, DecisionForm):
    """A request sent back to be changed and sent again."""

    USUAL = RETURNS


class RecallForm(Reasoned):
    """A WFH day taken back by the supervisor."""

    USUAL = RECALLS


class Chosen(forms.Field):
    """Requests ticked on the page, each as `id:version`: what arrived since is not among them."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {
        "required": _("Tick at least one request."),
        "invalid": _("The list could not be read. Load the page again."),
        "many": _("Decide on at most 1,000 requests at once."),
    }

    def to_python(self, value) -> list[tuple[int, int]]:
        if not value:
            return []
        if len(value) > AT_ONCE:
            raise forms.ValidationError(self.error_messages["many"], "many")
        found = [CHOSEN.match(one) for one in value]
        if not all(found):
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return [(int(one[1]), int(one[2])) for one in found if one]


class ApproveManyForm(forms.Form):
    """What is approved by one tap."""

    chosen = Chosen()


class DelegateForm(forms.Form):
    """A stand-in, from the first to the last day; only while on leave it may stay open."""

    delegate = forms.IntegerField(
        min_value=1,
        max_value=BIGGEST,
        error_messages={"required": _("Choose who stands in."), "invalid": _("Choose one of the people shown.")},
    )
    first = forms.DateField(
        label=_("From"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("Say from which day on."), "invalid": _("Write the date like 2026-11-25.")},
    )
    last = forms.DateField(
        label=_("Until (included)"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("Write the date like 2026-11-25.")},
    )
    on_leave_only = forms.BooleanField(label=_("Only on days on which I am on leave"), required=False)

    def clean(self):
        super().clean()
        for name in ("first", "last"):
            day = self.cleaned_data.get(name)
            if day and not dt.date(2000, 1, 1) <= day <= dt.date(2100, 12, 31):
                self.add_error(name, _("Check the year of this date."))
        return self.cleaned_data
