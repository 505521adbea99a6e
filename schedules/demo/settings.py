"""What holds in the demo's units, and the weekdays its people would like best."""

import datetime as dt
from typing import Any

from django.db.models import Count

from employees.calendar import instant, week_of
from employees.models import Agency, Placement, Unit, User
from employees.staging import execute
from schedules.actions.unit_rules import set_rule
from schedules.models import UnitRule

from .people import AGENCIES, AgencySpec

Kind = UnitRule.Kind
WEEK = dt.timedelta(days=7)
SINCE = 26 * WEEK  # before the current week


def set_rules(spec: AgencySpec, agency: Agency, officer: User, at: dt.datetime) -> None:
    """Cover for the whole agency; in the first agency one rule of every kind, and a unit whose limits clash."""
    current = week_of(at, agency.zone)
    common: dict[str, Any] = {
        "by": officer,
        "agency": agency,
        "at": instant(current - SINCE, 1, 9, agency.zone),
        "since": current - SINCE,
    }
    set_rule(unit=None, kind=Kind.MIN_PRESENT, percent=30, **common)
    if spec is not AGENCIES[0]:
        return
    offices = Unit.objects.filter(agency=agency, parent__parent__isnull=False).exclude(direct_service=True)
    leaves = list(offices.order_by("code"))
    areas = list(Unit.objects.filter(agency=agency, parent__parent__isnull=True, parent__isnull=False).order_by("code"))
    _first, second, third, fourth, fifth = (leaves[n % len(leaves)] for n in range(5))
    anchored = areas[1 % len(areas)]
    set_rule(unit=anchored, kind=Kind.ANCHOR, weekday=1, reason="Apel pagi dan rapat koordinasi mingguan", **common)
    set_rule(unit=second, kind=Kind.STAGES, number=2, **common)
    if post := _commonest_post(fourth):
        set_rule(unit=fourth, kind=Kind.STAFFED_POST, number=1, post=post, **common)
    for n in (1, 2):  # the next week is drafted, or the one after it
        tuesday = current + n * WEEK + dt.timedelta(days=1)
        closed = common | {"since": tuesday, "last": tuesday}
        set_rule(unit=third, kind=Kind.BLACKOUT, date=tuesday, reason="Pemeriksaan fisik barang milik negara", **closed)
    busy = common | {"since": current + WEEK, "last": current + 3 * WEEK}
    set_rule(unit=fifth, kind=Kind.MIN_PRESENT, percent=90, reason="Pendampingan pemeriksaan BPK", **busy)


def _commonest_post(unit: Unit) -> str:
    posts = Placement.objects.filter(unit=unit).values_list("job_title").annotate(n=Count("pk"))
    return next((title for title, _n in posts.order_by("-n", "job_title")), "")


def set_wishes(agency: Agency, at: dt.datetime) -> None:
    """Wished weekdays for about four people in ten, by a hash of their number: the same people have the same wishes."""
    execute(
        """INSERT INTO schedules_preference (employee_id, weekdays, updated_at)
           SELECT id, CASE wish %% 6 WHEN 0 THEN '{3,5}' WHEN 1 THEN '{5}' WHEN 2 THEN '{5,1}' WHEN 3 THEN '{1,3}'
             WHEN 4 THEN '{2,4}' ELSE '{3}' END::smallint[], %(at)s
           FROM (SELECT id, get_byte(hash, 0) AS lot, get_byte(hash, 1) AS wish
                 FROM (SELECT id, decode(md5(nip), 'hex') AS hash FROM employees_employee
                       WHERE agency_id = %(agency)s) h) w
           WHERE lot < 102""",
        {"agency": agency.pk, "at": at},
    )
