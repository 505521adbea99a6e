"""Consequences of breaches that an agency records as facts with a date: a reminder, a warning, barred, revoked."""

import dataclasses
import datetime as dt
import hashlib
import re

from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from employees.models import Feed

from .base import BadPolicy, Context, OwnFact, WeekRule, whole_number
from .months import as_date, said
from .own_facts import UNKNOWN

UNDATED, FOR_GOOD = dt.date.min, dt.date.max  # a breach without a day; barred until somebody lifts it
CODE = "R-PELANGGARAN"


@dataclasses.dataclass(frozen=True)
class Breaches(OwnFact):
    """The breaches of a person under `key`. `ask`: BARRED, the day until which they bar; COUNT, how many there are in
    the last `months` months. Each breach leads to the step that its number within the months up to it says, the last
    step from there on; the longest bar counts, so no further breach shortens one. A fact `lifted_by` ends what earlier
    breaches led to."""

    months: int = 12
    bars: tuple[int, ...] = ()  # a step each: months barred, 0 for none, -1 until lifted
    lifted_by: str = ""

    @property
    def name(self) -> str:
        mark = hashlib.sha256(repr((self.months, self.bars, self.lifted_by)).encode()).hexdigest()[:6]
        return f"own_{self.key}_{self.ask.lower()}_{mark}"

    def join(self) -> str:
        rows = self._count() if self.ask == "COUNT" else self._barred()
        return f"\nLEFT JOIN ({rows}) {self.name} ON {self.name}.employee_id = e.id"

    def _records(self, key: str) -> str:
        return f"""SELECT id, employee_id, coalesce(lower(valid), '-infinity') AS day FROM employees_fact
          WHERE key = '{key}' AND agency_id = %(agency)s AND employee_id > %(lo)s AND employee_id <= %(hi)s
          AND coalesce(lower(valid), '-infinity') <= %(as_of)s"""  # noqa: S608  both keys were checked

    def _within(self, day: str) -> str:
        """SQL: whether the breach `c` still counts on a day; at the anniversary it does no longer."""
        return f"(c.day + make_interval(months => {self.months}))::date > {day}"

    def _count(self) -> str:
        return f"""SELECT employee_id, count(*) AS value FROM ({self._records(self.key)}) c
          WHERE c.day = '-infinity' OR {self._within("%(as_of)s::date")} GROUP BY employee_id"""  # noqa: S608  our own parts

    def _barred(self) -> str:
        mine = self._records(self.key)
        numbered = f"""SELECT b.id, b.employee_id, b.day, count(*) AS nth FROM ({mine}) b JOIN ({mine}) c
          ON c.employee_id = b.employee_id AND c.day <= b.day AND (c.id = b.id OR {self._within("b.day")})
          GROUP BY b.id, b.employee_id, b.day"""  # noqa: S608  our own parts
        standing = f"""SELECT n.employee_id, n.day, {self._until()} AS until FROM ({numbered}) n
          WHERE NOT EXISTS (SELECT FROM ({self._records(self.lifted_by)}) l
            WHERE l.employee_id = n.employee_id AND l.day >= n.day)"""  # noqa: S608  our own parts
        return f"""SELECT employee_id, coalesce(max(until) FILTER (WHERE until > %(as_of)s::date),
            CASE WHEN bool_or(day = '-infinity') THEN date '{UNDATED.isoformat()}' END, max(until)) AS value
          FROM ({standing}) s GROUP BY employee_id"""  # noqa: S608  our own parts

    def _until(self) -> str:
        last = len(self.bars)
        cases = "".join(f" WHEN {number} THEN {self._bar(bar)}" for number, bar in enumerate(self.bars, 1))
        return f"CASE least(n.nth, {last}){cases} END"

    @staticmethod
    def _bar(months: int) -> str:
        if months < 0:
            return f"date '{FOR_GOOD.isoformat()}'"
        return f"(n.day + make_interval(months => {months}))::date" if months else "NULL::date"


@dataclasses.dataclass(frozen=True)
class BreachLadder(WeekRule):
    """What the first, second, … breach within `months` months leads to: `REMIND`, `WARN`, `BAR:n` (no WFH for n months
    from that breach) or `REVOKE` (none until a fact `lifted_by` is recorded). The last step holds for all further ones.
    Whoever is barred at the week's Monday fails; a breach without a day bars until its day is known."""

    key: str = "pelanggaran_wfh"
    lifted_by: str = "pelanggaran_wfh_dipulihkan"
    months: int = 12
    steps: tuple[str, ...] = ("REMIND", "WARN", "BAR:3", "REVOKE")
    text_id: str = ""
    text_en: str = ""

    codes = {CODE: gettext_lazy("barred after breaches"), **UNKNOWN}
    label = gettext_lazy("Consequences of breaches")
    article = "SE Mendagri 800.1.5/3349/SJ (2026)"
    feeds = (Feed.Kind.FACTS,)
    repeatable = True

    def __post_init__(self):
        whole_number("BreachLadder.months", self.months, 1, 120)
        object.__setattr__(self, "steps", tuple(self.steps))
        bars = tuple(_bar_of(step) for step in self.steps)
        ranks = [_rank(step, bar) for step, bar in zip(self.steps, bars, strict=True)]
        if not ranks or ranks != sorted(ranks):
            raise BadPolicy(_("BreachLadder.steps must be given, each at least as severe as the one before"))
        OwnFact(self.lifted_by, "PRESENT", "flag")  # refuses a bad key
        if self.lifted_by == self.key:
            raise BadPolicy(_("BreachLadder.lifted_by must be another key than BreachLadder.key"))
        barred = Breaches(self.key, "BARRED", "day", months=self.months, bars=bars, lifted_by=self.lifted_by)
        count = dataclasses.replace(barred, ask="COUNT", column="number")
        object.__setattr__(self, "own_facts", (barred, count))

    @property
    def barred(self) -> str:
        return self.own_facts[0].name

    def known(self) -> Q:
        return Q(**{f"{self.barred}__isnull": True}) | Q(**{f"{self.barred}__gt": UNDATED})

    def passing(self, context: Context) -> Q:
        over = Q(**{f"{self.barred}__lte": context.as_of, f"{self.barred}__gt": UNDATED})
        return Q(**{f"{self.barred}__isnull": True}) | over

    def code_expression(self, context: Context):
        return Case(
            When(self.passing(context), then=Value(None)),
            When(**{self.barred: UNDATED}, then=Value(next(iter(UNKNOWN)))),
            default=Value(CODE),
            output_field=CharField(),
        )

    def describe(self):
        own = self.text_en if get_language() == "en" else self.text_id
        about = own or _("Breaches recorded by the agency (“%(key)s”).") % {"key": self.key}
        steps = "; ".join(
            _("%(number)s: %(step)s") % {"number": number, "step": _step_in_words(_bar_of(step), step)}
            for number, step in enumerate(self.steps, 1)
        )
        counted = ngettext(
            "Within %(months)s month a breach leads to – %(steps)s; the last holds for all further ones.",
            "Within %(months)s months a breach leads to – %(steps)s; the last holds for all further ones.",
            self.months,
        )
        return f"{about} {counted % {'months': self.months, 'steps': steps}}"

    def sentence(self, code, facts):
        count = int(facts.get(self.own_facts[1].name) or 0)
        until = as_date(facts.get(self.barred))
        if code in UNKNOWN:
            return _("A breach is recorded without its day. HR can complete the record.")
        if code and until == FOR_GOOD:
            return _("Working from home is revoked after breaches, until HR lifts it.")
        if code:
            return _("No WFH day before %(day)s, after breaches on record.") % {"day": said(until)}
        if not count:
            return _("No breach is recorded in that time.")
        step = self.steps[min(count, len(self.steps)) - 1]
        named = {"count": count, "step": _step_in_words(_bar_of(step), step)}
        if _bar_of(step):
            return _("Breaches on record in that time: %(count)s; the time of being barred is over.") % named
        text = ngettext(
            "%(count)s breach is on record in that time: %(step)s.",
            "%(count)s breaches are on record in that time: %(step)s.",
            count,
        )
        return text % named


def _bar_of(step) -> int:
    """The months that a step bars: 0 for none, -1 until lifted."""
    found = re.fullmatch(r"REMIND|WARN|REVOKE|BAR:([1-9][0-9]?)", step) if isinstance(step, str) else None
    if not found:
        text = _("BreachLadder.steps: “%(step)s” is none of REMIND, WARN, BAR:n (1 to 99 months), REVOKE")
        raise BadPolicy(text % {"step": step})
    return int(found[1]) if found[1] else -1 if step == "REVOKE" else 0


def _rank(step: str, bar: int) -> tuple[int, int]:
    return ("REMIND", "WARN", "BAR", "REVOKE").index(step[:3] if bar > 0 else step), bar


def _step_in_words(bar: int, step: str) -> str:
    if bar > 0:
        text = ngettext("no WFH day for %(months)s month", "no WFH day for %(months)s months", bar)
        return text % {"months": bar}
    words = {"REMIND": _("a reminder"), "WARN": _("a warning"), "REVOKE": _("WFH is revoked until it is lifted")}
    return words[step]
