"""Terms of working days: the worked table of domain.md §7, on the calendar of civil servants for 2026."""

import datetime as dt

import holidays as python_holidays
import pytest

from employees.calendar import FURTHEST, add_working_days, is_working_day, working_days_between

# Three Ministers' Joint Decree for 2026, and the joint leave of civil servants (Keppres 42/2025).
NATIONAL = "0101 0116 0217 0319 0321 0322 0403 0405 0501 0514 0527 0531 0601 0616 0817 0825 1225"
JOINT = "0216 0318 0320 0323 0324 0515 0528 1224"
OFF = {dt.date(2026, int(day[:2]), int(day[2:])) for day in f"{NATIONAL} {JOINT}".split()}

# delivered → the last day of a term of so many working days
TABLE = [
    ("2026-04-10", {5: "2026-04-17", 10: "2026-04-24", 14: "2026-04-30", 21: "2026-05-12"}),
    ("2026-04-30", {5: "2026-05-08", 10: "2026-05-19", 14: "2026-05-25", 21: "2026-06-08"}),
    ("2026-03-17", {5: "2026-03-31", 10: "2026-04-08", 14: "2026-04-14", 21: "2026-04-23"}),
]
CASES = [(delivered, count, last) for delivered, terms in TABLE for count, last in terms.items()]


@pytest.mark.parametrize(("delivered", "count", "last"), CASES)
def test_the_worked_table(delivered, count, last):
    assert add_working_days(dt.date.fromisoformat(delivered), count, OFF) == dt.date.fromisoformat(last)


@pytest.mark.parametrize(("delivered", "count", "last"), CASES)
def test_counting_back_gives_the_same_number(delivered, count, last):
    assert working_days_between(dt.date.fromisoformat(delivered), dt.date.fromisoformat(last), OFF) == count


def test_the_calendar_of_the_demo_is_the_one_of_the_table():
    loaded = {
        day
        for category in ("government", "public")
        for day in python_holidays.ID(years=[2026], categories=(category,), language="id")
    }
    first, last = dt.date(2026, 3, 17), dt.date(2026, 6, 8)
    assert {day for day in loaded if first <= day <= last} == {day for day in OFF if first <= day <= last}


def test_day_one_is_the_first_working_day_after_delivery():
    friday, saturday, monday = dt.date(2026, 11, 20), dt.date(2026, 11, 21), dt.date(2026, 11, 23)
    assert add_working_days(friday, 1, set()) == add_working_days(saturday, 1, set()) == monday
    assert add_working_days(friday, 1, set(), working_days=6) == saturday
    assert add_working_days(friday, 1, {monday}) == dt.date(2026, 11, 24)


def test_a_term_always_ends_on_a_working_day():
    for shift in range(40):
        start = dt.date(2026, 3, 1) + dt.timedelta(days=shift)
        assert is_working_day(add_working_days(start, 7, OFF), OFF)


def test_a_calendar_of_holidays_only_ends():
    always = {dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(FURTHEST + 5)}
    assert add_working_days(dt.date(2026, 1, 1), 3, always) == dt.date(2026, 1, 1) + dt.timedelta(days=FURTHEST)


def test_a_term_that_is_over_counts_below_zero():
    assert working_days_between(dt.date(2026, 11, 25), dt.date(2026, 11, 20), set()) == -3
    assert working_days_between(dt.date(2026, 11, 25), dt.date(2026, 11, 25), set()) == 0
