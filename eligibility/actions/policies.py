"""Policies as data: loaded from files, put in force for an agency from a date."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from eligibility.models import Policy, PolicyInForce
from eligibility.rules import BadPolicy, read
from employees.models import Agency
from ledger.trail import record

from .refused import Refused

FIELDS = (
    "code",
    "version",
    "track",
    "name_id",
    "name_en",
    "basis",
    "note_id",
    "note_en",
    "since",
    "until",
    "brake_percent",
    "feed_days",
    "plan_automatic",
    "rules",
)


def load_policies(*, by, at: dt.datetime, files: Iterable[Path] | None = None) -> list[Policy]:
    """Read policy files (JSON; default `docs/policies/*.json`). The same file twice changes nothing."""
    paths = list(files or sorted((Path(settings.BASE_DIR) / "docs" / "policies").glob("*.json")))
    with transaction.atomic():
        return [load_policy(data=_read_file(path), by=by, at=at) for path in paths]


def _read_file(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused("UNREADABLE", _("%(file)s cannot be read as JSON.") % {"file": path.name}) from error


@transaction.atomic
def load_policy(*, data: dict, by, at: dt.datetime) -> Policy:
    """Store one policy version. A version once stored never changes: other content needs a higher version."""
    missing = [name for name in ("code", "version", "track", "name_id", "name_en", "rules") if name not in data]
    unknown = sorted(set(data) - set(FIELDS))
    if missing or unknown:
        message = _("Policy file: missing %(missing)s; unknown %(unknown)s.")
        named = {"missing": ", ".join(missing) or "–", "unknown": ", ".join(unknown) or "–"}
        raise Refused("BAD_POLICY", message % named)
    try:
        read(data["rules"])
    except (BadPolicy, TypeError) as error:
        raise Refused("BAD_POLICY", f"{data['code']}: {error}") from error
    data = data | {name: dt.date.fromisoformat(data[name]) for name in ("since", "until") if data.get(name)}
    old = Policy.objects.filter(agency=None, code=data["code"], version=data["version"]).first()
    if old is None:
        policy = Policy.objects.create(**data, state=Policy.State.APPROVED, approved_at=at)
        record(verb="policy.load", subject=policy, by=by, at=at, agency_id=None, after={"code": policy.code})
        return policy
    if any(getattr(old, name) != data[name] for name in FIELDS if name in data):
        message = _("%(policy)s is stored with other content and never changes: give the file a higher version.")
        raise Refused("VERSION_TAKEN", message % {"policy": old})
    return old


@transaction.atomic
def put_in_force(*, agency: Agency, policy_code: str, since: dt.date, by, at: dt.datetime) -> PolicyInForce:
    """Apply the newest version of a policy in an agency from a date; what was in force on its track ends there."""
    policy = Policy.objects.filter(code=policy_code).order_by("-version").first()
    if policy is None:
        raise Refused("NO_POLICY", _("There is no policy %(code)s; load it first.") % {"code": policy_code})
    rows = PolicyInForce.objects.select_for_update().filter(agency=agency, track=policy.track)
    running = rows.filter(valid__contains=since).first()
    if running and running.policy_id == policy.pk:
        return running
    if running and running.valid.lower == since:
        raise Refused("SAME_DAY", _("Another policy of this track begins on that very day."))
    later = rows.filter(valid__startswith__gt=since).order_by("valid").first()
    if running:
        rows.filter(pk=running.pk).update(valid=DateRange(running.valid.lower, since))
    made = PolicyInForce.objects.create(
        agency=agency,
        track=policy.track,
        policy=policy,
        valid=DateRange(since, later.valid.lower if later else None),
        approved_by=by,
    )
    before = {"policy": running.policy_id} if running else {}
    after = {"policy": policy.pk, "since": since.isoformat()}
    record(verb="policy.in_force", subject=made, by=by, at=at, agency_id=agency.pk, before=before, after=after)
    return made
