"""What every write of the API does with its headers and with bad input: versions, keys for repeats, plain refusals."""

import datetime as dt
import itertools
import json

import pytest
from django.db import OperationalError
from psycopg2.errors import LockNotAvailable

from ledger.models import Event, Reply
from schedules.models import Request
from tests import factories

from .calls import Caller, said

THURSDAY = dt.date(2026, 12, 3)
DECISIONS = ["approve", "reject", "return", "withdraw", "send"]
BODIES = {"reject": {"reason": "Rapat"}, "return": {"reason": "Rapat"}}


# --- If-Match --------------------------------------------------------------------------------------


def test_a_decision_without_the_version_seen_is_refused(lent, waiting):
    budi, sari = Caller(lent.budi_user), Caller(lent.sari_user)
    for verb, match in itertools.product(DECISIONS, [None, "", "*"]):
        caller = sari if verb in ("withdraw", "send") else budi
        answer = caller.post(f"requests/{waiting.pk}/{verb}/", BODIES.get(verb, {}), match=match)
        assert said(answer) == (428, "PRECONDITION_REQUIRED"), (verb, match)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.version) == ("SENT", 1)


@pytest.mark.parametrize("match", ['"1"', 'W/"1"', "1", ' "1" '])
def test_a_version_may_be_written_three_ways(lent, waiting, match):
    answer = Caller(lent.budi_user).post(f"requests/{waiting.pk}/approve/", match=match)
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')


def test_what_is_no_version_is_not_understood(lent, waiting):
    budi = Caller(lent.budi_user)
    for match in ('"1', "'1'", '"one"', '"1", "2"', "-1", "1.0", "²", 'w/"1"', '"' + "9" * 5_000 + '"'):
        answer = budi.post(f"requests/{waiting.pk}/approve/", match=match)
        assert said(answer) == (400, "BAD_HEADER"), match


def test_another_version_is_stale_and_changes_nothing(lent, waiting):
    budi, sari = Caller(lent.budi_user), Caller(lent.sari_user)
    events = Event.objects.count()
    verbs = ["approve", "reject", "return", "withdraw"]
    for verb, match in itertools.product(verbs, ['"2"', "0", "999999999999999999"]):
        caller = sari if verb == "withdraw" else budi
        answer = caller.post(f"requests/{waiting.pk}/{verb}/", BODIES.get(verb, {}), match=match)
        assert said(answer) == (412, "STALE"), (verb, match)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.version, Event.objects.count()) == ("SENT", 1, events)


def test_a_stale_draft_is_not_sent(lent):
    sari = Caller(lent.sari_user)
    made = sari.post("requests/", lent.move | {"draft": True}).json()
    assert said(sari.post(f"requests/{made['id']}/send/", match=2)) == (412, "STALE")
    assert Request.objects.get().state == "DRAFT"


# --- Idempotency-Key -------------------------------------------------------------------------------


def test_a_repeat_gets_the_first_answer_and_acts_once(lent):
    sari = Caller(lent.sari_user)
    first, second, third = (sari.post("requests/", lent.move, key="k-1") for _n in range(3))
    assert first.status_code == 201
    assert "Idempotent-Replayed" not in first
    for again in (second, third):
        assert (again.status_code, again.content, again["ETag"]) == (201, first.content, '"1"')
        assert (again["Idempotent-Replayed"], again["Location"]) == ("true", first["Location"])
    assert Request.objects.count() == 1


def test_a_repeat_of_a_decision_gets_the_first_answer(lent, waiting):
    budi = Caller(lent.budi_user)
    first, second = (budi.post(f"requests/{waiting.pk}/approve/", match=1, key="k-1") for _n in range(2))
    assert (second.status_code, second.content, second["ETag"]) == (200, first.content, '"2"')
    without = budi.post(f"requests/{waiting.pk}/approve/", match=1)
    assert said(without) == (409, "ALREADY_DECIDED")
    assert Event.objects.filter(verb="request.approve").count() == 1


def test_a_stale_version_is_corrected_under_the_same_key(lent, waiting):
    budi = Caller(lent.budi_user)
    assert said(budi.post(f"requests/{waiting.pk}/approve/", match=7, key="k-1")) == (412, "STALE")
    assert budi.post(f"requests/{waiting.pk}/approve/", match=1, key="k-1").status_code == 200


def test_another_version_under_a_used_key_never_gets_the_first_answer(lent, waiting):
    budi = Caller(lent.budi_user)
    assert budi.post(f"requests/{waiting.pk}/approve/", match=1, key="k-1").status_code == 200
    assert said(budi.post(f"requests/{waiting.pk}/approve/", match=2, key="k-1")) == (422, "KEY_REUSED")


def test_a_rolled_back_action_leaves_its_answer(lent):
    eko = Caller(lent.eko_user)
    body = {"kind": "EXTRA", "date": "2026-12-03"}
    assert said(eko.post("requests/", body, key="k-1")) == (409, "R-BATAS-MINGGU")
    assert Reply.objects.get().status == 409
    assert eko.post("requests/", body, key="k-1")["Idempotent-Replayed"] == "true"


def test_a_key_belongs_to_one_request(lent, waiting):
    sari = Caller(lent.sari_user)
    sari.post("requests/", lent.move, key="k-1")
    assert said(sari.post("requests/", lent.move | {"slot": "AM"}, key="k-1")) == (422, "KEY_REUSED")
    assert said(sari.post(f"requests/{waiting.pk}/withdraw/", lent.move, match=1, key="k-1")) == (422, "KEY_REUSED")
    waiting.refresh_from_db()
    assert waiting.state == "SENT"


def test_two_people_may_use_the_same_key(lent, waiting):
    Caller(lent.sari_user).post("requests/", lent.move, key="k-1")
    answer = Caller(lent.eko_user).post("requests/", lent.move, key="k-1")
    assert "Idempotent-Replayed" not in answer
    assert said(answer) == (409, "NOT_YOURS")


def test_what_is_no_key_is_not_understood(lent):
    sari = Caller(lent.sari_user)
    for key in ("", " ", "a b", "x" * 101, "é", "a\tb", "\x7f"):
        assert said(sari.post("requests/", lent.move, key=key)) == (400, "BAD_HEADER"), key
    assert not Request.objects.exists()
    assert not Reply.objects.exists()


def test_a_key_of_one_hundred_signs_is_good(lent):
    assert Caller(lent.sari_user).post("requests/", lent.move, key="~" * 100).status_code == 201


@pytest.mark.parametrize(
    ("body", "match", "status"), [({"reason": 7e400}, 1, 400), ({"why": "x"}, 1, 400), ({"reason": "x"}, None, 428)]
)
def test_what_was_never_begun_may_be_corrected_under_the_same_key(lent, waiting, body, match, status):
    budi = Caller(lent.budi_user)
    path = f"requests/{waiting.pk}/reject/"
    raw = json.dumps(body)  # Infinity is no JSON
    assert budi.post(path, raw=raw, match=match, key="k-1").status_code == status
    assert not Reply.objects.exists()
    assert budi.post(path, {"reason": "Rapat"}, match=1, key="k-1").status_code == 200


def test_our_own_failure_is_not_kept(lent, monkeypatch):
    def broken(**kwargs):
        raise RuntimeError("broken")

    sari = Caller(lent.sari_user)
    sari.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("schedules.actions.requests.send_request", broken)
        assert sari.post("requests/", lent.move, key="k-1").status_code == 500
    assert not Reply.objects.exists()
    assert sari.post("requests/", lent.move, key="k-1").status_code == 201


def test_waiting_too_long_for_others_is_told_and_not_kept(lent, monkeypatch):
    def busy(**kwargs):
        raise OperationalError("lock timeout") from LockNotAvailable()

    sari = Caller(lent.sari_user)
    with monkeypatch.context() as patch:
        patch.setattr("schedules.actions.requests.send_request", busy)
        answer = sari.post("requests/", lent.move, key="k-1")
    assert (said(answer), answer["Retry-After"]) == ((503, "BUSY"), "5")
    assert sari.post("requests/", lent.move, key="k-1").status_code == 201


def test_while_the_first_is_at_work_the_second_waits_and_a_crash_does_not_block_for_ever(lent, monkeypatch, at):
    sari = Caller(lent.sari_user)
    sari.post("requests/", lent.move, key="k-1")
    Request.objects.all().delete()
    Reply.objects.update(status=None, body=None)  # as a crash between claiming and answering leaves it
    for seconds in (0, 59):
        monkeypatch.setattr("django.utils.timezone.now", lambda s=seconds: at + dt.timedelta(seconds=s))
        answer = sari.post("requests/", lent.move, key="k-1")
        assert (said(answer), answer["Retry-After"]) == ((409, "IN_PROGRESS"), "5")
    monkeypatch.setattr("django.utils.timezone.now", lambda: at + dt.timedelta(seconds=61))
    assert sari.post("requests/", lent.move, key="k-1").status_code == 201
    assert Reply.objects.get().status == 201


def test_reading_takes_no_key(lent):
    sari = Caller(lent.sari_user)
    sari.headers["Idempotency-Key"] = "no key"
    assert sari.get("requests/").status_code == 200
    assert not Reply.objects.exists()


# --- bad input -------------------------------------------------------------------------------------

BAD_BODIES = [
    None,
    7,
    "x",
    [],
    [{"kind": "MOVE"}],
    {},
    {"kind": None},
    {"kind": "move"},
    {"kind": ["MOVE"]},
    {"kind": {"MOVE": 1}},
    {"kind": "MOVE"},
    {"kind": "MOVE", "date": "2026-12-03"},
    {"kind": "MOVE", "date": "2026-12-03", "gives_up": "x"},
    {"kind": "MOVE", "date": "2026-12-03", "gives_up": True},
    {"kind": "MOVE", "date": "2026-12-03", "gives_up": [1]},
    {"kind": "MOVE", "date": "2026-12-03", "gives_up": 2**63},
    {"kind": "MOVE", "date": "2026-12-03", "gives_up": 10**30},
    {"kind": "MOVE", "date": "2026-12-03", "gives_up": -1},
    {"kind": "MOVE", "date": "2026-12-03", "gives_up": 1.5},
    {"kind": "EXTRA", "date": "2026-02-30"},
    {"kind": "EXTRA", "date": "03-12-2026"},
    {"kind": "EXTRA", "date": 20261203},
    {"kind": "EXTRA", "date": None},
    {"kind": "EXTRA", "date": "9999-12-31"},
    {"kind": "EXTRA", "date": "0001-01-01"},
    {"kind": "EXTRA", "date": "2026-12-03\x00"},
    {"kind": "EXTRA", "date": "2026-12-03", "slot": "NOON"},
    {"kind": "EXTRA", "date": "2026-12-03", "slot": {}},
    {"kind": "EXTRA", "date": "2026-12-03", "reason": "a\x00b"},
    {"kind": "EXTRA", "date": "2026-12-03", "reason": "\ud800"},
    {"kind": "EXTRA", "date": "2026-12-03", "reason": "x" * 501},
    {"kind": "EXTRA", "date": "2026-12-03", "reason": {"a": 1}},
    {"kind": "EXTRA", "date": "2026-12-03", "draft": "perhaps"},
    {"kind": "EXTRA", "date": "2026-12-03", "gives_up": 1},
    {"kind": "EXTRA", "date": "2026-12-03", "employee": 1},
    {"kind": "EXTRA", "date": "2026-12-03", "state": "APPROVED"},
    {"kind": "RETURN", "day": "Rabu"},
    {"kind": "RECUR", "date": "2026-12-10"},
    {"kind": "RECUR", "date": "2026-12-10", "until": "9999-12-31"},
    {"kind": "SWAP", "day": 1},
    {"kind": "SWAP", "day": 1, "for_day": 1, "colleague": 3},
]


def test_bad_bodies_are_refused_by_field(lent):
    sari = Caller(lent.sari_user)
    for body in BAD_BODIES:
        answer = sari.post("requests/", body)
        assert said(answer) == (400, "invalid"), body
        assert answer.json()["errors"]
    assert not Request.objects.exists()


def test_unknown_fields_are_named(lent):
    answer = Caller(lent.sari_user).post("requests/", lent.move | {"dates": 1, "n" * 999: 1, "\x00": 1})
    assert set(answer.json()["errors"]) == {"dates", "n" * 50, "\x00"}


@pytest.mark.parametrize(
    ("raw", "content_type", "expected"),
    [
        ("{", "application/json", (400, "parse_error")),
        ("[" * 200_000, "application/json", (400, "parse_error")),
        ('{"kind": NaN}', "application/json", (400, "parse_error")),
        ('{"kind": ' + "9" * 5_000 + "}", "application/json", (400, "parse_error")),
        (b"\xff\xfe", "application/json", (400, "parse_error")),
        ("kind=MOVE", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
        ('{"kind": "MOVE"}', "text/plain", (415, "unsupported_media_type")),
        ("<kind/>", "application/xml", (415, "unsupported_media_type")),
        ('{"kind": "' + "x" * (5 * 1024 * 1024) + '"}', "application/json", (413, "TOO_LARGE")),
    ],
    ids=["cut off", "nested", "NaN", "long number", "not UTF-8", "form", "text", "XML", "large"],
)
def test_bad_documents_are_refused(lent, raw, content_type, expected):
    caller = Caller(lent.sari_user)
    for key in (None, "k-1"):
        assert said(caller.post("requests/", raw=raw, content_type=content_type, key=key)) == expected
    assert not Reply.objects.exists()


def test_bad_bodies_of_decisions_are_refused(lent, waiting):
    sari = Caller(lent.sari_user)
    bodies = [None, [], 3, {"version": 1}, {"reason": ["x"]}, {"reason": "x\x00"}, {"date": "x"}]
    for verb, body in itertools.product(DECISIONS, bodies):
        answer = sari.post(f"requests/{waiting.pk}/{verb}/", body, match=1)
        assert said(answer) == (400, "invalid"), (verb, body)


def test_other_methods_are_not_allowed(cast):
    budi = Caller(cast.budi_user)
    paths = ["requests/", "requests/1/", "requests/1/approve/", "plans/1/publish/"]
    for path, method in itertools.product(paths, ["put", "patch", "delete"]):
        call = getattr(budi.client, method)
        answer = call(f"/api/v1/{path}", "{}", content_type="application/json", headers=budi.headers)
        assert said(answer) == (405, "method_not_allowed"), (method, path)


def test_a_browsers_session_needs_its_token_against_forgery(lent, client):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(lent.sari_user)
    answer = browser.post("/api/v1/requests/", json.dumps(lent.move), content_type="application/json")
    assert said(answer) == (403, "permission_denied")
    assert not Request.objects.exists()


@pytest.mark.parametrize("week", ["9999-W52", "0001-W01"])
def test_a_week_beyond_all_calendars_is_refused(cast, week):
    assert said(Caller(cast.sari_user).get("me/week/", week=week)) == (400, "invalid")


def test_my_week_names_the_day_to_move(lent):
    days = Caller(lent.sari_user).get("me/week/", week="2026-W49").json()["days"]
    assert [day["day_id"] for day in days if day["status"] == "WFH"] == [lent.day.pk]


def test_the_account_page_s_language_is_the_problem_s(lent):
    user = factories.account(lent.team[0], language="en")
    english = Caller(user).post("requests/", {"kind": "RETURN", "day": 1}).json()["title"]
    assert english == "The day to give back is not one of your own WFH days any more."
