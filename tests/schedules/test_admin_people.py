"""Requests, days and stand-ins in the admin: columns that say who decided for whom, and ending a stand-in."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from schedules.actions.delegations import delegate, end_delegation
from schedules.models import Delegation, Request, WfhDay
from tests.employees.roles import somebody

from .pages import FRIDAY, as_, asked, given, text


def client_of(cast, who):
    client = as_(somebody(cast, who))
    client.cookies["language"] = "en"
    return client


@pytest.fixture
def stand_in(cast, now):
    last = now.date() + dt.timedelta(days=7)
    return delegate(
        by=cast.budi_user, delegator_id=cast.budi.pk, delegate_id=cast.sari.pk, first=now.date(), last=last, at=now
    )


def test_the_list_of_requests_says_kind_holder_and_on_whose_behalf(cast, now):
    asked(cast, cast.sari, FRIDAY, now)
    done = asked(cast, cast.team[0], FRIDAY, now, supervisor=cast.budi)
    Request.objects.filter(pk=done.pk).update(
        state="APPROVED", decided_by=cast.eko_user, decided_for=cast.budi, decided_at=now
    )
    page = text(client_of(cast, "dewi").get("/admin/schedules/request/"))
    for part in ("an extra day", "Budi Santoso", "26 Nov 2026, 15:00", "Eko Prasetyo, on behalf of Budi Santoso"):
        assert part in page
    one = text(client_of(cast, "dewi").get(reverse("admin:schedules_request_change", args=[done.pk])))
    assert "1 of 1" in one
    assert client_of(cast, "ratna").get(reverse("admin:schedules_request_change", args=[done.pk])).status_code == 404


def test_a_request_without_a_supervisor_waits_for_hr(cast, now):
    one = asked(cast, cast.sari, FRIDAY, now)
    Request.objects.filter(pk=one.pk).update(holder=None)
    page = text(client_of(cast, "dewi").get("/admin/schedules/request/"))
    assert ">HR<" in page.replace(" ", "")


@pytest.mark.parametrize("state", WfhDay.State.values)
def test_every_state_of_a_day_is_a_word(cast, now, state):
    given(cast, cast.sari, FRIDAY, state=state)
    page = text(client_of(cast, "auditor").get("/admin/schedules/wfhday/"))
    with translation.override("en"):
        assert str(WfhDay.State(state).label) in page
    assert f">{state}<" not in page.replace(" ", "")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_queries_of_the_lists(cast, now, django_assert_num_queries, rows):
    for person in (cast.sari, *cast.team)[:rows]:
        asked(cast, person, FRIDAY, now)
    client = as_(cast.dewi_user)
    with django_assert_num_queries(9):
        client.get("/admin/schedules/request/")
    with django_assert_num_queries(8):
        client.get("/admin/schedules/delegation/")


@pytest.mark.parametrize(
    ("who", "sees", "ends"),
    [
        ("dewi", 200, 302),
        ("hadi", 200, 302),
        ("auditor", 200, 403),
        ("agency_admin", 200, 403),
        ("ratna", 404, 404),
        ("platform", 403, 403),
        ("eko", 302, 302),
        ("sari", 302, 302),
    ],
)
def test_who_ends_a_stand_in(cast, stand_in, who, sees, ends):
    """Sari and Eko hold no role and are sent to the log-in; the stand-ins' own page is theirs."""
    client = client_of(cast, who)
    page = client.get(reverse("admin:schedules_delegation_change", args=[stand_in.pk]))
    assert page.status_code == sees
    if sees == 200:
        assert ("End this stand-in now" in text(page)) == (ends == 302)
    end = reverse("admin:schedules_delegation_end", args=[stand_in.pk])
    assert client.post(end).status_code == ends
    stand_in.refresh_from_db()
    assert (stand_in.ended_at is not None) == (who in ("dewi", "hadi"))


def test_a_stand_in_ends_once_and_never_by_a_link(cast, stand_in, now):
    client = client_of(cast, "dewi")
    end = reverse("admin:schedules_delegation_end", args=[stand_in.pk])
    assert client.get(end).status_code == 405
    end_delegation(by=cast.budi_user, delegation_id=stand_in.pk, at=now)
    told = client.post(end, follow=True)
    assert "This stand-in has ended already." in text(told)
    assert Delegation.objects.get().ended_at == now


def test_the_list_says_whether_a_stand_in_counts_now(cast, stand_in, now, monkeypatch):
    assert "stands in" in text(client_of(cast, "dewi").get("/admin/schedules/delegation/"))
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + dt.timedelta(days=30))
    client = client_of(cast, "dewi")
    page = client.get("/admin/schedules/delegation/")
    assert ">over<" in text(page).replace(" ", "")
    assert "End this stand-in" not in text(client.get(reverse("admin:schedules_delegation_change", args=[stand_in.pk])))
