"""Objecting from the page of reasons, one's own list, HR's queue, the tick, and suspension as one's own choice."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from eligibility.actions import apply_correction, load_policies, publish_run, put_in_force, start_run, work_run
from eligibility.models import Correction, Objection, Suspension
from eligibility.queries import eligible_at
from performance.rating import Rating
from schedules.actions.objections import answer_objection, file_objection, grant_overdue, suspend
from schedules.models import Notice
from schedules.notices import spoken
from tests import factories
from tests.worlds import world

from .pages import MONDAY, as_, text

DAY = dt.timedelta(days=1)
WRONG = "Predikat saya sudah diperbaiki."
PAGE = "/why/2026-W48/object/"


@world
def decided(cast, now):
    """2026-W48 published by Hadi: Sari is not eligible, Budi is."""
    load_policies(by=None, at=now)
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=now)
    factories.appraisal(cast.sari, rating=Rating.GOOD)
    factories.appraisal(cast.budi)
    made = start_run(agency=cast.agency, track="REWARD", week=MONDAY, by=None, at=now)
    made = work_run(job_id=made.job_id, at=now)
    cast.run = publish_run(run_id=made.pk, by=cast.hadi_user, at=now, version=made.version)
    return cast


def english(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def later(monkeypatch, at):
    monkeypatch.setattr("employees.views.timezone.now", lambda: at)


def file_(cast, at, user=None):
    return file_objection(run_id=cast.run.pk, text=WRONG, by=user or cast.sari_user, at=at)


def kinds(person):
    return sorted(Notice.objects.filter(receiver=person).values_list("kind", flat=True))


# --- the person's own pages -------------------------------------------------------------------------


def test_the_reasons_lead_to_the_objection(decided):
    said = text(english(decided.sari_user).get("/why/2026-W48/"))
    assert "You may object to this decision until Friday, 11 December 2026." in said
    assert f'href="{PAGE}"' in said
    assert PAGE not in text(english(decided.budi_user).get("/why/2026-W48/"))


def test_the_page_says_until_when_by_which_procedure_and_who_answers(decided):
    said = text(english(decided.sari_user).get(PAGE))
    assert "11 December 2026" in said
    assert "14 working days left" in said
    assert "PP 79/2021: answered within 21 working days." in said
    assert "nobody who published this week" in said


def test_filed_once_and_hr_is_told_once(decided):
    sari = english(decided.sari_user)
    answer = sari.post(PAGE, {"run_id": decided.run.pk, "text": WRONG}, follow=True)
    said = text(answer)
    assert "Your objection is filed" in said
    assert "The answer is due by Tuesday, 22 December 2026. 21 working days left." in said
    assert WRONG in said
    again = sari.post(PAGE, {"run_id": decided.run.pk, "text": WRONG})
    assert again.status_code == 409
    assert "already being examined" in text(again)
    assert Objection.objects.count() == 1
    assert kinds(decided.dewi) == kinds(decided.hadi) == ["objection-filed"]
    assert kinds(decided.budi) == kinds(decided.ratna) == kinds(decided.eko) == []
    assert "being examined; the answer is due by Tuesday, 22 December 2026" in text(sari.get("/why/2026-W48/"))


@pytest.mark.parametrize("body", [{}, {"text": " "}, {"run_id": "x", "text": WRONG}, {"run_id": "999", "text": WRONG}])
def test_bad_input_is_told_in_place(decided, body):
    answer = english(decided.sari_user).post(PAGE, body)
    assert answer.status_code == 200
    assert "Please check what you entered" in text(answer)
    assert not Objection.objects.exists()


def test_after_the_term_the_date_is_named(decided, now, monkeypatch):
    later(monkeypatch, now + 19 * DAY)
    sari = english(decided.sari_user)
    assert "The time to object ended on Friday, 11 December 2026." in text(sari.get(PAGE))
    answer = sari.post(PAGE, {"run_id": decided.run.pk, "text": WRONG})
    assert answer.status_code == 409
    assert "ended on Friday, 11 December 2026" in text(answer)


@pytest.mark.parametrize("week", ["2026-W99", "x", "2026-W30"])
def test_no_such_week_or_nothing_decided(decided, week):
    assert english(decided.sari_user).get(f"/why/{week}/object/").status_code == 404


def test_another_agencys_run_is_no_choice(decided):
    answer = english(decided.ratna_user).post(PAGE, {"run_id": decided.run.pk, "text": WRONG})
    assert answer.status_code == 404
    assert not Objection.objects.exists()


def test_taken_back_by_oneself_only(decided, now):
    one = file_(decided, now)
    where = reverse("objection-withdraw", args=[one.pk])
    for who in ("budi", "dewi", "hadi", "eko", "ratna"):
        assert english(getattr(decided, f"{who}_user")).post(where).status_code == 404
    assert english(decided.sari_user).get(where).status_code == 405
    assert "taken back" in text(english(decided.sari_user).post(where, follow=True))
    one.refresh_from_db()
    assert one.state == "WITHDRAWN"
    assert "no longer open" in text(english(decided.sari_user).post(where, follow=True))


def test_nobody_reads_anothers_list(decided, now):
    file_(decided, now)
    for who in ("budi", "dewi", "eko", "ratna"):
        assert WRONG not in text(english(getattr(decided, f"{who}_user")).get("/objections/"))


def test_the_answer_is_read_where_it_was_asked(decided, now):
    one = file_(decided, now)
    answer_objection(
        objection_id=one.pk, upheld=True, answer="Benar.", version=one.version, by=decided.dewi_user, at=now
    )
    said = text(english(decided.sari_user).get("/objections/"))
    assert "Benar." in said
    assert "Dewi Lestari" in said
    assert "A correction of the week is proposed" in said
    assert kinds(decided.sari) == ["objection-answered"]
    assert "has been answered" in text(english(decided.sari_user).get("/why/2026-W48/"))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_a_constant_number_of_questions(decided, now, count, django_assert_num_queries):
    for _n in range(count):
        one = file_(decided, now)
        answer_objection(
            objection_id=one.pk, upheld=False, answer="Tidak.", version=one.version, by=decided.dewi_user, at=now
        )
        Objection.objects.filter(pk=one.pk).update(state="WITHDRAWN")
    client = english(decided.sari_user)
    client.get("/objections/")
    with django_assert_num_queries(QUERIES_OF_LIST):
        client.get("/objections/")


QUERIES_OF_LIST = 9


def test_an_upheld_objection_mends_that_week_of_that_person_only(decided, now):
    one = file_(decided, now)
    done = answer_objection(
        objection_id=one.pk, upheld=True, answer="Benar.", version=one.version, by=decided.dewi_user, at=now
    )
    made = done.correction
    apply_correction(correction_id=made.pk, by=decided.hadi_user, at=now, reason="Keberatan", version=made.version)
    assert eligible_at(decided.run, [decided.sari.pk, decided.budi.pk, decided.eko.pk]) == {
        decided.sari.pk,
        decided.budi.pk,
    }
    assert "The week has been corrected." in text(english(decided.sari_user).get("/objections/"))
    assert PAGE not in text(english(decided.sari_user).get("/why/2026-W48/"))  # nothing is left to object to


# --- the tick ---------------------------------------------------------------------------------------


def test_silence_is_told_once_to_the_person_and_to_hr(decided, now):
    decided.agency.objection_track = "UU30"
    decided.agency.save()
    file_(decided, now)
    assert grant_overdue(at=now + 14 * DAY) == 0
    assert grant_overdue(at=now + 15 * DAY) == 1
    assert grant_overdue(at=now + 15 * DAY) == grant_overdue(at=now + 16 * DAY) == 0
    assert kinds(decided.sari) == ["objection-granted"]
    assert kinds(decided.hadi) == ["objection-filed", "objection-silent"]
    said = text(english(decided.sari_user).get("/objections/"))
    assert "it counts as granted since Tuesday, 8 December 2026" in said
    assert "to be given effect by Monday, 14 December 2026" in said
    assert "DEEMED" not in said
    assert Correction.objects.get().state == "PROPOSED"


def test_one_that_fails_holds_up_no_other(decided, now, monkeypatch):
    decided.agency.objection_track = "UU30"
    decided.agency.save()
    factories.account(decided.team[0])
    first, second = file_(decided, now), file_(decided, now, decided.team[0].user)
    from eligibility import actions

    honest = actions.grant_by_silence

    def failing(*, objection_id, at):
        if objection_id == first.pk:
            raise RuntimeError("no")
        return honest(objection_id=objection_id, at=at)

    monkeypatch.setattr(actions, "grant_by_silence", failing)
    assert grant_overdue(at=now + 15 * DAY) == 1
    second.refresh_from_db()
    assert second.state == "UPHELD"


# --- HR's queue -------------------------------------------------------------------------------------

QUEUE = "/admin/eligibility/objection/"


def answered(user, one, **body):
    body = {"version": one.version, "do": "reject", "answer": "Tidak."} | body
    return english(user).post(reverse("admin:eligibility_objection_answer", args=[one.pk]), body)


def test_the_queue_has_overdue_ones_first(decided, now):
    one = file_(decided, now)
    Objection.objects.filter(pk=one.pk).update(answer_due=dt.date(2020, 1, 2))
    factories.account(decided.team[0])
    done = file_(decided, now, decided.team[0].user)
    Objection.objects.filter(pk=done.pk).update(state="WITHDRAWN", answer_due=dt.date(2019, 1, 2))
    said = text(english(decided.dewi_user).get(QUEUE))
    assert "overdue for" in said
    assert said.index("Sari Rahmawati") < said.index("Anggota 1")


def test_the_first_page_counts_what_waits_and_not_ones_own(decided, now):
    one = file_(decided, now)
    file_(decided, now, decided.dewi_user)
    Objection.objects.filter(pk=one.pk).update(answer_due=dt.date(2020, 1, 2))
    said = text(english(decided.dewi_user).get("/admin/"))
    assert 'Objections to answer</h2> <p class="portal-number">1</p>' in said
    assert "1 of them is overdue." in said
    assert "Objections to answer" not in text(english(decided.ratna_user).get("/admin/"))


@pytest.mark.parametrize("count", [1, 3])
def test_the_queue_asks_a_constant_number_of_questions(decided, now, count, django_assert_num_queries):
    for person in decided.team[:count]:
        factories.account(person)
        file_(decided, now, person.user)
    client = english(decided.dewi_user)
    client.get(QUEUE)
    with django_assert_num_queries(QUERIES_OF_QUEUE):
        client.get(QUEUE)


QUERIES_OF_QUEUE = 9


def test_hr_answers_on_the_page(decided, now):
    one = file_(decided, now)
    said = text(english(decided.dewi_user).get(f"{QUEUE}{one.pk}/change/"))
    assert WRONG in said
    assert "Uphold" in said
    answered(decided.dewi_user, one, do="uphold", answer="Benar.")
    one.refresh_from_db()
    assert (one.state, one.answer, one.decided_by) == ("UPHELD", "Benar.", decided.dewi_user)
    assert "Uphold" not in text(english(decided.dewi_user).get(f"{QUEUE}{one.pk}/change/"))
    assert kinds(decided.sari) == ["objection-answered"]


@pytest.mark.parametrize(
    "body", [{"answer": " "}, {"do": ""}, {"do": "x"}, {"version": "7"}, {"version": ""}, {"version": "²"}]
)
def test_what_cannot_be_answered_so_stays_open(decided, now, body):
    one = file_(decided, now)
    assert answered(decided.dewi_user, one, **body).status_code == 302
    one.refresh_from_db()
    assert one.state == "FILED"


@pytest.mark.parametrize(("who", "status"), [("sari", 302), ("budi", 302), ("eko", 302), ("ratna", 404), ("hadi", 403)])
def test_who_may_not_answer(decided, now, who, status):
    """Without a role the admin leads to the log-in; Hadi published the week and reads why he does not answer."""
    one = file_(decided, now)
    assert answered(getattr(decided, f"{who}_user"), one).status_code == status
    one.refresh_from_db()
    assert one.state == "FILED"
    if who == "hadi":
        page = text(english(decided.hadi_user).get(f"{QUEUE}{one.pk}/change/"))
        assert "by publishing or correcting it" in page
        assert "Uphold" not in page
    if who == "ratna":
        assert english(decided.ratna_user).get(f"{QUEUE}{one.pk}/change/").status_code == 404


def test_hr_does_not_find_their_own_case_answerable(decided, now):
    one = file_(decided, now, decided.dewi_user)
    assert answered(decided.dewi_user, one).status_code == 403
    assert kinds(decided.dewi) == []  # nobody is told to answer their own


# --- suspension -------------------------------------------------------------------------------------


def test_a_suspension_is_asked_for_explained_and_taken_back(decided, now):
    sari = english(decided.sari_user)
    assert "What follows from it" in text(sari.get("/automatic/"))
    assert "Suspended at your wish since Monday, 23 November 2026" in text(
        sari.post("/automatic/", {"do": "suspend"}, follow=True)
    )
    assert "suspended already" in text(sari.post("/automatic/", {"do": "suspend"}, follow=True))
    assert "Automatic decisions about you were suspended on Monday, 23 November 2026" in text(
        sari.get("/why/2026-W48/")
    )
    assert kinds(decided.dewi) == ["suspension-asked"]
    with translation.override("en"):
        (told,) = spoken(list(Notice.objects.filter(receiver=decided.dewi).select_related("receiver")))
    assert "propose a correction for this person" in told.said
    assert "start again" in text(sari.post("/automatic/", {"do": "resume"}, follow=True))
    assert "not suspended" in text(sari.post("/automatic/", {"do": "resume"}, follow=True))
    assert Suspension.objects.filter(valid__upper_inf=True).count() == 0


def test_looking_changes_nothing(decided):
    english(decided.sari_user).get("/automatic/")
    assert not Suspension.objects.exists()


def test_hr_reads_the_suspensions_of_its_own_agency(decided, now):
    suspend(by=decided.sari_user, at=now)
    where = "/admin/eligibility/suspension/"
    assert "Sari Rahmawati" in text(english(decided.dewi_user).get(where))
    assert "Sari Rahmawati" not in text(english(decided.ratna_user).get(where))
    assert english(decided.eko_user).get(where).status_code == 302
