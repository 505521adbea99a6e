"""Input about one's own account, and what HR types about days away and about records."""

import datetime as dt
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from .identity import BadNip, parse_nip
from .models import Absence, Agency, Discipline, Employee, Fact, Feed, Holiday, Leave, User
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


class AppCodeForm(forms.Form):
    """The code that an authenticator app shows."""

    code = forms.CharField(
        label=_("Code that the app shows"),
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class PasskeyForm(forms.Form):
    """What its holder calls a passkey; the browser fills in the rest."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("By which you know it again, such as “telephone” or “blue key”."),
    )
    credential = forms.CharField(widget=forms.HiddenInput)


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


class AboutPersonForm(ForAction):
    """About one person, named by their number, who must be one of the officer's people."""

    nip = forms.CharField(
        label=_("NIP or NI PPPK"),
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_nip(self):
        try:
            number = parse_nip(self.cleaned_data["nip"]).number
        except BadNip as problem:
            raise forms.ValidationError(problem.args[0]) from None
        person = Employee.objects.filter(people_of(self.user), nip=number).select_related("agency").first()
        if person is None:
            raise forms.ValidationError(_("There is nobody with this number among the people you are HR for."))
        return person


class LeaveForm(AboutPersonForm):
    """Leave of one person."""

    first = forms.DateField(label=_("First day away"), widget=DayInput)
    last = forms.DateField(label=_("Last day away"), widget=DayInput)

    class Meta:
        model = Leave
        fields = ["kind", "source"]
        help_texts = {
            "kind": _("For example: annual leave. Read by HR and auditors only."),
            "source": _("For example the number of the letter."),
        }


class EndForm(ForAction):
    """Either another last day, or a mark that it does not hold at all; `mark` names that field."""

    mark = "taken_back"
    either: Any
    last = forms.DateField(label=_("New last day"), widget=DayInput, required=False)

    def clean(self):
        data = super().clean() or {}
        if bool(data.get("last")) == bool(data.get(self.mark)) and not self.errors:
            raise forms.ValidationError(self.either)
        return data


class LeaveEndForm(EndForm):
    """An earlier last day, or that the leave does not take place at all."""

    either = _("Either enter the new last day, or mark that the leave does not take place.")
    taken_back = forms.BooleanField(
        label=_("The leave does not take place"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Leave
        fields: list[str] = []


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


class HolidayChangeForm(EndForm):
    """Another date of a day off, or that it does not take place; with why, and sure of it."""

    mark = "withdrawn"
    either = _("Either enter the new date, or mark that the day off does not take place.")
    last = forms.DateField(label=_("New date"), widget=DayInput, required=False)
    withdrawn = forms.BooleanField(
        label=_("The day off does not take place"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=4_000,
        widget=UnfoldAdminTextInputWidget(),
        error_messages={"required": _("Give a reason; it stays on record.")},
        help_text=_("For example the number of the decree that changes it."),
    )
    sure = forms.BooleanField(
        label=_("Yes, change it for everybody it holds for"),
        widget=UnfoldBooleanSwitchWidget,
        error_messages={"required": _("Confirm the change: it moves deadlines and the plans that are not published.")},
        help_text=_("Published weeks keep their plans; HR is shown what each person would gain or lose, and decides."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Holiday
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.instance.version


class DisciplineForm(AboutPersonForm):
    """A punishment or a case in process, with the least data."""

    first = forms.DateField(label=_("From"), widget=DayInput)
    last = forms.DateField(
        label=_("Until (last day)"),
        widget=DayInput,
        required=False,
        help_text=_("A light punishment has no period: leave it empty."),
    )

    class Meta:
        model = Discipline
        fields = ["status", "level", "decree"]
        help_texts = {
            "level": _("Not known yet while a case is in process."),
            "decree": _("Its number only, never what it is about."),
        }


class DisciplineEndForm(EndForm):
    mark = "cancelled"
    either = _("Either enter the new last day, or mark that it was cancelled.")
    cancelled = forms.BooleanField(
        label=_("It was rescinded, or the case was dropped"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Discipline
        fields: list[str] = []


class AbsenceForm(AboutPersonForm):
    date = forms.DateField(label=_("Date"), widget=DayInput)

    class Meta:
        model = Absence
        fields = ["kind"]
        help_texts = {"kind": _("ALPA is an unexcused absence; other kinds do not count.")}


class AbsenceBackForm(ForAction):
    taken_back = forms.BooleanField(label=_("The absence does not count"), widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = Absence
        fields: list[str] = []


class FactForm(AboutPersonForm):
    first = forms.DateField(label=_("From"), widget=DayInput, required=False)
    last = forms.DateField(label=_("Until (last day)"), widget=DayInput, required=False)

    class Meta:
        model = Fact
        fields = ["key", "text", "source"]
        help_texts = {
            "key": _("As the policies name it: small letters, digits, underscores."),
            "text": _("A number such as 2,5, ya or tidak, a date, or text. Nothing about health."),
            "source": _("Where it is known from."),
        }


class FactEndForm(EndForm):
    either = _("Either enter the new last day, or mark that it never held.")
    taken_back = forms.BooleanField(label=_("It never held"), required=False, widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = Fact
        fields: list[str] = []


class FeedForm(ForAction):
    """Until when the records of a kind are complete, of one of the agencies the reader is HR of."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(), label=_("agency"), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    complete_until = forms.DateField(
        label=_("complete until"),
        widget=DayInput,
        help_text=_("Whoever has no record up to that day, itself included, has none."),
    )

    class Meta:
        model = Feed
        fields = ["agency", "kind"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choice = cast(forms.ModelChoiceField, self.fields["agency"])
        choice.queryset = Agency.objects.filter(pk__in=self.user.reach.whole_agencies(HR))


class FeedChangeForm(ForAction):
    complete_until = forms.DateField(label=_("complete until"), widget=DayInput)
    earlier = forms.BooleanField(
        label=_("Yes, an earlier day than before"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Feed
        fields: list[str] = []


class SpecialForm(EndForm):
    """That the circumstances were looked at and hold until a day, or hold no longer; never what they are."""

    mark = "ended"
    either = _("Either enter until when the circumstances hold, or mark that they are over.")
    last = forms.DateField(
        label=_("Verified until (last day)"),
        widget=DayInput,
        required=False,
        help_text=_("You have seen the proof. What it is about is not written down."),
    )
    ended = forms.BooleanField(label=_("They are over"), required=False, widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = Employee
        fields: list[str] = []
