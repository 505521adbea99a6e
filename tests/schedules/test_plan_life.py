"""A plan's life: drafted, looked at, published, frozen. What was looked at is what is published, and by whom."""

import datetime as dt
import hashlib
import threading

import pytest
from django.db import DatabaseError, connection, connections, transaction

from eligibility import permissions as publishing
from eligibility.models import Policy, PolicyInForce
from employees.models import Leave, Role, Unit
from ledger.models import Event, Outbox
from schedules.actions import plans, weekly
from schedules.actions.drafting import draft_anew
from schedules.actions.requests import send_request
from schedules.models import Allotment, Notice, Plan, UnitPlan, UnitRule, WfhDay
from schedules.queries import my_weeks
from tests import factories
from tests.worlds import world

from .calls import Caller
from .weeks import FRIDAY, THURSDAY, WEDNESDAY, WEEK, decided, in_force, planned, refusal


def ready(cast, at, code="REWARD-2019"):
    in_force(cast.agency, at, code)
    for person in (cast.sari, cast.budi, cast.eko, *cast.team):
        factories.appraisal(person)
    decided(cast.agency, at)
    return cast


@world
def drafted(cast, at):
    """Next week decided and drafted; the plan waits for Hadi."""
    ready(cast, at)
    cast.plan = plans.draft_plan(agency=cast.agency, week=WEEK, by=cast.dewi_user, at=at)
    return cast


def publish(cast, at, by="hadi_user", version=None, plan=None):
    plan = plan or cast.plan
    version = plan.version if version is None else version
    return plans.publish_draft(plan_id=plan.pk, by=by and getattr(cast, by), at=at, version=version)


def everything():
    """A digest of all rows that a plan is made of."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in ("schedules_plan", "schedules_unitplan", "schedules_allotment", "schedules_wfhday"):
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            digest.update(repr((table, cursor.fetchall())).encode())
    return digest.hexdigest()


# --- a draft is nobody's day yet ----------------------------------------------------------------


def test_a_draft_gives_no_days_and_tells_nobody(drafted):
    assert (drafted.plan.state, drafted.plan.given) == ("DRAFT", 6)
    assert Allotment.objects.count() == 6
    assert not WfhDay.objects.exists()
    assert not Notice.objects.exists()
    assert not Outbox.objects.filter(kind="MAIL").exists()


def test_people_see_nothing_of_a_draft(drafted, at):
    (week,) = my_weeks(drafted.sari, [WEEK], today=at.date())
    assert (week.wfh, week.choice, week.planned, week.can_ask) == ([], "", False, False)
    for user in (drafted.sari_user, drafted.budi_user):
        body = Caller(user).get("me/week/", week="2026-W49").json()
        assert all(day["status"] != "WFH" for day in body["days"])
    for user in (drafted.sari_user, drafted.eko_user, drafted.ratna_user):
        assert drafted.plan not in Plan.objects.visible_to(user)
    assert drafted.plan in Plan.objects.visible_to(drafted.hadi_user)


def test_before_publication_nothing_can_be_asked_for(drafted, at):
    ask = dict(by=drafted.sari_user, date=THURSDAY, gives_up_id=None, reason="", at=at)
    assert refusal(send_request, **ask) == "NOT_PLANNED"
    publish(drafted, at)
    assert refusal(send_request, **ask) == "R-BATAS-MINGGU"


def test_a_draft_made_anew_replaces_the_one_before(drafted, at):
    factories.leave(drafted.sari, WEEK, FRIDAY)
    again = plans.draft_plan(agency=drafted.agency, week=WEEK, by=None, at=at)
    assert (again.pk, again.version, again.given) == (drafted.plan.pk, drafted.plan.version + 1, 5)
    assert again.digest != drafted.plan.digest
    assert Allotment.objects.get(employee=drafted.sari).why == "AWAY"
    assert (Plan.objects.count(), Allotment.objects.count()) == (1, 6)
    assert UnitPlan.objects.get(plan=again, unit=drafted.general).given == 1


def test_the_same_draft_has_the_same_digest(drafted, at):
    again = plans.draft_plan(agency=drafted.agency, week=WEEK, by=None, at=at + dt.timedelta(hours=2))
    assert again.digest == drafted.plan.digest


def test_there_is_no_draft_before_the_run_is_published(cast, at):
    in_force(cast.agency, at)
    assert plans.draft_plan(agency=cast.agency, week=WEEK, by=None, at=at) is None
    assert not Plan.objects.exists()


# --- published ----------------------------------------------------------------------------------


def test_publishing_gives_the_days_that_were_looked_at(drafted, at):
    gave = {(row.employee_id, date) for row in Allotment.objects.all() for date in row.dates}
    plan = publish(drafted, at)
    assert (plan.state, plan.published_by, plan.published_at) == ("PUBLISHED", drafted.hadi_user, at)
    assert {(day.employee_id, day.date) for day in WfhDay.objects.active()} == gave
    (week,) = my_weeks(drafted.sari, [WEEK], today=at.date())
    assert [day.date for day in week.wfh] == [WEDNESDAY]
    assert week.choice
    assert list(Event.objects.filter(subject_type="schedules.plan").order_by("pk").values_list("verb", "actor_id")) == [
        ("plan.draft", drafted.dewi_user.pk),
        ("plan.publish", drafted.hadi_user.pk),
    ]


@pytest.mark.parametrize("who", ["sari_user", "budi_user", "eko_user", "dewi_user", "ratna_user"])
def test_only_the_hr_head_of_the_agency_publishes(drafted, at, who):
    before = everything()
    assert refusal(publish, drafted, at, by=who) == "DENIED"
    with pytest.raises(publishing.Denied):
        plans.plan_week(agency=drafted.agency, week=WEEK, by=getattr(drafted, who), at=at, publish=True)
    assert everything() == before


def test_the_head_of_a_sub_tree_does_not_publish_the_agencys_week(drafted, at):
    head = factories.account(factories.employee(drafted.root, "Kepala Bagian"))
    factories.grant(head, Role.HR_HEAD, drafted.agency, drafted.general)
    drafted.part_user = head
    assert refusal(publish, drafted, at, by="part_user") == "DENIED"


DRAWERS = [("dewi_user", None), ("hadi_user", None), ("sari_user", "NOT_YOURS"), ("ratna_user", "NOT_YOURS")]


@pytest.mark.parametrize(("who", "code"), DRAWERS)
def test_who_has_a_draft_made_anew(drafted, at, who, code):
    ask = dict(plan_id=drafted.plan.pk, by=getattr(drafted, who), at=at)
    if code:
        assert refusal(draft_anew, **ask) == code
    else:
        assert draft_anew(**ask).version == drafted.plan.version + 1


def on_leave(cast):
    factories.leave(cast.sari, WEDNESDAY, WEDNESDAY)


def closed(cast):
    UnitRule.objects.create(
        agency=cast.agency, unit=cast.root, kind="BLACKOUT", date=WEDNESDAY, reason="Audit", valid=factories.ALWAYS
    )


def smaller(cast):
    Unit.objects.filter(pk=cast.general.pk).update(wfh_quota_percent=50)


def moved(cast):
    cast.sari.placements.update(unit=cast.planning)


@pytest.mark.parametrize("change", [on_leave, closed, smaller, moved])
def test_what_changed_since_the_draft_is_looked_at_again(drafted, at, change):
    change(drafted)
    assert refusal(publish, drafted, at) == "CHANGED"
    plan = Plan.objects.get()
    assert plan.state == "DRAFT"
    assert plan.digest != drafted.plan.digest  # made anew, and kept
    assert not WfhDay.objects.exists()
    assert publish(drafted, at, plan=plan).state == "PUBLISHED"


def test_a_draft_made_anew_meanwhile_is_stale_and_a_published_one_says_by_whom(drafted, at):
    plans.draft_plan(agency=drafted.agency, week=WEEK, by=None, at=at)
    assert refusal(publish, drafted, at) == "STALE"
    publish(drafted, at, version=Plan.objects.get().version)
    with pytest.raises(plans.Refused, match=r"Hadi Wijaya.*23-11-2026 09\.00") as refused:
        publish(drafted, at)
    assert refused.value.code == "ALREADY_PUBLISHED"
    assert refusal(draft_anew, plan_id=drafted.plan.pk, by=drafted.dewi_user, at=at) == "ALREADY_PUBLISHED"


def test_a_week_that_is_over_is_not_published(drafted, at):
    saturday = dt.datetime.combine(WEEK + dt.timedelta(days=5), dt.time(9), tzinfo=at.tzinfo)
    assert refusal(publish, drafted, saturday) == "PAST"
    again = dict(agency=drafted.agency, week=WEEK, by=None, at=saturday)
    assert refusal(plans.plan_week, publish=True, **again) == "PAST"
    assert plans.plan_week(**again).state == "DRAFT"


def test_of_a_week_that_has_begun_only_days_ahead_are_given(cast, at):
    ready(cast, at, "BERJENJANG-2026")
    cast.plan = plans.draft_plan(agency=cast.agency, week=WEEK, by=None, at=at)
    wednesday = dt.datetime.combine(WEDNESDAY, dt.time(9), tzinfo=at.tzinfo)
    assert refusal(publish, cast, wednesday) == "CHANGED"  # its Monday is past by now
    publish(cast, wednesday, plan=Plan.objects.get())
    assert set(WfhDay.objects.values_list("date", flat=True)) == {THURSDAY, FRIDAY}


# --- frozen -------------------------------------------------------------------------------------

CHANGES = [
    lambda rows: rows.update(dates=[FRIDAY]),
    lambda rows: rows.delete(),
    lambda rows: rows.update(why="ROOM"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_published_plan_gave_cannot_be_changed_even_by_sql(drafted, at, change):
    publish(drafted, at)
    rows = Allotment.objects.filter(employee=drafted.sari)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        change(rows)
    assert rows.get().dates == [WEDNESDAY]


def test_planning_a_published_week_again_changes_nothing(drafted, at):
    publish(drafted, at)
    before, events = everything(), Event.objects.count()
    Leave.objects.all().delete()
    factories.leave(drafted.sari, WEEK, FRIDAY)
    closed(drafted)
    for again in (False, True):
        plan = plans.plan_week(agency=drafted.agency, week=WEEK, by=drafted.hadi_user, at=at, publish=again)
        assert plan.pk == drafted.plan.pk
    assert plans.draft_plan(agency=drafted.agency, week=WEEK, by=None, at=at).pk == drafted.plan.pk
    assert (everything(), Event.objects.count()) == (before, events)


def test_another_agencys_plan_is_another(drafted, at):
    factories.appraisal(drafted.stranger)
    in_force(drafted.other, at)
    publish(drafted, at)
    before = {row.pk for row in WfhDay.objects.all()}
    planned(drafted.other, at)
    theirs = WfhDay.objects.exclude(pk__in=before)
    assert {day.employee for day in theirs} == {drafted.stranger}
    assert drafted.plan.digest == Plan.objects.get(agency=drafted.agency).digest
    assert refusal(publish, drafted, at, by="hadi_user", plan=Plan.objects.get(agency=drafted.other)) == "DENIED"


# --- by itself ----------------------------------------------------------------------------------


@pytest.mark.parametrize("automatic", [False, True])
def test_what_is_owed_is_drafted_and_published_where_the_policy_says_so(cast, at, automatic):
    rules = [{"rule": "MinimumRating", "minimum": 5}, {"rule": "Weekday", "days": [3]}]
    named = dict(code="UJI", version=1, track="REWARD", name_id="Uji", name_en="Test", brake_percent=100)
    policy = Policy.objects.create(**named, rules=rules, plan_automatic=automatic)
    PolicyInForce.objects.create(agency=cast.agency, track="REWARD", policy=policy, valid=factories.ALWAYS)
    for person in (cast.sari, cast.budi, cast.eko, *cast.team):
        factories.appraisal(person)
    decided(cast.agency, at)
    for agency, week in weekly.plans_owed(at=at):  # as the tick does
        plans.plan_week(agency=agency, week=week, by=None, at=at)
    plan = Plan.objects.get(week=WEEK)
    assert plan.state == ("PUBLISHED" if automatic else "DRAFT")
    assert plan.published_by is None
    assert WfhDay.objects.filter(date=WEDNESDAY).count() == (6 if automatic else 0)
    assert weekly.plans_owed(at=at) == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("publish_too", [False, True])
def test_two_planners_at_once_make_one_plan(transactional_db, at, publish_too):
    cast = ready(factories.cast(), at)
    gate, made = threading.Barrier(4), []

    def one():
        gate.wait()
        try:
            plan = plans.plan_week(agency=cast.agency, week=WEEK, by=None, at=at, publish=publish_too)
            made.append((plan.pk, plan.digest))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(made)) == 1
    assert len(made) == 4
    assert Plan.objects.count() == 1
    assert WfhDay.objects.count() == (6 if publish_too else 0)
    assert Event.objects.filter(verb="plan.publish").count() == publish_too
