"""A supervisor approves 1,000 requests at once, every check included: python -m benchmarks.bulk."""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
django.setup()

import datetime as dt  # noqa: E402  after setup

from django.db import connection  # noqa: E402

from employees.models import Placement, Unit, User  # noqa: E402
from schedules.actions import plans  # noqa: E402
from schedules.actions.requests import approve_many  # noqa: E402
from schedules.models import Request, WfhDay  # noqa: E402

from .planning import AT, WEEK, prepare  # noqa: E402

MANY = 1_000
FRIDAY = WEEK + dt.timedelta(days=4)


def main() -> None:
    agency = prepare(4_000)
    Unit.objects.update(wfh_quota_percent=None)  # the policy's half of each unit: nearly every request fits
    plans.plan_week(agency=agency, week=WEEK, by=None, at=AT, publish=True)
    boss = User.objects.create_user(password=None, employee_id=4_000)
    Placement.objects.exclude(employee=4_000).update(supervisor=4_000)
    free = WfhDay.objects.active().exclude(date=FRIDAY).order_by("employee_id", "date").distinct("employee_id")
    on_friday = set(WfhDay.objects.active().filter(date=FRIDAY).values_list("employee_id", flat=True))
    others = [day for day in free if day.employee_id not in on_friday]
    spread = others[:: max(1, len(others) // MANY)][:MANY]  # over all units
    Request.objects.bulk_create([_request(agency, day) for day in spread])
    chosen = list(Request.objects.values_list("pk", "version"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    begin = time.perf_counter()
    outcomes = approve_many(by=boss, chosen=chosen, at=AT)
    took = time.perf_counter() - begin
    done = sum(outcome.done for outcome in outcomes)
    print(
        f"{len(chosen):,} requests in bulk: {done:,} approved, {len(chosen) - done:,} kept with a reason, {took:.2f} s"
    )
    print("(goal 2 s)")
    if len(chosen) != MANY:
        sys.exit("the benchmark found too few days to move")


def _request(agency, day: WfhDay) -> Request:
    return Request(
        employee_id=day.employee_id,
        agency=agency,
        kind=Request.Kind.MOVE,
        week=WEEK,
        gives_up=day,
        date=FRIDAY,
        supervisor_id=4_000,
        holder_id=4_000,
        sent_at=AT,
        due_at=AT + dt.timedelta(days=5),
    )


if __name__ == "__main__":
    main()
