"""The life of a policy under four eyes: drafted by one person, approved by another, never changed again."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from eligibility import permissions, queries, states
from eligibility.models import Policy
from employees.models import Agency
from ledger.trail import record

from .contents import CONTENT, check
from .refused import Refused

State = Policy.State


def draft_policy(
    *, agency: Agency, code: str, content: dict[str, Any], by, at: dt.datetime, before: Policy | None = None
) -> Policy:
    """Write a draft of an agency: a new code, or with `before` (an approved version, the agency's own or everybody's)
    the next version of that one, on its track.

    `content` holds the fields named in `contents.CONTENT`. Raises `Denied`; `Refused`: CODE_TAKEN, OPEN_DRAFT,
    NOT_APPROVED and what `contents.check` refuses.
    """
    permissions.check_may_draft(by, agency.pk)
    if before is not None:
        code, content = before.code, content | {"track": before.track}
    _only_known(content)
    check(code, content)
    try:
        with transaction.atomic():
            return _draft(agency, code, content, by, at, before)
    except IntegrityError as error:
        raise Refused("VERSION_TAKEN", _("Somebody has just drafted this version. Load the page again.")) from error


def _draft(agency: Agency, code: str, content, by, at, before: Policy | None) -> Policy:
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)  # drafts of one agency stand in line
    same = queries.same_code(code, agency.pk)
    if before is None and same.exists():
        text = _("The code %(code)s is taken. Draft the next version of that policy, or choose another code.")
        raise Refused("CODE_TAKEN", text % {"code": code})
    if before is not None and (before.state != State.APPROVED or before.agency_id not in (None, agency.pk)):
        raise Refused("NOT_APPROVED", _("The next version begins from an approved one."))
    if open_one := same.filter(agency=agency, state__in=[State.DRAFT, State.SUBMITTED]).first():
        text = _("%(policy)s is still a draft or waits for approval; change it, or drop it first.")
        raise Refused("OPEN_DRAFT", text % {"policy": open_one})
    version = (same.aggregate(last=Max("version"))["last"] or 0) + 1
    policy = Policy.objects.create(agency=agency, code=code, version=version, drafted_by=by, **content)
    based = {"policy": before.pk} if before else {}
    record(
        verb="policy.draft", subject=policy, by=by, at=at, agency_id=agency.pk, before=based, after=_recorded(policy)
    )
    return policy


def _only_known(content: dict[str, Any]) -> None:
    if unknown := sorted(set(content) - set(CONTENT)):
        raise Refused("BAD_FIELD", _("A policy has no field %(names)s.") % {"names": ", ".join(unknown)})


def _recorded(policy: Policy) -> dict[str, Any]:
    """What the trail keeps of a version: its numbers; names, notes and the rest stand in the row's own history."""
    days = {name: str(getattr(policy, name) or "") for name in ("since", "until")}
    return {
        "code": policy.code,
        "version": policy.version,
        "edition": policy.edition,
        "rules": policy.rules,
        "brake_percent": policy.brake_percent,
        "feed_days": policy.feed_days,
        **days,
    }


@transaction.atomic
def change_draft(*, policy_id: int, content: dict[str, Any], by, at: dt.datetime, edition: int) -> Policy:
    """Write a draft anew; `edition` is the one that was read (If-Match). Raises `Denied`; `Refused`: STALE,
    ALREADY_DECIDED and what `contents.check` refuses."""
    policy = _locked(policy_id)
    permissions.check_may_draft(by, policy.agency_id)
    _move(policy, "change")
    _check_edition(policy, edition)
    _only_known(content)
    content = {name: getattr(policy, name) for name in CONTENT} | content | {"track": _track(policy, content)}
    check(policy.code, content)
    before = _recorded(policy)
    for name in CONTENT:
        setattr(policy, name, content[name])
    policy.edition += 1
    policy.save()
    _record("change", policy, by, at, before=before, after=_recorded(policy))
    return policy


def _track(policy: Policy, content) -> str:
    """A next version stays on the track of the one before, else it would leave that one in force beside itself."""
    before = queries.version_before(policy)
    return before.track if before else content.get("track", policy.track)


@transaction.atomic
def submit_policy(*, policy_id: int, by, at: dt.datetime, edition: int) -> Policy:
    """Hand a draft in for approval: what is approved is what was handed in."""
    policy = _locked(policy_id)
    permissions.check_may_draft(by, policy.agency_id)
    return _moved(policy, "submit", by, at, edition)


@transaction.atomic
def approve_policy(*, policy_id: int, by, at: dt.datetime, edition: int) -> Policy:
    """Approve what somebody else has written: the HR head of the agency, never one who wrote in this draft. From now
    on it never changes. Raises `Denied`; `Refused`: ALREADY_DECIDED (naming who and when), STALE, BAD_POLICY."""
    policy = _locked(policy_id)
    permissions.check_may_approve(by, policy, queries.writers(policy))
    check(policy.code, {name: getattr(policy, name) for name in CONTENT})
    return _moved(policy, "approve", by, at, edition, approved_by=by, approved_at=at)


@transaction.atomic
def return_policy(*, policy_id: int, by, at: dt.datetime, edition: int, reason: str) -> Policy:
    """Give a submitted draft back to its writers, with what to change."""
    policy = _locked(policy_id)
    permissions.check_may_approve(by, policy, writers=())  # also one's own: only approving takes somebody else
    if not reason.strip():
        raise Refused("NO_REASON", _("Say what to change; the writers of the draft read it."))
    return _moved(policy, "return", by, at, edition, reason=reason.strip())


@transaction.atomic
def drop_policy(*, policy_id: int, by, at: dt.datetime, edition: int, reason: str = "") -> Policy:
    """Give a draft up, submitted or not. It stays to be read; its version number is used up."""
    policy = _locked(policy_id)
    permissions.check_may_draft(by, policy.agency_id)
    return _moved(policy, "drop", by, at, edition, reason=reason.strip())


def _locked(policy_id: int) -> Policy:
    rows = Policy.objects.select_for_update(of=("self",)).select_related("agency", "approved_by__employee")
    return rows.get(pk=policy_id)


def _move(policy: Policy, change: str) -> str:
    try:
        return states.move(policy, change)
    except states.Impossible as impossible:
        raise Refused(impossible.code, str(impossible)) from impossible


def _check_edition(policy: Policy, edition: int) -> None:
    if policy.edition != edition:
        raise Refused("STALE", _("This policy has been changed since you opened it. Load the page again to see how."))


def _moved(policy: Policy, change: str, by, at, edition: int, reason: str = "", **fields) -> Policy:
    """One step along the table of states, recorded once."""
    state = _move(policy, change)
    _check_edition(policy, edition)
    before = {"state": policy.state}
    policy.state, policy.edition = state, policy.edition + 1
    for name, value in fields.items():
        setattr(policy, name, value)
    policy.save()
    after = {"state": policy.state, "version": policy.version, "edition": policy.edition}
    _record(change, policy, by, at, reason=reason, before=before, after=after)
    return policy


def _record(change: str, policy: Policy, by, at, **said) -> None:
    record(verb=f"policy.{change}", subject=policy, by=by, at=at, agency_id=policy.agency_id, **said)
