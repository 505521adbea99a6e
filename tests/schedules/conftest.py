import datetime as dt

import pytest

from eligibility.actions import load_policies, put_in_force
from schedules.actions import weekly
from tests import factories

WEEK = dt.date(2026, 11, 30)  # 2026-W49, the week after `at`


@pytest.fixture
def planned(cast, at):
    """Sari and Budi's whole unit eligible, next week computed, published and planned: Wednesday 2 December."""
    load_policies(by=None, at=at)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
    for person in (cast.sari, cast.budi, cast.eko, *cast.team):
        factories.appraisal(person)
    weekly.run_week(agency=cast.agency, track="REWARD", week=WEEK, by=None, at=at, publish=True)
    return cast
