"""Telling: the notice and what the outbox must do about it, written in the transition's own transaction."""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from employees.calendar import local_date
from employees.models import Employee, Holiday, Placement, Unit, User
from employees.queries import UnitSettings, holidays, unit_settings
from ledger import outbox
from ledger.models import Outbox
from schedules.models import Notice, Plan, PushSubscription, Request, WfhDay

from .kinds import URGENT
from .push import is_on
from .quiet import AHEAD, DAY, Place, Quiet, digest_at, loud_at, presses


@dataclasses.dataclass(frozen=True)
class Ear:
    """How and when one person wants to be told."""

    place: Place
    quiet: Quiet = Quiet()
    digest: bool = False
    pushes: bool = False


def tell(
    kind: str, subject, receiver_id: int | None, at: dt.datetime, *, key: str = "", facts: dict | None = None
) -> None:
    """Tell one person about a request or day; nobody where there is no receiver. `key` tells repeats apart."""
    if receiver_id:
        tell_many([(kind, subject, receiver_id, key)], at=at, facts=facts)


def tell_many(told: list[tuple], *, at: dt.datetime, facts: dict | None = None) -> None:
    """As `tell`, for many (kind, subject, receiver id, key) at once."""
    tell_each([(*one, facts or {}) for one in told], at=at)


def tell_each(told: list[tuple], *, at: dt.datetime) -> None:
    """As `tell_many`, each with facts of its own: (kind, subject, receiver id, key, facts). Never told twice.

    A constant number of statements, however many are told.
    """
    if not told:
        return
    notices = [
        Notice(
            receiver_id=receiver,
            agency_id=subject.agency_id,
            kind=kind,
            key=f"{kind}:{subject.pk}:{key or getattr(subject, 'version', 1)}",
            subject_id=subject.pk,
            facts=facts_of(subject) | facts,
            at=at,
        )
        for kind, subject, receiver, key, facts in told
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=2_000)
    ears = ears_of({notice.receiver_id for notice in notices}, at)
    outbox.put_many([entry for notice in notices for entry in _entries(notice, ears[notice.receiver_id], at)])


def facts_of(subject) -> dict:
    """What a notice says about a request or day as it is now: read later, the words are still those of this moment."""
    if isinstance(subject, WfhDay):
        return {"date": subject.date.isoformat(), "slot": subject.slot}
    if not isinstance(subject, Request):
        return {}
    given = subject.gives_up
    return {
        "date": subject.date.isoformat(),
        "slot": subject.slot,
        "instead": given.date.isoformat() if given else None,
        "stays": given is not None and given.state == WfhDay.State.ACTIVE,
        "by": subject.decided_by_id,
        "for": subject.decided_for_id,
        "reason": subject.decision_reason,
    }


def _entries(notice: Notice, ear: Ear, at: dt.datetime) -> list[Outbox]:
    urgent = presses(_days(notice), at, ear.place)
    due = at if urgent else loud_at(at, ear.quiet, ear.place)
    payload = {"notice": notice.key}
    if ear.digest and not urgent:
        mail = _digest(notice, digest_at(at, ear.place))
    else:
        mail = Outbox(kind=Outbox.Kind.MAIL, key=notice.key, payload=payload, due_at=due)
    mail.agency_id = notice.agency_id
    if not ear.pushes:
        return [mail]
    push = Outbox(kind=Outbox.Kind.PUSH, key=f"push:{notice.key}", payload=payload, due_at=due)
    push.agency_id = notice.agency_id
    return [mail, push]


def _digest(notice: Notice, due: dt.datetime) -> Outbox:
    """One a person and day, however many notices it takes."""
    key = f"digest:{notice.receiver_id}:{due.date()}"
    return Outbox(kind=Outbox.Kind.MAIL, key=key, payload={"digest": notice.receiver_id}, due_at=due)


def _days(notice: Notice) -> list[dt.date]:
    """The days that must not come as a surprise; none where the notice can wait."""
    if notice.kind not in URGENT:
        return []
    named = [*map(notice.facts.get, ("date", "to", "instead")), *notice.facts.get("days", ())]
    return [dt.date.fromisoformat(day) for day in named if day]


def ears_of(receivers: Iterable[int], at: dt.datetime) -> dict[int, Ear]:
    """How each of these people wants to be told, by id: five statements at most."""
    people = Employee.objects.filter(pk__in=receivers).select_related("agency", "user")
    if is_on():
        people = people.annotate(pushes=Exists(PushSubscription.objects.filter(user__employee=OuterRef("pk"))))
    today = local_date(at, ZoneInfo(settings.TIME_ZONE))
    rows = Placement.objects.on(today).filter(employee__in=receivers).select_related("unit__agency")
    units = {row.employee_id: row.unit for row in rows}
    known, off = _places(units.values()), _days_off({person.agency_id for person in people}, today)
    found = {}
    for person in people:
        unit = units.get(person.pk)
        days_off = off[unit.agency_id if unit else person.agency_id]
        rules = known[unit.pk] if unit else None
        zone, days = (rules.zone, rules.working_days) if rules else (person.agency.zone, person.agency.working_days)
        found[person.pk] = _ear(person, Place(zone, days, days_off))
    return found


def _ear(person: Employee, place: Place) -> Ear:
    user: User | None = getattr(person, "user", None)
    if user is None:
        return Ear(place)
    quiet = Quiet(user.quiet_from, user.quiet_until, user.quiet_days_off)
    return Ear(place, quiet, user.digest, getattr(person, "pushes", False))


def _places(units: Iterable[Unit]) -> dict[int, UnitSettings]:
    """The settings of units of whatever agencies, by unit id."""
    agencies = {unit.agency_id: unit.agency for unit in units}
    ids = {int(pk) for unit in units for pk in unit.path.split(".")}
    above: dict[int, list[Unit]] = defaultdict(list)
    for unit in Unit.objects.filter(pk__in=ids):
        above[unit.agency_id].append(unit)
    return {pk: one for key, rows in above.items() for pk, one in unit_settings(agencies[key], rows).items()}


def _days_off(agencies: Iterable[int], today: dt.date) -> dict[int, frozenset[dt.date]]:
    """Days off by agency, everybody's among them, for as far as a notice may be put off."""
    rows = Holiday.objects.filter(
        Q(agency__isnull=True) | Q(agency__in=agencies), date__range=(today - DAY, today + AHEAD * DAY)
    )
    listed = list(rows.values_list("agency_id", "date"))
    return {pk: frozenset(date for agency, date in listed if agency in (None, pk)) for pk in agencies}


# --- a whole plan -------------------------------------------------------------------------------

# Whoever has an account and has used the portal; of the others nobody knows a way to look.
_READERS = """
FROM schedules_allotment a
JOIN employees_user u ON u.employee_id = a.employee_id AND u.is_active AND u.last_login IS NOT NULL
WHERE a.plan_id = %(plan)s
"""
_EARS = f"SELECT DISTINCT a.unit_id, u.quiet_from, u.quiet_until, u.quiet_days_off {_READERS}"
_TELL_PLAN = f"""
WITH told AS (
  INSERT INTO schedules_notice (receiver_id, agency_id, kind, key, subject_id, facts, at)
  SELECT a.employee_id, a.agency_id, 'plan-published', 'plan-published:' || a.plan_id || ':' || a.employee_id,
    a.plan_id, '{{}}', %(at)s
  {_READERS}
  ON CONFLICT DO NOTHING RETURNING receiver_id, key, agency_id
), ear AS (
  SELECT told.*, u.id AS user_id, u.digest, e.due, e.digest_due, e.digest_day
  FROM told
  JOIN employees_user u ON u.employee_id = told.receiver_id
  JOIN schedules_allotment a ON a.employee_id = told.receiver_id AND a.plan_id = %(plan)s
  JOIN unnest(%(unit)s::bigint[], %(from)s::time[], %(until)s::time[], %(off)s::boolean[], %(due)s::timestamptz[],
    %(digest_due)s::timestamptz[], %(digest_day)s::date[])
    AS e (unit_id, quiet_from, quiet_until, quiet_days_off, due, digest_due, digest_day)
    USING (unit_id, quiet_from, quiet_until, quiet_days_off)
)
INSERT INTO ledger_outbox (kind, key, payload, agency_id, due_at, attempts, error)
SELECT 'MAIL', key, jsonb_build_object('notice', key), agency_id, due, 0, '' FROM ear WHERE NOT digest
UNION ALL
SELECT 'MAIL', 'digest:' || receiver_id || ':' || digest_day, jsonb_build_object('digest', receiver_id), agency_id,
  digest_due, 0, '' FROM ear WHERE digest
UNION ALL
SELECT 'PUSH', 'push:' || key, jsonb_build_object('notice', key), agency_id, due, 0, '' FROM ear
WHERE %(push)s AND EXISTS (SELECT FROM schedules_pushsubscription s WHERE s.user_id = ear.user_id)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - parts of our own


def tell_plan(plan: Plan, at: dt.datetime) -> None:
    """Tell everybody in a plan who uses the portal which day is theirs. Four statements, however many they are."""
    with connection.cursor() as cursor:
        cursor.execute(_EARS, {"plan": plan.pk})
        ears = cursor.fetchall()
    if not ears:
        return
    today = local_date(at, plan.agency.zone)
    off = frozenset(holidays(plan.agency_id, today - DAY, today + AHEAD * DAY))
    units = unit_settings(plan.agency)
    said: dict[str, list] = defaultdict(list)
    for unit_id, starts, ends, days_off in ears:
        place = Place(units[unit_id].zone, units[unit_id].working_days, off)
        digest = digest_at(at, place)
        row = (unit_id, starts, ends, days_off, loud_at(at, Quiet(starts, ends, days_off), place), digest)
        for name, value in zip(("unit", "from", "until", "off", "due", "digest_due"), row, strict=True):
            said[name].append(value)
        said["digest_day"].append(digest.date())
    with connection.cursor() as cursor:
        cursor.execute(_TELL_PLAN, {"plan": plan.pk, "at": at, "push": is_on(), **said})
