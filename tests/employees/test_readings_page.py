"""Only an auditor asks whose data an account read, and only about people of what they audit."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from ledger import exports, reading
from ledger.models import Event, ReadLog
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/admin/readings/"


@pytest.fixture
def auditor(cast):
    user = factories.account()
    factories.grant(user, "AUDITOR", cast.agency)
    return user


@pytest.fixture
def read(cast):
    at = timezone.now() - dt.timedelta(hours=1)
    reading.seen(by=cast.dewi_user, people=[(cast.sari.pk, cast.agency.pk)], what="a", at=at)
    reading.seen(by=cast.dewi_user, people=[(cast.stranger.pk, cast.other.pk)], what="b", at=at)
    reading.seen(by=cast.dewi_user, people=[(cast.budi.pk, cast.agency.pk)], what="c", at=at - dt.timedelta(days=60))


def test_an_auditor_reads_what_an_account_read_of_their_agency(cast, client, auditor, read):
    assert reverse("admin:readings") == PAGE
    client.force_login(auditor)
    page = client.get(PAGE, {"account": cast.dewi_user.pk})
    assert [row.employee_id for row in page.context["page"]] == [cast.sari.pk]


def test_an_account_with_a_long_number_is_chosen_as_any_other(cast, client, auditor):
    """Numbers are grouped for readers (1.234.567), never in what a form sends."""
    reader = factories.account(pk=1_234_567)
    factories.grant(reader, "HR_OFFICER", cast.agency)
    now = timezone.now()
    reading.seen(by=reader, people=[(cast.sari.pk, cast.agency.pk)], what="a", at=now)
    client.force_login(auditor)
    (value,) = re.findall(r'value="([^"]*)"[^>]*>' + re.escape(str(reader)), client.get(PAGE).content.decode())
    answer = client.get(PAGE, {"account": value})
    assert answer.status_code == 200
    assert [row.person for row, _what in answer.context["lines"]] == [cast.sari.name]


def test_the_file_is_signed_and_recorded(cast, client, auditor, read):
    client.force_login(auditor)
    answer = client.post(PAGE, {"account": cast.dewi_user.pk, "reason": "a complaint"})
    assert exports.check(answer.content).ours
    assert (Event.objects.get(verb="export").after["rows"], b"Sari" in answer.content) == (1, True)
    assert ReadLog.objects.filter(actor_id=auditor.pk, employee_id=cast.sari.pk, what="readings").exists()


@pytest.mark.parametrize("who", ["dewi_user", "hadi_user", "eko_user", "ratna_user"])
def test_nobody_else_asks(cast, client, who):
    client.force_login(getattr(cast, who))
    assert client.get(PAGE).status_code in (302, 403)


def test_another_agencys_account_does_not_exist(cast, client, auditor):
    client.force_login(auditor)
    assert client.get(PAGE, {"account": cast.ratna_user.pk}).status_code == 404
    assert client.get(PAGE, {"account": "x", "since": "9999-99-99T99:99"}).status_code == 404


def test_what_was_opened_stands_there_in_words(cast, client, auditor):
    at = timezone.now()
    for what in ("whole-record", "api-decision", "employees.employee"):
        reading.seen(by=cast.dewi_user, people=[(cast.sari.pk, cast.agency.pk)], what=what, at=at)
    client.cookies["language"] = "en"
    client.force_login(auditor)
    for page in (client.get(PAGE, {"account": cast.dewi_user.pk}), client.get("/admin/ledger/readlog/")):
        text = page.content.decode()
        for words in ("the whole record", "a decision, with reasons (API)", "Employee"):
            assert words in text
        assert "employees.employee" not in text.replace("/admin/", "")


def test_every_place_that_notes_a_reading_has_words(english):
    """A page added tomorrow is red here until `opened` can name it."""
    named = set()
    for path in Path(settings.BASE_DIR).glob("*/**/*.py"):
        if path.parts[-2] != "tests" and "tests" not in path.parts and ".venv" not in str(path):
            text = path.read_text()
            if "seen(" in text or "what = " in text or "export(" in text:
                named |= set(re.findall(r'what ?= ?"([a-z-]+)"', text))
    assert named >= {"whole-record", "readings", "access", "api-decision", "api-decisions", "api-request"}
    assert {name for name in named if reading.opened(name) == name} <= {"import-bad"}  # rows that are nobody's record
