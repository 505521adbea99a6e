"""Requests over the API: who may what, what a request says, and each kind asked for."""

import datetime as dt

import pytest

from employees.models import Unit
from ledger.models import Event
from schedules.models import Request, WfhDay
from tests import factories

from .calls import Caller, said
from .pages import given

WEDNESDAY, THURSDAY, FRIDAY = (dt.date(2026, 12, day) for day in (2, 3, 4))
RANDOM = 987_654_321


def state_of(request):
    return Request.objects.values_list("state", "version").get(pk=request.pk)


# --- who may what ----------------------------------------------------------------------------------

MISSING = (404, "not_found")
MATRIX = {  # who → read, decide, withdraw, send
    "sari": ((200, None), (403, "OWN_REQUEST"), (200, None), (409, "ALREADY_DECIDED")),
    "budi": ((200, None), (200, None), (403, "NOT_YOURS"), (403, "NOT_YOURS")),
    "wati": ((200, None), (200, None), (403, "NOT_YOURS"), (403, "NOT_YOURS")),
    "dewi": ((200, None), (403, "NOT_YOURS"), (403, "NOT_YOURS"), (403, "NOT_YOURS")),
    "hadi": ((200, None), (403, "NOT_YOURS"), (403, "NOT_YOURS"), (403, "NOT_YOURS")),
    "eko": (MISSING, MISSING, MISSING, MISSING),
    "ratna": (MISSING, MISSING, MISSING, MISSING),
}
VERBS = {
    "approve": ({}, 1, "APPROVED"),
    "reject": ({"reason": "Rapat"}, 1, "REJECTED"),
    "return": ({"reason": "Pilih hari lain"}, 1, "RETURNED"),
    "withdraw": ({}, 2, "WITHDRAWN"),
    "send": ({}, 3, "SENT"),
}


@pytest.mark.parametrize("who", MATRIX)
@pytest.mark.parametrize("verb", VERBS)
def test_who_may_change_a_request(lent, waiting, who, verb):
    body, column, after = VERBS[verb]
    expected = MATRIX[who][column]
    events = Event.objects.count()
    answer = Caller(getattr(lent, f"{who}_user")).post(f"requests/{waiting.pk}/{verb}/", body, match=1)
    assert said(answer) == expected
    if expected[0] == 200:
        assert (answer["ETag"], answer.json()["state"]) == ('"2"', after)
        assert state_of(waiting) == (after, 2)
    else:
        assert state_of(waiting) == ("SENT", 1)
        assert Event.objects.count() - events == (expected[0] in (403, 404))  # the refusal itself is written down


@pytest.mark.parametrize("who", MATRIX)
def test_who_may_read_a_request(lent, waiting, who):
    caller = Caller(getattr(lent, f"{who}_user"))
    assert said(caller.get(f"requests/{waiting.pk}/")) == MATRIX[who][0]
    listed = [row["id"] for row in caller.get("requests/").json()["results"]]
    assert listed == ([waiting.pk] if MATRIX[who][0][0] == 200 else [])


@pytest.mark.parametrize("who", ["eko", "ratna", "sari", "dewi"])
def test_what_one_may_not_see_answers_as_if_it_were_not_there(lent, waiting, who):
    caller = Caller(getattr(lent, f"{who}_user"))
    there = waiting.pk if who in ("eko", "ratna") else RANDOM
    for verb, (body, _column, _after) in VERBS.items():
        one = caller.post(f"requests/{there}/{verb}/", body, match=1)
        other = caller.post(f"requests/{RANDOM + 1}/{verb}/", body)
        assert one.content == other.content
        assert said(one) == MISSING
    assert caller.get(f"requests/{there}/").content == caller.get(f"requests/{2**70}/").content


def test_a_visitor_gets_nothing(lent, waiting):
    visitor = Caller(None)
    for path in ("requests/", f"requests/{waiting.pk}/", "plans/"):
        assert said(visitor.get(path)) == (401, "not_authenticated")
    assert said(visitor.post("requests/", {}, key="k")) == (401, "not_authenticated")


def test_the_stand_in_decides_in_the_supervisors_name(lent, waiting):
    body = Caller(lent.wati_user).post(f"requests/{waiting.pk}/approve/", match=1).json()
    assert (body["decided_by"], body["decided_for"]) == ("Wati Utami", "Budi Santoso")
    assert body["version"] == 2


def test_draft_of_another_is_nobodys_business(lent, now):
    sari = Caller(lent.sari_user)
    body = {"kind": "MOVE", "date": "2026-12-03", "gives_up": lent.day.pk, "draft": True}
    made = sari.post("requests/", body)
    assert (made.status_code, made.json()["state"]) == (201, "DRAFT")
    for who in ("budi", "dewi", "wati", "eko"):
        assert said(Caller(getattr(lent, f"{who}_user")).get(f"requests/{made.json()['id']}/")) == MISSING
    sent = sari.post(f"requests/{made.json()['id']}/send/", {"date": "2026-12-04"}, match=made["ETag"])
    assert (sent.json()["state"], sent.json()["date"], sent.json()["reason"]) == ("SENT", "2026-12-04", "")


# --- what a request says ---------------------------------------------------------------------------


def test_a_request_says_who_has_it_until_when_and_the_cover_of_its_day(lent, waiting):
    Unit.objects.filter(pk=lent.general.pk).update(wfh_quota_percent=50)  # one of three
    answer = Caller(lent.budi_user).get(f"requests/{waiting.pk}/")
    body = answer.json()
    assert answer["ETag"] == '"1"'
    assert {name: body[name] for name in ("version", "state", "kind", "week", "date", "holder", "decided_by")} == {
        "version": 1,
        "state": "SENT",
        "kind": "MOVE",
        "week": "2026-W49",
        "date": "2026-12-03",
        "holder": "Budi Santoso",
        "decided_by": None,
    }
    assert body["gives_up"] == {"day_id": lent.day.pk, "date": "2026-12-02", "slot": "FULL"}
    assert body["due_at"] == "2026-12-02T07:30:00+07:00"
    assert body["cover"] == {"used": 0, "cap": 1, "present": 2, "minimum": 0, "fits": True}
    approved = Caller(lent.budi_user).post(f"requests/{waiting.pk}/approve/", match=1)
    assert "cover" not in approved.json()
    assert Caller(lent.sari_user).get(f"requests/{waiting.pk}/").json()["cover"] is None


def test_a_request_sent_back_is_changed_and_sent_again(lent, waiting):
    budi, sari = Caller(lent.budi_user), Caller(lent.sari_user)
    returned = budi.post(f"requests/{waiting.pk}/return/", {"reason": "Kamis ada rapat"}, match=1)
    assert (returned.json()["state"], returned.json()["decision_reason"]) == ("RETURNED", "Kamis ada rapat")
    sent = sari.post(f"requests/{waiting.pk}/send/", {"date": "2026-12-04"}, match=returned["ETag"])
    assert (sent["ETag"], sent.json()["date"], sent.json()["decided_by"]) == ('"3"', "2026-12-04", None)
    assert sent.json()["reason"] == "Mengantar orang tua"


def test_the_loser_reads_who_decided_and_when(lent, waiting):
    Caller(lent.wati_user).post(f"requests/{waiting.pk}/approve/", match=1)
    late = Caller(lent.budi_user).post(f"requests/{waiting.pk}/reject/", {"reason": "Tidak"}, match=1)
    assert said(late) == (409, "ALREADY_DECIDED")
    assert "Wati Utami" in late.json()["title"]
    assert "23-11-2026 09.00" in late.json()["title"]


# --- asking ----------------------------------------------------------------------------------------


def test_asking_for_another_day(lent):
    body = {"kind": "MOVE", "date": "2026-12-03", "gives_up": lent.day.pk, "slot": "AM", "reason": "Dokter"}
    answer = Caller(lent.sari_user).post("requests/", body)
    made = answer.json()
    assert answer.status_code == 201
    assert (answer["ETag"], answer["Location"]) == ('"1"', f"/api/v1/requests/{made['id']}/")
    assert (made["state"], made["slot"], made["reason"], made["holder"]) == ("SENT", "AM", "Dokter", "Budi Santoso")


def test_a_fixed_weekday(lent):
    body = {"kind": "RECUR", "date": "2026-12-10", "until": "2027-02-25"}
    made = Caller(lent.sari_user).post("requests/", body).json()
    assert (made["kind"], made["until"]) == ("RECUR", "2027-02-25")


def test_a_day_given_back_in_time_is_given_back_at_once(lent):
    answer = Caller(lent.sari_user).post("requests/", {"kind": "RETURN", "day": lent.day.pk})
    expected = {"day_id": lent.day.pk, "date": "2026-12-02", "slot": "FULL", "state": "RETURNED"}
    assert (answer.status_code, answer.json()) == (200, expected)


def test_a_day_given_back_late_is_asked_for(lent, monkeypatch, at):
    late = at.replace(month=12, day=1, hour=16)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)
    answer = Caller(lent.sari_user).post("requests/", {"kind": "RETURN", "day": lent.day.pk})
    assert (answer.status_code, answer.json()["kind"], answer.json()["state"]) == (201, "RETURN", "SENT")


def test_a_swap_is_the_colleagues_to_decide(lent):
    other = lent.wati
    theirs = given(lent, other, FRIDAY)
    body = {"kind": "SWAP", "day": lent.day.pk, "for_day": theirs.pk}
    made = Caller(lent.sari_user).post("requests/", body).json()
    assert (made["colleague"], made["takes"]["day_id"], made["holder"]) == ("Wati Utami", theirs.pk, "Wati Utami")
    refused = Caller(lent.budi_user).post(f"requests/{made['id']}/approve/", match=1)
    assert said(refused) == (403, "NOT_YOURS")


REFUSED = [
    ({"kind": "MOVE", "date": "2026-11-20"}, (409, "PAST")),
    ({"kind": "MOVE", "date": "2027-02-03"}, (409, "TOO_FAR")),
    ({"kind": "MOVE", "date": "2026-12-05"}, (409, "R-HARI-LIBUR")),
    ({"kind": "MOVE", "date": "2026-11-25"}, (422, "OTHER_WEEK")),
    ({"kind": "EXTRA", "date": "2026-11-25"}, (409, "NOT_ELIGIBLE")),  # no decision for this week
    ({"kind": "MOVE", "date": "2026-12-03", "gives_up": RANDOM}, (409, "NOT_YOURS")),
    ({"kind": "EXTRA", "date": "2026-12-03"}, (409, "R-BATAS-MINGGU")),
    ({"kind": "RECUR", "date": "2026-12-10", "until": "2026-12-09"}, (409, "PAST")),
    ({"kind": "RECUR", "date": "2026-12-10", "until": "2028-12-09"}, (422, "TOO_LONG")),
    ({"kind": "RETURN", "day": RANDOM}, (409, "NOT_YOURS")),
    ({"kind": "SWAP", "day": "own", "for_day": RANDOM}, (409, "OTHER_UNIT")),
]


def test_what_is_refused_says_why(lent):
    sari = Caller(lent.sari_user)
    for body, expected in REFUSED:
        own = {"MOVE": "gives_up", "SWAP": "day"}.get(body["kind"])
        wanted = body | ({own: lent.day.pk} if own and body.get(own) in (None, "own") else {})
        assert said(sari.post("requests/", wanted)) == expected, body
    assert not Request.objects.exists()


def test_what_cannot_be_changed_is_asked_for_anew(lent):
    sari, budi = Caller(lent.sari_user), Caller(lent.budi_user)
    made = sari.post("requests/", {"kind": "RECUR", "date": "2026-12-10", "until": "2027-02-25"}).json()
    budi.post(f"requests/{made['id']}/return/", {"reason": "Pilih hari lain"}, match=1)
    assert said(sari.post(f"requests/{made['id']}/send/", match=2)) == (409, "NOT_POSSIBLE")


def test_a_colleagues_day_answers_like_none(lent):
    theirs = WfhDay.objects.get(employee=lent.eko)
    sari = Caller(lent.sari_user)
    one, other = (
        sari.post("requests/", {"kind": "MOVE", "date": "2026-12-03", "gives_up": pk}) for pk in (theirs.pk, RANDOM)
    )
    assert one.content == other.content


def test_an_account_without_a_person_asks_in_vain(lent):
    nobody = Caller(factories.account())
    assert said(nobody.post("requests/", {"kind": "EXTRA", "date": "2026-12-03"})) == (409, "NO_PERSON")
    assert said(nobody.post("requests/", {"kind": "RETURN", "day": lent.day.pk})) == (409, "NOT_YOURS")
    assert nobody.get("requests/", waiting="me").json()["count"] == 0


def test_a_rejection_without_a_reason_is_refused(lent, waiting):
    for body in ({}, {"reason": ""}, {"reason": "   "}):
        answer = Caller(lent.budi_user).post(f"requests/{waiting.pk}/reject/", body, match=1)
        assert said(answer) == (422, "REASON_MISSING")
    assert state_of(waiting) == ("SENT", 1)
