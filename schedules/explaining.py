"""Why somebody may or may not work from home in a week, or on a day of it: each rule, its facts, sources and dates.

What is shown for a published week is the decision that was stored; `now` and `policy_code` ask the engine's same SELECT
for one person. Day rules go through the planner's own check.
"""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from eligibility import engine
from eligibility import queries as decisions
from eligibility.models import Policy, Run
from eligibility.permissions import sees_reasons
from eligibility.rules import DayRule, NotTaken, WeekRule, read
from employees.calendar import week_name
from employees.models import Employee, Unit, User
from employees.queries import placement_on
from performance.rating import Rating, Regime

from .queries import day_facts, day_rules


@dataclasses.dataclass(frozen=True)
class FactView:
    label: str
    value: str
    source: str
    date: str | None = None


@dataclasses.dataclass(frozen=True)
class RuleOutcome:
    code: str | None
    label: str
    passed: bool
    sentence: str
    article: str
    facts: list[FactView]


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
class Explanation:
    week: dt.date
    week_name: str
    eligible: bool | None  # None: nothing published for the week, or the person was not in scope
    headline: str
    policies: list[PolicyView]
    date: dt.date | None = None

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
    `now`). `viewer` None is the operator at the command line. Raises `Hidden`.
    """
    if viewer is not None and not sees_reasons(viewer, employee):
        raise Hidden(_("Only the person, HR and the auditor see the reasons."))
    found = _computed(employee, week, policy, now) if now else _published(employee, week)
    views = [_view(employee, week, date, *row) for row in found]
    eligible = any(view.eligible for view in views) if views else None
    return Explanation(week, week_name(week), eligible, _headline(eligible, date), views, date)


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
            yield one, None, list(verdict["reasons"]), {name: verdict[name] for name in engine.FACTS}


def _view(employee, week, date, policy: Policy, run: Run | None, reasons: list[str], evidence: dict) -> PolicyView:
    rules = read(policy.rules)
    facts = evidence | {"year": week.year - 1}
    outcomes = [_week_outcome(rule, reasons, facts) for rule in rules if isinstance(rule, WeekRule)]
    if date:
        # Whether the day is had already says nothing about whether it may be had.
        made = _day_outcomes(employee, date, [rule for rule in day_rules(policy) if not isinstance(rule, NotTaken)])
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
        evidence=evidence,
    )


def _week_outcome(rule: WeekRule, reasons: list[str], facts: dict) -> RuleOutcome:
    code = next((code for code in reasons if code in rule.codes), None)
    shown = [view for name in rule.facts if (view := _fact(name, facts)) is not None]
    return RuleOutcome(code, str(rule.label), code is None, str(rule.sentence(code, facts)), rule.article, shown)


def _day_outcomes(employee: Employee, date: dt.date, rules: list[DayRule]) -> list[RuleOutcome]:
    placement = placement_on(employee.pk, date)
    if placement is None:
        return []
    day = day_facts(placement, [date])[date]
    outcomes = []
    for rule in rules:
        code = rule.check(day)
        sentence = rule.sentence(code, dataclasses.asdict(day))
        outcomes.append(RuleOutcome(code, str(rule.label), code is None, str(sentence), rule.article, []))
    return outcomes


def _headline(eligible: bool | None, date: dt.date | None) -> str:
    if eligible is None:
        return _("No decision has been published for this week.")
    if date:
        named = {"day": date_format(date, "DATE_FORMAT")}
        return (_("%(day)s can be a WFH day.") if eligible else _("%(day)s cannot be a WFH day.")) % named
    return _("The conditions for a WFH day are met.") if eligible else _("The conditions for a WFH day are not met.")


def _fact(name: str, facts: dict) -> FactView | None:
    """One fact in the reader's words, with where it comes from and since when; None where it says nothing."""
    value: Any = facts.get(name)
    appraisal = _("appraisal %(year)s, version %(number)s") % {
        "year": facts.get("appraisal_year"),
        "number": facts.get("appraisal_number"),
    }
    approved = _when(facts.get("approved_at"))
    record = _("personnel record")
    made = {
        "rating": lambda: FactView(_("Rating"), str(Rating(value).label), appraisal, approved),
        "score": lambda: FactView(_("Score"), number_format(Decimal(str(value)), 2), appraisal, approved),
        "regime": lambda: FactView(_("Rated under"), _regime(value), appraisal),
        "approved_by": lambda: FactView(_("Approved by"), _who(value), appraisal, approved),
        "kind": lambda: FactView(_("Kind of civil servant"), str(Employee.Kind(value).label), record),
        "legal_status": lambda: FactView(_("Legal status"), str(Employee.Legal(value).label), record),
        "direct_service": lambda: FactView(
            _("Serves the public directly"), _("yes") if value else _("no"), _service_source(facts)
        ),
    }
    return made[name]() if value is not None and name in made else None


def _regime(value: str) -> str:
    return str(Regime(value).label)


def _who(user_id: int) -> str:
    user = User.objects.select_related("employee").filter(pk=user_id).first()
    return str(user) if user else _("an account that no longer exists")


def _service_source(facts: dict) -> str:
    unit = Unit.objects.filter(pk=facts.get("unit_id") or 0).first()
    return _("post in %(unit)s") % {"unit": unit} if unit else _("personnel record")


def _when(value) -> str | None:
    at = parse_datetime(value) if isinstance(value, str) else value
    return date_format(at.date(), "SHORT_DATE_FORMAT") if at else None
