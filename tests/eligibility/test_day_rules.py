"""Every code of a day: one line that fails and one that passes, each with the sentence that the person reads."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from eligibility.rules import DAY_RULES, HOUSE_RULES, DayFacts, day_rules, failing
from eligibility.rules.caps import UnitCap
from eligibility.rules.monthly_maximum import MonthlyMaximum
from eligibility.rules.office_share import OfficeShare
from eligibility.rules.presence import MinimumPresent, NoAnchorDay, NotOnLeave, NotTaken, OpenDay, StaffedPost
from eligibility.rules.registered_home import RegisteredHome
from eligibility.rules.weekday import Weekday
from eligibility.rules.weekly_maximum import WeeklyMaximum
from eligibility.rules.window import DateWindow
from eligibility.rules.working_day import WorkingDay

WEDNESDAY = dt.date(2026, 12, 2)
HALF = Decimal("0.5")
SENIORS = OfficeShare(60, ("JPT_PRATAMA",))
CASES = [
    # rule, facts, code or None, what the English sentence says
    (NotOnLeave(), {"on_leave": "Cuti sakit"}, "R-CUTI", "day of leave (Cuti sakit)"),
    (NotOnLeave(), {}, None, "No leave"),
    (NotTaken(), {"taken": True}, "R-SUDAH-WFH", "a WFH day already"),
    (NotTaken(), {}, None, "not a WFH day yet"),
    (OpenDay(), {"closed": "Audit BPK"}, "R-HARI-DITUTUP", "closed to WFH on that day: Audit BPK"),
    (OpenDay(), {}, None, "has not closed"),
    (NoAnchorDay(), {"anchor": "Apel"}, "R-HARI-BERSAMA", "On Wednesday everybody of the unit is at the office: Apel"),
    (NoAnchorDay(), {}, None, "Wednesday is no day"),
    (MinimumPresent(), {"present": 2, "minimum": 3}, "R-KEHADIRAN-MINIMUM", "Only 2 others"),
    (MinimumPresent(), {"present": 3, "minimum": 3}, None, "Enough stay"),
    (MinimumPresent(), {"present": 0, "minimum": 0}, None, "no minimum"),
    (MinimumPresent(), {"present": -1, "minimum": 0}, None, "no minimum"),  # nobody placed there at all
    (
        StaffedPost(),
        {"post": "Loket", "post_present": 0, "post_minimum": 1},
        "R-POS-WAJIB",
        "Loket must be staffed by 1",
    ),
    (StaffedPost(), {"post": "Loket", "post_present": 1, "post_minimum": 1}, None, "Loket stays staffed"),
    (StaffedPost(), {"post": "", "post_present": 0, "post_minimum": 1}, None, "need not be staffed"),
    (UnitCap(50), {"unit_size": 4, "at_home": 2}, "R-KUOTA-UNIT", "taken on that day (2 of 2)"),
    (UnitCap(50), {"unit_size": 4, "at_home": 1}, None, "place at home left on that day (1 of 2 taken)"),
    (UnitCap(50), {"unit_size": 4, "at_home": 1, "unit_percent": 25}, "R-KUOTA-UNIT", "(1 of 1)"),
    (UnitCap(50), {"unit_size": 1}, "R-KUOTA-UNIT", "(0 of 0)"),
    (UnitCap(50, "max(1, floor)"), {"unit_size": 1}, None, "(0 of 1 taken)"),
    (UnitCap(), {"unit_size": 4, "at_home": 3}, None, "no limit of its own"),
    (WeeklyMaximum(1), {"used_this_week": Decimal(1)}, "R-BATAS-MINGGU", "reached (1 of 1)"),
    (WeeklyMaximum(1), {"used_this_week": HALF}, "R-BATAS-MINGGU", "reached (0.5 of 1)"),
    (WeeklyMaximum(1), {"used_this_week": HALF, "length": HALF}, None, "not reached (0.5 of 1)"),
    (WeeklyMaximum(2), {"used_this_week": Decimal("1.5")}, "R-BATAS-MINGGU", "(1.5 of 2)"),
    (WeeklyMaximum(2), {"used_this_week": Decimal(1)}, None, "(1 of 2)"),
    (Weekday((3,)), {}, None, "Wednesday is a day this policy gives"),
    (Weekday((5,)), {}, "R-HARI-SALAH", "gives Friday only"),
    (Weekday((5,)), {"on_request": True}, "R-HARI-SALAH", "gives Friday only"),
    (Weekday((5,), movable=True), {}, "R-HARI-SALAH", "another day needs a request"),
    (Weekday((5,), movable=True), {"on_request": True}, None, "Wednesday instead of Friday"),
    (UnitCap(number=2), {"unit_size": 9, "at_home": 2}, "R-KUOTA-UNIT", "(2 of 2)"),
    (MonthlyMaximum(2), {"used_this_month": Decimal("1.5")}, "R-BATAS-BULAN", "reached (1.5 of 2)"),
    (MonthlyMaximum(2), {"used_this_month": Decimal(1)}, None, "not reached (1 of 2)"),
    (RegisteredHome(), {}, None, "at the registered home"),
    (RegisteredHome(), {"registered_home": False}, "R-DOMISILI", "home registered"),
    (RegisteredHome(), {"registered_home": None}, "R-DOMISILI", "home registered"),
    (OfficeShare(60), {"used_this_week": Decimal(1)}, None, "60 % of the week stay"),
    (OfficeShare(60), {"used_this_week": Decimal(2)}, "R-KEHADIRAN-KANTOR", "less than 60 %"),
    (
        OfficeShare(60, ("JPT_PRATAMA",)),
        {"used_this_week": Decimal(1), "job_group": "JPT_PRATAMA"},
        "R-KEHADIRAN-KANTOR",
        "less",
    ),
    (OfficeShare(60, ("JPT_PRATAMA",)), {"used_this_week": Decimal(1), "job_group": "PELAKSANA"}, None, "stay"),
    (WorkingDay(), {"working_day": False, "holiday": "Natal"}, "R-HARI-LIBUR", "is a day off: Natal"),
    (WorkingDay(), {"working_day": False}, "R-HARI-LIBUR", "not a working day of this unit"),
    (WorkingDay(), {}, None, "is a working day"),
    (DateWindow("2026-12-02", "2026-12-02"), {}, None, "applies on"),
    (DateWindow("2026-12-03"), {}, "R-TANGGAL-DI-LUAR-MASA", "does not apply"),
    (DateWindow(until="2026-12-01"), {}, "R-TANGGAL-DI-LUAR-MASA", "does not apply"),
]
IDS = [f"{type(rule).__name__}: {code or 'passes'}: {said}" for rule, _facts, code, said in CASES]


def facts_of(fields) -> DayFacts:
    return DayFacts(**({"date": WEDNESDAY, "working_day": True} | fields))


@pytest.mark.parametrize(("rule", "fields", "code", "said"), CASES, ids=IDS)
def test_a_day_passes_or_fails_with_its_sentence(rule, fields, code, said):
    facts = facts_of(fields)
    assert rule.check(facts) == code
    with translation.override("en"):
        assert said in rule.sentence(code, dataclasses.asdict(facts))
    assert code is None or code in rule.codes


def test_every_rule_of_a_day_has_a_case_for_each_code_and_one_that_passes():
    seen = {(type(rule), code) for rule, _facts, code, _said in CASES}
    for rule in (*DAY_RULES, *HOUSE_RULES):
        assert (rule, None) in seen, rule
        assert {(rule, code) for code in rule.codes} <= seen, rule


def test_what_holds_in_every_unit_cannot_be_listed_or_dropped_by_a_policy():
    kinds = [type(rule) for rule in day_rules([])]
    assert kinds == [UnitCap, *HOUSE_RULES]
    everything_wrong = facts_of({"on_leave": "Cuti", "taken": True, "closed": "x", "anchor": "y", "minimum": 1})
    codes = ["R-CUTI", "R-SUDAH-WFH", "R-HARI-DITUTUP", "R-HARI-BERSAMA", "R-KEHADIRAN-MINIMUM"]
    assert failing(day_rules([]), everything_wrong) == codes


ROOMS = [
    (UnitCap(50), {"unit_size": 10, "at_home": 3}, 2),
    (UnitCap(50), {"unit_size": 10, "at_home": 7}, -2),
    (UnitCap(), {"unit_size": 10}, None),
    (MinimumPresent(), {"present": 4, "minimum": 3}, 2),  # five are there, the next one included
    (MinimumPresent(), {"present": 2, "minimum": 3}, 0),
    (MinimumPresent(), {"present": 0, "minimum": 0}, None),
]


@pytest.mark.parametrize(("rule", "fields", "room"), ROOMS)
def test_room_and_check_say_the_same(rule, fields, room):
    facts = facts_of(fields)
    assert rule.room(facts) == room
    assert (rule.check(facts) is None) == (room is None or room > 0)
