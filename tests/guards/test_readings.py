"""Whoever opens another person's record, by the API or in the admin, is in the read log; a new door is asked too."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import ForeignKey, OneToOneField
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from employees.models import Employee
from ledger.models import ReadLog
from schedules import api
from schedules.api import reading
from tests import factories
from tests.schedules.calls import Caller
from tests.schedules.conftest import lent, now, planned, waiting  # noqa: F401 - the world of these tests

pytestmark = pytest.mark.django_db
# What a GET of the API answers that is no record of somebody else, each with its reason. The only list.
NO_RECORD = {
    "api-my-week": "one's own",
    "api-calendar": "one's own",
    "api-wfh-days": "who is where on a day, as colleagues see it; systems of attendance ask every minute",
    "api-plans": "counts of an agency",
    "api-plan": "counts of units",
    "api-schema": "no data",
    "api-docs": "no data",
}
RECORDS = {  # route → its address below /api/v1/ and the filters, for Sari
    "api-decisions": lambda cast: ("decisions/", {"week": "2026-W49"}),
    "api-decision": lambda cast: (f"decisions/{cast.sari.public_id}~2026-W49/", {}),
    "api-requests": lambda cast: ("requests/", {}),
    "api-request": lambda cast: (f"requests/{cast.request.pk}/", {}),
}


@pytest.fixture
def world(planned, waiting):  # noqa: F811
    planned.request = waiting
    return planned


def routes(patterns=None, before=""):
    for item in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns, before + str(item.pattern))
        elif isinstance(item, URLPattern) and before.startswith("api/") and hasattr(item.callback.cls, "get"):
            yield item.name


def test_every_reading_door_of_the_api_is_known():
    assert set(routes()) == set(NO_RECORD) | set(RECORDS)


def read(actor):
    return set(ReadLog.objects.filter(actor_id=actor.pk).values_list("employee_id", "what"))


@pytest.mark.parametrize("route", sorted(RECORDS))
def test_reading_somebody_elses_by_the_api_is_written(world, route):
    path, filters = RECORDS[route](world)
    answer = Caller(world.dewi_user).get(path, **filters)
    assert answer.status_code == 200
    assert (world.sari.pk, route) in read(world.dewi_user)


@pytest.mark.parametrize("route", sorted(RECORDS))
def test_reading_ones_own_is_not(world, route):
    path, filters = RECORDS[route](world)
    assert Caller(world.sari_user).get(path, **filters).status_code == 200
    assert (world.sari.pk, route) not in read(world.sari_user)


def test_a_record_that_is_not_there_was_not_read(world):
    assert Caller(world.ratna_user).get(f"requests/{world.request.pk}/").status_code == 404
    assert not read(world.ratna_user)


@pytest.mark.parametrize(
    ("module", "route"), [(reading, "api-decisions"), (api.requests, "api-request"), (api.decisions, "api-decision")]
)
def test_a_door_that_forgets_is_found(world, monkeypatch, module, route):
    """The twin: the door does not write."""
    monkeypatch.setattr(module, "seen", lambda **known: 0)
    with pytest.raises(AssertionError):
        test_reading_somebody_elses_by_the_api_is_written(world, route)


# Kinds of row about a person that have a page of their own in the admin, and how one of Sari's is made.
MADE = {
    "employees.employee": lambda cast: cast.sari,
    "employees.leave": lambda cast: factories.leave(cast.sari, cast.sunday, cast.sunday),
    "employees.discipline": lambda cast: factories.discipline(cast.sari, cast.sunday),
    "employees.absence": lambda cast: factories.absence(cast.sari, cast.sunday),
    "employees.fact": lambda cast: factories.fact(cast.sari, "pelatihan", "ya"),
    "employees.user": lambda cast: cast.sari_user,
    "employees.rolegrant": lambda cast: factories.grant(cast.sari_user, "AUDITOR", cast.agency, cast.general),
    "performance.appraisal": lambda cast: cast.sari.appraisals.first(),
    "schedules.request": lambda cast: cast.request,
    "schedules.wfhday": lambda cast: cast.day,
}
# Pages whose objects are made by long ways; they open through the same `get_object` (tested where they are made).
ELSEWHERE = {"eligibility.correction", "eligibility.objection", "eligibility.suspension", "employees.datarequest"}


def about_people():
    """Registered models with a row about one person."""
    for model in admin.site._registry:
        named = {field.name for field in model._meta.get_fields() if isinstance(field, ForeignKey | OneToOneField)}
        if model is Employee or {"employee", "user"} & named:
            yield model._meta.label_lower


def test_every_page_about_a_person_is_known():
    assert set(about_people()) == set(MADE) | ELSEWHERE
    for label in ELSEWHERE:
        view = admin.site._registry[apps.get_model(label)].change_view
        assert "get_object" in view.__code__.co_names or view.__func__.__qualname__ == "ModelAdmin.change_view"


@pytest.mark.parametrize("label", sorted(MADE))
def test_opening_a_page_of_the_admin_is_written(world, now, label):  # noqa: F811
    world.sunday = now.date()
    row = MADE[label](world)
    reader = factories.account()
    for role in ("HR_OFFICER", "AUDITOR", "AGENCY_ADMIN"):
        factories.grant(reader, role, world.agency)
    client = Client()
    client.force_login(reader)
    answer = client.get(f"/admin/{label.replace('.', '/')}/{row.pk}/change/")
    assert answer.status_code == 200
    assert read(reader) == {(world.sari.pk, label)}
