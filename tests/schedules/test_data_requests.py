"""“Something is wrong” in one's own data: the person asks, a clock of 72 hours runs, HR of the agency answers."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from employees.actions import Refused, withdraw_correction
from employees.models import DataRequest
from employees.permissions import Denied
from employees.queries import data_requests_waiting
from ledger.models import Event
from schedules.actions.data_requests import answer_correction, ask_correction
from schedules.models import Notice
from schedules.notices import spoken
from tests import factories

from .pages import as_, text

PAGE = "/account/data/requests/"
BODY = {"about": "PLACEMENT", "wrong": "Unit saya keliru.", "wanted": "Biro Perencanaan sejak 1 Oktober."}
LIST = "admin:employees_datarequest_changelist"
HOUR = dt.timedelta(hours=1)


def english(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def later(monkeypatch, at):
    monkeypatch.setattr("employees.views.timezone.now", lambda: at)


def ask(cast, at, user=None, **fields):
    return ask_correction(**BODY | fields, by=user or cast.sari_user, at=at)


def answer(one, by, at, **fields):
    told = {"done": True, "answer": "Sudah diperbaiki.", "version": one.version} | fields
    return answer_correction(request_id=one.pk, by=by, at=at, **told)


def kinds(person):
    return sorted(Notice.objects.filter(receiver=person).values_list("kind", flat=True))


def page_of(one):
    return reverse("admin:employees_datarequest_change", args=[one.pk])


def send(user, one, **fields):
    body = {"do": "done", "answer": "Sudah diperbaiki.", "version": one.version} | fields
    return english(user).post(reverse("admin:employees_datarequest_answer", args=[one.pk]), body, follow=True)


# --- the person --------------------------------------------------------------------------------------


def test_asked_and_hr_is_told_once(cast, now):
    said = text(english(cast.sari_user).post(PAGE, BODY, follow=True))
    assert "the clock for the answer is running" in said
    assert "The answer is due by 26 November 2026, 09:00 WIB. 72 hours left." in said
    one = DataRequest.objects.get()
    assert one.due_at == now + 72 * HOUR  # hours: Saturday and Sunday count
    assert one.agency_id == cast.agency.pk
    assert kinds(cast.dewi) == kinds(cast.hadi) == ["data-asked"]
    assert kinds(cast.budi) == kinds(cast.ratna) == kinds(cast.eko) == kinds(cast.sari) == []
    event = Event.objects.get(verb="data.correction-asked")
    assert BODY["wrong"] not in str(vars(event))


def test_the_clock_runs_out_visibly(cast, now, monkeypatch):
    ask(cast, now)
    later(monkeypatch, now + 71 * HOUR + HOUR / 2)
    assert "0 hours left." in text(english(cast.sari_user).get(PAGE))
    later(monkeypatch, now + 73 * HOUR)
    assert "It is overdue; your HR office sees it at the top of its list." in text(english(cast.sari_user).get(PAGE))


@pytest.mark.parametrize(
    "body",
    [
        {},
        BODY | {"about": "SALARY"},
        BODY | {"wrong": "  "},
        BODY | {"wanted": ""},
        BODY | {"wrong": "x" * 2001},
        BODY | {"wrong": "a\x00b"},
    ],
)
def test_bad_input_is_told_in_place(cast, now, body):
    said = english(cast.sari_user).post(PAGE, body)
    assert said.status_code == 200
    assert "Please check what you entered" in text(said)
    assert not DataRequest.objects.exists()


def test_hostile_text_is_only_text(cast, now):
    ask(cast, now, wrong="<script>alert(1)</script>\n{{ user }}")
    said = text(english(cast.sari_user).get(PAGE))
    assert "&lt;script&gt;" in said
    assert "<script>alert" not in said


def test_not_more_open_ones_than_hr_can_read(cast, now):
    for _n in range(10):
        ask(cast, now)
    said = english(cast.sari_user).post(PAGE, BODY)
    assert said.status_code == 409
    assert "10 requests of yours wait" in text(said)
    ask(cast, now, cast.budi_user)  # of each person


def test_taken_back_by_its_person_only(cast, now):
    one = ask(cast, now)
    address = reverse("data-request-withdraw", args=[one.pk])
    for stranger in (cast.budi_user, cast.eko_user, cast.ratna_user, cast.dewi_user):
        assert english(stranger).post(address).status_code == 404
    assert "Your request is taken back." in text(english(cast.sari_user).post(address, follow=True))
    assert "already taken back" in text(english(cast.sari_user).post(address, follow=True))
    with pytest.raises(Refused):
        withdraw_correction(request_id=one.pk, by=cast.budi_user, at=now)


def test_others_read_nothing_of_it(cast, now):
    one = ask(cast, now)
    for stranger in (cast.budi_user, cast.eko_user, cast.ratna_user):
        assert not DataRequest.objects.visible_to(stranger).filter(pk=one.pk).exists()
        assert BODY["wrong"] not in text(english(stranger).get(PAGE))
    for reader in (cast.sari_user, cast.dewi_user, cast.hadi_user):
        assert DataRequest.objects.visible_to(reader).filter(pk=one.pk).exists()


def test_an_account_of_nobody_is_told_so(db, now):
    client = english(factories.account())
    assert "belongs to no civil servant" in text(client.get(PAGE))
    client.post(PAGE, BODY)
    assert not DataRequest.objects.exists()


# --- HR ----------------------------------------------------------------------------------------------


def test_answered_in_words_and_the_person_is_told(cast, now):
    one = ask(cast, now)
    assert "the person is told" in text(send(cast.dewi_user, one))
    one.refresh_from_db()
    assert (one.state, one.answered_by, one.version) == ("DONE", cast.dewi_user, 2)
    assert kinds(cast.sari) == ["data-answered"]
    said = text(english(cast.sari_user).get(PAGE))
    assert "put right" in said
    assert "Sudah diperbaiki." in said
    assert "Dewi Lestari" in said


def test_refused_in_words(cast, now):
    one = ask(cast, now)
    said = text(send(cast.dewi_user, one, do="refuse", answer=" "))
    assert "Say it in words" in said
    send(cast.dewi_user, one, do="refuse", answer="Datanya benar.")
    one.refresh_from_db()
    assert (one.state, one.answer) == ("REFUSED", "Datanya benar.")
    assert Event.objects.get(verb="data.correction-refused").reason == "Datanya benar."


@pytest.mark.parametrize("fields", [{"do": "x"}, {"version": "x"}, {"version": 9}, {"version": ""}])
def test_what_is_not_an_answer_changes_nothing(cast, now, fields):
    one = ask(cast, now)
    assert send(cast.dewi_user, one, **fields).status_code == 200
    one.refresh_from_db()
    assert one.state == "OPEN"
    assert kinds(cast.sari) == []


def test_nobody_answers_their_own(cast, now):
    one = ask(cast, now, cast.dewi_user)
    assert kinds(cast.dewi) == []
    with pytest.raises(Denied):
        answer(one, cast.dewi_user, now)
    assert send(cast.dewi_user, one).status_code in (403, 404)
    assert DataRequest.objects.get().state == "OPEN"
    answer(one, cast.hadi_user, now)


def test_hr_of_a_part_only_reads(cast, now):
    one = ask(cast, now)
    clerk = factories.account(factories.employee(cast.root, "Tuti"))
    factories.grant(clerk, "HR_OFFICER", cast.agency, cast.general)
    said = text(english(clerk).get(page_of(one)))
    assert BODY["wrong"] in said
    assert "answered by the agency&#x27;s HR" in said
    assert send(clerk, one).status_code == 403


def test_another_agency_finds_nothing(cast, now):
    one = ask(cast, now)
    ratna = english(cast.ratna_user)
    unknown = reverse("admin:employees_datarequest_change", args=[one.pk + 999])
    assert ratna.get(page_of(one)).status_code == ratna.get(unknown).status_code == 404
    assert send(cast.ratna_user, one).status_code == 404
    assert cast.sari.name not in text(ratna.get(reverse(LIST)))
    for plain in (cast.eko_user, cast.sari_user):
        assert english(plain).get(reverse(LIST)).status_code == 403 or not plain.is_staff
    with pytest.raises(Denied):
        answer(one, cast.ratna_user, now)


def test_the_queue_has_the_most_urgent_first_and_the_first_page_counts(cast, now):
    ask(cast, now - 80 * HOUR)
    ask(cast, now, cast.budi_user)
    done = ask(cast, now - 90 * HOUR, cast.eko_user)
    answer(done, cast.dewi_user, now)
    ask(cast, now, cast.dewi_user)
    assert data_requests_waiting(cast.dewi_user, now) == {"open": 2, "overdue": 1}
    assert data_requests_waiting(cast.hadi_user, now) == {"open": 3, "overdue": 1}
    assert data_requests_waiting(cast.ratna_user, now) == {"open": 0, "overdue": 0}
    said = text(english(cast.hadi_user).get(reverse(LIST)))
    assert said.index("Sari Rahmawati") < said.index("Budi Santoso") < said.index("Eko Prasetyo")
    assert "Requests to correct data" in text(english(cast.hadi_user).get("/admin/"))


def test_the_words_of_both_notices(cast, now):
    one = ask(cast, now)
    answer(one, cast.dewi_user, now)
    with translation.override("en"):
        asked = spoken(list(Notice.objects.filter(receiver=cast.hadi).select_related("receiver__agency")))[0]
        told = spoken(list(Notice.objects.filter(receiver=cast.sari).select_related("receiver__agency")))[0]
    assert asked.line == "Data to correct: Sari Rahmawati"
    assert "due by 26 November 2026, 09:00 WIB" in asked.said
    assert (told.line, told.path) == ("Your data have been put right", PAGE)
    assert "Dewi Lestari has put right" in told.said
    assert "Answer: Sudah diperbaiki." in told.said
