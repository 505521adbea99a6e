"""The bias report: numbers against a table made by hand, nothing of small groups, nothing for strangers."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from eligibility.actions import load_policies, put_in_force
from eligibility.models import Decision, Policy, Run
from eligibility.queries import bias
from employees.models import Employee, Placement, Role
from ledger.models import Event, Outbox
from tests import factories
from tests.worlds import world

WEEK = dt.date(2026, 11, 23)
PAGE = reverse("admin:bias")


def week(agency, at, monday=WEEK, number=1):
    """A published run, without decisions yet."""
    policy = Policy.objects.filter(code="REWARD-2019").first()
    if policy is None:
        load_policies(by=None, at=at)
        put_in_force(agency=agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=at)
        policy = Policy.objects.get(code="REWARD-2019")
    return Run.objects.create(
        agency=agency, track="REWARD", week=monday, number=number, policy=policy, state=Run.State.PUBLISHED,
        cutoff_at=at, published_at=at,
    )  # fmt: skip


def people(unit, count, eligible, run, **fields):
    """So many people of a unit, the first so many of them eligible in the run."""
    placement = {"job_group": fields.pop("job_group", "PELAKSANA")}
    fields = {"sex": "L", "kind": "PNS", "grade": "III/a"} | fields
    pppk = fields["kind"].startswith("PPPK")
    some = Employee.objects.bulk_create(
        Employee(
            agency=unit.agency, name="Rahasia", nip=factories.nip(appointed="202021" if pppk else "201001"), **fields
        )
        for _n in range(count)
    )
    places = Placement.objects.bulk_create(
        Placement(employee=one, agency=unit.agency, unit=unit, valid=factories.ALWAYS, **placement) for one in some
    )
    Decision.objects.bulk_create(
        Decision(
            agency_id=unit.agency_id, track=run.track, employee=one, from_run=run.number, eligible=n < eligible,
            reasons=[] if n < eligible else ["R-PREDIKAT"], placement_id=place.pk, kind=one.kind, legal_status="AKTIF",
        )
        for n, (one, place) in enumerate(zip(some, places, strict=True))
    )  # fmt: skip


@world
def planted(cast, at):
    """40 men of whom 30 are eligible, and 40 women of whom 18; in two units, PNS and PPPK."""
    run = week(cast.agency, at)
    people(cast.general, 40, 30, run, sex="L", grade="III/a")
    people(cast.planning, 20, 9, run, sex="P", grade="IV/b", job_group="FUNGSIONAL")
    people(cast.planning, 20, 9, run, sex="P", kind="PPPK", grade="IX", job_group="FUNGSIONAL")
    cast.run = run
    return cast


def table(report, code):
    return next(one for one in report.tables if one.code == code)


# --- numbers ---


@pytest.mark.parametrize(
    ("selected", "of", "low", "high"),
    [  # Wilson 95 %, as published (Newcombe 1998; R: prop.test(correct = FALSE))
        (81, 263, "0.2553", "0.3662"),
        (15, 148, "0.0624", "0.1605"),
        (0, 20, "0.0000", "0.1611"),
        (1, 29, "0.0061", "0.1718"),
        (20, 20, "0.8389", "1.0000"),
    ],
)
def test_the_interval_of_a_rate_is_wilsons(selected, of, low, high):
    found = bias.wilson(selected, of)
    assert (round(found.low, 4), round(found.high, 4)) == (Decimal(low), Decimal(high))


def test_the_numbers_against_a_table_made_by_hand(planted):
    report = bias.report(planted.run)
    assert (report.everybody.people, report.everybody.selected) == (80, 48)
    men, women = table(report, "SEX").groups
    assert (men.people, men.selected, men.rate, men.ratio) == (40, 30, Decimal("0.75"), 1)
    assert (women.people, women.selected, women.rate, women.ratio) == (40, 18, Decimal("0.45"), Decimal("0.6"))
    # with a calculator, from their formulas: Wilson 0.3071–0.6017 and 0.5981–0.8581, Donner & Zou 0.4008–0.8680
    assert (round(women.within.low, 4), round(women.within.high, 4)) == (Decimal("0.3071"), Decimal("0.6017"))
    assert (round(women.ratio_within.low, 3), round(women.ratio_within.high, 3)) == (Decimal("0.401"), Decimal("0.868"))
    assert (men.hint, women.hint) == ("", "UNSURE")
    kinds = {group.key: (group.people, group.selected) for group in table(report, "KIND").groups}
    assert kinds == {"PNS": (60, 39), "PPPK": (20, 9)}
    grades = table(report, "GRADE")
    assert (grades.within, [(g.label, g.people, g.selected) for g in grades.groups]) == (
        "PNS",
        [("III", 40, 30), ("IV", 20, 9)],
    )
    posts = {group.key: (group.people, group.selected) for group in table(report, "POST").groups}
    assert posts == {"PELAKSANA": (40, 30), "FUNGSIONAL": (40, 18)}
    units = report.branches.table(planted.root).groups
    assert [(g.label, g.people, g.selected) for g in units] == [("Biro Perencanaan", 40, 18), ("Biro Umum", 40, 30)]


def test_planted_bias_is_marked_and_fair_data_are_not(cast, at):
    run = week(cast.agency, at)
    people(cast.general, 400, 240, run, sex="L", grade="III/a")
    people(cast.planning, 400, 130, run, sex="P", grade="IV/a")
    report = bias.report(run)
    assert [group.hint for group in table(report, "SEX").groups] == ["", "BELOW"]
    later = week(cast.agency, at, WEEK + dt.timedelta(days=7), number=2)
    Decision.objects.update(until_run=2)
    people(cast.general, 400, 205, later, sex="L", grade="III/a")
    people(cast.planning, 400, 195, later, sex="P", grade="IV/a")
    fair = bias.report(later)
    assert {group.hint for one in fair.tables for group in one.groups} == {""}


def test_the_decisions_are_those_that_hold_at_the_run(planted, at):
    later = week(planted.agency, at, WEEK + dt.timedelta(days=7), number=2)
    Decision.objects.filter(eligible=False).update(until_run=2)
    assert bias.report(planted.run).everybody.people == 80
    assert bias.report(later).everybody.people == 48


def test_nobody_eligible_has_rates_but_no_ratio(cast, at):
    run = week(cast.agency, at)
    people(cast.general, 20, 0, run, sex="L")
    people(cast.general, 20, 0, run, sex="P")
    groups = table(bias.report(run), "SEX").groups
    assert [(g.rate, g.ratio, g.hint) for g in groups] == [(0, None, ""), (0, None, "")]


def test_grades_are_in_their_own_order_and_the_unknown_is_named(cast, at):
    run = week(cast.agency, at)
    for grade in ("IX", "V", "", "XI", "VII", "luar"):
        people(cast.general, 12, 6, run, kind="PPPK", grade=grade)
    assert [g.key for g in table(bias.report(run), "GRADE").groups] == ["V", "VII", "IX", "XI", "", "luar"]


# --- small groups ---


def sizes(*numbers):
    return [bias.Group(str(n), str(n), size, size // 2) for n, size in enumerate(numbers)]


@pytest.mark.parametrize(
    ("numbers", "hidden"),
    [
        ((50, 60), []),
        ((9, 60, 40), [9, 40]),  # 9 alone is the total less the rest: the next smallest goes with it
        ((3, 4, 60, 40), [3, 4, 40]),  # two, but seven people together
        ((9, 9, 60), [9, 9]),  # 18 together, each of them unknown
        ((9, 60), [9, 60]),
        ((5,), [5]),
        ((0, 50, 60), []),  # nobody there is no group
    ],
)
def test_small_groups_are_hidden_with_what_would_give_them_away(numbers, hidden):
    found = bias.suppressed(sizes(*numbers))
    assert sorted(group.people for group in found if group.hidden) == sorted(hidden)
    assert all(group.rate is None and group.within is None for group in found if group.hidden)


@given(st.lists(st.integers(0, 60), max_size=12))
def test_a_total_never_gives_a_small_group_away(numbers):
    found = bias.suppressed(sizes(*numbers))
    hidden = [group.people for group in found if group.hidden]
    assert all(group.people >= bias.SMALLEST for group in found if not group.hidden)
    if hidden and len(hidden) < len(found):
        assert len(hidden) > 1
        assert sum(hidden) >= bias.SMALLEST


@pytest.mark.parametrize(
    ("groups", "hidden"),
    [
        ([(5, 5), (6, 6), (30, 20), (60, 40)], {5, 6, 30}),  # 11 of 11: each of the two would be all
        ([(5, 0), (6, 0), (30, 20), (60, 40)], {5, 6, 30}),
        ([(5, 5), (6, 5), (30, 20), (60, 40)], {5, 6}),
        ([(5, 5), (6, 6), (60, 60)], {5, 6}),  # everybody is: there is nothing left to hide
    ],
)
def test_hidden_groups_are_not_all_of_one_answer(groups, hidden):
    made = [bias.Group(str(n), str(n), people, selected) for n, (people, selected) in enumerate(groups)]
    assert {group.people for group in bias.suppressed(made) if group.hidden} == hidden


def test_without_the_second_suppression_the_total_would_give_it_away():
    """The twin: hiding small groups only leaves their number as the difference."""
    total, shown = 109, [60, 40]
    assert total - sum(shown) == 9  # what `suppressed` prevents by hiding 40 too
    visible = [group.people for group in bias.suppressed(sizes(9, 60, 40)) if not group.hidden]
    assert total - sum(visible) == 49


def test_a_hidden_unit_cannot_be_opened_from_below(cast, at):
    run = week(cast.agency, at)
    small = factories.unit(cast.agency, "KECIL", "Unit Kecil", cast.root)
    part = [factories.unit(cast.agency, f"B{n}", f"Bagian {n}", cast.general) for n in (1, 2)]
    people(small, 4, 2, run)
    people(part[0], 15, 7, run)
    people(part[1], 15, 8, run)
    people(cast.planning, 90, 50, run)
    branches = bias.report(run).branches
    top = {group.label: group.hidden for group in branches.table(cast.root).groups}
    assert top == {"Unit Kecil": True, "Biro Umum": True, "Biro Perencanaan": False}
    assert branches.table(cast.general) is None  # 30 people, and 34 less 30 are four
    assert branches.table(part[0]) is None
    assert branches.table(small) is None
    assert branches.table(cast.planning) is not None


def test_a_grade_is_not_given_away_by_the_kinds_beside_it(cast, at):
    run = week(cast.agency, at)
    people(cast.general, 40, 20, run, grade="III/a")
    people(cast.general, 40, 20, run, grade="IV/a")
    people(cast.general, 20, 10, run, kind="PPPK", grade="IX")
    people(cast.general, 5, 2, run, kind="PPPK", grade="V")
    hidden = {
        (one.within, group.key) for one in bias.report(run).tables if one.code == "GRADE" for group in one.groups
        if group.hidden
    }  # fmt: skip
    assert hidden == {("PPPK", "V"), ("PPPK", "IX")}  # 25 PPPK less 20 would be five


# --- the page ---


def test_the_page_draws_bars_with_the_same_numbers_beside(planted, client):
    client.force_login(planted.dewi_user)
    page = client.get(PAGE, headers={"accept-language": "en"}).content.decode()
    assert page.count('role="img"') == 5
    assert 'class="four-fifths"' in page
    assert "style=" not in re.sub(r"<head>.*?</head>", "", page, flags=re.S).split("bias-title", 1)[1]
    assert re.search(r"45[.,]0 %", page)
    assert re.search(r"0[.,]60", page)


def test_the_page_names_nobody_and_no_number_of_a_small_group(cast, client, at):
    run = week(cast.agency, at)
    people(cast.general, 7, 3, run, sex="P")
    people(cast.general, 11, 5, run, sex="")
    people(cast.general, 61, 31, run, sex="L")
    client.force_login(cast.dewi_user)
    page = client.get(PAGE).content.decode().split('id="bias-title"')[1]
    assert "Rahasia" not in page
    assert not any(person.nip in page for person in Employee.objects.all())
    cells = re.findall(r'<td class="portal-end">(\d+)</td>', page)
    assert "61" in cells
    assert not {"7", "11", "3", "5"} & set(cells)


def test_a_week_about_fewer_than_ten_shows_nothing(cast, client, at):
    run = week(cast.agency, at)
    people(cast.general, 9, 4, run)
    client.force_login(cast.dewi_user)
    page = client.get(PAGE).content.decode().split('id="bias-title"')[1]
    assert "<td" not in page
    assert "<dd>" not in page


def test_a_hidden_unit_says_that_it_is_not_shown(cast, client, at):
    run = week(cast.agency, at)
    people(cast.general, 4, 2, run)
    people(cast.planning, 90, 50, run)
    client.force_login(cast.dewi_user)
    page = client.get(f"{PAGE}?run={run.pk}&unit={cast.general.pk}").content.decode()
    assert "<td" not in page.split('id="units"')[1]


def test_without_a_published_week_the_page_says_so(cast, client):
    client.force_login(cast.dewi_user)
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("who", ["dewi", "hadi", "auditor", "general-auditor"])
def test_who_may_look(planted, client, who):
    client.force_login(reader(planted, who))
    assert client.get(f"{PAGE}?run={planted.run.pk}").status_code == 200


@pytest.mark.parametrize("who", ["sub-tree", "agency-admin", "platform"])
def test_who_may_not(planted, client, who):
    """A part of the agency beside the whole would give the rest away; administrators read no scores."""
    client.force_login(reader(planted, who))
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}?run={planted.run.pk}").status_code == 403


@pytest.mark.parametrize("who", ["sari", "budi", "eko"])
def test_colleagues_and_supervisors_are_led_away(planted, client, who):
    client.force_login(getattr(planted, f"{who}_user"))
    assert client.get(PAGE).status_code in (302, 403)


def test_strangers_find_no_run_and_no_unit(planted, client, at):
    client.force_login(planted.ratna_user)
    assert client.get(f"{PAGE}?run={planted.run.pk}").status_code == 404
    theirs = week(planted.other, at)
    people(planted.theirs, 30, 10, theirs)
    assert client.get(f"{PAGE}?run={theirs.pk}&unit={planted.general.pk}").status_code == 404
    shown = client.get(f"{PAGE}?agency={planted.agency.pk}")
    assert str(planted.agency) not in shown.content.decode()


@pytest.mark.parametrize("odd", ["run=²", "run=x", "run=99999999999999999999", "unit=-1", "unit=%00", "run="])
def test_odd_addresses_find_nothing(planted, client, odd):
    client.force_login(planted.dewi_user)
    assert client.get(f"{PAGE}?{odd}").status_code in (200, 404)


def test_it_only_reads(planted, client):
    client.force_login(planted.dewi_user)
    before = Event.objects.count(), Outbox.objects.count()
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(PAGE).status_code == 405
    client.get(PAGE)
    assert (Event.objects.count(), Outbox.objects.count()) == before


def test_only_published_weeks_are_looked_at(planted, client):
    Run.objects.update(state=Run.State.WAITING, published_at=None)
    client.force_login(planted.dewi_user)
    assert client.get(f"{PAGE}?run={planted.run.pk}").status_code == 404


def test_queries_do_not_grow_with_people_groups_and_units(planted, client, at):
    client.force_login(planted.dewi_user)
    client.get(PAGE)
    counts = []
    for more in range(2):
        with CaptureQueriesContext(connection) as ran:
            client.get(PAGE)
        counts.append(len(ran))
        for n in range(5 * (1 - more)):
            unit = factories.unit(planted.agency, f"X{n}", f"Unit {n}", planted.root)
            people(unit, 12, n, planted.run, kind="PPPK", grade="V" * (n % 2) + "I", job_group="PENGAWAS")
    assert counts[0] == counts[1] <= 14


def reader(cast, who):
    if hasattr(cast, f"{who}_user"):
        return getattr(cast, f"{who}_user")
    user = factories.account()
    role, agency, unit = {
        "auditor": (Role.AUDITOR, cast.agency, None),
        "general-auditor": (Role.AUDITOR, None, None),
        "sub-tree": (Role.HR_OFFICER, cast.agency, cast.planning),
        "agency-admin": (Role.AGENCY_ADMIN, cast.agency, None),
        "platform": (Role.PLATFORM_ADMIN, None, None),
    }[who]
    factories.grant(user, role, agency, unit)
    return user
