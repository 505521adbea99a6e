"""What a token may: read what its account sees, and whatever else was named when it was made. Never the admin."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.views import APIView

from employees.actions import Refused, create_token, make_own_token, renew_own_token
from employees.models import Role, TokenScopes
from employees.tokens import InScope
from ledger.models import Event
from tests import factories


@pytest.fixture
def service(cast):
    """Another system's account, with the rights of an HR head."""
    user = factories.account(username="absensi")
    factories.grant(user, Role.HR_HEAD, cast.agency)
    return user


def token(user, *scopes) -> dict:
    return {"authorization": f"Token {create_token(user=user, by=None, at=timezone.now(), scopes=scopes)}"}


def asks(method, path, headers) -> tuple[int, str]:
    more = {"content_type": "application/json", "data": "{}"} if method == "post" else {}
    answer = getattr(Client(), method)(path, headers=headers, **more)
    return answer.status_code, answer.json().get("code", "") if answer.status_code >= 400 else ""


WRITES = ("/api/v1/requests/", "/api/v1/requests/approve/", "/api/v1/requests/1/approve/", "/api/v1/wfh-days/1/recall/")
PUBLISH = "/api/v1/plans/1/publish/"


@pytest.mark.parametrize("path", [*WRITES, PUBLISH])
def test_a_token_reads_and_changes_nothing_unless_it_is_named(service, path):
    assert asks("get", "/api/v1/wfh-days/?date=2026-11-25", token(service))[0] == 200
    refused = asks("post", path, token(service))
    assert refused == (403, "SCOPE")
    named = "publish" if path == PUBLISH else "write"
    other = "write" if path == PUBLISH else "publish"
    assert asks("post", path, token(service, other)) == (403, "SCOPE")
    assert asks("post", path, token(service, named))[1] != "SCOPE"
    assert Event.objects.filter(verb="denied", after__code="SCOPE", actor_id=service.pk).count() == 2


def test_without_the_permission_every_token_would_write(service, monkeypatch):
    """The twin."""
    monkeypatch.setattr(InScope, "has_permission", lambda *_args: True)
    assert asks("post", WRITES[1], token(service))[1] != "SCOPE"


def test_every_view_of_the_api_asks_for_the_scope(db):
    """A view that brings its own permissions brings this one, or answers nobody's writes."""
    from schedules import api_urls

    views = [getattr(one.callback, "view_class", getattr(one.callback, "cls", None)) for one in api_urls.urlpatterns]
    for view in views:
        assert issubclass(view, APIView)
        writes = {"post", "put", "patch", "delete"} & {name for name in dir(view) if name in view.http_method_names}
        assert InScope in view.permission_classes or not writes, view


def test_a_log_in_needs_no_scope(cast, client):
    client.force_login(cast.sari_user)
    answer = client.post("/api/v1/requests/approve/", "{}", content_type="application/json")
    assert answer.json()["code"] != "SCOPE"


@pytest.mark.parametrize("scopes", [(), ("write", "publish")])
def test_a_token_never_opens_pages_or_the_admin(service, scopes):
    headers = token(service, *scopes)
    for path in ("/admin/", "/admin/performance/appraisal/", "/", "/account/", "/account/factors/"):
        answer = Client().get(path, headers=headers)
        assert answer.status_code == 302, path
        assert "/login/" in answer["Location"], path


def test_a_token_of_a_role_works_without_a_second_factor_and_a_session_beside_it_does_not(service, cast):
    """The token is the factor; a log-in without one stays outside with the token in its hand."""
    assert asks("get", "/api/v1/wfh-days/?date=2026-11-25", token(service))[0] == 200


def test_the_command_makes_a_token_that_only_reads_unless_told_otherwise(service, capsys):
    call_command("create_token", "absensi")
    assert not TokenScopes.objects.exists()
    call_command("create_token", "absensi", "--scope", "write")
    assert TokenScopes.objects.get().names == ["write"]
    with pytest.raises(CommandError):
        call_command("create_token", "absensi", "--scope", "everything")
    with pytest.raises(Refused) as refused:
        create_token(user=service, by=None, at=timezone.now(), scopes=["everything"])
    assert refused.value.code == "BAD_SCOPE"
    assert AuthToken.objects.count() == 2
    made = Event.objects.filter(verb="account.token").order_by("pk").values_list("after__scopes", flat=True)
    assert list(made) == [[], ["write"]]


def test_a_renewed_token_may_what_the_old_one_might(cast):
    at = timezone.now()
    for scopes in ([], ["write"]):
        make_own_token(by=cast.sari_user, at=at, scopes=scopes)
        digest = AuthToken.objects.get().digest
        renew_own_token(digest=digest, by=cast.sari_user, at=at + dt.timedelta(minutes=1))
        assert list(TokenScopes.objects.values_list("names", flat=True)) == ([scopes] if scopes else [])
        AuthToken.objects.all().delete()


def test_on_the_page_one_says_whether_it_may_change_anything(cast, client, english):
    client.cookies["language"] = "en"
    client.post("/accounts/login/", {"login": cast.sari.nip, "password": "rahasia-sekali-1"})
    client.post("/accounts/reauthenticate/", {"password": "rahasia-sekali-1"})
    client.post("/account/connections/tokens/")
    assert "only reads" in client.get("/account/connections/").content.decode()
    client.post("/account/connections/tokens/", {"may": "write"})
    assert "reads and changes" in client.get("/account/connections/").content.decode()
