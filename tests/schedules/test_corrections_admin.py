"""Corrections in the admin: who sees and decides them, one or many, and what it costs."""

import pytest
from django.urls import reverse

from eligibility import queries
from eligibility.actions import propose, propose_by_hand
from eligibility.models import Correction
from employees.models import Employee
from performance.models import Appraisal
from schedules.models import WfhDay
from tests import factories
from tests.employees.roles import somebody
from tests.worlds import world

from .pages import MONDAY, as_, text

LIST = "admin:eligibility_correction_changelist"


@world
def proposed(week, now):
    week.sari_case, week.budi_case = proposal(week, now, week.sari, False), proposal(week, now, week.budi, True)
    return week


def proposal(cast, now, person, eligible):
    run = queries.published_runs(cast.agency.pk, MONDAY)[0]
    reasons = [] if eligible else ["R-PREDIKAT"]
    given = {"run_id": run.pk, "employee_id": person.pk, "eligible": eligible, "reasons": reasons}
    return propose_by_hand(**given, by=cast.dewi_user, at=now, reason="SK")


def client_of(cast, who):
    client = as_(somebody(cast, who))
    client.cookies["language"] = "en"
    return client


def decide(client, one):
    address = reverse("admin:eligibility_correction_decide", args=[one.pk])
    return client.post(address, {"do": "apply", "version": one.version, "reason": "Putusan"})


@pytest.mark.parametrize(
    ("who", "listed", "page", "decides"),
    [
        ("hadi", 200, 200, 302),
        ("dewi", 200, 200, 403),
        ("auditor", 200, 200, 403),
        ("agency_admin", 403, 403, 403),
        ("ratna", 200, 404, 404),
        ("hr_of_planning", 200, 404, 404),
        ("eko", 302, 302, 302),
        ("sari", 302, 302, 302),
    ],
)
def test_who_sees_and_decides(proposed, who, listed, page, decides):
    client = client_of(proposed, who)
    shown = client.get(reverse(LIST))
    assert shown.status_code == listed
    if listed == 200:
        assert ("Sari Rahmawati" in text(shown)) == (page == 200)
    address = reverse("admin:eligibility_correction_change", args=[proposed.sari_case.pk])
    assert client.get(address).status_code == page
    assert decide(client, proposed.sari_case).status_code == decides
    proposed.sari_case.refresh_from_db()
    assert proposed.sari_case.state == ("APPLIED" if who == "hadi" else "PROPOSED")
    assert WfhDay.objects.active().exists() == (who != "hadi")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"reason": " "}, "Give a reason"),
        ({"version": "9"}, "Load the page again"),
        ({"version": "²"}, "Load the page again"),
        ({"do": "x"}, "Choose whether"),
    ],
)
def test_bad_input_has_its_own_sentence(proposed, other, said):
    address = reverse("admin:eligibility_correction_decide", args=[proposed.sari_case.pk])
    data = {"do": "apply", "version": 1, "reason": "Putusan"} | other
    assert said in text(client_of(proposed, "hadi").post(address, data, follow=True))
    assert not Correction.objects.filter(state="APPLIED").exists()


def test_many_with_one_reason_each_with_its_own_result(proposed):
    client = client_of(proposed, "hadi")
    ids = [proposed.sari_case.pk, proposed.budi_case.pk]
    chosen = {"action": "apply_selected", "_selected_action": ids}
    asked = client.post(reverse(LIST), chosen)
    assert "Sari Rahmawati" in text(asked)
    assert not Correction.objects.filter(state="APPLIED").exists()
    Correction.objects.filter(pk=ids[1]).update(version=7)  # changed meanwhile
    seen = [value for name, value in asked.context["carried"] if name == "seen"]
    done = text(client.post(reverse(LIST), chosen | {"reason": "SK", "seen": seen}, follow=True))
    assert "1 correction applied" in done
    assert "Budi Santoso: This correction has changed" in done
    assert list(Correction.objects.filter(state="APPLIED").values_list("pk", flat=True)) == ids[:1]


def test_an_officer_is_offered_no_decision(proposed):
    client = client_of(proposed, "dewi")
    data = {"action": "apply_selected", "_selected_action": [proposed.sari_case.pk], "reason": "x", "seen": ["1:1"]}
    client.post(reverse(LIST), data)
    assert not Correction.objects.filter(state="APPLIED").exists()


def test_what_changed_is_said_in_words(week, now, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    Appraisal.objects.filter(employee=week.sari).update(state=Appraisal.State.RESCINDED)
    propose(run_id=queries.published_runs(week.agency.pk, MONDAY)[0].pk, by=None, at=now)
    one = Correction.objects.get(employee=week.sari)
    assert "rating" in one.changed_facts
    said = text(client_of(week, "hadi").get(reverse("admin:eligibility_correction_change", args=[one.pk])))
    assert "Rating: Very good → –" in said
    assert "appraisal_id" not in said


def test_ones_own_case_is_refused_with_its_own_sentence(proposed, now):
    one = proposal(proposed, now, Employee.objects.get(pk=proposed.hadi_user.employee_id), True)
    answer = decide(client_of(proposed, "hadi"), one)
    assert answer.status_code == 403
    assert "another HR head does" in text(answer)
    assert "HR head's task" not in text(answer)


def test_the_first_page_says_how_many_wait(proposed):
    assert "Proposed corrections" in text(client_of(proposed, "hadi").get("/admin/"))
    assert "Proposed corrections" not in text(client_of(proposed, "ratna").get("/admin/"))
    assert "Look at them and decide" in text(client_of(proposed, "hadi").get("/admin/"))
    assert "Look at them and decide" not in text(client_of(proposed, "dewi").get("/admin/"))


@pytest.mark.parametrize("people", [1, 3])
def test_the_number_of_queries_of_the_list(proposed, now, django_assert_num_queries, people):
    for n in range(people - 1):
        person = factories.employee(proposed.planning, f"Lain {n}")
        proposal(proposed, now, person, True)
    client = as_(proposed.hadi_user)
    with django_assert_num_queries(9):
        client.get(reverse(LIST))


def by_hand(cast, **other):
    run = queries.published_runs(cast.agency.pk, MONDAY)[0]
    given = {"nip": cast.eko.nip, "run": run.pk, "outcome": "YES", "reason": "Putusan pengadilan"}
    return given | other


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("dewi", 302),
        ("hadi", 302),
        ("auditor", 403),
        ("agency_admin", 403),
        ("ratna", 200),
        ("eko", 302),
        ("sari", 302),
    ],
)
def test_who_proposes_by_hand(proposed, who, status):
    answer = client_of(proposed, who).post(reverse("admin:eligibility_correction_add"), by_hand(proposed))
    assert answer.status_code == status
    assert Correction.objects.filter(employee=proposed.eko).exists() == (who in ("dewi", "hadi"))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"nip": "1"}, "There is no such person"),
        ({"outcome": "NO"}, "Choose at least one condition"),
        ({"outcome": "NO", "reasons": ["R-X"]}, "not one of the available choices"),
        ({"reason": " "}, "This field is required."),
        ({"run": "²"}, "Select a valid choice."),
    ],
)
def test_what_is_proposed_wrongly_is_said(proposed, other, said):
    answer = client_of(proposed, "dewi").post(reverse("admin:eligibility_correction_add"), by_hand(proposed, **other))
    assert said in text(answer)
    assert not Correction.objects.filter(employee=proposed.eko).exists()


def test_a_moved_holiday_is_led_to_the_weeks_plans(proposed):
    page = text(client_of(proposed, "dewi").get(reverse("admin:eligibility_correction_add")))
    address = f"{reverse('admin:schedules_plan_changelist')}?state__exact=PUBLISHED"
    assert address in page
    assert client_of(proposed, "dewi").get(address).status_code == 200
