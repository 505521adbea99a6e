"""Who counts where, and which limit holds: one line a case, readable by whoever sets the rules of a unit."""

import datetime as dt
import types

import pytest
from psycopg2.extras import DateRange

from eligibility.rules import UnitCap
from employees.models import Holiday, Placement, Unit
from schedules.models import UnitRule, WfhDay
from schedules.queries import Cover, people
from tests import factories
from tests.worlds import world

MONDAY = dt.date(2026, 11, 30)  # 2026-W49
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (MONDAY + dt.timedelta(days=n) for n in range(1, 6))
WEEK = [MONDAY + dt.timedelta(days=n) for n in range(6)]
AM, PM = 0, 1


@world
def tree(db):
    """Agency > Directorate > Counter; the counter inherits from both."""
    agency = factories.agency()
    top = factories.unit(agency, "DIT", "Direktorat")
    return types.SimpleNamespace(agency=agency, top=top, unit=factories.unit(agency, "LOKET", "Loket", top))


@pytest.fixture
def house(tree):
    """`tree` with five people at the counter, three of them in the post of the counter."""
    posts = ["Petugas Loket"] * 3 + ["Analis"] * 2
    tree.people = [factories.employee(tree.unit, f"Orang {n}", job_title=post) for n, post in enumerate(posts)]
    return tree


def rule(house, kind, on="own", since=dt.date(2026, 1, 1), until=None, **fields):
    unit = {"own": house.unit, "above": house.top, "agency": None}[on]
    valid = DateRange(since, until)
    return UnitRule.objects.create(agency=house.agency, unit=unit, kind=kind, valid=valid, **fields)


def home(house, n, date=WEDNESDAY, slot="FULL", **fields):
    return WfhDay.objects.create(
        employee=house.people[n], agency=house.agency, unit=house.unit, date=date, slot=slot, track="REWARD", **fields
    )


def cover(house, dates=WEEK):
    return Cover(house.agency, dates, [house.unit.pk])


# --- which row of a kind holds ------------------------------------------------------------------

# the kind, what its row says, and how the counter's Wednesday reads it in a half
KINDS = {
    "MIN_PRESENT": ({"number": 4}, lambda c, h: c.minimum(c.unit, WEDNESDAY, h), 4, 0),
    "MAX_REMOTE": ({"percent": 40}, lambda c, h: c.percent(c.unit, WEDNESDAY, h), 40, None),
    "STAFFED_POST": (
        {"number": 2, "post": "Petugas Loket"},
        lambda c, h: c.post_minimum(c.unit, WEDNESDAY, "Petugas Loket", h),
        2,
        0,
    ),
    "BLACKOUT": ({"reason": "Audit"}, lambda c, h: c.reason(c.unit, "BLACKOUT", WEDNESDAY, h), "Audit", ""),
    "ANCHOR": ({"reason": "Apel"}, lambda c, h: c.reason(c.unit, "ANCHOR", WEDNESDAY, h), "Apel", ""),
    "STAGES": ({"number": 2}, lambda c, h: c.rules.number(c.unit, "STAGES", WEDNESDAY, 1), 2, 1),
    "CUTOFF": ({"number": 9}, lambda c, h: c.cutoff(c.unit, WEDNESDAY).hour, 9, 15),
}
# what is written where: rows as (unit, fields); whether morning and afternoon are held by them
ROWS = {
    "none": ([], (False, False)),
    "own row": ([("own", {})], (True, True)),
    "inherited": ([("above", {})], (True, True)),
    "agency-wide": ([("agency", {})], (True, True)),
    "lifted in the unit": ([("above", {}), ("own", {"lifted": True})], (False, False)),
    "lifted above, set below": ([("above", {"lifted": True}), ("own", {})], (True, True)),
    "lifted above for all below": ([("agency", {}), ("above", {"lifted": True})], (False, False)),
    "lifted on another weekday": ([("above", {}), ("own", {"lifted": True, "weekday": 4})], (True, True)),
    "lifted on that date": ([("above", {}), ("own", {"lifted": True, "date": WEDNESDAY})], (False, False)),
    "that weekday": ([("own", {"weekday": 3})], (True, True)),
    "another weekday": ([("own", {"weekday": 4})], (False, False)),
    "that date": ([("own", {"date": WEDNESDAY})], (True, True)),
    "another date": ([("own", {"date": THURSDAY})], (False, False)),
    "first day": ([("own", {"since": WEDNESDAY})], (True, True)),
    "not yet": ([("own", {"since": THURSDAY})], (False, False)),
    "last day": ([("own", {"until": THURSDAY})], (True, True)),
    "no more": ([("own", {"until": WEDNESDAY})], (False, False)),
    "not yet, so inherited": ([("above", {}), ("own", {"lifted": True, "since": THURSDAY})], (True, True)),
    "another agency's": ([("foreign", {})], (False, False)),
}
HALVES = {
    "morning": ([("own", {"slot": "AM"})], (True, False)),
    "afternoon": ([("own", {"slot": "PM"})], (False, True)),
    "morning of the unit above": ([("above", {"slot": "AM"})], (True, False)),
}
HAVE_HALVES = {"MIN_PRESENT", "MAX_REMOTE", "STAFFED_POST", "BLACKOUT", "ANCHOR"}


@pytest.mark.parametrize("title", [*ROWS, *HALVES])
def test_of_every_kind_the_nearest_row_that_matches_holds(tree, title):
    rows, (morning, afternoon) = (ROWS | HALVES)[title]
    kinds = HAVE_HALVES if title in HALVES else KINDS
    places = {"foreign": types.SimpleNamespace(agency=factories.agency("LAIN", "Badan Lain"), unit=None, top=None)}
    for kind in kinds:
        for on, fields in rows:
            says = {} if fields.get("lifted") else KINDS[kind][0]
            rule(places.get(on, tree), kind, "agency" if on == "foreign" else on, **says, **fields)
    found = cover(tree)
    found.unit = tree.unit.pk
    for kind in kinds:
        _says, read, set_to, default = KINDS[kind]
        assert read(found, AM) == (set_to if morning else default), kind
        assert read(found, PM) == (set_to if afternoon else default), kind


OVERRIDES = [
    ("MIN_PRESENT", {"number": 4}, {"number": 1}, lambda c: c.minimum(c.unit, WEDNESDAY, AM), 1),
    ("MAX_REMOTE", {"percent": 20}, {"percent": 80}, lambda c: c.percent(c.unit, WEDNESDAY, AM), 80),
    ("CUTOFF", {"number": 18}, {"number": 6}, lambda c: c.cutoff(c.unit, WEDNESDAY).hour, 6),
    ("STAGES", {"number": 2}, {"number": 1}, lambda c: c.rules.number(c.unit, "STAGES", WEDNESDAY, 9), 1),
    (
        "BLACKOUT",
        {"reason": "atas"},
        {"reason": "sendiri"},
        lambda c: c.reason(c.unit, "BLACKOUT", WEDNESDAY, AM),
        "sendiri",
    ),
]


@pytest.mark.parametrize(("kind", "above", "own", "read", "holds"), OVERRIDES, ids=[row[0] for row in OVERRIDES])
def test_a_unit_overrides_what_it_inherits_be_it_stricter_or_not(tree, kind, above, own, read, holds):
    rule(tree, kind, "above", **above)
    rule(tree, kind, "own", **own)
    found = cover(tree)
    found.unit = tree.unit.pk
    assert read(found) == holds


STRICTEST = [
    ("MIN_PRESENT", [{"number": 1}, {"number": 3}], lambda c: c.minimum(c.unit, WEDNESDAY, AM), 3),
    ("MIN_PRESENT", [{"number": 1}, {"percent": 50}], lambda c: c.minimum(c.unit, WEDNESDAY, AM), 3),
    ("MAX_REMOTE", [{"percent": 60}, {"percent": 20}], lambda c: c.percent(c.unit, WEDNESDAY, AM), 20),
    ("MAX_REMOTE", [{"percent": 60}, {"percent": 20, "weekday": 4}], lambda c: c.percent(c.unit, WEDNESDAY, AM), 60),
]


@pytest.mark.parametrize(("kind", "rows", "read", "holds"), STRICTEST)
def test_of_several_rows_of_one_unit_the_strictest_wins(house, kind, rows, read, holds):
    for fields in rows:
        rule(house, kind, **fields)
    found = cover(house)
    found.unit = house.unit.pk
    assert read(found) == holds


# --- rounding -----------------------------------------------------------------------------------

ROUNDED_UP = [(1, 1), (20, 1), (21, 2), (40, 2), (41, 3), (50, 3), (99, 5), (100, 5), (0, 0)]


@pytest.mark.parametrize(("percent", "present"), ROUNDED_UP)
def test_a_minimum_share_of_five_is_rounded_up(house, percent, present):
    rule(house, "MIN_PRESENT", percent=percent)
    assert cover(house).minimum(house.unit.pk, WEDNESDAY, AM) == present


ROUNDED_DOWN = [
    # size, policy's share, unit's share, floor, max(1, floor)
    (5, 50, None, 2, 2),
    (5, None, 50, 2, 2),
    (5, 50, 20, 1, 1),
    (5, 20, 50, 1, 1),
    (5, 19, None, 0, 1),
    (1, 50, None, 0, 1),
    (1, 0, None, 0, 0),  # none means none
    (0, 50, None, 0, 0),
    (5, None, None, None, None),
]


@pytest.mark.parametrize(("size", "policy", "unit", "floor", "at_least_one"), ROUNDED_DOWN)
def test_a_maximum_share_is_rounded_down_of_policy_and_unit_the_smaller(size, policy, unit, floor, at_least_one):
    assert UnitCap(policy).cap(size, unit) == floor
    assert UnitCap(policy, "max(1, floor)").cap(size, unit) == at_least_one


def test_the_unit_tables_own_share_counts_with_its_rules(house):
    Unit.objects.filter(pk=house.top.pk).update(wfh_quota_percent=30)
    assert cover(house).percent(house.unit.pk, WEDNESDAY, AM) == 30  # inherited
    rule(house, "MAX_REMOTE", percent=50)
    assert cover(house).percent(house.unit.pk, WEDNESDAY, AM) == 30  # the smaller
    Unit.objects.filter(pk=house.unit.pk).update(wfh_quota_percent=80)
    assert cover(house).percent(house.unit.pk, WEDNESDAY, AM) == 50


# --- who is there -------------------------------------------------------------------------------

STATES = [(state, state == "ACTIVE") for state in WfhDay.State.values]


@pytest.mark.parametrize(("state", "counts"), STATES)
def test_only_active_days_count(house, state, counts):
    home(house, 0, state=state)
    found = cover(house)
    assert found.present(house.unit.pk, WEDNESDAY, AM) == 5 - counts


def test_the_minimum_counts_leave_and_home_as_away_the_cap_home_only(house):
    home(house, 0)
    factories.leave(house.people[1], TUESDAY, THURSDAY)
    rule(house, "MIN_PRESENT", number=3)
    found = cover(house)
    facts = found.facts(house.unit.pk, WEDNESDAY)
    assert (facts.at_home, facts.present, facts.minimum, facts.unit_size) == (1, 2, 3, 5)
    assert [found.present(house.unit.pk, date, AM) for date in WEEK[:5]] == [5, 4, 3, 4, 5]


def test_leave_on_a_wfh_day_is_one_absence_not_two(house):
    home(house, 0)
    factories.leave(house.people[0], WEDNESDAY, WEDNESDAY)
    found = cover(house)
    assert found.present(house.unit.pk, WEDNESDAY, AM) == 4
    facts = found.facts(house.unit.pk, WEDNESDAY)
    assert facts.at_home == 0  # the place is free for others
    me = people([house.people[0].pk], MONDAY, MONDAY)[house.people[0].pk]
    mine = found.facts(house.unit.pk, WEDNESDAY, me)
    assert (mine.on_leave, mine.taken, mine.at_home, mine.present) == ("Cuti tahunan", False, 0, 4)


def test_two_halves_of_two_people_are_one_at_a_time(house):
    home(house, 0, slot="AM")
    home(house, 1, slot="PM")
    found = cover(house)
    assert [found.present(house.unit.pk, WEDNESDAY, half) for half in (AM, PM)] == [4, 4]
    home(house, 2, slot="AM")
    found = cover(house)
    assert [found.present(house.unit.pk, WEDNESDAY, half) for half in (AM, PM)] == [3, 4]
    assert found.facts(house.unit.pk, WEDNESDAY).at_home == 2  # of a whole day the worse half counts
    assert found.facts(house.unit.pk, WEDNESDAY, slot="PM").at_home == 1


def test_both_halves_of_one_person_are_one_person(house):
    home(house, 0, slot="AM")
    home(house, 0, slot="PM")
    assert cover(house).facts(house.unit.pk, WEDNESDAY).at_home == 1
    me = people([house.people[0].pk], MONDAY, MONDAY)[house.people[0].pk]
    facts = cover(house).facts(house.unit.pk, WEDNESDAY, me)
    assert (facts.at_home, facts.present, facts.taken) == (0, 4, True)


def test_half_a_days_minimum_holds_for_its_half_only(house):
    rule(house, "MIN_PRESENT", number=5, slot="PM")
    found = cover(house)
    assert [found.facts(house.unit.pk, WEDNESDAY, slot=slot).minimum for slot in ("FULL", "AM", "PM")] == [5, 0, 5]


def test_the_person_themself_is_left_out_of_the_counts(house):
    home(house, 0)
    me = people([house.people[0].pk], MONDAY, MONDAY)[house.people[0].pk]
    day = me.days[0][0]
    found = cover(house)
    assert found.facts(house.unit.pk, WEDNESDAY, me).at_home == 0
    given_up = found.facts(house.unit.pk, WEDNESDAY, me.without(day), slot="AM")  # half a day instead of the whole
    assert (given_up.at_home, given_up.present, given_up.taken) == (0, 4, False)


def test_a_staffed_post_counts_its_holders_only(house):
    rule(house, "STAFFED_POST", number=2, post="Petugas Loket")
    home(house, 0)
    home(house, 3)  # an analyst
    found = cover(house)
    assert found.post_present(house.unit.pk, WEDNESDAY, "Petugas Loket", AM) == 2
    holder, analyst = house.people[1], house.people[4]
    me, other = (people([one.pk], MONDAY, MONDAY)[one.pk] for one in (holder, analyst))
    me.post, other.post = "Petugas Loket", "Analis"
    facts = found.facts(house.unit.pk, WEDNESDAY, me)
    assert (facts.post, facts.post_present, facts.post_minimum) == ("Petugas Loket", 1, 2)
    assert found.facts(house.unit.pk, WEDNESDAY, other).post == ""


def test_leave_empties_a_post_and_half_a_day_half_of_it(house):
    rule(house, "STAFFED_POST", number=1, post="Petugas Loket")
    factories.leave(house.people[0], MONDAY, FRIDAY)
    home(house, 1, slot="PM")
    found = cover(house)
    assert [found.post_present(house.unit.pk, WEDNESDAY, "Petugas Loket", half) for half in (AM, PM)] == [2, 1]


# --- who belongs to the unit --------------------------------------------------------------------


def test_a_mid_week_mover_counts_in_the_old_unit_before_and_in_the_new_after(house):
    place = Placement.objects.get(employee=house.people[0])
    place.valid = DateRange(place.valid.lower, WEDNESDAY)
    place.save()
    Placement.objects.create(
        employee=house.people[0], agency=house.agency, unit=house.top, valid=DateRange(WEDNESDAY, None)
    )
    found = Cover(house.agency, WEEK)
    assert [found.sizes.get((house.unit.pk, date), 0) for date in WEEK[:4]] == [5, 5, 4, 4]
    assert [found.sizes.get((house.top.pk, date), 0) for date in WEEK[:4]] == [0, 0, 1, 1]


def test_a_day_given_before_a_move_counts_where_the_person_is_by_then(house):
    home(house, 0, TUESDAY)
    home(house, 0, THURSDAY)
    place = Placement.objects.get(employee=house.people[0])
    place.valid = DateRange(place.valid.lower, WEDNESDAY)
    place.save()
    Placement.objects.create(
        employee=house.people[0], agency=house.agency, unit=house.top, valid=DateRange(WEDNESDAY, None)
    )
    found = Cover(house.agency, WEEK)
    there = [(unit.pk, date) for unit in (house.unit, house.top) for date in (TUESDAY, THURSDAY)]
    assert [found.home.get(key, [0, 0]) for key in there] == [[1, 1], [0, 0], [0, 0], [1, 1]]
    assert [found.present(unit, date, AM) for unit, date in there] == [4, 4, 0, 0]


def test_a_joiner_counts_from_the_first_day_and_a_leaver_until_the_last(house):
    factories.employee(house.unit, "Baru", valid=DateRange(WEDNESDAY, None))
    Placement.objects.filter(employee=house.people[0]).update(valid=DateRange(dt.date(2019, 1, 1), FRIDAY))
    sizes = cover(house).sizes
    assert [sizes[house.unit.pk, date] for date in WEEK[:5]] == [5, 5, 6, 6, 5]


# --- working days and the closing hour ----------------------------------------------------------

WORKING = [
    ("five days", {}, {}, [True] * 5 + [False]),
    ("six days", {"working_days": 6}, {}, [True] * 6),
    ("the agency's six days", {}, {"agency_days": 6}, [True] * 6),
    ("five in an agency of six", {"working_days": 5}, {"agency_days": 6}, [True] * 5 + [False]),
]


@pytest.mark.parametrize(("title", "unit", "other", "days"), WORKING, ids=[row[0] for row in WORKING])
def test_working_days(tree, title, unit, other, days):
    if other:
        tree.agency.working_days = other["agency_days"]
        tree.agency.save()
    Unit.objects.filter(pk=tree.unit.pk).update(**unit)
    tree.unit.refresh_from_db()
    found = cover(tree)
    assert [found.working(tree.unit.pk, date) for date in WEEK] == days


@pytest.mark.parametrize("kind", ["LIBUR_NASIONAL", "CUTI_BERSAMA"])
@pytest.mark.parametrize("whose", ["everybody's", "the agency's", "another's"])
def test_a_day_off_is_no_working_day(tree, kind, whose):
    other = factories.agency("LAIN", "Badan Lain")
    agency = {"everybody's": None, "the agency's": tree.agency, "another's": other}[whose]
    Holiday.objects.create(date=WEDNESDAY, name="Hari Uji", kind=kind, agency=agency)
    found = cover(tree)
    assert found.working(tree.unit.pk, WEDNESDAY) == (whose == "another's")
    assert found.facts(tree.unit.pk, WEDNESDAY).holiday == ("" if whose == "another's" else "Hari Uji")


CUTOFFS = [
    # the WFH day, days off, six-day unit, zone → closes (local), as UTC hour
    ("the day before", WEDNESDAY, [], False, "Asia/Jakarta", TUESDAY, 8),
    ("in Makassar", WEDNESDAY, [], False, "Asia/Makassar", TUESDAY, 7),
    ("in Jayapura", WEDNESDAY, [], False, "Asia/Jayapura", TUESDAY, 6),
    ("over the weekend", MONDAY, [], False, "Asia/Jakarta", dt.date(2026, 11, 27), 8),
    ("over Sunday only", MONDAY, [], True, "Asia/Jakarta", dt.date(2026, 11, 28), 8),
    ("over a day off", WEDNESDAY, [TUESDAY], False, "Asia/Jakarta", MONDAY, 8),
    ("over a day off and the weekend", TUESDAY, [MONDAY], False, "Asia/Jakarta", dt.date(2026, 11, 27), 8),
    ("a Saturday", SATURDAY, [], True, "Asia/Jakarta", FRIDAY, 8),
]


@pytest.mark.parametrize(
    ("title", "date", "off", "six", "zone", "closes", "utc"), CUTOFFS, ids=[row[0] for row in CUTOFFS]
)
def test_requests_close_at_15_on_the_working_day_before(tree, title, date, off, six, zone, closes, utc):
    for day in off:
        Holiday.objects.create(date=day, name="Hari Uji")
    Unit.objects.filter(pk=tree.unit.pk).update(time_zone=zone, working_days=6 if six else None)
    when = cover(tree).cutoff(tree.unit.pk, date)
    assert (when.date(), when.hour, when.astimezone(dt.UTC).hour) == (closes, 15, utc)


def test_the_latest_closing_hour_of_a_unit_counts_and_a_weekdays_own_for_its_day(tree):
    rule(tree, "CUTOFF", number=8)
    rule(tree, "CUTOFF", number=10, weekday=3)
    hours = [cover(tree).cutoff(tree.unit.pk, date).hour for date in (TUESDAY, WEDNESDAY)]
    assert hours == [8, 10]


def test_the_number_of_queries_does_not_grow(house, django_assert_num_queries):
    rule(house, "MIN_PRESENT", number=1)
    with django_assert_num_queries(7):
        cover(house)
    for n in range(3):
        unit = factories.unit(house.agency, f"U{n}", f"Unit {n}", house.top)
        factories.employee(unit, f"Lain {n}")
        rule(house, "BLACKOUT", date=WEDNESDAY, reason=f"{n}")
    with django_assert_num_queries(6):
        Cover(house.agency, WEEK)
