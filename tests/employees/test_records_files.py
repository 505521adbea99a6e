"""Files of discipline, absences and facts: read fully or refused with a reason, typed once, complete until a day."""

import dataclasses
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation
from psycopg2.extras import DateRange

from employees.feeds import Completeness
from employees.intake import ABSENCES, DISCIPLINE, FACTS, Refused, check_records, import_records
from employees.models import Absence, AgencyInputs, Discipline, Fact, Feed
from employees.reading import BadCell
from employees.values import Value, key, value
from ledger.models import Event
from tests import factories

from .roles import somebody

HEADS = {
    "discipline": "nip,tingkat,mulai,akhir,status,nomor_sk\n",
    "absences": "nip,tanggal,jenis\n",
    "facts": "nip,kunci,nilai,mulai,akhir,sumber\n",
}
KINDS = {"discipline": DISCIPLINE, "absences": ABSENCES, "facts": FACTS}
MODELS = {"discipline": Discipline, "absences": Absence, "facts": Fact}
ROW = {
    "discipline": "SEDANG,2026-03-01,2026-08-31,DIJATUHKAN,SK-7",
    "absences": "2026-11-02,ALPA",
    "facts": "pelatihan_wfh,ya,2026-01-01,2026-12-31,Pusdiklat",
}
UNKNOWN = "198001012005011902"
D = dt.date


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def take(cast, at):
    """Import records into the cast's agency, by its HR officer."""

    def take(name, rows, head=None, **options):
        options = {"by": cast.dewi_user, "agency": cast.agency, "at": at} | options
        return import_records(KINDS[name], content=((head or HEADS[name]) + rows).encode(), **options)

    return take


def changes(agency):
    return AgencyInputs.objects.get(agency=agency).changes


# --- the value of a fact ------------------------------------------------------------------------

VALUES = [
    ("2,5", Value("2,5", number=Decimal("2.5"))),
    ("2.5", Value("2.5", number=Decimal("2.5"))),
    ("-3", Value("-3", number=Decimal(-3))),
    ("0.125", Value("0.125", number=Decimal("0.125"))),
    ("0007", Value("0007", number=Decimal(7))),
    ("9999999999", Value("9999999999", number=Decimal("9999999999"))),
    ("12345678901", Value("12345678901")),
    ("YA", Value("YA", flag=True)),
    ("tidak", Value("tidak", flag=False)),
    ("2026-11-25", Value("2026-11-25", day=D(2026, 11, 25))),
    ("25-11-2026", Value("25-11-2026", day=D(2026, 11, 25))),
    ("NaN", Value("NaN")),
    ("inf", Value("inf")),
    ("1_000", Value("1_000")),
    ("٣", Value("٣")),
    ("sertifikat A", Value("sertifikat A")),
]


@pytest.mark.parametrize(("text", "means"), VALUES)
def test_what_a_value_means(text, means):
    assert value(text) == means
    assert not isinstance(value(text).number, float)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.000", "two ways"),
        ("12,500", "two ways"),
        ("1.234.567", "two ways"),
        ("0.12345", "four decimals"),
        ("1,2E+05", "spreadsheet"),
        ("2026-02-30", "2026-11-25"),
        ("x" * 201, "200"),
        ("dua\nbaris", "Line breaks"),
    ],
)
def test_a_value_that_could_mean_two_things_is_refused(text, words):
    with pytest.raises(BadCell, match=words):
        value(text)


@pytest.mark.parametrize("text", ["Pelatihan", "2jam", "a b", "a-b", "", "x" * 41, "é"])
def test_a_key_is_small_letters_digits_and_underscores(text):
    with pytest.raises(BadCell):
        key(text)
    assert key("alpa_dihukum_2025") == "alpa_dihukum_2025"


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_file_brings_records_and_twice_the_same_file_changes_nothing(cast, take, name):
    text = f"{cast.sari.nip},{ROW[name]}\n{cast.budi.nip},{ROW[name]}\n"
    assert take(name, text).counts == {"new": 2, "changed": 0, "same": 0, "bad": 0}
    assert changes(cast.agency) == 1
    assert take(name, text).counts == {"new": 0, "changed": 0, "same": 2, "bad": 0}
    assert (MODELS[name].objects.count(), changes(cast.agency), changes(cast.other)) == (2, 1, 0)
    first, second = Event.objects.filter(verb=f"import.{name}").order_by("pk")
    assert (first.after["new"], second.after["same"], first.agency_id) == (2, 2, cast.agency.pk)
    assert cast.sari.nip not in str(first.after)
    assert "SK-7" not in str(first.after)
    assert history(name) == 2


def history(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {KINDS[name].table}event")
        return cursor.fetchone()[0]


def test_what_is_stored_of_each_kind(cast, take):
    for name, row in ROW.items():
        take(name, f"{cast.sari.nip},{row}\n")
    one = Discipline.objects.get()
    assert (one.level, one.start, one.end, one.status, one.decree, one.agency) == (
        "SEDANG",
        D(2026, 3, 1),
        D(2026, 8, 31),
        "DIJATUHKAN",
        "SK-7",
        cast.agency,
    )
    assert (Absence.objects.get().date, Absence.objects.get().kind) == (D(2026, 11, 2), "ALPA")
    fact = Fact.objects.get()
    assert (fact.key, fact.text, fact.flag, fact.number, fact.day) == ("pelatihan_wfh", "ya", True, None, None)
    assert (fact.valid, fact.source) == (DateRange(D(2026, 1, 1), D(2027, 1, 1)), "Pusdiklat")


def test_a_cancelled_decree_changes_the_punishment_that_is_there(cast, take):
    take("discipline", f"{cast.sari.nip},{ROW['discipline']}\n")
    cancelled = f"{cast.sari.nip},2026-03-01,DIBATALKAN,SK-7\n"
    assert take("discipline", cancelled, "nip,mulai,status,nomor_sk\n").counts["changed"] == 1
    one = Discipline.objects.get()
    assert (one.status, one.level, one.end) == ("DIBATALKAN", "SEDANG", D(2026, 8, 31))
    assert history("discipline") == 2
    assert take("discipline", f"{cast.sari.nip},{ROW['discipline'].replace('SK-7', 'SK-8')}\n").counts["new"] == 1


def test_an_absence_excused_later_and_a_fact_that_ends_change_what_is_there(cast, take):
    take("absences", f"{cast.sari.nip},2026-11-02,\n")
    assert take("absences", f"{cast.sari.nip},2026-11-02,izin\n").counts["changed"] == 1
    assert Absence.objects.get().kind == "IZIN"
    take("facts", f'{cast.sari.nip},jam_latihan,"2,5",2026-01-01,,\n{cast.sari.nip},jam_latihan,3,,,\n')
    assert take("facts", f"{cast.sari.nip},jam_latihan,4,2026-01-01,2026-06-30,\n").counts["changed"] == 1
    always, dated = Fact.objects.order_by("number")
    assert (always.number, always.valid) == (Decimal(3), DateRange(None, None, "()"))
    assert (dated.number, dated.valid) == (Decimal(4), DateRange(D(2026, 1, 1), D(2026, 7, 1)))


# one line a case: file, the row after the number, the bad column, words of its sentence
BAD = [
    ("discipline", ",2026-03-01,,DIJATUHKAN,SK", "tingkat", "has a level"),
    ("discipline", "SEDANG,2026-03-01,,DIJATUHKAN,SK", "akhir", "its last day"),
    ("discipline", "BERAT,2026-03-01,2026-02-01,,SK", "akhir", "before the first"),
    ("discipline", "BERAT,1926-03-01,,,SK", "mulai", "2000 and 2100"),
    ("discipline", "PARAH,2026-03-01,,,SK", "tingkat", "RINGAN, SEDANG, BERAT"),
    ("discipline", "RINGAN,2026-03-01,,AKTIF,SK", "status", "DALAM_PROSES"),
    ("discipline", "RINGAN,,,,SK", "mulai", "must be filled"),
    ("absences", "2026-12-24,", "tanggal", "still to come"),
    ("absences", "1999-12-24,", "tanggal", "after 2000"),
    ("absences", "2026-11-02,sakit perut parah sekali sejak pagi", "jenis", "capital letters"),
    ("facts", "Pelatihan,ya,,,", "kunci", "small letters"),
    ("facts", "jam,1.000,,,", "nilai", "two ways"),
    ("facts", "jam,,,,", "nilai", "must be filled"),
    ("facts", "jam,1,2026-12-31,2026-01-01,", "akhir", "before the first"),
    ("facts", "jam,1,,9999-12-31,", "akhir", "2000 and 2100"),
]


@pytest.mark.parametrize(("name", "row", "column", "words"), BAD)
def test_a_bad_row_says_what_to_do_and_refuses_the_file(cast, take, name, row, column, words):
    text = f"{cast.budi.nip},{ROW[name]}\n{cast.sari.nip},{row}\n"
    outcome = take(name, text)
    (bad,) = outcome.bad
    assert (bad.line, bad.column, outcome.applied) == (3, column, False)
    assert words in bad.reason
    assert (MODELS[name].objects.count(), changes(cast.agency)) == (0, 0)
    assert take(name, text, partial=True).counts == {"new": 1, "changed": 0, "same": 0, "bad": 1}
    assert changes(cast.agency) == 1


@pytest.mark.parametrize(
    "row", ["RINGAN,2026-03-01,,DIJATUHKAN,SK", ",2026-03-01,,DALAM_PROSES,", "BERAT,2026-03-01,,,"]
)
def test_a_light_punishment_a_case_and_a_dismissal_have_no_end(cast, take, row):
    assert take("discipline", f"{cast.sari.nip},{row}\n").counts["new"] == 1
    assert Discipline.objects.get().end is None


@pytest.mark.parametrize("name", KINDS)
def test_a_person_of_another_agency_gets_the_sentence_of_an_unknown_one(cast, take, name):
    outcome = take(name, "".join(f"{nip},{ROW[name]}\n" for nip in (cast.ratna.nip, UNKNOWN)))
    theirs, unknown = outcome.bad
    assert (theirs.reason, theirs.column) == (unknown.reason, "nip")
    assert "transfer" in theirs.reason


@pytest.mark.parametrize("name", KINDS)
def test_the_same_record_twice_in_a_file_is_bad_on_both_lines(cast, take, name):
    row = f"{cast.sari.nip},{ROW[name]}\n"
    outcome = take(name, row + f"{cast.budi.nip},{ROW[name]}\n" + row, partial=True)
    assert [row.line for row in outcome.bad] == [2, 4]
    assert "line 4" in outcome.bad[0].reason
    assert MODELS[name].objects.get().employee == cast.budi


@pytest.mark.parametrize("name", KINDS)
def test_nobody_imports_a_change_of_what_stands_about_themselves(cast, at, take, name):
    text = f"{cast.dewi.nip},{ROW[name]}\n"
    assert take(name, text).counts["new"] == 0  # a fact may be what lifts a bar, or what a policy asks for
    assert not MODELS[name].objects.exists()
    assert take(name, text, by=cast.hadi_user).bad == ()
    assert take(name, text).counts["same"] == 1  # a file of everybody's may name them


@pytest.mark.parametrize("who", ["sari", "budi", "eko", "ratna", "auditor", "agency_admin", "hr_of_general"])
@pytest.mark.parametrize("name", KINDS)
def test_only_hr_of_the_whole_agency_imports(cast, take, name, who):
    with pytest.raises(Refused) as refused:
        take(name, f"{cast.sari.nip},{ROW[name]}\n", by=somebody(cast, who))
    assert refused.value.code == "NOT_YOURS"
    assert not MODELS[name].objects.exists()


@pytest.mark.parametrize("people", [2, 40])
@pytest.mark.parametrize("name", KINDS)
def test_the_number_of_statements_does_not_hang_on_the_rows(cast, take, django_assert_num_queries, name, people):
    rows = [f"{factories.employee(cast.general).nip},{ROW[name]}\n" for _n in range(people)]
    with django_assert_num_queries(15):
        assert take(name, "".join(rows)).counts["new"] == people


def test_a_row_taken_back_between_the_look_and_the_write_refuses_the_file(cast, take):
    text = f"{cast.sari.nip},2026-11-02,IZIN\n{cast.budi.nip},2026-11-02,\n"
    gone = {"id": 0, "employee_id": cast.sari.pk, "date": D(2026, 11, 2), "kind": "ALPA"}
    late = dataclasses.replace(ABSENCES, known=lambda agency, rows: [gone])
    with pytest.raises(Refused) as refused:
        import_records(
            late,
            content=(HEADS["absences"] + text).encode(),
            agency=cast.agency,
            by=cast.dewi_user,
            at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC),
        )
    assert refused.value.code == "CHANGED_MEANWHILE"
    assert not Absence.objects.exists()
    assert not Event.objects.exists()


def test_a_row_that_somebody_adds_meanwhile_refuses_the_file(cast, at):
    factories.absence(cast.sari, D(2026, 11, 2))
    late = dataclasses.replace(ABSENCES, known=lambda agency, rows: [])
    content = (HEADS["absences"] + f"{cast.sari.nip},2026-11-02,\n").encode()
    with pytest.raises(Refused) as refused:
        import_records(late, content=content, agency=cast.agency, by=cast.dewi_user, at=at)
    assert refused.value.code == "CHANGED_MEANWHILE"


def test_a_dry_run_writes_nothing(cast, at):
    content = (HEADS["facts"] + f"{cast.sari.nip},{ROW['facts']}\n").encode()
    assert check_records(FACTS, content=content, agency=cast.agency, at=at).counts["new"] == 1
    assert not Fact.objects.exists()


# --- complete until -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_file_says_until_when_the_records_are_complete(cast, take, name):
    text = f"{cast.sari.nip},{ROW[name]}\n"
    take(name, text, complete=Completeness(D(2026, 11, 20)))
    feed = Feed.objects.get(agency=cast.agency, kind=KINDS[name].feed)
    assert feed.complete_until == D(2026, 11, 20)
    event = Event.objects.get(verb="feed.complete_until")
    assert (event.before["until"], event.after["until"]) == (None, "2026-11-20")
    take(name, text, complete=Completeness(D(2026, 11, 20)))
    assert Event.objects.filter(verb="feed.complete_until").count() == 1


@pytest.mark.parametrize(("until", "code"), [(D(2026, 12, 31), "FUTURE"), (D(226, 1, 1), "BAD_YEAR")])
def test_a_day_that_cannot_be_refuses_the_file(cast, take, until, code):
    with pytest.raises(Refused) as refused:
        take("facts", f"{cast.sari.nip},{ROW['facts']}\n", complete=Completeness(until))
    assert refused.value.code == code
    assert not Fact.objects.exists()
    assert not Feed.objects.exists()


def test_completeness_goes_backwards_only_if_that_is_said(cast, take):
    text = f"{cast.sari.nip},{ROW['facts']}\n"
    take("facts", text, complete=Completeness(D(2026, 11, 20)))
    with pytest.raises(Refused, match="20 November 2026") as refused:
        take("facts", text, complete=Completeness(D(2026, 11, 1)))
    assert refused.value.code == "BACKWARDS"
    take("facts", text, complete=Completeness(D(2026, 11, 1), earlier=True))
    assert Feed.objects.get().complete_until == D(2026, 11, 1)


def test_with_rows_left_out_the_records_are_not_complete(cast, take):
    rows = f"{cast.sari.nip},{ROW['facts']}\n{UNKNOWN},{ROW['facts']}\n"
    assert take("facts", rows, partial=True, complete=Completeness(D(2026, 11, 20))).applied
    assert Fact.objects.count() == 1
    assert not Feed.objects.exists()


# --- commands -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_the_commands_end_with_zero_one_two(cast, tmp_path, name):
    def command(rows, *arguments):
        file, out = tmp_path / "data.csv", io.StringIO()
        file.write_text(HEADS[name] + rows)
        try:
            call_command(f"import_{name}", str(file), "--agency", "KC", *arguments, stdout=out)
        except SystemExit as end:
            return end.code, out.getvalue()
        except CommandError as refused:
            return refused.returncode, str(refused)
        return 0, out.getvalue()

    good, bad = f"{cast.sari.nip},{ROW[name]}\n", f"{UNKNOWN},{ROW[name]}\n"
    apply = ("--apply", "--by", cast.dewi.nip)
    complete = ("--complete-until", "2026-11-01")
    assert command(good, *complete)[0] == 0
    assert not MODELS[name].objects.exists()  # a dry run is the default
    code, said = command(good + bad, *apply)
    assert code == 1
    assert "line 3, nip" in said
    code, said = command(good + bad, *apply, *complete, "--partial")
    assert code == 1
    assert "do not count as complete" in said
    assert command(good, *apply, *complete) == (0, "new 0, changed 0, same 1, bad 0\n")
    assert Feed.objects.get().complete_until == D(2026, 11, 1)
    assert command(good, "--complete-until", "2026-10-01")[0] == 2
    assert command(good, *apply, "--complete-until", "2026-10-01")[0] == 2
    assert command(good, *apply, "--complete-until", "2026-10-01", "--allow-earlier")[0] == 0
    assert command(good, "--apply", "--by", cast.ratna.nip)[0] == 2
