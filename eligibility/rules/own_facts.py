"""Generic rules over the facts that an agency records itself (`import_facts`), so that a new condition needs no code.

Each names its `key`, a `code` from the list below, and says in two languages what it asks.
"""

import dataclasses
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import product

from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from employees.models import Feed

from .base import BadPolicy, Context, OwnFact, Rule, WeekRule, one_of, whole_number
from .months import latest_reaching

CODES = {
    "R-SYARAT": gettext_lazy("a condition of the agency is not met"),
    "R-AWOL": gettext_lazy("disciplined for absence"),
    "R-ETIKA": gettext_lazy("disciplined for a breach of ethics"),
    "R-MASA-PERCOBAAN": gettext_lazy("probation not passed"),
    "R-ALASAN-BISNIS": gettext_lazy("a business ground stands against it"),
    "R-PELATIHAN": gettext_lazy("training not done"),
    "R-PERJANJIAN": gettext_lazy("agreement not signed"),
}
UNKNOWN = {"R-FAKTA-BELUM-DIKETAHUI": gettext_lazy("a fact of the agency is not recorded")}


@dataclasses.dataclass(frozen=True)
class OwnFactRule(WeekRule):
    """What these rules share."""

    key: str = ""
    code: str = "R-SYARAT"
    text_id: str = ""
    text_en: str = ""

    codes = {**CODES, **UNKNOWN}
    label = gettext_lazy("Condition of the agency")
    article = ""
    feeds = (Feed.Kind.FACTS,)
    repeatable = True
    says_unknown = False  # whether nothing recorded is not known, and not "none"
    uncounted = ""  # what `OwnFact` asks for records that the rule cannot count: they are not known either

    def __post_init__(self):
        if self.code not in CODES:
            raise one_of(f"{type(self).__name__}.code", CODES)
        own = (self.fact(), *([OwnFact(self.key, self.uncounted, "flag")] if self.uncounted else []))
        object.__setattr__(self, "own_facts", own)
        object.__setattr__(self, "needs", (self.fact().name,) if self.says_unknown else ())

    def fact(self) -> OwnFact:
        raise TypeError(f"{type(self).__name__} does not say")

    def codes_here(self):
        return {self.code: CODES[self.code]} | (UNKNOWN if self.says_unknown or self.uncounted else {})

    def clear(self) -> Q:
        """The condition that every record can be counted."""
        return Q(**{f"{self.own_facts[1].name}__isnull": True}) if self.uncounted else Q()

    def certain(self, context: Context) -> Q:
        """The condition under which a person fails, whatever the records that cannot be counted would say."""
        return Q()

    def known(self) -> Q:
        return super().known() & self.clear()

    def code_expression(self, context: Context):
        surely, known = self.certain(context), self.known()
        return Case(
            When(self.passing(context), then=Value(None)),
            *([When(surely, then=Value(self.code))] if surely else []),
            *([When(~known, then=Value(next(iter(UNKNOWN))))] if known else []),
            default=Value(self.code),
            output_field=CharField(),
        )

    def describe(self):
        own = self.text_en if get_language() == "en" else self.text_id
        return own or _("A condition of the agency on “%(key)s”.") % {"key": self.key}

    def sentence(self, code, facts):
        named = {"condition": self.describe()}
        if code in UNKNOWN and self.uncounted:
            return _("A record lacks the day or number to be counted by: %(condition)s HR can complete it.") % named
        if code in UNKNOWN:
            return _("Not recorded: %(condition)s HR can record it.") % named
        if code:
            return _("Not met: %(condition)s") % named
        return _("Met: %(condition)s") % named


def number(name: str, text) -> Decimal:
    try:
        made = Decimal(str(text)) if isinstance(text, str | int) and not isinstance(text, bool) else None
    except InvalidOperation:
        made = None
    if made is None or not made.is_finite() or abs(made) >= 10**9:
        raise BadPolicy(_("%(name)s must be a number, written as text") % {"name": name})
    return made


@dataclasses.dataclass(frozen=True)
class FactEquals(OwnFactRule):
    """The fact valid at the week says this text (upper and lower case are the same)."""

    value: str = ""
    says_unknown = True

    def __post_init__(self):
        if not isinstance(self.value, str) or not self.value.strip():
            raise BadPolicy(_("FactEquals.value must be the text that the fact says"))
        super().__post_init__()

    def fact(self):
        return OwnFact(self.key, "VALUE", "text")

    def passing(self, context: Context) -> Q:
        return Q(**{f"{self.fact().name}__iexact": self.value})


@dataclasses.dataclass(frozen=True)
class FactAtLeast(OwnFactRule):
    """The number valid at the week is at least `minimum`."""

    minimum: str = "0"
    says_unknown = True

    def __post_init__(self):
        number("FactAtLeast.minimum", self.minimum)
        super().__post_init__()

    def fact(self):
        return OwnFact(self.key, "VALUE", "number")

    def passing(self, context: Context) -> Q:
        return Q(**{f"{self.fact().name}__gte": Decimal(str(self.minimum))})


@dataclasses.dataclass(frozen=True)
class FactAtMost(OwnFactRule):
    """The number valid at the week is at most `maximum`."""

    maximum: str = "0"
    says_unknown = True

    def __post_init__(self):
        number("FactAtMost.maximum", self.maximum)
        super().__post_init__()

    def fact(self):
        return OwnFact(self.key, "VALUE", "number")

    def passing(self, context: Context) -> Q:
        return Q(**{f"{self.fact().name}__lte": Decimal(str(self.maximum))})


@dataclasses.dataclass(frozen=True)
class FactSumAtMost(OwnFactRule):
    """The numbers of a calendar year add up to at most `maximum`: in this year, or (`any_year`) in every year. A record
    belongs to the year in which it begins; none is zero, and one without a day or number leaves the sum unknown."""

    maximum: str = "0"
    any_year: bool = False
    uncounted = "UNREAD"

    def __post_init__(self):
        number("FactSumAtMost.maximum", self.maximum)
        super().__post_init__()

    def fact(self):
        return OwnFact(self.key, "SUM" if self.any_year else "SUM_THIS_YEAR", "number")

    def passing(self, context: Context) -> Q:
        name = self.fact().name
        return (Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__lte": Decimal(str(self.maximum))})) & self.clear()

    def certain(self, context: Context) -> Q:
        return Q(**{f"{self.fact().name}__gt": Decimal(str(self.maximum))})


@dataclasses.dataclass(frozen=True)
class FactWithinMonths(OwnFactRule):
    """One began in the last `months` months (`present` false: none did); at the anniversary it counts no longer. One
    without a day may have begun at any time."""

    months: int = 12
    present: bool = True
    uncounted = "UNDATED"

    def __post_init__(self):
        whole_number("FactWithinMonths.months", self.months, 1, 600)
        super().__post_init__()

    def fact(self):
        return OwnFact(self.key, "LAST", "day")

    def passing(self, context: Context) -> Q:
        if self.present:
            return self._recent(context)
        name, since = self.fact().name, latest_reaching(context.as_of, self.months)
        return (Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__lte": since})) & self.clear()

    def certain(self, context: Context) -> Q:
        return super().certain(context) if self.present else self._recent(context)

    def _recent(self, context: Context) -> Q:
        return Q(**{f"{self.fact().name}__gt": latest_reaching(context.as_of, self.months)})


@dataclasses.dataclass(frozen=True)
class FactPresent(OwnFactRule):
    """One valid at the week is there, with `value` one that says that (`present` false: none is)."""

    value: str = ""
    present: bool = True

    def fact(self):
        return OwnFact(self.key, "PRESENT", "flag", self.value)

    def passing(self, context: Context) -> Q:
        name = self.fact().name
        return Q(**{name: True}) if self.present else Q(**{f"{name}__isnull": True})


def check_bounds(rules: Iterable[Rule]) -> None:
    """Raises `BadPolicy` where rules that must hold together ask of a fact for more than they allow."""
    together = list(rules)
    least = [rule for rule in together if isinstance(rule, FactAtLeast)]
    most = [rule for rule in together if isinstance(rule, FactAtMost)]
    for low, high in product(least, most):
        if low.key == high.key and Decimal(str(low.minimum)) > Decimal(str(high.maximum)):
            named = {"key": low.key, "minimum": low.minimum, "maximum": high.maximum}
            raise BadPolicy(_("“%(key)s”: the minimum, %(minimum)s, is above the maximum, %(maximum)s") % named)


OWN_FACT_RULES = (FactEquals, FactAtLeast, FactAtMost, FactSumAtMost, FactWithinMonths, FactPresent)
