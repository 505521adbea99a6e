"""Leave: files read fully or refused with a reason, HR by hand, nobody away twice on a day, nothing about strangers."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from psycopg2.extras import DateRange

from employees.actions import Refused, days, end_leave, record_leave
from employees.intake import Refused as ImportRefused
from employees.intake import check_leave, import_leave
from employees.models import AgencyInputs, Leave
from employees.reading import UnusableFile
from ledger.models import Event
from tests import factories

from .roles import somebody

HEAD = "nip,mulai,akhir,jenis\n"
MONDAY, FRIDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 27)
UNKNOWN = "198001012005011902"


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def take(cast, at):
    """Import leave into the cast's agency, by its HR officer."""

    def take(rows, **options):
        options = {"by": cast.dewi_user, "agency": cast.agency, "at": at} | options
        return import_leave(content=(HEAD + rows).encode(), **options)

    return take


def changes(agency):
    return AgencyInputs.objects.get(agency=agency).changes


# --- files --------------------------------------------------------------------------------------


def test_a_file_brings_leave_and_twice_the_same_file_changes_nothing(cast, take):
    text = f"{cast.sari.nip},2026-11-23,27-11-2026,Cuti tahunan\n{cast.budi.nip},2026-12-01,2026-12-01,\n"
    assert take(text).counts == {"new": 2, "changed": 0, "same": 0, "bad": 0}
    made = Leave.objects.get(employee=cast.sari)
    assert (made.valid, made.kind, made.agency) == (
        DateRange(MONDAY, dt.date(2026, 11, 28)),
        "Cuti tahunan",
        cast.agency,
    )
    assert Leave.objects.on(FRIDAY).exists()
    assert not Leave.objects.on(FRIDAY + dt.timedelta(days=1)).exists()
    assert changes(cast.agency) == 1
    assert take(text).counts == {"new": 0, "changed": 0, "same": 2, "bad": 0}
    assert (Leave.objects.count(), changes(cast.agency), changes(cast.other)) == (2, 1, 0)
    first, second = Event.objects.filter(verb="import.leave").order_by("pk")
    assert (first.after["new"], second.after["same"], first.agency_id) == (2, 2, cast.agency.pk)
    assert cast.sari.nip not in str(first.after)


def test_a_file_without_kinds_finds_the_same_leave(cast, at, take):
    factories.leave(cast.sari, MONDAY, FRIDAY)
    content = f"nip;mulai;akhir\n{cast.sari.nip};2026-11-23;2026-11-27\n".encode()
    assert import_leave(content=content, agency=cast.agency, by=cast.dewi_user, at=at).counts["same"] == 1
    assert Leave.objects.get().kind == "Cuti tahunan"


def test_leave_that_only_touches_another_is_new(cast, take):
    factories.leave(cast.sari, MONDAY, FRIDAY)
    text = f"{cast.sari.nip},2026-11-20,2026-11-22,\n{cast.sari.nip},2026-11-28,2026-11-29,\n"
    assert take(text).counts["new"] == 2


# one line a case: the days in the file, the bad column, words of its sentence; Sari is away from 23 to 27 November
BAD = [
    ("2026-12-03,2026-12-02", "akhir", "before the first"),
    ("2026-11-27,2026-11-30", "mulai", "23 Nov 2026 – 27 Nov 2026"),
    ("2026-11-24,2026-11-25", "mulai", "already recorded"),
    ("2026-11-01,2026-12-31", "mulai", "already recorded"),
    ("2026-11-23,2026-11-27", "mulai", "already recorded"),  # of another kind
    ("2026-12-01,2032-12-01", "akhir", "more than five years"),
    ("2026-12-01,9999-12-31", "akhir", "between 2000 and 2100"),
    ("1926-12-01,2026-12-31", "mulai", "between 2000 and 2100"),
    ("2026-02-30,2026-12-31", "mulai", "2026-11-25 or 25-11-2026"),
    ("2026-12-01,", "akhir", "must be filled"),
]


@pytest.mark.parametrize(("days", "column", "words"), BAD)
def test_a_bad_row_says_what_to_do_and_refuses_the_file(cast, take, days, column, words):
    factories.leave(cast.sari, MONDAY, FRIDAY)
    text = f"{cast.budi.nip},2026-12-01,2026-12-01,\n{cast.sari.nip},{days},Sakit\n"
    outcome = take(text)
    (row,) = outcome.bad
    assert (row.line, row.column, outcome.applied) == (3, column, False)
    assert words in row.reason
    assert (Leave.objects.count(), changes(cast.agency)) == (1, 0)
    assert take(text, partial=True).counts == {"new": 1, "changed": 0, "same": 0, "bad": 1}
    assert (Leave.objects.count(), changes(cast.agency)) == (2, 1)


def test_a_person_of_another_agency_gets_the_sentence_of_an_unknown_one(cast, take):
    days = "2026-12-01,2026-12-02,"
    outcome = take(f"{cast.ratna.nip},{days}\n{UNKNOWN},{days}\n123,{days}\n")
    theirs, unknown, short = outcome.bad
    assert theirs.reason == unknown.reason
    assert "18 digits" in short.reason


def test_rows_of_a_file_that_share_a_day_are_all_bad_and_name_each_other(cast, take):
    nip = cast.sari.nip
    text = (
        f"{nip},2026-12-10,2026-12-10,\n{nip},2026-12-01,2026-12-31,\n{nip},2026-12-20,2026-12-24,\n"
        f"{cast.budi.nip},2026-12-01,2026-12-31,\n"
    )
    outcome = take(text, partial=True)
    assert [(row.line, row.column) for row in outcome.bad] == [(2, "mulai"), (3, "mulai"), (4, "mulai")]
    assert "Line 3" in outcome.bad[0].reason
    assert Leave.objects.get().employee == cast.budi


@pytest.mark.parametrize("people", [2, 40])
def test_the_number_of_statements_does_not_hang_on_the_rows(cast, take, django_assert_num_queries, people):
    rows = [f"{factories.employee(cast.general).nip},2026-12-01,2026-12-03,\n" for _n in range(people)]
    with django_assert_num_queries(14):
        assert take("".join(rows)).counts["new"] == people


@pytest.mark.parametrize("who", ["sari", "budi", "eko", "ratna", "auditor", "agency_admin"])
def test_only_hr_of_the_whole_agency_imports(cast, take, who):
    by = somebody(cast, who)
    with pytest.raises(ImportRefused) as refused:
        take(f"{cast.sari.nip},2026-12-01,2026-12-02,\n", by=by)
    assert refused.value.code == "NOT_YOURS"
    assert not Leave.objects.exists()


def test_a_file_without_a_needed_column_cannot_be_used(cast):
    with pytest.raises(UnusableFile, match="akhir"):
        check_leave(content=b"nip,mulai\n1,2\n", agency=cast.agency)


def test_the_command_ends_with_zero_one_two(cast, tmp_path):
    def command(rows, *arguments):
        file, out = tmp_path / "cuti.csv", io.StringIO()
        file.write_text(HEAD + rows)
        try:
            call_command("import_leave", str(file), "--agency", "KC", *arguments, stdout=out)
        except SystemExit as end:
            return end.code, out.getvalue()
        except CommandError as refused:
            return refused.returncode, str(refused)
        return 0, out.getvalue()

    good, bad = f"{cast.sari.nip},2026-12-01,2026-12-02,\n", f"{UNKNOWN},2026-12-01,2026-12-02,\n"
    apply = ("--apply", "--by", cast.dewi.nip)
    assert command(good)[0] == 0
    assert not Leave.objects.exists()  # a dry run is the default
    code, said = command(good + bad, *apply)
    assert code == 1
    assert "line 3, nip" in said
    assert not Leave.objects.exists()
    assert command(good + bad, *apply, "--partial")[0] == 1
    assert command(good, *apply) == (0, "new 0, changed 0, same 1, bad 0\n")
    assert command(good, "--apply")[0] == 2
    assert command(good, "--apply", "--by", cast.ratna.nip)[0] == 2


# --- by hand: who may, and what is refused ------------------------------------------------------


def record(person, first, last, by, at, **options):
    return record_leave(
        employee=person, first=first, last=last, by=by, at=at, **{"kind": "Sakit", "source": "surat"} | options
    )


# who records Sari's leave: she works in the general bureau of the ministry
MAY = {
    "dewi": True,
    "hadi": True,
    "hr_of_general": True,
    "hr_of_planning": False,
    "ratna": False,
    "eko": False,
    "budi": False,
    "sari": False,
    "auditor": False,
    "agency_admin": False,
    "platform": False,
}


@pytest.mark.parametrize(("who", "may"), MAY.items())
def test_who_records_and_ends_leave(cast, at, who, may):
    by, there = somebody(cast, who), factories.leave(cast.sari, MONDAY, FRIDAY)
    later = dt.date(2026, 12, 1)
    if may:
        record(cast.sari, later, later, by, at)
        end_leave(leave_id=there.pk, by=by, at=at, last=MONDAY)
        assert Leave.objects.get(pk=there.pk).valid.upper == MONDAY + dt.timedelta(days=1)
        return
    for attempt in (
        lambda: record(cast.sari, later, later, by, at),
        lambda: end_leave(leave_id=there.pk, by=by, at=at, last=MONDAY),
        lambda: end_leave(leave_id=there.pk, by=by, at=at, last=None),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "NOT_YOURS"
    assert Leave.objects.get().valid == there.valid
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (FRIDAY, MONDAY, "LAST_BEFORE_FIRST"),
        (FRIDAY, dt.date(2026, 12, 3), "OVERLAP"),
        (dt.date(2026, 12, 1), dt.date(2036, 12, 1), "TOO_LONG"),
        (dt.date(226, 12, 1), dt.date(2026, 12, 1), "BAD_YEAR"),
        (dt.date(2026, 12, 1), dt.date.max, "BAD_YEAR"),
    ],
)
def test_days_that_leave_cannot_have(cast, at, first, last, code):
    factories.leave(cast.sari, MONDAY, FRIDAY)
    with pytest.raises(Refused) as refused:
        record(cast.sari, first, last, cast.dewi_user, at)
    assert refused.value.code == code
    assert (Leave.objects.count(), changes(cast.agency)) == (1, 0)


def test_whoever_comes_second_reads_the_same_sentence_as_if_they_had_looked_later(cast, at, monkeypatch):
    """The other officer's row appears between the look and the write: the database refuses, the sentence is ours."""
    factories.leave(cast.sari, MONDAY, FRIDAY)
    look, looks = days._check_not_away, iter([lambda leave: None])
    monkeypatch.setattr(days, "_check_not_away", lambda leave: next(looks, look)(leave))
    with pytest.raises(Refused, match="23 Nov 2026") as refused:
        record(cast.sari, FRIDAY, FRIDAY, cast.dewi_user, at)
    assert refused.value.code == "OVERLAP"
    assert (Leave.objects.count(), changes(cast.agency)) == (1, 0)


def test_the_ledger_keeps_whose_leave_and_when_but_not_its_kind(cast, at):
    made = record(cast.sari, MONDAY, FRIDAY, cast.dewi_user, at)
    event = Event.objects.get()
    assert (event.verb, event.subject_id, event.agency_id) == ("leave.record", made.pk, cast.agency.pk)
    assert event.after == {"employee": cast.sari.pk, "first": "2026-11-23", "last": "2026-11-27"}
    assert (changes(cast.agency), changes(cast.other)) == (1, 0)


def test_leave_ends_earlier_never_later_and_may_be_taken_back(cast, at):
    made = record(cast.sari, MONDAY, FRIDAY, cast.dewi_user, at)
    known = {"leave_id": made.pk, "by": cast.dewi_user, "at": at}
    for last, code in ((dt.date(2026, 11, 28), "ENDS_EARLIER"), (dt.date(2026, 11, 22), "LAST_BEFORE_FIRST")):
        with pytest.raises(Refused) as refused:
            end_leave(**known, last=last)
        assert refused.value.code == code
    end_leave(**known, last=FRIDAY)  # as it is
    assert Event.objects.count() == 1
    end_leave(**known, last=dt.date(2026, 11, 24))
    assert Event.objects.get(verb="leave.end").before["last"] == "2026-11-27"
    end_leave(**known, last=None)
    assert not Leave.objects.exists()
    assert Event.objects.get(verb="leave.take_back").before["last"] == "2026-11-24"
    assert changes(cast.agency) == 3
    with pytest.raises(Refused):
        end_leave(**known, last=None)
