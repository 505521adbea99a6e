"""The read API: tokens, the same scope as the pages, problem documents, a constant number of queries."""

import pytest
from knox.models import AuthToken

from schedules.models import WfhDay
from tests import factories

WEDNESDAY = "2026-12-02"


@pytest.fixture
def api(client):
    def get(path, user=None, **params):
        headers = {"Authorization": f"Token {AuthToken.objects.create(user=user)[1]}"} if user else {}
        return client.get(f"/api/v1/{path}", params, headers=headers)

    return get


def test_my_week(planned, api):
    answer = api("me/week/", planned.sari_user, week="2026-W49")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["week"], body["eligible"]) == ("2026-W49", True)
    assert [day["date"] for day in body["days"] if day["status"] == "WFH"] == [WEDNESDAY]


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("sari_user", {"sari"}),
        ("budi_user", {"budi", "sari"}),
        ("dewi_user", {"sari", "budi", "eko"}),
        ("eko_user", {"eko"}),
        ("ratna_user", set()),
    ],
)
def test_wfh_days_show_what_the_pages_show(planned, api, who, sees):
    listed = {row["nip"] for row in api("wfh-days/", getattr(planned, who), date=WEDNESDAY).json()["results"]}
    named = {n for n in ("sari", "budi", "eko", "dewi") if getattr(planned, n).nip in listed}
    assert named == sees


def test_filter_by_unit(planned, api):
    body = api("wfh-days/", planned.dewi_user, date=WEDNESDAY, unit="UMUM").json()
    assert {row["unit"] for row in body["results"]} == {"UMUM"}
    assert body["count"] == 2


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("me/week/", {"week": "2026-W54"}, 400, "invalid"),
        ("me/week/", {"week": "2026-11-23"}, 400, "invalid"),
        ("wfh-days/", {}, 400, "invalid"),
        ("wfh-days/", {"date": "31-02-2026"}, 400, "invalid"),
    ],
)
def test_bad_input_is_a_problem_document(planned, api, path, params, status, code):
    answer = api(path, planned.sari_user, **params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["errors"]


def test_without_or_with_an_ended_token_nothing(planned, api, client):
    answer = api("wfh-days/", date=WEDNESDAY)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    token, text = AuthToken.objects.create(user=planned.sari_user)
    token.delete()
    assert client.get("/api/v1/me/week/", headers={"Authorization": f"Token {text}"}).status_code == 401


def test_a_deactivated_account_is_out_at_once(planned, client):
    _token, text = AuthToken.objects.create(user=planned.sari_user)
    planned.sari_user.is_active = False
    planned.sari_user.save()
    assert client.get("/api/v1/me/week/", headers={"Authorization": f"Token {text}"}).status_code == 401


@pytest.mark.parametrize("people", [1, 3])
def test_queries_of_the_list(planned, client, django_assert_num_queries, people):
    WfhDay.objects.exclude(employee__in=[planned.eko, *planned.team][:people]).delete()
    _token, text = AuthToken.objects.create(user=planned.dewi_user)
    with django_assert_num_queries(7):  # token, account, its ends, grants, the call counted, count, rows
        answer = client.get("/api/v1/wfh-days/", {"date": WEDNESDAY}, headers={"Authorization": f"Token {text}"})
    assert answer.json()["count"] == people


def test_the_schema_names_both(planned, client):
    client.force_login(planned.sari_user)
    schema = client.get("/api/schema/", {"format": "json"}).json()
    assert {"/api/v1/me/week/", "/api/v1/wfh-days/"} <= set(schema["paths"])
    assert client.get("/api/docs/").status_code == 200


def test_an_account_without_a_person_has_no_week(db, api):
    factories.agency()
    answer = api("me/week/", factories.account())
    assert answer.status_code == 404
