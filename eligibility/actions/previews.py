"""What a run would count if it were computed now: the engine's own verdicts, added up; nothing is written."""

import dataclasses
import datetime as dt

from django.db import DataError, connection, transaction
from django.utils.translation import gettext as _

from eligibility import engine, queries
from eligibility.models import Policy, Run
from employees.models import Agency

from .refused import Refused

NAMES = ("people", "eligible", "changed", "gained", "lost")


@dataclasses.dataclass(frozen=True)
class Preview:
    """Counts of a run that did not take place, against the newest published week."""

    people: int
    eligible: int
    changed: int  # another answer or other reasons
    gained: int
    lost: int

    def __str__(self) -> str:
        counts = _("%(people)s people, %(eligible)s eligible, %(changed)s changed (+%(gained)s −%(lost)s)")
        return counts % dataclasses.asdict(self)


@transaction.atomic
def preview_run(*, agency: Agency, track: str, week: dt.date, at: dt.datetime) -> Preview:
    """Raises `Refused`: NO_POLICY, PROBLEMS (somebody's data break a rule: only a run tells whose)."""
    policy = queries.policy_of(agency.pk, track, week)
    if policy is None:
        raise Refused("NO_POLICY", _("No policy of this track is in force in that week."))
    last = queries.latest_published(agency.pk, track)
    scope = engine.prepare(policy, engine.Scope(agency.pk, week, at))
    try:
        with transaction.atomic():
            return _counted(policy, scope, track, last)
    except DataError as error:
        text = _("The data of some people break a rule, so they cannot be counted beforehand. A run names them.")
        raise Refused("PROBLEMS", text) from error


def _counted(policy: Policy, scope: engine.Scope, track: str, last: Run | None) -> Preview:
    verdicts = engine.verdicts(policy, scope).values_list("pk", "reasons").sql
    number = last.number if last else 0
    named = {"agency": scope.agency_id, "track": track, "number": number}
    held = """SELECT employee_id, eligible, reasons FROM eligibility_decision WHERE agency_id = %(agency)s
      AND track = %(track)s AND from_run <= %(number)s AND (until_run IS NULL OR until_run > %(number)s)"""
    with connection.cursor() as cursor:
        held = cursor.mogrify(held, named).decode()
        cursor.execute(
            f"""SELECT count(v.employee_id), count(*) FILTER (WHERE cardinality(v.reasons) = 0),
              count(*) FILTER (WHERE v.reasons IS DISTINCT FROM d.reasons),
              count(*) FILTER (WHERE d.eligible IS FALSE AND cardinality(v.reasons) = 0),
              count(*) FILTER (WHERE d.eligible AND coalesce(cardinality(v.reasons), 1) > 0)
            FROM ({verdicts}) v FULL JOIN ({held}) d ON d.employee_id = v.employee_id"""  # noqa: S608  our own parts
        )
        return Preview(**dict(zip(NAMES, cursor.fetchone(), strict=True)))
