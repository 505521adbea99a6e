"""Policies as data: loaded from files, put in force for an agency from a date."""

import datetime as dt
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from eligibility import permissions, queries, states
from eligibility.models import Policy, PolicyInForce
from employees.calendar import week_name
from employees.models import Agency
from ledger.trail import record

from .contents import CONTENT, check, plain
from .refused import Refused

FIELDS = ("code", "version", *CONTENT)
REQUIRED = ("code", "version", "track", "name_id", "name_en", "rules")
DAYS = ("since", "until")
ONE_DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)


def load_policies(*, by, at: dt.datetime, files: Iterable[Path] | None = None) -> list[Policy]:
    """Read policy files (TOML or JSON; default all of `docs/policies/`). The same file twice changes nothing."""
    folder = Path(settings.BASE_DIR) / "docs" / "policies"
    paths = list(files or sorted([*folder.glob("*.json"), *folder.glob("*.toml")]))
    with transaction.atomic():
        return [load_policy(data=_read_file(path), by=by, at=at) for path in paths]


def _read_file(path: Path) -> dict:
    """A file's data; numbers with a point stay text, so no score is ever a float."""
    toml = path.suffix == ".toml"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text, parse_float=str) if toml else json.loads(text, parse_float=str)
    except (OSError, ValueError) as error:
        named = {"file": path.name, "form": "TOML" if toml else "JSON"}
        raise Refused("UNREADABLE", _("%(file)s cannot be read as %(form)s.") % named) from error
    if not isinstance(data, dict):
        raise Refused("UNREADABLE", _("%(file)s does not hold a policy.") % {"file": path.name})
    return data


@transaction.atomic
def load_policy(*, data: dict, by, at: dt.datetime) -> Policy:
    """Store one policy version for everybody. A version once stored never changes: other content needs a higher one.

    Raises `Refused`: BAD_POLICY, VERSION_TAKEN and what `contents.check` refuses.
    """
    missing = [name for name in REQUIRED if name not in data]
    unknown = sorted(set(data) - set(FIELDS))
    if missing or unknown:
        message = _("Policy file: missing %(missing)s; unknown %(unknown)s.")
        named = {"missing": ", ".join(missing) or "–", "unknown": ", ".join(unknown) or "–"}
        raise Refused("BAD_POLICY", message % named)
    data = _clean(data)
    try:
        check(data["code"], {name: data[name] for name in CONTENT if name in data})
    except Refused as refused:
        raise Refused(refused.code, f"{data['code']}: {refused}") from refused
    old = Policy.objects.filter(agency=None, code=data["code"], version=data["version"]).first()
    if old is None:
        policy = Policy.objects.create(**data, state=Policy.State.APPROVED, approved_at=at)
        record(verb="policy.load", subject=policy, by=by, at=at, agency_id=None, after={"code": policy.code})
        return policy
    if any(getattr(old, name) != data[name] for name in FIELDS if name in data):
        message = _("%(policy)s is stored with other content and never changes: give the file a higher version.")
        raise Refused("VERSION_TAKEN", message % {"policy": old})
    return old


def _clean(data: dict[str, Any]) -> dict[str, Any]:
    version = data["version"]
    if not isinstance(data["code"], str) or isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise Refused("BAD_POLICY", _("Policy file: the code is text, and the version a whole number from 1 on."))
    try:
        days = {name: _day(data[name]) for name in DAYS if data.get(name)}
    except ValueError as error:
        raise Refused("BAD_POLICY", _("Policy file: since and until are days such as 2026-04-01.")) from error
    return data | days | {"rules": plain(data["rules"])}


def _day(value: Any) -> dt.date:
    return value if type(value) is dt.date else dt.date.fromisoformat(str(value))


@transaction.atomic
def put_in_force(
    *,
    agency: Agency,
    since: dt.date,
    by,
    at: dt.datetime,
    policy_code: str = "",
    policy: Policy | None = None,
) -> PolicyInForce:
    """Apply an approved policy (by its code: the newest version) in an agency from a date; what was in force on its
    track ends there.

    Raises `Denied`; `Refused`: NO_POLICY, NOT_APPROVED, OUTSIDE_VALIDITY, PUBLISHED (the week lies before the newest
    published one's end: it is corrected, not recomputed), SAME_DAY, OVERLAP (another begins later on the track).
    """
    if by is not None:
        permissions.check_may_put_in_force(by, agency.pk)
    policy = _policy_for(agency, policy_code, policy)
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)  # as the start of a run does
    rows = PolicyInForce.objects.select_for_update(of=("self",)).filter(agency=agency, track=policy.track)
    running = rows.filter(valid__contains=since).select_related("policy").first()
    if running and running.policy_id == policy.pk:
        return running
    _check_date(agency, policy, since)
    if running and running.valid.lower == since:
        raise Refused("SAME_DAY", _("Another policy of this track begins on that very day."))
    ends = policy.until + ONE_DAY if policy.until else None
    _check_overlap(rows, since, ends)
    if running:
        rows.filter(pk=running.pk).update(valid=DateRange(running.valid.lower, since))
    made = PolicyInForce.objects.create(
        agency=agency, track=policy.track, policy=policy, valid=DateRange(since, ends), approved_by=by
    )
    before = {"policy": running.policy_id} if running else {}
    after = {"policy": policy.pk, "since": since.isoformat(), "until": ends.isoformat() if ends else ""}
    record(verb="policy.in_force", subject=made, by=by, at=at, agency_id=agency.pk, before=before, after=after)
    return made


def _policy_for(agency: Agency, code: str, policy: Policy | None) -> Policy:
    if policy is None:
        policy = queries.may_be_used_by(agency.pk).filter(code=code).order_by("-version").first()
        if policy is None:
            raise Refused("NO_POLICY", _("There is no policy %(code)s; load it first.") % {"code": code})
    if policy.agency_id not in (None, agency.pk):
        raise Refused("NO_POLICY", _("There is no policy %(code)s; load it first.") % {"code": policy.code})
    if not states.can(policy, "put in force"):
        text = _("%(policy)s is not approved yet; only an approved policy is put in force.")
        raise Refused("NOT_APPROVED", text % {"policy": policy})
    return policy


def _check_date(agency: Agency, policy: Policy, since: dt.date) -> None:
    if (policy.since and since < policy.since) or (policy.until and since > policy.until):
        text = _("%(policy)s may apply from %(first)s until %(last)s only.")
        named = {"policy": policy, "first": _said(policy.since), "last": _said(policy.until)}
        raise Refused("OUTSIDE_VALIDITY", text % named)
    newest = queries.latest_published(agency.pk, policy.track)
    if newest and since < newest.week + WEEK:
        text = _("%(week)s is published; a published week is corrected, not computed again. Begin on %(day)s or later.")
        raise Refused("PUBLISHED", text % {"week": week_name(newest.week), "day": _said(newest.week + WEEK)})


def _check_overlap(rows, since: dt.date, ends: dt.date | None) -> None:
    """What is planned to begin later on the track is neither cut short nor does it cut this one short unsaid."""
    later = rows.filter(valid__startswith__gt=since).select_related("policy").order_by("valid").first()
    if later and (ends is None or later.valid.lower < ends):
        text = _(
            "On this track %(policy)s is already planned from %(day)s; both would overlap. Take that plan back first."
        )
        raise Refused("OVERLAP", text % {"policy": later.policy, "day": _said(later.valid.lower)})


def _said(day: dt.date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else "…"


@transaction.atomic
def take_back_plan(*, in_force_id: int, by, at: dt.datetime) -> None:
    """Take back a policy that has not begun to apply; the one before it on the track goes on in its place.

    Raises `Denied`; `Refused`: BEGUN (it applies already, or a week under it is published), GONE.
    """
    whose = PolicyInForce.objects.filter(pk=in_force_id).values("agency")
    list(Agency.objects.select_for_update(no_key=True).filter(pk__in=whose))  # in line with `put_in_force`
    row = PolicyInForce.objects.select_related("agency", "policy").filter(pk=in_force_id).first()
    if row is None:
        raise Refused("GONE", _("This plan has been taken back already."))
    permissions.check_may_put_in_force(by, row.agency_id)
    newest = queries.latest_published(row.agency_id, row.track)
    today = at.astimezone(row.agency.zone).date()
    begins = row.valid.lower or dt.date.min  # never empty (`in_force_start`)
    if begins <= today or (newest and begins < newest.week + WEEK):
        raise Refused("BEGUN", _("This policy applies already. Put another one in force from a later date instead."))
    before = PolicyInForce.objects.filter(agency=row.agency_id, track=row.track, valid__endswith=begins)
    previous = before.select_related("policy").first()
    said = {"policy": row.policy_id, "since": begins.isoformat()}
    record(verb="policy.take_back", subject=row, by=by, at=at, agency_id=row.agency_id, before=said)
    row.delete()
    if previous:
        ends = previous.policy.until + ONE_DAY if previous.policy.until else None
        bounds = [day for day in (ends, row.valid.upper) if day]
        before.update(valid=DateRange(previous.valid.lower, min(bounds, default=None)))
