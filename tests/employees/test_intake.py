"""Files of agencies, units and people: read fully or refused with a reason, never guessed (reliability ★11)."""

import datetime as dt
import io
import random

import pytest
from django.core.management import CommandError, call_command
from psycopg2.extras import DateRange

from employees.intake import (
    Refused,
    check_employees,
    check_units,
    import_agencies,
    import_employees,
    import_units,
)
from employees.management.importing import ImportCommand
from employees.models import Agency, AgencyInputs, Employee, Placement, Unit
from employees.reading import UnusableFile
from ledger.models import Event
from tests import factories

ON = dt.date(2026, 11, 23)
SARI2, TONO, UJANG = "199001012015012901", "198001012005011902", "199505052022211903"
PEOPLE = "nip,nama,status_kepegawaian,kode_unit,nip_atasan\n"


@pytest.fixture
def take(cast, at):
    """Import people into the cast's agency, by its HR officer."""

    def take(text, **options):
        content = text if isinstance(text, bytes) else text.encode()
        options = {"by": cast.dewi_user, "agency": cast.agency, "on": ON, "at": at} | options
        return import_employees(content=content, **options)

    return take


def reasons(outcome):
    return [(row.line, row.column) for row in outcome.bad]


def test_a_supervisor_may_stand_later_in_the_file_and_twice_the_same_file_changes_nothing(cast, take):
    text = PEOPLE + f"{SARI2},Sari,PNS,UMUM,{TONO}\n{TONO},Tono,PNS,UMUM,\n{UJANG},Ujang,PPPK,REN,{cast.eko.nip}\n"
    assert take(text).counts == {"new": 3, "changed": 0, "same": 0, "bad": 0}
    placement = Placement.objects.get(employee__nip=SARI2)
    assert (placement.supervisor.nip, placement.unit.code, placement.valid) == (TONO, "UMUM", DateRange(ON, None))
    assert take(text).counts == {"new": 0, "changed": 0, "same": 3, "bad": 0}
    assert Event.objects.filter(verb="import.employees").count() == 2
    assert AgencyInputs.objects.get(agency=cast.agency).changes == 1


def test_the_order_of_rows_does_not_matter(cast, take):
    rows = [f"{SARI2},Sari,PNS,UMUM,{TONO}", f"{TONO},Tono,PNS,UMUM,{cast.hadi.nip}", f"{UJANG},Ujang,PPPK,REN,{SARI2}"]
    take(PEOPLE + "\n".join(rows))
    random.Random(1).shuffle(rows)
    assert take(PEOPLE + "\n".join(rows)).counts["same"] == 3


def test_a_move_ends_one_placement_and_begins_another(cast, take):
    head = PEOPLE + f"{cast.sari.nip},Sari Rahmawati,PNS,"
    assert take(head + f"REN,{cast.eko.nip}\n").counts["changed"] == 1
    old, new = Placement.objects.filter(employee=cast.sari).order_by("valid")
    assert (old.unit, old.valid.upper) == (cast.general, ON)
    assert (new.unit, new.supervisor, new.valid, new.direct_service) == (
        cast.planning,
        cast.eko,
        DateRange(ON, None),
        False,
    )
    take(head + f"UMUM,{cast.budi.nip}\n")  # corrected on the same day
    assert Placement.objects.filter(employee=cast.sari).count() == 2
    assert Placement.objects.get(employee=cast.sari, valid__contains=ON).supervisor == cast.budi


def test_a_column_that_is_not_there_stays_and_an_empty_cell_is_unknown(cast, take):
    cast.sari.grade, cast.sari.duty_uses_ict = "III/a", True
    cast.sari.save()
    take(f"nip,nama,status_kepegawaian,kode_unit,tugas_memanfaatkan_tik\n{cast.sari.nip},Sari R.,PNS,UMUM,\n")
    cast.sari.refresh_from_db()
    assert (cast.sari.name, cast.sari.grade, cast.sari.duty_uses_ict, cast.sari.version) == (
        "Sari R.",
        "III/a",
        None,
        2,
    )
    assert Placement.objects.get(employee=cast.sari).supervisor == cast.budi


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("1.97811E+17,A,PNS,UMUM,", "nip"),
        ("197811202005012992.0,A,PNS,UMUM,", "nip"),
        ("'197811202005012992,A,PNS,UMUM,", "nip"),
        ("19781120200501299,A,PNS,UMUM,", "nip"),
        ("197802302005012001,A,PNS,UMUM,", "nip"),
        ("１97811202005012992,A,PNS,UMUM,", "nip"),
        (f"{SARI2},A,PPPK,UMUM,", "status_kepegawaian"),
        (f"{UJANG},A,PNS,UMUM,", "status_kepegawaian"),
        (f"{SARI2},A,HONORER,UMUM,", "status_kepegawaian"),
        (f"{SARI2},A,PNS,TIDAKADA,", "kode_unit"),
        (f"{SARI2},A,PNS,PUSAT,", "kode_unit"),  # another agency's unit
        (f"{SARI2},,PNS,UMUM,", "nama"),
        (f'{SARI2},"A\nB",PNS,UMUM,', "nama"),
        (f"{SARI2},A,PNS,UMUM,{SARI2}", "nip_atasan"),
        (f"{SARI2},A,PNS,UMUM,{TONO}", "nip_atasan"),
        (f"{SARI2},A,PNS,UMUM,,x", ""),
    ],
)
def test_a_bad_row_names_its_column_and_refuses_the_file(cast, take, row, column):
    people = Employee.objects.count()
    outcome = take(PEOPLE + f"{TONO[:-1]}9,Tono Lain,PNS,UMUM,\n{row}\n")
    assert reasons(outcome) == [(3, column)]
    assert not outcome.applied
    assert Employee.objects.count() == people
    assert take(PEOPLE + f"{TONO[:-1]}9,Tono Lain,PNS,UMUM,\n{row}\n", partial=True).applied
    assert Employee.objects.count() == people + 1


def test_a_number_of_another_agency_gets_the_sentence_of_an_unknown_one(cast, take):
    outcome = take(PEOPLE + f"{cast.ratna.nip},Ratna,PNS,UMUM,\n{SARI2},A,PNS,UMUM,{cast.ratna.nip}\n")
    unknown = take(PEOPLE + f"{SARI2},A,PNS,UMUM,{TONO}\n")
    assert {row.reason for row in outcome.bad} == {unknown.bad[0].reason}


def test_a_number_twice_in_a_file_is_bad_both_times(take):
    assert reasons(take(PEOPLE + f"{SARI2},A,PNS,UMUM,\n{TONO},T,PNS,UMUM,\n{SARI2},B,PNS,UMUM,\n")) == [
        (2, "nip"),
        (4, "nip"),
    ]


def test_a_circle_of_supervisors_is_bad_and_named(cast, take):
    text = PEOPLE + f"{SARI2},A,PNS,UMUM,{TONO}\n{TONO},T,PNS,UMUM,{SARI2}\n{UJANG},U,PPPK,UMUM,{TONO}\n"
    outcome = take(text)
    assert reasons(outcome) == [(2, "nip_atasan"), (3, "nip_atasan"), (4, "nip_atasan")]
    assert f"{SARI2} → {TONO} → {SARI2}" in outcome.bad[0].reason
    # also through people who do not stand in the file: Budi would report to his own subordinate
    assert reasons(take(PEOPLE + f"{cast.budi.nip},Budi Santoso,PNS,UMUM,{cast.sari.nip}\n")) == [(2, "nip_atasan")]


def test_a_placement_that_begins_later_is_not_overwritten(cast, take):
    Placement.objects.filter(employee=cast.sari).update(valid=DateRange(dt.date(2027, 1, 1), None))
    assert reasons(take(PEOPLE + f"{cast.sari.nip},Sari,PNS,UMUM,\n")) == [(2, "kode_unit")]


@pytest.mark.parametrize("who", ["sari", "budi", "eko", "ratna"])
def test_only_hr_and_administrators_of_the_agency_import(cast, take, who):
    with pytest.raises(Refused) as refused:
        take(PEOPLE + f"{SARI2},A,PNS,UMUM,\n", by=getattr(cast, f"{who}_user"))
    assert refused.value.code == "NOT_YOURS"
    assert not Employee.objects.filter(nip=SARI2).exists()


def test_as_many_statements_for_three_people_as_for_one(cast, take, django_assert_num_queries):
    with django_assert_num_queries(22):
        take(PEOPLE + f"{SARI2},A,PNS,UMUM,\n")
    cast.dewi_user.__dict__.pop("reach")
    with django_assert_num_queries(22):
        take(PEOPLE + f"{SARI2},B,PNS,UMUM,\n{TONO},T,PNS,UMUM,{SARI2}\n{UJANG},U,PPPK,REN,\n")


# --- files as they come -------------------------------------------------------------------------

ROW = f'{SARI2};"Sari; S.H.";PNS;UMUM;'
TEXT = f"NIP ; nama;STATUS_KEPEGAWAIAN;kode_unit;nip_atasan\n{ROW}\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        (TEXT + ";;;;\n;;;;\n\n").encode(),
        TEXT.replace(";", "\t").replace("\t S.H.", "; S.H.").encode(),
        TEXT.replace(";", ",").replace(", S.H.", "; S.H.").encode(),
        TEXT.replace("NIP ", "\xa0nip").encode(),
    ],
)
def test_ways_of_writing_the_same_file(cast, content):
    outcome = check_employees(content=content, agency=cast.agency, on=ON)
    assert (outcome.counts, outcome.unknown_columns) == ({"new": 1, "changed": 0, "same": 0, "bad": 0}, ())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"\n\n", "EMPTY"),
        (PEOPLE.encode(), "EMPTY"),
        (b"PK\x03\x04whatever", "SPREADSHEET"),
        (b"\xd0\xcf\x11\xe0whatever", "SPREADSHEET"),
        (b"<html><table>", "MARKUP"),
        (PEOPLE.encode() + "é".encode("cp1252"), "NOT_UTF8"),
        (PEOPLE.encode("utf-16-le"), "NOT_TEXT"),
        (PEOPLE.encode() + b"a\x00b", "NOT_TEXT"),
        (b"nip,nama,status_kepegawaian\n1,2,3\n", "MISSING_COLUMN"),
        (b"nip,nama,status_kepegawaian,kode_unit,NIP \n1,2,3,4,5\n", "REPEATED_COLUMN"),
        (PEOPLE.encode() + b'1,"never closed\n', "BROKEN"),
    ],
)
def test_files_that_cannot_be_used(cast, content, code):
    with pytest.raises(UnusableFile) as refused:
        check_employees(content=content, agency=cast.agency, on=ON)
    assert refused.value.code == code


def test_columns_not_known_are_named(cast):
    content = f"nip,nama,status_kepegawaian,kode_unit,hobi,\n{SARI2},Sari,PNS,UMUM,catur,\n".encode()
    assert check_employees(content=content, agency=cast.agency, on=ON).unknown_columns[0] == "hobi"


# --- units and agencies -------------------------------------------------------------------------

UNITS = "kode_instansi,kode,nama,kode_induk,kuota_wfh_persen,layanan_langsung\n"


def test_units_come_in_any_order_and_moving_one_moves_all_below(cast, at):
    known = {"agency": cast.agency, "by": cast.dewi_user, "at": at}
    text = UNITS + "KC,C,Cabang,B,,\nKC,B,Bagian,UMUM,30,ya\n"
    assert import_units(content=text.encode(), **known).counts["new"] == 2
    branch = Unit.objects.get(code="C")
    assert branch.path == f"{cast.root.pk}.{cast.general.pk}.{branch.parent_id}.{branch.pk}"
    assert import_units(content=text.encode(), **known).counts == {"new": 0, "changed": 0, "same": 2, "bad": 0}
    moved = UNITS.replace("kode_induk,", "kode_induk,nip_pimpinan,") + f"KC,B,Bagian,REN,{cast.eko.nip},30,ya\n"
    assert import_units(content=moved.encode(), **known).counts["changed"] == 1
    branch.refresh_from_db()
    assert branch.path == f"{cast.root.pk}.{cast.planning.pk}.{branch.parent_id}.{branch.pk}"
    assert Unit.objects.get(code="B").head == cast.eko


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("LAIN,B,Bagian,,,", "kode_instansi"),
        ("KC,B,Bagian,TIDAKADA,,", "kode_induk"),
        ("KC,B,Bagian,B,,", "kode_induk"),
        ("KC,SETJEN,Setjen,UMUM,,", "kode_induk"),
        ("KC,B,Bagian,,101,", "kuota_wfh_persen"),
        ("KC,B,Bagian,,,mungkin", "layanan_langsung"),
    ],
)
def test_bad_units(cast, row, column):
    assert reasons(check_units(content=(UNITS + row).encode(), agency=cast.agency)) == [(2, column)]


def test_agencies_are_a_matter_of_the_platform(cast, at):
    text = b"kode,nama,lingkup,zona_waktu,hari_kerja\nDIY,Pemda DIY,provinsi,asia/makassar,6\n"
    with pytest.raises(Refused):
        import_agencies(content=text, by=cast.dewi_user, at=at)
    administrator = factories.account(username="platform")
    factories.grant(administrator, "PLATFORM_ADMIN")
    assert import_agencies(content=text, by=administrator, at=at).counts["new"] == 1
    made = Agency.objects.get(code="DIY")
    assert (made.scope, made.time_zone, made.working_days, made.inputs.changes) == ("PROVINSI", "Asia/Makassar", 6, 0)
    assert import_agencies(content=text, by=administrator, at=at).counts["same"] == 1
    changed = text.replace(b"Pemda", b"Pemerintah")
    assert import_agencies(content=changed, by=administrator, at=at).counts["changed"] == 1


# --- commands -----------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path):
    def command(name, text, *arguments):
        file = tmp_path / "file.csv"
        file.write_text(text)
        out = io.StringIO()
        try:
            call_command(name, str(file), *arguments, stdout=out)
        except SystemExit as end:
            return end.code, out.getvalue()
        except CommandError as refused:
            return refused.returncode, str(refused)
        return 0, out.getvalue()

    return command


def test_commands_end_with_zero_one_two(cast, command):
    good, bad = PEOPLE + f"{SARI2},A,PNS,UMUM,\n", PEOPLE + f"{SARI2},A,PNS,X,\n{TONO},T,PNS,UMUM,\n"
    apply = ("--agency", "KC", "--apply", "--by", cast.dewi.nip)
    assert command("import_employees", good, "--agency", "KC")[0] == 0
    assert not Employee.objects.filter(nip=SARI2).exists()  # a dry run is the default
    assert command("import_employees", bad, *apply)[0] == 1
    assert not Employee.objects.filter(nip=TONO).exists()
    code, said = command("import_employees", bad, *apply, "--partial")
    assert code == 1
    assert "kode_unit" in said
    assert Employee.objects.filter(nip=TONO).exists()
    assert command("import_employees", good, *apply)[0] == 0
    assert command("import_employees", good, "--agency", "KC", "--apply", "--by", cast.ratna.nip)[0] == 2
    assert command("import_employees", good, "--agency", "KC", "--apply")[0] == 2
    assert command("import_employees", good, "--agency", "XX")[0] == 2
    assert command("import_employees", "nip\n1\n", "--agency", "KC")[0] == 2


def test_an_import_command_says_both_what_it_would_do_and_how_it_does_it():
    class Half(ImportCommand):
        def preview(self, *, at, **known):
            return None

    with pytest.raises(TypeError, match="apply"):
        Half()


@pytest.mark.parametrize(("name", "option"), [("employees", "--valid-from"), ("absences", "--complete-until")])
def test_a_day_among_the_arguments_is_written_as_in_the_files(cast, command, name, option):
    text = {"employees": f"{PEOPLE}{SARI2},A,PNS,UMUM,\n", "absences": f"nip,tanggal\n{cast.sari.nip},2020-10-01\n"}[
        name
    ]
    code, said = command(f"import_{name}", text, "--agency", "KC", option, "2026-02-30")
    assert code != 0
    assert "2026-11-25" in said
    assert command(f"import_{name}", text, "--agency", "KC", option, "01-11-2020")[0] == 0
