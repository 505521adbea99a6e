"""The audit trail: append-only for everybody, sealed in a chain, out of the application role's hands."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from ledger import seals
from ledger.models import Event, Seal
from ledger.trail import record
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(at):
    agency = factories.agency()
    return [record(verb=f"test.{n}", subject=agency, by=None, at=at, agency_id=agency.pk) for n in range(5)]


@pytest.mark.parametrize("change", [lambda rows: rows.update(verb="x"), lambda rows: rows.delete()])
def test_nobody_changes_what_happened(events, change):
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        change(Event.objects.all())
    assert Event.objects.count() == 5


def test_a_seal_covers_what_has_settled_and_links_to_the_one_before(events, at):
    assert seals.seal(at=at) is None  # too fresh: an earlier id may still be committed
    later = at + dt.timedelta(minutes=5)
    first = seals.seal(at=later)
    assert (first.from_id, first.to_id) == (events[0].pk, events[-1].pk)
    assert seals.seal(at=later) is None
    agency = factories.agency("X", "X")
    record(verb="test.more", subject=agency, by=None, at=later, agency_id=agency.pk)
    second = seals.seal(at=later + dt.timedelta(minutes=5))
    assert second.previous == first.digest
    assert seals.broken() == []


def test_an_altered_event_breaks_its_seal_and_those_behind_it(events, at):
    seal = seals.seal(at=at + dt.timedelta(minutes=5))
    with connection.cursor() as cursor:  # as somebody could who owns the table
        cursor.execute("ALTER TABLE ledger_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_event SET actor_id = 7 WHERE id = %s", [events[2].pk])
        cursor.execute("ALTER TABLE ledger_event ENABLE TRIGGER USER")
    assert seals.broken() == [seal.pk]
    assert Seal.objects.count() == 1


def test_the_application_role_works_with_its_rights(cast):
    """Writing a tracked table as `wfh_app` adds to history without any right to change it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE wfh_app")
        cursor.execute("UPDATE employees_employee SET name = 'Sari R.' WHERE id = %s", [cast.sari.pk])
        cursor.execute("SELECT count(*) FROM employees_employeeevent WHERE pgh_obj_id = %s", [cast.sari.pk])
        assert cursor.fetchone()[0] == 2  # as inserted, as updated
        cursor.execute("RESET ROLE")
