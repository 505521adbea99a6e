"""A policy with other numbers, that nobody has stored: what "what if" asks about."""

import copy
import dataclasses
import json
import typing
from collections import Counter
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any

from django.db.models import Choices, Q, QuerySet
from django.utils.translation import gettext as _

from eligibility.models import Policy
from eligibility.rules import RULES, BadPolicy, Rule, read

# what a rule is called and made of is no number to try out
NOT_NUMBERS = ("of", "key", "code", "text_id", "text_en")


@dataclasses.dataclass(frozen=True)
class Number:
    """One number of a policy's rules: `address` names it (`MinimumRating.minimum`; the second of the same rule
    `FactAtLeast#2.minimum`), `text` is its value as one writes it."""

    address: str
    rule: str  # its label
    name: str
    label: str  # as its rule declares it, or ""
    text: str
    kind: str  # whole, wholes, yes, text, list or json
    optional: bool
    choices: tuple[tuple[str, str], ...] = ()


def askable(user, agency_id: int) -> QuerySet[Policy]:
    """The policies, drafts too, that a reader may ask about for an agency: its own and everybody's."""
    rows = Policy.objects.visible_to(user).filter(Q(agency=None) | Q(agency=agency_id))
    return rows.exclude(state=Policy.State.DROPPED).order_by("code", "-version", "pk")


def numbers(policy: Policy) -> list[Number]:
    """All numbers of a policy's rules that may be tried out, in the policy's own order."""
    found = []
    for name, entry in _entries(policy.rules):
        rule = RULES[entry["rule"]]
        for field, hint in _fields(rule):
            value = entry.get(field.name, field.default)
            kind, optional = _kind(hint)
            found.append(
                Number(
                    address=f"{name}.{field.name}",
                    rule=str(rule.label),
                    name=field.name,
                    label=str(field.metadata.get("label", "")),
                    text=_text(value),
                    kind=kind,
                    optional=optional,
                    choices=_choices(field, kind),
                )
            )
    return found


def with_numbers(policy: Policy, given: Mapping[str, str]) -> Policy:
    """The policy with other numbers (address → text), stored nowhere; the same policy where none differs.

    Raises `BadPolicy` for an unknown address, or a number that its rule refuses.
    """
    known = {number.address: number for number in numbers(policy)}
    for address in given:
        if address not in known:
            named = {"address": address[:80], "known": ", ".join(known) or "–"}
            raise BadPolicy(_("%(address)s is no number of this policy; its numbers are: %(known)s.") % named)
    wanted = {at: _read(known[at], text) for at, text in given.items() if text.strip() != known[at].text}
    if not wanted:
        return policy
    rules = copy.deepcopy(policy.rules)
    for name, entry in _entries(rules):
        for address, value in wanted.items():
            if address.rpartition(".")[0] == name:
                entry[known[address].name] = value
    read(rules)
    changed = copy.copy(policy)
    changed.rules = rules
    return changed


def _entries(rules: Any) -> Iterator[tuple[str, dict]]:
    """Each rule of a policy's data with its name, those inside others too; not those that are gone: `read` refuses
    them by name."""
    count: Counter[str] = Counter()
    for entry in _flat(rules):
        name = entry["rule"]
        if name not in RULES:
            continue
        count[name] += 1
        yield (name if count[name] == 1 else f"{name}#{count[name]}"), entry


def _flat(rules: Any) -> Iterator[dict]:
    for entry in [rules] if isinstance(rules, dict) else rules:
        yield entry
        yield from _flat(entry.get("of", ()))


def _fields(rule: type[Rule]) -> list[tuple[dataclasses.Field, Any]]:
    if not dataclasses.is_dataclass(rule):
        return []
    hints = typing.get_type_hints(rule)
    return [(f, hints[f.name]) for f in dataclasses.fields(rule) if f.name not in NOT_NUMBERS]


def _kind(hint: Any) -> tuple[str, bool]:
    """(kind, whether it may be empty) of a field's annotation."""
    parts = [part for part in typing.get_args(hint) if part is not NoneType]
    optional = NoneType in typing.get_args(hint)
    bare = parts[0] if optional else hint
    known = {int: "whole", bool: "yes", str: "text", dict: "json"}
    if typing.get_origin(bare) is tuple:
        return ("wholes" if typing.get_args(bare)[0] is int else "list"), optional
    return known.get(bare, "json"), optional


def _choices(field: dataclasses.Field, kind: str) -> tuple[tuple[str, str], ...]:
    if "choices" in field.metadata:
        return tuple((str(value), str(label)) for value, label in field.metadata["choices"])
    if isinstance(field.default, Choices):
        return tuple((str(value), str(label)) for value, label in type(field.default).choices)
    return (("true", _("yes")), ("false", _("no"))) if kind == "yes" else ()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        plain = all(isinstance(one, str | int) for one in value.values())
        return ", ".join(f"{key}: {one}" for key, one in value.items()) if plain else json.dumps(value)
    return str(value)


def _read(number: Number, text: str) -> Any:
    """What a text means for a number. Raises `BadPolicy`."""
    text = text.replace("\0", "").strip()
    if not text and number.optional:
        return None
    try:
        return READERS[number.kind](text)
    except (ValueError, RecursionError):
        named = {"address": number.address, "text": text[:80]}
        raise BadPolicy(_("%(address)s: “%(text)s” cannot be read.") % named) from None


def _whole(text: str) -> int:
    if len(text) > 9:
        raise ValueError(text)
    return int(text)


def _yes(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _table(text: str) -> dict:
    """Values by name, as pairs (`5: 2, 4: 1`) or as JSON."""
    if text.startswith("{"):
        return json.loads(text, parse_float=str)
    pairs = [part.partition(":") for part in _list(text)]
    if not pairs or not all(key.strip() and colon and value.strip() for key, colon, value in pairs):
        raise ValueError(text)
    return {key.strip(): _plain(value.strip()) for key, _colon, value in pairs}


def _plain(text: str) -> int | str:
    return _whole(text) if text.isascii() and text.isdecimal() else text


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


READERS: dict[str, typing.Callable[[str], Any]] = {
    "whole": _whole,
    "wholes": lambda text: [_whole(part) for part in _list(text)],
    "yes": _yes,
    "text": str,
    "list": _list,
    "json": _table,
}
