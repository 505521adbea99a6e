"""The officers' list and page of scores: what is on it, what the two actions say, what a stranger gets."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from performance.models import Appraisal
from tests import factories
from tests.searching import search

LIST = "/admin/performance/appraisal/"


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["language"] = "en"
    with translation.override("en"):
        yield


def waiting(person, **fields):
    return factories.appraisal(person, state="SUBMITTED", **fields)


def page(score):
    return reverse("admin:performance_appraisal_change", args=[score.pk])


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def rows(answer):
    return {row.pk for row in answer.context["cl"].result_list}


# --- the list ---------------------------------------------------------------------------------------


def test_it_opens_on_what_waits_for_the_reader(cast, client):
    own, imported, other = waiting(cast.dewi), waiting(cast.sari, imported_by=cast.dewi_user), waiting(cast.eko)
    approved = factories.appraisal(cast.budi)
    theirs = waiting(cast.stranger)
    client.force_login(cast.dewi_user)
    assert rows(client.get(LIST)) == {other.pk}
    assert rows(client.get(LIST + "?state=waiting")) == {own.pk, imported.pk, other.pk}
    assert rows(client.get(LIST + "?state=in_force")) == {approved.pk}
    everything = client.get(LIST + "?state=all")
    assert theirs.pk not in rows(everything)
    assert "Orang Lain" not in everything.content.decode()


def test_search_by_name_and_by_number_as_printed(cast, client):
    score = waiting(cast.sari)
    waiting(cast.budi)
    client.force_login(cast.dewi_user)
    nip = cast.sari.nip
    for text in ("rahma", nip, f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"):
        assert rows(search(client, LIST, text)) == {score.pk}, text
    assert rows(search(client, LIST, "Orang Lain")) == set()


def test_units_of_another_agency_are_no_choice(cast, client):
    waiting(cast.sari)
    client.force_login(cast.dewi_user)
    answer = client.get(LIST)
    assert "Biro Umum" in answer.content.decode()
    assert "Pusat Data" not in answer.content.decode()
    assert rows(client.get(LIST, {"unit": cast.root.pk})) == set(Appraisal.objects.values_list("pk", flat=True))
    assert rows(client.get(LIST, {"unit": cast.planning.pk})) == set()
    assert rows(client.get(LIST, {"unit": cast.theirs.pk})) == set()
    assert client.get(LIST, {"unit": "x"}).status_code == 200


@pytest.mark.parametrize("people", [1, 3])
def test_the_number_of_queries_of_the_list(cast, client, django_assert_num_queries, people):
    for n in range(people):
        waiting(factories.employee(cast.general, f"Orang {n}"), imported_by=cast.hadi_user)
    client.force_login(cast.dewi_user)
    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        client.get(LIST)


QUERIES_OF_THE_LIST = 10


# --- approving and returning ------------------------------------------------------------------------


def post(client, action, scores, **more):
    data = {"action": action, "_selected_action": [s.pk for s in scores], "shown_up_to": 10**9, "index": 0}
    return client.post(LIST, data | more, follow=True)


def test_the_message_says_how_many_were_skipped_and_why(cast, client):
    good = [waiting(person) for person in (cast.sari, cast.budi)]
    own, imported = waiting(cast.dewi), waiting(cast.eko, imported_by=cast.dewi_user)
    client.force_login(cast.dewi_user)
    answer = post(client, "approve_selected", [*good, own, imported])
    assert told(answer) == ["2 scores approved; 2 skipped: 1 you entered or imported yourself, 1 your own score."]
    assert Appraisal.objects.in_force().count() == 2


def test_one_that_a_colleague_decided_meanwhile_is_told_by_name(cast, client):
    score = waiting(cast.sari)
    client.force_login(cast.hadi_user)
    post(client, "approve_selected", [score])
    client.force_login(cast.dewi_user)
    (text,) = told(post(client, "approve_selected", [score]))
    assert text.startswith("Hadi Wijaya already approved this score on")


def test_ids_of_another_agency_change_nothing(cast, client):
    theirs = waiting(cast.stranger)
    client.force_login(cast.dewi_user)
    post(client, "approve_selected", [theirs])
    post(client, "approve_selected", [theirs], select_across="1")
    post(client, "return_selected", [theirs], reason="x")
    theirs.refresh_from_db()
    assert theirs.state == "SUBMITTED"


def test_select_across_takes_the_whole_list_but_not_what_arrived_later(cast, client):
    scores = [waiting(factories.employee(cast.general)) for _n in range(60)]
    client.force_login(cast.dewi_user)
    seen = re.search(r'name="shown_up_to" value="(\d+)"', client.get(LIST).content.decode())[1]
    assert int(seen) == scores[-1].pk
    later = waiting(cast.sari)
    answer = post(client, "approve_selected", scores[:1], select_across="1", shown_up_to=seen)
    assert told(answer) == ["60 scores approved; 1 skipped: 1 arrived after the list was shown."]
    later.refresh_from_db()
    assert later.state == "SUBMITTED"


def test_returning_asks_for_the_reason_first(cast, client):
    scores = [waiting(cast.sari), waiting(cast.budi)]
    client.force_login(cast.dewi_user)
    asked = post(client, "return_selected", scores)
    assert "Return 2 scores" in asked.content.decode()
    assert not Appraisal.objects.filter(state="RETURNED").exists()
    again = post(client, "return_selected", scores, reason=" ")
    assert "Return 2 scores" in again.content.decode()
    assert told(post(client, "return_selected", scores, reason="Salah tahun")) == ["2 scores returned."]
    assert set(Appraisal.objects.values_list("decision_reason", flat=True)) == {"Salah tahun"}


def test_an_auditor_reads_but_has_no_buttons(cast, client):
    auditor = factories.account()
    factories.grant(auditor, "AUDITOR", cast.agency)
    score = waiting(cast.sari)
    client.force_login(auditor)
    answer = client.get(LIST)
    assert rows(answer) == {score.pk}
    assert "approve_selected" not in answer.content.decode()
    post(client, "approve_selected", [score])
    assert client.get(page(score)).status_code == 200
    assert client.post(reverse("admin:performance_appraisal_approve", args=[score.pk])).status_code == 403
    assert client.post(page(score), {"regime": "P6", "reason": "x"}).status_code == 403
    score.refresh_from_db()
    assert score.state == "SUBMITTED"


# --- one score --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["eko", "sari"])
def test_without_a_role_there_is_no_admin(cast, client, who):
    score = waiting(cast.sari)
    client.force_login(getattr(cast, f"{who}_user"))
    for address in ("/admin/", LIST, page(score)):
        assert client.get(address, follow=True).status_code == 403


def test_another_agencys_score_is_not_found(cast, client):
    score = waiting(cast.sari)
    client.force_login(cast.ratna_user)
    for name in ("change", "approve", "return", "delete", "history"):
        address = reverse(f"admin:performance_appraisal_{name}", args=[score.pk])
        assert client.post(address, {"reason": "x"}).status_code == 404, name
        nobody = reverse(f"admin:performance_appraisal_{name}", args=[10**9])
        assert client.post(nobody, {"reason": "x"}).status_code == 404, name
    assert client.get(page(score)).status_code == 404


def test_one_score_is_approved_or_returned_from_its_page(cast, client):
    first, second = waiting(cast.sari), waiting(cast.budi)
    client.force_login(cast.dewi_user)
    assert "Return with a reason" in client.get(page(first)).content.decode()
    approve = reverse("admin:performance_appraisal_approve", args=[first.pk])
    assert client.get(approve).status_code == 405
    assert told(client.post(approve, follow=True)) == ["1 score approved"]
    assert told(client.post(approve, follow=True))[0].startswith("Dewi Lestari already approved this score on")
    back = reverse("admin:performance_appraisal_return", args=[second.pk])
    assert told(client.post(back, {"reason": ""}, follow=True)) == [
        "Say why the score is returned; whoever entered it reads this."
    ]
    assert told(client.post(back, {"reason": "Salah"}, follow=True)) == ["1 score returned"]


def test_ones_own_score_has_a_sentence_instead_of_buttons(cast, client):
    client.force_login(cast.dewi_user)
    text = client.get(page(waiting(cast.dewi))).content.decode()
    assert "This is your own score; a colleague must decide on it." in text
    assert "Return with a reason" not in text


CORRECTION = {"regime": "P6", "result": "BAWAH", "behaviour": "SESUAI", "new_idea": "unknown"}


def test_editing_an_approved_score_makes_a_version_that_waits(cast, client):
    old = factories.appraisal(cast.sari)
    client.force_login(cast.dewi_user)
    without = client.post(page(old), CORRECTION)
    assert without.status_code == 200
    assert "reason" in without.context["adminform"].form.errors
    answer = client.post(page(old), CORRECTION | {"reason": "Salah kutip"}, follow=True)
    assert told(answer) == ["The correction waits for a colleague's approval."]
    old.refresh_from_db()
    assert (old.state, old.superseded_at) == ("APPROVED", None)
    new = Appraisal.objects.get(number=2)
    assert (new.state, new.imported_by, new.employee) == ("SUBMITTED", cast.dewi_user, cast.sari)


def test_a_score_of_125_is_refused_at_its_field(cast, client):
    old = factories.numeric(cast.sari, "95.00")
    client.force_login(cast.dewi_user)
    data = {"regime": "PP30", "goals": "125", "behaviour_score": "90,5", "weight_goals": "70", "reason": "x"}
    answer = client.post(page(old), data | {"new_idea": "false"})
    form = answer.context["adminform"].form
    assert form.errors["goals"] == ["A score lies between 0 and 120."]
    assert Appraisal.objects.count() == 1


def test_what_one_may_not_set_is_ignored(cast, client):
    old = factories.appraisal(cast.sari)
    client.force_login(cast.dewi_user)
    more = {
        "state": "APPROVED",
        "decided_by": cast.dewi_user.pk,
        "agency": cast.other.pk,
        "employee": cast.dewi.pk,
        "imported_by": cast.hadi_user.pk,
        "rating": 5,
        "score": "120",
    }
    client.post(page(old), CORRECTION | {"reason": "x"} | more)
    new = Appraisal.objects.get(number=2)
    assert (new.state, new.decided_by, new.agency, new.employee) == ("SUBMITTED", None, cast.agency, cast.sari)
    assert (new.imported_by, new.rating, new.score) == (cast.dewi_user, 3, None)


def test_by_hand_only_for_ones_own_people(cast, client):
    client.force_login(cast.dewi_user)
    add = reverse("admin:performance_appraisal_add")
    data = {"kind": "TAHUNAN", "year": 2025, "period": 0, **CORRECTION}
    for nip, error in (
        (cast.stranger.nip, "There is nobody with this number among the people you are HR for."),
        ("198503202010011999", "There is nobody with this number among the people you are HR for."),
        ("1.98503E+17", "This cell is a number, not text"),
        ("123", "A NIP has exactly 18 digits."),
    ):
        answer = client.post(add, data | {"nip": nip})
        assert answer.context["adminform"].form.errors["nip"][0].startswith(error), nip
    answer = client.post(add, data | {"nip": cast.dewi.nip}, follow=True)
    assert told(answer) == ["This is your own score; a colleague must enter it."]
    answer = client.post(add, data | {"nip": cast.sari.nip}, follow=True)
    assert told(answer) == ["The score waits for a colleague's approval."]
    assert Appraisal.objects.get().employee == cast.sari
