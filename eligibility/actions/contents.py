"""What a policy may say: checked alike for files and for drafts, before the database would refuse it without a word."""

import dataclasses
import datetime as dt
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from eligibility.models import Policy
from eligibility.queries.policies import numbers_of
from eligibility.rules import RULES, BadPolicy, read
from eligibility.rules.window import DateWindow

from .refused import Refused

TEXTS = ("name_id", "name_en", "basis", "track", "note_id", "note_en")
CONTENT = (*TEXTS, "rules", "since", "until", "brake_percent", "feed_days", "plan_automatic")
ALWAYS = ("rule", "except")  # in the entry of every rule, beside its own numbers


def check(code: str, content: dict[str, Any]) -> None:
    """Raises `Refused`: BAD_CODE, BAD_FIELD, VALIDITY, NO_RULES, UNKNOWN_RULE, MISSING_NUMBER, UNKNOWN_NUMBER,
    BAD_POLICY; the message names rule and number."""
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{0,39}", code):
        raise Refused("BAD_CODE", _("A code is written in capital letters, digits and hyphens: JUMAT-2026."))
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{0,19}", str(content.get("track", ""))):
        raise Refused("BAD_CODE", _("A track is written in capital letters, digits and hyphens: REWARD."))
    _check_fields(content)
    since, until = content.get("since"), content.get("until")
    if since and until and until < since:
        named = {"since": since.isoformat(), "until": until.isoformat()}
        raise Refused("VALIDITY", _("The last day (%(until)s) lies before the first (%(since)s).") % named)
    check_rules(content.get("rules"))
    _check_window(content["rules"], since, until)


def _check_window(rules: list, since: dt.date | None, until: dt.date | None) -> None:
    for rule in read(rules):
        if not isinstance(rule, DateWindow):
            continue
        first, last = rule.bounds()
        if (since and last < since) or (until and first > until):
            text = _("The days that the rule DateWindow allows all lie outside the policy's validity.")
            raise Refused("VALIDITY", text)


def _check_fields(content: dict[str, Any]) -> None:
    one = Policy(**{name: content[name] for name in CONTENT if name in content})
    left_out = {field.name for field in Policy._meta.fields} - (set(CONTENT) - {"rules"})
    try:
        one.clean_fields(exclude=left_out)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        label = str(getattr(Policy._meta.get_field(name), "verbose_name", name))
        raise Refused("BAD_FIELD", f"{label}: {' '.join(messages)}") from error
    if one.brake_percent > 100:
        raise Refused("BAD_FIELD", _("The brake is a share from 0 to 100 per cent."))


def check_rules(rules: Any) -> None:
    """The rules of a policy, each by itself and all together."""
    if not isinstance(rules, list) or not rules:
        raise Refused("NO_RULES", _("A policy needs at least one rule; without any, everybody would be eligible."))
    for entry in rules:
        check_entry(entry)
    try:
        read(rules)
    except BadPolicy as error:
        raise Refused("BAD_POLICY", str(error)) from error


def check_entry(entry: Any) -> None:
    """One rule with its numbers; parts of a rule that is put together are checked by the rule itself."""
    if not isinstance(entry, dict) or entry.get("rule") not in RULES:
        said = entry.get("rule") if isinstance(entry, dict) else entry
        text = _("There is no rule “%(rule)s”. Choose one of: %(rules)s.")
        raise Refused("UNKNOWN_RULE", text % {"rule": str(said)[:60], "rules": ", ".join(RULES)})
    fields = {field.name: field for field in numbers_of(entry["rule"])}
    named = {"rule": entry["rule"], "known": ", ".join(fields) or "–"}
    for key in entry:
        if key not in fields and key not in ALWAYS:
            text = _("The rule %(rule)s has no number “%(number)s”; it knows: %(known)s.")
            raise Refused("UNKNOWN_NUMBER", text % (named | {"number": key}))
    for name, field in fields.items():
        if name not in entry and field.default is field.default_factory is dataclasses.MISSING:
            text = _("The rule %(rule)s needs its number “%(number)s”.")
            raise Refused("MISSING_NUMBER", text % (named | {"number": name}))
    try:
        read([entry])
    except BadPolicy as error:
        raise Refused("BAD_POLICY", str(error)) from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        text = _("A number of the rule %(rule)s has the wrong form (%(known)s).")
        raise Refused("BAD_POLICY", text % named) from error


def plain(value: Any) -> Any:
    """A value of a file as JSON keeps it: days as text, tuples as lists; numbers with a point came as text already."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value
