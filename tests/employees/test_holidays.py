"""Days off: everybody's by the platform, an agency's own by its HR; in files or one by one, each date once."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import translation

from employees.actions import Refused, days, declare_holiday
from employees.intake import Refused as ImportRefused
from employees.intake import check_holidays, import_holidays
from employees.models import AgencyInputs, Holiday
from ledger.models import Event
from tests import factories

HEAD = "tanggal,nama,jenis,sumber\n"
CHRISTMAS, EVE = dt.date(2026, 12, 25), dt.date(2026, 12, 24)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def platform(db):
    user = factories.account(username="platform")
    factories.grant(user, "PLATFORM_ADMIN")
    return user


@pytest.fixture
def take(cast, at, platform):
    """Import days off: everybody's by the platform, or those of the cast's agency by its HR."""

    def take(rows, agency=None, **options):
        by = cast.dewi_user if agency else platform
        return import_holidays(content=(HEAD + rows).encode(), agency=agency, **{"by": by, "at": at} | options)

    return take


def changes(*agencies):
    return [AgencyInputs.objects.get(agency=agency).changes for agency in agencies]


# --- files --------------------------------------------------------------------------------------

TWO = "2026-12-25,Hari Raya Natal,libur_nasional,SKB 3 Menteri\n24-12-2026,Cuti bersama Natal,CUTI_BERSAMA,Keppres\n"


def test_everybodys_list_twice_changes_nothing_and_a_revision_corrects(cast, take):
    assert take(TWO).counts == {"new": 2, "changed": 0, "same": 0, "bad": 0}
    assert changes(cast.agency, cast.other) == [1, 1]
    made = Holiday.objects.get(date=EVE)
    assert (made.kind, made.agency, made.source, made.version) == ("CUTI_BERSAMA", None, "Keppres", 1)
    assert take(TWO).counts == {"new": 0, "changed": 0, "same": 2, "bad": 0}
    assert take(TWO.replace("Keppres", "Keppres 42/2025")).counts == {"new": 0, "changed": 1, "same": 1, "bad": 0}
    made.refresh_from_db()
    assert (made.source, made.version) == ("Keppres 42/2025", 2)
    assert changes(cast.agency, cast.other) == [2, 2]
    assert [e.agency_id for e in Event.objects.filter(verb="import.holidays")] == [None] * 3


def test_columns_not_in_the_file_stay_and_are_national_at_first(cast, at, platform, take):
    known = {"content": b"tanggal;nama\n2026-12-25;Natal\n", "agency": None, "by": platform, "at": at}
    assert import_holidays(**known).counts["new"] == 1
    made = Holiday.objects.get()
    assert (made.kind, made.source) == ("LIBUR_NASIONAL", "")
    take("2026-12-25,Natal,CUTI_BERSAMA,SKB\n")
    assert import_holidays(**known).counts["same"] == 1


def test_an_agencys_own_days_concern_it_alone(cast, take):
    assert take(TWO, cast.agency).counts["new"] == 2
    assert changes(cast.agency, cast.other) == [1, 0]
    assert set(Holiday.objects.values_list("agency", flat=True)) == {cast.agency.pk}
    assert take(TWO).counts["new"] == 2  # everybody's, later: beside the agency's
    assert take(TWO, cast.agency).counts["same"] == 2


def test_in_an_agencys_file_everybodys_days_are_the_same_or_bad(cast, take):
    take(TWO)
    assert take(TWO, cast.agency).counts == {"new": 0, "changed": 0, "same": 2, "bad": 0}
    (row,) = take("2026-12-25,Hari Jadi,,\n", cast.agency).bad
    assert (row.line, row.column) == (2, "tanggal")
    assert "Hari Raya Natal" in row.reason
    assert not Holiday.objects.filter(agency=cast.agency).exists()


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("2026-13-01,Natal,,", "tanggal", "2026-11-25 or 25-11-2026"),
        ("3026-12-25,Natal,,", "tanggal", "between 2000 and 2100"),
        ("2026-12-25,,,", "nama", "must be filled"),
        (f"2026-12-25,{'a' * 201},,", "nama", "At most 200"),
        ("2026-12-25,Natal,LIBUR,", "jenis", "LIBUR_NASIONAL, CUTI_BERSAMA"),
        ("2026-12-26,Natal,,", "tanggal", "line 2"),
    ],
)
def test_a_bad_row_says_what_to_do_and_refuses_the_file(cast, take, row, column, words):
    outcome = take(f"2026-12-26,Boxing,,\n{row}\n2026-12-31,Akhir tahun,,\n")
    found = outcome.bad[-1]
    assert (found.line, found.column, outcome.applied) == (3, column, False)
    assert words in found.reason
    assert not Holiday.objects.exists()
    assert changes(cast.agency) == [0]
    assert take(f"2026-12-26,Boxing,,\n{row}\n2026-12-31,Akhir tahun,,\n", partial=True).applied
    assert Holiday.objects.filter(date=dt.date(2026, 12, 31)).exists()


@pytest.mark.parametrize("who", ["dewi", "hadi", "ratna", "eko", "sari", "platform"])
def test_who_imports(cast, take, platform, who):
    by = platform if who == "platform" else getattr(cast, f"{who}_user")
    for agency, may in ((None, who == "platform"), (cast.agency, who in ("dewi", "hadi", "platform"))):
        if may:
            assert take(TWO, agency, by=by).applied
            continue
        with pytest.raises(ImportRefused) as refused:
            take(TWO, agency, by=by)
        assert refused.value.code == "NOT_YOURS"


def test_the_command_with_and_without_an_agency(cast, platform, tmp_path):
    def command(rows, *arguments):
        file, out = tmp_path / "libur.csv", io.StringIO()
        file.write_text(HEAD + rows)
        try:
            call_command("import_holidays", str(file), *arguments, stdout=out)
        except SystemExit as end:
            return end.code, out.getvalue()
        except CommandError as refused:
            return refused.returncode, str(refused)
        return 0, out.getvalue()

    assert command(TWO)[0] == 0
    assert not Holiday.objects.exists()
    assert command(TWO, "--apply", "--by", cast.dewi.nip)[0] == 2
    assert command(TWO, "--agency", "XX")[0] == 2
    assert command(TWO, "--agency", "KC", "--apply", "--by", cast.dewi.nip)[0] == 0
    assert command(TWO, "--apply", "--by", "platform")[0] == 0
    code, said = command("kemarin,Natal,,\n", "--apply", "--by", "platform")
    assert code == 1
    assert "line 2, tanggal" in said


@pytest.mark.parametrize("days", [2, 28])
def test_the_number_of_statements_does_not_hang_on_the_rows(cast, take, django_assert_num_queries, days):
    rows = "".join(f"2026-02-{day:02d},Libur {day},,\n" for day in range(1, days + 1))
    with django_assert_num_queries(15):
        assert take(rows).counts["new"] == days


# --- one by one ---------------------------------------------------------------------------------


def declare(agency, by, at, **more):
    known = {"date": CHRISTMAS, "name": "Hari Raya Natal", "kind": "LIBUR_NASIONAL", "source": "SKB"} | more
    return declare_holiday(agency=agency, by=by, at=at, **known)


# who declares: for everybody, for the ministry
MAY = {
    "dewi": (False, True),
    "hadi": (False, True),
    "ratna": (False, False),
    "eko": (False, False),
    "sari": (False, False),
    "hr_of_general": (False, False),
    "auditor": (False, False),
    "agency_admin": (False, False),
    "platform": (True, False),
}


@pytest.mark.parametrize(("who", "may"), MAY.items())
def test_who_declares_a_day_off(cast, at, platform, who, may):
    by = platform if who == "platform" else getattr(cast, f"{who}_user", None) or factories.account(username=who)
    roles = {"hr_of_general": "HR_OFFICER", "auditor": "AUDITOR", "agency_admin": "AGENCY_ADMIN"}
    if who in roles:
        factories.grant(by, roles[who], cast.agency, cast.general if who == "hr_of_general" else None)
    for agency, allowed in zip((None, cast.agency), may, strict=True):
        if allowed:
            assert declare(agency, by, at).agency == agency
        else:
            with pytest.raises(Refused) as refused:
                declare(agency, by, at)
            assert refused.value.code == "NOT_YOURS"
    assert Holiday.objects.count() == sum(may)


def test_what_a_declared_day_leaves_behind(cast, at, platform):
    own, general = declare(cast.agency, cast.dewi_user, at, date=EVE), declare(None, platform, at)
    first, second = Event.objects.filter(verb="holiday.declare").order_by("pk")
    assert (first.subject_id, first.agency_id, first.after) == (
        own.pk,
        cast.agency.pk,
        {"date": "2026-12-24", "kind": "LIBUR_NASIONAL"},
    )
    assert (second.subject_id, second.agency_id) == (general.pk, None)
    assert changes(cast.agency, cast.other) == [2, 1]


def test_a_date_is_a_day_off_once_and_the_refusal_names_it(cast, at, platform):
    declare(None, platform, at)
    declare(cast.agency, cast.dewi_user, at, date=EVE, name="Hari Jadi")
    for agency, by, date, name in (
        (None, platform, CHRISTMAS, "Hari Raya Natal"),
        (cast.agency, cast.dewi_user, CHRISTMAS, "Hari Raya Natal"),
        (cast.agency, cast.hadi_user, EVE, "Hari Jadi"),
    ):
        with pytest.raises(Refused, match=name) as refused:
            declare(agency, by, at, date=date)
        assert refused.value.code == "TAKEN"
    assert declare(cast.other, cast.ratna_user, at, date=EVE)  # another agency's own day does not stand in the way
    assert declare(None, platform, at, date=EVE)  # nor does it stand in everybody's way


def test_whoever_comes_second_reads_the_same_sentence_as_if_they_had_looked_later(cast, at, monkeypatch):
    """The other officer's row appears between the look and the write: the database refuses, the sentence is ours."""
    declare(cast.agency, cast.hadi_user, at)
    look, looks = days._check_free, iter([lambda *date: None])
    monkeypatch.setattr(days, "_check_free", lambda *date: next(looks, look)(*date))
    with pytest.raises(Refused) as refused:
        declare(cast.agency, cast.dewi_user, at)
    assert refused.value.code == "TAKEN"
    assert changes(cast.agency) == [1]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": " \n"}, "NO_NAME"),
        ({"kind": "LIBUR"}, "BAD_KIND"),
        ({"name": "a" * 201}, "TOO_LONG"),
        ({"source": "a" * 201}, "TOO_LONG"),
    ],
)
def test_input_that_makes_no_day_off(cast, at, more, code):
    with pytest.raises(Refused) as refused:
        declare(cast.agency, cast.dewi_user, at, **more)
    assert refused.value.code == code


def test_the_database_itself_knows_each_date_once(cast):
    for agency in (None, cast.agency):
        Holiday.objects.create(date=CHRISTMAS, name="Natal", agency=agency)
        with pytest.raises(IntegrityError), transaction.atomic():
            Holiday.objects.create(date=CHRISTMAS, name="Natal", agency=agency)


# --- the admin ----------------------------------------------------------------------------------

LIST, ADD = "/admin/employees/holiday/", "/admin/employees/holiday/add/"


def typed(agency, **more):
    return {
        "date": "2026-12-25",
        "name": "Hari Jadi",
        "kind": "LIBUR_NASIONAL",
        "agency": agency.pk if agency else "",
        "source": "SK 7",
    } | more


@pytest.fixture
def visitor(client):
    client.cookies["language"] = "en"
    return client


def test_hr_declares_a_day_off_of_its_own_agency_only(cast, visitor):
    visitor.force_login(cast.dewi_user)
    page = visitor.get(ADD).content.decode()
    assert "Kementerian Contoh" in page
    assert "Badan Lain" not in page
    assert "everybody" not in page
    for other in (None, cast.other):
        assert visitor.post(ADD, typed(other)).status_code == 200
        assert not Holiday.objects.exists()
    answer = visitor.post(ADD, typed(cast.agency), follow=True)
    assert [str(m) for m in answer.context["messages"]] == ["The day off is declared."]
    assert (Holiday.objects.get().agency, Event.objects.get(verb="holiday.declare").actor_id) == (
        cast.agency,
        cast.dewi_user.pk,
    )


def test_the_platform_declares_everybodys(cast, visitor, platform):
    visitor.force_login(platform)
    assert "everybody" in visitor.get(ADD).content.decode()
    assert visitor.post(ADD, typed(cast.agency)).status_code == 200
    assert not Holiday.objects.exists()
    assert visitor.post(ADD, typed(None)).status_code == 302
    assert Holiday.objects.get().agency is None


def test_a_taken_date_is_said_on_the_form_with_everything_typed_still_in_it(cast, visitor):
    Holiday.objects.create(date=CHRISTMAS, name="Hari Raya Natal")
    visitor.force_login(cast.dewi_user)
    page = visitor.post(ADD, typed(cast.agency)).content.decode()
    assert "already a day off: Hari Raya Natal" in page
    assert 'value="SK 7"' in page
    assert 'value="2026-12-25"' in page
    assert Holiday.objects.count() == 1


def test_who_may_not_declare_has_no_form_and_a_declared_day_is_not_edited(cast, visitor):
    own = Holiday.objects.create(date=CHRISTMAS, name="Hari Jadi", agency=cast.agency)
    auditor = factories.account()
    factories.grant(auditor, "AUDITOR", cast.agency)
    part = factories.account()
    factories.grant(part, "HR_OFFICER", cast.agency, cast.general)
    for user in (auditor, part):
        visitor.force_login(user)
        assert visitor.get(LIST).status_code == 200
        assert visitor.get(ADD).status_code == 403
        assert visitor.post(ADD, typed(cast.agency)).status_code == 403
    visitor.force_login(cast.dewi_user)
    page = f"/admin/employees/holiday/{own.pk}/change/"
    assert visitor.get(page).status_code == 200
    assert visitor.post(page, typed(cast.agency, name="Hari lain")).status_code == 200  # asks for what may be changed
    own.refresh_from_db()
    assert own.name == "Hari Jadi"
    visitor.force_login(cast.ratna_user)
    assert visitor.get(page).status_code == 404


@pytest.mark.parametrize("days", [1, 3])
def test_the_number_of_queries_of_the_list(cast, visitor, django_assert_num_queries, days):
    for day in range(1, days + 1):
        Holiday.objects.create(date=dt.date(2026, 12, day), name="Hari Jadi", agency=cast.agency)
    visitor.force_login(cast.dewi_user)
    with django_assert_num_queries(8):
        assert visitor.get(LIST).status_code == 200


def test_a_check_writes_nothing(cast):
    assert check_holidays(content=(HEAD + TWO).encode(), agency=None).counts["new"] == 2
    assert not Holiday.objects.exists()
