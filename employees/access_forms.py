"""What administrators type about accounts and roles."""

from typing import cast

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from .actions.roles import today_of
from .forms import DayInput, ForAction
from .identity import BadNip, parse_nip
from .models import Agency, Employee, Role, RoleGrant, Unit, User
from .permissions import may_create_for
from .roles import GIVEN, Given


def givable(user) -> list[type[Given]]:
    """The roles that an administrator may give somewhere, in the order of the table."""
    mine = {role for grant in user.reach.grants for role in GIVEN[grant.role].gives | GIVEN[grant.role].founds}
    return [one for one in GIVEN.values() if one.role in mine]


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextInputWidget())


class RoleForm(ForAction):
    """A role for one account; whether it may be given, the action says."""

    account = forms.CharField(
        label=_("NIP, or name of an account"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), widget=UnfoldAdminRadioSelectWidget)
    agency = forms.ModelChoiceField(
        Agency.objects.none(), label=_("Agency"), widget=UnfoldAdminSelectWidget, required=False
    )
    unit_code = forms.CharField(
        label=_("Code of a unit"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("The role is then for this unit and everything below it. Empty: for the whole agency."),
    )
    first = forms.DateField(label=_("First day"), widget=DayInput)
    last = forms.DateField(
        label=_("Last day"), widget=DayInput, required=False, help_text=_("Empty: until somebody ends it.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("For example the number of the decree. It stands in the audit trail."),
    )

    class Meta:
        model = RoleGrant
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reach = self.user.reach
        roles = cast(forms.ChoiceField, self.fields["role"])
        roles.choices = [(str(one.role), f"{capfirst(str(one.name))}: {one.sentence}") for one in givable(self.user)]
        agencies = cast(forms.ModelChoiceField, self.fields["agency"])
        mine = {grant.agency_id for grant in reach.having({Role.AGENCY_ADMIN}) if grant.agency_id}
        agencies.queryset = Agency.objects.all() if reach.platform else Agency.objects.filter(pk__in=mine)
        agencies.required = not reach.platform
        agencies.empty_label = _("the whole platform") if reach.platform else None

    def clean_account(self):
        typed = self.cleaned_data["account"]
        number = "".join(typed.split()).replace(".", "")
        mine = User.objects.all() if self.user.reach.platform else User.objects.visible_to(self.user)
        found = mine.filter(Q(employee__nip=number) | Q(username=typed.strip())).first()
        if found is None:
            raise forms.ValidationError(_("There is no account with this number or name among your people."))
        return found

    def clean(self):
        data = super().clean() or {}
        code, agency = data.get("unit_code"), data.get("agency")
        data["unit"] = Unit.objects.filter(agency=agency, code=code).first() if code else None
        if code and data["unit"] is None:
            self.add_error("unit_code", _("There is no unit with this code in the agency."))
        return data

    def inputs(self) -> dict:
        """What the action takes."""
        data = self.cleaned_data
        names = ("role", "agency", "unit", "first", "last", "reason")
        return {"user": data["account"]} | {name: data[name] for name in names}


class RoleEndForm(ForAction):
    """When a role ends."""

    last = forms.DateField(
        label=_("New last day"), widget=DayInput, required=False, help_text=_("Empty: the role ends now.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextInputWidget())

    class Meta:
        model = RoleGrant
        fields: list[str] = []


class AccountForm(ForAction):
    """Whose account is made."""

    nip = forms.CharField(
        label=_("NIP or NI PPPK"),
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    class Meta:
        model = User
        fields: list[str] = []

    def clean_nip(self):
        try:
            number = parse_nip(self.cleaned_data["nip"]).number
        except BadNip as problem:
            raise forms.ValidationError(problem.args[0]) from None
        person = Employee.objects.filter(nip=number).select_related("agency").first()
        # one answer for nobody's number and for another agency's: not even the place of the sentence tells them apart
        if person is None or not may_create_for(self.user, person, today_of(person.agency, timezone.now())):
            raise forms.ValidationError(_("There is nobody with this number among your people."))
        return person
