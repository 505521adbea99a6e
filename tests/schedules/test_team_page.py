"""The team's week: who is where, the minimum line, HR's units, and recalling a day."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg2.extras import DateRange

from employees.models import Employee, Holiday, Placement, Role, Unit
from ledger.models import Event
from schedules.models import UnitRule, WfhDay
from tests import factories
from tests.searching import search

from .deciding import lend
from .pages import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, as_, given, text

REASON = {"reason": "Kunjungan menteri"}


def english(user):
    client = as_(user)
    client.cookies["language"] = "en"
    return client


def test_who_is_where_this_week_and_next(week):
    factories.leave(week.sari, FRIDAY, FRIDAY, kind="Cuti sakit")
    page = text(english(week.budi_user).get("/team/"))
    assert page.count("<h2 id=") == 2
    assert "This week" in page
    assert "Next week" in page
    assert "Sari Rahmawati" in page
    assert "WFH: Sari Rahmawati" in page  # the phone's list of days
    assert "is-WFH" in page
    assert "away" in page
    assert "Cuti sakit" not in page  # why somebody is away is theirs and HR's
    assert "Anggota" not in page


def test_the_heat_map_has_the_minimum_line_and_a_table(week):
    UnitRule.objects.create(agency=week.agency, unit=week.general, kind="MIN_PRESENT", number=2, valid=factories.ALWAYS)
    page = text(english(week.budi_user).get("/team/"))
    assert page.count('class="minimum"') == 10
    assert 'role="img"' in page
    assert "1 day of a unit is below its minimum." in page  # Wednesday: Sari at home
    assert "(minimum 2)" in page


def test_a_day_in_detail_names_everybody(week):
    factories.employee(week.general, "Tono Wibowo", week.budi)
    factories.leave(week.sari, THURSDAY, THURSDAY)
    client = english(week.budi_user)
    page = text(client.get(f"/team/{WEDNESDAY}/"))
    assert "1 works from home" in page
    assert "1 is at the office" in page
    assert f'href="/team/days/{week.day.pk}/recall/"' in page
    assert "1 is away" in text(client.get(f"/team/{THURSDAY}/"))


def test_half_days_and_days_off(week):
    WfhDay.objects.filter(pk=week.day.pk).update(slot="AM")
    Holiday.objects.create(date=TUESDAY, name="Hari Contoh")
    page = text(english(week.budi_user).get("/team/"))
    assert "WFH (morning)" in page
    assert "Hari Contoh" in page
    assert "Not a working day" in text(english(week.budi_user).get(f"/team/{TUESDAY}/"))


def test_who_moved_away_is_shown_until_then(week):
    Placement.objects.filter(employee=week.sari).update(valid=dt_range(None, THURSDAY))
    Placement.objects.create(
        employee=week.sari,
        agency=week.agency,
        unit=week.planning,
        supervisor=week.eko,
        direct_service=False,
        valid=dt_range(THURSDAY, None),
    )
    assert "Sari Rahmawati" in text(as_(week.budi_user).get(f"/team/{WEDNESDAY}/"))
    assert "1 is at the office" in text(english(week.eko_user).get(f"/team/{THURSDAY}/")) or "Sari" in text(
        as_(week.eko_user).get(f"/team/{THURSDAY}/")
    )


def dt_range(first, upper):
    return type(factories.ALWAYS)(first or dt.date(2019, 1, 1), upper)


@pytest.mark.parametrize("path", ["/team/2026-02-30/", "/team/x/", "/team/0001-01-01/", "/team/9999-12-31/"])
def test_a_day_that_does_not_exist(week, path):
    answer = as_(week.budi_user).get(path)
    assert answer.status_code == 404
    assert 'class="lead"' in text(answer)


@pytest.mark.parametrize("name", ["x", "2026-W54", "0001-W01", "9999-W52", "%00"])
def test_a_week_that_does_not_exist(week, name):
    assert as_(week.budi_user).get("/team/", {"week": name}).status_code == 400


def test_other_weeks_and_a_sunday(week):
    page = text(as_(week.budi_user).get("/team/?week=2026-W50"))
    assert "2026-W50" in page
    assert "2026-W51" in page
    assert as_(week.budi_user).get(f"/team/{MONDAY + dt.timedelta(days=6)}/").status_code == 200


# --- whose team ---------------------------------------------------------------------------------------


def test_who_leads_nobody_reads_so(week):
    answer = english(week.sari_user).get("/team/")
    assert answer.status_code == 200
    assert "Nobody reports to you" in text(answer)
    assert "Budi" not in text(answer).split("<main")[1]


def test_a_supervisor_sees_their_own_team_only(week):
    page = text(as_(week.eko_user).get("/team/"))
    assert "Anggota 1" in page
    assert "Sari" not in page


def test_a_stand_in_sees_the_team_they_stand_in_for(week, now):
    lend(week, week.budi, week.hadi, now)
    page = text(english(week.hadi_user).get("/team/"))
    assert "You stand in for Budi Santoso today" in page
    assert "Sari Rahmawati" in page


@pytest.mark.parametrize(
    ("who", "expected"), [("dewi", 200), ("hadi", 200), ("ratna", 404), ("eko", 404), ("budi", 404), ("sari", 404)]
)
def test_a_unit_is_shown_to_whose_role_covers_it(week, who, expected):
    answer = as_(getattr(week, f"{who}_user")).get(f"/team/?unit={week.general.pk}")
    assert answer.status_code == expected
    if expected == 200:
        assert "Sari Rahmawati" in text(answer)
    day = as_(getattr(week, f"{who}_user")).get(f"/team/{WEDNESDAY}/?unit={week.general.pk}")
    assert day.status_code == expected
    assert "recall" not in text(day)


@pytest.mark.parametrize("unit", ["x", "-1", "0", "9" * 30, "²"])
def test_a_unit_that_does_not_exist(week, unit):
    assert as_(week.dewi_user).get("/team/", {"unit": unit}).status_code == 404


def test_hr_finds_units_by_name_and_only_their_own(week):
    client = as_(week.dewi_user)
    page = text(search(client, "/team/", "perencanaan"))
    assert f"?unit={week.planning.pk}&amp;" in page
    assert f"?unit={week.general.pk}&amp;" not in page
    assert "Pusat Data" not in text(client.get("/team/"))
    assert search(client, "/team/", "tidak ada'\"%").status_code == 200


def test_hr_of_a_sub_tree_sees_its_units_only(week):
    user = factories.account(factories.employee(week.planning, "Operator Bagian"))
    factories.grant(user, Role.HR_OFFICER, week.agency, week.planning)
    client = as_(user)
    assert client.get(f"/team/?unit={week.planning.pk}").status_code == 200
    assert client.get(f"/team/?unit={week.general.pk}").status_code == 404


def entry(user):
    return 'href="/team/"' in text(as_(user).get("/")).split("<main")[0]


def test_the_menu_leads_to_the_team_whoever_has_units_to_see_there(week):
    auditor = factories.account(factories.employee(week.planning, "Pengawas Intern"))
    factories.grant(auditor, Role.AUDITOR, week.agency)
    part = factories.account(factories.employee(week.planning, "Operator Bagian"))
    factories.grant(part, Role.HR_OFFICER, week.agency, week.planning)
    for user in (week.dewi_user, week.hadi_user, auditor, part):
        assert entry(user), user
        assert 'href="/team/" aria-current="page"' in text(as_(user).get("/team/")).split("<main")[0]


def test_the_menu_does_not_lead_to_an_empty_page(week):
    gone = factories.account(factories.employee(week.planning, "Operator Lama"))
    factories.grant(gone, Role.HR_OFFICER, week.agency, valid=DateRange(dt.date(2019, 1, 1), dt.date(2020, 1, 1)))
    for user in (week.sari_user, gone):
        assert not entry(user), user
    for user in (week.budi_user, week.ratna_user):  # whose team is one of the tabs of what they decide
        page = text(as_(user).get("/")).split("<main")[0]
        assert 'href="/approvals/"' in page
        assert 'href="/team/"' not in page


# --- recalling ----------------------------------------------------------------------------------------


def recall_address(cast):
    return f"/team/days/{cast.day.pk}/recall/"


def test_a_supervisor_recalls_with_a_reason_after_reading_the_notice(week):
    client = english(week.budi_user)
    page = text(client.get(recall_address(week)))
    assert "24 November 2026" in page  # until when
    assert "46 hours of notice" in page
    assert WfhDay.objects.active().filter(pk=week.day.pk).exists()  # asking changes nothing
    told = text(client.post(recall_address(week), REASON, follow=True))
    assert "notice-success" in told
    week.day.refresh_from_db()
    assert week.day.state == "RECALLED"
    assert Event.objects.get(verb="day.recall").reason == REASON["reason"]
    again = client.post(recall_address(week), REASON, follow=True)
    assert "notice-error" in text(again)


def test_a_recall_needs_a_reason(week):
    client = as_(week.budi_user)
    for form in ({}, {"reason": "  "}, {"usual": "nonsense"}, {"reason": "x" * 501}):
        answer = client.post(recall_address(week), form)
        assert answer.status_code == 422
        assert 'role="alert"' in text(answer)
    assert WfhDay.objects.active().filter(pk=week.day.pk).exists()
    client.post(recall_address(week), {"usual": "DUTY"})
    assert not WfhDay.objects.active().filter(pk=week.day.pk).exists()


@pytest.mark.parametrize(
    ("who", "expected"), [("sari", 403), ("dewi", 403), ("hadi", 403), ("eko", 404), ("ratna", 404)]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_recalls(week, who, expected, method):
    client = as_(getattr(week, f"{who}_user"))
    assert getattr(client, method)(recall_address(week), REASON).status_code == expected
    assert getattr(client, method)("/team/days/999999/recall/", REASON).status_code == 404
    assert WfhDay.objects.active().filter(pk=week.day.pk).exists()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, 302), ({"ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, 404), ({"on_leave_only": True}, 404)],
)
def test_a_stand_in_recalls_in_the_supervisors_name(week, now, fields, expected):
    lend(week, week.budi, week.eko, now, **fields)
    assert as_(week.eko_user).post(recall_address(week), REASON).status_code == expected
    if expected == 302:
        assert Event.objects.get(verb="day.recall").on_behalf_of_id == week.budi_user.pk


def test_a_stand_in_never_recalls_the_day_of_whoever_lent(week, now):
    """Hadi supervises Budi and lends to Sari; so does Budi: Budi's day is not hers to recall."""
    Placement.objects.filter(employee=week.budi).update(supervisor=week.hadi)
    lend(week, week.hadi, week.sari, now)
    lend(week, week.budi, week.sari, now)
    day = given(week, week.budi, FRIDAY)
    assert as_(week.sari_user).post(f"/team/days/{day.pk}/recall/", REASON).status_code == 403
    assert "recall" not in text(as_(week.sari_user).get(f"/team/{FRIDAY}/"))


def test_after_the_cut_off_the_page_says_what_else_helps(week, now, monkeypatch):
    monkeypatch.setattr("employees.views.timezone.now", lambda: now + dt.timedelta(days=1, hours=7))  # Tuesday 16.00
    client = english(week.budi_user)
    page = text(client.get(recall_address(week)))
    assert "notice-warning" in page
    assert 'name="reason"' not in page
    assert client.post(recall_address(week), REASON).status_code == 409
    assert "/recall/" not in text(client.get("/team/"))


# --- both languages, and the number of queries ----------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("path", ["/team/", f"/team/{WEDNESDAY}/", "recall"])
def test_every_page_in_both_languages(week, language, path):
    client = as_(week.budi_user)
    client.cookies["language"] = language
    answer = client.get(recall_address(week) if path == "recall" else path)
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.content.decode()
    assert "style=" not in answer.content.decode()
    assert "{#" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/team/", f"/team/{WEDNESDAY}/"])
def test_queries_do_not_grow_with_people_or_units(week, path):
    counts = []
    for n in range(2):
        if n:
            unit = factories.unit(week.agency, "BARU", "Biro Baru", week.root)
            for name in ("Satu", "Dua", "Tiga"):
                given(week, factories.employee(unit, name, week.budi), WEDNESDAY)
        client = as_(week.budi_user)
        with CaptureQueriesContext(connection) as ran:
            assert client.get(path).status_code == 200
        counts.append(len(ran))
    assert counts[0] == counts[1] <= 22


def test_many_people_come_in_parts(week, monkeypatch):
    monkeypatch.setattr("schedules.queries.team.SHOWN", 2)
    page = text(english(week.eko_user).get("/team/"))
    assert "Anggota 2" in page
    assert "Anggota 3" not in page
    page = text(english(week.eko_user).get("/team/?start=2"))
    assert "Anggota 3" in page
    assert Employee.objects.filter(name="Anggota 3").exists()
    assert Unit.objects.exists()


def test_a_search_with_a_sign_no_text_can_hold_finds_as_without(week):
    page = search(english(week.hadi_user), "/team/", "\0pere\0nc")
    assert (page.status_code, page.context["text"]) == (200, "perenc")
    assert list(page.context["units"]) == [week.planning]
