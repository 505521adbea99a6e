"""Unit rules in the admin: who sets and ends them, what is refused on the form, and what holds in a unit."""

import datetime as dt

import pytest
from django.urls import reverse
from psycopg2.extras import DateRange

from ledger.models import Event
from schedules.actions.unit_rules import set_rule
from schedules.models import UnitRule
from tests.employees.roles import somebody

from .pages import as_, text

ADD, LIST = "/admin/schedules/unitrule/add/", "/admin/schedules/unitrule/"
TODAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def clock(now):
    return now


def client_of(cast, who, language="en"):
    client = as_(somebody(cast, who))
    client.cookies["language"] = language
    return client


def typed(**other):
    return {"kind": "MIN_PRESENT", "percent": "40", "unit": "REN", "slot": "FULL", "since": "2026-11-23"} | other


def ruled(cast, now, unit=None, **fields):
    given = {"kind": "MIN_PRESENT", "number": 1, "since": TODAY} | fields
    return set_rule(by=cast.dewi_user, agency=cast.agency, unit=unit, at=now, **given)


def change(rule):
    return reverse("admin:schedules_unitrule_change", args=[rule.pk])


def holding(unit):
    return reverse("admin:schedules_unitrule_holding", args=[unit.pk])


@pytest.mark.parametrize(
    ("who", "opens", "sets"),
    [
        ("dewi", 200, True),
        ("hadi", 200, True),
        ("hr_of_planning", 200, True),
        ("hr_of_general", 200, False),
        ("ratna", 200, False),
        ("auditor", 403, False),
        ("agency_admin", 403, False),
        ("platform", 403, False),
        ("sari", 302, False),
        ("eko", 302, False),
    ],
)
def test_who_sets_a_rule_of_a_unit(cast, who, opens, sets):
    client = client_of(cast, who)
    assert client.get(ADD).status_code == opens
    answer = client.post(ADD, typed())
    assert UnitRule.objects.exists() == sets
    if opens == 200:
        assert answer.status_code == (302 if sets else 200)
    if opens == 200 and not sets:
        assert "There is no unit “REN” among those you are HR of." in text(answer)


def test_a_rule_is_kept_as_typed_and_recorded_once(cast):
    answer = client_of(cast, "dewi").post(ADD, typed(last="2026-12-31"), follow=True)
    assert "The rule is set." in text(answer)
    rule = UnitRule.objects.get()
    assert (rule.unit, rule.kind, rule.percent, rule.number) == (cast.planning, "MIN_PRESENT", 40, None)
    assert rule.valid == DateRange(TODAY, dt.date(2027, 1, 1))
    assert Event.objects.filter(verb="unitrule.set", actor_id=cast.dewi_user.pk).count() == 1


def test_without_a_unit_it_is_the_whole_agency(cast):
    client_of(cast, "dewi").post(ADD, typed(unit=""))
    assert UnitRule.objects.get().unit is None
    told = client_of(cast, "hr_of_planning").post(ADD, typed(unit=""))
    assert "Name the unit" in text(told)


def test_what_does_not_belong_to_the_kind_is_left_out(cast):
    client_of(cast, "dewi").post(
        ADD, typed(kind="ANCHOR", weekday="1", number="9", post="Loket", reason="Apel pagi", slot="AM")
    )
    rule = UnitRule.objects.get()
    assert (rule.number, rule.percent, rule.post) == (None, None, "")
    assert (rule.weekday, rule.slot, rule.reason) == (1, "AM", "Apel pagi")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"percent": ""}, "Give a number of people or a share, not both."),
        ({"number": "5"}, "Give a number of people or a share, not both."),
        ({"percent": "101"}, "Ensure this value is less than or equal to 100."),
        ({"kind": "MAX_REMOTE", "percent": ""}, "Give the share in per cent."),
        ({"kind": "STAFFED_POST", "number": "1"}, "Give the post as it is written on the placements"),
        ({"kind": "BLACKOUT"}, "Give the reason; people read it."),
        ({"kind": "ANCHOR", "weekday": "1"}, "Give the reason; people read it."),
        ({"kind": "STAGES", "number": "3"}, "Give the number of stages: 1 or 2."),
        ({"kind": "CUTOFF", "number": "22"}, "Give an hour from 6 to 18."),
        ({"since": "2026-11-22"}, "A rule begins today at the earliest."),
        ({"since": "", "last": ""}, "This field is required."),
        ({"since": "soon"}, "Enter a valid date."),
        ({"since": "2026-12-02", "last": "2026-12-01"}, "The last day lies before the first."),
        ({"weekday": "2", "date": "2026-12-01"}, "Name a weekday or a date, not both."),
        ({"unit": "XX"}, "There is no unit “XX” among those you are HR of. Enter its code or its whole name."),
        ({"unit": "PUSAT"}, "There is no unit “PUSAT”"),
        ({"kind": ""}, "This field is required."),
    ],
)
def test_bad_input_is_refused_on_the_form_with_its_own_sentence(cast, other, said):
    answer = client_of(cast, "dewi").post(ADD, typed(**other))
    assert answer.status_code == 200
    assert said in text(answer)
    assert 'value="2026-12-02"' in text(answer) or "2026-12-02" not in str(other)  # what was typed is still there
    assert not UnitRule.objects.exists()


@pytest.mark.parametrize(
    ("who", "ends"),
    [("dewi", True), ("hr_of_planning", True), ("hr_of_general", None), ("auditor", False), ("ratna", None)],
)
def test_who_ends_a_rule(cast, now, who, ends):
    """None: for this reader the rule does not exist."""
    rule = ruled(cast, now, cast.planning)
    client = client_of(cast, who)
    assert client.get(change(rule)).status_code == (404 if ends is None else 200)
    answer = client.post(change(rule), {"ends": "2026-11-30"})
    rule.refresh_from_db()
    assert (rule.valid.upper == dt.date(2026, 12, 1)) == bool(ends)
    assert answer.status_code == (302 if ends else 404 if ends is None else 403)


def test_a_rule_is_not_ended_in_the_past_nor_twice(cast, now, monkeypatch):
    rule = ruled(cast, now, cast.planning)
    client = client_of(cast, "dewi")
    assert "A rule ends today at the earliest" in text(client.post(change(rule), {"ends": "2026-11-22"}))
    client.post(change(rule), {"ends": "2026-11-23"})
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + dt.timedelta(days=2))
    client = client_of(cast, "dewi")
    assert client.post(change(rule), {"ends": "2026-11-30"}).status_code == 403
    rule.refresh_from_db()
    assert rule.valid.upper == dt.date(2026, 11, 24)


def test_the_list_is_filtered_by_kind_and_by_what_reaches_a_unit(cast, now):
    own, agency, other = ruled(cast, now, cast.planning), ruled(cast, now), ruled(cast, now, cast.general)
    closed = ruled(cast, now, cast.root, kind="BLACKOUT", number=None, reason="Pindah gedung", date=TODAY)
    client = client_of(cast, "auditor")

    def seen(**query):
        return set(client.get(LIST, query).context["cl"].queryset)

    assert seen() == {own, agency, other, closed}
    assert seen(kind__exact="BLACKOUT") == {closed}
    assert seen(unit=cast.planning.pk) == {own, agency, closed}
    assert seen(unit=cast.theirs.pk) == set()
    assert set(client_of(cast, "ratna").get(LIST).context["cl"].queryset) == set()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_queries_of_the_list(cast, now, django_assert_num_queries, rows):
    for _n in range(rows):
        ruled(cast, now, cast.planning)
    client = as_(cast.dewi_user)
    with django_assert_num_queries(9):
        client.get(LIST)


@pytest.mark.parametrize(("language", "said"), [("en", "the whole agency"), ("id", "40 %")])
def test_what_holds_in_a_unit_names_where_it_comes_from(cast, now, language, said):
    ruled(cast, now, number=None, percent=40)
    ruled(cast, now, cast.root, kind="ANCHOR", number=None, weekday=1, reason="Apel pagi")
    ruled(cast, now, cast.planning, kind="STAGES", number=2)
    page = text(client_of(cast, "dewi", language).get(holding(cast.planning)))
    assert said in page
    for part in ("Apel pagi", "Sekretariat Jenderal"):
        assert part in page
    assert f"?unit={cast.planning.code}" in page
    assert holding(cast.planning) in text(
        client_of(cast, "dewi").get(f"/admin/employees/unit/{cast.planning.pk}/change/")
    )


def test_a_nearer_rule_lifts_what_is_inherited(cast, now):
    ruled(cast, now, number=3)
    ruled(cast, now, cast.planning, number=None, lifted=True)
    rules = client_of(cast, "dewi").get(holding(cast.planning)).context["rules"]
    assert rules == []
    assert len(client_of(cast, "dewi").get(holding(cast.general)).context["rules"]) == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("auditor", 200),
        ("hr_of_planning", 200),
        ("hr_of_general", 404),
        ("ratna", 404),
        ("agency_admin", 403),
        ("sari", 302),
    ],
)
def test_who_reads_what_holds_in_a_unit(cast, who, status):
    client = client_of(cast, who)
    assert client.get(holding(cast.planning)).status_code == status
    if who == "auditor":
        assert "Set a rule for this unit" not in text(client.get(holding(cast.planning)))


@pytest.mark.parametrize("number", ["²", "٣", "9" * 19, "9" * 5_000, "x", "\0"])
def test_what_is_no_number_of_a_unit_finds_nothing(cast, now, number):
    ruled(cast, now)
    answer = client_of(cast, "dewi").get(LIST, {"unit": number})
    assert answer.status_code == 200
    assert not answer.context["cl"].queryset.exists()
    people = client_of(cast, "dewi").get("/admin/employees/employee/", {"unit": number})
    assert people.status_code == 200
    assert not people.context["cl"].queryset.exists()


@pytest.mark.parametrize("field", ["since", "last", "date"])
def test_a_slip_in_the_year_is_told_on_the_form(cast, now, field):
    for day in ("9999-12-31", "2101-01-01"):
        dates = {"last": day} if field == "since" else {}
        answer = client_of(cast, "dewi").post(ADD, typed(**{field: day} | dates))
        assert "Check the year: rules are set up to 2100." in text(answer)
    assert not UnitRule.objects.exists()


def test_a_rule_does_not_end_after_the_calendar(cast, now):
    rule = ruled(cast, now, cast.planning)
    client = client_of(cast, "dewi")
    assert "Check the year" in text(client.post(change(rule), {"ends": "9999-12-31"}))
    rule.refresh_from_db()
    assert rule.valid.upper is None
    assert client.post(change(rule), {"ends": "2100-12-31"}).status_code == 302
