"""Uploading scores in the admin: a preview first, taken once, waiting for a colleague; strangers find nothing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from ledger import exports
from ledger.models import Event
from performance.models import Appraisal, ImportBatch
from tests import factories

UPLOAD = "/admin/performance/importbatch/upload/"


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["language"] = "en"
    with translation.override("en"):
        yield


def file_of(*rows, header="nip;jenis;tahun;rezim;hasil_kerja;perilaku_kerja"):
    return SimpleUploadedFile("nilai.csv", "\n".join([header, *rows]).encode(), "text/csv")


def good(person):
    return f"{person.nip};TAHUNAN;2025;P6;ATAS;SESUAI"


def upload(client, agency, *rows, **kwargs):
    return client.post(UPLOAD, {"agency": agency.pk, "file": file_of(*rows, **kwargs)}, follow=True)


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def address(name, batch):
    return reverse(f"admin:performance_importbatch_{name}", args=[batch.pk])


def test_from_the_file_to_scores_that_a_colleague_approves(cast, client):
    client.force_login(cast.dewi_user)
    shown = upload(client, cast.agency, good(cast.sari), good(cast.budi))
    assert "Take all 2 rows" in shown.content.decode()
    assert not Appraisal.objects.exists()
    batch = ImportBatch.objects.get()
    answer = client.post(address("apply", batch), follow=True)
    assert told(answer) == ["The scores are in; they wait for a colleague's approval."]
    assert set(Appraisal.objects.values_list("employee", "state", "imported_by")) == {
        (cast.sari.pk, "SUBMITTED", cast.dewi_user.pk),
        (cast.budi.pk, "SUBMITTED", cast.dewi_user.pk),
    }
    assert told(client.post(address("apply", batch), follow=True)) == ["This file has already been imported."]
    assert Appraisal.objects.count() == 2


def test_bad_rows_are_named_and_the_good_ones_can_be_taken(cast, client):
    client.force_login(cast.dewi_user)
    rows = [good(cast.sari), "123;TAHUNAN;2025;P6;ATAS;SESUAI", good(cast.stranger)]
    shown = upload(client, cast.agency, *rows).content.decode()
    assert "A NIP has exactly 18 digits." in shown
    assert "Take the 1 good row" in shown
    assert "Orang Lain" not in shown
    batch = ImportBatch.objects.get()
    assert client.get(address("bad", batch)).status_code == 405  # taking a file is recorded, and GET writes nothing
    listed = client.post(address("bad", batch))
    assert listed["Content-Type"].startswith("text/csv")
    assert exports.check(listed.content).ours
    assert Event.objects.get(verb="export").after["what"] == "import-bad"
    assert "3,nip,A NIP has exactly 18 digits." in listed.content.decode("utf-8-sig")
    whole = client.post(address("apply", batch), follow=True)
    assert not Appraisal.objects.exists(), told(whole)
    client.post(address("apply", batch), {"partial": "1"})
    assert list(Appraisal.objects.values_list("employee", flat=True)) == [cast.sari.pk]


def test_put_aside_takes_nothing(cast, client):
    client.force_login(cast.dewi_user)
    upload(client, cast.agency, good(cast.sari))
    batch = ImportBatch.objects.get()
    client.post(address("cancel", batch))
    client.post(address("apply", batch))
    assert not Appraisal.objects.exists()


@pytest.mark.parametrize("name", ["apply", "cancel", "bad", "change"])
def test_a_stranger_finds_no_batch(cast, client, name):
    client.force_login(cast.dewi_user)
    upload(client, cast.agency, good(cast.sari))
    batch = ImportBatch.objects.get()
    client.force_login(cast.ratna_user)
    ask = client.get if name == "change" else client.post
    assert ask(address(name, batch)).status_code == 404
    batch.refresh_from_db()
    assert batch.state == "PREVIEW"


def test_nobody_uploads_for_another_agency(cast, client):
    client.force_login(cast.ratna_user)
    answer = upload(client, cast.agency, good(cast.sari))
    assert answer.context["form"].errors["agency"]
    assert not ImportBatch.objects.exists()
    assert "Kementerian Contoh" not in client.get(UPLOAD).content.decode()


@pytest.mark.parametrize(("who", "looking"), [("AUDITOR", 404), ("AGENCY_ADMIN", 403)])
def test_who_does_not_decide_on_scores_does_not_import_them(cast, client, who, looking):
    user = factories.account()
    factories.grant(user, who, cast.agency)
    client.force_login(user)
    assert client.get(UPLOAD).status_code == 403
    assert (
        client.get("/admin/performance/importbatch/1/change/").status_code == looking
    )  # an auditor sees what there is


def test_an_unusable_file_is_explained_on_the_form(cast, client):
    client.force_login(cast.dewi_user)
    for rows, header in ((["x"], "nama"), ([], "")):
        answer = upload(client, cast.agency, *rows, header=header)
        assert answer.status_code == 200
        assert answer.context["form"].errors["file"], header
    assert not ImportBatch.objects.exists()


def test_nothing_changes_by_looking(cast, client):
    client.force_login(cast.dewi_user)
    upload(client, cast.agency, good(cast.sari))
    batch = ImportBatch.objects.get()
    assert client.get(address("apply", batch)).status_code == 405
    assert client.get(address("cancel", batch)).status_code == 405
