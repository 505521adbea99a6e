"""Input about one's own account, and what HR types about days away."""

import datetime as dt
from typing import cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from .identity import BadNip, parse_nip
from .models import Agency, Employee, Holiday, Leave, User
from .permissions import HR, people_of


class LanguageForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    next = forms.CharField(required=False)


class HourField(forms.TimeField):
    """A time of day; the browser sends `18:00`, people write `18.00`."""

    def __init__(self, **kwargs):
        super().__init__(
            input_formats=["%H:%M", "%H.%M", "%H:%M:%S"],
            error_messages={
                "required": _("Enter a time such as 18.00."),
                "invalid": _("Enter a time such as 18.00."),
            },
            widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            **kwargs,
        )


class NoticesForm(forms.Form):
    """How and when one is told."""

    digest = forms.TypedChoiceField(
        label=_("Mails"),
        choices=[("0", _("Each notice at once")), ("1", _("One mail a day at 16.00, with all notices"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    quiet_from = HourField(label=_("No mail from"))
    quiet_until = HourField(label=_("until"))
    quiet_days_off = forms.BooleanField(label=_("No mail on days off"), required=False)


class DayInput(UnfoldAdminTextInputWidget):
    """The browser's own date field: a phone shows its calendar."""

    input_type = "date"

    def format_value(self, value):
        return value.isoformat() if isinstance(value, dt.date) else value


class ForAction(forms.ModelForm):
    """A form whose saving is one action. `user` and `refusal` are set by the admin for each request."""

    user: User
    refusal: Exception | None = None  # what the action answered to this very input

    def _post_clean(self):
        """The action checks the row as a whole, and the database its constraints."""

    def clean(self):
        if self.refusal is not None:
            raise forms.ValidationError(str(self.refusal))
        return super().clean()


class LeaveForm(ForAction):
    """Leave of one person, named by their number, who must be one of the officer's people."""

    nip = forms.CharField(
        label=_("NIP or NI PPPK"),
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    first = forms.DateField(label=_("First day away"), widget=DayInput)
    last = forms.DateField(label=_("Last day away"), widget=DayInput)

    class Meta:
        model = Leave
        fields = ["kind", "source"]
        help_texts = {
            "kind": _("For example: annual leave. Read by HR and auditors only."),
            "source": _("For example the number of the letter."),
        }

    def clean_nip(self):
        try:
            number = parse_nip(self.cleaned_data["nip"]).number
        except BadNip as problem:
            raise forms.ValidationError(problem.args[0]) from None
        person = Employee.objects.filter(people_of(self.user), nip=number).first()
        if person is None:
            raise forms.ValidationError(_("There is nobody with this number among the people you are HR for."))
        return person


class LeaveEndForm(ForAction):
    """An earlier last day, or that the leave does not take place at all."""

    last = forms.DateField(label=_("New last day"), widget=DayInput, required=False)
    taken_back = forms.BooleanField(
        label=_("The leave does not take place"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Leave
        fields: list[str] = []

    def clean(self):
        data = super().clean() or {}
        if bool(data.get("last")) == bool(data.get("taken_back")) and not self.errors:
            raise forms.ValidationError(_("Either enter the new last day, or mark that the leave does not take place."))
        return data

    def new_end(self) -> dt.date | None:
        """The new last day; None: taken back."""
        return self.cleaned_data["last"]


class HolidayForm(ForAction):
    """A day off of one of the agencies the reader is HR of, or everybody's by a platform administrator."""

    date = forms.DateField(label=_("Date"), widget=DayInput)
    agency = forms.ModelChoiceField(
        Agency.objects.none(), label=_("For"), widget=UnfoldAdminSelectWidget, empty_label=_("everybody")
    )

    class Meta:
        model = Holiday
        fields = ["date", "name", "kind", "agency", "source"]
        help_texts = {"source": _("The decree it rests on.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reach = self.user.reach
        choice = cast(forms.ModelChoiceField, self.fields["agency"])
        choice.queryset = Agency.objects.filter(pk__in=reach.whole_agencies(HR))
        choice.required = not reach.platform
        if not reach.platform:
            choice.empty_label = None

    def inputs(self) -> dict:
        """What the action takes."""
        return {name: self.cleaned_data[name] for name in HolidayForm.Meta.fields}
