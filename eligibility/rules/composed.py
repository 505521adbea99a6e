"""Rules put together from rules: any of them, all of them, not. Unknown never passes, in "not" neither."""

import dataclasses
from functools import reduce
from operator import and_, or_

from django.db.models import Case, CharField, Q, Value, When
from django.db.models.lookups import IsNull
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import BadPolicy, Context, WeekRule
from .own_facts import CODES


@dataclasses.dataclass(frozen=True)
class Composed(WeekRule):
    """What the rules below share: `of` holds rules as a policy writes them, made into rules by the registry."""

    of: tuple = ()

    article = ""
    label = gettext_lazy("Conditions together")
    repeatable = True

    def __post_init__(self):
        from . import read_week  # the registry knows all rules, this one too

        entries = (self.of,) if isinstance(self.of, dict) else tuple(self.of)
        if not entries:
            raise BadPolicy(_("%(rule)s.of names no rule") % {"rule": type(self).__name__})
        object.__setattr__(self, "of", tuple(read_week(entries)))
        for name in ("facts", "feeds", "own_facts"):
            together = (one for rule in self.of for one in getattr(rule, name))
            object.__setattr__(self, name, tuple(dict.fromkeys(together)))

    def known(self):
        return reduce(and_, (rule.known() for rule in self.of))

    def parts(self):
        return list(self.of)

    def codes_here(self):
        return {code: label for rule in self.of for code, label in rule.codes_here().items()}

    def passes(self, rule: WeekRule, context: Context) -> Q:
        """The condition that a part gives no code at all."""
        return reduce(and_, (Q(IsNull(code, True)) for code in rule.unless_excused(context)))

    def sentence(self, code, facts):
        if code is None:
            return self.describe()
        return next(rule.sentence(code, facts) for rule in self.of if code in rule.codes_here())


@dataclasses.dataclass(frozen=True)
class AllOf(Composed):
    """Every part passes; to be used inside the others, for a policy's own list is "all" already."""

    codes = {}

    def __post_init__(self):
        super().__post_init__()
        # In the others a missing appraisal need not refuse, so the rules after them must say themselves that it does.
        object.__setattr__(self, "reports_absence", any(rule.reports_absence for rule in self.of))

    def code_expressions(self, context: Context):
        return [code for rule in self.of for code in rule.unless_excused(context)]

    def describe(self):
        return _("All of these: %(rules)s") % {"rules": " ".join(rule.describe() for rule in self.of)}


@dataclasses.dataclass(frozen=True)
class AnyOf(Composed):
    """One part passes; where none does, the codes of all of them are given."""

    codes = {}

    def code_expressions(self, context: Context):
        some = reduce(or_, (self.passes(rule, context) for rule in self.of))
        codes = [code for rule in self.of for code in rule.unless_excused(context)]
        return [Case(When(some, then=Value(None)), default=code, output_field=CharField()) for code in codes]

    def describe(self):
        return _("One of these: %(rules)s") % {"rules": " ".join(rule.describe() for rule in self.of)}


@dataclasses.dataclass(frozen=True)
class Not(Composed):
    """The part does not pass, and all that it must know is known."""

    code: str = "R-SYARAT"

    codes = {}
    label = gettext_lazy("The contrary of a condition")

    def __post_init__(self):
        super().__post_init__()
        if len(self.of) != 1 or self.code not in CODES:
            raise BadPolicy(_("Not.of must be one rule and Not.code one of %(codes)s") % {"codes": ", ".join(CODES)})

    def codes_here(self):
        return {self.code: CODES[self.code]}

    def code_expressions(self, context: Context):
        passes = ~self.passes(self.of[0], dataclasses.replace(context, absence_reported=False)) & self.known()
        return [Case(When(passes, then=Value(None)), default=Value(self.code), output_field=CharField())]

    def describe(self):
        return _("Not: %(rule)s") % {"rule": self.of[0].describe()}

    def sentence(self, code, facts):
        named = {"condition": self.describe()}
        return (_("Not met: %(condition)s") if code else _("Met: %(condition)s")) % named


COMPOSED = (AllOf, AnyOf, Not)
