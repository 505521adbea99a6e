"""Planned days that can no longer be (a day off declared later, a person who left) are proposed, never just taken."""

import datetime as dt

import pytest
from django.db import connection
from django.urls import reverse

from eligibility import permissions, queries
from eligibility.actions import Refused, propose_by_hand
from eligibility.engine.what_if import Published
from eligibility.models import Correction
from eligibility.queries.corrections import corrected
from employees.actions import declare_holiday
from employees.models import AgencyInputs, Holiday, Placement
from ledger.models import Event, Outbox
from schedules import wording
from schedules.actions.corrections import apply, decide_many, dismiss
from schedules.actions.day_corrections import propose_days_due
from schedules.actions.plans import unit_weeks
from schedules.actions.repair import propose_repair, repair_week
from schedules.models import Notice, Plan, WfhDay
from schedules.notices import spoken
from schedules.queries import balance_of
from tests import factories
from tests.worlds import world

from .pages import as_, text
from .weeks import MONDAY, WEDNESDAY, WEEK, day_of, in_force, planned


@world
def week(cast, at):
    """REWARD-2019: Sari and Wati in Budi's unit, Eko and three in the other, all on Wednesday."""
    in_force(cast.agency, at)
    cast.wati = factories.employee(cast.general, "Wati Utami", cast.budi)
    for person in (cast.sari, cast.wati, cast.eko, *cast.team):
        factories.appraisal(person)
    planned(cast.agency, at)
    return cast


def off(cast, at, date=WEDNESDAY, agency=None):
    ask = dict(name="Hari berkabung", kind="LIBUR_NASIONAL", source="", by=cast.hadi_user, at=at)
    return declare_holiday(agency=agency or cast.agency, date=date, **ask)


def leaves(person, on):
    """As an import of people ends a placement."""
    for place in Placement.objects.filter(employee=person):
        Placement.objects.filter(pk=place.pk).update(valid=(place.valid.lower, on))
    AgencyInputs.objects.filter(agency=person.agency_id).changed()


def proposed(**filters):
    return Correction.objects.filter(state="PROPOSED", **filters)


def decided(cast, at, do=apply, person=None, **other):
    one = proposed(employee=person or cast.sari).get()
    ask = dict(by=cast.hadi_user, at=at, reason="Hari berkabung nasional", version=one.version) | other
    return do(correction_id=one.pk, **ask)


# --- a day off declared after publishing --------------------------------------------------------


def test_a_day_off_is_proposed_to_each_with_before_after_and_why_and_takes_nothing(week, at, english):
    off(week, at)
    assert propose_days_due(at=at) == 6
    assert proposed(cause="CALENDAR").count() == 6
    assert WfhDay.objects.active().filter(date=WEDNESDAY).count() == 6
    one = proposed(employee=week.sari).get()
    assert "WFH on Wednesday" in wording.before_correction(one)
    assert "day off (Hari berkabung)" in wording.after_correction(one)
    assert "where the limits allow" in wording.after_correction(one)
    assert not Notice.objects.exists()
    assert propose_days_due(at=at) == 0  # doing it twice changes nothing


def test_applied_it_moves_the_day_of_that_person_and_tells_once(week, at, english):
    off(week, at)
    propose_days_due(at=at)
    one = decided(week, at)
    day = day_of(week.sari)
    assert (day.date == WEDNESDAY, day.origin) == (False, "REPAIR")
    assert WfhDay.objects.active().filter(date=WEDNESDAY).count() == 5  # each by itself
    assert one.days[0]["to"] == day.date.isoformat()
    assert "moved to" in wording.after_correction(Correction.objects.get(pk=one.pk))
    assert [told.kind for told in Notice.objects.filter(receiver=week.sari)] == ["day-repaired"]
    assert Outbox.objects.filter(kind="MAIL", key__startswith="day-").count() == 1
    assert (Plan.objects.get(state="PUBLISHED").revision, balance_of(week.sari, WEEK).owed) == (2, 0)
    assert Event.objects.filter(verb="correction.apply", subject_id=one.pk).count() == 1


def test_the_person_reads_it_on_their_week_and_the_decision_stays(week, at, english):
    run = queries.published_runs(week.agency.pk, MONDAY)[0]
    off(week, at)
    propose_days_due(at=at)
    decided(week, at)
    assert queries.decision_at(run, week.sari.pk).eligible
    assert queries.eligible_at(run, [week.sari.pk]) == {week.sari.pk}
    assert not queries.applied(run).exists()
    client = as_(week.sari_user)
    client.cookies["language"] = "en"
    page = text(client.get(reverse("my-week"), {"week": "2026-W49"}))
    assert "day off (Hari berkabung): moved to" in page


def test_a_later_one_about_days_does_not_hide_an_earlier_one_about_the_decision(week, at):
    run = queries.published_runs(week.agency.pk, MONDAY)[0]
    WfhDay.objects.all().delete()
    known = dict(run=run, agency=week.agency, employee=week.sari, state="APPLIED", decided_by=week.hadi_user)
    known |= dict(reason="SK", proposed_at=at)
    barred = dict(after_eligible=False, after_reasons=["R-PREDIKAT"], cause="BY_HAND")

    def considered():
        planned = unit_weeks(agency=week.agency, week=MONDAY, runs=[run], at=at)
        return week.sari.pk in {one.employee_id for unit in planned for one in unit.people}

    assert considered()
    Correction.objects.create(**known, **barred, decided_at=at)
    Correction.objects.create(**known, cause="CALENDAR", decided_at=at + dt.timedelta(hours=1))
    assert not considered()
    assert corrected(run, week.sari.pk, None).reasons == ["R-PREDIKAT"]
    with connection.cursor() as cursor:
        cursor.execute(Published(run).sql)
        assert ["R-PREDIKAT"] in [row[1] for row in cursor.fetchall() if row[0] == week.sari.pk]


def test_many_are_decided_with_one_reason(week, at):
    off(week, at)
    propose_days_due(at=at)
    versions = dict(proposed().values_list("pk", "version"))
    rows = decide_many(versions=versions, apply_them=True, by=week.hadi_user, at=at, reason="Hari berkabung")
    assert not any(row.refused for row in rows)
    assert not WfhDay.objects.active().filter(date=WEDNESDAY).exists()


def test_dismissed_the_day_stays_and_is_not_proposed_again(week, at):
    off(week, at)
    propose_days_due(at=at)
    decided(week, at, do=dismiss)
    assert day_of(week.sari).date == WEDNESDAY
    AgencyInputs.objects.filter(agency=week.agency).changed()
    assert propose_days_due(at=at) == 0
    assert not proposed(employee=week.sari).exists()


def test_repaired_for_everybody_the_proposals_become_needless(week, at):
    off(week, at)
    propose_days_due(at=at)
    ask = dict(agency=week.agency, dates=[WEDNESDAY], unit=None, at=at)
    digest = propose_repair(**ask).digest
    repair_week(by=week.hadi_user, reason="Hari berkabung", digest=digest, kind="CALENDAR", **ask)
    assert propose_days_due(at=at) == 6
    assert set(Correction.objects.values_list("state", flat=True)) == {"OBSOLETE"}


def test_what_is_over_is_needless_and_refused(week, at):
    off(week, at)
    propose_days_due(at=at)
    later = dt.datetime.combine(WEDNESDAY + dt.timedelta(days=1), dt.time(9), tzinfo=week.agency.zone)
    with pytest.raises(Refused) as refused:
        decided(week, later)
    assert refused.value.code == "NEEDLESS"
    assert propose_days_due(at=later) == 6
    assert not proposed().exists()


def test_the_day_off_of_another_agency_proposes_nothing(week, at):
    Holiday.objects.create(agency=week.other, date=WEDNESDAY, name="Hari jadi")
    AgencyInputs.objects.all().changed()
    assert propose_days_due(at=at) == 0


def test_it_stands_beside_a_proposal_about_the_decision(week, at):
    off(week, at)
    propose_days_due(at=at)
    run = queries.published_runs(week.agency.pk, MONDAY)[0]
    ask = dict(run_id=run.pk, employee_id=week.sari.pk, eligible=False, reasons=["R-PREDIKAT"], reason="Dibatalkan")
    propose_by_hand(by=week.dewi_user, at=at, **ask)
    assert set(proposed(employee=week.sari).values_list("cause", flat=True)) == {"CALENDAR", "BY_HAND"}


# --- who may, and who may not -------------------------------------------------------------------


def test_only_the_hr_head_decides_and_nobody_on_their_own_case(week, at):
    off(week, at)
    propose_days_due(at=at)
    for user in (week.budi_user, week.dewi_user, week.sari_user):
        with pytest.raises(permissions.Denied):
            decided(week, at, by=user)
    with pytest.raises(Refused) as refused:
        decided(week, at, reason=" ")
    assert refused.value.code == "REASON_MISSING"
    assert day_of(week.sari).date == WEDNESDAY


def test_it_is_decided_once(week, at):
    off(week, at)
    propose_days_due(at=at)
    one = decided(week, at)
    with pytest.raises(Refused) as refused:
        apply(correction_id=one.pk, by=week.hadi_user, at=at, reason="Lagi", version=one.version)
    assert refused.value.code == "DECIDED"
    assert Plan.objects.count() == 2


# --- people who left ----------------------------------------------------------------------------


def test_days_after_leaving_are_proposed_to_end_and_nothing_is_owed(week, at, english):
    leaves(week.wati, WEDNESDAY)
    assert propose_days_due(at=at) == 1
    one = proposed(cause="LEFT").get()
    assert one.employee == week.wati
    assert "no longer works there" in wording.after_correction(one)
    decided(week, at, person=week.wati)
    assert WfhDay.objects.get(employee=week.wati).state == "RETURNED"
    assert Plan.objects.count() == 1
    (told,) = spoken(list(Notice.objects.filter(kind="decision-corrected").select_related("receiver")))
    assert "no longer take place" in told.said


def test_the_last_day_of_work_stays(week, at):
    leaves(week.wati, WEDNESDAY + dt.timedelta(days=1))
    assert propose_days_due(at=at) == 0
