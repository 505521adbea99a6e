"""Somebody becomes eligible in a published week: they are planned like everybody, or are told plainly why not."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.urls import reverse

from eligibility import queries
from eligibility.actions import propose_by_hand, propose_due
from eligibility.models import Correction
from employees.models import AgencyInputs
from ledger.models import Event, Outbox
from performance.models import Appraisal
from schedules import wording
from schedules.actions.corrections import apply, dismiss
from schedules.actions.plans import plan_week
from schedules.actions.unit_rules import set_rule
from schedules.models import Allotment, Notice, Plan, WfhDay
from schedules.notices import spoken
from schedules.queries import balance_of
from tests import factories
from tests.worlds import world

from .pages import as_, text
from .weeks import FRIDAY, MONDAY, WEEK, day_of, decided, in_force, planned


@world
def week(cast, at):
    """BERJENJANG-2026: Eko and the three of his unit are planned; Sari has no score and is not eligible."""
    in_force(cast.agency, at, "BERJENJANG-2026")
    for person in (cast.eko, *cast.team):
        factories.appraisal(person)
    planned(cast.agency, at)
    return cast


def run_of(cast):
    return queries.published_runs(cast.agency.pk, MONDAY)[0]


def proposal(cast, at, person=None, eligible=True):
    reasons = [] if eligible else ["R-PREDIKAT"]
    ask = dict(run_id=run_of(cast).pk, employee_id=(person or cast.sari).pk, eligible=eligible, reasons=reasons)
    return propose_by_hand(by=cast.dewi_user, at=at, reason="Nilai terlambat", **ask)


def corrected(cast, at, do=apply, **other):
    one = proposal(cast, at, **other)
    return do(correction_id=one.pk, by=cast.hadi_user, at=at, reason="Nilai terlambat disetujui", version=one.version)


def closed(cast, at, kind="BLACKOUT", **other):
    known = dict(unit=cast.general, since=WEEK, last=FRIDAY + dt.timedelta(days=1), date=None, reason="Pindah gedung")
    return set_rule(by=cast.hadi_user, agency=cast.agency, kind=kind, at=at, **known | other)


def in_english(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def said_to(person):
    (told,) = spoken(
        list(Notice.objects.filter(receiver=person, kind__startswith="decision").select_related("receiver"))
    )
    return told.said


def test_they_are_planned_the_days_of_their_rating_in_a_new_revision(week, at, english):
    others = set(WfhDay.objects.values_list("pk", "date", "state"))
    one = corrected(week, at)
    day = day_of(week.sari)
    plan = Plan.objects.get(state="PUBLISHED")
    assert (day.origin, day.plan, day.unit, day.slot) == ("PLAN", plan, week.general, "FULL")
    assert (plan.revision, plan.reason) == (2, "Nilai terlambat disetujui")
    allotment = Allotment.objects.get(plan=plan)
    assert (allotment.employee, allotment.dates, allotment.earned) == (week.sari, [day.date], 1)
    assert (balance_of(week.sari, WEEK).earned, balance_of(week.sari, WEEK).owed) == (1, 0)
    assert set(WfhDay.objects.exclude(pk=day.pk).values_list("pk", "date", "state")) == others
    event = Event.objects.get(verb="plan.revise")
    assert (event.actor_id, event.reason, event.after["dates"]) == (
        week.hadi_user.pk,
        "Nilai terlambat disetujui",
        [day.date.isoformat()],
    )
    assert one.days == [{"to": day.date.isoformat()}]
    assert "WFH on" in wording.after_correction(one)
    assert "eligible; WFH on" in said_to(week.sari)
    assert "may now ask" not in said_to(week.sari)
    assert Outbox.objects.filter(kind="MAIL", key__contains="decision").count() == 1


def test_a_late_score_brings_the_days_of_its_own_rating(week, at):
    for person in (week.sari, week.budi):
        factories.appraisal(person, rating=5 if person == week.sari else 4)
    AgencyInputs.objects.filter(agency=week.agency).changed()
    assert propose_due(at=at) == 2
    for one in Correction.objects.all():
        apply(correction_id=one.pk, by=week.hadi_user, at=at, reason="SK", version=one.version)
    assert WfhDay.objects.active().filter(employee=week.sari).count() == 2
    assert WfhDay.objects.active().filter(employee=week.budi).count() == 1


def test_the_staffing_floor_holds_and_the_person_reads_which_limit_stood_against_it(week, at, english):
    closed(week, at, "MIN_PRESENT", number=2, reason="Loket")  # both of the unit
    one = corrected(week, at)
    assert not WfhDay.objects.filter(employee=week.sari).exists()
    (result,) = one.days
    assert (result["to"], result["why"], result["code"]) == (None, "CLOSED", "R-KEHADIRAN-MINIMUM")
    assert "no day of that week is open in the unit; the day is owed" in said_to(week.sari)
    assert "You may now ask" not in said_to(week.sari)
    assert balance_of(week.sari, WEEK).owed == 1
    assert Allotment.objects.get(employee=week.sari).dates == []
    page = text(in_english(week.sari_user).get(reverse("my-week"), {"week": "2026-W49"}))
    assert "the day is owed" in page


def test_the_last_place_is_given_once(week, at):
    closed(week, at, "MIN_PRESENT", number=1, reason="Loket")
    for weekday in (1, 2, 3, 4):
        closed(week, at, "BLACKOUT", weekday=weekday, reason="Rapat")
    first, second = corrected(week, at), corrected(week, at, person=week.budi)
    assert [one.days[0]["to"] for one in (first, second)] == [FRIDAY.isoformat(), None]
    assert second.days[0]["why"] in ("NO_ROOM", "CLOSED")
    assert WfhDay.objects.active().filter(unit=week.general).count() == 1


def test_black_outs_close_every_day(week, at, english):
    closed(week, at)
    one = corrected(week, at)
    assert one.days[0]["why"] == "CLOSED"
    assert "no day of that week is open" in wording.after_correction(one)


def test_without_a_plan_the_later_one_counts_them_in(cast, at):
    in_force(cast.agency, at, "BERJENJANG-2026")
    factories.appraisal(cast.eko)
    decided(cast.agency, at)
    one = corrected(cast, at)
    assert one.days == [{"to": None, "why": "NO_PLAN"}]
    plan_week(agency=cast.agency, week=WEEK, by=None, at=at, publish=True)
    assert day_of(cast.sari).origin == "PLAN"
    assert Plan.objects.get().revision == 1


def test_a_week_without_a_day_ahead_gives_none_and_owes_none(week, at, english):
    friday = dt.datetime.combine(FRIDAY, dt.time(9), tzinfo=week.agency.zone)
    one = corrected(week, friday)
    assert one.days == [{"to": None, "why": "OVER"}]
    assert "no working day of that week lies ahead" in wording.after_correction(one)
    assert Plan.objects.get().revision == 1
    assert balance_of(week.sari, WEEK).owed == 0


def test_whoever_joined_later_and_has_no_decision_is_planned_too(week, at):
    new = factories.employee(week.general, "Wati Utami", week.budi)
    assert queries.decision_at(run_of(week), new.pk) is None
    corrected(week, at, person=new)
    assert day_of(new).plan.revision == 2


def test_back_and_forth_owes_nothing_and_counts_nothing_twice(week, at):
    corrected(week, at)
    corrected(week, at, eligible=False)
    assert not WfhDay.objects.active().filter(employee=week.sari).exists()
    assert balance_of(week.sari, WEEK).owed == 0
    corrected(week, at)
    day_of(week.sari)
    assert balance_of(week.sari, WEEK).owed == 0


def test_of_the_second_day_only_what_is_missing(week, at):
    """A reason that changes while yes stays yes gives no further day."""
    before = WfhDay.objects.count()
    one = Correction.objects.create(
        run=run_of(week),
        agency=week.agency,
        employee=week.eko,
        cause="INPUTS",
        before_eligible=True,
        after_eligible=True,
        proposed_at=at,
    )
    apply(correction_id=one.pk, by=week.hadi_user, at=at, reason="SK", version=1)
    assert (WfhDay.objects.count(), Plan.objects.count()) == (before, 1)


def test_dismissed_nothing_is_planned(week, at):
    corrected(week, at, do=dismiss)
    assert not WfhDay.objects.filter(employee=week.sari).exists()
    assert Plan.objects.get().revision == 1
    assert not Appraisal.objects.filter(employee=week.sari).exists()


def test_both_pages_of_the_person_show_it(week, at, english):
    corrected(week, at)
    client = in_english(week.sari_user)
    mine = text(client.get(reverse("my-week"), {"week": "2026-W49"}))
    assert "eligible; WFH on" in mine
    why = text(client.get(reverse("why", args=["2026-W49"])))
    assert "Planned alone, after the week was published" in why
    (seen,) = client.get(f"/api/v1/decisions/{week.sari.public_id}~2026-W49/", HTTP_ACCEPT_LANGUAGE="en").json()[
        "corrections"
    ]
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("explain", week.sari.nip, "--week", "2026-W49", stdout=out)
    assert ended.value.code == 0
    for said in (seen["given"], out.getvalue()):
        assert "WFH on" in said
