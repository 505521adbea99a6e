"""A date of a published week falls away: who sees the screen, what it shows, and that it does just that."""

import datetime as dt

import pytest
from django.urls import reverse

from employees.models import Holiday
from ledger.models import Event
from schedules.actions.plans import publish_plan
from schedules.models import Notice, Plan, UnitRule, WfhDay
from tests import factories
from tests.employees.roles import somebody
from tests.worlds import world

from .pages import as_, text

WEEK = dt.date(2026, 11, 30)


@world
def published(drafted, now):
    drafted.plan = publish_plan(plan_id=drafted.plan.pk, by=drafted.hadi_user, at=now, version=drafted.plan.version)
    drafted.date = WfhDay.objects.filter(unit=drafted.planning).order_by("date").first().date
    drafted.affected = WfhDay.objects.filter(date=drafted.date).count()
    return drafted


def client_of(cast, who):
    client = as_(somebody(cast, who))
    client.cookies["language"] = "en"
    return client


def screen(plan):
    return reverse("admin:schedules_plan_repair", args=[plan.pk])


def asked(cast, **other):
    return {"look": "1", "dates": [cast.date.isoformat()], "kind": "EMERGENCY", "unit": "", "reason": "Banjir"} | other


def digest_of(client, cast, **other):
    return client.get(screen(cast.plan), asked(cast, **other)).context["proposal"].digest


def test_the_screen_shows_everybody_and_one_button_does_it(published):
    client = client_of(published, "hadi")
    assert screen(published.plan) in text(client.get(reverse("admin:schedules_plan_change", args=[published.plan.pk])))
    shown = client.get(screen(published.plan), asked(published))
    proposal = shown.context["proposal"]
    assert len(proposal.lines) == published.affected
    assert f"{published.affected} days are affected" in text(shown)
    assert not UnitRule.objects.exists()  # looking writes nothing
    done = client.post(screen(published.plan), asked(published, digest=proposal.digest), follow=True)
    assert [m.level_tag for m in done.context["messages"]] == ["success"]
    plan = Plan.objects.get(state="PUBLISHED")
    assert (plan.revision, plan.reason) == (2, "Banjir")
    assert not WfhDay.objects.active().filter(date=published.date).exists()
    assert UnitRule.objects.get().kind == "BLACKOUT"
    assert Notice.objects.filter(kind__in=["day-repaired", "day-lost"]).count() == published.affected
    page = text(done)
    assert "Banjir" in page
    assert "revision 2" in page
    old = client.get(reverse("admin:schedules_plan_change", args=[published.plan.pk]))
    assert "A later revision has replaced this one." in text(old)


def test_only_a_unit_and_what_is_below_it(published):
    client = client_of(published, "hadi")
    shown = client.get(screen(published.plan), asked(published, unit="REN"))
    assert {line.day.unit_id for line in shown.context["proposal"].lines} == {published.planning.pk}


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("hadi", 200),
        ("dewi", 403),
        ("auditor", 403),
        ("agency_admin", 403),
        ("ratna", 404),
        ("sari", 302),
        ("eko", 302),
    ],
)
def test_who_repairs(published, who, status):
    client = client_of(published, who)
    assert client.get(screen(published.plan)).status_code == status
    digest = digest_of(client_of(published, "hadi"), published)
    answer = client.post(screen(published.plan), asked(published, digest=digest))
    assert answer.status_code == (302 if who == "hadi" else status)
    assert Plan.objects.filter(revision=2).exists() == (who == "hadi")


def test_what_changed_since_it_was_looked_at_is_shown_again(published):
    client = client_of(published, "hadi")
    digest = digest_of(client, published)
    day = WfhDay.objects.filter(date=published.date).first()
    WfhDay.objects.filter(pk=day.pk).update(state="RETURNED")
    told = client.post(screen(published.plan), asked(published, digest=digest))
    assert told.status_code == 200
    assert "Look at it again." in text(told)
    assert len(told.context["proposal"].lines) == published.affected - 1
    assert not UnitRule.objects.exists()
    assert not Plan.objects.filter(revision=2).exists()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"dates": []}, "This field is required."),
        ({"dates": ["2026-12-25"]}, "Select a valid choice."),
        ({"dates": ["tomorrow"]}, "Select a valid choice."),
        ({"reason": " "}, "This field is required."),
        ({"unit": "XX"}, "There is no unit “XX” among those you are HR of."),
        ({"unit": "PUSAT"}, "There is no unit “PUSAT”"),
        ({"kind": "HOLIDAY", "unit": "REN"}, "A day off is the whole agency&#x27;s."),
        ({"kind": "CALENDAR"}, "The calendar has no day off on that date."),
        ({"kind": "OTHER"}, "Select a valid choice."),
    ],
)
def test_bad_input_has_its_own_sentence(published, other, said):
    client = client_of(published, "hadi")
    for answer in (
        client.get(screen(published.plan), asked(published, **other)),
        client.post(screen(published.plan), asked(published, digest="x", **other)),
    ):
        assert answer.status_code == 200
        assert said in text(answer)
    assert not Plan.objects.filter(revision=2).exists()


def test_a_day_off_is_declared_with_the_repair(published):
    client = client_of(published, "hadi")
    wanted = asked(published, kind="HOLIDAY", reason="Hari jadi kementerian")
    client.post(screen(published.plan), wanted | {"digest": digest_of(client, published, **wanted)})
    assert Holiday.objects.get().name == "Hari jadi kementerian"
    twice = client.get(screen(Plan.objects.get(state="PUBLISHED")), wanted)
    assert "That date is in the calendar already" in text(twice)


def test_a_day_off_declared_after_publication_is_on_the_first_page_until_the_week_is_repaired(published):
    client = client_of(published, "hadi")
    assert "declared after publication" not in text(client.get("/admin/"))
    Holiday.objects.create(date=published.date, name="Cuti bersama tambahan", kind="CUTI_BERSAMA", source="SKB")
    first = text(client.get("/admin/"))
    assert f"{published.affected} WFH days still lie on it" in first
    link = first.split(screen(published.plan))[1].split('"')[0].replace("&amp;", "&")
    shown = client.get(screen(published.plan) + link)
    assert len(shown.context["proposal"].lines) == published.affected
    digest = shown.context["proposal"].digest
    wanted = asked(published, kind="CALENDAR", reason="Cuti bersama tambahan", digest=digest)
    assert client.post(screen(published.plan), wanted).status_code == 302
    assert "declared after publication" not in text(client.get("/admin/"))
    assert Holiday.objects.count() == 1
    assert Event.objects.filter(verb="plan.revise").count() == 1


def test_others_read_that_a_day_fell_away_but_get_no_link(published):
    Holiday.objects.create(date=published.date, name="Libur", kind="LIBUR_NASIONAL", source="SKB")
    for who in ("dewi", "auditor"):
        page = text(client_of(published, who).get("/admin/"))
        assert "declared after publication" in page
        assert screen(published.plan) not in page
    page = text(client_of(published, "ratna").get("/admin/"))
    assert "declared after publication" not in page


def test_a_past_week_offers_no_date(published, monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + dt.timedelta(days=20))
    answer = client_of(published, "hadi").get(screen(published.plan), asked(published))
    assert "Select a valid choice." in text(answer)


@pytest.mark.parametrize("people", [1, 3])
def test_the_number_of_queries_of_the_screen(published, django_assert_num_queries, people):
    for n in range(people - 1):
        person = factories.employee(published.planning, f"Lain {n}")
        WfhDay.objects.create(
            employee=person, agency=published.agency, unit=published.planning, date=published.date, track="REWARD"
        )
    client = as_(published.hadi_user)
    with django_assert_num_queries(23):
        client.get(screen(published.plan), asked(published))
