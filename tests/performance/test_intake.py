"""Scores from files: odd ones are refused with line, column and reason; good ones wait for HR."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.management import call_command

from employees.models import AgencyInputs
from ledger.models import Event
from performance.actions import approve
from performance.intake import (
    Refused,
    UnusableFile,
    apply_batch,
    bad_rows,
    cancel_batch,
    check_appraisals,
    import_appraisals,
    preview,
)
from performance.models import Appraisal, ImportBatch, ImportRow
from performance.rating import Rating
from tests import factories

HEAD = (
    "nip,jenis,tahun,periode,rezim,nilai_skp,nilai_perilaku,bobot,ide_baru,"
    "hasil_kerja,perilaku_kerja,nip_penilai,catatan\n"
)
STATE = Appraisal.State


def row(person, rest="TAHUNAN,2025,,P6,,,,,ATAS,SESUAI,,"):
    return f"{getattr(person, 'nip', person)},{rest}\n"


@pytest.fixture
def take(cast, at):
    def take(text, **options):
        options = {"agency": cast.agency, "by": cast.dewi_user, "at": at} | options
        return import_appraisals(content=(HEAD + text).encode(), **options)

    return take


@pytest.fixture
def upload(cast, at):
    def upload(text, **options):
        options = {"agency": cast.agency, "by": cast.dewi_user, "at": at, "file_name": "nilai.csv"} | options
        return preview(content=(HEAD + text).encode(), **options)

    return upload


def test_imported_scores_wait_and_the_same_file_twice_changes_nothing(cast, take, at):
    text = row(cast.sari) + row(cast.eko, 'TAHUNAN,2025,,PP30,"112,5",110,70/30,ya,,,196001011985031901,"a\nb"')
    assert take(text).counts == {"new": 2, "changed": 0, "same": 0, "bad": 0}
    sari, eko = Appraisal.objects.get(employee=cast.sari), Appraisal.objects.get(employee=cast.eko)
    assert (sari.state, sari.rating, sari.score, sari.source) == (STATE.SUBMITTED, Rating.GOOD, None, "FILE")
    assert (eko.score, eko.rating, eko.weight_goals, eko.note) == (Decimal("111.75"), Rating.VERY_GOOD, 70, "a\nb")
    assert (sari.imported_by, sari.batch) == (cast.dewi_user, str(ImportBatch.objects.get().pk))
    assert take(text).counts == {"new": 0, "changed": 0, "same": 2, "bad": 0}
    assert AgencyInputs.objects.get(agency=cast.agency).changes == 1
    assert Appraisal.objects.count() == 2


@pytest.mark.parametrize(("siasn", "word"), [("1", "ATAS"), ("2", "SESUAI"), ("3", "BAWAH"), ("atas", "ATAS")])
def test_siasn_codes_run_from_best_to_worst(cast, take, siasn, word):
    take(row(cast.sari, f"TAHUNAN,2025,,P6,,,,,{siasn},{siasn},,"))
    assert Appraisal.objects.get().result == word


@pytest.mark.parametrize(
    ("rest", "column"),
    [
        ("TAHUNAN,2025,,PP30,125,100,70/30,,,,,", "nilai_skp"),
        ("TAHUNAN,2025,,PP30,-1,100,70/30,,,,,", "nilai_skp"),
        ("TAHUNAN,2025,,PP30,90,\u0661\u0660\u0660,70/30,,,,,", "nilai_perilaku"),
        ("TAHUNAN,2025,,PP30,90,87.5 %,70/30,,,,,", "nilai_perilaku"),
        ('TAHUNAN,2025,,PP30,90,"1.100,5",70/30,,,,,', "nilai_perilaku"),
        ("TAHUNAN,2025,,PP30,90,98.333,70/30,,,,,", "nilai_perilaku"),
        ("TAHUNAN,2025,,PP30,NaN,98,70/30,,,,,", "nilai_skp"),
        ("TAHUNAN,2025,,PP30,,98,70/30,,,,,", "nilai_skp"),
        ("TAHUNAN,2025,,PP30,90,98,50/50,,,,,", "bobot"),
        ("TAHUNAN,2020,,PP46,90,98,70/30,,,,,", "bobot"),
        ("TAHUNAN,2020,,PP46,90,98,,ya,,,,", "ide_baru"),
        ("TAHUNAN,2025,,P6,,,,,ATAS,,,", "perilaku_kerja"),
        ("TAHUNAN,2025,,P6,,,,,4,SESUAI,,", "hasil_kerja"),
        ("TAHUNAN,2025,,P6,90,,,,ATAS,SESUAI,,", "nilai_skp"),
        ("TAHUNAN,2025,,PP30,90,98,,,ATAS,,,", "hasil_kerja"),
        ("TAHUNAN,2025,,P7,,,,,ATAS,SESUAI,,", "rezim"),
        ("TAHUNAN,2028,,P6,,,,,ATAS,SESUAI,,", "tahun"),
        ("TAHUNAN,1999,,P6,,,,,ATAS,SESUAI,,", "tahun"),
        ("TAHUNAN,25,,P6,,,,,ATAS,SESUAI,,", "tahun"),
        ("TAHUNAN,2025,1,P6,,,,,ATAS,SESUAI,,", "periode"),
        ("TRIWULAN,2025,,P6,,,,,ATAS,SESUAI,,", "periode"),
        ("TRIWULAN,2025,5,P6,,,,,ATAS,SESUAI,,", "periode"),
        ("BULANAN,2025,13,P6,,,,,ATAS,SESUAI,,", "periode"),
        ("MINGGUAN,2025,1,P6,,,,,ATAS,SESUAI,,", "jenis"),
        ("TAHUNAN,2025,,P6,,,,,ATAS,SESUAI,1.96E+17,", "nip_penilai"),
        ("TAHUNAN,2025,,P6,,,,,ATAS,SESUAI,,,", ""),
    ],
)
def test_a_bad_row_names_its_column_and_nothing_is_written(cast, take, rest, column):
    outcome = take(row(cast.eko) + row(cast.sari, rest))
    assert [(bad.line, bad.column) for bad in outcome.bad] == [(3, column)]
    assert outcome.bad[0].reason
    assert (outcome.applied, Appraisal.objects.exists()) == (False, False)
    assert take(row(cast.eko) + row(cast.sari, rest), partial=True).applied
    assert Appraisal.objects.get().employee == cast.eko


def test_a_score_of_125_says_what_a_score_is(cast, take):
    reason = take(row(cast.sari, "TAHUNAN,2025,,PP30,125,100,70/30,,,,,")).bad[0].reason
    assert reason.startswith("125")
    assert "120" in reason


def test_unknown_people_and_people_elsewhere_get_the_same_sentence(cast, take):
    outcome = take(row(cast.ratna) + row("197811202005012992"))
    assert [bad.column for bad in outcome.bad] == ["nip", "nip"]
    assert len({bad.reason for bad in outcome.bad}) == 1


def test_the_same_period_twice_is_bad_both_times(cast, take):
    outcome = take(row(cast.sari) + row(cast.eko) + row(cast.sari, "TAHUNAN,2025,,P6,,,,,BAWAH,SESUAI,,"))
    assert [bad.line for bad in outcome.bad] == [2, 4]


def test_the_approved_score_counts_until_the_imported_one_is_approved(cast, take, at):
    approved = factories.appraisal(cast.sari, year=2025)
    assert take(row(cast.sari)).counts["changed"] == 1
    approved.refresh_from_db()
    waiting = Appraisal.objects.get(state=STATE.SUBMITTED)
    assert (approved.superseded_at, waiting.number) == (None, 2)
    # another file replaces what waits, not what counts
    assert take(row(cast.sari, "TAHUNAN,2025,,P6,,,,,BAWAH,SESUAI,,")).counts["changed"] == 1
    waiting.refresh_from_db()
    assert waiting.superseded_at == at
    newest = Appraisal.objects.get(number=3)
    assert approve(appraisal_ids=[newest.pk], by=cast.hadi_user, at=at).approved == 1
    approved.refresh_from_db()
    assert approved.superseded_at == at
    assert take(row(cast.sari, "TAHUNAN,2025,,P6,,,,,BAWAH,SESUAI,,")).counts["same"] == 1


def test_whoever_imported_it_does_not_approve_it(cast, take, at):
    take(row(cast.sari))
    outcome = approve(appraisal_ids=Appraisal.objects.all(), by=cast.dewi_user, at=at)
    assert (outcome.approved, outcome.skipped) == (0, {"OWN_IMPORT": 1})


@pytest.mark.parametrize("who", ["sari", "budi", "eko", "ratna"])
def test_only_hr_of_the_agency_imports(cast, take, upload, who):
    for door in (take, upload):
        with pytest.raises(Refused) as refused:
            door(row(cast.sari), by=getattr(cast, f"{who}_user"))
        assert refused.value.code == "NOT_YOURS"
    assert not Appraisal.objects.exists()


def test_for_the_officer_of_a_subtree_the_others_do_not_exist(cast, take):
    officer = factories.account()
    factories.grant(officer, "HR_OFFICER", cast.agency, cast.planning)
    outcome = take(row(cast.eko) + row(cast.sari), by=officer)
    assert [(bad.line, bad.column) for bad in outcome.bad] == [(3, "nip")]


def test_as_many_statements_for_three_scores_as_for_one(cast, take, django_assert_num_queries):
    with django_assert_num_queries(18):
        take(row(cast.sari))
    cast.dewi_user.__dict__.pop("reach")
    with django_assert_num_queries(18):
        take("".join(row(person, "TAHUNAN,2024,,P6,,,,,ATAS,SESUAI,,") for person in (cast.sari, cast.eko, cast.budi)))


# --- in the browser: preview, then once ---------------------------------------------------------


def test_a_preview_shows_everything_and_writes_no_score(cast, upload, at):
    factories.appraisal(cast.budi, year=2025)
    same = "TAHUNAN,2025,,P6,,,,,ATAS,ATAS,,"
    batch = upload(
        row(cast.sari) + row(cast.eko, "TAHUNAN,25,,P9,,,,,,,,") + row(cast.budi, same) + row(cast.hadi, "TAHUNAN,2025")
    )
    assert batch.counts == {"new": 1, "changed": 0, "same": 1, "bad": 2, "unknown_columns": []}
    assert [(line, column) for line, column, _reason in bad_rows(batch)] == [(3, "tahun"), (3, "rezim"), (5, "")]
    assert Appraisal.objects.count() == 1
    with pytest.raises(Refused) as refused:
        apply_batch(batch_id=batch.pk, by=cast.dewi_user, at=at, partial=False)
    assert refused.value.code == "BAD_ROWS"
    applied = apply_batch(batch_id=batch.pk, by=cast.dewi_user, at=at, partial=True)
    assert (applied.state, applied.counts["bad"]) == ("APPLIED", 2)
    assert Appraisal.objects.get(employee=cast.sari).imported_by == cast.dewi_user
    assert Event.objects.filter(verb="import.appraisals", subject_id=batch.pk).count() == 1


def test_a_batch_is_applied_once(cast, upload, at):
    batch = upload(row(cast.sari))
    apply_batch(batch_id=batch.pk, by=cast.hadi_user, at=at, partial=False)
    assert Appraisal.objects.get().imported_by == cast.dewi_user  # whoever uploaded it answers for it
    for action in (
        lambda: apply_batch(batch_id=batch.pk, by=cast.dewi_user, at=at, partial=True),
        lambda: cancel_batch(batch_id=batch.pk, by=cast.dewi_user, at=at),
    ):
        with pytest.raises(Refused) as refused:
            action()
        assert refused.value.code == "NOT_PREVIEW"
    assert Appraisal.objects.count() == 1


def test_applying_looks_again_at_what_stands_now(cast, upload, at):
    first, second = upload(row(cast.sari)), upload(row(cast.sari))
    apply_batch(batch_id=first.pk, by=cast.dewi_user, at=at, partial=False)
    assert apply_batch(batch_id=second.pk, by=cast.dewi_user, at=at, partial=False).counts["same"] == 1
    assert Appraisal.objects.count() == 1


@pytest.mark.parametrize("who", ["sari", "budi", "eko", "ratna"])
def test_for_strangers_a_batch_does_not_exist(cast, upload, at, who):
    batch, user = upload(row(cast.sari)), getattr(cast, f"{who}_user")
    assert not ImportBatch.objects.visible_to(user).exists()
    with pytest.raises(ImportBatch.DoesNotExist):
        apply_batch(batch_id=batch.pk, by=user, at=at, partial=True)
    with pytest.raises(ImportBatch.DoesNotExist):
        cancel_batch(batch_id=batch.pk, by=user, at=at)


def test_uploads_have_limits_and_commands_have_none(cast, upload, take, settings):
    settings.IMPORT_UPLOAD_MAX_ROWS = 1
    with pytest.raises(UnusableFile) as refused:
        upload(row(cast.sari) + row(cast.eko))
    assert refused.value.code == "TOO_MANY_ROWS"
    assert take(row(cast.sari) + row(cast.eko)).counts["new"] == 2
    settings.IMPORT_UPLOAD_MAX_BYTES = 100
    with pytest.raises(UnusableFile) as refused:
        upload(row(cast.sari))
    assert refused.value.code == "TOO_LARGE"
    assert not ImportRow.objects.exists()


def test_the_year_is_that_of_the_agency(cast):
    new_year = dt.datetime(2026, 12, 31, 18, tzinfo=dt.UTC)  # already 2027 in Jakarta
    content = (HEAD + row(cast.sari, "TAHUNAN,2028,,P6,,,,,ATAS,SESUAI,,")).encode()
    assert check_appraisals(content=content, agency=cast.agency, at=new_year).counts["new"] == 1


def test_the_command(cast, tmp_path):
    file = tmp_path / "nilai.csv"
    file.write_text(HEAD + row(cast.sari), encoding="utf-8-sig")
    call_command("import_appraisals", str(file), "--agency", "KC", stdout=io.StringIO())
    assert not Appraisal.objects.exists()
    arguments = ("--agency", "KC", "--apply", "--by", cast.dewi.nip)
    call_command("import_appraisals", str(file), *arguments, stdout=io.StringIO())
    assert Appraisal.objects.get().state == STATE.SUBMITTED
    assert ImportBatch.objects.get().file_name == "nilai.csv"
