"""Statistics say nothing about one person: not about whoever is alone in a unit, a grade or a kind of post."""

import pytest
from django.db import transaction

from eligibility.models import Decision
from eligibility.queries import bias
from employees.models import Employee, Unit

from .asking import Answer

READERS = ("head", "auditor")


def report(world, role: str) -> list[bytes]:
    """Every page of the bias report: the whole agency, and each unit that can be opened."""
    units = Unit.objects.filter(agency=world.cast.agency).order_by("pk").values_list("pk", flat=True)
    run = world.row("run", "own")
    asked = [f"/admin/bias/?run={run}", *(f"/admin/bias/?run={run}&unit={unit}" for unit in units)]
    answers = [world.client(role).get(address) for address in asked]
    assert {answer.status_code for answer in answers} == {200}
    return [Answer(answer, [], 0, None).body for answer in answers]


def exchange(one: Employee, other: Employee):
    """What was decided about one is now about the other: no total differs."""
    found = {person: Decision.objects.get(employee=person, until_run=None) for person in (one, other)}
    before = found[one].eligible
    assert before != found[other].eligible
    for person in (one, other):
        eligible = before if person == other else not before
        Decision.objects.filter(pk=found[person].pk).update(
            eligible=eligible, reasons=[] if eligible else ["R-PREDIKAT"]
        )


@pytest.mark.parametrize("role", READERS)
def test_whether_the_one_person_of_a_unit_is_eligible_cannot_be_read(world, role):
    """Exchanged with somebody of another small unit, every page of the report reads the same."""
    with transaction.atomic():
        before = report(world, role)
        exchange(world.cast.loner, world.cast.team[1])
        after = report(world, role)
        transaction.set_rollback(True)
    assert before == after


def test_without_suppression_it_can(world, monkeypatch):
    """The twin."""
    monkeypatch.setattr(bias, "SMALLEST", 0)
    monkeypatch.setattr(bias, "suppressed", lambda groups: [group for group in groups if group.people])
    with transaction.atomic():
        before = report(world, "auditor")
        exchange(world.cast.loner, world.cast.team[1])
        after = report(world, "auditor")
        transaction.set_rollback(True)
    assert before != after


def test_who_reads_no_scores_reads_no_statistics_of_them(world):
    for role in ("accounts", "branch", "platform", "part"):
        for address in ("/admin/bias/", "/admin/what-if/"):
            assert world.client(role).get(address).status_code == 403, (role, address)
