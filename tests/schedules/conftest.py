import datetime as dt

import pytest
from psycopg2.extras import DateRange

from eligibility.actions import load_policies, publish_run, put_in_force, start_run, work_run
from performance.rating import Rating
from schedules.actions import plans, weekly
from schedules.actions.requests import send_request
from schedules.models import Delegation, WfhDay
from tests import factories
from tests.worlds import world

from .pages import MONDAY

WEEK = dt.date(2026, 11, 30)  # 2026-W49, the week after `at`


@world
def planned(cast, at):
    """Sari and Budi's whole unit eligible, next week computed, published and planned: Wednesday 2 December."""
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    for person in (cast.sari, cast.budi, cast.eko, *cast.team):
        factories.appraisal(person)
    weekly.run_week(agency=cast.agency, track="REWARD", week=WEEK, by=None, at=at, publish=True)
    return cast


@pytest.fixture
def now(monkeypatch, at):
    """Monday 23 November 2026, 09:00 in Jakarta, for pages too."""
    monkeypatch.setattr("employees.views.timezone.now", lambda: at)
    return at


@world
def week(cast, now):
    """REWARD-2019 in force, 2026-W48 computed and planned; Sari has Wednesday, Budi is not eligible."""
    load_policies(by=None, at=now)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=now)
    factories.appraisal(cast.sari, by=cast.dewi_user)
    factories.appraisal(cast.budi, rating=Rating.GOOD, by=cast.dewi_user)
    made = start_run(agency=cast.agency, track="REWARD", week=MONDAY, by=None, at=now)
    made = work_run(job_id=made.job_id, at=now)
    publish_run(run_id=made.pk, by=cast.hadi_user, at=now, version=made.version)
    plans.plan_week(agency=cast.agency, week=MONDAY, by=None, at=now, publish=True)
    cast.day = WfhDay.objects.get(employee=cast.sari)
    return cast


@world
def lent(planned, now):
    """`planned`, with Wati in Sari's unit, to whom Budi lends his decisions; `day` and `move`: Sari's day, and the body
    that asks for the Thursday instead."""
    planned.wati = factories.employee(planned.general, "Wati Utami", planned.budi)
    planned.wati_user = factories.account(planned.wati)
    Delegation.objects.create(
        agency=planned.agency,
        delegator=planned.budi,
        delegate=planned.wati,
        valid=DateRange(dt.date(2020, 1, 1), dt.date(2120, 1, 1)),
        created_at=now,
        created_by=planned.budi_user,
    )
    planned.day = WfhDay.objects.get(employee=planned.sari)
    planned.move = {"kind": "MOVE", "date": "2026-12-03", "gives_up": planned.day.pk}
    return planned


@world
def waiting(lent, now):
    """Sari's request for Thursday 3 December, as sent; it waits for Budi."""
    date = dt.date(2026, 12, 3)
    return send_request(by=lent.sari_user, date=date, gives_up_id=lent.day.pk, reason="Mengantar orang tua", at=now)


@world
def drafted(cast, now):
    """BERJENJANG-2026 in force, 2026-W49 decided; its plan waits as a draft. Everybody of both units is very good."""
    load_policies(by=None, at=now)
    put_in_force(agency=cast.agency, policy_code="BERJENJANG-2026", since=dt.date(2026, 1, 1), by=None, at=now)
    for person in (cast.sari, cast.budi, cast.eko, *cast.team):
        factories.appraisal(person)
    run = weekly.run_week(agency=cast.agency, track="REWARD", week=WEEK, by=None, at=now)
    publish_run(run_id=run.pk, by=cast.hadi_user, at=now, version=run.version)
    cast.plan = plans.plan_week(agency=cast.agency, week=WEEK, by=None, at=now)
    return cast
