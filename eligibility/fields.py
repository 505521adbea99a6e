"""Form fields for the numbers of rules, built from what each rule's class declares."""

import dataclasses
import datetime as dt
import json
import types
import typing
from typing import Any

from django import forms
from django.db.models import Choices
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from eligibility.rules import OWN_CODES, RULES
from employees.models import Agency, Employee, Placement

# What a number is called, and how it is written, where its rule does not say so itself (`metadata` of the field).
LABELS = {
    "among": (gettext_lazy("Among whom"), gettext_lazy("UNIT or AGENCY.")),
    "any_year": (gettext_lazy("The worst of all years, not only this one"), ""),
    "by": (gettext_lazy("By when"), gettext_lazy("An hour such as 16:00.")),
    "closes": (gettext_lazy("Until the hour"), gettext_lazy("An hour such as 08:00.")),
    "counted": (gettext_lazy("Days are counted as"), ""),
    "code": (gettext_lazy("Reason code"), ""),
    "days": (gettext_lazy("Days"), gettext_lazy("Weekdays are numbered from 1 (Monday) to 7 (Sunday).")),
    "earned": (gettext_lazy("Days earned by rating"), gettext_lazy("5 is very good: 5: 2, 4: 1.")),
    "grace_days": (gettext_lazy("Days after the end of a quarter until it counts"), ""),
    "key": (gettext_lazy("Key of the agency's fact"), ""),
    "kinds": (gettext_lazy("Kinds"), gettext_lazy("With commas between them.")),
    "levels": (gettext_lazy("Levels of government"), gettext_lazy("With commas between them.")),
    "lifted_by": (gettext_lazy("Key of the fact that lifts it"), ""),
    "maximum": (gettext_lazy("Maximum"), ""),
    "minimum": (gettext_lazy("Minimum"), ""),
    "minutes": (gettext_lazy("Minutes"), ""),
    "months": (gettext_lazy("Months"), ""),
    "more_than": (gettext_lazy("More than that share for"), gettext_lazy("With commas between them.")),
    "movable": (gettext_lazy("The supervisor may agree to another day"), ""),
    "not_with": (gettext_lazy("Not asked where one of these codes refuses"), gettext_lazy("With commas between them.")),
    "number": (gettext_lazy("Number of people"), gettext_lazy("Empty: no such limit.")),
    "of": (gettext_lazy("Rules it is put together from"), gettext_lazy('JSON: [{"rule": "NotServing"}, …]')),
    "opens": (gettext_lazy("From the hour"), gettext_lazy("An hour such as 06:00.")),
    "percent": (gettext_lazy("Per cent"), ""),
    "posts": (gettext_lazy("Posts left out, by level of government"), ""),
    "present": (gettext_lazy("It must be recorded (otherwise: must not)"), ""),
    "previous_year_counts_until": (
        gettext_lazy("Until when the year before last counts too"),
        gettext_lazy("Month and day: 02-28. Empty: never."),
    ),
    "rounding": (gettext_lazy("Rounding"), gettext_lazy("floor, or max(1, floor) so that one person always fits.")),
    "silence": (gettext_lazy("Where nobody answers"), ""),
    "since": (gettext_lazy("From"), gettext_lazy("A day such as 2026-04-01. Empty: no limit.")),
    "steps": (
        gettext_lazy("Steps, one for each breach"),
        gettext_lazy("REMIND, WARN, BAR:3 (months), REVOKE; the last holds for all further ones."),
    ),
    "text_en": (gettext_lazy("What it asks (English)"), ""),
    "text_id": (gettext_lazy("What it asks (Indonesian)"), ""),
    "until": (gettext_lazy("Until (last day)"), gettext_lazy("A day such as 2026-04-30. Empty: no limit.")),
    "value": (gettext_lazy("Value"), ""),
}


# What there is to choose from, where the rule does not say so itself.
CHOICES: dict[tuple[str, str], Any] = {
    ("AnswerBy", "counted"): [
        ("WORKING", gettext_lazy("working days")),
        ("CALENDAR", gettext_lazy("calendar days")),
    ],
    ("AnswerBy", "silence"): [
        ("REMIND", gettext_lazy("whoever decides is reminded")),
        ("ESCALATE", gettext_lazy("the next in the line decides")),
        ("EXPIRE", gettext_lazy("the request ends, nothing changes")),
        ("APPROVE", gettext_lazy("the request is granted where the day fits")),
    ],
    ("ServantKind", "kinds"): Employee.Kind.choices,
    ("ExcludedLevels", "levels"): Agency.Scope.choices,
    ("OfficeShare", "more_than"): Placement.Group.choices,
    ("TopShare", "among"): [("UNIT", gettext_lazy("the unit")), ("AGENCY", gettext_lazy("the agency"))],
    ("UnitCap", "rounding"): [
        ("floor", gettext_lazy("rounded down")),
        ("max(1, floor)", gettext_lazy("rounded down, but one person always")),
    ],
    ("Weekday", "days"): lambda: [(day, date_format(dt.date(1970, 1, 4 + day), "l")) for day in range(1, 8)],
} | {
    (name, "code"): lambda: [(code, f"{code} – {label}") for code, label in OWN_CODES.items()]
    for name, rule in RULES.items()
    if getattr(rule, "code", None) in OWN_CODES
}


class ListField(forms.CharField):
    """Several values in one line: `PNS, PPPK` or `1, 3`."""

    def __init__(self, *, item: type = str, **kwargs):
        self.item = item
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else value

    def clean(self, value):
        parts = [part.strip() for part in (super().clean(value) or "").split(",") if part.strip()]
        try:
            return [self.item(part) for part in parts]
        except ValueError:
            raise forms.ValidationError(_("Enter whole numbers with commas between them.")) from None


def from_json(text: str) -> Any:
    """Numbers with a point stay text, so no score is ever a float."""
    try:
        return json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise forms.ValidationError(_("This is not JSON: %(error)s") % {"error": error}) from None


class PairsField(forms.CharField):
    """Values by a name: `5: 2, 4: 1`; lists by a name as JSON."""

    def prepare_value(self, value):
        if not isinstance(value, dict):
            return value
        if all(isinstance(one, str | int) for one in value.values()):
            return ", ".join(f"{key}: {one}" for key, one in value.items())
        return json.dumps(value, ensure_ascii=False)

    def clean(self, value):
        text = super().clean(value) or ""
        if text.startswith("{"):
            return from_json(text)
        made: dict[str, Any] = {}
        for part in text.split(","):
            key, colon, said = (text.strip() for text in part.partition(":"))
            if not part.strip():
                continue
            if not (key and colon and said) or key in made:
                raise forms.ValidationError(_("Enter pairs such as 5: 2, 4: 1, each name once."))
            made[key] = int(said) if said.isascii() and said.isdecimal() else said
        return made or None


class PostsField(forms.MultipleChoiceField):
    """Groups of post by level of government, a box each; a policy holds `{"PROVINSI": ["JPT_MADYA"]}`."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, **kwargs):
        levels = [
            (label, [(f"{level}/{group}", name) for group, name in Placement.Group.choices])
            for level, label in Agency.Scope.choices
        ]
        super().__init__(choices=levels, **kwargs)

    def prepare_value(self, value):
        if not isinstance(value, dict):
            return value
        return [f"{level}/{group}" for level, groups in value.items() for group in groups]

    def clean(self, value):
        made: dict[str, list[str]] = {}
        for one in super().clean(value):
            level, _slash, group = one.partition("/")
            made.setdefault(level, []).append(group)
        return made or None


class JsonField(forms.CharField):
    """What has no form of its own, as JSON text."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false", "class": "portal-pre"})

    def prepare_value(self, value):
        return value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False, indent=2)

    def clean(self, value):
        text = super().clean(value)
        return from_json(text) if text else None


def field_for(rule: str, number: dataclasses.Field) -> forms.Field:
    """A form field for one number of a rule: its type, default, label, help and choices as the rule declares them."""
    kind = typing.get_type_hints(RULES[rule])[number.name]
    optional = isinstance(kind, types.UnionType) and type(None) in typing.get_args(kind)
    if optional:
        kind = next(one for one in typing.get_args(kind) if one is not type(None))
    default = None if number.default is dataclasses.MISSING else number.default
    label, help_text = LABELS.get(number.name, (number.name, ""))
    choices = _choices_of(rule, number, default)
    missing = number.default is number.default_factory is dataclasses.MISSING
    given: dict[str, Any] = {
        "label": number.metadata.get("label", label),
        "help_text": number.metadata.get("help", "" if choices else help_text),
        "required": missing or not (optional or default in ("", ())),
        "initial": int(default) if isinstance(default, int) and not isinstance(default, bool) else default,
    }
    if kind is bool:
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **given | {"required": False})
    if typing.get_origin(kind) is tuple:
        return _field_of_several(typing.get_args(kind)[0], choices, given)
    if choices:
        return _field_of_choices(list(choices), optional, given)
    if kind is int:
        return forms.IntegerField(widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}), **given)
    if kind is str:
        return forms.CharField(widget=UnfoldAdminTextInputWidget, max_length=500, **given)
    if (rule, number.name) == ("ExcludedPosts", "posts"):
        return PostsField(**given)
    if kind is dict:
        return PairsField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false"}), **given)
    return JsonField(**given)


def _choices_of(rule: str, number: dataclasses.Field, default: Any):
    found = number.metadata.get("choices") or CHOICES.get((rule, number.name))
    if found is None and isinstance(default, Choices):
        found = type(default).choices
    return found() if callable(found) else found


def _field_of_several(item: Any, choices, given: dict[str, Any]) -> forms.Field:
    if item not in (int, str):
        return JsonField(**given)
    if choices:
        widget = UnfoldAdminCheckboxSelectMultipleWidget
        return forms.TypedMultipleChoiceField(choices=list(choices), coerce=item, widget=widget, **given)
    return ListField(item=item, widget=UnfoldAdminTextInputWidget, **given)


def _field_of_choices(choices: list, optional: bool, given: dict[str, Any]) -> forms.Field:
    coerce: Any = type(choices[0][0])
    empty = [("", "–")] if optional else []
    return forms.TypedChoiceField(
        choices=empty + choices, coerce=coerce, empty_value=None, widget=UnfoldAdminSelectWidget, **given
    )
