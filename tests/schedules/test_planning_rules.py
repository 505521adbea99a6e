"""The planner alone: no limit is broken, as many days as possible are given, the owed come first, fair over weeks."""

import datetime as dt
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.planning import (
    PERIOD_WEEKS,
    Candidate,
    Limit,
    all_served,
    allocate,
    balance,
    clash,
    gap,
    order,
    period_of,
    relief,
)

WEEK = dt.date(2026, 11, 30)
DATES = [WEEK + dt.timedelta(days=n) for n in range(5)]
CAP, MINIMUM, POST, CLOSED = "R-KUOTA-UNIT", "R-KEHADIRAN-MINIMUM", "R-POS-WAJIB", "R-HARI-DITUTUP"


def limit(code, *rooms, post=""):
    room = dict(zip(DATES, rooms, strict=False))
    return Limit(code, room, post, dict(room))


def person(n, **fields):
    fields.setdefault("lot", n * 7919 % 1009)
    return Candidate(n, earned=fields.pop("earned", 1), **fields)


row = st.fixed_dictionaries(
    {
        "earned": st.integers(0, 2),
        "before": st.integers(0, 24),
        "owed": st.integers(-4, 8),
        "carried": st.integers(-2, 4),
        "last": st.integers(0, 100),
        "wishes": st.lists(st.integers(1, 6), max_size=3, unique=True).map(tuple),
        "series": st.sampled_from([0, 0, 0, 2, 5]),
        "away": st.frozensets(st.sampled_from(DATES), max_size=4),
        "post": st.sampled_from(["", "", "Loket"]),
    }
)
people, few = st.lists(row, max_size=12), st.lists(row, max_size=5)
rooms = st.lists(st.integers(-1, 6), min_size=5, max_size=5)


def made(rows):
    return [person(n, **row) for n, row in enumerate(rows)]


def per_day(given_days, day, post=None, some=()):
    holders = {c.employee_id for c in some if post is None or c.post == post}
    return sum(1 for one in given_days if day in one.dates and one.employee_id in holders)


@given(people, rooms, rooms, rooms)
def test_no_limit_is_ever_broken_and_nobody_is_lost_or_doubled(rows, cap, minimum, loket):
    some = made(rows)
    bounds = [limit(CAP, *cap), limit(MINIMUM, *minimum), limit(POST, *loket, post="Loket")]
    plan = allocate(some, DATES, bounds)
    assert sorted(one.employee_id for one in plan) == [c.employee_id for c in some]
    away = {c.employee_id: c.away for c in some}
    for day, one_cap, one_minimum, one_loket in zip(DATES, cap, minimum, loket, strict=True):
        assert per_day(plan, day, some=some) <= max(0, min(one_cap, one_minimum))
        assert per_day(plan, day, "Loket", some) <= max(0, one_loket)
    for one in plan:
        assert len(set(one.dates)) == len(one.dates) <= one.earned
        assert not away[one.employee_id] & set(one.dates)
        assert one.why if one.dates else one.why in ("NO_ROOM", "AWAY", "CLOSED")


@given(people, rooms, st.randoms(use_true_random=False))
def test_the_same_people_in_any_order_get_the_same_plan(rows, cap, chance):
    some = made(rows)
    mixed = list(some)
    chance.shuffle(mixed)
    assert allocate(some, DATES, [limit(CAP, *cap)]) == allocate(mixed, DATES, [limit(CAP, *cap)])


@given(few, st.lists(st.integers(0, 2), min_size=4, max_size=4), rooms)
@settings(max_examples=40, deadline=None)
def test_who_is_served_is_the_first_in_the_order_that_can_be(rows, cap, loket):
    """Against brute force: no plan serves more people, and none serves a set that comes earlier in the order."""
    some = [person(n, **row | {"earned": 1}) for n, row in enumerate(rows)]
    bounds = [limit(CAP, *cap, 0), limit(POST, *loket, post="Loket")]
    served = {one.employee_id for one in allocate(some, DATES, bounds) if one.dates}
    best: tuple = ()
    ranked = order(some)
    for choice in itertools.product([None, *DATES[:4]], repeat=len(ranked)):
        if _possible(ranked, choice, cap, loket):
            best = max(best, tuple(date is not None for date in choice))
    assert tuple(c.employee_id in served for c in ranked) == best


def _possible(ranked, choice, cap, loket) -> bool:
    for day, one_cap, one_loket in zip(DATES, cap, loket, strict=False):
        at = [c for c, date in zip(ranked, choice, strict=True) if date == day]
        if len(at) > max(0, one_cap) or sum(1 for c in at if c.post == "Loket") > max(0, one_loket):
            return False
    return not any(date in c.away for c, date in zip(ranked, choice, strict=True) if date)


def test_the_owed_come_first_then_the_debt_carried_over_then_whoever_waited_longest():
    first = person(1, before=8, owed=4)
    second = person(2, before=8, owed=2, carried=6)
    third = person(3, before=8, owed=2, carried=0, last=10)
    fourth = person(4, before=8, owed=2, carried=0, last=20)
    for some in itertools.permutations([first, second, third, fourth]):
        assert order(some) == [first, second, third, fourth]


def test_everybodys_first_day_comes_before_anybodys_second():
    plan = allocate([person(1, earned=2, before=18, owed=9), person(2), person(3)], DATES[:2], [limit(CAP, 2, 1)])
    assert [len(one.dates) for one in plan] == [1, 1, 1]


def test_where_first_days_are_scarce_who_earns_two_has_the_smaller_share_and_comes_more_often():
    had = {1: 0, 2: 0, 3: 0}
    for week in range(12):
        some = [
            person(n, earned=earned, before=2 * earned * week, owed=2 * (earned * week - had[n]), lot=n)
            for n, earned in ((1, 2), (2, 1), (3, 1))
        ]
        for one in allocate(some, DATES[:2], [limit(CAP, 1, 1)]):  # two places for three first days
            had[one.employee_id] += len(one.dates)
    assert had == {1: 12, 2: 6, 3: 6}


WISHES = [
    # wishes, rooms of Mon–Fri → day, why, rank, what stood against the first wish
    ((3, 5), (1, 1, 1, 1, 1), 3, "CHOICE", 1, None),
    ((3, 5), (1, 1, 0, 1, 1), 5, "CHOICE", 2, 3),
    ((3,), (0, 2, 0, 1, 0), 2, "ROOM", None, 3),  # none of the wishes fits: the day with the most room
    ((), (1, 2, 1, 1, 1), 2, "ROOM", None, None),
    ((3,), (0, 0, 0, 0, 0), None, "CLOSED", None, 3),
]


@pytest.mark.parametrize(("wishes", "room", "day", "why", "rank", "against"), WISHES)
def test_wishes_are_honoured_where_they_fit(wishes, room, day, why, rank, against):
    (one,) = allocate([person(1, wishes=wishes)], DATES, [limit(CAP, *room)])
    assert [date.isoweekday() for date in one.dates] == ([day] if day else [])
    assert (one.why, one.rank) == (why, rank)
    assert (one.wanted.isoweekday() if one.wanted else None) == against


def test_an_approved_weekday_comes_before_wishes_and_fairness_before_both():
    owed, series = person(1, before=4, owed=2, wishes=(4,)), person(2, before=4, series=4, wishes=(1,))
    first, second = allocate([series, owed], DATES, [limit(CAP, 1, 1, 1, 1, 1)])
    assert (first.employee_id, first.dates[0].isoweekday(), first.why) == (1, 4, "CHOICE")
    assert (second.dates[0].isoweekday(), second.why, second.wanted.isoweekday()) == (1, "CHOICE", 4)
    (alone,) = allocate([series], DATES, [limit(CAP, 1, 1, 1, 1, 1)])
    assert (alone.dates[0].isoweekday(), alone.why) == (4, "SERIES")


def test_colleagues_make_room_for_whoever_has_one_day_only():
    only_monday = person(2, before=9, away=frozenset(DATES[1:]))
    first, second = allocate(
        [person(1, before=9, owed=9, wishes=(1,)), only_monday], DATES, [limit(CAP, 1, 1, 0, 0, 0)]
    )
    assert (first.dates, second.dates) == ([DATES[1]], [DATES[0]])


def test_the_sentence_names_how_full_the_day_was():
    some = [person(n, wishes=(3,)) for n in range(6)]
    plan = allocate(some, DATES, [limit(CAP, 0, 0, 5, 0, 0)])
    left = plan[-1]
    assert (left.why, left.code, left.used, left.cap, left.wanted) == ("NO_ROOM", CAP, 5, 5, DATES[2])


# --- limits that clash -------------------------------------------------------------------------


def test_the_smallest_set_that_clashes_is_named():
    some = [person(n) for n in range(4)]
    cap = limit(CAP, 2, 2, 2, 2, 2)
    closed = limit(CLOSED, 99, 0, 0, 0, 0)
    minimum = limit(MINIMUM, 5, 5, 5, 5, 5)
    assert clash(some, DATES, [cap, closed, minimum]) == [cap, closed]
    assert relief(some, DATES, [cap, closed, minimum], cap) == 2  # four on Monday instead of two
    assert relief(some, DATES, [cap, closed, minimum], minimum) is None
    assert clash(some, DATES, [cap, minimum]) == []


@given(people, st.lists(rooms, min_size=4, max_size=4))
@settings(max_examples=100, deadline=None)
def test_leaving_out_any_limit_of_the_named_set_serves_all_and_no_smaller_set_clashes(rows, numbers):
    some = [person(n, **row | {"earned": 1}) for n, row in enumerate(rows)]
    codes = [CAP, MINIMUM, CLOSED]
    bounds = [limit(code, *room) for code, room in zip(codes, numbers[:3], strict=True)]
    bounds.append(limit(POST, *numbers[3], post="Loket"))
    named = clash(some, DATES, bounds)
    if not named:
        assert all_served(some, DATES, bounds)
        return
    assert not all_served(some, DATES, named)
    for one in named:
        assert all_served(some, DATES, [other for other in named if other is not one])
    for size in range(len(named)):
        for fewer in itertools.combinations(bounds, size):
            assert all_served(some, DATES, fewer)


# --- fair over the weeks -----------------------------------------------------------------------


@given(st.integers(2, 14), st.integers(1, 6), st.booleans(), st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_among_equals_nobody_is_more_than_a_day_ahead_in_a_period(size, cap, with_leave, seed):
    chance = random.Random(seed)
    history: dict[int, list[tuple[dt.date, int, list]]] = {n: [] for n in range(size)}
    first = period_of(WEEK)
    for step in range(2 * PERIOD_WEEKS):
        week = first + dt.timedelta(weeks=step)
        dates = [week + dt.timedelta(days=n) for n in range(2)]
        some = [_candidate(n, week, history[n], dates, chance, with_leave) for n in range(size)]
        for one in allocate(some, dates, [Limit(CAP, dict.fromkeys(dates, cap))]):
            history[one.employee_id].append((week, one.earned, one.dates))
        for begin in (first, first + dt.timedelta(weeks=PERIOD_WEEKS)):
            assert _largest_gap(history, begin) <= 1


def _candidate(n, week, past, dates, chance, with_leave):
    now = [(earned, len(days)) for monday, earned, days in past if period_of(monday) == period_of(week)]
    before = [(earned, len(days)) for monday, earned, days in past if period_of(monday) != period_of(week)]
    last = max((day.toordinal() for _m, _e, days in past for day in days), default=0)
    away = frozenset(dates) if with_leave and chance.random() < 0.15 else frozenset()
    return person(
        n,
        lot=chance.randrange(10**9),
        before=2 * sum(earned for earned, _had in now),
        owed=2 * sum(earned - had for earned, had in now),
        carried=2 * sum(earned - had for earned, had in before),
        last=last,
        away=away,
    )


def _largest_gap(history, begin) -> int:
    """Among people who earned the same in every week of the period so far."""
    groups: dict[tuple, list[int]] = {}
    for past in history.values():
        inside = [(earned, days) for monday, earned, days in past if period_of(monday) == begin]
        groups.setdefault(tuple(e for e, _d in inside), []).append(sum(len(days) for _e, days in inside))
    return max(max(group) - min(group) for group in groups.values())


def test_periods_are_twelve_weeks_without_a_hole():
    mondays = [WEEK + dt.timedelta(weeks=n) for n in range(60)]
    starts = [period_of(monday) for monday in mondays]
    assert all(
        monday - dt.timedelta(weeks=PERIOD_WEEKS) < start <= monday
        for monday, start in zip(mondays, starts, strict=True)
    )
    assert all(starts.count(start) == PERIOD_WEEKS for start in set(starts[12:-12]) - {starts[0], starts[-1]})


BALANCE = [
    ([], 100),
    ([(0, 4), (0, 4)], 100),  # nobody had anything: even
    ([(2, 4), (2, 4)], 100),
    ([(4, 4), (0, 4)], 50),  # one of two has it all
    ([(4, 4), (0, 4), (0, 4), (0, 4)], 25),
    ([(2, 4), (1, 2)], 100),  # the same share of what each earned
]


@pytest.mark.parametrize(("had", "score"), BALANCE)
def test_balance_is_jains_index(had, score):
    assert balance(had) == score


def test_the_gap_compares_only_who_earned_the_same():
    assert gap([(3, 6), (5, 6), (1, 2)]) == 2
