"""Requests over the API: who may what, each kind asked for, many approved at once, and the list."""

import datetime as dt

import pytest
from psycopg2.extras import DateRange

from employees.models import Unit
from ledger.models import Event
from schedules.actions.requests import send_request
from schedules.models import Delegation, Request, UnitRule, WfhDay
from tests import factories

from .calls import Caller, said
from .pages import given

WEDNESDAY, THURSDAY, FRIDAY = (dt.date(2026, 12, day) for day in (2, 3, 4))
RANDOM = 987_654_321


@pytest.fixture
def cast(cast):
    """With Wati, to whom Budi lends his decisions."""
    cast.wati = factories.employee(cast.general, "Wati Utami", cast.budi)
    cast.wati_user = factories.account(cast.wati)
    return cast


@pytest.fixture
def planned(planned, now):
    Delegation.objects.create(
        agency=planned.agency,
        delegator=planned.budi,
        delegate=planned.wati,
        valid=DateRange(dt.date(2020, 1, 1), dt.date(2120, 1, 1)),
        created_at=now,
        created_by=planned.budi_user,
    )
    planned.day = WfhDay.objects.get(employee=planned.sari)
    return planned


@pytest.fixture
def asked(planned, now):
    return send_request(
        by=planned.sari_user, date=THURSDAY, gives_up_id=planned.day.pk, reason="Mengantar orang tua", at=now
    )


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
def test_who_may_change_a_request(planned, asked, who, verb):
    body, column, after = VERBS[verb]
    expected = MATRIX[who][column]
    events = Event.objects.count()
    answer = Caller(getattr(planned, f"{who}_user")).post(f"requests/{asked.pk}/{verb}/", body, match=1)
    assert said(answer) == expected
    if expected[0] == 200:
        assert (answer["ETag"], answer.json()["state"]) == ('"2"', after)
        assert state_of(asked) == (after, 2)
    else:
        assert state_of(asked) == ("SENT", 1)
        assert Event.objects.count() == events


@pytest.mark.parametrize("who", MATRIX)
def test_who_may_read_a_request(planned, asked, who):
    caller = Caller(getattr(planned, f"{who}_user"))
    assert said(caller.get(f"requests/{asked.pk}/")) == MATRIX[who][0]
    listed = [row["id"] for row in caller.get("requests/").json()["results"]]
    assert listed == ([asked.pk] if MATRIX[who][0][0] == 200 else [])


@pytest.mark.parametrize("who", ["eko", "ratna", "sari", "dewi"])
def test_what_one_may_not_see_answers_as_if_it_were_not_there(planned, asked, who):
    caller = Caller(getattr(planned, f"{who}_user"))
    there = asked.pk if who in ("eko", "ratna") else RANDOM
    for verb, (body, _column, _after) in VERBS.items():
        one = caller.post(f"requests/{there}/{verb}/", body, match=1)
        other = caller.post(f"requests/{RANDOM + 1}/{verb}/", body)
        assert one.content == other.content
        assert said(one) == MISSING
    assert caller.get(f"requests/{there}/").content == caller.get(f"requests/{2**70}/").content


def test_a_visitor_gets_nothing(planned, asked):
    visitor = Caller(None)
    for path in ("requests/", f"requests/{asked.pk}/", "plans/"):
        assert said(visitor.get(path)) == (401, "not_authenticated")
    assert said(visitor.post("requests/", {}, key="k")) == (401, "not_authenticated")


def test_the_stand_in_decides_in_the_supervisors_name(planned, asked):
    body = Caller(planned.wati_user).post(f"requests/{asked.pk}/approve/", match=1).json()
    assert (body["decided_by"], body["decided_for"]) == ("Wati Utami", "Budi Santoso")
    assert body["version"] == 2


def test_draft_of_another_is_nobodys_business(planned, now):
    sari = Caller(planned.sari_user)
    body = {"kind": "MOVE", "date": "2026-12-03", "gives_up": planned.day.pk, "draft": True}
    made = sari.post("requests/", body)
    assert (made.status_code, made.json()["state"]) == (201, "DRAFT")
    for who in ("budi", "dewi", "wati", "eko"):
        assert said(Caller(getattr(planned, f"{who}_user")).get(f"requests/{made.json()['id']}/")) == MISSING
    sent = sari.post(f"requests/{made.json()['id']}/send/", {"date": "2026-12-04"}, match=made["ETag"])
    assert (sent.json()["state"], sent.json()["date"], sent.json()["reason"]) == ("SENT", "2026-12-04", "")


# --- what a request says ---------------------------------------------------------------------------


def test_a_request_says_who_has_it_until_when_and_the_cover_of_its_day(planned, asked):
    Unit.objects.filter(pk=planned.general.pk).update(wfh_quota_percent=50)  # one of three
    answer = Caller(planned.budi_user).get(f"requests/{asked.pk}/")
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
    assert body["gives_up"] == {"day_id": planned.day.pk, "date": "2026-12-02", "slot": "FULL"}
    assert body["due_at"] == "2026-12-02T15:00:00+07:00"
    assert body["cover"] == {"used": 0, "cap": 1, "present": 2, "minimum": 0, "fits": True}
    approved = Caller(planned.budi_user).post(f"requests/{asked.pk}/approve/", match=1)
    assert "cover" not in approved.json()
    assert Caller(planned.sari_user).get(f"requests/{asked.pk}/").json()["cover"] is None


def test_a_request_sent_back_is_changed_and_sent_again(planned, asked):
    budi, sari = Caller(planned.budi_user), Caller(planned.sari_user)
    returned = budi.post(f"requests/{asked.pk}/return/", {"reason": "Kamis ada rapat"}, match=1)
    assert (returned.json()["state"], returned.json()["decision_reason"]) == ("RETURNED", "Kamis ada rapat")
    sent = sari.post(f"requests/{asked.pk}/send/", {"date": "2026-12-04"}, match=returned["ETag"])
    assert (sent["ETag"], sent.json()["date"], sent.json()["decided_by"]) == ('"3"', "2026-12-04", None)
    assert sent.json()["reason"] == "Mengantar orang tua"


def test_the_loser_reads_who_decided_and_when(planned, asked):
    Caller(planned.wati_user).post(f"requests/{asked.pk}/approve/", match=1)
    late = Caller(planned.budi_user).post(f"requests/{asked.pk}/reject/", {"reason": "Tidak"}, match=1)
    assert said(late) == (409, "ALREADY_DECIDED")
    assert "Wati Utami" in late.json()["title"]
    assert "23-11-2026 09.00" in late.json()["title"]


# --- asking ----------------------------------------------------------------------------------------


def test_asking_for_another_day(planned):
    body = {"kind": "MOVE", "date": "2026-12-03", "gives_up": planned.day.pk, "slot": "AM", "reason": "Dokter"}
    answer = Caller(planned.sari_user).post("requests/", body)
    made = answer.json()
    assert answer.status_code == 201
    assert (answer["ETag"], answer["Location"]) == ('"1"', f"/api/v1/requests/{made['id']}/")
    assert (made["state"], made["slot"], made["reason"], made["holder"]) == ("SENT", "AM", "Dokter", "Budi Santoso")


def test_a_fixed_weekday(planned):
    body = {"kind": "RECUR", "date": "2026-12-10", "until": "2027-02-25"}
    made = Caller(planned.sari_user).post("requests/", body).json()
    assert (made["kind"], made["until"]) == ("RECUR", "2027-02-25")


def test_a_day_given_back_in_time_is_given_back_at_once(planned):
    answer = Caller(planned.sari_user).post("requests/", {"kind": "RETURN", "day": planned.day.pk})
    expected = {"day_id": planned.day.pk, "date": "2026-12-02", "slot": "FULL", "state": "RETURNED"}
    assert (answer.status_code, answer.json()) == (200, expected)


def test_a_day_given_back_late_is_asked_for(planned, monkeypatch, at):
    late = at.replace(month=12, day=1, hour=16)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)
    answer = Caller(planned.sari_user).post("requests/", {"kind": "RETURN", "day": planned.day.pk})
    assert (answer.status_code, answer.json()["kind"], answer.json()["state"]) == (201, "RETURN", "SENT")


def test_a_swap_is_the_colleagues_to_decide(planned):
    other = planned.wati
    theirs = given(planned, other, FRIDAY)
    body = {"kind": "SWAP", "day": planned.day.pk, "for_day": theirs.pk}
    made = Caller(planned.sari_user).post("requests/", body).json()
    assert (made["colleague"], made["takes"]["day_id"], made["holder"]) == ("Wati Utami", theirs.pk, "Wati Utami")
    refused = Caller(planned.budi_user).post(f"requests/{made['id']}/approve/", match=1)
    assert said(refused) == (403, "NOT_YOURS")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
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
    ],
)
def test_what_is_refused_says_why(planned, body, expected):
    own = {"MOVE": "gives_up", "SWAP": "day"}.get(body["kind"])
    wanted = body | ({own: planned.day.pk} if own and body.get(own) in (None, "own") else {})
    assert said(Caller(planned.sari_user).post("requests/", wanted)) == expected
    assert not Request.objects.exists()


def test_a_colleagues_day_answers_like_none(planned):
    theirs = WfhDay.objects.get(employee=planned.eko)
    sari = Caller(planned.sari_user)
    one, other = (
        sari.post("requests/", {"kind": "MOVE", "date": "2026-12-03", "gives_up": pk}) for pk in (theirs.pk, RANDOM)
    )
    assert one.content == other.content


def test_an_account_without_a_person_asks_in_vain(planned):
    nobody = Caller(factories.account())
    assert said(nobody.post("requests/", {"kind": "EXTRA", "date": "2026-12-03"})) == (409, "NO_PERSON")
    assert said(nobody.post("requests/", {"kind": "RETURN", "day": planned.day.pk})) == (409, "NOT_YOURS")
    assert nobody.get("requests/", waiting="me").json()["count"] == 0


def test_a_rejection_without_a_reason_is_refused(planned, asked):
    for body in ({}, {"reason": ""}, {"reason": "   "}):
        answer = Caller(planned.budi_user).post(f"requests/{asked.pk}/reject/", body, match=1)
        assert said(answer) == (422, "REASON_MISSING")
    assert state_of(asked) == ("SENT", 1)


# --- many at once ----------------------------------------------------------------------------------


@pytest.fixture
def three(planned, now):
    """Eko's team asks for Thursday, one after the other."""
    made = []
    for n, person in enumerate(planned.team):
        day = WfhDay.objects.get(employee=person)
        other = THURSDAY if day.date != THURSDAY else FRIDAY
        made.append(
            send_request(
                by=factories.account(person),
                date=other,
                gives_up_id=day.pk,
                reason="",
                at=now + dt.timedelta(minutes=n),
            )
        )
    return made


def test_many_are_approved_and_each_row_says_what_became_of_it(planned, asked, three):
    Request.objects.filter(pk=three[2].pk).update(version=4)
    rows = [{"id": pk, "version": 1} for pk in (three[0].pk, RANDOM, asked.pk, three[2].pk, three[1].pk)]
    body = Caller(planned.eko_user).post("requests/approve/", rows).json()
    found = [(row["id"], row["status"], row["code"]) for row in body["results"]]
    assert found == [
        (three[0].pk, 200, "APPROVED"),
        (RANDOM, 404, "not_found"),
        (asked.pk, 404, "not_found"),  # another unit's: as if it were not there
        (three[2].pk, 412, "STALE"),
        (three[1].pk, 200, "APPROVED"),
    ]
    assert (body["done"], body["left"]) == (2, 3)
    assert all(row["title"] for row in body["results"] if row["status"] != 200)
    assert state_of(asked) == ("SENT", 1)


def test_what_does_not_fit_stays(planned, three):
    UnitRule.objects.create(
        agency=planned.agency,
        unit=planned.planning,
        kind="MIN_PRESENT",
        number=3,
        valid=DateRange(dt.date(2020, 1, 1), None),
    )
    rows = [{"id": one.pk, "version": 1} for one in three if one.date == THURSDAY]
    assert len(rows) >= 2
    body = Caller(planned.eko_user).post("requests/approve/", rows).json()
    assert [row["status"] for row in body["results"]] == [200] + [409] * (len(rows) - 1)
    assert body["results"][-1]["code"].startswith("R-")


def test_hr_reads_why_not_row_by_row(planned, asked, three):
    rows = [{"id": one.pk, "version": 1} for one in (asked, *three)]
    body = Caller(planned.dewi_user).post("requests/approve/", rows).json()
    assert {row["status"] for row in body["results"]} == {403}
    assert not Request.objects.exclude(state="SENT").exists()


def test_the_first_of_two_stages_passes_it_on(planned, asked):
    Request.objects.filter(pk=asked.pk).update(stages=2)
    body = Caller(planned.budi_user).post("requests/approve/", [{"id": asked.pk, "version": 1}]).json()
    assert [(row["code"], row["version"]) for row in body["results"]] == [("ENDORSED", 2)]
    read = Caller(planned.dewi_user).get(f"requests/{asked.pk}/").json()
    assert (read["state"], read["stage"], read["holder"], read["endorsed_by"]) == ("SENT", 2, None, "Budi Santoso")
    again = Caller(planned.budi_user).post(f"requests/{asked.pk}/approve/", match=2)
    assert said(again) == (403, "SAME_PERSON")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        {},
        "x",
        [1],
        [{"id": 1}],
        [{"id": "x", "version": 1}],
        [{"id": 1, "version": 0}],
        [{"id": 2**63, "version": 1}],
        [{"id": 1, "version": 1}, {"id": 1, "version": 1}],
        [{"id": 1, "version": 1, "force": True}],
        [{"id": n + 1, "version": 1} for n in range(1_001)],
    ],
)
def test_a_bad_list_is_refused_as_a_whole(planned, rows):
    assert said(Caller(planned.budi_user).post("requests/approve/", rows)) == (400, "invalid")


# --- recalling a day -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("sari", (403, "OWN_DAY")),
        ("budi", (200, None)),
        ("wati", (200, None)),
        ("dewi", (403, "NOT_YOURS")),
        ("eko", MISSING),
        ("ratna", MISSING),
    ],
)
def test_who_may_recall_a_day(planned, who, expected):
    answer = Caller(getattr(planned, f"{who}_user")).post(f"wfh-days/{planned.day.pk}/recall/", {"reason": "Banjir"})
    assert said(answer) == expected
    planned.day.refresh_from_db()
    assert planned.day.state == ("RECALLED" if expected[0] == 200 else "ACTIVE")
    if expected is MISSING:
        nothing = Caller(getattr(planned, f"{who}_user")).post(f"wfh-days/{RANDOM}/recall/", {"reason": "Banjir"})
        assert nothing.content == answer.content


def test_a_day_is_recalled_once_and_with_a_reason(planned):
    budi = Caller(planned.budi_user)
    assert said(budi.post(f"wfh-days/{planned.day.pk}/recall/")) == (422, "REASON_MISSING")
    assert budi.post(f"wfh-days/{planned.day.pk}/recall/", {"reason": "Banjir"}).json()["state"] == "RECALLED"
    assert said(budi.post(f"wfh-days/{planned.day.pk}/recall/", {"reason": "Banjir"})) == (409, "GONE")


# --- the list --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, 4),
        ({"state": "SENT"}, 4),
        ({"state": "APPROVED"}, 0),
        ({"kind": "MOVE"}, 4),
        ({"kind": "SWAP"}, 0),
        ({"week": "2026-W49"}, 4),
        ({"week": "2026-W50"}, 0),
        ({"waiting": "me"}, 0),  # HR decides what nobody else can
        ({"state": "SENT", "page_size": "1"}, 4),
    ],
)
def test_named_filters(planned, asked, three, params, found):
    assert Caller(planned.dewi_user).get("requests/", **params).json()["count"] == found


def test_what_waits_for_me(planned, asked, three):
    for who, found in (("budi", {asked.pk}), ("wati", {asked.pk}), ("eko", {r.pk for r in three}), ("sari", set())):
        rows = Caller(getattr(planned, f"{who}_user")).get("requests/", waiting="me").json()["results"]
        assert {row["id"] for row in rows} == found, who
    rows = Caller(planned.dewi_user).get("requests/", date="2026-12-03").json()["results"]
    assert {row["date"] for row in rows} == {"2026-12-03"}


@pytest.mark.parametrize(
    "params",
    [
        {"state": "GONE"},
        {"week": "2026-W54"},
        {"week": "9999-W52"},
        {"week": "0001-W01"},
        {"week": "2026-W49\x00"},
        {"date": "3 Desember"},
        {"waiting": "you"},
        {"stat": "SENT"},
        {"employee__nip": "1"},
    ],
)
def test_bad_filters_are_refused_by_name(planned, params):
    answer = Caller(planned.dewi_user).get("requests/", **params)
    assert said(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == list(params)


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_list(planned, three, rows, django_assert_num_queries):
    Request.objects.exclude(pk__in=[one.pk for one in three[:rows]]).delete()
    caller = Caller(planned.dewi_user)
    with django_assert_num_queries(11):  # token, account, grants, count, rows; six for the throttle's cache
        assert caller.get("requests/").json()["count"] == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_many_decisions_do_not_grow(planned, three, rows, django_assert_max_num_queries):
    chosen = [{"id": one.pk, "version": 1} for one in three[:rows]]
    caller = Caller(planned.eko_user)
    with django_assert_max_num_queries(60):
        assert caller.post("requests/approve/", chosen).json()["done"] == rows
