"""Two HR heads at the same moment: a correction is applied once, and the last place is given once."""

import contextlib
import datetime as dt
import threading
import time

import pytest
from django.utils import timezone

from eligibility.actions import corrections as room
from eligibility.actions import propose_by_hand
from eligibility.models import Correction
from eligibility.queries import published_runs
from employees.actions import declare_holiday
from employees.models import Role, Unit
from ledger.models import Event
from schedules.actions import corrections, giving
from schedules.actions.day_corrections import propose_days_due
from schedules.models import Notice, Plan, WfhDay
from tests import factories
from tests.at_once import together

from .test_request_races import planned

__all__ = ["planned"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def heads(planned):
    """Next week planned on Wednesday, and two heads of HR who both look at it."""
    factories.grant(planned.eko_user, Role.HR_HEAD, planned.agency)
    planned.heads = [planned.hadi_user, planned.eko_user]
    return planned


def proposal(cast, person, eligible):
    run = published_runs(cast.agency.pk, cast.monday)[0]
    known = dict(eligible=eligible, reasons=[] if eligible else ["R-PREDIKAT"], reason="SK")
    return propose_by_hand(run_id=run.pk, employee_id=person.pk, by=cast.dewi_user, at=timezone.now(), **known)


def click(one, user, do=corrections.apply):
    return lambda: do(correction_id=one.pk, by=user, at=timezone.now(), reason="SK", version=one.version)


def decisions():
    return Event.objects.filter(verb__in=("correction.apply", "correction.dismiss")).count()


@pytest.fixture
def unlocked(monkeypatch):
    """Nobody stands in line, and both have read the correction before either writes."""
    gate = threading.Barrier(2)

    def read(pk):
        row = Correction.objects.select_related("run__policy", "agency", "employee").get(pk=pk)
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(5)
        return row

    monkeypatch.setattr(room, "_locked", read)
    monkeypatch.setattr(corrections, "_hold", lambda agency_id: None)
    monkeypatch.setattr(corrections, "lock_units", lambda ids: None)


def test_of_two_appliers_one_applies(heads):
    one = proposal(heads, heads.sari, eligible=False)
    assert together(*[click(one, user) for user in heads.heads * 2]) == ["DECIDED"] * 3 + [None]
    assert decisions() == 1
    assert Notice.objects.filter(kind="decision-corrected").count() == 1
    assert WfhDay.objects.get(employee=heads.sari).state == "RETURNED"


def test_twin_without_the_locks_both_would(heads, unlocked):
    one = proposal(heads, heads.sari, eligible=False)
    assert together(*[click(one, user) for user in heads.heads]) == [None, None]
    assert decisions() == 2


def test_of_two_appliers_one_gives_the_day(heads):
    one = proposal(heads, heads.budi, eligible=True)
    assert together(*[click(one, user) for user in heads.heads]) == ["DECIDED", None]
    assert WfhDay.objects.active().filter(employee=heads.budi).count() == 1
    assert Plan.objects.get(state="PUBLISHED").revision == 2


def test_of_applying_and_dismissing_one_counts(heads):
    date, at = heads.monday + dt.timedelta(days=2), timezone.now()
    known = dict(name="Hari berkabung", kind="LIBUR_NASIONAL", source="", by=heads.hadi_user, at=at)
    declare_holiday(agency=heads.agency, date=date, **known)
    propose_days_due(at=at)
    one = Correction.objects.get(employee=heads.sari, state="PROPOSED")
    calls = [click(one, heads.hadi_user), click(one, heads.eko_user, corrections.dismiss)]
    assert together(*calls) == ["DECIDED", None]
    one.refresh_from_db()
    moved = Plan.objects.get(state="PUBLISHED").revision == 2
    assert (decisions(), moved) == (1, one.state == "APPLIED")


@pytest.fixture
def last_place(heads, monkeypatch):
    """Budi and Wati become eligible; of their unit of three one may be at home, and Sari has given her day up."""
    wati = factories.employee(heads.general, "Wati Utami", heads.budi)
    Unit.objects.filter(pk=heads.general.pk).update(wfh_quota_percent=34)
    WfhDay.objects.filter(employee=heads.sari).update(state="RETURNED")
    found = giving.limits

    def slowly(*args, **kwargs):
        rooms = found(*args, **kwargs)
        time.sleep(0.25)
        return rooms

    monkeypatch.setattr(giving, "limits", slowly)
    heads.calls = [
        click(proposal(heads, person, eligible=True), user)
        for person, user in zip((heads.budi, wati), heads.heads, strict=True)
    ]
    heads.at_home = WfhDay.objects.active().filter(unit=heads.general)
    return heads


def test_the_last_place_is_given_once_and_the_other_is_told(last_place):
    assert together(*last_place.calls) == [None, None]
    assert last_place.at_home.count() == 1
    assert {one.days[0]["to"] is None for one in Correction.objects.all()} == {True, False}


def only_the_days(plan, one, *known):
    """As it is written, without the revision, whose row would be another line to stand in."""
    known = dict(employee_id=one.employee_id, agency_id=one.agency_id, unit_id=one.unit_id, track=one.track)
    WfhDay.objects.bulk_create(WfhDay(date=date, **known) for date in one.dates)


def test_twin_without_standing_in_line_both_would_get_it(last_place, monkeypatch):
    monkeypatch.setattr(corrections, "_hold", lambda agency_id: None)
    monkeypatch.setattr(corrections, "lock_units", lambda ids: None)
    monkeypatch.setattr(giving, "_write", only_the_days)
    assert together(*last_place.calls) == [None, None]
    assert last_place.at_home.count() == 2
