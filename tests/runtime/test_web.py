"""The web server as it runs in production: what only the wire shows."""

import http.client
from urllib.parse import urlsplit

import pytest
from django.db import connections

from tests.guards.test_headers import EVERYWHERE
from tests.rig import rig


@pytest.fixture
def web(transactional_db, tmp_path):
    with rig(tmp_path) as made:
        yield urlsplit(made.web()).netloc
    connections.close_all()


def ask(netloc, method, path):
    wire = http.client.HTTPConnection(netloc, timeout=20)
    wire.request(method, path)
    answer = wire.getresponse()
    answer.read()
    wire.close()
    return answer


def test_no_answer_names_its_server_and_each_has_the_headers(web):
    asked = [("GET", "/livez", 200), ("GET", "/accounts/login/", 200), ("GET", "/no-such", 404), ("HEAD", "/", 302)]
    asked += [("GET", "/api/v1/me/week/", 401), ("TRACE", "/", 405), ("GET", "/static/no-such.css", 404)]
    for method, path, status in asked:
        answer = ask(web, method, path)
        assert answer.status == status, (method, path)
        assert answer.getheader("Server") is None, path
        assert {name: answer.getheader(name) for name in EVERYWHERE} == EVERYWHERE, path
        assert "frame-ancestors 'none'" in answer.getheader("Content-Security-Policy")
