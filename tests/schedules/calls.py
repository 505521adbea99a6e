"""Calling the API as somebody: a token, JSON in and out, the headers of writes."""

import json

from django.test import Client
from knox.models import AuthToken

from employees.models import TokenScopes

EMPTY = object()


def token_of(user, scopes=("write", "publish")) -> str:
    """A token that may all the API offers, unless told otherwise."""
    token, text = AuthToken.objects.create(user)
    TokenScopes.objects.create(token=token, names=list(scopes))
    return text


class Caller:
    """One user's calls to /api/v1/."""

    def __init__(self, user):
        self.user = user
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Token {token_of(user)}"} if user else {}

    def get(self, path, **params):
        return self.client.get(f"/api/v1/{path}", params, headers=self.headers)

    def post(self, path, body=EMPTY, *, match=None, key=None, raw=None, content_type="application/json"):
        headers = dict(self.headers)
        if match is not None:
            headers["If-Match"] = match if isinstance(match, str) else f'"{match}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        data = raw if raw is not None else json.dumps({} if body is EMPTY else body)
        return self.client.post(f"/api/v1/{path}", data, content_type=content_type, headers=headers)


def said(answer):
    """Status and code of an answer, a problem document checked on the way."""
    body = answer.json()
    if answer.status_code >= 400:
        assert answer["Content-Type"].startswith("application/problem+json"), answer["Content-Type"]
        assert body["status"] == answer.status_code
        assert body["title"]
    return answer.status_code, body.get("code")
