"""What HR types about policies: a form for each rule, built from the rule's own declaration, and the policy around it.

Works without scripts: adding or removing a rule sends the page and gives it back with everything typed still in it.
"""

import datetime as dt
import typing
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from eligibility.actions.contents import check_entry, check_rules, numbers_of
from eligibility.actions.refused import Refused
from eligibility.fields import JsonField, ListField, field_for
from eligibility.models import Policy
from eligibility.rules import DAY_RULES, RULES, TERM_RULES, WEEK_RULES
from employees.forms import DayInput, ForAction
from employees.models import Agency

MOST_RULES = 60
TERMS = frozenset(rule.__name__ for rule in TERM_RULES)
NOTHING: MultiValueDict = MultiValueDict()


class RuleForm(forms.Form):
    """One rule of a policy. An entry that no rule declares is shown as JSON text, to be mended."""

    def __init__(self, data=None, *, entry: dict[str, Any], prefix: str):
        name = entry.get("rule") if isinstance(entry, dict) else None
        known = {one.name for one in numbers_of(name)} if name in RULES else set()
        self.rule_name = str(name) if name in RULES and set(entry) <= {*known, "rule", "except"} else ""
        super().__init__(data, prefix=prefix, initial=entry if self.rule_name else {"entry": entry})
        self.fields["rule"] = forms.CharField(widget=forms.HiddenInput, required=False)
        if not self.rule_name:
            self.fields["entry"] = JsonField(label=_("This rule as JSON text"))
            return
        for number in numbers_of(self.rule_name):
            self.fields[number.name] = field_for(self.rule_name, number)
        if self.rule_name in TERMS:
            return  # nobody is judged by it, so nobody is excused
        self.fields["except"] = ListField(
            label=_("Not asked of"),
            required=False,
            widget=UnfoldAdminTextInputWidget,
            help_text=_(
                "Whom the rule is lifted for: KEADAAN_KHUSUS (special circumstances, verified), "
                "or FAKTA:key for a fact of the agency. Empty: nobody."
            ),
        )

    @property
    def title(self) -> str:
        return str(RULES[self.rule_name].label) if self.rule_name else _("Another rule")

    @property
    def article(self) -> str:
        return RULES[self.rule_name].article if self.rule_name else ""

    def shown(self):
        """The fields a person fills in."""
        return [self[name] for name in self.fields if name not in ("rule", "except")]

    @property
    def may_be_lifted(self) -> bool:
        """Whether the policy can excuse somebody from the rule; a term judges nobody."""
        return "except" in self.fields

    @property
    def lifted(self) -> bool:
        """Whether the policy names somebody whom the rule is not asked of, or something is wrong there."""
        return self.may_be_lifted and bool(self["except"].value() or self["except"].errors)

    def clean(self):
        data = super().clean() or {}
        if not self.errors:
            try:
                check_entry(self.entry(data))
            except Refused as refused:
                raise forms.ValidationError(str(refused)) from None
        return data

    def entry(self, data: dict[str, Any] | None = None) -> Any:
        """The rule as a policy holds it; what is left empty is left to the rule's own default."""
        data = self.cleaned_data if data is None else data
        if not self.rule_name:
            return data.get("entry")
        said = {name: value for name, value in data.items() if name != "rule" and value not in (None, "")}
        if not said.get("except"):
            said.pop("except", None)
        return {"rule": self.rule_name, **said}

    def typed(self) -> dict[str, Any]:
        """What stands in the fields now, right or wrong, to be shown again."""
        return {
            name: field.widget.value_from_datadict(self.data, NOTHING, self.add_prefix(name))
            for name, field in self.fields.items()
        }


class PolicyForm(ForAction):
    """What a policy is called, what it rests on, and when it may apply."""

    since = forms.DateField(label=gettext_lazy("May apply from"), widget=DayInput, required=False)
    until = forms.DateField(label=gettext_lazy("May apply until (last day)"), widget=DayInput, required=False)

    class Meta:
        model = Policy
        fields = [
            "code", "track", "name_id", "name_en", "basis", "since", "until",
            "note_id", "note_en", "brake_percent", "feed_days", "plan_automatic",
        ]  # fmt: skip
        help_texts = {
            "code": gettext_lazy("Capital letters, digits and hyphens: JUMAT-2026."),
            "track": gettext_lazy("Policies of different tracks apply beside each other: REWARD, FRIDAY."),
            "basis": gettext_lazy("The law or decree it rests on; everybody reads it."),
            "note_id": gettext_lazy("Why this version; employees read it."),
        }
        widgets = {
            "code": UnfoldAdminTextInputWidget,
            "track": UnfoldAdminTextInputWidget,
            "name_id": UnfoldAdminTextInputWidget,
            "name_en": UnfoldAdminTextInputWidget,
            "basis": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "note_id": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "note_en": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "brake_percent": UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
            "feed_days": UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
            "plan_automatic": UnfoldBooleanSwitchWidget,
        }

    def __init__(self, *args, fixed: bool = False, agencies=None, **kwargs):
        super().__init__(*args, **kwargs)
        if fixed:  # a further version keeps code and track
            del self.fields["code"], self.fields["track"]
        if agencies is not None:  # a new draft says whose it is
            self.fields["agency"] = forms.ModelChoiceField(
                agencies,
                label=_("Agency"),
                initial=agencies.first(),
                empty_label=None,
                widget=UnfoldAdminSelectWidget,
            )
            self.order_fields(["agency"])

    def typed(self) -> dict[str, Any]:
        return {name: field.widget.value_from_datadict(self.data, NOTHING, name) for name, field in self.fields.items()}


class PolicyEditor:
    """The form of a policy with the forms of its rules; `do` says which button was pressed."""

    def __init__(self, data=None, *, policy: Policy, fixed: bool, agencies=None):
        self.do = data.get("do", "") if data is not None else ""
        self.judged = self.do in ("save", "look")
        self.head = PolicyForm(data, instance=policy, fixed=fixed, agencies=agencies)
        self.rules = self._bound(data) if data is not None else self._stored(policy.rules)
        self.problem = ""  # between the rules, or what the action refused
        if data is not None and not self.judged:
            self.head = PolicyForm(instance=policy, initial=self.head.typed(), fixed=fixed, agencies=agencies)
            self._change(data.get("add_rule", ""))

    @staticmethod
    def _stored(entries) -> list[RuleForm]:
        return [RuleForm(entry=entry, prefix=f"rule-{number}") for number, entry in enumerate(entries)]

    @staticmethod
    def _bound(data) -> list[RuleForm]:
        said = data.get("rules", "")
        count = min(int(said), MOST_RULES) if said.isascii() and said.isdecimal() and len(said) < 5 else 0
        names = [data.get(f"rule-{number}-rule", "") for number in range(count)]
        return [RuleForm(data, entry={"rule": name}, prefix=f"rule-{n}") for n, name in enumerate(names)]

    def _change(self, added: str) -> None:
        """Add or remove a rule; the others keep what was typed."""
        gone = self.do.removeprefix("remove-")
        kept = [(form.rule_name, form.typed()) for number, form in enumerate(self.rules) if str(number) != gone]
        self.rules = []
        for number, (rule, typed) in enumerate(kept):
            form = RuleForm(entry={"rule": rule}, prefix=f"rule-{number}")
            form.initial = typed | {"rule": rule}
            self.rules.append(form)
        if self.do == "add" and added in RULES and len(self.rules) < MOST_RULES:
            self.rules.append(RuleForm(entry={"rule": added}, prefix=f"rule-{len(self.rules)}"))

    def is_valid(self) -> bool:
        """Every field by itself, every rule, and all rules together."""
        valid = [self.head.is_valid(), *(form.is_valid() for form in self.rules)]
        if not self.judged or not all(valid):
            return False
        try:
            check_rules(self.entries())
        except Refused as refused:
            self.problem = str(refused)
        return not self.problem

    def entries(self) -> list[dict[str, Any]]:
        return [form.entry() for form in self.rules]

    def content(self) -> dict[str, Any]:
        """What the actions take."""
        said = {name: value for name, value in self.head.cleaned_data.items() if name not in ("agency", "code")}
        return said | {"rules": self.entries()}

    @property
    def adding(self) -> forms.Form:
        return AddForm()


class AddForm(forms.Form):
    """All rules there are, to add one."""

    add_rule = forms.ChoiceField(label=gettext_lazy("Rule"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        groups = (
            (_("About the person"), WEEK_RULES),
            (_("About the day"), DAY_RULES),
            (_("What comes with it"), TERM_RULES),
        )
        typing.cast(forms.ChoiceField, self.fields["add_rule"]).choices = [
            (group, [(rule.__name__, f"{rule.label} ({rule.__name__})") for rule in of]) for group, of in groups
        ]


class InForceForm(forms.Form):
    """From when a policy applies, in which of the reader's agencies."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(), label=gettext_lazy("Agency"), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    since = forms.DateField(label=gettext_lazy("Applies from"), widget=DayInput)

    def __init__(self, data=None, *, agencies, since: dt.date | None = None):
        super().__init__(data, initial={"since": since})
        typing.cast(forms.ModelChoiceField, self.fields["agency"]).queryset = agencies


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What to change"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("The writers of the draft read it."),
    )
