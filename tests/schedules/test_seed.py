"""The demo: made-up people through the real imports, approvals and runs; the same again for the same seed."""

import datetime as dt
import io
import json

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models import Count, Q

from employees.identity import matches_kind, parse_nip
from employees.intake.people import COLUMNS
from employees.models import (
    Absence,
    Agency,
    Discipline,
    Employee,
    Fact,
    Feed,
    Holiday,
    Leave,
    Placement,
    Unit,
    User,
)
from employees.reading import read_table
from ledger.models import Event
from performance.models import Appraisal
from performance.queries import to_decide, waiting_under
from schedules.demo import DemoRefused, give_passwords, seed
from schedules.demo.load import _file, _world
from schedules.demo.people import AGENCIES, CAST
from schedules.management.commands.demo_accounts import password
from schedules.models import Delegation, Plan, Preference, Request, UnitPlan, UnitRule, WfhDay
from schedules.queries import inbox
from tests import factories


def call(name, *arguments):
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_same_seed_gives_the_same_people_and_another_gives_others(at):
    spec = AGENCIES[0]
    assert _world(spec, 300, 1, at) == _world(spec, 300, 1, at)
    assert _world(spec, 300, 1, at)[2] != _world(spec, 300, 2, at)[2]


def test_the_files_of_the_demo_can_be_read_by_anyone(at):
    _spec, units, people, scores = _world(AGENCIES[1], 300, 1, at)
    table = read_table(_file(people), COLUMNS)
    assert (len(table.rows), table.bad, table.unknown) == (len(people), [], ())
    assert 8 <= max(1, *(sum(row["kode_unit"] == unit["kode"] for row in people) for unit in units[2:])) <= 40
    assert scores.late


@pytest.fixture
def demo(db, at):
    assert seed(count=300, number=1, at=at)


@pytest.mark.usefixtures("demo")
def test_the_whole_demo(at, settings):
    assert 295 <= Employee.objects.count() <= 305
    assert User.objects.count() == Employee.objects.count() + 1
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert all(matches_kind(parse_nip(e.nip), e.kind) and e.nip[15] == "9" for e in Employee.objects.all())
    assert {len(unit.path.split(".")) for unit in Unit.objects.all()} == {1, 2, 3}
    assert Holiday.objects.filter(date__year=2026, kind="CUTI_BERSAMA").count() >= 6
    assert Appraisal.objects.in_force().filter(year=2024).exists()
    for agency in Agency.objects.all():
        bosses = Placement.objects.filter(agency=agency, supervisor__isnull=True)
        assert bosses.count() == 1
        assert Plan.objects.filter(agency=agency, state="PUBLISHED").count() == 4
        assert WfhDay.objects.filter(agency=agency).exists()
        draft = Plan.objects.get(agency=agency, state="DRAFT")
        assert draft.week == dt.date(2026, 11, 30)
        assert draft.given
        assert UnitRule.objects.filter(agency=agency, unit=None, kind="MIN_PRESENT", percent=30).exists()
        assert 0.2 < Preference.objects.filter(employee__agency=agency).count() / draft.agency.employees.count() < 0.6
    widest = Placement.objects.values("supervisor").annotate(n=Count("pk", filter=Q(supervisor__isnull=False)))
    assert max(row["n"] for row in widest) <= 15
    asked = Request.objects.filter(supervisor__nip=CAST[1].nip)
    assert {"MOVE", "EXTRA", "SWAP", "RECUR"} <= set(asked.waiting().values_list("kind", flat=True))
    assert {"APPROVED", "REJECTED", "RETURNED"} <= set(asked.values_list("state", flat=True))
    assert {rule.kind for rule in UnitRule.objects.filter(agency__code="KPUR")} >= {
        "ANCHOR",
        "BLACKOUT",
        "STAGES",
        "STAFFED_POST",
    }
    supervisor = User.objects.get(employee__nip=CAST[1].nip)
    assert [line.fits for line in inbox(supervisor, at=at, limit=200)].count(False) == 1  # it would break the cover
    assert Delegation.objects.filter(delegator=supervisor.employee, on_leave_only=True).exists()
    assert Leave.objects.exists()
    assert {one.status for one in Discipline.objects.all()} == {"DIJATUHKAN", "DALAM_PROSES", "DIBATALKAN"}
    assert Discipline.objects.filter(level="RINGAN", end=None).exists()
    assert Absence.objects.exists()
    assert not Absence.objects.filter(date__in=Holiday.objects.values("date")).exists()
    assert Fact.objects.filter(key="jam_pelatihan", number__gt=0).exists()
    assert Fact.objects.filter(key="perjanjian_wfh", flag=True).exists()
    special = Employee.objects.exclude(special_until=None)
    assert special.exists()
    assert not special.filter(special_verified_by=None).exists()
    assert {feed.complete_until for feed in Feed.objects.all()} == {dt.date(2026, 11, 22)}
    assert Feed.objects.count() == 6
    clash = UnitPlan.objects.filter(plan__state="DRAFT", exception="CLASH", people__gt=1)
    assert clash.exists()
    officer = User.objects.get(employee__nip=next(one.nip for one in CAST if one.key == "hr_officer"))
    waiting = waiting_under(officer)
    assert to_decide(officer).exists()
    assert waiting.filter(employee=officer.employee).exists()  # their own score, which a colleague decides
    assert waiting.filter(imported_by=officer).exists()

    assert not seed(count=300, number=1, at=at)  # everything is there
    assert Event.objects.filter(verb="demo.seed").count() == 1

    settings.EMBEDDED = settings.DEBUG = False
    with pytest.raises(CommandError) as refused:
        call("demo_accounts")
    assert refused.value.returncode == 2
    settings.EMBEDDED = True
    assert json.loads(call("demo_accounts", "--json"))[0].keys() == {"role", "nip", "name", "password", "try"}
    rows = give_passwords(make=password, at=at)
    assert len({row["role"] for row in rows}) == len(rows) == 8
    assert all(row["try"] for row in rows[:3])
    assert all(len(row["password"]) >= 12 for row in rows)
    for row in rows:
        assert authenticate(username=row["nip"], password=row["password"])
    employee = Employee.objects.get(nip=rows[0]["nip"])
    assert WfhDay.objects.active().filter(employee=employee, date__range=("2026-11-23", "2026-11-29")).exists()
    assert "password" not in str(list(Event.objects.filter(verb="account.password").values("before", "after")))


def test_a_database_with_other_people_is_left_alone(cast, at):
    people = Employee.objects.count()
    with pytest.raises(DemoRefused):
        seed(count=300, number=1, at=at)
    with pytest.raises(CommandError) as refused:
        call("seed_demo", "--people", "300")
    assert refused.value.returncode == 2
    assert Employee.objects.count() == people


def test_no_passwords_without_demo_data(cast, settings):
    settings.EMBEDDED = True
    with pytest.raises(CommandError) as refused:
        call("demo_accounts")
    assert refused.value.returncode == 2


def test_a_token_is_shown_once_and_opens_what_its_account_sees(cast):
    text = call("create_token", cast.sari.nip).split()[-1]
    assert cast.sari_user.auth_token_set.get().token_key == text[:15]
    event = Event.objects.get(verb="account.token")
    assert text not in str((event.before, event.after))
    with pytest.raises(CommandError) as refused:
        call("create_token", factories.nip())
    assert refused.value.returncode == 2
