"""Where nobody answers a request, the policy in force says what follows; and what is owed on the day is said."""

import contextlib
import datetime as dt
import threading

import pytest

from eligibility.models import Policy, PolicyInForce
from employees.models import Holiday, Placement
from ledger.models import Event
from schedules import queries
from schedules.actions.requests import approve_request, clock, return_request, run_clock, save_draft, send_request
from schedules.models import Notice, Request, UnitRule, WfhDay
from schedules.notices.words import contexts
from tests import factories
from tests.at_once import together
from tests.worlds import world

from .pages import as_, text
from .test_clock import run_until, told, when
from .weeks import WEEK, day_of, in_force, planned, refusal

DUTIES = [
    {"rule": "PresenceWindow", "opens": "06:00", "closes": "08:00"},
    {"rule": "ReportDue", "days": 0, "by": "18:00"},
    {"rule": "ReactionTime", "minutes": 5},
]


def with_terms(agency, at, *terms):
    """REWARD-2019, movable on request, with these terms."""
    in_force(agency, at)
    old = Policy.objects.get(code="REWARD-2019")
    rules = [rule | {"movable": True} if rule["rule"] == "Weekday" else rule for rule in old.rules]
    made = Policy.objects.create(
        code="REWARD-2019", version=old.version + 1, track="REWARD", name_id="R", name_en="R", brake_percent=100,
        rules=[*rules, *terms], state=Policy.State.APPROVED,
    )  # fmt: skip
    PolicyInForce.objects.filter(agency=agency).update(policy=made)
    return made


def answer(silence, **numbers):
    return {"rule": "AnswerBy", "silence": silence, **(numbers or {"days": 3})}


@world
def line(cast, at):
    """Sari under Budi under Eko; the week after next but one is planned once a policy is in force."""
    Placement.objects.filter(employee=cast.budi).update(supervisor=cast.eko)
    for person in (cast.sari, cast.budi, cast.eko, *cast.team):
        factories.appraisal(person)
    cast.far = WEEK + dt.timedelta(weeks=2)
    return cast


def ready(cast, at, *terms):
    with_terms(cast.agency, at, *terms)
    planned(cast.agency, at, cast.far)
    return cast


def send(cast, at, days=3):
    day = day_of(cast.sari, cast.far)
    return send_request(
        by=cast.sari_user, date=cast.far + dt.timedelta(days=days), gives_up_id=day.pk, reason="", at=at
    )


@pytest.mark.parametrize(
    ("term", "due"),
    [
        (answer("EXPIRE"), "11-26 16:00"),  # Thursday, when the office closes
        (answer("APPROVE", days=4, counted="CALENDAR"), "11-27 16:30"),
        (answer("APPROVE", months=1), "12-16 07:30"),  # no later than the day given up begins
        (answer("REMIND"), "12-16 07:30"),
        (answer("ESCALATE"), "12-16 07:30"),
    ],
)
def test_until_when_a_request_is_answered(line, at, term, due):
    assert send(ready(line, at, term), at).due_at == when(due)


def test_a_draft_waits_for_the_person_and_a_day_off_is_no_working_day(line, at):
    ready(line, at, answer("EXPIRE"))
    day = day_of(line.sari, line.far)
    ask = dict(date=line.far + dt.timedelta(days=3), gives_up_id=day.pk, reason="")
    assert save_draft(by=line.sari_user, at=at, **ask).due_at == when("12-16 07:30")
    Holiday.objects.create(date=dt.date(2026, 11, 25), name="Hari Uji")
    assert send(line, at).due_at == when("11-27 16:30")


def test_silence_ends_it_early_and_nothing_changes(line, at):
    request = send(ready(line, at, answer("EXPIRE")), at)
    run_clock(at=when("11-26 15:59"))
    assert Request.objects.get().state == "SENT"
    assert run_clock(at=when("11-26 16:00"))["expired"] == 1
    assert (Request.objects.get().state, told("request-expired")) == ("EXPIRED", ["Sari Rahmawati"])
    assert day_of(line.sari, line.far) == request.gives_up


def test_silence_reminds_only(line, at):
    send(ready(line, at, answer("REMIND")), at)
    log = run_until(when("12-08 18:00"), at)
    assert {what for _now, done in log for what in done} == {"reminded"}
    assert set(told("request-reminder")) == {"Budi Santoso"}


def test_silence_hands_on_at_the_policys_term(line, at):
    send(ready(line, at, answer("ESCALATE", days=4)), at)
    log = run_until(when("12-03 18:00"), at, dt.timedelta(minutes=30))
    escalated = [now for now, done in log if "escalated" in done]
    assert escalated == [when("11-27 16:30"), when("12-03 16:00")]  # to Eko, and four working days later to HR
    assert told("request-escalated")[0] == "Eko Prasetyo"


def test_silence_grants_with_an_event_and_in_nobodys_name(line, at):
    request = send(ready(line, at, answer("APPROVE")), at)
    due = when("11-26 16:00")
    assert refusal(approve_request, by=line.budi_user, request_id=request.pk, version=1, at=due) == "PAST"
    for _n in range(3):
        run_clock(at=due)
    request.refresh_from_db()
    assert (request.state, request.decided_by, request.decided_at) == ("APPROVED", None, due)
    assert day_of(line.sari, line.far).date == request.date
    event = Event.objects.get(verb="request.approve")
    assert (event.actor_id, event.before, event.after) == (None, {"state": "SENT"}, {"state": "APPROVED"})
    assert told("request-approved") == ["Sari Rahmawati"]


def test_silence_grants_at_the_second_of_two_stages_too(line, at):
    UnitRule.objects.create(agency=line.agency, unit=line.general, kind="STAGES", number=2, valid=factories.ALWAYS)
    send(ready(line, at, answer("APPROVE")), at)
    assert run_clock(at=when("11-26 16:00"))["granted"] == 1
    assert Request.objects.get().state == "APPROVED"


@pytest.mark.parametrize("against", ["cap", "decision", "returned", "track"])
def test_silence_grants_only_what_still_holds(line, at, against):
    """The cap, the decision and the track hold as for a person; whoever was asked to change it has not been ignored."""
    request = send(ready(line, at, answer("APPROVE")), at)
    if against == "cap":
        UnitRule.objects.create(
            agency=line.agency, unit=line.general, kind="BLACKOUT", date=request.date, reason="Audit",
            valid=factories.ALWAYS,
        )  # fmt: skip
    elif against == "decision":
        from eligibility.models import Decision

        Decision.objects.filter(employee=line.sari).update(eligible=False, reasons=["R-PREDIKAT"])
    elif against == "returned":
        return_request(by=line.budi_user, request_id=request.pk, version=1, reason="Alasannya?", at=at)
    else:
        PolicyInForce.objects.update(track="LAIN")
    run_clock(at=when("12-16 07:30"))
    request.refresh_from_db()
    assert (request.state, request.stage) == ("EXPIRED", 1)
    assert day_of(line.sari, line.far) == request.gives_up
    if against in ("cap", "decision"):
        assert request.decision_reason


def test_the_cut_off_before_the_term_grants_nothing(line, at):
    send(ready(line, at, answer("APPROVE", months=1)), at)
    assert run_clock(at=when("12-16 07:30"))["expired"] == 1


def test_without_a_term_it_is_as_ever(line, at):
    assert send(ready(line, at), at).due_at == when("12-16 07:30")


@pytest.fixture
def failed(monkeypatch):
    """At which requests a clock has failed."""
    found: list[tuple] = []
    monkeypatch.setattr(clock.log, "exception", lambda *said: found.append(said))
    return found


@pytest.mark.django_db(transaction=True)
def test_two_clocks_grant_once(line, at, failed):
    send(ready(line, at, answer("APPROVE")), at)
    together(*[lambda: run_clock(at=when("11-26 16:00"))] * 3)
    assert not failed
    assert list(Event.objects.filter(verb__startswith="request.").values_list("verb", flat=True).order_by("pk")) == [
        "request.send",
        "request.approve",
    ]
    assert WfhDay.objects.active().filter(employee=line.sari).count() == 1


@pytest.mark.django_db(transaction=True)
def test_twin_without_standing_in_line_the_second_clock_runs_into_the_first(line, at, failed, monkeypatch):
    """It ends what the first has granted, or fails at the database, which knows each day once."""
    send(ready(line, at, answer("APPROVE")), at)
    gate = threading.Barrier(2)

    def unlocked(pk):
        row = Request.objects.select_related("agency", "employee", "gives_up").get(pk=pk)
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(5)
        return row

    monkeypatch.setattr(clock, "one_locked", unlocked)
    monkeypatch.setattr(clock, "lock_units_of", lambda ids: None)
    together(*[lambda: run_clock(at=when("11-26 16:00"))] * 2)
    assert failed or Event.objects.filter(verb__in=("request.approve", "request.expire")).count() == 2


# --- what is owed on the day ---------------------------------------------------------------------


def test_duties_of_a_policy_are_data(line, at):
    policy = with_terms(line.agency, at, *DUTIES)
    assert [(type(one).__name__, vars(one)) for one in queries.duties_of(policy)] == [
        ("PresenceWindow", {"opens": "06:00", "closes": "08:00"}),
        ("ReportDue", {"days": 0, "by": "18:00"}),
        ("ReactionTime", {"minutes": 5}),
    ]


def test_my_week_says_what_is_asked_on_a_wfh_day(line, at, english):
    with_terms(line.agency, at, *DUTIES)
    planned(line.agency, at, WEEK)
    reader = as_(line.sari_user)
    reader.cookies["language"] = "en"
    page = text(reader.get("/?week=2026-W49"))
    assert "Presence is recorded between 06:00 and 08:00." in page
    assert "Calls and messages are answered within 5 minutes" in page
    WfhDay.objects.filter(employee=line.sari).update(state="CANCELLED")
    assert "Presence is recorded" not in text(reader.get("/?week=2026-W49"))


def test_the_notice_of_an_approved_day_says_it(line, at, english):
    request = send(ready(line, at, *DUTIES), at)
    approve_request(by=line.budi_user, request_id=request.pk, version=1, at=at)
    (found,) = contexts(list(Notice.objects.filter(kind="request-approved").select_related("receiver")))
    assert found["duties"][0] == "Presence is recorded between 06:00 and 08:00."
    assert len(found["duties"]) == 3
