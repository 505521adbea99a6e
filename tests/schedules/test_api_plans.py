"""Plans over the API: HR reads drafts, the HR head publishes the version that was looked at."""

import datetime as dt

import pytest

from schedules.actions.plans import draft_plan
from schedules.models import Plan, WfhDay
from tests import factories
from tests.worlds import world

from .calls import Caller, said

MISSING = (404, "not_found")
WEEK = dt.date(2026, 11, 30)


@world
def draft(planned, now):
    """The week of `planned` once more as a draft."""
    WfhDay.objects.all().delete()
    plan = Plan.objects.get()
    Plan.objects.filter(pk=plan.pk).update(state="SUPERSEDED")
    Plan.objects.filter(pk=plan.pk).update(revision=99, reason="uji")
    return draft_plan(agency=planned.agency, week=WEEK, by=None, at=now)


@pytest.mark.parametrize(
    ("who", "read", "publish"),
    [
        ("hadi", (200, None), (200, None)),
        ("dewi", (200, None), (403, "DENIED")),
        ("budi", MISSING, MISSING),
        ("sari", MISSING, MISSING),
        ("eko", MISSING, MISSING),
        ("ratna", MISSING, MISSING),
    ],
)
def test_who_reads_and_who_publishes(planned, draft, who, read, publish):
    caller = Caller(getattr(planned, f"{who}_user"))
    assert said(caller.get(f"plans/{draft.pk}/")) == read
    listed = caller.get("plans/", week="2026-W49", state="DRAFT").json()
    assert listed["count"] == (1 if read[0] == 200 else 0)
    answer = caller.post(f"plans/{draft.pk}/publish/", match=draft.version)
    assert said(answer) == publish
    draft.refresh_from_db()
    assert draft.state == ("PUBLISHED" if publish[0] == 200 else "DRAFT")
    if publish is MISSING:
        assert caller.post("plans/987654321/publish/", match=1).content == answer.content


def test_publishing_gives_the_days_once(planned, draft):
    hadi = Caller(planned.hadi_user)
    seen = hadi.get(f"plans/{draft.pk}/")
    assert (seen.json()["agency"], seen.json()["week"], seen.json()["exceptional"]) == ("KC", "2026-W49", [])
    published = hadi.post(f"plans/{draft.pk}/publish/", match=seen["ETag"], key="k-1")
    assert published.json()["state"] == "PUBLISHED"
    assert published["ETag"] != seen["ETag"]
    days = WfhDay.objects.count()
    assert days == published.json()["given"] > 0
    again = hadi.post(f"plans/{draft.pk}/publish/", match=seen["ETag"], key="k-1")
    assert (again.content, again["Idempotent-Replayed"]) == (published.content, "true")
    late = hadi.post(f"plans/{draft.pk}/publish/", match=published["ETag"])
    assert said(late) == (409, "ALREADY_PUBLISHED")
    assert "Hadi Wijaya" in late.json()["title"]
    assert WfhDay.objects.count() == days


def test_a_draft_made_anew_is_looked_at_again(planned, draft):
    hadi = Caller(planned.hadi_user)
    assert said(hadi.post(f"plans/{draft.pk}/publish/")) == (428, "PRECONDITION_REQUIRED")
    assert said(hadi.post(f"plans/{draft.pk}/publish/", match=draft.version + 1)) == (412, "STALE")
    factories.leave(planned.sari, WEEK, WEEK + dt.timedelta(days=6))
    assert said(hadi.post(f"plans/{draft.pk}/publish/", match=draft.version)) == (409, "CHANGED")
    assert said(hadi.post(f"plans/{draft.pk}/publish/", match=draft.version)) == (412, "STALE")
    seen = hadi.get(f"plans/{draft.pk}/")
    assert seen.json()["version"] > draft.version
    assert hadi.post(f"plans/{draft.pk}/publish/", match=seen["ETag"]).status_code == 200


@pytest.mark.parametrize("params", [{"week": "2026"}, {"state": "x"}, {"agency": "KC"}])
def test_bad_filters(planned, params):
    answer = Caller(planned.hadi_user).get("plans/", **params)
    assert said(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == list(params)


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_list(planned, now, rows, django_assert_num_queries):
    for n in range(1, rows):
        Plan.objects.create(agency=planned.agency, week=WEEK + dt.timedelta(weeks=n), created_at=now)
    caller = Caller(planned.hadi_user)
    with django_assert_num_queries(7):  # as every list: see test_api
        assert caller.get("plans/").json()["count"] == rows
