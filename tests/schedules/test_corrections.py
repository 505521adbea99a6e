"""An applied correction and the days of its week: what is past stays, what is ahead is given up, and it is told."""

import datetime as dt

import pytest
from django.urls import reverse

from eligibility import permissions, queries
from eligibility.actions import Refused, propose_by_hand, propose_due
from eligibility.models import Correction
from employees.models import AgencyInputs
from ledger.models import Event, Outbox
from performance.models import Appraisal
from schedules.actions.corrections import apply, decide_many, dismiss
from schedules.actions.plans import unit_weeks
from schedules.models import Notice, Plan, Request, WfhDay
from schedules.notices import spoken
from schedules.queries import offers
from schedules.queries.fairness import balance_of
from tests import factories

from .pages import MONDAY, THURSDAY, as_, asked, text


def proposal(cast, at, person=None, eligible=False):
    run = queries.published_runs(cast.agency.pk, MONDAY)[0]
    return propose_by_hand(
        run_id=run.pk,
        employee_id=(person or cast.sari).pk,
        eligible=eligible,
        reasons=[] if eligible else ["R-PREDIKAT"],
        by=cast.dewi_user,
        at=at,
        reason="Penilaian dibatalkan",
    )


def applied(cast, at, **other):
    one = proposal(cast, at, **other)
    reason = "Penilaian kinerja dibatalkan oleh pejabat penilai"
    return apply(correction_id=one.pk, by=cast.hadi_user, at=at, reason=reason, version=one.version)


def test_days_ahead_are_given_up_nothing_is_owed_and_open_requests_end(week, now):
    waiting = asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    owed = balance_of(week.sari, MONDAY).owed
    one = applied(week, now)
    week.day.refresh_from_db()
    waiting.refresh_from_db()
    assert week.day.state == WfhDay.State.RETURNED
    assert waiting.state == Request.State.EXPIRED
    assert balance_of(week.sari, MONDAY + dt.timedelta(weeks=1)).owed == owed
    assert Event.objects.get(verb="day.corrected").after["correction"] == one.pk
    told = Notice.objects.get(kind="decision-corrected")
    assert told.receiver == week.sari
    assert Outbox.objects.filter(key=told.key).count() == 1


def test_supervisors_learn_that_it_was_corrected_and_not_why(week, now):
    asked(week, week.sari, THURSDAY, now, gives_up=week.day)
    one = applied(week, now)
    for_budi = spoken(list(Notice.objects.filter(receiver=week.budi).select_related("receiver")))
    assert [note.notice.kind for note in for_budi] == ["request-dropped"]
    assert one.reason not in for_budi[0].said
    (mine,) = spoken(list(Notice.objects.filter(kind="decision-corrected").select_related("receiver")))
    assert one.reason in mine.said


def test_today_and_the_past_stay(week, now):
    applied(week, now + dt.timedelta(days=2))  # Wednesday, the day itself
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE


def test_whoever_becomes_eligible_where_nothing_is_planned_keeps_everything_and_may_ask(week, now, english):
    Plan.objects.filter(week=MONDAY).update(state="SUPERSEDED")
    applied(week, now, person=week.budi, eligible=True)
    (mine,) = spoken(list(Notice.objects.filter(receiver=week.budi).select_related("receiver")))
    assert mine.notice.kind == "decision-corrected"
    assert "not published yet and will count the person in" in mine.said
    assert WfhDay.objects.active().count() == 1
    assert any(offer.fits for offer in offers(week.budi, MONDAY, at=now))


def test_twice_is_once(week, now):
    one = applied(week, now)
    with pytest.raises(Refused) as refused:
        apply(correction_id=one.pk, by=week.hadi_user, at=now, reason="lagi", version=one.version)
    assert refused.value.code == "DECIDED"
    assert Notice.objects.filter(kind="decision-corrected").count() == 1


@pytest.mark.parametrize("who", ["sari", "budi", "dewi", "eko", "ratna"])
def test_strangers_and_officers_change_no_day(week, now, who):
    one = proposal(week, now)
    with pytest.raises(permissions.Denied):
        apply(correction_id=one.pk, by=getattr(week, f"{who}_user"), at=now, reason="x", version=one.version)
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE


def test_many_at_once_each_for_itself(week, now):
    first, second = proposal(week, now), proposal(week, now, person=week.budi, eligible=True)
    versions = {first.pk: first.version, second.pk: second.version + 1, 10**9: 1}
    rows = decide_many(versions=versions, apply_them=True, by=week.hadi_user, at=now, reason="SK")
    assert {row.correction_id: bool(row.refused) for row in rows} == {first.pk: False, second.pk: True, 10**9: True}
    assert set(Correction.objects.values_list("state", flat=True)) == {"APPLIED", "PROPOSED"}


def test_what_a_head_proposed_by_hand_another_head_applies(week, now, english):
    factories.grant(week.dewi_user, "HR_HEAD", week.agency)
    one = proposal(week, now)
    with pytest.raises(permissions.Denied, match="You proposed this correction yourself"):
        apply(correction_id=one.pk, by=week.dewi_user, at=now, reason="SK", version=one.version)
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE
    client = as_(week.dewi_user)
    client.cookies["language"] = "en"
    page = text(client.get(reverse("admin:eligibility_correction_change", args=[one.pk])))
    assert 'value="apply"' not in page
    assert 'value="dismiss"' in page
    assert "another HR head applies it" in page
    page = text(as_(week.hadi_user).get(reverse("admin:eligibility_correction_change", args=[one.pk])))
    assert 'value="apply"' in page
    assert apply(correction_id=one.pk, by=week.hadi_user, at=now, reason="SK", version=one.version).state == "APPLIED"


def test_whoever_proposed_it_by_hand_may_take_it_back_by_dismissing(week, now):
    factories.grant(week.dewi_user, "HR_HEAD", week.agency)
    assert dismissed(week, now, proposal(week, now), by="dewi").state == "DISMISSED"


def about_decisions():
    return Notice.objects.filter(kind__startswith="decision-")


def dismissed(week, now, one, by="hadi"):
    reason = "Penilaian itu tetap berlaku"
    return dismiss(correction_id=one.pk, by=getattr(week, f"{by}_user"), at=now, reason=reason, version=one.version)


def test_whoever_proposed_a_correction_learns_why_it_is_dismissed(week, now, english):
    dismissed(week, now, proposal(week, now))
    (told,) = spoken(list(about_decisions().select_related("receiver")))
    assert (told.notice.kind, told.notice.receiver) == ("decision-unapplied", week.dewi)
    assert week.sari.full_name in told.line
    assert "Penilaian itu tetap berlaku" in told.said
    assert "R-PREDIKAT" not in told.said


def test_a_person_told_of_an_upheld_objection_learns_that_its_correction_is_dismissed(week, now):
    one = proposal(week, now)
    Correction.objects.filter(pk=one.pk).update(cause=Correction.Cause.OBJECTION)
    dismissed(week, now, one)
    told = set(about_decisions().values_list("kind", "receiver"))
    assert told == {("decision-dismissed", week.sari.pk), ("decision-unapplied", week.dewi.pk)}


def test_whoever_may_not_dismiss_tells_nobody(week, now):
    one = proposal(week, now)
    for who in ("eko", "ratna", "dewi", "sari"):
        with pytest.raises(permissions.Denied):
            dismissed(week, now, one, by=who)
    assert not about_decisions().exists()


def test_a_proposal_alone_changes_no_day(week, now):
    Appraisal.objects.filter(employee=week.sari).update(state=Appraisal.State.RESCINDED, superseded_at=now)
    AgencyInputs.objects.filter(agency=week.agency).update(changes=100)
    assert propose_due(at=now + dt.timedelta(hours=1)) == 1
    one = Correction.objects.get()
    assert one.state == "PROPOSED"
    week.day.refresh_from_db()
    assert week.day.state == WfhDay.State.ACTIVE
    assert propose_due(at=now + dt.timedelta(hours=2)) == 0
    dismissed(week, now + dt.timedelta(hours=3), one)
    assert not about_decisions().exists()  # nobody had proposed it, and nobody had been told of it


def test_the_person_reads_it_on_both_pages(week, now):
    one = applied(week, now)
    client = as_(week.sari_user)
    client.cookies["language"] = "en"
    why = text(client.get(f"/why/{MONDAY:%G-W%V}/"))
    assert "Corrected after publication" in why
    assert one.reason in why
    mine = text(client.get("/"))
    assert "Corrected on" in mine
    for stranger in (week.eko_user, week.ratna_user):
        assert one.reason not in text(as_(stranger).get(f"/why/{MONDAY:%G-W%V}/"))


def test_a_plan_made_after_it_gives_no_day(week, now):
    WfhDay.objects.all().delete()
    run = queries.published_runs(week.agency.pk, MONDAY)[0]

    def candidates():
        planned = unit_weeks(agency=week.agency, week=MONDAY, runs=[run], at=now)
        return {one.employee_id for unit in planned for one in unit.people}

    assert week.sari.pk in candidates()
    applied(week, now)
    assert week.sari.pk not in candidates()
