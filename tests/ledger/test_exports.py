"""An export is whole and ours, or the command says which of the two it is not; no spreadsheet runs its cells."""

import csv
import io

import pytest
from django.core.management import call_command

from ledger import exports
from ledger.models import Event, ReadLog

HEADER = ["name", "score"]
ROWS = [["Sari", 87], ["=HYPERLINK(1)", -5], ["+62 812", None], ["@x", "-1+2"], ['a "b",\r\n# file=c', "\ttab"]]


@pytest.fixture
def file(tmp_path):
    def keep(content):
        path = tmp_path / "export.csv"
        path.write_bytes(content)
        return path

    return keep


def verified(path):
    out = io.StringIO()
    try:
        call_command("verify_export", str(path), stdout=out, stderr=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_no_cell_is_a_formula():
    made = exports.signed_csv(header=HEADER, rows=ROWS)
    rows = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"), newline="")))
    assert rows[1:-1] == [
        ["Sari", "87"],
        ["'=HYPERLINK(1)", "-5"],
        ["'+62 812", ""],
        ["'@x", "'-1+2"],
        ['a "b",\r\n# file=c', "'\ttab"],
    ]
    assert made.rows == len(ROWS)


def test_a_file_of_ours_is_found_so(file):
    made = exports.signed_csv(header=HEADER, rows=ROWS)
    code, said = verified(file(made.content))
    assert (code, made.number in said) == (0, True)
    assert exports.signed_csv(header=HEADER, rows=ROWS).number != made.number


@pytest.mark.parametrize(
    ("harm", "code", "word"),
    [
        (lambda content: content.replace(b"87", b"88"), 1, "CHANGED"),
        (lambda content: content.replace(b"Sari,87\r\n", b""), 1, "CHANGED"),
        (lambda content: content.replace(b"rows=5", b"rows=6"), 1, "CHANGED"),
        (lambda content: content[:-20], 2, ""),
        (lambda content: b"name,score\r\n", 2, ""),
        (lambda content: content + b"more\r\n", 2, ""),
    ],
)
def test_an_altered_file_is_found(file, harm, code, word):
    found, said = verified(file(harm(exports.signed_csv(header=HEADER, rows=ROWS).content)))
    assert (found, word in said) == (code, True)


def test_another_installations_file_is_not_ours(file, settings):
    made = exports.signed_csv(header=HEADER, rows=ROWS).content
    key, settings.SECRET_KEY = settings.SECRET_KEY, "another key, of fifty characters and more, to sign with"
    code, said = verified(file(made))
    assert (code, "NOT OURS" in said) == (1, True)
    settings.SECRET_KEY_FALLBACKS = [key]  # after the key was changed the old files still count
    assert verified(file(made))[0] == 0


def test_no_such_file(tmp_path):
    assert verified(tmp_path / "none.csv")[0] == 2


@pytest.mark.django_db
def test_an_export_is_recorded_with_its_count_and_whose_data(cast, at):
    people = [(one.pk, one.agency_id) for one in (cast.sari, cast.budi, cast.dewi)]
    made = exports.export(
        what="test", header=HEADER, rows=ROWS, people=people, subject=cast.agency, by=cast.dewi_user, at=at,
        agency_id=cast.agency.pk, reason=" for the audit ",
    )  # fmt: skip
    event = Event.objects.get(verb="export")
    assert event.reason == "for the audit"
    assert event.after == {"what": "test", "rows": 5, "sha256": made.digest, "file": made.number}
    read = ReadLog.objects.filter(actor_id=cast.dewi_user.pk).values_list("employee_id", flat=True)
    assert set(read) == {cast.sari.pk, cast.budi.pk}  # one's own is not written


@pytest.mark.django_db
def test_too_many_rows_write_nothing(cast, at, settings):
    settings.EXPORT_MAX_ROWS = 2
    with pytest.raises(exports.TooManyRows):
        exports.export(
            what="test", header=HEADER, rows=ROWS, people=[], subject=cast.agency, by=cast.dewi_user, at=at,
            agency_id=None, reason="for the audit",
        )  # fmt: skip
    assert not Event.objects.filter(verb="export").exists()


def taken(cast, at, by=None, reason="for the audit"):
    return exports.export(
        what="test", header=HEADER, rows=ROWS, people=[], subject=cast.agency, by=by or cast.dewi_user, at=at,
        agency_id=cast.agency.pk, reason=reason,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_reason_there_is_no_file(cast, at, reason):
    with pytest.raises(exports.NoReason):
        taken(cast, at, reason=reason)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_twenty_files_ring_the_alarm_and_the_next_is_refused(cast, at, settings, caplog):
    """F43: somebody who may export takes more than anybody has reason to."""
    for _n in range(settings.EXPORTS_A_DAY):
        taken(cast, at)
    assert not Event.objects.filter(verb="export.alarm").exists()
    with caplog.at_level("WARNING", logger="security"):
        for _n in range(settings.EXPORTS_AN_HOUR - settings.EXPORTS_A_DAY):
            taken(cast, at)
    alarms = Event.objects.filter(verb="export.alarm", actor_id=cast.dewi_user.pk, agency_id=cast.agency.pk)
    assert alarms.count() == 10
    assert "excess_rate" in caplog.text
    with pytest.raises(exports.TooManyExports):
        taken(cast, at)
    assert Event.objects.filter(verb="export").count() == settings.EXPORTS_AN_HOUR
    assert Event.objects.get(verb="denied").after["code"] == "TOO_MANY_EXPORTS"
    taken(cast, at, by=cast.hadi_user)  # everybody has a share of their own


@pytest.mark.django_db
def test_without_the_limit_nothing_stops_them(cast, at, monkeypatch, settings):
    """The twin of the test above: it is the limit that refuses."""
    monkeypatch.setattr(exports.limits, "hit", lambda *args, **kwargs: None)
    for _n in range(settings.EXPORTS_AN_HOUR + 1):
        taken(cast, at)
    assert Event.objects.filter(verb="export").count() == settings.EXPORTS_AN_HOUR + 1


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20"])
def test_nothing_begins_a_formula(sign):
    assert exports.cell(f"{sign}1+cmd|'x'!A1") == f"'{sign}1+cmd|'x'!A1"
