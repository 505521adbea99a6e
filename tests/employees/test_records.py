"""Records by hand: who may, what is refused, what the ledger keeps, and that nobody writes about themselves."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation
from psycopg2.extras import DateRange

from employees import actions
from employees.actions import Refused
from employees.intake import import_employees
from employees.models import Absence, AgencyInputs, Discipline, Employee, Fact, Feed
from ledger.models import Event
from tests import factories

from .roles import somebody

D = dt.date
MARCH, AUGUST = D(2026, 3, 1), D(2026, 8, 31)
# who writes about Sari: she works in the general bureau of the ministry
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


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def changes(agency):
    return AgencyInputs.objects.get(agency=agency).changes


def punish(person, by, at, **options):
    known = {"level": "SEDANG", "first": MARCH, "last": AUGUST, "status": "DIJATUHKAN", "decree": "SK-7"} | options
    return actions.record_discipline(employee=person, by=by, at=at, **known)


def miss(person, by, at, **options):
    known = {"date": D(2026, 11, 2), "kind": "ALPA"} | options
    return actions.record_absence(employee=person, by=by, at=at, **known)


def note(person, by, at, **options):
    known = {"key": "jam", "text": "2,5", "first": MARCH, "last": AUGUST, "source": "Pusdiklat"} | options
    return actions.record_fact(employee=person, by=by, at=at, **known)


def attempts(person, by, at):
    """Everything that writes about a person, each with the rows it needs made by nobody."""
    there = factories.discipline(person, MARCH, AUGUST, decree="lama")
    absent = factories.absence(person, D(2026, 10, 1))
    fact = factories.fact(person, "lama", "1")
    who = {"by": by, "at": at}
    return [
        lambda: punish(person, **who),
        lambda: actions.end_discipline(discipline_id=there.pk, last=D(2026, 6, 1), **who),
        lambda: actions.cancel_discipline(discipline_id=there.pk, **who),
        lambda: miss(person, **who),
        lambda: actions.take_back_absence(absence_id=absent.pk, **who),
        lambda: actions.verify_special(employee=person, until=D(2027, 1, 31), **who),
        lambda: actions.end_special(employee=person, **who),
        lambda: note(person, **who),
        lambda: actions.end_fact(fact_id=fact.pk, last=None, **who),
    ]


@pytest.mark.parametrize(("who", "may"), MAY.items())
def test_who_writes_about_a_person(cast, at, who, may):
    for attempt in attempts(cast.sari, somebody(cast, who), at):
        if may:
            attempt()
            continue
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "NOT_YOURS"
    assert Event.objects.exists() == may
    assert (changes(cast.agency) > 0) == may


def test_nobody_writes_about_themselves_but_a_colleague_does(cast, at):
    factories.grant(cast.sari_user, "HR_HEAD", cast.agency)
    for attempt in attempts(cast.sari, cast.sari_user, at):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "OWN"
    assert not Event.objects.exists()
    for attempt in attempts(cast.budi, cast.sari_user, at):
        attempt()


# one line a case: what is entered instead, the code
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"level": ""}, "NO_LEVEL"),
        ({"level": "PARAH"}, "BAD_LEVEL"),
        ({"status": "AKTIF"}, "BAD_STATUS"),
        ({"last": None}, "NO_END"),
        ({"last": D(2026, 2, 1)}, "LAST_BEFORE_FIRST"),
        ({"first": D(226, 2, 1)}, "BAD_YEAR"),
        ({"decree": "x" * 101}, "TOO_LONG"),
    ],
)
def test_a_punishment_that_cannot_be(cast, at, more, code):
    with pytest.raises(Refused) as refused:
        punish(cast.sari, cast.dewi_user, at, **more)
    assert refused.value.code == code
    assert not Discipline.objects.exists()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"key": "Jam"}, "BAD_KEY"),
        ({"text": "1.000"}, "BAD_VALUE"),
        ({"last": D(2026, 2, 1)}, "LAST_BEFORE_FIRST"),
        ({"source": "x" * 201}, "TOO_LONG"),
    ],
)
def test_a_fact_that_cannot_be(cast, at, more, code):
    with pytest.raises(Refused) as refused:
        note(cast.sari, cast.dewi_user, at, **more)
    assert refused.value.code == code
    assert not Fact.objects.exists()


@pytest.mark.parametrize(
    ("more", "code"),
    [({"date": D(2026, 12, 24)}, "FUTURE"), ({"date": D(1999, 1, 1)}, "BAD_YEAR"), ({"kind": "1"}, "BAD_KIND")],
)
def test_an_absence_that_cannot_be(cast, at, more, code):
    with pytest.raises(Refused) as refused:
        miss(cast.sari, cast.dewi_user, at, **more)
    assert refused.value.code == code


@pytest.mark.parametrize("write", [punish, miss, note])
def test_the_same_record_twice_is_refused(cast, at, write):
    write(cast.sari, cast.dewi_user, at)
    with pytest.raises(Refused) as refused:
        write(cast.sari, cast.dewi_user, at)
    assert refused.value.code == "TAKEN"
    assert changes(cast.agency) == 1
    assert write(cast.budi, cast.dewi_user, at)


def test_a_punishment_ends_on_another_day_and_is_cancelled_once(cast, at):
    one = punish(cast.sari, cast.dewi_user, at)
    known = {"discipline_id": one.pk, "by": cast.dewi_user, "at": at}
    actions.end_discipline(**known, last=AUGUST)  # as it is
    with pytest.raises(Refused) as refused:
        actions.end_discipline(**known, last=D(2026, 2, 1))
    assert refused.value.code == "LAST_BEFORE_FIRST"
    actions.end_discipline(**known, last=D(2026, 7, 31))
    actions.cancel_discipline(**known)
    actions.cancel_discipline(**known)
    one.refresh_from_db()
    assert (one.end, one.status) == (D(2026, 7, 31), "DIBATALKAN")
    with pytest.raises(Refused) as refused:
        actions.end_discipline(**known, last=AUGUST)
    assert refused.value.code == "CANCELLED"
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == [
        "discipline.record",
        "discipline.end",
        "discipline.cancel",
    ]
    assert changes(cast.agency) == 3


def test_a_wrong_level_is_cancelled_and_recorded_again(cast, at):
    one = punish(cast.sari, cast.dewi_user, at)
    actions.cancel_discipline(discipline_id=one.pk, by=cast.dewi_user, at=at)
    again = punish(cast.sari, cast.hadi_user, at, level="BERAT", last=D(2027, 2, 28))
    assert again.pk == one.pk
    again.refresh_from_db()
    assert (again.level, again.end, again.status) == ("BERAT", D(2027, 2, 28), "DIJATUHKAN")
    event = Event.objects.latest("pk")
    assert (event.verb, event.before["level"], event.after["level"]) == ("discipline.record", "SEDANG", "BERAT")
    with pytest.raises(Refused) as refused:
        punish(cast.sari, cast.dewi_user, at)
    assert (refused.value.code, "Open it" in str(refused.value)) == ("TAKEN", True)
    assert changes(cast.agency) == 3


def test_the_ledger_keeps_ids_dates_and_codes_only(cast, at):
    punish(cast.sari, cast.dewi_user, at)
    note(cast.sari, cast.dewi_user, at, text="rahasia")
    said = str(list(Event.objects.values("before", "after")))
    assert "SEDANG" in said
    assert not [word for word in ("SK-7", "rahasia", "Pusdiklat", cast.sari.nip, cast.sari.name) if word in said]


def test_an_absence_taken_back_is_gone_and_a_fact_ends(cast, at):
    one = miss(cast.sari, cast.dewi_user, at, kind=" alpa ")
    assert one.kind == "ALPA"
    actions.take_back_absence(absence_id=one.pk, by=cast.dewi_user, at=at)
    assert not Absence.objects.exists()
    fact = note(cast.sari, cast.dewi_user, at, last=None)
    assert (fact.number, fact.valid) == (Decimal("2.5"), DateRange(MARCH, None))
    actions.end_fact(fact_id=fact.pk, last=AUGUST, by=cast.dewi_user, at=at)
    assert Fact.objects.get().valid == DateRange(MARCH, D(2026, 9, 1))
    actions.end_fact(fact_id=fact.pk, last=None, by=cast.dewi_user, at=at)
    assert not Fact.objects.exists()


# --- complete until -----------------------------------------------------------------------------


def test_how_complete_records_are_is_said_by_hr_of_the_whole_agency(cast, at):
    known = {"agency": cast.agency, "kind": "ABSENCE", "at": at}
    for who in ("ratna", "hr_of_general", "auditor", "agency_admin", "sari"):
        with pytest.raises(Refused) as refused:
            actions.set_complete_until(**known, until=MARCH, by=somebody(cast, who))
        assert refused.value.code == "NOT_YOURS"
    for kind, until, code in (("LEAVE", MARCH, "BAD_KIND"), ("FACTS", D(2026, 12, 31), "FUTURE")):
        with pytest.raises(Refused) as refused:
            actions.set_complete_until(agency=cast.agency, kind=kind, until=until, by=cast.dewi_user, at=at)
        assert refused.value.code == code
    actions.set_complete_until(**known, until=AUGUST, by=cast.dewi_user)
    actions.set_complete_until(**known, until=AUGUST, by=cast.dewi_user)
    with pytest.raises(Refused) as refused:
        actions.set_complete_until(**known, until=MARCH, by=cast.dewi_user)
    assert refused.value.code == "BACKWARDS"
    actions.set_complete_until(**known, until=MARCH, by=cast.dewi_user, earlier=True)
    assert Feed.objects.get().complete_until == MARCH
    assert [e.after["until"] for e in Event.objects.order_by("pk")] == ["2026-08-31", "2026-03-01"]
    assert (changes(cast.agency), changes(cast.other)) == (2, 0)


# --- special circumstances ----------------------------------------------------------------------


def test_special_circumstances_are_verified_until_a_day_and_end(cast, at):
    until = D(2027, 1, 31)
    actions.verify_special(employee=cast.sari, until=until, by=cast.dewi_user, at=at)
    person = Employee.objects.get(pk=cast.sari.pk)
    assert (person.special_until, person.special_verified_by, person.special_verified_at) == (until, cast.dewi_user, at)
    actions.verify_special(employee=cast.sari, until=until, by=cast.hadi_user, at=at)  # already so
    event = Event.objects.get(verb="special.verify")
    assert (event.actor_id, event.after) == (cast.dewi_user.pk, {"until": "2027-01-31"})
    actions.end_special(employee=cast.sari, by=cast.hadi_user, at=at)
    person.refresh_from_db()
    assert (person.special_until, person.special_verified_by, person.version) == (None, None, 3)
    assert changes(cast.agency) == 2


@pytest.mark.parametrize(("until", "code"), [(D(2026, 11, 1), "PAST"), (D(2926, 1, 1), "BAD_YEAR")])
def test_days_until_which_nothing_is_verified(cast, at, until, code):
    with pytest.raises(Refused) as refused:
        actions.verify_special(employee=cast.sari, until=until, by=cast.dewi_user, at=at)
    assert refused.value.code == code


def test_a_file_that_brings_special_circumstances_verifies_them_but_never_ones_own(cast, at):
    def bring(person, until, by=cast.dewi_user, unit="UMUM"):
        head = "nip,nama,status_kepegawaian,kode_unit,keadaan_khusus_sampai\n"
        row = f"{person.nip},{person.name},{person.kind},{unit},{until}\n"
        return import_employees(content=(head + row).encode(), agency=cast.agency, on=at.date(), by=by, at=at)

    assert bring(cast.sari, "2027-01-31").counts["changed"] == 1
    person = Employee.objects.get(pk=cast.sari.pk)
    assert (person.special_verified_by, person.special_verified_at) == (cast.dewi_user, at)
    assert bring(cast.sari, "2027-01-31", cast.hadi_user).counts["same"] == 1
    person.name = "Sari Rahmawati Putri"
    bring(person, "2027-01-31", cast.hadi_user)
    person.refresh_from_db()
    assert (person.name, person.special_verified_by) == ("Sari Rahmawati Putri", cast.dewi_user)
    bring(person, "2027-02-28", cast.hadi_user)
    person.refresh_from_db()
    assert person.special_verified_by == cast.hadi_user
    bring(person, "")
    person.refresh_from_db()
    assert (person.special_until, person.special_verified_by) == (None, None)
    (bad,) = bring(cast.dewi, "2027-01-31", unit="SETJEN").bad
    assert (bad.column, "their own" in bad.reason) == ("keadaan_khusus_sampai", True)
    newcomer = factories.employee(cast.general, place=False)
    Employee.objects.filter(pk=newcomer.pk).delete()
    assert bring(newcomer, "2027-01-31").counts["new"] == 1
    assert Employee.objects.get(nip=newcomer.nip).special_verified_by == cast.dewi_user


def test_a_file_of_the_agencys_administrator_changes_no_special_circumstances(cast, at):
    admin = somebody(cast, "agency_admin")
    until = D(2027, 1, 31)
    actions.verify_special(employee=cast.sari, until=until, by=cast.dewi_user, at=at)
    newcomer = factories.employee(cast.general, place=False)
    Employee.objects.filter(pk=newcomer.pk).delete()
    head = "nip,nama,status_kepegawaian,kode_unit,nip_atasan,keadaan_khusus_sampai\n"
    rows = [
        f"{cast.sari.nip},Sari Putri,{cast.sari.kind},UMUM,,2027-01-31",  # as it is
        f"{cast.budi.nip},{cast.budi.name},{cast.budi.kind},UMUM,,2027-01-31",
        f"{newcomer.nip},{newcomer.name},{newcomer.kind},UMUM,,2027-01-31",
        f"{cast.eko.nip},{cast.eko.name},{cast.eko.kind},REN,{newcomer.nip},",  # reports to somebody left out
    ]
    content = (head + "\n".join(rows)).encode()
    result = import_employees(content=content, agency=cast.agency, on=at.date(), by=admin, at=at, partial=True)
    assert [(row.line, row.column) for row in result.bad] == [
        (3, "keadaan_khusus_sampai"),
        (4, "keadaan_khusus_sampai"),
        (5, "nip_atasan"),
    ]
    assert "Only HR verifies" in result.bad[0].reason
    person = Employee.objects.get(pk=cast.sari.pk)
    assert (person.name, person.special_until, person.special_verified_by) == ("Sari Putri", until, cast.dewi_user)
    assert not Employee.objects.filter(nip=newcomer.nip).exists()
