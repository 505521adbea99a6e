"""A request whose day falls away ends at once: both sides read why, and nobody keeps a reminder of nothing."""

import datetime as dt

import pytest
from django.utils import translation

from schedules.actions.repair import propose_repair, repair_week
from schedules.actions.requests import ask_to_swap, give_back, recall_day, run_clock, save_draft
from schedules.models import Delegation, Notice, Request, WfhDay
from schedules.notices import spoken

from .pages import as_, given, text
from .weeks import THURSDAY, WEDNESDAY, day_of


def mend(cast, at, dates, kind, reason, unit=None):
    ask = dict(agency=cast.agency, dates=list(dates), unit=unit)
    digest = propose_repair(**ask, at=at).digest
    return repair_week(by=cast.hadi_user, **ask, reason=reason, kind=kind, digest=digest, at=at)


def told(kind):
    """Who was told, and in which words."""
    with translation.override("en"):
        rows = list(Notice.objects.filter(kind=kind).select_related("receiver").order_by("receiver__name"))
        return {one.notice.receiver.name: f"{one.line} {one.said}" for one in spoken(rows)}


HOLIDAY = "Thursday, 3 December 2026 has been declared a day off."
EMERGENCY = "An emergency of the unit: on Thursday, 3 December 2026 nobody works from home."
CASES = [("HOLIDAY", False, HOLIDAY), ("CALENDAR", False, HOLIDAY), ("EMERGENCY", True, EMERGENCY)]


@pytest.mark.parametrize(("kind", "of_unit", "says"), CASES)
def test_a_repair_says_why_to_who_asked_and_to_who_had_it_to_decide(lent, waiting, at, kind, of_unit, says):
    run_clock(at=dt.datetime(2026, 11, 24, 9, 31, tzinfo=at.tzinfo))
    assert set(told("request-reminder")) == {"Budi Santoso", "Wati Utami"}
    mend(lent, at, [THURSDAY], kind, "Banjir di lantai dasar", lent.general if of_unit else None)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decision_reason) == ("EXPIRED", "Banjir di lantai dasar")
    asked, held = told("request-ended"), told("request-dropped")
    assert set(asked) == {"Sari Rahmawati"}
    assert set(held) == {"Budi Santoso", "Wati Utami"}  # the stand-in was reminded too
    for said in (*asked.values(), *held.values()):
        assert says in said
        assert "Banjir di lantai dasar" in said
    assert "The WFH day on Wednesday, 2 December 2026 stays as planned." in asked["Sari Rahmawati"]
    assert "There is nothing left to decide" in held["Budi Santoso"]
    assert not told("request-expired")
    assert run_clock(at=waiting.due_at) == {"expired": 0, "granted": 0, "reminded": 0, "escalated": 0}


def test_the_day_given_up_falling_away_names_that_day(lent, waiting, at):
    mend(lent, at, [WEDNESDAY], "HOLIDAY", "Hari berkabung")
    said = told("request-ended")["Sari Rahmawati"]
    assert "Wednesday, 2 December 2026 has been declared a day off." in said
    assert "is no longer a WFH day" in said


def test_a_draft_has_nobody_else_to_tell(lent, at):
    save_draft(by=lent.sari_user, date=THURSDAY, gives_up_id=lent.day.pk, reason="", at=at)
    mend(lent, at, [THURSDAY], "HOLIDAY", "Hari berkabung")
    assert set(told("request-ended")) == {"Sari Rahmawati"}
    assert not told("request-dropped")


def test_without_a_supervisor_hr_is_told(lent, waiting, at):
    Delegation.objects.all().delete()
    Request.objects.update(holder=None)
    mend(lent, at, [THURSDAY], "HOLIDAY", "Hari berkabung")
    assert set(told("request-dropped")) == {"Dewi Lestari", "Hadi Wijaya"}


def test_a_recalled_day_ends_what_hangs_on_it_with_the_reason(lent, waiting, at):
    recall_day(by=lent.budi_user, day_id=lent.day.pk, reason="Kunjungan menteri", at=at)
    said = told("request-ended")["Sari Rahmawati"]
    assert "The WFH day on Wednesday, 2 December 2026 has been recalled to the office." in said
    assert "Kunjungan menteri" in said
    assert set(told("request-dropped")) == {"Budi Santoso", "Wati Utami"}


def test_of_a_swap_the_colleague_is_told_and_reads_nobody_elses_reason(lent, at):
    theirs = given(lent, lent.wati, THURSDAY)
    ask_to_swap(by=lent.sari_user, day_id=lent.day.pk, for_day_id=theirs.pk, reason="", at=at)
    recall_day(by=lent.budi_user, day_id=theirs.pk, reason="Menggantikan yang sakit", at=at)
    asked, held = told("request-ended"), told("request-dropped")
    assert (set(asked), set(held)) == ({"Sari Rahmawati"}, {"Wati Utami"})
    assert "Thursday, 3 December 2026 has been recalled" in asked["Sari Rahmawati"]
    assert "Menggantikan" not in asked["Sari Rahmawati"] + held["Wati Utami"]


def test_a_day_given_back_late_and_then_closed(lent, at):
    late = dt.datetime.combine(WEDNESDAY, dt.time(5), tzinfo=at.tzinfo)
    give_back(by=lent.sari_user, day_id=lent.day.pk, at=late)
    mend(lent, late, [WEDNESDAY], "EMERGENCY", "Banjir", lent.general)
    assert set(told("request-ended")) == {"Sari Rahmawati"}
    assert not WfhDay.objects.active().filter(date=WEDNESDAY, employee=lent.sari).exists()


def test_the_page_of_requests_says_that_it_ended_early(lent, waiting, at):
    mend(lent, at, [THURSDAY], "HOLIDAY", "Hari berkabung")
    client = as_(lent.sari_user)
    client.cookies["language"] = "en"
    page = text(client.get("/requests/"))
    assert "It ended early" in page
    assert "Hari berkabung" in page
    assert "Nobody decided it" not in page


def test_strangers_are_told_nothing(lent, waiting, at):
    mend(lent, at, [THURSDAY], "HOLIDAY", "Hari berkabung")
    names = set(told("request-ended")) | set(told("request-dropped"))
    assert not names & {"Eko Prasetyo", "Ratna Sari"}
    assert day_of(lent.sari).date == WEDNESDAY
