"""A day that is full is refused with the next one that fits: on sending, at each approval, in bulk and over the API."""

import datetime as dt

import pytest
from django.utils import translation

from employees.models import Placement
from schedules.actions.refused import Refused
from schedules.actions.requests import approve_many, approve_request, send_request
from schedules.models import Request, UnitRule
from tests import factories

from .calls import Caller, said
from .pages import as_, asked, text
from .weeks import FRIDAY, THURSDAY, day_of, in_force
from .weeks import planned as week_planned

POST = "Petugas Loket"
FULL = {
    "R-KUOTA-UNIT": {"kind": "MAX_REMOTE", "percent": 0},
    "R-KEHADIRAN-MINIMUM": {"kind": "MIN_PRESENT", "number": 9},
    "R-POS-WAJIB": {"kind": "STAFFED_POST", "number": 1, "post": POST},
}
FRIDAY_FITS = "The next day that fits is Friday, 4 December."
TUESDAY_FITS = "Later in that week no day fits; Tuesday, 1 December still does."
NONE_FITS = "No other day of that week fits."
ALL = [1, 2, 3, 4, 5]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def close(cast, code, *weekdays):
    """What makes these weekdays full in Sari's unit, by the rule of a code."""
    Placement.objects.filter(employee=cast.sari).update(job_title=POST)
    for weekday in weekdays:
        fields = {"agency": cast.agency, "unit": cast.general, "valid": factories.ALWAYS, "weekday": weekday}
        UnitRule.objects.create(**fields, **FULL[code])


def ask(cast, at, date=THURSDAY, **fields):
    day = day_of(cast.sari)
    return send_request(by=cast.sari_user, date=date, gives_up_id=day.pk, reason="", at=at, **fields)


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as found:
        call(*args, **kwargs)
    return found.value.code, str(found.value)


CASES = [((4,), FRIDAY_FITS), ((4, 5), TUESDAY_FITS), (ALL, NONE_FITS)]


@pytest.mark.parametrize("code", FULL)
@pytest.mark.parametrize(("weekdays", "says"), CASES)
def test_sending_and_approving_name_the_next_day_that_fits(planned, at, code, weekdays, says):
    request = ask(planned, at)
    close(planned, code, *weekdays)
    found = refused(approve_request, by=planned.budi_user, request_id=request.pk, version=1, at=at)
    assert (found[0], found[1].endswith(f". {says}")) == (code, True), found
    Request.objects.all().delete()
    found = refused(ask, planned, at)
    assert (found[0], found[1].endswith(f". {says}")) == (code, True), found
    assert not Request.objects.exists()


def test_a_day_that_closed_already_is_not_named(planned, at):
    request = ask(planned, at, date=FRIDAY)
    close(planned, "R-KUOTA-UNIT", 4, 5)
    on_tuesday = dt.datetime(2026, 12, 1, 9, tzinfo=at.tzinfo)
    decide = dict(by=planned.budi_user, request_id=request.pk, version=1, at=on_tuesday)
    assert refused(approve_request, **decide)[1].endswith(NONE_FITS)


def test_the_week_being_used_up_names_no_other_day(planned, at):
    found = refused(send_request, by=planned.sari_user, date=THURSDAY, gives_up_id=None, reason="", at=at)
    assert found[0] == "R-BATAS-MINGGU"
    assert "fits" not in found[1]


def test_half_a_day_finds_half_a_day(planned, at):
    close(planned, "R-KUOTA-UNIT", 4)
    UnitRule.objects.create(
        agency=planned.agency, unit=planned.general, valid=factories.ALWAYS, weekday=5, kind="MAX_REMOTE", percent=0,
        slot="AM",
    )  # fmt: skip
    assert refused(ask, planned, at, slot="PM")[1].endswith(FRIDAY_FITS)
    assert "Tuesday" in refused(ask, planned, at, slot="AM")[1]


def test_in_bulk_each_that_stays_names_a_day_that_is_left_when_all_are_decided(cast, at):
    """Two ask for Thursday, which has one place; the third takes Friday's only one, so that Tuesday is left."""
    in_force(cast.agency, at)
    people = [cast.sari, *(factories.employee(cast.general, f"Pegawai {n}", cast.budi) for n in (1, 2))]
    for person in people:
        factories.appraisal(person)
    week_planned(cast.agency, at)
    for weekday in (4, 5):
        fields = {"agency": cast.agency, "unit": cast.general, "valid": factories.ALWAYS, "weekday": weekday}
        UnitRule.objects.create(kind="MAX_REMOTE", percent=25, **fields)  # one of four
    dates = [THURSDAY, THURSDAY, FRIDAY]
    sent = [
        asked(cast, person, date, at + dt.timedelta(minutes=n), day_of(person))
        for n, (person, date) in enumerate(zip(people, dates, strict=True))
    ]
    outcomes = approve_many(by=cast.budi_user, chosen=[(one.pk, 1) for one in sent], at=at)
    assert [one.done for one in outcomes] == [True, False, True]
    assert outcomes[1].refusal.code == "R-KUOTA-UNIT"
    assert str(outcomes[1].refusal).endswith(TUESDAY_FITS)


def test_the_api_and_the_page_say_it_too(lent, waiting):
    close(lent, "R-KEHADIRAN-MINIMUM", 4)
    answer = Caller(lent.budi_user).post(f"requests/{waiting.pk}/approve/", match=1)
    assert said(answer) == (409, "R-KEHADIRAN-MINIMUM")
    assert "4 Desember" in str(answer.json()) or "4 December" in str(answer.json())
    client = as_(lent.budi_user)
    client.cookies["language"] = "en"
    assert FRIDAY_FITS in text(client.post(f"/approvals/{waiting.pk}/approve/", {"version": 1}, follow=True))
    waiting.refresh_from_db()
    assert waiting.state == "SENT"
    Request.objects.all().delete()
    answer = Caller(lent.sari_user).post("requests/", lent.move)
    assert said(answer) == (409, "R-KEHADIRAN-MINIMUM")
    assert "4 Desember" in str(answer.json()) or "4 December" in str(answer.json())
