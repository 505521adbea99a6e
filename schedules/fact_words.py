"""The facts behind a decision in the reader's words: each with its value, where it comes from and since when."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from eligibility.rules import OwnFact, Rule, flat
from eligibility.rules.duty import CRITERIA
from employees.models import Agency, Employee, Placement, Unit, User
from performance.rating import Rating, Regime


@dataclasses.dataclass(frozen=True)
class FactView:
    label: str
    value: str
    source: str
    date: str | None = None


def fact_view(name: str, facts: dict) -> FactView | None:
    """One fact; None where it is not known, or says nothing to a reader."""
    value = facts.get(name)
    make = SAID.get(name)
    return make(value, facts) if value is not None and make else None


OPEN_ENDS = (str(dt.date.min), str(dt.date.max))  # "not known" and "until it is lifted": the rule's sentence says it


def own_fact_view(fact: OwnFact, facts: dict) -> FactView | None:
    """A fact that the agency records itself, as the rule asked for it."""
    value = facts.get(fact.name)
    if value is None or str(value) in OPEN_ENDS:
        return None
    if fact.ask in ("UNDATED", "UNREAD"):
        return FactView(fact.key, _("a record that cannot be counted"), _("record of the agency"))
    words: dict[str, Callable[[Any], Any]] = {"flag": yes_or_no, "day": when, "number": _number, "text": str}
    said = words[fact.column](value)
    return FactView(fact.key, str(said), _("record of the agency"))


def changes_in_words(changed: dict[str, list], evidence: dict, rules: Iterable[Rule]) -> list[str]:
    """What differs between two judgements of one person, a line a fact; what says nothing to a reader is left out.

    `changed`: name → (before, after); `evidence`: the facts afterwards; `rules`: those that were asked.
    """
    own = {fact.name: fact for rule in flat(rules) for fact in rule.own_facts}
    sides = [evidence | {name: pair[n] for name, pair in changed.items()} for n in (0, 1)]
    lines = []
    for name in [*(name for name in SAID if name in changed), *sorted(own.keys() & changed.keys())]:
        before, after = (own_fact_view(own[name], facts) if name in own else fact_view(name, facts) for facts in sides)
        said = [one.value if one else "–" for one in (before, after)]
        if (view := after or before) and said[0] != said[1]:
            lines.append(f"{view.label}: {said[0]} → {said[1]}")
    return lines


def when(value) -> str | None:
    """A date or instant, also as it comes back from stored evidence."""
    if isinstance(value, str):
        value = parse_date(value) if len(value) == 10 else parse_datetime(value)
    if value is None:
        return None
    return date_format(value.date() if isinstance(value, dt.datetime) else value, "SHORT_DATE_FORMAT")


def yes_or_no(value) -> str:
    return _("yes") if value else _("no")


def _number(value) -> str:
    exact = Decimal(str(value)).normalize()
    return number_format(exact, max(0, -int(exact.as_tuple().exponent)))


def _record() -> str:
    return _("personnel record")


def _appraisal(facts: dict) -> str:
    named = {"year": facts.get("appraisal_year"), "number": facts.get("appraisal_number")}
    return _("appraisal %(year)s, version %(number)s") % named


def _quarterly(facts: dict) -> str:
    return _("appraisal of quarter %(quarter)s/%(year)s") % {
        "quarter": facts.get("quarter"),
        "year": facts.get("quarter_of"),
    }


def _who(user_id: int) -> str:
    user = User.objects.select_related("employee").filter(pk=user_id).first()
    return str(user) if user else _("an account that no longer exists")


def _service(value, facts: dict) -> FactView:
    unit = Unit.objects.filter(pk=facts.get("unit_id") or 0).first()
    source = _("post in %(unit)s") % {"unit": unit} if unit else _record()
    return FactView(_("Serves the public directly"), yes_or_no(value), source)


def _criterion(name: str) -> Callable[[Any, dict], FactView]:
    return lambda value, facts: FactView(str(CRITERIA[name]).capitalize(), yes_or_no(value), _record())


def _discipline(label) -> Callable[[Any, dict], FactView]:
    """Only that there is one, and until when: what it was about is not kept."""
    return lambda value, facts: FactView(label(), yes_or_no(True), _("discipline record"))


SAID: dict[str, Callable[[Any, dict], FactView]] = {
    "rating": lambda value, facts: FactView(
        _("Rating"), str(Rating(value).label), _appraisal(facts), when(facts.get("approved_at"))
    ),
    "score": lambda value, facts: FactView(
        _("Score"), number_format(Decimal(str(value)), 2), _appraisal(facts), when(facts.get("approved_at"))
    ),
    "regime": lambda value, facts: FactView(_("Rated under"), str(Regime(value).label), _appraisal(facts)),
    "approved_by": lambda value, facts: FactView(
        _("Approved by"), _who(value), _appraisal(facts), when(facts.get("approved_at"))
    ),
    "quarter_rating": lambda value, facts: FactView(
        _("Rating of the last quarter"), str(Rating(value).label), _quarterly(facts)
    ),
    "quarter_approved_by": lambda value, facts: FactView(_("Approved by"), _who(value), _quarterly(facts)),
    "kind": lambda value, facts: FactView(_("Kind of civil servant"), str(Employee.Kind(value).label), _record()),
    "legal_status": lambda value, facts: FactView(_("Legal status"), str(Employee.Legal(value).label), _record()),
    "job_group": lambda value, facts: FactView(_("Group of post"), str(Placement.Group(value).label), _record()),
    "level": lambda value, facts: FactView(_("Level of government"), str(Agency.Scope(value).label), _("agency")),
    "in_post_since": lambda value, facts: FactView(_("In this post since"), when(value) or "–", _record()),
    "direct_service": _service,
    "absences": lambda value, facts: FactView(
        _("Days of unexcused absence this year"), str(value), _("record of absences")
    ),
    "discipline_serving": _discipline(lambda: _("Punishment being served")),
    "discipline_serving_until": lambda value, facts: FactView(
        _("Served until"), when(value) or "–", _("discipline record")
    ),
    "discipline_in_process": _discipline(lambda: _("Case in process")),
    "discipline_imposed_on": lambda value, facts: FactView(
        _("Last punishment imposed on"), when(value) or "–", _("discipline record")
    ),
    "position": lambda value, facts: FactView(
        _("Place by rating and score"),
        _("%(position)s of %(size)s") % {"position": value, "size": facts.get("group_size")},
        _appraisal(facts),
    ),
    "special_until": lambda value, facts: FactView(_("Special circumstances until"), when(value) or "–", _record()),
} | {name: _criterion(name) for name in CRITERIA}
