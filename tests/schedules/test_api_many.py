"""Many requests approved by one call, days recalled, and the list with its filters, over the API."""

import datetime as dt

import pytest
from psycopg2.extras import DateRange

from schedules.actions.requests import send_request
from schedules.models import Request, UnitRule, WfhDay
from tests import factories
from tests.worlds import world

from .calls import Caller, said

THURSDAY, FRIDAY = dt.date(2026, 12, 3), dt.date(2026, 12, 4)
RANDOM = 987_654_321
MISSING = (404, "not_found")


# --- many at once ----------------------------------------------------------------------------------


@world
def three(lent, now):
    """Eko's team asks for Thursday, one after the other."""
    made = []
    for n, person in enumerate(lent.team):
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


def test_many_are_approved_and_each_row_says_what_became_of_it(lent, waiting, three):
    Request.objects.filter(pk=three[2].pk).update(version=4)
    rows = [{"id": pk, "version": 1} for pk in (three[0].pk, RANDOM, waiting.pk, three[2].pk, three[1].pk)]
    body = Caller(lent.eko_user).post("requests/approve/", rows).json()
    found = [(row["id"], row["status"], row["code"]) for row in body["results"]]
    assert found == [
        (three[0].pk, 200, "APPROVED"),
        (RANDOM, 404, "not_found"),
        (waiting.pk, 404, "not_found"),  # another unit's: as if it were not there
        (three[2].pk, 412, "STALE"),
        (three[1].pk, 200, "APPROVED"),
    ]
    assert (body["done"], body["left"]) == (2, 3)
    assert all(row["title"] for row in body["results"] if row["status"] != 200)
    assert Request.objects.get(pk=waiting.pk).state == "SENT"


def test_what_does_not_fit_stays(lent, three):
    UnitRule.objects.create(
        agency=lent.agency,
        unit=lent.planning,
        kind="MIN_PRESENT",
        number=3,
        valid=DateRange(dt.date(2020, 1, 1), None),
    )
    rows = [{"id": one.pk, "version": 1} for one in three if one.date == THURSDAY]
    assert len(rows) >= 2
    body = Caller(lent.eko_user).post("requests/approve/", rows).json()
    assert [row["status"] for row in body["results"]] == [200] + [409] * (len(rows) - 1)
    assert body["results"][-1]["code"].startswith("R-")


def test_hr_reads_why_not_row_by_row(lent, waiting, three):
    rows = [{"id": one.pk, "version": 1} for one in (waiting, *three)]
    body = Caller(lent.dewi_user).post("requests/approve/", rows).json()
    assert {row["status"] for row in body["results"]} == {403}
    assert not Request.objects.exclude(state="SENT").exists()


def test_the_first_of_two_stages_passes_it_on(lent, waiting):
    Request.objects.filter(pk=waiting.pk).update(stages=2)
    body = Caller(lent.budi_user).post("requests/approve/", [{"id": waiting.pk, "version": 1}]).json()
    assert [(row["code"], row["version"]) for row in body["results"]] == [("ENDORSED", 2)]
    read = Caller(lent.dewi_user).get(f"requests/{waiting.pk}/").json()
    assert (read["state"], read["stage"], read["holder"], read["endorsed_by"]) == ("SENT", 2, None, "Budi Santoso")
    again = Caller(lent.budi_user).post(f"requests/{waiting.pk}/approve/", match=2)
    assert said(again) == (403, "SAME_PERSON")


BAD_LISTS = [
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
]


def test_a_bad_list_is_refused_as_a_whole(cast):
    budi = Caller(cast.budi_user)
    for rows in BAD_LISTS:
        assert said(budi.post("requests/approve/", rows)) == (400, "invalid"), str(rows)[:80]


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
def test_who_may_recall_a_day(lent, who, expected):
    answer = Caller(getattr(lent, f"{who}_user")).post(f"wfh-days/{lent.day.pk}/recall/", {"reason": "Banjir"})
    assert said(answer) == expected
    lent.day.refresh_from_db()
    assert lent.day.state == ("RECALLED" if expected[0] == 200 else "ACTIVE")
    if expected is MISSING:
        nothing = Caller(getattr(lent, f"{who}_user")).post(f"wfh-days/{RANDOM}/recall/", {"reason": "Banjir"})
        assert nothing.content == answer.content


def test_a_day_is_recalled_once_and_with_a_reason(lent):
    budi = Caller(lent.budi_user)
    assert said(budi.post(f"wfh-days/{lent.day.pk}/recall/")) == (422, "REASON_MISSING")
    assert budi.post(f"wfh-days/{lent.day.pk}/recall/", {"reason": "Banjir"}).json()["state"] == "RECALLED"
    assert said(budi.post(f"wfh-days/{lent.day.pk}/recall/", {"reason": "Banjir"})) == (409, "GONE")


# --- the list --------------------------------------------------------------------------------------


FILTERS = [
    ({}, 4),
    ({"state": "SENT"}, 4),
    ({"state": "APPROVED"}, 0),
    ({"kind": "MOVE"}, 4),
    ({"kind": "SWAP"}, 0),
    ({"week": "2026-W49"}, 4),
    ({"week": "2026-W50"}, 0),
    ({"waiting": "me"}, 0),  # HR decides what nobody else can
    ({"state": "SENT", "page_size": "1"}, 4),
]


def test_named_filters(lent, waiting, three):
    dewi = Caller(lent.dewi_user)
    for params, found in FILTERS:
        assert dewi.get("requests/", **params).json()["count"] == found, params


def test_what_waits_for_me(lent, waiting, three):
    for who, found in (("budi", {waiting.pk}), ("wati", {waiting.pk}), ("eko", {r.pk for r in three}), ("sari", set())):
        rows = Caller(getattr(lent, f"{who}_user")).get("requests/", waiting="me").json()["results"]
        assert {row["id"] for row in rows} == found, who
    rows = Caller(lent.dewi_user).get("requests/", date="2026-12-03").json()["results"]
    assert {row["date"] for row in rows} == {"2026-12-03"}


BAD_FILTERS = [
    {"state": "GONE"},
    {"week": "2026-W54"},
    {"week": "9999-W52"},
    {"week": "0001-W01"},
    {"week": "2026-W49\x00"},
    {"date": "3 Desember"},
    {"waiting": "you"},
    {"stat": "SENT"},
    {"employee__nip": "1"},
]


def test_bad_filters_are_refused_by_name(cast):
    dewi = Caller(cast.dewi_user)
    for params in BAD_FILTERS:
        answer = dewi.get("requests/", **params)
        assert said(answer) == (400, "invalid"), params
        assert list(answer.json()["errors"]) == list(params)


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_list(lent, three, rows, django_assert_num_queries):
    Request.objects.exclude(pk__in=[one.pk for one in three[:rows]]).delete()
    caller = Caller(lent.dewi_user)
    with django_assert_num_queries(8):  # token, account, its ends, grants, the call, count, rows, who read whose
        assert caller.get("requests/").json()["count"] == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_many_decisions_do_not_grow(lent, three, rows, django_assert_max_num_queries):
    chosen = [{"id": one.pk, "version": 1} for one in three[:rows]]
    caller = Caller(lent.eko_user)
    with django_assert_max_num_queries(60):
        assert caller.post("requests/approve/", chosen).json()["done"] == rows
