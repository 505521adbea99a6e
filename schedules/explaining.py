"""Why somebody may or may not work from home in a week, or on a day of it: each rule, its facts, sources and dates.

What is shown for a published week is the decision that was stored; `now` and `policy_code` ask the engine's same SELECT
for one person. Day rules go through the planner's own check.
"""

import dataclasses
import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from eligibility import engine
from eligibility import queries as decisions
from eligibility.groups import without_rank
from eligibility.models import Policy, Run
from eligibility.permissions import reads_scores, sees_reasons
from eligibility.rules import (
    BROKEN,
    SPECIAL,
    AllOf,
    AnyOf,
    DayRule,
    NotTaken,
    Rule,
    UnitCap,
    WeekRule,
    ground_fact,
    label_of,
    read,
)
from employees.calendar import week_name
from employees.models import Employee, User
from employees.queries import placement_on

from . import wording
from .fact_words import FactView, fact_view, own_fact_view, when
from .queries import day_facts, day_rules


@dataclasses.dataclass(frozen=True)
class RuleOutcome:
    code: str | None
    label: str
    passed: bool
    sentence: str
    article: str
    facts: list[FactView]
    text: str = ""  # what the rule asks, with the numbers of that version of the policy
    codes: tuple[str, ...] = ()  # all that it gives; one put together from others may give several


@dataclasses.dataclass(frozen=True)
class PolicyView:
    name: str
    code: str
    version: int
    basis: str
    run_number: int | None
    published_at: dt.datetime | None
    eligible: bool
    rules: list[RuleOutcome]
    reasons: list[str]
    evidence: dict


@dataclasses.dataclass(frozen=True)
class CorrectionView:
    """A change to the published decision: by whom, when and why, and what it was before."""

    at: dt.datetime
    by: str
    reason: str
    before_eligible: bool | None
    before: list[str]
    after_eligible: bool
    after: list[str]
    given: str = ""  # the days that came of it, or plainly why none


@dataclasses.dataclass(frozen=True)
class Explanation:
    week: dt.date
    week_name: str
    eligible: bool | None  # None: nothing published for the week, or the person was not in scope
    headline: str
    policies: list[PolicyView]
    date: dt.date | None = None
    corrections: list[CorrectionView] = dataclasses.field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        """Codes of every policy asked; empty where one of them allows."""
        return [] if self.eligible else sorted({code for view in self.policies for code in view.reasons})


class Hidden(Exception):
    """This reader may see yes or no, but not the reasons (rulings.md 22)."""


def explain(
    employee: Employee,
    week: dt.date,
    *,
    viewer: User | None,
    date: dt.date | None = None,
    policy: Policy | None = None,
    now: dt.datetime | None = None,
) -> Explanation:
    """Explain a person's week (its Monday), or with `date` also that day.

    `now`: what it would be at that instant instead of what was published; `policy`: under another policy (implies
    `now`). `viewer` None is the operator at the command line. The person, who reads no scores of others, is told no
    place in a small group. Raises `Hidden`.
    """
    if viewer is not None and not sees_reasons(viewer, employee):
        raise Hidden(_("Only the person, HR and the auditor see the reasons."))
    found = _computed(employee, week, policy, now) if now else _published(employee, week)
    told = dict if viewer is None or reads_scores(viewer, employee) else without_rank
    views = [_view(employee, week, date, told, *row) for row in found]
    eligible = any(view.eligible for view in views) if views else None
    corrections = [] if now else _corrections(employee, week)
    return Explanation(week, week_name(week), eligible, _headline(eligible, date), views, date, corrections)


def _corrections(employee: Employee, week: dt.date) -> list[CorrectionView]:
    """What was applied to the published week, the newest first."""
    found = decisions.corrections_in_weeks(employee, [week]).get(week, [])
    return [
        CorrectionView(
            at=one.decided_at,
            by=str(one.decided_by),
            reason=one.reason,
            before_eligible=one.before_eligible,
            before=list(one.before_reasons),
            after_eligible=one.after_eligible,
            after=list(one.after_reasons),
            given=wording.given(one),
        )
        for one in found
        if one.decided_at and one.after_eligible is not None  # one about days alone changes no decision
    ]


def _published(employee: Employee, week: dt.date):
    for run in decisions.published_runs(employee.agency_id, week):
        decision = decisions.decision_at(run, employee.pk)
        if decision:
            yield run.computed_under, run, list(decision.reasons), decision.evidence


def _computed(employee: Employee, week: dt.date, policy: Policy | None, now: dt.datetime):
    policies = [policy] if policy else [row.policy for row in decisions.in_force(employee.agency_id, week)]
    for one in policies:
        verdict = engine.one(one, employee, as_of=week, at=now)
        if verdict:
            facts = {name: value for name, value in verdict.items() if name not in ("employee_id", "reasons")}
            yield (
                one,
                None,
                list(verdict["reasons"]),
                {name: value for name, value in facts.items() if value is not None},
            )


def _view(
    employee, week, date, told, policy: Policy, run: Run | None, reasons: list[str], evidence: dict
) -> PolicyView:
    """`told`: of facts those that the reader is told; what a rule says of them is judged by all."""
    rules = read(policy.rules)
    facts = evidence | engine.periods(week, rules)  # a decision that stays outlives the year and quarter it was made in
    outcomes = _week_outcomes([rule for rule in rules if isinstance(rule, WeekRule)], reasons, week, facts, told)
    if BROKEN in reasons:
        outcomes.append(_broken())
    if date:
        # Whether the day is had already says nothing about whether it may be had.
        asked = [rule for rule in day_rules(policy) if not isinstance(rule, NotTaken)]
        made = _day_outcomes(employee, date, [rule for rule in asked if not _moot(rule, reasons)])
        outcomes += made
        reasons = reasons + [outcome.code for outcome in made if outcome.code]
    return PolicyView(
        name=policy.name,
        code=policy.code,
        version=policy.version,
        basis=policy.basis,
        run_number=run.number if run else None,
        published_at=run.published_at if run else None,
        eligible=not reasons,
        rules=outcomes,
        reasons=sorted(reasons),
        evidence=told(evidence),
    )


def _week_outcomes(rules: list[WeekRule], reasons: list[str], week: dt.date, facts: dict, told) -> list[RuleOutcome]:
    """Each rule with those of the decision's codes that are its own."""
    if any(rule.repeatable for rule in rules):  # several may give one code: which of them did, their facts tell
        said = engine.codes_by_rule(rules, week, facts)
    else:
        said = {id(rule): list(rule.codes_here()) for rule in rules}
    mine = {id(rule): [code for code in reasons if code in said[id(rule)]] for rule in rules}
    for code in set(reasons).difference(*mine.values()):  # a correction may say what the facts do not
        first = next((rule for rule in rules if code in rule.codes_here()), None)
        if first:
            mine[id(first)].append(code)
    return [_week_outcome(rule, mine[id(rule)], said, told(facts)) for rule in rules]


def _week_outcome(rule: WeekRule, codes: list[str], said: dict[int, list[str]], facts: dict) -> RuleOutcome:
    excuse = _excuse(rule, facts)
    codes = [] if excuse else codes
    shown = [view for name in rule.facts if (view := fact_view(name, facts)) is not None]
    shown += [view for fact in rule.own_facts if (view := own_fact_view(fact, facts)) is not None]
    sentence = excuse or _sentence(rule, codes, said, facts)
    code = codes[0] if codes else None
    return RuleOutcome(code, str(rule.label), not codes, sentence, rule.article, shown, rule.describe(), tuple(codes))


def _sentence(rule: Rule, codes: list[str], said: dict[int, list[str]], facts: dict) -> str:
    """Why the rule passed, or why not: of one put together from others, each part that gave one of the codes."""
    if not codes:
        return str(rule.sentence(None, facts))
    if not isinstance(rule, AllOf | AnyOf):
        return " ".join(dict.fromkeys(str(rule.sentence(code, facts)) for code in codes))
    parts = [(part, [code for code in codes if code in said.get(id(part), ())]) for part in rule.parts()]
    told = [_sentence(part, own, said, facts) for part, own in parts if own]
    return " ".join(dict.fromkeys(told)) or " ".join(str(rule.sentence(code, facts)) for code in codes)


def _excuse(rule: Rule, facts: dict) -> str:
    """Why the rule is not asked of this person; "" where it is."""
    for ground in rule.excused_by:
        if ground == SPECIAL and facts.get("special"):
            return _("Not asked because of special circumstances, verified until %(day)s.") % {
                "day": when(facts.get("special_until"))
            }
        if ground != SPECIAL and facts.get(ground_fact(ground).name):
            return _("Not asked because the agency has recorded “%(key)s”.") % {"key": ground_fact(ground).key}
    return ""


def _broken() -> RuleOutcome:
    sentence = _("The data recorded about this person could not be evaluated. HR has been told and will correct them.")
    return RuleOutcome(BROKEN, str(label_of(BROKEN)), False, sentence, "", [], codes=(BROKEN,))


def _moot(rule: DayRule, reasons: list[str]) -> bool:
    """Whether a code of the week already settles what this rule would ask (domain.md §9, LEBARAN-2024)."""
    return isinstance(rule, UnitCap) and not set(rule.not_with).isdisjoint(reasons)


def _day_outcomes(employee: Employee, date: dt.date, rules: list[DayRule]) -> list[RuleOutcome]:
    placement = placement_on(employee.pk, date)
    if placement is None:
        return []
    day = day_facts(placement, [date])[date]
    outcomes = []
    for rule in rules:
        code = rule.check(day)
        grounds = {"special": bool(day.excuses()), "special_until": employee.special_until} if rule.excused_by else {}
        sentence = _excuse(rule, grounds) or rule.sentence(code, dataclasses.asdict(day))
        codes = (code,) if code else ()
        made = RuleOutcome(code, str(rule.label), not code, str(sentence), rule.article, [], rule.describe(), codes)
        outcomes.append(made)
    return outcomes


def _headline(eligible: bool | None, date: dt.date | None) -> str:
    if eligible is None:
        return _("No decision has been published for this week.")
    if date:
        named = {"day": date_format(date, "DATE_FORMAT")}
        return (_("%(day)s can be a WFH day.") if eligible else _("%(day)s cannot be a WFH day.")) % named
    return _("The conditions for a WFH day are met.") if eligible else _("The conditions for a WFH day are not met.")
