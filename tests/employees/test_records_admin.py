"""Records in the admin: HR enters and ends them, auditors read, others find nothing; refusals stand on the form."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from employees.models import Absence, Discipline, Employee, Fact, Feed
from ledger.models import Event
from tests import factories
from tests.searching import mark

from .roles import somebody

D = dt.date
MODELS = {"discipline": Discipline, "absence": Absence, "fact": Fact}
MAKE = {
    "discipline": lambda person: factories.discipline(
        person, D(2026, 3, 1), D(2026, 8, 31), level="SEDANG", decree="SK-7"
    ),
    "absence": lambda person: factories.absence(person, D(2026, 11, 2)),
    "fact": lambda person: factories.fact(person, "jam_latihan", "5", "2026-01-01"),
}
TYPED = {
    "discipline": {
        "status": "DIJATUHKAN",
        "level": "SEDANG",
        "first": "2026-03-01",
        "last": "2026-08-31",
        "decree": "SK-7",
    },
    "absence": {"date": "2026-11-02", "kind": "ALPA"},
    "fact": {"key": "jam_latihan", "text": "2,5", "first": "2026-01-01", "last": "", "source": "Pusdiklat"},
}
BACK = {"discipline": {"cancelled": "on"}, "absence": {"taken_back": "on"}, "fact": {"taken_back": "on"}}
NO_PLACEMENTS = {"placements-TOTAL_FORMS": 0, "placements-INITIAL_FORMS": 0}


def page(name, *arguments):
    which = "change" if arguments else "changelist"
    return reverse(f"admin:employees_{name}_{which}", args=arguments)


def add(name):
    return reverse(f"admin:employees_{name}_add")


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def hr(cast, client):
    client.cookies["language"] = "en"
    client.force_login(cast.dewi_user)
    return client


def listed(client, name, query=""):
    return sorted(row.employee.name for row in client.get(page(name) + query).context["cl"].result_list)


@pytest.mark.parametrize("name", MODELS)
def test_hr_enters_a_record_and_reads_it_in_the_list(cast, hr, name):
    assert hr.get(add(name)).status_code == 200
    answer = hr.post(add(name), TYPED[name] | {"nip": cast.sari.nip}, follow=True)
    assert [str(m) for m in answer.context["messages"]] == ["The record is kept."]
    text = answer.content.decode()
    assert "Sari Rahmawati" in text
    assert "Biro Umum" in text
    assert MODELS[name].objects.get().employee == cast.sari
    assert Event.objects.get().actor_id == cast.dewi_user.pk


# one line a case: what is typed instead, words of the refusal
REFUSED = [
    ("discipline", {"last": ""}, "its last day"),
    ("discipline", {"last": "2026-02-01"}, "before the first"),
    ("discipline", {"level": ""}, "has a level"),
    ("discipline", {"status": "AKTIF"}, "valid choice"),
    ("absence", {"date": "2099-12-31"}, "still to come"),
    ("absence", {"date": "besok"}, "valid date"),
    ("absence", {"kind": "sakit flu"}, "capital letters"),
    ("fact", {"text": "1.000"}, "two ways"),
    ("fact", {"key": "Jam Latihan"}, "small letters"),
    ("fact", {"nip": "123"}, "exactly 18 digits"),
]


@pytest.mark.parametrize(("name", "more", "words"), REFUSED)
def test_what_is_refused_is_said_on_the_form(cast, hr, name, more, words):
    answer = hr.post(add(name), TYPED[name] | {"nip": cast.sari.nip} | more)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not MODELS[name].objects.exists()


@pytest.mark.parametrize("name", MODELS)
def test_a_stranger_gets_the_sentence_of_an_unknown_number(cast, hr, name):
    text = hr.post(add(name), TYPED[name] | {"nip": cast.stranger.nip}).content.decode()
    assert "nobody with this number" in text
    assert cast.stranger.name not in text


@pytest.mark.parametrize("name", MODELS)
def test_hr_takes_a_record_back(cast, hr, name):
    made = MAKE[name](cast.sari)
    assert "Sari" in hr.get(page(name, made.pk)).content.decode()
    assert hr.post(page(name, made.pk), {}).status_code == 200  # says what to fill in
    assert hr.post(page(name, made.pk), BACK[name]).status_code == 302
    gone = not MODELS[name].objects.filter(pk=made.pk).exists()
    assert gone or Discipline.objects.get().status == "DIBATALKAN"


def test_hr_ends_a_punishment_and_a_fact_on_another_day(cast, hr):
    one, fact = MAKE["discipline"](cast.sari), MAKE["fact"](cast.sari)
    assert hr.post(page("discipline", one.pk), {"last": "2026-01-31"}).status_code == 200
    assert hr.post(page("discipline", one.pk), {"last": "2026-07-31"}).status_code == 302
    assert hr.post(page("fact", fact.pk), {"last": "2026-06-30"}).status_code == 302
    assert Discipline.objects.get().end == D(2026, 7, 31)
    assert Fact.objects.get().valid.upper == D(2026, 7, 1)


def test_hr_reads_about_themselves_but_is_told_that_a_colleague_writes(cast, hr):
    made = MAKE["discipline"](cast.dewi)
    assert hr.get(page("discipline", made.pk)).status_code == 200
    assert (
        "Nobody changes records about themselves"
        in hr.post(page("discipline", made.pk), BACK["discipline"]).content.decode()
    )
    assert (
        "Nobody changes records about themselves"
        in hr.post(add("absence"), TYPED["absence"] | {"nip": cast.dewi.nip}).content.decode()
    )


@pytest.mark.parametrize("name", MODELS)
def test_another_agencys_record_does_not_exist(cast, hr, name):
    theirs = MAKE[name](cast.stranger)
    MAKE[name](cast.sari)
    MAKE[name](cast.eko)
    assert listed(hr, name) == ["Eko Prasetyo", "Sari Rahmawati"]
    assert listed(hr, name, f"?unit={cast.planning.pk}") == ["Eko Prasetyo"]
    assert listed(hr, name, f"?q={mark(hr, cast.sari.nip)}") == ["Sari Rahmawati"]
    assert hr.get(page(name, theirs.pk)).status_code == 404
    assert hr.post(page(name, theirs.pk), BACK[name]).status_code == 404


@pytest.mark.parametrize(
    ("who", "read", "enter", "change"),
    [
        ("hr_of_general", 200, 200, 302),
        ("hr_of_planning", 200, 200, 404),
        ("ratna", 200, 200, 404),
        ("auditor", 200, 403, 403),
        ("agency_admin", 403, 403, 404),
        ("platform", 403, 403, 404),
        ("eko", 302, 302, 302),  # no role: led to the log-in
    ],
)
@pytest.mark.parametrize("name", MODELS)
def test_who_opens_the_pages(cast, client, name, who, read, enter, change):
    made = MAKE[name](cast.sari)
    client.force_login(somebody(cast, who))
    assert client.get(page(name)).status_code == read
    assert client.get(add(name)).status_code == enter
    assert client.post(page(name, made.pk), BACK[name]).status_code == change
    assert Event.objects.exclude(verb="denied").exists() == (who == "hr_of_general")
    assert Event.objects.filter(verb="denied").count() == (change in (403, 404))


@pytest.mark.parametrize("name", MODELS)
def test_hr_of_a_unit_who_leads_others_sees_no_record_beyond_the_unit(cast, client, name):
    MAKE[name](cast.team[0])
    factories.grant(cast.eko_user, "HR_OFFICER", cast.agency, cast.general)
    client.force_login(cast.eko_user)
    assert listed(client, name) == []


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize("name", MODELS)
def test_the_number_of_queries_of_the_list(cast, hr, django_assert_num_queries, name, people):
    for _n in range(people):
        MAKE[name](factories.employee(cast.general))
    with django_assert_num_queries(9):
        assert hr.get(page(name)).status_code == 200


# --- complete until -----------------------------------------------------------------------------


def test_hr_says_until_when_records_are_complete_and_goes_back_only_knowingly(cast, hr):
    typed = {"agency": cast.agency.pk, "kind": "ABSENCE", "complete_until": "2026-11-01"}
    assert (
        "Choose today or an earlier day"
        in hr.post(add("feed"), typed | {"complete_until": "2099-01-01"}).content.decode()
    )
    assert hr.post(add("feed"), typed | {"agency": cast.other.pk}).status_code == 200
    assert not Feed.objects.exists()
    assert hr.post(add("feed"), typed).status_code == 302
    feed = Feed.objects.get()
    assert "1 November 2026" in hr.get(page("feed")).content.decode()
    assert (
        "complete until Sunday, 1 November"
        in hr.post(page("feed", feed.pk), {"complete_until": "2026-10-01"}).content.decode()
    )
    assert hr.post(page("feed", feed.pk), {"complete_until": "2026-10-01", "earlier": "on"}).status_code == 302
    feed.refresh_from_db()
    assert feed.complete_until == D(2026, 10, 1)


@pytest.mark.parametrize(
    ("who", "read", "change"),
    [
        ("ratna", 200, 404),
        ("auditor", 200, 403),
        ("hr_of_general", 200, 404),
        ("agency_admin", 403, 404),
        ("eko", 302, 302),
    ],
)
def test_who_opens_the_pages_of_completeness(cast, client, who, read, change):
    feed = Feed.objects.create(agency=cast.agency, kind="FACTS", complete_until=D(2026, 10, 1))
    client.force_login(somebody(cast, who))
    assert client.get(page("feed")).status_code == read
    assert client.post(page("feed", feed.pk), {"complete_until": "2026-10-02"}).status_code == change
    assert list(Event.objects.values_list("verb", flat=True)) == ["denied"] * (change in (403, 404))


# --- special circumstances ----------------------------------------------------------------------


def test_hr_verifies_special_circumstances_on_the_page_of_the_person(cast, hr):
    address = page("employee", cast.sari.pk)
    assert "Verified until" in hr.get(address).content.decode()
    assert "Either enter until when" in hr.post(address, NO_PLACEMENTS).content.decode()
    assert "has passed" in hr.post(address, NO_PLACEMENTS | {"last": "2020-01-31"}).content.decode()
    name = cast.sari.name
    assert hr.post(address, NO_PLACEMENTS | {"last": "2099-01-31", "name": "Lain"}).status_code == 302
    person = Employee.objects.get(pk=cast.sari.pk)
    assert (person.special_until, person.special_verified_by, person.name) == (D(2099, 1, 31), cast.dewi_user, name)
    assert "yes, by Dewi Lestari, until Saturday, 31 January 2099" in hr.get(address).content.decode()
    assert hr.post(address, NO_PLACEMENTS | {"ended": "on"}).status_code == 302
    assert Employee.objects.get(pk=cast.sari.pk).special_until is None
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == ["special.verify", "special.end"]


@pytest.mark.parametrize(
    ("who", "reads", "status"),
    [
        ("hadi", True, 302),
        ("hr_of_general", True, 302),
        ("auditor", True, 403),
        ("agency_admin", False, 403),  # accounts and units, nothing of what decisions rest on
        ("hr_of_planning", None, 404),
        ("ratna", None, 404),
        ("budi", None, 302),
    ],
)
def test_who_reads_and_verifies_special_circumstances(cast, client, who, reads, status):
    address = page("employee", cast.sari.pk)
    client.cookies["language"] = "en"
    client.force_login(somebody(cast, who))
    if reads is not None:
        assert ("Special circumstances" in client.get(address).content.decode()) == reads
    assert client.post(address, NO_PLACEMENTS | {"last": "2099-01-31"}).status_code == status
    changed = Employee.objects.get(pk=cast.sari.pk).special_until is not None
    assert changed == (who in ("hadi", "hr_of_general"))


def test_nobody_finds_a_form_to_verify_their_own_circumstances(cast, hr):
    address = page("employee", cast.dewi.pk)
    assert "Verified until" not in hr.get(address).content.decode()
    assert hr.post(address, NO_PLACEMENTS | {"last": "2099-01-31"}).status_code == 403
