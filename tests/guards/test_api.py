"""The API as a whole: it documents itself without a warning, and no write goes without the headers of writes."""

import io

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from ledger.api import Writes

DECISIONS = {
    "/api/v1/requests/{id}/approve/",
    "/api/v1/requests/{id}/reject/",
    "/api/v1/requests/{id}/return/",
    "/api/v1/requests/{id}/withdraw/",
    "/api/v1/requests/{id}/send/",
    "/api/v1/plans/{id}/publish/",
}


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def views(patterns=None, before=""):
    for item in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(item, URLResolver):
            yield from views(item.url_patterns, before + str(item.pattern))
        elif isinstance(item, URLPattern) and before.startswith("api/") and str(item.pattern).startswith("v1/"):
            yield str(item.pattern), item.callback.cls


def test_the_schema_is_made_without_a_warning():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO())


def test_every_operation_documents_its_problems(schema):
    for path, method, operation in operations(schema):
        assert {"401", "429"} <= set(operation["responses"]), (method, path)
        assert operation["description"], (method, path)
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], (method, path, status)
                assert response["description"]


def test_every_write_takes_a_key_and_every_decision_a_version(schema):
    asked = set()
    for path, method, operation in operations(schema):
        headers = {p["name"]: p.get("required", False) for p in operation.get("parameters", ()) if p["in"] == "header"}
        if method == "get":
            assert headers == {}
            continue
        assert headers.get("Idempotency-Key") is False, (method, path)
        if "If-Match" in headers:
            assert headers["If-Match"] is True
            assert {"412", "428"} <= set(operation["responses"])
            asked.add(path)
    assert asked == DECISIONS


def test_every_view_that_writes_is_made_for_it():
    found = [(path, view) for path, view in views() if {"post", "put", "patch", "delete"} & set(dir(view))]
    assert len(found) >= 9
    for path, view in found:
        assert issubclass(view, Writes), path
        assert not {"put", "patch", "delete"} & set(dir(view)), path
