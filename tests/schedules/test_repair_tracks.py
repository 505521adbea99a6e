"""Mending asks where people are placed day by day, and by which track's policy they had the day."""

import datetime as dt

from psycopg2.extras import DateRange

from eligibility.models import Decision, Policy, Run
from employees.models import Placement, Unit
from schedules.actions.repair import propose_repair
from schedules.models import WfhDay
from tests import factories
from tests.worlds import world

from .weeks import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK, in_force, planned

NEXT_WEEK = WEEK + dt.timedelta(weeks=1)


@world
def week(cast, at):
    """REWARD-2019: Sari and Wati in Budi's unit, Eko and three in the other, all on Wednesday."""
    in_force(cast.agency, at)
    cast.wati = factories.employee(cast.general, "Wati Utami", cast.budi)
    for person in (cast.sari, cast.wati, cast.eko, *cast.team):
        factories.appraisal(person)
    planned(cast.agency, at)
    return cast


def mended(week, at, unit=None):
    """The day that each would get instead of Wednesday."""
    found = propose_repair(agency=week.agency, dates=[WEDNESDAY], unit=unit, at=at)
    return {line.employee: line.date for line in found.lines}


# --- where they are placed ----------------------------------------------------------------------


def moves(person, unit, since, until):
    """Placed elsewhere for a while."""
    old = person.placements.get()
    home = old.unit
    old.valid = DateRange(dt.date(2020, 1, 1), since)
    old.save()
    for place, valid in ((unit, DateRange(since, until)), (home, DateRange(until, None))):
        Placement.objects.create(
            employee=person,
            agency=old.agency,
            unit=place,
            supervisor=old.supervisor,
            direct_service=False,
            valid=valid,
        )


def test_who_moves_within_the_week_gets_a_day_while_in_the_unit_only(week, at):
    moves(week.sari, week.planning, THURSDAY, NEXT_WEEK)
    week.wati.placements.update(valid=DateRange(WEDNESDAY, None))
    dates = mended(week, at, week.general)
    assert dates[week.sari] in (MONDAY, TUESDAY)
    assert dates[week.wati] in (THURSDAY, FRIDAY)


def test_who_is_elsewhere_all_week_gets_no_day_of_the_unit(week, at):
    moves(week.sari, week.planning, MONDAY, NEXT_WEEK)
    dates = mended(week, at, week.general)
    assert dates[week.sari] is None
    assert dates[week.wati] is not None


# --- each by the policy of their own track ------------------------------------------------------


def second_track(week, at, eligible, **weekday):
    """Another policy decided for the week, like the first but for its weekday; for some eligible people."""
    rules = [rule | (weekday if rule["rule"] == "Weekday" else {}) for rule in Run.objects.get().policy.rules]
    policy = Policy.objects.create(code="KEDUA", version=1, track="SECOND", rules=rules)
    Run.objects.create(
        agency=week.agency,
        track="SECOND",
        week=WEEK,
        number=1,
        policy=policy,
        state="PUBLISHED",
        cutoff_at=at,
        published_at=at,
    )
    for person in eligible:
        Decision.objects.create(
            agency_id=week.agency.pk, track="SECOND", employee=person, from_run=1, eligible=True, reasons=[]
        )


def test_a_day_is_mended_by_the_policy_of_its_own_track(week, at):
    second_track(week, at, [week.eko, *week.team], days=[5], movable=False)  # Fridays only
    WfhDay.objects.filter(employee=week.eko).update(track="SECOND")
    found = mended(week, at, week.planning)
    assert found.pop(week.eko) == FRIDAY
    assert set(found.values()) != {FRIDAY}
    assert None not in found.values()


def test_two_tracks_of_one_unit_share_its_places(week, at):
    second_track(week, at, [week.eko, *week.team])
    Unit.objects.filter(pk=week.planning.pk).update(wfh_quota_percent=25)  # one of four a day
    WfhDay.objects.filter(employee__in=[week.eko, week.team[0]]).update(track="SECOND")
    assert sorted(mended(week, at, week.planning).values()) == [MONDAY, TUESDAY, THURSDAY, FRIDAY]


def test_who_is_not_eligible_under_that_policy_any_more_gets_no_other_day(week, at):
    second_track(week, at, [week.eko])
    WfhDay.objects.filter(employee__in=[week.eko, week.team[0]]).update(track="SECOND")
    WfhDay.objects.filter(employee=week.team[1]).update(track="GONE")  # decided nothing for the week
    Decision.objects.filter(employee=week.sari).update(eligible=False, reasons=["R-X"])
    lost = {person for person, date in mended(week, at).items() if date is None}
    assert lost == {week.sari, week.team[0], week.team[1]}
