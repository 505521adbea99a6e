"""Calls of the API are counted by token: reads and writes apart, nobody uses up another's."""

import pytest
from knox.models import AuthToken
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from ledger import limits
from ledger.throttle import TokenThrottle
from tests.schedules.calls import Caller, said


@pytest.fixture(autouse=True)
def small(settings):
    small = {"read": (2, 60), "write": (1, 60), "export": (1, 60), "anonymous": (1, 60)}
    settings.API_LIMITS = settings.API_LIMITS | small


def test_so_many_reads_then_told_how_long_to_wait(cast):
    sari = Caller(cast.sari_user)
    assert [sari.get("me/week/").status_code for _ in range(2)] == [200] * 2
    answer = sari.get("me/week/")
    assert said(answer)[0] == 429
    assert 55 <= int(answer["Retry-After"]) <= 60


def test_each_token_has_its_own_count(cast):
    first, second = Caller(cast.sari_user), Caller(cast.sari_user)
    assert [first.get("me/week/").status_code for _ in range(3)] == [200, 200, 429]
    assert second.get("me/week/").status_code == 200
    assert Caller(cast.budi_user).get("me/week/").status_code == 200


def test_writes_are_counted_apart_and_sooner(cast):
    sari = Caller(cast.sari_user)
    assert [sari.post("requests/", {}).status_code for _ in range(2)] == [400, 429]
    assert sari.get("me/week/").status_code == 200


def test_a_session_is_counted_by_its_account(cast, client):
    client.force_login(cast.sari_user)
    assert [client.get("/api/v1/me/week/").status_code for _ in range(3)] == [200, 200, 429]


def test_a_download_has_its_own_count(cast):
    class Download(APIView):
        exports = True

        def get(self, request):
            return Response({})

    token = AuthToken.objects.create(user=cast.sari_user)[0]
    got = []
    for _ in range(2):
        request = APIRequestFactory().get("/")
        force_authenticate(request, cast.sari_user, token)
        got.append(Download.as_view()(request).status_code)
    assert got == [200, 429]


def test_an_invented_address_changes_nothing_without_a_proxy_of_ours(db):
    passed = []
    for forged in ("1.1.1.1", "2.2.2.2"):
        request = Request(APIRequestFactory().get("/", headers={"X-Forwarded-For": forged}))
        passed.append(TokenThrottle().allow_request(request, None))
    assert passed == [True, False]


def test_the_twin_that_does_not_count_lets_everything_pass(cast, monkeypatch):
    monkeypatch.setattr(limits, "hit", lambda key, **kwargs: None)
    sari = Caller(cast.sari_user)
    assert {sari.get("me/week/").status_code for _ in range(5)} == {200}
