"""What is asked about policies: what they say, how a version differs from the one before, who did what, who uses it."""

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from eligibility.models import Policy, PolicyInForce, Run
from eligibility.rules import RULES, BadPolicy, Rule, read
from employees.models import Role, User
from employees.permissions import HR
from ledger.models import Event

WRITES = ("policy.draft", "policy.change")  # what makes a person one of the writers of a draft


TEXTS = ("text_id", "text_en")  # a rule's own words, which its sentence says already


@dataclasses.dataclass(frozen=True)
class Said:
    """One rule of a policy as a person reads it."""

    name: str
    label: str
    article: str
    text: str
    numbers: str
    codes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Difference:
    """One rule in this version and in the one before; None where it is not there."""

    before: Said | None
    after: Said | None


def may_be_used_by(agency_id: int) -> QuerySet[Policy]:
    """The policies an agency may put in force: its own and everybody's, approved; newest version first."""
    own = Policy.objects.filter(Q(agency=None) | Q(agency_id=agency_id), state=Policy.State.APPROVED)
    return own.order_by("code", "-version")


def same_code(code: str, agency_id: int | None) -> QuerySet[Policy]:
    """All versions of a code as an agency counts them: its own and everybody's."""
    return Policy.objects.filter(Q(agency=None) | Q(agency_id=agency_id), code=code)


def named(code: str, agency_id: int | None, version: int | None = None) -> Policy | None:
    """The policy an agency means by a code: its newest version, or that one; its own before everybody's. A draft
    counts, one that was dropped does not."""
    rows = same_code(code, agency_id).exclude(state=Policy.State.DROPPED)
    return (rows.filter(version=version) if version else rows).order_by("-version", "agency").first()


def submitted(user) -> QuerySet[Policy]:
    """The policies that wait for the HR head in the agencies whose HR this user is, oldest first."""
    waiting = Policy.objects.visible_to(user).filter(state=Policy.State.SUBMITTED)
    mine = waiting.filter(agency_id__in=user.reach.whole_agencies(HR))
    return mine.select_related("agency", "drafted_by__employee").order_by("pk")


def version_before(policy: Policy) -> Policy | None:
    """The newest approved version of the same code below this one."""
    same = same_code(policy.code, policy.agency_id)
    older = same.filter(state=Policy.State.APPROVED, version__lt=policy.version)
    return older.order_by("-version").first()


def reading(rules: Iterable[dict]) -> list[Said]:
    """What a person reads: each rule's label, article and what it asks. Raises `BadPolicy`."""
    entries = list(rules)
    read(entries)  # refuses what contradicts between them
    order = list(RULES)
    entries.sort(key=lambda entry: order.index(entry["rule"]))
    return [_said(read([entry])[0], entry) for entry in entries]


def _said(rule: Rule, entry: dict) -> Said:
    numbers = {one.name: entry.get(one.name, _default(one)) for one in numbers_of(entry["rule"])}
    numbers |= {"except": entry.get("except")}
    return Said(
        name=type(rule).__name__,
        label=str(rule.label),
        article=rule.article,
        text=rule.describe(),
        numbers="; ".join(
            f"{key}: {_plain(value)}"
            for key, value in numbers.items()
            if value not in (None, "", (), [], {}) and key not in TEXTS
        ),
        codes=tuple(rule.codes_here()),
    )


def numbers_of(name: str) -> list[dataclasses.Field]:
    """The numbers a rule takes, as its class declares them."""
    rule = RULES[name]
    return [one for one in dataclasses.fields(rule) if one.init] if dataclasses.is_dataclass(rule) else []


def _default(number: dataclasses.Field) -> Any:
    """What holds where a policy does not name a number; a default is read as if it had been written."""
    value = None if number.default is dataclasses.MISSING else number.default
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(one)}" for key, one in sorted(value.items()))
    if isinstance(value, list | tuple) and all(isinstance(one, str | int) for one in value):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def differences(before: Policy | None, after: Policy) -> list[Difference]:
    """What changed between two versions, rule by rule; what stayed the same is left out. A rule listed more than once
    is paired in the order in which it is written."""
    old, new = _keyed(before.rules if before else []), _keyed(after.rules)
    keys = [*new, *(key for key in old if key not in new)]
    found = (Difference(old.get(key), new.get(key)) for key in keys)
    return [one for one in found if one.before != one.after]


def _keyed(rules: list[dict]) -> dict[tuple[str, int], Said]:
    keyed: dict[tuple[str, int], Said] = {}
    try:
        said = reading(rules)
    except BadPolicy:
        return keyed  # stored by an older house whose rules are gone: nothing to compare with
    for one in said:
        number = sum(name == one.name for name, _number in keyed)
        keyed[one.name, number] = one
    return keyed


def events_of(policy: Policy) -> QuerySet[Event]:
    """What happened to a policy, oldest first."""
    return Event.objects.filter(subject_type=Policy._meta.label_lower, subject_id=policy.pk).order_by("pk")


def history(policy: Policy) -> list[dict]:
    """The same with the names of who did it, as accounts (None: the system)."""
    events = list(events_of(policy))
    actors = {event.actor_id for event in events if event.actor_id}
    people = User.objects.select_related("employee").in_bulk(actors)
    return [{"event": event, "who": people.get(event.actor_id) if event.actor_id else None} for event in events]


def writers(policy: Policy) -> set[int]:
    """The ids of all accounts that wrote in a draft: none of them approves it."""
    wrote = [*events_of(policy).filter(verb__in=WRITES).values_list("actor_id", flat=True), policy.drafted_by_id]
    return {who for who in wrote if who}


def in_force_seen_by(user) -> QuerySet[PolicyInForce]:
    """What is in force in the agencies the user works for; everywhere for the platform and general auditors."""
    reach = user.reach
    if reach.platform or reach.everywhere({Role.AUDITOR}):
        return PolicyInForce.objects.all()
    return PolicyInForce.objects.filter(agency__in=reach.agency_ids)


def runs_of(policy: Policy, user) -> QuerySet[Run]:
    """The runs computed under a policy that the user may see, newest first."""
    return Run.objects.visible_to(user).filter(policy=policy).select_related("agency").order_by("-week", "-number")
