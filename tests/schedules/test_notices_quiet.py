"""Quiet hours and the digest, as a table of instants on three clocks: when a notice told then is mailed."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from schedules.notices.quiet import Place, Quiet, digest_at, loud_at, presses

ZONES = {"WIB": ZoneInfo("Asia/Jakarta"), "WITA": ZoneInfo("Asia/Makassar"), "WIT": ZoneInfo("Asia/Jayapura")}
OFF = frozenset({dt.date(2026, 12, 24), dt.date(2026, 12, 25)})  # a Thursday and a Friday


def place(name="WIB", days=5):
    return Place(ZONES[name], days, OFF)


def read(text, zone):
    """`23-11 09.00` of 2026 on a clock."""
    return dt.datetime.strptime(f"2026-{text}", "%Y-%d-%m %H.%M").replace(tzinfo=ZONES[zone])


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("told", "mailed"),
    [
        ("23-11 09.00", "23-11 09.00"),  # a Monday morning
        ("23-11 17.59", "23-11 17.59"),
        ("23-11 18.00", "24-11 07.00"),
        ("23-11 23.59", "24-11 07.00"),
        ("24-11 00.00", "24-11 07.00"),
        ("24-11 06.59", "24-11 07.00"),
        ("24-11 07.00", "24-11 07.00"),
        ("27-11 18.30", "30-11 07.00"),  # Friday evening: Monday
        ("28-11 12.00", "30-11 07.00"),  # Saturday
        ("29-11 23.00", "30-11 07.00"),
        ("23-12 19.00", "28-12 07.00"),  # two days off and a weekend
        ("24-12 10.00", "28-12 07.00"),
    ],
)
def test_quiet_is_meant_on_the_clock_of_the_place(zone, told, mailed):
    found = loud_at(read(told, zone), Quiet(), place(zone))
    assert found == read(mailed, zone)
    assert found.astimezone(dt.UTC) == read(mailed, zone).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("zone", "mailed"),
    [("WIB", "23-11 17.30"), ("WITA", "24-11 07.00"), ("WIT", "24-11 07.00")],  # 18.30 and 19.30 there
)
def test_one_instant_is_evening_in_the_east_first(zone, mailed):
    at = read("23-11 17.30", "WIB")
    assert loud_at(at, Quiet(), place(zone)) == read(mailed, zone)


@pytest.mark.parametrize(
    ("quiet", "told", "mailed"),
    [
        (Quiet(dt.time(7), dt.time(7)), "23-11 23.00", "23-11 23.00"),  # the same twice: never quiet
        (Quiet(dt.time(7), dt.time(7)), "28-11 23.00", "30-11 00.00"),  # but on days off
        (Quiet(dt.time(7), dt.time(7), days_off=False), "28-11 23.00", "28-11 23.00"),
        (Quiet(days_off=False), "28-11 19.00", "29-11 07.00"),
        (Quiet(dt.time(1), dt.time(5), days_off=False), "23-11 23.00", "23-11 23.00"),  # within one night
        (Quiet(dt.time(1), dt.time(5), days_off=False), "24-11 01.00", "24-11 05.00"),
        (Quiet(dt.time(22, 30), dt.time(6, 15)), "23-11 22.45", "24-11 06.15"),
        (Quiet(dt.time(12), dt.time(0), days_off=False), "23-11 13.00", "24-11 00.00"),  # until midnight
    ],
)
def test_hours_of_ones_own(quiet, told, mailed):
    assert loud_at(read(told, "WIB"), quiet, place()) == read(mailed, "WIB")


def test_a_six_day_week_hears_on_saturday():
    assert loud_at(read("28-11 09.00", "WIB"), Quiet(), place(days=6)) == read("28-11 09.00", "WIB")
    assert loud_at(read("29-11 09.00", "WIB"), Quiet(), place(days=6)) == read("30-11 07.00", "WIB")


def test_a_calendar_of_nothing_but_days_off_ends():
    first = dt.date(2026, 11, 23)
    never = Place(ZONES["WIB"], 5, {first + dt.timedelta(days=n) for n in range(400)})
    at = read("23-11 09.00", "WIB")
    assert loud_at(at, Quiet(), never) >= at
    assert digest_at(at, never) > at


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("told", "mailed"),
    [
        ("23-11 09.00", "23-11 16.00"),
        ("23-11 15.44", "23-11 16.00"),
        ("23-11 15.45", "24-11 16.00"),  # it may be written after the digest has left
        ("23-11 16.00", "24-11 16.00"),
        ("27-11 17.00", "30-11 16.00"),
        ("29-11 09.00", "30-11 16.00"),
        ("23-12 17.00", "28-12 16.00"),
    ],
)
def test_the_digest_leaves_at_sixteen_on_working_days(zone, told, mailed):
    assert digest_at(read(told, zone), place(zone)) == read(mailed, zone)


@pytest.mark.parametrize(
    ("told", "day", "yes"),
    [
        ("23-11 20.00", "2026-11-24", True),
        ("23-11 20.00", "2026-11-23", True),
        ("23-11 20.00", "2026-11-25", False),
        ("27-11 20.00", "2026-11-30", True),  # over a weekend
        ("23-12 20.00", "2026-12-28", True),  # over days off
        ("23-11 20.00", "2026-11-20", False),  # past
    ],
)
def test_what_changes_the_next_working_day_presses(told, day, yes):
    assert presses([dt.date.fromisoformat(day)], read(told, "WIB"), place()) is yes
    assert not presses([], read(told, "WIB"), place())
