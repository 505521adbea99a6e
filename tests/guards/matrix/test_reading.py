"""Reading is safe, and shows nothing of what happens elsewhere.

Every address that answers a GET is read twice by a role, and all tables of business are then as before: GET writes
nothing but sessions, when somebody was last here, and who read whose record (asking.PASSING). Between the two readings
much happens in the other agency, and every page is the same: no count, no highest number, no name tells of it.
"""

import pytest
from django.db import transaction
from django.utils import timezone

from employees.admin import ActionAdmin
from employees.models import Employee
from performance.models import Appraisal
from tests import factories

from .asking import Answer
from .routes import routes
from .table import is_closed, usual
from .world import CANARY

READERS = ("officer", "auditor", "accounts", "part", "employee", "supervisor")
# What tells of readings tells of the first one at the second.
OF_READINGS = ("admin:readings", "admin:ledger_readlog_changelist")
ANEW = ("factor-app", "factor-passkey")  # a new secret each time
LIST = "admin:performance_appraisal_changelist"
EVERYBODYS = ("livez", "readyz", "api-docs", "api-schema", "account_logout", "admin:logout", "admin:jsi18n")


@pytest.fixture(autouse=True)
def one_moment(monkeypatch):
    """Pages tell how long something is still open: between the two readings no minute passes."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)


def read(world, role: str, only: str = "") -> dict[str, tuple[int, bytes]]:
    """What this role reads at every address that shows something (or at one), in a transaction that stays."""
    found = {}
    for route in routes():
        if route.name in EVERYBODYS or is_closed(route.name) or only not in ("", route.name):
            continue
        if usual(role, route.door):  # turned away
            continue
        answer = world.client(role).get(route.address(world, route.relations(world)[0]))
        if answer.status_code == 200:
            found[route.name] = answer.status_code, Answer(answer, [], 0, None).body
    return found


def much_happens_elsewhere(world):
    """People, scores, requests and days of the other agency, all with the highest numbers there are."""
    for number in range(3):
        person = factories.employee(world.cast.theirs, f"{CANARY} Baru {number}", world.cast.ratna)
        factories.appraisal(person, state=Appraisal.State.SUBMITTED)
        factories.leave(person, *(2 * [factories.ALWAYS.lower]))
        factories.grant(factories.account(person), "AUDITOR", world.cast.other)
    Employee.objects.filter(pk=world.cast.stranger.pk).update(name=f"{CANARY} Lain Sekali")


def differing(first, second) -> list[str]:
    return sorted(name for name in first if first[name] != second.get(name) and name not in (*OF_READINGS, *ANEW))


@pytest.mark.parametrize("role", READERS)
def test_reading_twice_changes_nothing_and_shows_nothing_of_elsewhere(world, watch, role):
    with transaction.atomic():
        first = read(world, role)
        after_one = watch.digest()
        much_happens_elsewhere(world)
        between = watch.digest()
        second = read(world, role)
        after_two = watch.digest()
        transaction.set_rollback(True)
    assert len(first) >= 15
    assert {name for name in after_one if after_one[name] != watch.before[name]} == set(), "the first reading writes"
    assert {name for name in after_two if after_two[name] != between[name]} == set(), "the second reading writes"
    assert between != after_one
    assert differing(first, second) == []


def test_a_page_that_writes_is_noticed(world, watch, monkeypatch):
    """The twin of the first half."""
    from employees import views

    def spoilt(request):
        Employee.objects.filter(pk=world.cast.sari.pk).update(phone="1")
        return views.sorry(request, "", "", 200)

    with transaction.atomic():
        monkeypatch.setattr(views, "_account", lambda request, *_: spoilt(request))
        read(world, "employee", "account")
        changed = watch.digest()
        transaction.set_rollback(True)
    assert changed != watch.before


def test_the_highest_number_of_all_would_be_noticed(world, monkeypatch):
    """The twin of the second half: a list of scores that tells how many there are anywhere."""
    real = ActionAdmin.changelist_view

    def leaking(self, request, extra_context=None):
        response = real(self, request, extra_context)
        if self.model is Appraisal:
            response.context_data["title"] = str(Appraisal.objects.order_by("-pk").values_list("pk", flat=True)[0])
        return response

    monkeypatch.setattr(ActionAdmin, "changelist_view", leaking)
    with transaction.atomic():
        first = read(world, "officer", LIST)
        much_happens_elsewhere(world)
        second = read(world, "officer", LIST)
        transaction.set_rollback(True)
    assert differing(first, second) == [LIST]
